r"""Tables of the kernels: the radial integrals of a Gaussian as polynomials of its distance, and recurrence factors.

A Gaussian of width sigma at distance r_j has the coefficients
:math:`4 \pi Y_{lm}(\hat r_j) I_{nl}(r_j)` with

.. math:: I_{nl}(r_j) = \int_0^{r_c} r^2 g_n(r) e^{-(r^2 + r_j^2) / 2 \sigma^2} i_l(r r_j / \sigma^2) \, dr,

:math:`i_l` the modified spherical Bessel function. The integrals depend on the distance alone, so they are tabulated:
polynomials of degree five on intervals of an eighth of sigma, wrong by about 1e-10 of the largest value.
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial
from typing import NamedTuple

import numpy as np

from lammps_glass.descriptors.ace.harmonics import column_recurrence
from lammps_glass.descriptors.ace.lanes import LANES
from lammps_glass.descriptors.soap.basis import radial_functions
from lammps_glass.snapshots.cell import Floats

NEGLIGIBLE = 0.001
"""A Gaussian whose value at r_cut is below this is left out: the distance to which DScribe looks for neighbours."""
DEGREE = 5
_INTERVALS_PER_SIGMA = 8


class Tables(NamedTuple):
    """Constants of one set of parameters; "eights" are consecutive numbers, for n = 1 ... 8, 9 ... 16 and so on."""

    n_species: int
    n_max: int
    l_max: int
    r_max: float  # neighbours up to here
    intervals_per_length: float
    n_intervals: int
    radial: Floats  # [interval, power, l, n] in eights: integrals times 4 pi, root of the spectrum's factor included
    steps: Floats  # (l_max + 1, l_max + 1) recurrence of the harmonics
    norms: Floats  # ((l_max + 1)^2,) factors of the harmonics


def reach(r_cut: float, sigma: float) -> float:
    """Return the distance up to which neighbours count."""
    return float(r_cut + sigma * np.sqrt(-2.0 * np.log(NEGLIGIBLE)))


@lru_cache(maxsize=8)
def make_tables(n_species: int, r_cut: float, n_max: int, l_max: int, sigma: float, harmonics: str = "exact") -> Tables:
    """Tabulate integrals and factors for the kernels; equal parameters share them. `harmonics` as in `SOAP`."""
    r_max = reach(r_cut, sigma)
    n_intervals = int(np.ceil(_INTERVALS_PER_SIGMA * r_max / sigma))
    steps, norms = column_recurrence(l_max)
    l_of, m_of = np.array([(ell, abs(m)) for ell in range(l_max + 1) for m in range(-ell, ell + 1)]).T
    if harmonics == "dscribe":
        norms = np.where(_legendre_norms(l_max) < 1e-9, 0.0, norms)  # its tables stop at the ninth decimal
    return Tables(
        n_species, n_max, l_max, r_max, n_intervals / r_max, n_intervals,
        _polynomials(r_cut, n_max, l_max, sigma, n_intervals), steps, np.ascontiguousarray(norms[l_of, m_of]),
    )  # fmt: skip


def _legendre_norms(l_max: int) -> Floats:
    """(l_max + 1, l_max + 1) by [l, m]: the factor of P_lm(cos theta) exp(i m phi) in the complex harmonic."""
    norms = np.ones((l_max + 1, l_max + 1))
    for ell in range(l_max + 1):
        for m in range(ell + 1):
            factorials = factorial(ell - m) / factorial(ell + m)
            norms[ell, m] = np.sqrt((2 * ell + 1) / (4 * np.pi) * factorials)
    return norms


def _polynomials(r_cut: float, n_max: int, l_max: int, sigma: float, n_intervals: int) -> Floats:
    """Flat [interval, power, l, n]: interpolation at Chebyshev's points of each interval, in t from -1 to 1."""
    points = np.cos(np.pi * (2 * np.arange(DEGREE + 1) + 1) / (2 * DEGREE + 2))
    middles = np.arange(n_intervals)[:, None] + 0.5
    distances = (middles + points / 2) * (reach(r_cut, sigma) / n_intervals)
    values = radial_integrals(r_cut, n_max, l_max, sigma, distances.ravel())
    values *= 4 * np.pi * np.sqrt(np.pi * np.sqrt(8.0 / (2.0 * np.arange(l_max + 1) + 1.0)))[:, None]
    values = values.reshape(n_intervals, DEGREE + 1, -1)
    factors = np.linalg.inv(np.vander(points, increasing=True)) @ values
    eights = np.zeros((n_intervals, DEGREE + 1, l_max + 1, -(-n_max // LANES) * LANES))
    eights[..., :n_max] = factors.reshape(n_intervals, DEGREE + 1, l_max + 1, n_max)
    return eights.ravel()


def radial_integrals(r_cut: float, n_max: int, l_max: int, sigma: float, distances: Floats) -> Floats:
    """Integrate (k, l_max + 1, n_max) values of I_nl at the `distances` (k,), by Gauss's quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(40 + int(np.ceil(16 * r_cut / sigma)))
    r = 0.5 * r_cut * (nodes + 1)
    weighted = radial_functions(r_cut, n_max, r) * (0.5 * r_cut * weights * r**2)
    gaussians = np.exp(-((r - distances[:, None]) ** 2) / (2 * sigma**2))
    bessel = scaled_bessel(l_max, r * distances[:, None] / sigma**2)
    return np.stack([(gaussians * values) @ weighted.T for values in bessel], axis=1)


def scaled_bessel(l_max: int, x: Floats) -> Floats:
    r"""Compute (l_max + 1, ...) :math:`e^{-x} i_l(x)`, all of them accurate to the last digits.

    The ratios i_l / i_(l-1) come from their continued fraction, downwards, where each error shrinks.
    """
    start = l_max + 30 + int(np.ceil(np.sqrt(80.0 * x.max())))  # i_l / i_0 is about exp(-l^2 / 2x): far below 1e-16
    ratio = np.zeros_like(x)
    values = np.empty((l_max + 1, *x.shape))
    for ell in range(start, 0, -1):
        ratio = x / (2 * ell + 1 + x * ratio)
        if ell <= l_max:
            values[ell] = ratio
    values[0] = np.where(x < 1e-8, 1.0 - x, -np.expm1(-2 * x) / np.maximum(2 * x, 1e-300))
    products: Floats = np.multiply.accumulate(values, axis=0)
    return products
