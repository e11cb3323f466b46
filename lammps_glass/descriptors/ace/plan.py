"""From a list of features to the tables that the kernels walk: what to sum, what to multiply, what to take away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.descriptors.ace.harmonics import column_recurrence, coupling
from lammps_glass.descriptors.ace.purification import corrections, hidden_features
from lammps_glass.descriptors.ace.radial import Transform, monic_recurrence
from lammps_glass.descriptors.ace.selection import Channel, Feature
from lammps_glass.snapshots.cell import Floats

Integers = NDArray[np.int64]


class Sums(NamedTuple):
    """The moments A: those of species z and l start at ``starts[z, l]`` and go by n (from 1), then m."""

    transform: Transform
    radial_steps: Floats  # (n_radial,)
    angular_steps: Floats  # (l_max + 1, l_max + 1)
    counts: Integers  # (n_species, l_max + 1) number of radial functions
    starts: Integers  # (n_species, l_max + 1) first moment
    norms: Floats  # (n_moments,) from sums of the kernel's unnormalised functions to moments


class Triples(NamedTuple):
    """Features of order 3, in groups that share a coupled pair of factors: its components, then their third factors."""

    terms: Integers  # (k, 2) moments whose product is a term of a component
    factors: Floats  # (k,)
    row_starts: Integers  # first term of each component
    group_rows: Integers  # first component of each group
    group_members: Integers  # first member of each group
    members: Integers  # (k, 2) feature, first moment of the third factor


class Additions(NamedTuple):
    """What purification adds to each feature: rows in CSR form."""

    starts: Integers  # (n_features + 1,)
    columns: Integers
    factors: Floats


class Plan(NamedTuple):
    """Tables for the kernels. Features stand by order, hidden ones among them; `outputs` picks the columns."""

    sums: Sums
    singles: Integers  # (k,) moment of each feature of order 1
    pairs: Integers  # (k, 3) for each feature of order 2, the first moments of both factors and how many m
    triples: Triples
    additions: Additions
    outputs: Integers  # (n_outputs,) feature of each column


@lru_cache(maxsize=64)
def make_plan(requested: tuple[Feature, ...], n_species: int, transform: Transform, purified: bool) -> Plan:
    """Tabulate what computes the features `requested`, in their order, and nothing that these do not need."""
    features = sorted({*requested, *(hidden_features(requested) if purified else ())}, key=lambda f: (len(f), f))
    index = {feature: i for i, feature in enumerate(features)}
    sums = _sums({channel for feature in features for channel in feature}, n_species, transform)
    singles = [_first(f[0], sums.starts) for f in features if len(f) == 1]
    pairs = [(*(_first(c, sums.starts) for c in f), 2 * f[0].l + 1) for f in features if len(f) == 2]
    return Plan(
        sums=sums,
        singles=np.array(singles, dtype=np.int64),
        pairs=_table(pairs, 3),
        triples=_triples(index, sums.starts),
        additions=_additions(index, requested if purified else ()),
        outputs=np.array([index[feature] for feature in requested], dtype=np.int64),
    )


def _table(rows: Sequence[Sequence[int]], width: int) -> Integers:
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def _starts(lengths: Iterable[int]) -> Integers:
    return np.concatenate([[0], np.cumsum(np.fromiter(lengths, dtype=np.int64))]).astype(np.int64)


def _sums(channels: set[Channel], n_species: int, transform: Transform) -> Sums:
    counts = np.zeros((n_species, max(channel.l for channel in channels) + 1), dtype=np.int64)
    for channel in channels:
        counts[channel.species, channel.l] = max(counts[channel.species, channel.l], channel.n)
    starts = _starts((counts * (2 * np.arange(counts.shape[1]) + 1)).ravel())[:-1].reshape(counts.shape)
    radial_steps, radial_norms = monic_recurrence(int(counts.max()))
    angular_steps, angular_norms = column_recurrence(counts.shape[1] - 1)
    norms = [
        np.outer(radial_norms[: counts[z, ell]], angular_norms[ell, np.abs(np.arange(-ell, ell + 1))]).ravel()
        for z, ell in np.ndindex(*counts.shape)
    ]
    return Sums(transform, radial_steps, angular_steps, counts, starts, np.concatenate(norms))


def _first(channel: Channel, starts: Integers) -> int:
    return int(starts[channel.species, channel.l] + (channel.n - 1) * (2 * channel.l + 1))


def _triples(index: dict[Feature, int], starts: Integers) -> Triples:
    """A coupled pair of factors is computed once for all its third factors."""
    groups: dict[tuple[Channel, Channel, int], list[tuple[int, int]]] = defaultdict(list)
    for feature, i in index.items():
        if len(feature) == 3:
            a, b, c = _pair_first(feature)
            groups[a, b, c.l].append((i, _first(c, starts)))
    terms = [row for a, b, ell in groups for row in _coupled(a, b, ell, starts)]
    return Triples(
        _table([key for row in terms for key in row], 2),
        np.array([factor for row in terms for factor in row.values()], dtype=float),
        _starts(len(row) for row in terms),
        _starts(2 * ell + 1 for _, _, ell in groups),
        _starts(len(triples) for triples in groups.values()),
        _table([triple for triples in groups.values() for triple in triples], 2),
    )


def _pair_first(feature: Feature) -> Feature:
    """The factors with the cheapest one last: few m to sum over, and a large n, which many pairs have in common."""
    third = min(range(3), key=lambda i: (feature[i].l, -feature[i].n, -feature[i].species))
    return *feature[:third], *feature[third + 1 :], feature[third]


def _coupled(a: Channel, b: Channel, ell: int, starts: Integers) -> list[dict[tuple[int, int], float]]:
    """For each m of `ell`, the products of moments of a and b and their factors."""
    rows: list[dict[tuple[int, int], float]] = []
    tensor = coupling(a.l, b.l, ell)
    for m in range(2 * ell + 1):
        row: dict[tuple[int, int], float] = defaultdict(float)
        for i, j in np.argwhere(tensor[:, :, m]):
            first, second = sorted((_first(a, starts) + int(i), _first(b, starts) + int(j)))
            row[first, second] += float(tensor[i, j, m])
        rows.append(row)
    return rows


def _additions(index: dict[Feature, int], purified: Iterable[Feature]) -> Additions:
    rows: list[dict[Feature, float]] = [{} for _ in index]
    for feature in purified:
        rows[index[feature]] = corrections(feature)
    columns = [index[term] for row in rows for term in row]
    factors = [factor for row in rows for factor in row.values()]
    return Additions(_starts(map(len, rows)), np.array(columns, dtype=np.int64), np.array(factors, dtype=float))
