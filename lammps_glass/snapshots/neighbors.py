"""Neighbours within a distance: every periodic image is a neighbour of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers, build_grid
from lammps_glass.snapshots.snapshot import Snapshot


class NeighborList(NamedTuple):
    """Neighbours in rows (CSR): those of particle i are ``indices[offsets[i]:offsets[i + 1]]``.

    Attributes
    ----------
    offsets
        (n_particles + 1,) int64.
    indices
        (m,) int64 row of the neighbour in the snapshot, ascending within a particle.
    vectors
        (m, 3) float64 from the particle to that image of the neighbour.
    """

    offsets: Integers
    indices: Integers
    vectors: Floats

    @property
    def counts(self) -> Integers:
        """(n_particles,) number of neighbours of each particle."""
        return np.diff(self.offsets)

    @property
    def distances(self) -> Floats:
        """(m,) lengths of `vectors`."""
        lengths: Floats = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors))
        return lengths


def pairs_within(snapshot: Snapshot, r_max: float) -> NeighborList:
    """All neighbours at distances ``r <= r_max`` (as OVITO's `CutoffNeighborFinder` has it), in O(n_particles).

    Parameters
    ----------
    snapshot
        Any cell: orthogonal or triclinic, periodic, partly periodic or open; positions inside or outside of it.
    r_max
        Largest distance, in the length unit of the snapshot; may exceed half the box, or the box.

    Returns
    -------
    NeighborList
        Sorted by (index, vector); the relation is exactly symmetric and the vectors of a pair are exactly opposite.
        A particle is no neighbour of itself, but its periodic images are.

    Raises
    ------
    InputError
        `r_max` is not a positive number.
    """
    grid = build_grid(snapshot.cell, snapshot.positions, r_max)
    first, second, vectors, count = _half_pairs(grid, _expected_pairs(snapshot, r_max))
    return NeighborList(*rows_of_pairs(len(snapshot), first[:count], second[:count], vectors[:count]))


def _expected_pairs(snapshot: Snapshot, r_max: float) -> int:
    """Buffer to start with: a tenth more than a uniform system has (the kernel grows it where that is too little)."""
    uniform = len(snapshot) * snapshot.number_density * 4.19 * r_max**3 / 2
    return int(min(1.1 * uniform, 64.0 * len(snapshot))) + 64


@kernel
def _half_pairs(grid: Grid, capacity: int) -> Any:  # noqa: C901
    """Each pair of particles once, i <= j, for ascending i: (i, j, vector) buffers and the number of pairs in them.

    Of the two opposite images of a particle itself the one with the positive turn is taken.
    """
    capacity = max(capacity, len(grid.order))  # one doubling must make room for the fullest bin
    first = np.empty(capacity, np.int64)
    second = np.empty(capacity, np.int64)
    vectors = np.empty((capacity, 3))
    count = 0
    limit = grid.r_max * grid.r_max
    n0, n1, n2 = grid.n_bins
    starts, order, positions = grid.starts, grid.order, grid.positions
    for i in range(len(order)):
        for o0 in range(-grid.reach[0], grid.reach[0] + 1):
            b0 = grid.bins[i, 0] + o0
            t0 = b0 // n0
            if t0 != 0 and not grid.periodic[0]:
                continue
            for o1 in range(-grid.reach[1], grid.reach[1] + 1):
                b1 = grid.bins[i, 1] + o1
                t1 = b1 // n1
                if t1 != 0 and not grid.periodic[1]:
                    continue
                for o2 in range(-grid.reach[2], grid.reach[2] + 1):
                    b2 = grid.bins[i, 2] + o2
                    t2 = b2 // n2
                    if t2 != 0 and not grid.periodic[2]:
                        continue
                    positive = t0 > 0 or (t0 == 0 and (t1 > 0 or (t1 == 0 and t2 > 0)))
                    s0 = t0 * grid.matrix[0, 0] + t1 * grid.matrix[1, 0] + t2 * grid.matrix[2, 0] - grid.wrapped[i, 0]
                    s1 = t0 * grid.matrix[0, 1] + t1 * grid.matrix[1, 1] + t2 * grid.matrix[2, 1] - grid.wrapped[i, 1]
                    s2 = t0 * grid.matrix[0, 2] + t1 * grid.matrix[1, 2] + t2 * grid.matrix[2, 2] - grid.wrapped[i, 2]
                    flat = ((b0 - t0 * n0) * n1 + b1 - t1 * n1) * n2 + b2 - t2 * n2
                    begin, end = starts[flat], starts[flat + 1]
                    if count + end - begin > len(first):
                        first = np.concatenate((first, np.empty_like(first)))
                        second = np.concatenate((second, np.empty_like(second)))
                        vectors = np.concatenate((vectors, np.empty_like(vectors)))
                    # Particles ascend within a bin: from its end backwards, the first one below i ends the search.
                    # Every candidate is written, and kept by moving on: a branch here would be mispredicted often.
                    for row in range(end - 1, begin - 1, -1):
                        j = order[row]
                        if j < i or (j == i and not positive):
                            break
                        x = positions[row, 0] + s0
                        y = positions[row, 1] + s1
                        z = positions[row, 2] + s2
                        first[count] = i
                        second[count] = j
                        vectors[count, 0] = x
                        vectors[count, 1] = y
                        vectors[count, 2] = z
                        count += x * x + y * y + z * z <= limit
    return first, second, vectors, count


@kernel
def rows_of_pairs(n_particles: int, first: Integers, second: Integers, half: Floats) -> Any:  # noqa: C901
    """Both directions of each pair, in rows sorted by (index, vector).

    Filling the rows of the larger index first, then transposing them, leaves every row sorted by index without sorting:
    both passes meet the indices in ascending order.
    """
    lower = np.zeros(n_particles, np.int64)
    offsets = np.zeros(n_particles + 1, np.int64)
    for pair in range(len(first)):
        lower[second[pair]] += 2 if first[pair] == second[pair] else 1
        offsets[first[pair] + 1] += 1
        offsets[second[pair] + 1] += 1
    for i in range(n_particles):
        offsets[i + 1] += offsets[i]
    indices = np.empty(offsets[n_particles], np.int64)
    vectors = np.empty((offsets[n_particles], 3))
    cursor = offsets[:-1].copy()
    for pair in range(len(first)):
        i, j = first[pair], second[pair]
        at = cursor[j]
        indices[at] = i
        for k in range(3):
            vectors[at, k] = -half[pair, k]
        if i == j:
            at += 1
            indices[at] = i
            for k in range(3):
                vectors[at, k] = half[pair, k]
        cursor[j] = at + 1
    for j in range(n_particles):
        for entry in range(offsets[j], offsets[j] + lower[j]):
            i = indices[entry]
            if i == j:
                break
            at = cursor[i]
            indices[at] = j
            for k in range(3):
                vectors[at, k] = -vectors[entry, k]
            cursor[i] = at + 1
    _sort_images(offsets, indices, vectors)
    return offsets, indices, vectors


@kernel
def _sort_images(offsets: Integers, indices: Integers, vectors: Floats) -> None:
    """Order the images of the same neighbour by their vectors (insertion sort: such runs are short and rare)."""
    for i in range(len(offsets) - 1):
        for entry in range(offsets[i] + 1, offsets[i + 1]):
            at = entry
            while at > offsets[i] and indices[at - 1] == indices[at] and _before(vectors[at], vectors[at - 1]):
                for k in range(3):
                    vectors[at, k], vectors[at - 1, k] = vectors[at - 1, k], vectors[at, k]
                at -= 1


@kernel
def _before(a: Floats, b: Floats) -> bool:
    for k in range(3):
        if a[k] != b[k]:
            return bool(a[k] < b[k])
    return False
