"""EAM tables with fewer rows: resampled by LAMMPS's splines and compared with the original."""

from __future__ import annotations

import dataclasses

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.interactions.eam import EAM
from lammps_glass.interactions.setfl import Setfl
from lammps_glass.interactions.spline import evaluate
from lammps_glass.interactions.system import System
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.units import PRESSURE

#: Changed whenever `resampled` gives other numbers: names the files in the user's cache.
VERSION = "v1"
#: Largest differences to the original on the reference configuration: eV a particle, and bar.
ENERGY_BOUND, PRESSURE_BOUND = 1e-7, 5.0


def resampled(table: Setfl, rows: int) -> Setfl:
    """Resample `table` to `rows` rows in each function of r, keeping last row, density grid and cutoff."""
    dr = (table.n_r - 1) * table.dr / (rows - 1)
    at = np.arange(rows) * dr
    return dataclasses.replace(
        table, dr=dr, pair=evaluate(table.pair, table.dr, at), density=evaluate(table.density, table.dr, at)
    )


def check(original: Setfl, other: Setfl) -> dict[str, float]:
    """Compare energy (eV a particle) and pressure (bar) on `reference`; large differences are an `InputError`."""
    snapshot = reference(original)
    systems = [System(snapshot, EAM(table, original.elements)) for table in (original, other)]
    energies = [system.energy() / len(snapshot) for system in systems]
    pressures = [system.pressure() * PRESSURE["metal"] for system in systems]
    energy, pressure = abs(energies[1] - energies[0]), abs(pressures[1] - pressures[0])
    if not (energy <= ENERGY_BOUND and pressure <= PRESSURE_BOUND):
        raise InputError(
            f"EAM table in {other.n_r} rows departs from its {original.n_r} rows by {energy:.2g} eV a particle and "
            f"{pressure:.2g} bar (bounds {ENERGY_BOUND:g} and {PRESSURE_BOUND:g}): its functions are not "
            "smooth: is the file damaged? If it is as published, set retabulate = false"
        )
    return {"energy": energy, "pressure": pressure}


def reference(table: Setfl, seed: int = 0) -> Snapshot:
    """Make 108 shaken fcc sites with equal numbers of each element at random, at the spacing of lowest energy."""
    random = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])).reshape(-1, 3)
    sites = sites + random.normal(0, 0.04, sites.shape)  # of the cubic cell: a tenth of the distance in a liquid
    types = random.permutation(np.arange(len(sites)) % len(table.elements))
    model = EAM(table, table.elements)
    snapshots = [
        Snapshot(Cell.orthogonal([3 * a] * 3), a * sites, types, table.elements) for a in np.arange(2.8, 6.4, 0.1)
    ]
    return min(snapshots, key=lambda snapshot: System(snapshot, model).energy())
