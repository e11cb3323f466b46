"""Pairs that change when some particles move: each once, with images, in numbers of their own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lammps_glass.compiled import kernel
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


def mobile_pairs(snapshot: Snapshot, mobile: Integers, r_max: float) -> tuple[MobilePairs, Grid]:
    """Pairs of `mobile` (rows of the snapshot) within `r_max`, and the grid they were found in."""
    grid = build_grid(snapshot.cell, snapshot.positions, r_max)
    offsets, indices, vectors = neighbor_rows(grid, mobile)
    local = np.full(len(snapshot), -1, dtype=np.int64)
    local[mobile] = np.arange(len(mobile))
    touched = np.unique(indices[local[indices] < 0])
    local[touched] = len(mobile) + np.arange(len(touched))
    first = np.repeat(np.arange(len(mobile)), np.diff(offsets))
    second = local[indices]
    # of a pair met from both ends, the one from the smaller index; of two opposite images of itself, the positive one
    kept = (second > first) | ((second == first) & _positive(vectors))
    particles = np.concatenate([mobile, touched])
    return MobilePairs(particles, first[kept], second[kept], np.ascontiguousarray(vectors[kept])), grid


def _positive(vectors: Floats) -> Any:
    x, y, z = vectors.T
    return (x > 0) | ((x == 0) & ((y > 0) | ((y == 0) & (z > 0))))


def neighbor_rows(grid: Grid, particles: Integers) -> tuple[Integers, Integers, Floats]:
    """Rows (CSR) of the neighbours of some particles: offsets (n + 1,), indices (m,), vectors (m, 3)."""
    offsets, indices, vectors, found = _rows(grid, particles, 128 * len(particles) + 64)
    return offsets, indices[:found], vectors[:found]


@kernel
def _rows(grid: Grid, particles: Integers, capacity: int):  # type: ignore[no-untyped-def]
    offsets = np.zeros(len(particles) + 1, np.int64)
    indices = np.empty(capacity, np.int64)
    vectors = np.empty((capacity, 3))
    found = 0
    for k in range(len(particles)):
        count = neighbors_of(grid, particles[k], indices[found:], vectors[found:])
        while count > len(indices) - found:
            indices = np.concatenate((indices, np.empty_like(indices)))
            vectors = np.concatenate((vectors, np.empty_like(vectors)))
            count = neighbors_of(grid, particles[k], indices[found:], vectors[found:])
        found += count
        offsets[k + 1] = found
    return offsets, indices, vectors, found
