"""Sound and Debye's level against the energy of a crystal and the count of a continuum's modes."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot, analysis, glasses


@pytest.fixture(scope="module")
def crystal() -> tuple[Snapshot, object]:
    """fcc copper of 4^3 cells at the edge where its pressure is 0.03 GPa."""
    edge = 3.6388
    corners = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])).reshape(-1, 3) * edge
    glass = glasses.CuZr(n_particles=256)
    return Snapshot(Cell.orthogonal([4 * edge] * 3), sites, np.zeros(256, int), ("Cu",)), glass


def test_moduli_of_a_crystal_are_those_of_its_energy(crystal):
    """No particle of a perfect crystal leaves its site, so that the bulk modulus is V d2E / dV2 of scaled crystals.

    Differences over 0.2 % of the volume: both leave out terms of 1e-3 relative and less.
    """
    from lammps_glass.interactions import System

    snapshot, glass = crystal
    found = analysis.sound(snapshot, glass.model(), glass.masses, lambda moved: moved, "metal")
    volume, energies = snapshot.cell.volume, []
    for strain in (-2e-3, 0.0, 2e-3):
        factor = (1 + strain) ** (1 / 3)
        moved = snapshot.replace(cell=Cell(snapshot.cell.matrix * factor), positions=snapshot.positions * factor)
        energies.append(System(moved, glass.model()).energy())
    bulk = (energies[0] + energies[2] - 2 * energies[1]) / (2e-3) ** 2 / volume
    assert found.bulk == pytest.approx(bulk, rel=5e-3)
    density = 63.546 * 1.66053906660 * 256 / volume * 1e3  # kg / m3
    assert found.transverse * 100 == pytest.approx(np.sqrt(found.shear * 160.2177e9 / density), rel=1e-4)
    assert found.longitudinal * 100 == pytest.approx(
        np.sqrt((found.bulk + 4 / 3 * found.shear) * 160.2177e9 / density), rel=1e-4
    )


def test_debye_level_counts_the_waves_of_a_box():
    """Below a low frequency Debye's level gives as many modes as there are plane waves that fit (shells: 5 %)."""
    found = analysis.Sound(0.2, 0.8, 20.0, 45.0, 0.056, 300.0)
    n = found.density * 300.0**3
    grid = np.arange(-40, 41)
    q = np.sqrt((np.array(np.meshgrid(grid, grid, grid)) ** 2).sum(axis=0)).ravel() / 300.0
    top = 1.0
    waves = ((q > 0) & (q * 45.0 < top)).sum() + 2 * ((q > 0) & (q * 20.0 < top)).sum()
    assert found.debye_level * top**3 / 3 * 3 * n == pytest.approx(waves, rel=0.05)
    assert found.lowest_frequency == pytest.approx(20.0 / 300.0)
