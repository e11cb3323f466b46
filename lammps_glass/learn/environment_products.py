r"""Which unit vectors are nearer than a threshold: exact answers from few exact products.

Scalar products of thousands of numbers are taken in float32 on a few principal axes; with :math:`r` the length of what
the axes leave out,

.. math:: |\cos_{ij} - y_i \cdot y_j| \le r_i r_j,

and only pairs that this and the rounding leave open are multiplied out: in float64, in a fixed order. An answer so
depends neither on the axes nor on how the rows were cut into blocks, on the threads or on the library of products.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel

Singles = NDArray[np.float32]
Matches = NDArray[np.bool_]

MARGIN = 1e-4
"""For rounding in float32 products of unit vectors: 1e-6 at most is seen, and a chain of 1600 sums cannot reach it."""
_FLOOR = 1e-6  # of squared residuals, whose own rounding is that of 1 - 1
MOST_ROWS = 500  # to find the axes with: they need not be the best, and more of them cost seconds


class Points(NamedTuple):
    """Rows, and what the axes make of them."""

    rows: Singles  # (n, n_features), contiguous, of unit length
    coordinates: Singles  # (n, k)
    residuals: Singles  # (n,)


class Axes:
    """Principal axes (not centred) of a sample of unit vectors; without any, the rows are their own coordinates."""

    def __init__(self, sample: Singles | None = None, n_axes: int = 128) -> None:
        self.vectors: Singles | None = None
        self.n_rows = 0
        if sample is not None and len(sample) > n_axes:
            step = -(-len(sample) // max(MOST_ROWS, 2 * n_axes))
            rows = sample[::step].astype(np.float64)
            self.n_rows = len(rows)
            values, vectors = np.linalg.eigh(rows @ rows.T)
            kept = np.flatnonzero(values > 1e-9 * values[-1])[-n_axes:]
            self.vectors = np.ascontiguousarray(rows.T @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float32)

    def points(self, rows: Singles) -> Points:
        """Coordinates and residuals of `rows` (n, n_features)."""
        if self.vectors is None:
            return Points(rows, rows, np.zeros(len(rows), dtype=np.float32))
        coordinates = rows @ self.vectors
        squared = 1.0 - np.einsum("ik,ik->i", coordinates, coordinates, dtype=np.float64)
        return Points(rows, coordinates, np.sqrt(np.maximum(squared, 0.0) + _FLOOR).astype(np.float32))


@kernel
def cosine(a: Singles, b: Singles) -> float:
    """The scalar product of two float32 vectors in float64: eight sums, always in the same order."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = len(a) // 8 * 8
    for k in range(0, whole, 8):
        s0 += np.float64(a[k]) * np.float64(b[k])
        s1 += np.float64(a[k + 1]) * np.float64(b[k + 1])
        s2 += np.float64(a[k + 2]) * np.float64(b[k + 2])
        s3 += np.float64(a[k + 3]) * np.float64(b[k + 3])
        s4 += np.float64(a[k + 4]) * np.float64(b[k + 4])
        s5 += np.float64(a[k + 5]) * np.float64(b[k + 5])
        s6 += np.float64(a[k + 6]) * np.float64(b[k + 6])
        s7 += np.float64(a[k + 7]) * np.float64(b[k + 7])
    for k in range(whole, len(a)):
        s0 += np.float64(a[k]) * np.float64(b[k])
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@kernel
def _matches(row: Singles, points: Points, i: int, known: Points, limit: float) -> bool:
    """Whether row `i` of `points`, whose products with `known` are `row`, is above the limit with any of them."""
    residual = points.residuals[i]
    for j in range(len(row)):  # first what is certain: a comparison each
        if row[j] - residual * known.residuals[j] - MARGIN > limit:
            return True
    for j in range(len(row)):
        possible = row[j] + residual * known.residuals[j] + MARGIN > limit
        if possible and cosine(points.rows[i], known.rows[j]) > limit:
            return True
    return False


@kernel
def _matched(products: Singles, points: Points, known: Points, limit: float, found: Matches) -> None:
    for i in range(len(products)):
        found[i] = _matches(products[i], points, i, known, limit)


def matched(points: Points, known: Points, limit: float) -> Matches:
    """(n,) whether a row's cosine with any row of `known` is above `limit`."""
    found = np.zeros(len(points.rows), dtype=np.bool_)
    if len(known.rows):
        _matched(points.coordinates @ known.coordinates.T, points, known, limit, found)
    return found


@kernel
def _leaders(products: Singles, points: Points, limit: float, leads: Matches) -> None:
    for i in range(len(products)):
        residual, hit = points.residuals[i], False
        for j in range(i):
            if leads[j]:
                slack = residual * points.residuals[j] + MARGIN
                sure = products[i, j] - slack > limit
                if sure or (products[i, j] + slack > limit and cosine(points.rows[i], points.rows[j]) > limit):
                    hit = True
                    break
        leads[i] = not hit


def leaders(points: Points, limit: float) -> Matches:
    """(n,) whether a row is a leader: its cosine with every leader before it is at or below `limit`."""
    leads = np.zeros(len(points.rows), dtype=np.bool_)
    if len(leads):
        _leaders(points.coordinates @ points.coordinates.T, points, limit, leads)
    return leads


@kernel
def _nearest(products: Singles, points: Points, known: Points, limit: float, index: Any, cosines: Any) -> None:
    for i in range(len(products)):
        row, residual = products[i], points.residuals[i]
        best, at = limit, -1
        guess = np.argmax(row)
        first = cosine(points.rows[i], known.rows[guess])
        bound = max(first, limit)
        for j in range(len(row)):
            if row[j] + residual * known.residuals[j] + MARGIN >= bound:
                value = first if j == guess else cosine(points.rows[i], known.rows[j])
                if value > best:
                    best, at = value, j
                    bound = max(bound, value)
        index[i] = at
        cosines[i] = best if at >= 0 else np.nan


def nearest(points: Points, known: Points, limit: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(n,) index of the row of `known` with the largest cosine (the first of equals), -1 where none is above `limit`.

    And (n,) that cosine, NaN where there is none.
    """
    index, cosines = np.full(len(points.rows), -1), np.full(len(points.rows), np.nan)
    _nearest(points.coordinates @ known.coordinates.T, points, known, limit, index, cosines)
    return index, cosines
