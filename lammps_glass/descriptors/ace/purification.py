r"""Purification: the self-interaction in a product of sums, as a combination of features of lower order.

The product of two sums over neighbours holds the terms in which both factors are the same neighbour, that of three sums
those in which two or three are. Pure features leave these terms out: they are sums over pairs and triples of
*different* neighbours. Per neighbour, a product of harmonics contracts to harmonics of lower order and a product of
radial functions is a sum of radial functions (`product_coefficients`), so every term to be taken away is a multiple of
a plain feature of lower order:

.. math::

    B_2^{pure} &= B_2 - \delta_{z_1 z_2} \frac{2l+1}{4\pi} \sum_k c_k^{n_1 n_2} B_1(k) \\
    B_3^{pure} &= B_3 - \sum_{(ab|c)} \delta_{z_a z_b} g(l_a, l_b; l_c) \sum_k c_k^{n_a n_b} B_2(k l_c, n_c l_c)
                 + 2 \delta_{z_1 z_2 z_3} h \sum_k c_k^{n_1 n_2 n_3} B_1(k)

with (ab|c) the three ways to take one factor c out, and g, h from (l1 l2 l3; 0 0 0). The sums over k end at the sum of
the n's, so the degree of a term never exceeds that of the feature, but k may exceed n_max and an order may be absent
from the selection: such terms are computed as hidden features.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from lammps_glass.descriptors.ace.harmonics import wigner_at_zero
from lammps_glass.descriptors.ace.radial import product_coefficients
from lammps_glass.descriptors.ace.selection import Channel, Feature

_ZERO = 1e-13  # coefficients below are zero by symmetry; the others are above 1e-4


def corrections(feature: Feature) -> dict[Feature, float]:
    """List the plain features, with their factors, that make `feature` pure when they are added to it."""
    terms: dict[Feature, float] = defaultdict(float)
    if len(feature) == 2:
        _add_pair(terms, *feature)
    elif len(feature) == 3:
        for out in range(3):
            _add_two_of_three(terms, feature[(out + 1) % 3], feature[(out + 2) % 3], feature[out])
        _add_all_three(terms, feature)
    return {term: factor for term, factor in terms.items() if abs(factor) > _ZERO}


def _add_pair(terms: dict[Feature, float], a: Channel, b: Channel) -> None:
    if a.species == b.species:
        _add_radial(terms, a.species, (a.n, b.n), -(2 * a.l + 1) / (4 * np.pi))


def _add_two_of_three(terms: dict[Feature, float], a: Channel, b: Channel, c: Channel) -> None:
    if a.species != b.species:
        return
    g = np.sqrt((2 * a.l + 1) * (2 * b.l + 1) / (4 * np.pi * (2 * c.l + 1))) * wigner_at_zero(a.l, b.l, c.l)
    for k, factor in enumerate(product_coefficients((a.n, b.n)), start=1):
        first, second = sorted((Channel(a.species, c.l, k), c))
        terms[first, second] -= g * factor


def _add_all_three(terms: dict[Feature, float], feature: Feature) -> None:
    a, b, c = feature
    if a.species == b.species == c.species:
        sizes = (2 * a.l + 1) * (2 * b.l + 1) * (2 * c.l + 1)
        h = np.sqrt(sizes) / (4 * np.pi) ** 1.5 * wigner_at_zero(a.l, b.l, c.l)
        _add_radial(terms, a.species, (a.n, b.n, c.n), 2 * h)


def _add_radial(terms: dict[Feature, float], species: int, ns: tuple[int, ...], size: float) -> None:
    for k, factor in enumerate(product_coefficients(tuple(sorted(ns))), start=1):
        terms[(Channel(species, 0, k),)] += size * factor


def hidden_features(requested: Iterable[Feature]) -> set[Feature]:
    """Find the features that are not among `requested` but are needed to purify them."""
    features = set(requested)
    return {term for feature in features for term in corrections(feature)} - features
