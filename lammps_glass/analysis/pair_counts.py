"""Pairs of particles by distance, counted on linked cells without a list of the pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import build_grid
from lammps_glass.snapshots.snapshot import Integers, Snapshot

#: Bins of the grid along `r_max`: smaller ones hold fewer pairs beyond it.
_BINS = 3


def count_pairs(snapshot: Snapshot, edges: Floats, centres: NDArray[np.bool_], others: NDArray[np.bool_]) -> Integers:
    """Count the ordered pairs of a centre and another particle by distance, every periodic image a pair of its own.

    Parameters
    ----------
    snapshot
        Configuration; positions may lie outside the box.
    edges
        (k + 1,) even edges from 0; the last bin holds its upper edge.
    centres, others
        (n,) masks of the first and of the second particle of a pair.

    Returns
    -------
    (k,) counts
    """
    r_max = float(edges[-1])
    grid = build_grid(snapshot.cell, snapshot.positions, r_max / _BINS)
    scaled = snapshot.cell.fractional(grid.wrapped)
    extent = np.where(snapshot.cell.periodic, 1.0, np.maximum(np.ptp(scaled, axis=0), 1e-9))
    reach = np.ceil(np.minimum(r_max * (1 + 1e-9) / (snapshot.cell.heights * extent / grid.n_bins), 1e9))
    reach = np.where(snapshot.cell.periodic, reach, np.minimum(reach, grid.n_bins - 1)).astype(np.int64)
    weights = np.stack([centres[grid.order], others[grid.order]]).astype(np.int64)
    all_particles = bool(centres.all() and others.all())
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    columns = np.ascontiguousarray(grid.positions.T)
    _count(columns, grid.starts, grid.n_bins, reach, grid.matrix, grid.periodic, edges, weights, all_particles, counts)
    return counts


@kernel
def _count(
    columns: Floats,
    starts: Integers,
    n_bins: Integers,
    reach: Integers,
    matrix: Floats,
    periodic: NDArray[np.bool_],
    edges: Floats,
    weights: Integers,
    all_particles: bool,
    counts: Integers,
) -> None:
    """Walk the pairs of bins of a half space of offsets: each pair of particles once, counted in both orders."""
    n0, n1, n2 = n_bins
    fullest = 0
    for b in range(len(starts) - 1):
        fullest = max(fullest, starts[b + 1] - starts[b])
    squared = np.empty(fullest)
    for o0 in range(reach[0] + 1):
        for o1 in range(-reach[1] if o0 > 0 else 0, reach[1] + 1):
            for o2 in range(-reach[2] if (o0 > 0 or o1 > 0) else 0, reach[2] + 1):
                same_bin = o0 == 0 and o1 == 0 and o2 == 0
                for here in range(len(starts) - 1):
                    b0, b1, b2 = here // (n1 * n2) + o0, here // n2 % n1 + o1, here % n2 + o2
                    t0, t1, t2 = b0 // n0, b1 // n1, b2 // n2
                    beyond = (t0 != 0) & (not periodic[0]) | (t1 != 0) & (not periodic[1])
                    if beyond | ((t2 != 0) & (not periodic[2])):
                        continue
                    there = ((b0 - t0 * n0) * n1 + b1 - t1 * n1) * n2 + b2 - t2 * n2
                    shift = t0 * matrix[0] + t1 * matrix[1] + t2 * matrix[2]
                    _two_bins(
                        columns, starts, here, there, shift, same_bin, edges, weights, all_particles, squared, counts
                    )


@kernel
def _two_bins(
    columns: Floats,
    starts: Integers,
    here: int,
    there: int,
    shift: Floats,
    same_bin: bool,
    edges: Floats,
    weights: Integers,
    all_particles: bool,
    squared: Floats,
    counts: Integers,
) -> None:
    """Count the pairs of the particles of two bins."""
    r_max = edges[-1]
    limit, bins = r_max * r_max, len(counts)
    scale = bins / r_max
    first, last = starts[there], starts[there + 1]
    for row in range(starts[here], starts[here + 1]):
        if same_bin:
            first = row + 1
        x, y, z = columns[0, row] - shift[0], columns[1, row] - shift[1], columns[2, row] - shift[2]
        xs, ys, zs = columns[0, first:last], columns[1, first:last], columns[2, first:last]
        m = last - first
        for k in range(m):
            dx, dy, dz = xs[k] - x, ys[k] - y, zs[k] - z
            squared[k] = dx * dx + dy * dy + dz * dz
        for k in range(m):
            if squared[k] <= limit:
                distance = np.sqrt(squared[k])
                at = min(int(distance * scale), bins - 1)
                if distance < edges[at]:
                    at -= 1
                elif distance >= edges[at + 1] and at < bins - 1:
                    at += 1
                if all_particles:
                    counts[at] += 2
                else:
                    other = first + k
                    counts[at] += weights[0, row] * weights[1, other] + weights[0, other] * weights[1, row]
