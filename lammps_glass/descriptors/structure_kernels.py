"""Compiled part of `StructureFunctions`: sums over pairs of neighbours."""

from __future__ import annotations

import math

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers, neighbors_of


@kernel
def angular_sums(
    grid: Grid, types: Integers, n_types: int, ranges: Floats, signs: Floats, powers: Integers, out: Floats
) -> None:
    """Sum exp(-(r_ij^2 + r_ik^2 + r_jk^2) / xi^2) (1 + lambda cos)^zeta over the pairs of each particle's neighbours.

    Parameters
    ----------
    ranges, signs, powers
        xi, lambda and zeta.
    out
        (n, n_pairs_of_types, n_ranges, n_signs, n_powers), zeros at the start; pairs of types as AA, AB, ..., BB, ...
    """
    indices, vectors = np.empty(128, np.int64), np.empty((128, 3))
    squares = np.empty(128)
    for i in range(len(grid.order)):
        count = neighbors_of(grid, i, indices, vectors)
        if count > len(indices):
            indices, vectors, squares = np.empty(2 * count, np.int64), np.empty((2 * count, 3)), np.empty(2 * count)
            count = neighbors_of(grid, i, indices, vectors)
        for m in range(count):
            squares[m] = vectors[m, 0] ** 2 + vectors[m, 1] ** 2 + vectors[m, 2] ** 2
        for j in range(count):
            for k in range(j):
                dot = vectors[j, 0] * vectors[k, 0] + vectors[j, 1] * vectors[k, 1] + vectors[j, 2] * vectors[k, 2]
                cosine = dot / math.sqrt(squares[j] * squares[k])
                total = 2.0 * (squares[j] + squares[k] - dot)  # with r_jk^2 = r_ij^2 + r_ik^2 - 2 r_ij . r_ik
                a, b = min(types[indices[j]], types[indices[k]]), max(types[indices[j]], types[indices[k]])
                row = out[i, a * n_types - a * (a - 1) // 2 + b - a]
                for x in range(len(ranges)):
                    weight = math.exp(-total / (ranges[x] * ranges[x]))
                    for s in range(len(signs)):
                        base = 1.0 + signs[s] * cosine
                        for p in range(len(powers)):
                            factor = 1.0
                            for _ in range(powers[p]):
                                factor *= base
                            row[x, s, p] += weight * factor
