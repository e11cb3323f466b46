"""Compiled loops over pairs; particles from index n_mobile on do not move."""

from __future__ import annotations

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


@kernel
def moved_vector(vectors: Floats, moves: Floats, k: int, i: int, j: int):  # type: ignore[no-untyped-def]
    """Update the vector of pair k after its particles i and j have moved; j from n_mobile on does not move."""
    x, y, z = vectors[k, 0] - moves[i, 0], vectors[k, 1] - moves[i, 1], vectors[k, 2] - moves[i, 2]
    if j < len(moves):
        x += moves[j, 0]
        y += moves[j, 1]
        z += moves[j, 2]
    return x, y, z


@kernel
def add_force(forces: Floats, i: int, j: int, over_r: float, x: float, y: float, z: float):  # type: ignore[no-untyped-def]
    """Add dE/dr / r of a pair, with its vector, to the (n, 3) forces on its two particles."""
    forces[i, 0] += over_r * x
    forces[i, 1] += over_r * y
    forces[i, 2] += over_r * z
    forces[j, 0] -= over_r * x
    forces[j, 1] -= over_r * y
    forces[j, 2] -= over_r * z


@kernel
def displacements(positions: Floats, origin: Floats):  # type: ignore[no-untyped-def]
    """Subtract `origin` from `positions`, both (n, 3); return the largest square of a row too, NaN with any NaN."""
    moves, largest = positions - origin, 0.0
    for i in range(len(moves)):
        square = moves[i, 0] * moves[i, 0] + moves[i, 1] * moves[i, 1] + moves[i, 2] * moves[i, 2]
        if not square <= largest:
            largest = square
            if np.isnan(square):
                break
    return moves, largest


@kernel
def moved(first: Integers, second: Integers, vectors: Floats, moves: Floats):  # type: ignore[no-untyped-def]
    """Update (m, 3) pair vectors after the mobile particles have moved by `moves` (n_mobile, 3)."""
    result = np.empty_like(vectors)
    for k in range(len(first)):
        result[k, 0], result[k, 1], result[k, 2] = moved_vector(vectors, moves, k, first[k], second[k])
    return result


@kernel
def forces(first: Integers, second: Integers, vectors: Floats, over_r: Floats, n: int):  # type: ignore[no-untyped-def]
    """Sum (n, 3) forces from dE/dr / r of each pair."""
    result = np.zeros((n, 3))
    for k in range(len(first)):
        add_force(result, first[k], second[k], over_r[k], vectors[k, 0], vectors[k, 1], vectors[k, 2])
    return result


@kernel
def product(  # type: ignore[no-untyped-def]
    first: Integers, second: Integers, units: Floats, across: Floats, along: Floats, gradients: Floats, sites: Floats,
    vector: Floats,
):  # fmt: skip
    """Multiply the Hessian with `vector` (n, 3).

    The block of a pair is ``along n n^T + across (1 - n n^T)``; the density of a site changes by ``gradients n . d``
    with d the change of the pair's vector, and pulls back through F'' (`sites`).
    """
    n = len(vector)
    result, density = np.zeros((n, 3)), np.zeros(n)
    stretch = np.empty(len(first))
    for k in range(len(first)):
        i, j = first[k], second[k]
        x = vector[j, 0] - vector[i, 0]
        y = vector[j, 1] - vector[i, 1]
        z = vector[j, 2] - vector[i, 2]
        d = units[k, 0] * x + units[k, 1] * y + units[k, 2] * z
        stretch[k] = (along[k] - across[k]) * d
        density[i] += gradients[k, 0] * d
        density[j] += gradients[k, 1] * d
        b = across[k]
        result[i, 0] -= b * x
        result[i, 1] -= b * y
        result[i, 2] -= b * z
        result[j, 0] += b * x
        result[j, 1] += b * y
        result[j, 2] += b * z
    for i in range(n):
        density[i] *= sites[i]
    for k in range(len(first)):
        i, j = first[k], second[k]
        t = stretch[k] + density[i] * gradients[k, 0] + density[j] * gradients[k, 1]
        for a in range(3):
            part = t * units[k, a]
            result[i, a] -= part
            result[j, a] += part
    return result
