"""Hessians against central differences of LAMMPS's own forces, and the symmetries of any Hessian."""

from __future__ import annotations

import numpy as np
import pytest
from shaken_cells import lammps_forces, shaken, spacing_of

from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr
from lammps_glass.interactions import System
from lammps_glass.snapshots import Cell, Snapshot

STEP = 1e-7


def differences(snapshot, glass, coordinates):
    """Columns of the Hessian by central differences of LAMMPS's forces."""
    columns = []
    with lammps_forces(snapshot, glass) as forces:
        for coordinate in coordinates:
            move = np.zeros(3 * len(snapshot))
            move[coordinate] = STEP
            move = move.reshape(-1, 3)
            columns.append((forces(snapshot.positions - move) - forces(snapshot.positions + move)).ravel() / (2 * STEP))
    return np.array(columns).T


@pytest.mark.parametrize("tilted", [False, True])
def test_equals_central_differences_of_lammps_forces(glass, tilted):
    """The curvature of a table jumps at its knots: a pair that crosses one within a step is off by part of the jump.

    A step of 1e-7 crosses next to none, and no pair is closer than 2 A, where the table has kinks of 30 eV/A^2;
    round-off leaves 1e-8.
    """
    snapshot = shaken(glass, spacing_of(glass), tilted, noise=0.04)
    expected = differences(snapshot, glass, range(3 * len(snapshot)))
    found = System(snapshot, glass.model()).hessian().dense()
    assert np.linalg.norm(found - expected) < 1e-6 * np.linalg.norm(expected)
    assert np.abs(found - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.mark.paper_table
def test_published_tables_equal_central_differences(published):
    snapshot = shaken(published, 4.15)
    chosen = np.arange(0, 3 * len(snapshot), 7)
    expected = differences(snapshot, published, chosen)
    found = System(snapshot, published.model()).hessian().dense()[:, chosen]
    assert np.linalg.norm(found - expected) < 1e-6 * np.linalg.norm(expected)


def test_product_equals_matrix_and_translations_cost_nothing(glass):
    snapshot = shaken(glass, spacing_of(glass), tilted=True)
    hessian = System(snapshot, glass.model(), skin=0.2).hessian()
    matrix = hessian.dense()
    vector = np.random.default_rng(0).normal(size=(len(snapshot), 3))
    scale = np.abs(matrix).max()
    np.testing.assert_allclose((hessian @ vector).ravel(), matrix @ vector.ravel(), atol=1e-12 * scale * len(matrix))
    assert np.abs(matrix - matrix.T).max() < 1e-13 * scale
    # rows sum to zero for a move along x, y or z
    assert np.abs(matrix.reshape(len(matrix), -1, 3).sum(axis=1)).max() < 1e-12 * scale
    assert np.abs(hessian @ np.ones_like(vector)).max() < 1e-12 * scale


def test_mobile_sphere_is_the_block_of_the_whole(glass):
    snapshot = shaken(glass, spacing_of(glass), tilted=True)
    mobile = np.array([3, 4, 9, 17, 30])
    rows = (3 * mobile[:, None] + np.arange(3)).ravel()
    whole = System(snapshot, glass.model()).hessian().dense()
    part = System(snapshot, glass.model(), mobile=mobile).hessian()
    np.testing.assert_allclose(part.dense(), whole[np.ix_(rows, rows)], atol=1e-12 * np.abs(whole).max())
    vector = np.random.default_rng(1).normal(size=len(rows))
    np.testing.assert_allclose(part @ vector, whole[np.ix_(rows, rows)] @ vector, atol=1e-11 * np.abs(whole).max())


def test_vector_of_another_length_is_refused(glass):
    hessian = System(shaken(glass, spacing_of(glass)), glass.model()).hessian()
    with pytest.raises(InputError, match="times a vector of 5 numbers"):
        hessian @ np.ones(5)


def test_between_the_last_row_and_the_cutoff():
    """The last row of the shipped table lies at 7.59924, the cutoff at 7.6: value and slope stay, no curvature.

    A Cu and a Zr, each with neighbours of its own; of the kinds of pairs theirs ends with the largest curvature.
    """
    glass = CuZr(retabulate=False)
    near = np.array([[0, 0, 0], [2.5, 0, 0], [0, 2.5, 0], [0, 0, 2.5]])
    positions = np.concatenate([near, [[-7.5996, 0, 0]], near * [-1, 1, 1] + [-7.5996 - 2.5, 3.0, 3.0]])
    cell = Cell.orthogonal([60.0] * 3, origin=[-30.0] * 3, periodic=(False,) * 3)
    types = np.array([0] * 4 + [1] * 5)
    snapshot = Snapshot(cell, positions, types, glass.species)
    expected = differences(snapshot, glass, range(12, 15))
    found = System(snapshot, glass.model()).hessian().dense()[:, 12:15]
    block = slice(0, 3)  # of the pair in question; the values there are small
    assert np.abs(found[block] - expected[block]).max() < 1e-8
    assert np.linalg.norm(found - expected) < 1e-6 * np.linalg.norm(expected)
