"""Pairs with at least one mobile particle, each once, periodic images included."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

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
    n, m = len(snapshot), len(mobile)
    grid = build_grid(snapshot.cell, snapshot.positions, r_max)
    local = np.full(n, n)
    local[mobile] = np.arange(m)
    counts, indices, vectors = _once(grid, mobile, local, 64 * m + 64)
    reached = np.zeros(n, dtype=bool)
    reached[indices] = True
    reached[mobile] = False
    touched = np.flatnonzero(reached)
    local[touched] = m + np.arange(len(touched))
    return MobilePairs(np.concatenate([mobile, touched]), np.repeat(np.arange(m), counts), local[indices], vectors)


@kernel
def _once(grid: Grid, mobile: Integers, local: Integers, capacity: int):  # type: ignore[no-untyped-def]
    """List the pairs of `mobile` particles: number of each (m,), row of the second particle (k,), vector (k, 3).

    A pair seen from both ends is kept from that of the smaller `local` index; of two opposite images of a particle with
    itself, the positive one.
    """
    counts, indices, vectors = np.zeros(len(mobile), np.int64), np.empty(capacity, np.int64), np.empty((capacity, 3))
    n_kept = 0
    for i in range(len(mobile)):
        indices, vectors, n_found = _appended(grid, mobile[i], indices, vectors, n_kept)
        for k in range(n_kept, n_kept + n_found):
            j = local[indices[k]]
            if j > i or (j == i and _positive(vectors[k])):
                indices[n_kept] = indices[k]
                vectors[n_kept, 0], vectors[n_kept, 1], vectors[n_kept, 2] = vectors[k, 0], vectors[k, 1], vectors[k, 2]
                n_kept += 1
                counts[i] += 1
    return counts, indices[:n_kept].copy(), vectors[:n_kept].copy()


@kernel
def _appended(grid: Grid, particle: int, indices: Integers, vectors: Floats, start: int):  # type: ignore[no-untyped-def]
    """Write the neighbours of a particle from `start` on, into longer copies where there is no room, and count them."""
    count = neighbors_of(grid, particle, indices[start:], vectors[start:])
    while count > len(indices) - start:
        indices = np.concatenate((indices, np.empty_like(indices)))
        vectors = np.concatenate((vectors, np.empty_like(vectors)))
        count = neighbors_of(grid, particle, indices[start:], vectors[start:])
    return indices, vectors, count


@kernel
def _positive(vector: Floats) -> bool:
    """Whether the first coordinate other than zero is positive: true of one of two opposite vectors."""
    x, y, z = vector
    positive: bool = x > 0 or (x == 0 and (y > 0 or (y == 0 and z > 0)))
    return positive


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
        indices, vectors, count = _appended(grid, particles[k], indices, vectors, n_found)
        n_found += count
        offsets[k + 1] = n_found
    return offsets, indices, vectors, n_found
