"""Pairs with at least one mobile particle, each once, periodic images included."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
from lammps_glass.interactions.kernels import moved_vector
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers, build_grid, neighbors_of
from lammps_glass.snapshots.snapshot import Snapshot


class MobilePairs(NamedTuple):
    """Pairs with at least one mobile particle.

    Attributes
    ----------
    particles
        (n,) rows in the snapshot: the mobile ones first, then the others that they touch.
    first, second
        (m,) ends of each pair, as indices into `particles`; the first is mobile.
    vectors
        (m, 3) from the first to that image of the second. Both images of a particle with itself count as one pair.
    """

    particles: Integers
    first: Integers
    second: Integers
    vectors: Floats


def mobile_pairs(snapshot: Snapshot, mobile: Integers, r_max: float) -> MobilePairs:
    """Find the pairs of `mobile` (rows of the snapshot) within `r_max`."""
    grid = build_grid(snapshot.cell, snapshot.positions, r_max)
    offsets, indices, vectors = neighbor_rows(grid, mobile)
    local = np.full(len(snapshot), -1, dtype=np.int64)
    local[mobile] = np.arange(len(mobile))
    reached = np.zeros(len(snapshot), dtype=bool)
    reached[indices] = True
    reached[mobile] = False
    touched = np.flatnonzero(reached)
    local[touched] = len(mobile) + np.arange(len(touched))
    first = np.repeat(np.arange(len(mobile)), np.diff(offsets))
    second = local[indices]
    # a pair seen from both ends is kept from the smaller index; of two opposite images of itself, the positive one
    kept = (second > first) | ((second == first) & _positive(vectors))
    particles = np.concatenate([mobile, touched])
    return MobilePairs(particles, first[kept], second[kept], np.ascontiguousarray(vectors[kept]))


def pairs_within(pairs: MobilePairs, moves: Floats, r_max: float) -> MobilePairs:
    """Choose those pairs that are within `r_max` after the mobile particles have moved by `moves` (n_mobile, 3)."""
    first, second, vectors = _within(pairs.first, pairs.second, pairs.vectors, moves, r_max)
    n_mobile = len(moves)
    reached = np.zeros(len(pairs.particles), dtype=bool)
    reached[:n_mobile] = True
    reached[second] = True
    local = np.cumsum(reached) - 1
    return MobilePairs(pairs.particles[reached], first, local[second], vectors)


@kernel
def _within(first: Integers, second: Integers, vectors: Floats, moves: Floats, r_max: float):  # type: ignore[no-untyped-def]
    n_pairs, count = len(first), 0
    chosen_first, chosen_second = np.empty(n_pairs, np.int64), np.empty(n_pairs, np.int64)
    chosen_vectors = np.empty((n_pairs, 3))
    for k in range(n_pairs):
        x, y, z = moved_vector(vectors, moves, k, first[k], second[k])
        chosen_first[count], chosen_second[count] = first[k], second[k]
        chosen_vectors[count, 0], chosen_vectors[count, 1], chosen_vectors[count, 2] = x, y, z
        # a pair beyond r_max is overwritten by the next one
        count += int(x * x + y * y + z * z <= r_max * r_max)
    return chosen_first[:count].copy(), chosen_second[:count].copy(), chosen_vectors[:count].copy()


def _positive(vectors: Floats) -> NDArray[np.bool_]:
    """Choose one of each two opposite vectors: that whose first coordinate other than zero is positive."""
    x, y, z = vectors.T
    positive: NDArray[np.bool_] = (x > 0) | ((x == 0) & ((y > 0) | ((y == 0) & (z > 0))))
    return positive


def neighbor_rows(grid: Grid, particles: Integers) -> tuple[Integers, Integers, Floats]:
    """List the neighbours of some particles in CSR form: offsets (n + 1,), indices (m,), vectors (m, 3)."""
    offsets, indices, vectors, n_found = _rows(grid, particles, 128 * len(particles) + 64)
    return offsets, indices[:n_found], vectors[:n_found]


@kernel
def _rows(grid: Grid, particles: Integers, capacity: int):  # type: ignore[no-untyped-def]
    offsets = np.zeros(len(particles) + 1, np.int64)
    indices = np.empty(capacity, np.int64)
    vectors = np.empty((capacity, 3))
    n_found = 0
    for k in range(len(particles)):
        count = neighbors_of(grid, particles[k], indices[n_found:], vectors[n_found:])
        while count > len(indices) - n_found:
            indices = np.concatenate((indices, np.empty_like(indices)))
            vectors = np.concatenate((vectors, np.empty_like(vectors)))
            count = neighbors_of(grid, particles[k], indices[n_found:], vectors[n_found:])
        n_found += count
        offsets[k + 1] = n_found
    return offsets, indices, vectors, n_found
