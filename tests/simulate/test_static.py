"""Energies, forces and minima of single snapshots against plain numpy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from lj_oracle import lennard_jones
from scipy.spatial.transform import Rotation

from lammps_glass import simulate
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import KobAndersen, KobAndersenSmooth
from lammps_glass.snapshots import Cell, Snapshot


def _cluster(matrix, n_side=3, periodic=(True, True, True), seed=0):
    random = np.random.default_rng(seed)
    grid = np.array(list(itertools.product(range(n_side), repeat=3))) / n_side
    positions = grid @ matrix + random.normal(0, 0.05, (n_side**3, 3))
    return Snapshot(Cell(matrix, periodic=np.array(periodic)), positions, random.integers(0, 2, n_side**3), ("A", "B"))


MATRICES = {
    "cube smaller than twice the cutoff": np.eye(3) * 3.3,
    "triclinic": np.array([[3.4, 0, 0], [0.7, 3.2, 0], [-0.5, 0.4, 3.5]]),
    "not in LAMMPS's orientation": np.array([[3.4, 0, 0], [0.7, 3.2, 0], [-0.5, 0.4, 3.5]])
    @ Rotation.from_euler("xyz", [0.4, 1.0, -0.3]).as_matrix(),
    "left-handed": np.array([[0, 3.3, 0], [3.4, 0, 0], [0, 0, 3.5]]),
}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("scaled", [False, True])
def test_energy_and_forces_equal_plain_numpy(name, scaled):
    snapshot = _cluster(MATRICES[name])
    glass = KobAndersen(r_cut_scaled=scaled)
    energy, forces = lennard_jones(snapshot.positions, snapshot.types, snapshot.cell.matrix, 2.5, scaled=scaled)
    # sums of some thousand terms up to 1e3: round-off of 1e-12 relative
    assert simulate.energy(snapshot, glass) == pytest.approx(energy, rel=1e-11)
    np.testing.assert_allclose(simulate.forces(snapshot, glass), forces, rtol=1e-10, atol=1e-9)


def test_open_cell_has_no_images():
    snapshot = _cluster(np.eye(3) * 3.3, periodic=(False, False, False))
    energy, _ = lennard_jones(snapshot.positions, snapshot.types, snapshot.cell.matrix, 2.5, images=0)
    assert simulate.energy(snapshot, KobAndersen()) == pytest.approx(energy, rel=1e-11)


def _isolated(positions, types):
    cell = Cell.orthogonal([20.0] * 3, periodic=(False,) * 3)
    return Snapshot(cell, np.asarray(positions, dtype=float), np.asarray(types), ("A", "B"))


def test_smooth_potential_is_lennard_jones_inside_and_ends_without_a_step():
    glass = KobAndersenSmooth()
    inner = _isolated([[0, 0, 0], [1.1, 0, 0], [0, 1.0, 0.2], [0.9, 0.9, 0.1]], [0, 0, 1, 1])
    expected = lennard_jones(inner.positions, inner.types, inner.cell.matrix, 2.5, images=0)[1]
    np.testing.assert_allclose(simulate.forces(inner, glass), expected, rtol=1e-10, atol=1e-9)
    # near the end force and slope vanish: E = O((r_cut - r)^3), far below the 0.0163 of the cut potential
    distances = np.array([2.2 - 1e-6, 2.2 + 1e-6, 2.5 - 1e-3, 2.5 + 1e-3])
    energies = [simulate.energy(_isolated([[0, 0, 0], [r, 0, 0]], [0, 0]), glass) for r in distances]
    assert abs(energies[0] - energies[1]) < 1e-6
    assert abs(energies[2]) < 1e-7
    assert energies[3] == 0.0


def test_minimize_reaches_its_tolerance_and_keeps_particles_followable(glass, quenched):
    inherent = quenched.final
    random = np.random.default_rng(3)
    shaken = inherent.replace(positions=inherent.positions + random.normal(0, 0.02, inherent.positions.shape))
    minimum = simulate.minimize(shaken, glass, force_tolerance=1e-6)
    _, forces = lennard_jones(minimum.wrap().positions, minimum.types, minimum.cell.matrix, 2.5, images=1)
    assert np.linalg.norm(forces, axis=1).max() < 1.1e-6
    assert np.abs(minimum.positions - shaken.positions).max() < 0.5
    assert np.array_equal(minimum.ids, inherent.ids)


def test_minimize_at_its_limit_is_an_error(glass):
    with pytest.raises(SimulationError, match="stopped at a largest force"):
        simulate.minimize(_cluster(np.eye(3) * 5.1, n_side=5), glass, max_iterations=3)


def test_particles_on_top_of_each_other(glass):
    snapshot = _cluster(np.eye(3) * 3.3)
    positions = np.array(snapshot.positions)
    positions[1] = positions[0]
    with pytest.raises(SimulationError, match="not finite"):
        simulate.energy(snapshot.replace(positions=positions), glass)


def test_foreign_species_are_refused(glass):
    snapshot = _cluster(np.eye(3) * 3.3)
    with pytest.raises(InputError, match="Zr"):
        simulate.energy(snapshot.replace(species=("A", "Zr")), glass)
