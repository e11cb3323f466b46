"""Compiled part of `CoarseGrained`: weighted averages of columns over the neighbours of each particle."""

from __future__ import annotations

import math

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers, neighbors_of


@kernel
def neighbor_averages(
    grid: Grid, groups: Integers, columns: Floats, lengths: Floats, gaussian: bool, sums: Floats, weights: Floats
) -> None:
    """Sum columns over neighbours within ``grid.r_max``, by group of the neighbour, weighted by the distance.

    The particle itself counts at distance 0; every periodic image counts at its own distance.

    Parameters
    ----------
    groups
        (n,) group of each particle.
    columns
        (n, n_columns) values.
    lengths
        (n_lengths,) decay lengths L of the weights ``exp(-r / L)``, or ``exp(-r^2 / (2 L^2))`` if `gaussian`.
    sums
        (n, n_groups, n_lengths, n_columns), zeros at the start: sums are added.
    weights
        (n, n_groups, n_lengths), zeros at the start: sums of the weights.
    """
    n_columns, n_lengths = columns.shape[1], len(lengths)
    indices, vectors = np.empty(512, np.int64), np.empty((512, 3))
    for row in range(len(grid.order)):
        i = grid.order[row]
        count = neighbors_of(grid, i, indices, vectors)
        if count > len(indices):
            indices, vectors = np.empty(2 * count, np.int64), np.empty((2 * count, 3))
            count = neighbors_of(grid, i, indices, vectors)
        for k in range(n_lengths):
            weights[i, groups[i], k] += 1.0
            for c in range(n_columns):
                sums[i, groups[i], k, c] += columns[i, c]
        for m in range(count):
            j = indices[m]
            square = vectors[m, 0] ** 2 + vectors[m, 1] ** 2 + vectors[m, 2] ** 2
            distance = math.sqrt(square)
            for k in range(n_lengths):
                weight = math.exp(-0.5 * square / lengths[k] ** 2) if gaussian else math.exp(-distance / lengths[k])
                weights[i, groups[j], k] += weight
                target = sums[i, groups[j], k]
                source = columns[j]
                for c in range(n_columns):
                    target[c] += weight * source[c]
