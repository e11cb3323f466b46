"""Real spherical harmonics and the couplings of three of them to an invariant."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.snapshots.cell import Floats


def column_recurrence(l_max: int) -> tuple[Floats, Floats]:
    """(steps, norms), both (l_max + 1, l_max + 1) by [l, m], m >= 0.

    With Q_mm = 1 and Q_lm = z Q_(l-1)m - steps Q_(l-2)m, the real harmonics of a unit vector (x, y, z) are
    S_l,m = norms Q_lm Re (x + i y)^m and S_l,-m = norms Q_lm Im (x + i y)^m. Signs follow the Condon-Shortley phase.
    """
    steps = np.zeros((l_max + 1, l_max + 1))
    norms = np.zeros((l_max + 1, l_max + 1))
    for m in range(l_max + 1):
        squared = np.prod((2 * np.arange(1, m + 1) + 1) / (2 * np.arange(1, m + 1))) / (4 * np.pi) * (2 if m else 1)
        for ell in range(m, l_max + 1):
            if ell > m:
                steps[ell, m] = ((ell - 1) ** 2 - m**2) / (4 * (ell - 1) ** 2 - 1) if ell > m + 1 else 0.0
                squared *= (4 * ell**2 - 1) / (ell**2 - m**2)  # orthonormal: the next step of the monic recurrence
            norms[ell, m] = (-1) ** m * np.sqrt(squared)
    return steps, norms


def real_harmonics(vectors: ArrayLike, l_max: int) -> Floats:
    """((l_max + 1)^2, n) orthonormal real harmonics of the directions of `vectors` (n, 3), at l^2 + l + m."""
    vectors = np.asarray(vectors, dtype=float)
    x, y, z = (vectors / np.linalg.norm(vectors, axis=1)[:, None]).T
    steps, norms = column_recurrence(l_max)
    values = np.empty(((l_max + 1) ** 2, len(vectors)))
    around = np.ones(len(vectors), dtype=complex)
    for m in range(l_max + 1):
        column = [np.ones_like(z)]
        for ell in range(m, l_max + 1):
            if ell > m:
                before = steps[ell, m] * column[-2] if ell > m + 1 else 0.0
                column.append(z * column[-1] - before)
            values[ell * ell + ell + m] = norms[ell, m] * column[-1] * around.real
            if m:
                values[ell * ell + ell - m] = norms[ell, m] * column[-1] * around.imag
        around = around * (x + 1j * y)
    return values


@lru_cache(maxsize=1024)
def gaunt(l1: int, l2: int, l3: int) -> Floats:
    """(2 l1 + 1, 2 l2 + 1, 2 l3 + 1) integrals of three real harmonics over the sphere, by an exact quadrature."""
    top = l1 + l2 + l3
    z, weights = np.polynomial.legendre.leggauss(top // 2 + 1)
    angles = 2 * np.pi * np.arange(top + 1) / (top + 1)
    ring = np.sqrt(1 - z**2)[:, None]
    vectors = np.stack(np.broadcast_arrays(ring * np.cos(angles), ring * np.sin(angles), z[:, None]), axis=-1)
    weight = np.repeat(weights * 2 * np.pi / (top + 1), top + 1)
    values = real_harmonics(vectors.reshape(-1, 3), max(l1, l2, l3))
    a, b, c = (values[k * k : (k + 1) ** 2] for k in (l1, l2, l3))
    integrals: Floats = np.einsum("ip,jp,kp,p->ijk", a, b, c, weight)
    integrals[np.abs(integrals) < 1e-13] = 0.0  # zero by symmetry; the rest is above 1e-4
    return integrals


def coupling(l1: int, l2: int, l3: int) -> Floats:
    """The Wigner 3j symbol in terms of real harmonics, for even l1 + l2 + l3.

    It is the Gaunt integral up to a factor, and its squares add up to 1; the factor has the sign of (l1 l2 l3; 0 0 0).
    """
    integrals = gaunt(l1, l2, l3)
    normalised: Floats = integrals / np.linalg.norm(integrals) * (-1) ** ((l1 + l2 + l3) // 2)
    return normalised


def wigner_at_zero(l1: int, l2: int, l3: int) -> float:
    """(l1 l2 l3; 0 0 0) for an even sum, from the norm of the Gaunt integrals."""
    sizes = (2 * l1 + 1) * (2 * l2 + 1) * (2 * l3 + 1)
    size = float(np.linalg.norm(gaunt(l1, l2, l3)) / np.sqrt(sizes / (4 * np.pi)))
    return size * (-1.0) ** ((l1 + l2 + l3) // 2)
