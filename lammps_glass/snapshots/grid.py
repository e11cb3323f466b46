"""Linked cells: a grid of bins over a snapshot, built once and walked by any compiled kernel.

The grid is a `NamedTuple` of arrays, which numba kernels take as an argument: a kernel that wants the neighbours of one
particle at a time, without a stored list, calls `neighbors_of` (as D2min may).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell, Floats

Integers = NDArray[np.int64]


class Grid(NamedTuple):
    """Particles in bins. Rows of `positions` and `bins` are in bin order; `order` gives the particle of each row.

    Bins are at least ``r_max / reach`` high, so every neighbour lies at most `reach` bins away along each cell vector.
    """

    r_max: float
    matrix: Floats  # (3, 3) cell vectors as rows
    periodic: NDArray[np.bool_]  # (3,)
    n_bins: Integers  # (3,)
    reach: Integers  # (3,)
    starts: Integers  # (n_bins.prod() + 1,) first row of each bin
    order: Integers  # (n,) particle of each row, ascending within a bin
    bins: Integers  # (n, 3) bin of each *particle*
    positions: Floats  # (n, 3) of each row, inside the cell along its periodic vectors
    wrapped: Floats  # (n, 3) of each *particle*, the same numbers


def build_grid(cell: Cell, positions: Floats, r_max: float) -> Grid:
    """Sort particles into bins for neighbours up to `r_max`; positions may lie anywhere.

    Along an open vector the bins cover the particles, not the cell. The number of bins stays of the order of the number
    of particles, so a nearly empty box costs no memory.
    """
    if not (np.isfinite(r_max) and r_max > 0):
        raise InputError(f"r_max is {r_max}: it must be a positive, finite length")
    scaled = cell.fractional(positions)
    turns = np.where(cell.periodic, np.floor(scaled), 0.0)
    wrapped = np.ascontiguousarray(positions - turns @ cell.matrix)
    scaled = scaled - turns
    lower = np.where(cell.periodic, 0.0, scaled.min(axis=0))
    extent = np.where(cell.periodic, 1.0, np.maximum(scaled.max(axis=0) - lower, 1e-9))
    padded = float(r_max) * (1 + 1e-9)  # rounding must not push a neighbour at exactly r_max beyond the reach
    heights = cell.heights * extent
    n_bins = _bin_counts(heights, padded, len(positions))
    reach = np.ceil(np.minimum(padded / (heights / n_bins), 1e9)).astype(np.int64)
    # Along an open vector there is nothing beyond the bins: particles in one plane would else have a reach without end.
    reach = np.where(cell.periodic, reach, np.minimum(reach, n_bins - 1))
    bins = np.clip(((scaled - lower) / extent * n_bins).astype(np.int64), 0, n_bins - 1)
    flat = (bins[:, 0] * n_bins[1] + bins[:, 1]) * n_bins[2] + bins[:, 2]
    order = np.argsort(flat, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(flat, minlength=int(n_bins.prod())))]).astype(np.int64)
    return Grid(
        float(r_max), np.array(cell.matrix), np.array(cell.periodic), n_bins, reach, starts, order, bins,
        np.ascontiguousarray(wrapped[order]), wrapped,
    )  # fmt: skip


def _bin_counts(heights: Floats, r_max: float, n_particles: int) -> Integers:
    counts = np.maximum(np.floor(np.minimum(heights / r_max, 1e6)), 1.0)
    while counts.prod() > 2 * n_particles + 64:
        counts[np.argmax(counts)] = np.ceil(counts.max() / 2)
    return counts.astype(np.int64)


@kernel
def neighbors_of(grid: Grid, i: int, indices: Integers, vectors: Floats) -> int:
    """Neighbours of particle `i` into the caller's buffers ``indices`` (k,) and ``vectors`` (k, 3); their number.

    When the number returned exceeds k, only the first k are written: grow the buffers and call again. The order is
    that of the bins: fixed for a given snapshot, not sorted. Distances are ``<= r_max``; the zero vector of the
    particle itself is left out, its images are not.
    """
    count = 0
    limit = grid.r_max * grid.r_max
    n0, n1, n2 = grid.n_bins
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
                home = t0 == 0 and t1 == 0 and t2 == 0
                s0 = t0 * grid.matrix[0, 0] + t1 * grid.matrix[1, 0] + t2 * grid.matrix[2, 0] - grid.wrapped[i, 0]
                s1 = t0 * grid.matrix[0, 1] + t1 * grid.matrix[1, 1] + t2 * grid.matrix[2, 1] - grid.wrapped[i, 1]
                s2 = t0 * grid.matrix[0, 2] + t1 * grid.matrix[1, 2] + t2 * grid.matrix[2, 2] - grid.wrapped[i, 2]
                flat = ((b0 - t0 * n0) * n1 + b1 - t1 * n1) * n2 + b2 - t2 * n2
                for row in range(grid.starts[flat], grid.starts[flat + 1]):
                    x = grid.positions[row, 0] + s0
                    y = grid.positions[row, 1] + s1
                    z = grid.positions[row, 2] + s2
                    if x * x + y * y + z * z > limit or (home and grid.order[row] == i):
                        continue
                    if count < len(indices):
                        indices[count] = grid.order[row]
                        vectors[count, 0] = x
                        vectors[count, 1] = y
                        vectors[count, 2] = z
                    count += 1
    return count
