"""Parameters of pairs of species: one number, values by species with a mixing rule, or a table by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import number
from lammps_glass.snapshots.cell import Floats

#: Mean of the values of two species, by the name of the rule.
MIXING = {
    "arithmetic": lambda a, b: 0.5 * (a + b),
    "geometric": lambda a, b: np.sqrt(a * b),
}


def pair_matrix(
    owner: str, key: str, values: object, species: Sequence[str], mixing: str, non_additivity: float = 0.0
) -> Floats:
    """Arrange values of pairs as a (n_species, n_species) symmetric matrix.

    Parameters
    ----------
    values
        A number for all pairs; a list of the values of like pairs in the order of the species; or a table by pair:
        ``A-A``, ``A-B`` (or ``AA``, ``AB``, ``A``, in any order). Unlike pairs without a value are mixed.
    mixing
        A rule of `MIXING`, or empty: every pair needs a value.
    non_additivity
        Mixed values are multiplied by 1 less this times the difference of the two values.

    Raises
    ------
    InputError
        A pair has no value, or two; a value is not a positive number; a key names no pair.
    """
    n = len(species)
    if isinstance(values, Mapping):
        matrix = _by_name(owner, key, values, species)
    elif isinstance(values, str) or not isinstance(values, Sequence):
        return np.full((n, n), number(owner, key, values, above=0.0))
    elif len(values) != n:
        raise InputError(f"{owner}: {key}: {len(values)} values for the {n} species {', '.join(species)}")
    else:
        numbers = [number(owner, f"{key} of {s}", v, above=0.0) for s, v in zip(species, values, strict=True)]
        matrix = np.where(np.eye(n, dtype=bool), numbers, np.nan)
    return _mixed(owner, key, matrix, species, mixing, non_additivity)


def _by_name(owner: str, key: str, values: Mapping[str, object], species: Sequence[str]) -> Floats:
    """(n, n) values by the names of the pairs, NaN where there is none."""
    matrix = np.full((len(species), len(species)), np.nan)
    pairs = _pairs_by_name(species)
    for name, value in values.items():
        if name not in pairs:
            raise InputError(
                f"{owner}: {key}.{name}: is not one pair of {', '.join(species)}: write {species[0]}-{species[-1]}"
            )
        i, j = pairs[name]
        if not np.isnan(matrix[i, j]):
            raise InputError(f"{owner}: {key}.{name}: the pair {species[i]}-{species[j]} has two values")
        matrix[i, j] = matrix[j, i] = number(owner, f"{key}.{name}", value, above=0.0)
    return matrix


def _pairs_by_name(species: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Name the pairs with and without a hyphen; names without one that fit two pairs are left out."""
    names: dict[str, set[tuple[int, int]]] = {}
    exact: dict[str, tuple[int, int]] = {}
    for i, a in enumerate(species):
        for j, b in enumerate(species):
            exact[f"{a}-{b}"] = (min(i, j), max(i, j))
            names.setdefault(a + b, set()).add((min(i, j), max(i, j)))
        names.setdefault(a, set()).add((i, i))
    return {**{name: next(iter(pairs)) for name, pairs in names.items() if len(pairs) == 1}, **exact}


def _mixed(owner: str, key: str, matrix: Floats, species: Sequence[str], mixing: str, non_additivity: float) -> Floats:
    like = np.diag(matrix)
    for i, name in enumerate(species):
        if np.isnan(like[i]):
            raise InputError(f"{owner}: {key}: missing for the pair {name}-{name}")
    missing = np.argwhere(np.isnan(matrix))
    if len(missing) and not mixing:
        i, j = missing[0]
        raise InputError(
            f"{owner}: {key}: missing for the pair {species[i]}-{species[j]}: give it, or mixing = "
            f"{' or '.join(repr(rule) for rule in MIXING)}"
        )
    result = matrix.copy()
    for i, j in missing:
        mixed = MIXING[mixing](like[i], like[j]) * (1.0 - non_additivity * abs(like[i] - like[j]))
        result[i, j] = number(owner, f"{key} of {species[i]}-{species[j]}, mixed,", float(mixed), above=0.0)
    return result
