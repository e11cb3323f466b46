"""The features of the expansion: selection, order and names."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from lammps_glass.errors import InputError

MAX_ORDER = 3
_ROUNDING = 1e-9  # degrees are sums of few numbers: 10.000000000000002 is 10


class Channel(NamedTuple):
    """One factor of a feature: the sum over neighbours of one species of R_n Y_lm (m is summed over in a feature)."""

    species: int
    l: int  # noqa: E741  (the field's own letter)
    n: int


Feature = tuple[Channel, ...]
"""Channels in canonical order: by species, then l, then n. As many as the order of the feature."""


class Selection(NamedTuple):
    """Parameters that decide the list of features; see `ACE`."""

    n_species: int
    n_max: int
    max_degree: float
    w_l: float
    max_order: int


def degree(channels: Iterable[Channel], w_l: float) -> float:
    """Sum of n + w_l l over the factors."""
    return sum(channel.n + w_l * channel.l for channel in channels)


@lru_cache(maxsize=32)
def select(selection: Selection) -> tuple[Feature, ...]:
    """List all features, ordered by body order, species, degree, l and n."""
    features: list[Feature] = []
    for order in range(1, selection.max_order + 1):
        features += sorted(_of_order(order, selection), key=lambda feature: _sort_key(feature, selection.w_l))
    return tuple(features)


def _sort_key(feature: Feature, w_l: float) -> tuple[object, ...]:
    species, ls, ns = zip(*feature)
    return species, round(degree(feature, w_l), 9), ls, ns


def _of_order(order: int, selection: Selection) -> Iterator[Feature]:
    species, ns = range(selection.n_species), range(1, selection.n_max + 1)
    if order == 1:  # n_max alone limits the radial features, whatever the degree
        return ((Channel(z, 0, n),) for z in species for n in ns)
    budget = selection.max_degree + _ROUNDING - (order - 1)  # the other factors take at least n = 1 each
    channels = [
        Channel(z, ell, n)
        for z in species
        for ell in _angular(selection)
        for n in ns
        if n + selection.w_l * ell <= budget
    ]
    return _combinations(order, channels, selection)


def _angular(selection: Selection) -> range:
    """Every l that may occur: two factors must carry it together, or one factor against the sum of the others."""
    return range(int((selection.max_degree + _ROUNDING) / selection.w_l) + 1)


def _combinations(order: int, channels: list[Channel], selection: Selection) -> Iterator[Feature]:
    """Multisets of channels within the degree that couple to an invariant."""
    limit = selection.max_degree + _ROUNDING
    for first, second in itertools.combinations_with_replacement(sorted(channels), 2):
        left = limit - degree((first, second), selection.w_l)
        if order == 2:
            if left >= 0 and first.l == second.l:
                yield first, second
        elif left >= 1:
            yield from _thirds(first, second, left, channels, selection.w_l)


def _thirds(first: Channel, second: Channel, left: float, channels: list[Channel], w_l: float) -> Iterator[Feature]:
    """Features with a third factor not before `second`: triangle inequality, even sum of the l's (no mirror image)."""
    for third in channels:
        even = (first.l + second.l + third.l) % 2 == 0
        triangle = abs(first.l - second.l) <= third.l <= first.l + second.l
        if third >= second and third.n + w_l * third.l <= left and even and triangle:
            yield first, second, third


def feature_name(feature: Feature, species: Sequence[str]) -> str:
    """Name a feature, such as ``3-body A[n=1 l=2] B[n=3 l=2]``: the centre is one of the bodies."""
    factors = [f"{species[channel.species]}[n={channel.n} l={channel.l}]" for channel in feature]
    return f"{len(feature) + 1}-body {' '.join(factors)}"


class Block(NamedTuple):
    """A run of features of one body order; of pairs also of one species of neighbours.

    Attributes
    ----------
    name
        Such as ``2-body B`` or ``3-body``.
    body_order
        Bodies that a feature couples, the centre among them.
    species
        Of the neighbours, where all features of the block have one and the same by definition (pairs); else empty.
    features
        Names, in order.
    """

    name: str
    body_order: int
    species: str
    features: tuple[str, ...]


def blocks_of(features: Sequence[Feature], species: Sequence[str]) -> tuple[Block, ...]:
    """Return the blocks of features, in their order."""

    def block(feature: Feature) -> tuple[int, str]:
        return len(feature) + 1, species[feature[0].species] if len(feature) == 1 else ""

    return tuple(
        Block(f"{order}-body {neighbour}".strip(), order, neighbour, tuple(feature_name(f, species) for f in members))
        for (order, neighbour), members in itertools.groupby(features, block)
    )


def short_name(feature: Feature, species: Sequence[str]) -> str:
    """Return ``A1`` for the pair feature of species A with n = 1; the names of others in full."""
    (first, *others) = feature
    return feature_name(feature, species) if others else f"{species[first.species]}{first.n}"


def pick(requested: Sequence[str | int], names: Sequence[str]) -> list[int]:
    """Find the indices of the features that are named or numbered in `requested`, in that order.

    Raises
    ------
    InputError
        Nothing is requested, a name or an index does not exist, or one is duplicated.
    """
    index = {name: i for i, name in enumerate(names)}
    indices = [_one(item, index, names) for item in requested]
    if not indices:
        raise InputError("features of ace is empty: name at least one feature, or leave it out to have all")
    if len(set(indices)) < len(indices):
        twice = next(i for i in indices if indices.count(i) > 1)
        raise InputError(f"features of ace has {names[twice]!r} (index {twice}) twice")
    return indices


def _one(item: str | int, index: dict[str, int], names: Sequence[str]) -> int:
    if isinstance(item, str):
        if item in index:
            return index[item]
        near = difflib.get_close_matches(item, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InputError(f"features of ace: there is no {item!r}: {hint}feature_names of ACE() lists all {len(names)}")
    number = -1 if isinstance(item, bool) else int(item) if hasattr(item, "__index__") else -1
    if not 0 <= number < len(names):
        raise InputError(f"features of ace: {item!r} is neither an index nor a name of the {len(names)} features")
    return number
