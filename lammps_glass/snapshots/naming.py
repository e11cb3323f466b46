"""Species of a file from its type numbers and element words, the same in every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots.snapshot import UNKNOWN, Integers
from lammps_glass.snapshots.words import Words

MAX_TYPES = 10_000  # a larger type number is damage, not a species
DEFAULT_ELEMENT = "C"  # LAMMPS writes it for every type unless `dump_modify element` names them


@dataclass(frozen=True)
class Naming:
    """The species of a file, from its first frame or from the user.

    Attributes
    ----------
    species
        Names in the order of the types.
    by_word
        The names are words and not type numbers.
    origin
        Where the names come from, for messages.
    """

    species: tuple[str, ...]
    by_word: bool
    origin: str = "in the first frame"


def given_types(types: Sequence[str] | None) -> Naming | None:
    """Names of the types as the user gives them (``--types``); None when there are none.

    Raises
    ------
    InputError
        A name is empty, not one word, or duplicated.
    """
    if types is None:
        return None
    names = tuple(str(name).strip() for name in types)
    if not names or any(name.split() != [name] for name in names) or len(set(names)) < len(names):
        raise InputError(f"types {', '.join(names) or '(none)'}: give a different name of one word for each type")
    return Naming(names, True, "by --types")


def name_species(
    n_particles: int, types: Integers | None, words: Words | None, naming: Naming | None
) -> tuple[Integers, Naming]:
    """Types from 0, and the species they index.

    Type t is species t - 1 in every frame. Its name is the element of its particles when elements distinguish all types
    (LAMMPS calls every type "C" unless told otherwise), else the number; a type without particles keeps its number.
    Elements without types are ordered alphabetically. Without either, all particles are of species `UNKNOWN`.

    Raises
    ------
    InputError
        A type below 1, one type with two elements, or a species that `naming` does not have.
    """
    if types is None:
        return _without_types(n_particles, words, naming)
    lowest, highest = int(types.min()), int(types.max())
    if lowest < 1 or highest > MAX_TYPES:
        raise InputError(f"particle types run from {lowest} to {highest}: they count from 1")
    if naming is not None and highest > len(naming.species):
        raise InputError(f"type {highest} has no name: there are {len(naming.species)} types {naming.origin}")
    index = types - 1
    if naming is not None and naming.by_word and words is not None and words.are(naming.species, index):
        return index, naming
    names = {} if words is None else _names_of_types(types, words)
    if naming is None:
        species = tuple(names.get(number, str(number)) for number in range(1, highest + 1))
        naming = Naming(species, bool(names))
    _check_names(names, naming)
    return index, naming


def _without_types(n_particles: int, words: Words | None, naming: Naming | None) -> tuple[Integers, Naming]:
    if words is not None:
        return _from_words(words, naming)
    naming = naming or Naming((UNKNOWN,), False)
    if len(naming.species) > 1:
        raise InputError(f"cannot assign species {', '.join(naming.species)}: there is no type or element column")
    return np.zeros(n_particles, dtype=np.int64), naming


def _from_words(words: Words, naming: Naming | None) -> tuple[Integers, Naming]:
    naming = naming or Naming(words.names, True)
    foreign = [word for word in words.names if word not in naming.species]
    if foreign:
        raise InputError(
            f"species {', '.join(foreign)} is not among those {naming.origin}: {', '.join(naming.species)}"
        )
    return np.array([naming.species.index(word) for word in words.names], dtype=np.int64)[words.codes], naming


def _names_of_types(types: Integers, words: Words) -> dict[int, str]:
    """The element of each type that has particles; empty when two types share one."""
    shape = (int(types.max()) + 1, len(words.names))
    counts = np.bincount(types * shape[1] + words.codes, minlength=shape[0] * shape[1]).reshape(shape)
    mixed = np.flatnonzero((counts > 0).sum(axis=1) > 1)
    if mixed.size:
        raise InputError(f"particles of type {mixed[0]} have different elements")
    numbers = np.flatnonzero(counts.any(axis=1))
    columns = counts[numbers].argmax(axis=1)
    if len(np.unique(columns)) < len(columns):
        return {}
    return {int(number): words.names[column] for number, column in zip(numbers, columns)}


def _check_names(names: dict[int, str], naming: Naming) -> None:
    if naming.by_word:
        for number, name in names.items():
            if naming.species[number - 1] != name:
                raise InputError(f"type {number} is {name} here and {naming.species[number - 1]} {naming.origin}")
