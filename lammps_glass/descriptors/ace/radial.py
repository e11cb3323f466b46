"""Radial functions of the expansion: distance transform, envelope, Legendre polynomials.

For n = 1, 2, ... R_n(r) = (x - 1) P_n(x) with x(r) in [0, 1] and P_n(x) = sqrt(2 n - 1) L_{n-1}(2 x - 1), the Legendre
polynomials that are orthonormal on [0, 1]; R_n vanishes with its slope at r_cut.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats

TRANSFORMS = ("ace1", "paper")


class Transform(NamedTuple):
    """x(r) = 1 - (y(r scale) - y_cut) / (1 - y_cut) (1 - (r / r_cut)^4) with y(s) = (1 + s^3) / (1 + s^3 + a s^4)."""

    r_cut: float
    scale: float
    a: float
    y_cut: float


def make_transform(name: str, r_cut: float) -> Transform:
    """Make the distance transform `name`; both put the steepest point of y(r) at r = 1.

    ``ace1`` measures distances in units of r = 1, as the authors' code does (ACE1.jl, `normalized_agnesi_transform`);
    ``paper`` in units of r_cut, as the paper prints it.
    """
    if name == "ace1":
        scale, a = 1.0, 3.0 / 11.0
    else:
        scale, a = 1.0 / r_cut, _steepest_at(1.0 / r_cut)
    if not 0 < a < np.inf:
        raise InputError(
            f"r_cut = {r_cut:g} of ace: the transform {name!r} cannot have its steepest point at r = 1; take a larger "
            f"r_cut or the transform 'ace1'"
        )
    s = scale * r_cut
    return Transform(r_cut, scale, a, (1 + s**3) / (1 + s**3 + a * s**4))


def _steepest_at(s: float) -> float:
    """The a for which |y'| is largest at `s`: with g = s^4 / (1 + s^3), y = 1 / (1 + a g) and y'' = 0 there."""
    first = (4 * s**3 + s**6) / (1 + s**3) ** 2
    second = (12 * s**2 - 6 * s**5) / (1 + s**3) ** 3
    g = s**4 / (1 + s**3)
    return second / (2 * first**2 - g * second)


def envelope(r: ArrayLike, transform: Transform) -> Floats:
    """x(r) - 1, from -1 at r = 0 to 0 at r_cut and beyond."""
    r = np.asarray(r, dtype=float)
    s = r * transform.scale
    y = (1 + s**3) / (1 + s**3 + transform.a * s**4)
    fall = np.maximum(1 - (r / transform.r_cut) ** 4, 0.0)
    values: Floats = -(y - transform.y_cut) / (1 - transform.y_cut) * fall
    return values


def radial_functions(r: ArrayLike, n_max: int, transform: Transform) -> Floats:
    """(n_max, ...) values of R_1 ... R_n_max at the distances `r`; what the compiled kernel sums over neighbours."""
    e = envelope(r, transform)
    return np.array([e * _polynomial(n, e + 1) for n in range(1, n_max + 1)])


def _polynomial(n: int, x: Floats) -> Floats:
    """P_n(x), orthonormal on [0, 1]."""
    values: Floats = np.sqrt(2 * n - 1) * legendre.legval(2 * x - 1, [0.0] * (n - 1) + [1.0])
    return values


@lru_cache(maxsize=4096)
def product_coefficients(ns: tuple[int, ...]) -> tuple[float, ...]:
    """c_1, c_2, ... of the product R_n1 R_n2 ... = sum over k of c_k R_k, k up to the sum of the n's.

    The envelope is linear in x, so a product of radial functions is a sum of them, whatever the transform and r_cut.
    """
    highest = sum(ns)
    nodes, weights = legendre.leggauss(highest + 1)  # exact for the polynomial of degree < 2 sum(ns)
    x = (nodes + 1) / 2
    product = weights / 2 * (x - 1) ** (len(ns) - 1)
    for n in ns:
        product = product * _polynomial(n, x)
    return tuple(float(product @ _polynomial(k, x)) for k in range(1, highest + 1))


def monic_recurrence(n_max: int) -> tuple[Floats, Floats]:
    """(steps, norms), both (n_max,): R_n = norms q_n with q_n = (2 x - 1) q_(n-1) - steps q_(n-2) and q_1 = x - 1.

    The kernel sums the q_n, which need no factor in their recurrence, and multiplies the sums.
    """
    k = np.arange(n_max)
    steps = np.where(k > 1, (k - 1.0) ** 2 / (4 * (k - 1.0) ** 2 - 1), 0.0)
    leading = np.cumprod(np.concatenate([[1.0], (2 * k[1:] - 1) / k[1:]]))  # of t^k in L_k(t)
    return steps, leading * np.sqrt(2 * k + 1)
