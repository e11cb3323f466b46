"""Energies, forces and minima of any snapshot of any glass, straight from LAMMPS."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError, SimulationError, UnconvergedError
from lammps_glass.glasses.checks import number, whole
from lammps_glass.glasses.glass import Glass
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import glass_variables, variable_line
from lammps_glass.simulate.engine import Engine, EngineOptions, in_folder
from lammps_glass.simulate.record import Record
from lammps_glass.simulate.start import write_data
from lammps_glass.snapshots import Cell, Snapshot

Floats = NDArray[np.float64]


def energy(source: Snapshot | Record, glass: Glass | None = None, *, engine: EngineOptions | None = None) -> float:
    """Compute the potential energy of the whole snapshot, in energy units of the glass.

    Periodic and open, orthogonal and triclinic cells; a box may be smaller than twice the cutoff (every image
    of a neighbour counts).

    Parameters
    ----------
    source
        A snapshot, or the record of a run: its last configuration.
    glass
        Default that of the record.

    Raises
    ------
    InputError
        The snapshot does not fit the glass.
    SimulationError
        LAMMPS failed, or the energy is not finite (particles on top of each other).
    """
    snapshot, glass = configuration_of(source, glass)
    with loaded(snapshot, glass, engine) as instance:
        instance.commands("run 0 post no")
        value = instance.lammps.get_thermo("pe")
    if not np.isfinite(value):
        raise SimulationError("energy is not finite: particles lie on top of each other")
    return value


def forces(source: Snapshot | Record, glass: Glass | None = None, *, engine: EngineOptions | None = None) -> Floats:
    """Compute (n_particles, 3) forces, in force units of the glass; parameters and errors as for `energy`."""
    snapshot, glass = configuration_of(source, glass)
    with loaded(snapshot, glass, engine) as instance:
        instance.commands("run 0 post no")
        values = gather(instance, snapshot, "f")
    if not np.isfinite(values).all():
        raise SimulationError("forces are not finite: particles lie on top of each other")
    return values


def minimize(
    source: Snapshot | Record,
    glass: Glass | None = None,
    *,
    force_tolerance: float = 1e-5,
    max_iterations: int = 50_000,
    engine: EngineOptions | None = None,
) -> Snapshot:
    """Minimise the energy at fixed box, until the largest force on a particle is at most `force_tolerance`.

    Positions stay unwrapped: each is the image nearest to the start. Source and glass are as for `energy`.

    Raises
    ------
    SimulationError
        The minimisation stopped at its limit or above the tolerance.
    """
    tolerance = number("minimize", "force_tolerance", force_tolerance, above=0.0)
    limit = whole("minimize", "max_iterations", max_iterations, minimum=1)
    snapshot, glass = configuration_of(source, glass)
    with loaded(snapshot, glass, engine) as instance:
        minimum = _minimise(instance, f"minimize 0 {tolerance:.17g} {limit} {10 * limit}")
        residual = gather(instance, snapshot, "f")
        moved = gather(instance, snapshot, "x")
    largest = float(np.linalg.norm(residual, axis=1).max())
    if not np.isfinite(largest):
        raise SimulationError("minimisation: forces are not finite: do particles overlap?")
    if not largest <= tolerance:
        raise UnconvergedError(
            f"minimisation stopped at a largest force of {largest:.3g}, tolerance {tolerance:.3g} "
            f"({minimum.criterion}): {minimum.advice()}"
        )
    # LAMMPS wraps positions: the image nearest to the start keeps displacements meaningful
    positions = snapshot.positions + snapshot.cell.minimum_image(moved - snapshot.positions)
    return snapshot.replace(positions=positions, velocities=None)


def _minimise(instance: Engine, command: str) -> thermo.Minimum:
    """Minimise, and return how it ended, which LAMMPS tells its log alone."""
    with tempfile.TemporaryDirectory() as folder, in_folder(Path(folder)):
        instance.commands("log minimise.log\nmin_style cg\nmin_modify line quadratic norm max")
        instance.commands(f"{command}\nlog none")
        return thermo.minima(Path("minimise.log"))[-1]


def configuration_of(source: Snapshot | Record, glass: Glass | None) -> tuple[Snapshot, Glass]:
    """Return a configuration and its glass; those of a record are its last one and its own."""
    if isinstance(source, Record):
        return source.final, glass or source.glass
    if glass is None:
        raise InputError("a snapshot needs its glass, which says how its particles interact; a record knows its own")
    return source, glass


@contextlib.contextmanager
def loaded(snapshot: Snapshot, glass: Glass, options: EngineOptions | None) -> Iterator[Engine]:
    """Load `snapshot` into LAMMPS with the interactions of `glass`; see `gather`."""
    configuration = _enclosed(oriented(glass.check(snapshot))[0])
    with tempfile.TemporaryDirectory() as folder, Engine(options) as instance:
        write_data(Path(folder) / "start.data", configuration, glass.bonds(configuration), glass.atom_style)
        with in_folder(Path(folder)):
            instance.commands(setup_lines(configuration, glass))
        yield instance


def setup_lines(snapshot: Snapshot, glass: Glass) -> str:
    """Write the LAMMPS commands that read ``start.data`` and set up the interactions of `glass`."""
    boundary = " ".join("p" if periodic else "m" for periodic in snapshot.cell.periodic)
    variables = {**glass_variables(glass), **glass.interaction_variables()}
    return "\n".join(
        [
            *(variable_line(name, value) for name, value in variables.items()),
            "units ${units}\natom_style ${atom_style}\natom_modify map array\nsuffix ${suffix}",
            f"boundary {boundary}\nbox tilt large\nread_data start.data",
            glass.interactions(),
            "neighbor ${skin} bin\nneigh_modify every 1 delay 0 check yes\nthermo_modify norm no",
        ]
    )


def oriented(snapshot: Snapshot) -> tuple[Snapshot, Floats]:
    """Rotate `snapshot` so that a lies along x and b in the xy plane, as LAMMPS needs; return the rotation too."""
    matrix = snapshot.cell.matrix
    rotation = np.eye(3)
    if np.any(np.triu(matrix, 1)) or np.any(np.diag(matrix) <= 0):
        q, r = np.linalg.qr(matrix.T)
        rotation = q * np.sign(np.diag(r))  # a left-handed cell is mirrored: energies do not change
    turned = matrix @ rotation
    turned[np.triu_indices(3, 1)] = 0.0
    cell = Cell(turned, snapshot.cell.origin @ rotation, snapshot.cell.periodic)
    return snapshot.replace(cell=cell, positions=snapshot.positions @ rotation), rotation


def _enclosed(snapshot: Snapshot) -> Snapshot:
    """Widen the cell along open vectors beyond every particle: LAMMPS reads no particle outside of it."""
    cell = snapshot.cell
    if cell.periodic.all():
        return snapshot
    fractional = cell.fractional(snapshot.positions)
    low = np.where(cell.periodic, 0.0, np.minimum(fractional.min(axis=0) - 0.01, 0.0))
    high = np.where(cell.periodic, 1.0, np.maximum(fractional.max(axis=0) + 0.01, 1.0))
    wider = Cell(cell.matrix * (high - low)[:, None], cell.origin + low @ cell.matrix, cell.periodic)
    return snapshot.replace(cell=wider)


def gather(instance: Engine, snapshot: Snapshot, name: str) -> Floats:
    """Read (n_particles, 3) of LAMMPS's per-particle array `name`, in the order and orientation of `snapshot`."""
    lammps = instance.lammps
    n_particles = len(snapshot)
    local = lammps.extract_global("nlocal")
    ids = lammps.numpy.extract_atom("id", nelem=local)
    values = np.array(lammps.numpy.extract_atom(name, nelem=local, dim=3), dtype=float)
    if local != n_particles:
        raise SimulationError(f"LAMMPS holds {local} of {n_particles} particles: use one rank for single snapshots")
    order = np.searchsorted(snapshot.ids, ids)
    result = np.empty((n_particles, 3))
    _, rotation = oriented(snapshot)
    result[order] = values @ rotation.T
    return result
