"""The expansion by its definition: sums over explicit pairs and triples of neighbours. Imports nothing of the package.

No moments, no inclusion-exclusion: a feature is a sum over tuples of neighbours, pure when the tuples with a neighbour
in two places are left out. Complex harmonics from associated Legendre functions, Wigner 3j from Racah's formula in
fractions, polynomials by their recurrence, images by trying all of them.
"""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
from scipy.special import lpmv


def neighbors(positions, types, matrix, periodic, i, r_cut):
    """Vectors from particle i to every image nearer than r_cut, and their species."""
    turns = [range(-4, 5) if repeats else (0,) for repeats in periodic]
    found = [
        (positions[j] + np.array(turn) @ matrix - positions[i], types[j])
        for turn in itertools.product(*turns)
        for j in range(len(positions))
        if not (j == i and turn == (0, 0, 0))
    ]
    near = [(vector, species) for vector, species in found if np.linalg.norm(vector) < r_cut]
    return np.array([vector for vector, _ in near]).reshape(-1, 3), np.array(
        [species for _, species in near], dtype=int
    )


def steepest(r_cut):
    """The constant of the paper's transform by its definition: y'' = 0 at s = 1 / r_cut (a bisection on a)."""

    def curvature(a, s=1 / r_cut):
        u, u1, u2 = 1 + s**3, 3 * s**2, 6 * s
        v, v1, v2 = u + a * s**4, u1 + 4 * a * s**3, u2 + 12 * a * s**2
        return (u2 * v - u * v2) / v**2 - 2 * v1 * (u1 * v - u * v1) / v**3

    low, high = 0.1, 1e4
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if curvature(middle) < 0 else (low, middle)
    return math.sqrt(low * high)


def radial(r, n, r_cut, transform, a=None):
    """R_n at the distances r."""
    length = 1.0 if transform == "ace1" else r_cut
    a = 3 / 11 if transform == "ace1" else a
    y = lambda s: (1 + s**3) / (1 + s**3 + a * s**4)  # noqa: E731
    y_cut = y(r_cut / length)
    x = 1 - (y(r / length) - y_cut) / (1 - y_cut) * (1 - (r / r_cut) ** 4)
    t, before, value = 2 * x - 1, np.ones_like(x), 2 * x - 1
    values = [before, value]
    for k in range(1, n):
        before, value = value, ((2 * k + 1) * t * value - k * before) / (k + 1)
        values.append(value)
    return (x - 1) * math.sqrt(2 * n - 1) * values[n - 1]


def harmonics(vectors, l):  # noqa: E741
    """(n, 2 l + 1) complex Y_lm, m = -l ... l, with the Condon-Shortley phase."""
    cosine = vectors[:, 2] / np.linalg.norm(vectors, axis=1)
    angle = np.arctan2(vectors[:, 1], vectors[:, 0])
    columns = []
    for m in range(-l, l + 1):
        k = abs(m)
        size = math.sqrt((2 * l + 1) / (4 * math.pi) * math.factorial(l - k) / math.factorial(l + k))
        value = size * lpmv(k, l, cosine) * np.exp(1j * k * angle)
        columns.append(value if m >= 0 else (-1) ** k * value.conj())
    return np.array(columns).T


@functools.cache
def wigner(l1, l2, l3, m1, m2, m3):
    """The 3j symbol, by Racah's formula in exact fractions."""
    if m1 + m2 + m3 or not abs(l1 - l2) <= l3 <= l1 + l2:
        return 0.0
    f = math.factorial
    triangle = Fraction(f(l1 + l2 - l3) * f(l1 - l2 + l3) * f(-l1 + l2 + l3), f(l1 + l2 + l3 + 1))
    root = triangle * math.prod(f(k + m) * f(k - m) for k, m in ((l1, m1), (l2, m2), (l3, m3)))
    total = Fraction(0)
    for k in range(max(0, l2 - l3 - m1, l1 - l3 + m2), min(l1 + l2 - l3, l1 - m1, l2 + m2) + 1):
        parts = (k, l1 + l2 - l3 - k, l1 - m1 - k, l2 + m2 - k, l3 - l2 + m1 + k, l3 - l1 - m2 + k)
        total += Fraction((-1) ** k, math.prod(f(part) for part in parts))
    return (-1) ** (l1 - l2 - m3) * float(total) * math.sqrt(root)


@functools.cache
def wigner_table(l1, l2, l3):
    shape = (2 * l1 + 1, 2 * l2 + 1, 2 * l3 + 1)
    values = [wigner(l1, l2, l3, i - l1, j - l2, k - l3) for i, j, k in np.ndindex(*shape)]
    return np.reshape(values, shape)


def different(n, order):
    """(n, ...) one for tuples of neighbours that are all different."""
    mask = np.ones((n,) * order)
    for a, b in itertools.combinations(range(order), 2):
        shape = [n if axis in (a, b) else 1 for axis in range(order)]
        mask = mask * (1 - np.eye(n)).reshape(shape)
    return mask


class Environment:
    """One particle's neighbours; `feature` takes channels (species, l, n) one after the other."""

    def __init__(self, vectors, species, r_cut, transform="ace1"):
        self.vectors, self.species, self.r_cut, self.transform = vectors, species, r_cut, transform
        self.a = steepest(r_cut) if transform == "paper" else None
        self._functions = {}

    def functions(self, z, l, n):  # noqa: E741
        """(neighbours, 2 l + 1) values of R_n Y_lm, zero for other species."""
        if (z, l, n) not in self._functions:
            values = radial(np.linalg.norm(self.vectors, axis=1), n, self.r_cut, self.transform, self.a)
            values = values * (self.species == z)
            self._functions[z, l, n] = values[:, None] * harmonics(self.vectors, l)
        return self._functions[z, l, n]

    def feature(self, channels, pure):
        order, n = len(channels), len(self.vectors)
        mask = different(n, order) if pure else np.ones((n,) * order)
        parts = [self.functions(*channel) for channel in channels]
        ls = [channel[1] for channel in channels]
        if order == 1:
            return float((parts[0][:, 0] * math.sqrt(4 * math.pi)).sum().real)
        if order == 2:
            signs = np.array([(-1.0) ** m for m in range(-ls[0], ls[0] + 1)])
            return float(np.sum(mask * np.einsum("am,bm,m->ab", parts[0], parts[1][:, ::-1], signs)).real)
        tuples = np.einsum("ijk,ai->ajk", wigner_table(*ls), parts[0])
        tuples = np.einsum("ajk,bj->abk", tuples, parts[1])
        return float(np.sum(mask * (tuples @ parts[2].T)).real)
