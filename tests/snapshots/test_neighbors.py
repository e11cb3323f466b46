"""Neighbours against a brute force over explicit images, against OVITO and ASE, and under symmetries."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.transform import Rotation

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.grid import build_grid, neighbors_of
from lammps_glass.snapshots.neighbors import NeighborList, pairs_within

CELLS = {
    "cube": np.diag([4.0, 4, 4]),
    "slab": np.diag([9.0, 3, 2]),
    "tilted": np.array([[4.0, 0, 0], [1.5, 4, 0], [-1.2, 1.7, 4.5]]),
    "general, left-handed": np.array([[0.4, 4, 0.1], [4.2, 0, -0.5], [0.3, 1.1, 5]]),
    "strongly tilted": np.array([[3.0, 0, 0], [7, 3, 0], [-6, 8, 3]]),
}
BOUNDARIES = list(itertools.product([True, False], repeat=3))


def make(cell: Cell, n_particles: int, seed: int, spread: float = 0.7) -> Snapshot:
    """Uniformly random particles, also outside the cell."""
    fractional = np.random.default_rng(seed).uniform(-spread, 1 + spread, (n_particles, 3))
    return Snapshot(cell, cell.cartesian(fractional), np.zeros(n_particles, dtype=int), ("A",))


def brute_force(snapshot: Snapshot, r_max: float) -> list[np.ndarray]:
    """Rows (index, x, y, z) of each particle's neighbours: all images of all particles, from the definition."""
    cell = snapshot.cell
    far = np.ceil(r_max / cell.heights).astype(int) + 1  # a further image is more than r_max away from the whole cell
    turns = [range(-n, n + 1) if flag else [0] for n, flag in zip(far, cell.periodic)]
    shifts = np.array(list(itertools.product(*turns))) @ cell.matrix
    positions = cell.wrap(snapshot.positions)
    rows = []
    for i, position in enumerate(positions):
        vectors = positions[:, None, :] + shifts[None, :, :] - position
        distances = np.linalg.norm(vectors, axis=2)
        j, image = np.nonzero(distances <= r_max)
        keep = ~((j == i) & (np.abs(shifts[image]).max(axis=1) == 0))
        rows.append(np.column_stack([j[keep], vectors[j[keep], image[keep]]]))
    return rows


def row(found: NeighborList, i: int) -> np.ndarray:
    part = slice(found.offsets[i], found.offsets[i + 1])
    return np.column_stack([found.indices[part], found.vectors[part]])


def assert_same(one: np.ndarray, other: np.ndarray) -> None:
    """Equal as sets of (index, vector), up to rounding (1e-10 of lengths of order 10)."""
    assert one.shape == other.shape
    order = [rows[np.lexsort(np.round(rows.T[::-1], 6))] for rows in (one, other)]
    np.testing.assert_allclose(order[0], order[1], atol=1e-10)


@pytest.mark.parametrize("periodic", BOUNDARIES, ids=lambda flags: "".join("np"[flag] for flag in flags))
@pytest.mark.parametrize("name", CELLS)
def test_every_image_within_r_max_is_found(name: str, periodic: tuple[bool, ...]) -> None:
    snapshot = make(Cell(CELLS[name], np.array([1.0, -2, 0.3]), np.array(periodic)), 12, seed=3)
    for r_max in (0.8, 2.6, 4.9):  # the last is longer than every box here
        found = pairs_within(snapshot, r_max)
        for i, expected in enumerate(brute_force(snapshot, r_max)):
            assert_same(row(found, i), expected)


def test_the_order_and_the_symmetry_are_exact() -> None:
    found = pairs_within(make(Cell(CELLS["tilted"]), 30, seed=1), 4.5)
    centres = np.repeat(np.arange(30), found.counts)
    forward = np.column_stack([centres, found.indices, found.vectors])
    assert (np.lexsort(forward.T[::-1]) == np.arange(len(forward))).all()  # sorted by (particle, index, vector)
    backward = np.column_stack([found.indices, centres, -found.vectors])
    np.testing.assert_array_equal(backward[np.lexsort(backward.T[::-1])], forward)


def test_ovito_finds_the_same_neighbours() -> None:
    from ovito.data import CutoffNeighborFinder

    for periodic in ((True, True, True), (True, False, True)):
        # OVITO wraps open directions not at all and needs particles inside a periodic cell: none outside here.
        snapshot = make(Cell(CELLS["tilted"] * 2, np.ones(3), np.array(periodic)), 300, seed=5, spread=0.0)
        found = pairs_within(snapshot, 2.5)
        finder = CutoffNeighborFinder(2.5, snapshot.to_ovito())
        for i in range(300):
            assert_same(row(found, i), np.array([[n.index, *n.delta] for n in finder.find(i)]).reshape(-1, 4))


def test_ase_finds_the_same_neighbours_in_a_small_box() -> None:
    from ase.neighborlist import neighbor_list

    snapshot = make(Cell(CELLS["slab"], periodic=np.array([True, True, False])), 20, seed=6)
    found = pairs_within(snapshot, 3.7)
    i, j, vectors = neighbor_list("ijD", snapshot.to_ase(), 3.7)
    for k in range(20):
        assert_same(row(found, k), np.column_stack([j[i == k], vectors[i == k]]))


def test_a_neighbour_at_exactly_r_max_counts_as_in_ovito() -> None:
    from ovito.data import CutoffNeighborFinder

    lattice = np.array(list(itertools.product(range(6), repeat=3)), dtype=float)
    snapshot = Snapshot(Cell.orthogonal([6, 6, 6]), lattice, np.zeros(216, dtype=int), ("A",))
    for r_max, count in ((1.0, 6), (0.999999, 0), (2.0, 32)):
        assert (pairs_within(snapshot, r_max).counts == count).all()
        finder = CutoffNeighborFinder(r_max, snapshot.to_ovito())
        assert sum(1 for _ in finder.find(17)) == count


def test_a_lone_particle_has_its_images_only() -> None:
    snapshot = Snapshot(Cell.orthogonal([2, 3, 50]), [[9.0, 9, 9]], [0], ("A",))
    found = pairs_within(snapshot, 3.0)
    assert found.indices.tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(found.vectors, [[-2, 0, 0], [0, -3, 0], [0, 3, 0], [2, 0, 0]])
    assert len(pairs_within(snapshot, 1.0).indices) == 0


def test_a_nearly_empty_or_unbounded_box_costs_no_memory() -> None:
    far = Snapshot(Cell.orthogonal([1e9, 1e9, 1e9], periodic=(True, False, True)), np.eye(3) * 1e7, [0] * 3, ("A",))
    assert len(pairs_within(far, 0.01).indices) == 0
    assert build_grid(far.cell, far.positions, 0.01).n_bins.prod() <= 2 * 3 + 64


def test_coincident_particles_are_neighbours() -> None:
    snapshot = Snapshot(Cell.orthogonal([5, 5, 5]), np.ones((2, 3)), [0, 0], ("A",))
    assert pairs_within(snapshot, 1.0).indices.tolist() == [1, 0]


@pytest.mark.parametrize("r_max", [0.0, -1.0, np.nan, np.inf])
def test_a_range_that_is_none_is_refused(r_max: float) -> None:
    with pytest.raises(InputError, match="r_max"):
        pairs_within(make(Cell(CELLS["cube"]), 3, seed=0), r_max)


def test_the_kernel_helper_walks_the_same_neighbours() -> None:
    snapshot = make(Cell(CELLS["tilted"], periodic=np.array([True, True, False])), 25, seed=8)
    found = pairs_within(snapshot, 4.0)
    grid = build_grid(snapshot.cell, snapshot.positions, 4.0)
    for i in range(25):
        indices, vectors = np.empty(200, dtype=np.int64), np.empty((200, 3))
        count = neighbors_of(grid, i, indices, vectors)
        assert_same(np.column_stack([indices[:count], vectors[:count]]), row(found, i))
        assert neighbors_of(grid, i, indices[:1], vectors[:1]) == count  # a full buffer is reported, not overrun


def distances(snapshot: Snapshot, r_max: float) -> list[np.ndarray]:
    found = pairs_within(snapshot, r_max)
    return [np.sort(part) for part in np.split(found.distances, found.offsets[1:-1])]


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(0, 2**31), st.sampled_from(sorted(CELLS)), st.sampled_from(BOUNDARIES))
def test_distances_do_not_depend_on_where_and_how_the_box_stands(seed: int, name: str, periodic: tuple[bool]) -> None:
    rng = np.random.default_rng(seed)
    snapshot = make(Cell(CELLS[name], periodic=np.array(periodic)), 15, seed)
    r_max = rng.uniform(0.5, 4.0)
    expected = distances(snapshot, r_max)
    turn, shift, order = (
        Rotation.random(random_state=seed % 2**31).as_matrix(),
        rng.normal(0, 9, 3),
        rng.permutation(15),
    )
    cell = snapshot.cell
    rotated = snapshot.replace(cell=Cell(cell.matrix @ turn, shift, cell.periodic), positions=snapshot.positions @ turn)
    moved = snapshot.replace(
        positions=snapshot.positions + (rng.integers(-3, 4, (15, 3)) * periodic) @ cell.matrix + shift
    )
    permuted = snapshot.replace(positions=snapshot.positions[order])
    for changed, places in ((rotated, range(15)), (moved, range(15)), (permuted, np.argsort(order))):
        for one, place in zip(expected, places):
            np.testing.assert_allclose(distances(changed, r_max)[place], one, atol=1e-10)  # rounding of lengths ~ 10


@settings(deadline=None, max_examples=10, derandomize=True)
@given(st.integers(0, 2**31), st.sampled_from(sorted(CELLS)))
def test_a_replicated_box_has_the_same_neighbourhoods(seed: int, name: str) -> None:
    snapshot = make(Cell(CELLS[name]), 6, seed)
    turns = np.array(list(itertools.product(range(2), repeat=3)))
    copies = np.concatenate([snapshot.positions + turn @ snapshot.cell.matrix for turn in turns])
    big = Snapshot(Cell(2 * snapshot.cell.matrix), copies, np.zeros(48, dtype=int), ("A",))
    small = distances(snapshot, 3.3)
    for i, found in enumerate(distances(big, 3.3)):
        np.testing.assert_allclose(found, small[i % 6], atol=1e-10)


def test_particles_in_one_plane_of_an_open_cell():
    """Without extent along an open vector there is one bin and nowhere to reach: right, and at once."""
    square = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0), [0.0], indexing="ij"), axis=-1).reshape(-1, 3)
    cell = Cell.orthogonal([5.0, 5.0, 1.0], periodic=(False, False, False))
    found = pairs_within(Snapshot(cell, square, np.zeros(25, int), ("A",)), 1.2)
    distances = np.linalg.norm(square[:, None] - square[None], axis=-1)
    expected = np.count_nonzero((distances > 0) & (distances <= 1.2))
    assert len(found.indices) == expected
