"""Compiled vector operations in a fixed order of summation: no result depends on the threads of a BLAS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats


@kernel
def dot(a: Floats, b: Floats) -> float:
    """Multiply two vectors (n,)."""
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    n = len(a) - len(a) % 4
    for k in range(0, n, 4):
        s0 += a[k] * b[k]
        s1 += a[k + 1] * b[k + 1]
        s2 += a[k + 2] * b[k + 2]
        s3 += a[k + 3] * b[k + 3]
    for k in range(n, len(a)):
        s0 += a[k] * b[k]
    return (s0 + s1) + (s2 + s3)


@kernel
def largest(rows: Floats) -> float:
    """Return the largest norm of the rows (m, d)."""
    square = 0.0
    for i in range(rows.shape[0]):
        row = 0.0
        for a in range(rows.shape[1]):
            row += rows[i, a] * rows[i, a]
        square = max(square, row)
    norm: float = np.sqrt(square)
    return norm


@kernel
def limited(rows: Floats, limit: float) -> Floats:
    """Scale (m, d) down so that no row is longer than `limit`."""
    norm = largest(rows)
    return rows * (limit / norm) if norm > limit else rows.copy()


@kernel
def orthogonalized(vector: Floats, basis: Floats, count: int) -> Floats:
    """Subtract from `vector` (n,) its components along the first `count` rows of `basis`, twice."""
    result = vector.copy()
    for _ in range(2):
        for k in range(count):
            overlap = dot(result, basis[k])
            for a in range(len(result)):
                result[a] -= overlap * basis[k, a]
    return result


@kernel
def combined(basis: Floats, weights: Floats) -> Floats:
    """Sum rows of `basis` with `weights` (k,), and normalise the sum."""
    result = np.zeros(basis.shape[1])
    for k in range(len(weights)):
        for a in range(len(result)):
            result[a] += weights[k] * basis[k, a]
    result /= np.sqrt(dot(result, result))
    return result


@kernel
def two_loops(
    gradient: Floats, steps: Floats, changes: Floats, products: Floats, order: NDArray[np.int64], initial: float
) -> Floats:
    """Multiply `gradient` (n,) with the inverse Hessian of L-BFGS.

    `steps` and `changes` (of the gradient) are (k, n), `products` (k,) those of each step with its change; `order`
    lists their rows from the oldest to the newest; `initial` is the inverse curvature without pairs. Nocedal and
    Wright, Numerical Optimization, algorithm 7.4.
    """
    result, weights = gradient.copy(), np.empty(len(order))
    for index in range(len(order) - 1, -1, -1):
        k = order[index]
        weights[index] = dot(steps[k], result) / products[k]
        for a in range(len(result)):
            result[a] -= weights[index] * changes[k, a]
    if len(order):
        newest = order[-1]
        initial = products[newest] / dot(changes[newest], changes[newest])
    for a in range(len(result)):
        result[a] *= initial
    for index in range(len(order)):
        k = order[index]
        weight = weights[index] - dot(changes[k], result) / products[k]
        for a in range(len(result)):
            result[a] += weight * steps[k, a]
    return result
