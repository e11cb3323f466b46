r"""The polynomial radial basis of SOAP, orthonormalised with 60 digits.

The functions :math:`\phi_n(r) = (r_c - r)^{n + 2}`, n = 1 ... n_max, are made orthonormal by the inverse square root of
their overlaps (Loewdin), which treats all of them alike. The overlaps' condition number is 2.7e22 at n_max = 11: in
double precision the result is round-off, and differs with the library and the processor. With enough digits it is the
same everywhere.
"""

from __future__ import annotations

from decimal import Context, Decimal, getcontext, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.snapshots.cell import Floats

DIGITS = 60
_DIGITS_PER_FUNCTION = 4  # a further function multiplies the condition number by 100 to 300
Matrix = list[list[Decimal]]


@lru_cache(maxsize=16)
def coefficients(r_cut: float, n_max: int) -> tuple[tuple[Decimal, ...], ...]:
    r"""(n_max, n_max) B = S^(-1/2), with which :math:`g_n = \sum_i B_{ni} (r_c - r)^{i + 2}` are orthonormal.

    The overlaps are :math:`S_{ij} = \int_0^{r_c} r^2 \phi_i \phi_j \, dr = 2 r_c^{7+i+j} / ((5+i+j)(6+i+j)(7+i+j))`.
    """
    with localcontext(_context(n_max)):
        cut = Decimal(r_cut)
        overlaps = [
            [2 * cut ** (7 + i + j) / ((5 + i + j) * (6 + i + j) * (7 + i + j)) for j in range(1, n_max + 1)]
            for i in range(1, n_max + 1)
        ]
        values, vectors = _eigen(overlaps)
        powers = [1 / value.sqrt() for value in values]
        return tuple(
            tuple(_total(vectors[i][k] * powers[k] * vectors[j][k] for k in range(n_max)) for j in range(n_max))
            for i in range(n_max)
        )


def radial_functions(r_cut: float, n_max: int, r: ArrayLike) -> Floats:
    """(n_max, k) values of the orthonormal functions at the distances `r` (k,), each rounded once; 0 beyond r_cut."""
    factors = coefficients(r_cut, n_max)
    with localcontext(_context(n_max)):
        cut = Decimal(r_cut)
        columns = []
        for distance in np.asarray(r, dtype=float):
            gap = max(cut - Decimal(float(distance)), Decimal(0))
            powers = [gap ** (i + 3) for i in range(n_max)]
            columns.append([float(_total(b * p for b, p in zip(row, powers))) for row in factors])
    return np.array(columns).T


def _context(n_max: int) -> Context:
    return Context(prec=max(DIGITS, 16 + _DIGITS_PER_FUNCTION * n_max))


def _total(terms: object) -> Decimal:
    return sum(terms, Decimal(0))  # type: ignore[call-overload,no-any-return]


def _eigen(matrix: Matrix) -> tuple[list[Decimal], Matrix]:
    """Eigenvalues and eigenvectors (columns) of a symmetric matrix by Jacobi's rotations, to the context's digits."""
    a = [row[:] for row in matrix]
    n = len(a)
    vectors = [[Decimal(int(i == j)) for j in range(n)] for i in range(n)]
    # Rounding is relative to the largest elements: what is left below that of the last digits is noise.
    negligible = _total(a[i][i] for i in range(n)) * Decimal(10) ** (8 - getcontext().prec)
    pairs = [(p, q) for p in range(n) for q in range(p + 1, n)]
    while any([_rotate(a, vectors, p, q, negligible) for p, q in pairs]):
        pass
    return [a[i][i] for i in range(n)], vectors


def _rotate(a: Matrix, vectors: Matrix, p: int, q: int, negligible: Decimal) -> bool:
    """Make a[p][q] vanish; False when it is as good as zero already."""
    if abs(a[p][q]) <= negligible:
        return False
    slope = (a[q][q] - a[p][p]) / (2 * a[p][q])
    tangent = (1 if slope >= 0 else -1) / (abs(slope) + (slope * slope + 1).sqrt())
    cosine = 1 / (tangent * tangent + 1).sqrt()
    sine = tangent * cosine
    for row in (*a, *vectors):  # columns p and q
        row[p], row[q] = cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]
    a[p], a[q] = (
        [cosine * x - sine * y for x, y in zip(a[p], a[q])],
        [sine * x + cosine * y for x, y in zip(a[p], a[q])],
    )
    return True
