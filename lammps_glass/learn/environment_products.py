r"""Find unit vectors with a cosine above a threshold: exact results from few products in full length.

Scalar products of thousands of numbers are taken in float32 on a few principal axes; with :math:`y` the coordinates of
a row on them and :math:`r` the length of the rest,

.. math:: |\cos_{ij} - y_i \cdot y_j| \le r_i r_j,

and only pairs that this bound and the rounding leave undecided are multiplied in full, in float64 and in a fixed order.
So the result depends neither on the axes nor on blocks of rows, threads or the BLAS library.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel

Singles = NDArray[np.float32]
Matches = NDArray[np.bool_]

MARGIN = 1e-4
"""Bound of the rounding error of float32 products of unit vectors: 1e-6 is the largest seen."""
_FLOOR = 1e-6  # added to squared residuals, differences of numbers near 1, for their rounding
MOST_ROWS = 500  # of the sample that gives the axes: they need not be the best, and more rows cost seconds


class Points(NamedTuple):
    """Rows with their coordinates on principal axes."""

    rows: Singles  # (n, n_features), contiguous, of unit length
    coordinates: Singles  # (n, k)
    residuals: Singles  # (n,) length of the rest of each row


class Axes:
    """Principal axes (not centred) of a sample of unit vectors; without axes, rows are their own coordinates."""

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
        """Compute the coordinates and residuals of `rows` (n, n_features)."""
        if self.vectors is None:
            return Points(rows, rows, np.zeros(len(rows), dtype=np.float32))
        coordinates = rows @ self.vectors
        squared = 1.0 - np.einsum("ik,ik->i", coordinates, coordinates, dtype=np.float64)
        return Points(rows, coordinates, np.sqrt(np.maximum(squared, 0.0) + _FLOOR).astype(np.float32))


@kernel
def cosine(a: Singles, b: Singles) -> float:
    """Multiply two float32 vectors in float64: eight partial sums, always in the same order."""
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
def _matches(row: Singles, points: Points, i: int, references: Points, limit: float) -> bool:
    """Decide whether the cosine of row `i` of `points` with any row of `references` is above the limit.

    `row` holds the products of their coordinates.
    """
    residual = points.residuals[i]
    for j in range(len(row)):  # first those that are certain: a comparison each
        if row[j] - residual * references.residuals[j] - MARGIN > limit:
            return True
    for j in range(len(row)):
        possible = row[j] + residual * references.residuals[j] + MARGIN > limit
        if possible and cosine(points.rows[i], references.rows[j]) > limit:
            return True
    return False


@kernel
def _matched(products: Singles, points: Points, references: Points, limit: float, result: Matches) -> None:
    for i in range(len(products)):
        result[i] = _matches(products[i], points, i, references, limit)


def matched(points: Points, references: Points, limit: float) -> Matches:
    """Decide for each row whether its cosine with any row of `references` is above `limit`: (n,)."""
    result = np.zeros(len(points.rows), dtype=np.bool_)
    if len(references.rows):
        _matched(points.coordinates @ references.coordinates.T, points, references, limit, result)
    return result


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
    """Decide for each row whether it is a leader, whose cosine with every earlier leader is at most `limit`: (n,)."""
    leads = np.zeros(len(points.rows), dtype=np.bool_)
    if len(leads):
        _leaders(points.coordinates @ points.coordinates.T, points, limit, leads)
    return leads


@kernel
def _nearest(
    products: Singles,
    points: Points,
    references: Points,
    limit: float,
    index: NDArray[np.int64],
    cosines: NDArray[np.float64],
) -> None:
    for i in range(len(products)):
        row, residual = products[i], points.residuals[i]
        best, at = limit, -1
        guess = np.argmax(row)
        first = cosine(points.rows[i], references.rows[guess])
        bound = max(first, limit)
        for j in range(len(row)):
            if row[j] + residual * references.residuals[j] + MARGIN >= bound:
                value = first if j == guess else cosine(points.rows[i], references.rows[j])
                if value > best:
                    best, at = value, j
                    bound = max(bound, value)
        index[i] = at
        cosines[i] = best if at >= 0 else np.nan


def nearest(points: Points, references: Points, limit: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the row of `references` with the largest cosine, the first of equals.

    Returns
    -------
    (index, cosines)
        (n,) each; -1 and NaN where no cosine is above `limit`.
    """
    index, cosines = np.full(len(points.rows), -1), np.full(len(points.rows), np.nan)
    _nearest(points.coordinates @ references.coordinates.T, points, references, limit, index, cosines)
    return index, cosines
