"""Cells: conversions, wrapping and the minimum image, against their definitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell

TILTED = np.array([[5.0, 0, 0], [1.2, 6, 0], [-0.7, 0.9, 7]])
seeds = st.integers(0, 2**31)


def test_a_tilted_cell_has_the_volume_and_heights_of_the_parallelepiped() -> None:
    cell = Cell(TILTED)
    a, b, c = TILTED
    assert cell.volume == pytest.approx(abs(np.dot(a, np.cross(b, c))), rel=1e-14)
    areas = [np.linalg.norm(np.cross(u, v)) for u, v in ((b, c), (c, a), (a, b))]
    np.testing.assert_allclose(cell.heights, cell.volume / np.array(areas), rtol=1e-14)
    assert not cell.is_orthogonal
    assert Cell.orthogonal([1, 2, 3]).is_orthogonal


@settings(deadline=None, max_examples=30, derandomize=True)
@given(seeds, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_wrapping_moves_by_whole_periodic_vectors_into_the_cell(seed: int, periodic: tuple[bool, ...]) -> None:
    rng = np.random.default_rng(seed)
    cell = Cell(TILTED + rng.normal(0, 0.3, (3, 3)), rng.normal(0, 3, 3), np.array(periodic))
    positions = cell.cartesian(rng.uniform(-3, 3, (20, 3)))
    wrapped = cell.fractional(cell.wrap(positions))
    turns = cell.fractional(positions) - wrapped
    # Rounding of coordinates up to three box lengths from the origin: 1e-15 relative, hence 1e-12 with room.
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-12)
    assert (turns[:, ~np.array(periodic)].round() == 0).all()
    inside = wrapped[:, np.array(periodic)]
    assert ((inside > -1e-12) & (inside < 1 + 1e-12)).all()


@settings(deadline=None, max_examples=30, derandomize=True)
@given(seeds)
def test_the_minimum_image_is_the_shortest_where_it_claims_to_be(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = Cell(TILTED)
    short = rng.normal(size=(20, 3))
    short *= rng.uniform(0, cell.heights.min() / 2, 20)[:, None] / np.linalg.norm(short, axis=1)[:, None]
    vectors = short + rng.integers(-4, 5, (20, 3)) @ TILTED
    images = [vectors + np.array(turn) @ TILTED for turn in itertools.product(range(-6, 7), repeat=3)]
    best = np.min([np.linalg.norm(image, axis=1) for image in images], axis=0)
    np.testing.assert_allclose(np.linalg.norm(cell.minimum_image(vectors), axis=1), best, atol=1e-12)
    np.testing.assert_allclose(cell.minimum_image(vectors), short, atol=1e-12)


def test_an_open_direction_has_no_images() -> None:
    cell = Cell.orthogonal([4, 4, 4], periodic=(True, False, True))
    np.testing.assert_allclose(cell.minimum_image([3.0, 3.0, -3.0]), [-1, 3, 1])
    cell.require_minimum_image(2.0, "this")
    with pytest.raises(InputError, match=r"needs a box of at least 2 x 2\.1"):
        cell.require_minimum_image(2.1, "this")
    Cell.orthogonal([4, 4, 4], periodic=(False,) * 3).require_minimum_image(100.0, "this")


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((3, 3)), "no volume"),
        (np.eye(2), "shape"),
        (np.diag([1, np.nan, 1]), "not finite"),
    ],
)
def test_a_cell_that_is_none_is_refused(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Cell(matrix)


def test_a_cell_cannot_be_changed_behind_its_back() -> None:
    matrix = np.eye(3)
    cell = Cell(matrix)
    matrix[0, 0] = 2
    assert cell.volume == 1
    with pytest.raises(ValueError, match="read-only"):
        cell.matrix[0, 0] = 2
