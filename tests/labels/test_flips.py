"""A box that LAMMPS flips between two frames: the same lattice in other vectors, so nothing may change."""

from __future__ import annotations

import numpy as np
import pytest
from affine_oracle import random_pair

from lammps_glass import analysis, labels
from lammps_glass.snapshots import Cell, Snapshot

FLIPS = {"b - a": [[1, 0, 0], [-1, 1, 0], [0, 0, 1]], "c - b + a": [[1, 0, 0], [0, 1, 0], [1, -1, 1]]}


def sheared(scaled: np.ndarray, strain: float, matrix: np.ndarray) -> Snapshot:
    """Positions that follow a box with a tilt of `strain` times its length."""
    cell = matrix @ np.array([[1, 0, 0], [strain, 1, 0], [0, 0, 1]])
    return Snapshot(Cell(cell), scaled @ cell, np.zeros(len(scaled), int), ("A",), step=int(1000 * strain))


def flipped(snapshot: Snapshot, flip: object) -> Snapshot:
    """The same particles in the same lattice, wrapped into flipped vectors, as LAMMPS does."""
    cell = Cell(np.array(flip, dtype=float) @ snapshot.cell.matrix, snapshot.cell.origin, snapshot.cell.periodic)
    return snapshot.replace(cell=cell).wrap()


@pytest.mark.parametrize("flip", FLIPS)
@pytest.mark.parametrize("edge", [2.6, 3.7, 8.0], ids=["below r_max", "below 2 r_max", "large"])
def test_a_flip_changes_no_label(flip: str, edge: float) -> None:
    n_particles = 30 if edge < 3 else 60 if edge < 5 else 600
    reference, current = random_pair(8, n_particles=n_particles, matrix=np.diag([edge, 1.05 * edge, 0.97 * edge]))
    after = flipped(current, FLIPS[flip])
    for function in (labels.d2min, labels.strain_tensor):
        expected, values = (function(reference, snapshot, r_max=2.7) for snapshot in (current, after))
        # The flipped vectors and the wrapped positions are rounded: 1e-15 of sums of order one.
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-12)


def test_a_shear_through_the_flip_is_affine() -> None:
    """Strain 0.45 to 0.55 flips b to b - a: an affine motion, whose D2min is zero in a box smaller than 2 r_max."""
    scaled = np.random.default_rng(1).random((80, 3))
    matrix = np.diag([4.0, 4.1, 4.2])
    before, after = (sheared(scaled, strain, matrix) for strain in (0.45, 0.55))
    after = flipped(after, FLIPS["b - a"])
    assert after.cell.matrix[1, 0] == pytest.approx(-0.45 * 4.1, abs=0.1)
    assert labels.d2min(before, after, r_max=2.5).max() < 1e-26


def test_mean_squared_displacement_through_several_flips() -> None:
    """Flips one at a time, however many: each is undone by the frame before."""
    scaled = np.random.default_rng(2).random((50, 3))
    matrix = np.diag([4.0, 4.0, 4.0])
    plain, wrapped = [], []
    for number, strain in enumerate(np.arange(0.0, 2.3, 0.1)):
        frame = sheared(scaled, strain, matrix).replace(step=number)
        n_flips = int(np.rint(strain))
        plain.append(frame.replace(positions=frame.positions + [0, 0, 0.11 * number]))
        flip = np.array([[1, 0, 0], [-n_flips, 1, 0], [0, 0, 1]])
        wrapped.append(flipped(plain[-1], flip))
    # Unwrapped positions are taken as given, wrapped ones are unwrapped: from the same first frame on, the same.
    plain = [frame.replace(positions=frame.positions + wrapped[0].positions - plain[0].positions) for frame in plain]
    expected = [((a.positions - plain[0].positions) ** 2).sum(axis=1).mean() for a in plain]
    found = analysis.mean_squared_displacement(wrapped)["msd"].to_numpy()
    n = len(plain)
    by_lag = [
        np.mean([((plain[k + lag].positions - plain[k].positions) ** 2).sum(axis=1).mean() for k in range(n - lag)])
        for lag in range(n)
    ]
    assert len(expected) == n
    np.testing.assert_allclose(found, by_lag, rtol=1e-9, atol=1e-12)


def test_what_is_no_flip_is_left_alone() -> None:
    cell = Cell(np.diag([4.0, 4.0, 4.0]))
    for matrix, periodic in (
        (np.diag([8.0, 4.0, 4.0]), (True,) * 3),  # grown by half and more: no change of basis
        (np.array([[4.0, 0, 0], [1.9, 4, 0], [0, 0, 4]]), (True,) * 3),  # a tilt below half
        (np.array([[4.0, 0, 0], [-4, 4, 0], [0, 0, 4]]), (True, False, True)),  # the second vector is open
    ):
        other = Cell(matrix, periodic=periodic)
        assert other.unflipped(cell) is other
    flip = Cell(np.array([[4.0, 0, 0], [-2.2, 4, 0], [0, 0, 4]]))
    np.testing.assert_allclose(flip.unflipped(cell).matrix, [[4, 0, 0], [1.8, 4, 0], [0, 0, 4]], atol=1e-14)
