"""From the type numbers and element words of a file to species that do not shift from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.snapshot import UNKNOWN, Integers

MAX_TYPES = 10_000  # a larger type number is damage, not a species


@dataclass(frozen=True)
class Naming:
    """The species of a file, as its first frame gives them; `by_word` when they are words and not type numbers."""

    species: tuple[str, ...]
    by_word: bool


def name_species(
    n_particles: int, types: Integers | None, words: NDArray[Any] | None, naming: Naming | None
) -> tuple[Integers, Naming]:
    """Types from 0, and the species they index.

    Type t is species t - 1 in every frame. Its name is the element of its particles when elements tell all types apart
    (LAMMPS calls every type "C" unless told otherwise), else the number; a type without particles keeps its number.
    Elements without types are ordered alphabetically. Without either, all particles are of species `UNKNOWN`.

    Raises
    ------
    InputError
        A type below 1, one type with two elements, or a species that the first frame (`naming`) does not have.
    """
    if types is None:
        if words is not None:
            return _from_words(words, naming)
        return np.zeros(n_particles, dtype=np.int64), naming or Naming((UNKNOWN,), False)
    if types.min() < 1 or types.max() > MAX_TYPES:
        raise InputError(f"particle types run from {types.min()} to {types.max()}: they count from 1")
    names = {} if words is None else _names_of_types(types, words)
    if naming is None:
        species = tuple(names.get(number, str(number)) for number in range(1, int(types.max()) + 1))
        naming = Naming(species, bool(names))
    _check_known(types, names, naming)
    return types - 1, naming


def _from_words(words: NDArray[Any], naming: Naming | None) -> tuple[Integers, Naming]:
    found, index = np.unique(words, return_inverse=True)
    naming = naming or Naming(tuple(found.tolist()), True)
    foreign = [word for word in found.tolist() if word not in naming.species]
    if foreign:
        raise InputError(f"species {', '.join(foreign)} is not in the first frame ({', '.join(naming.species)})")
    places = np.array([naming.species.index(word) for word in found.tolist()], dtype=np.int64)
    return places[index], naming


def _names_of_types(types: Integers, words: NDArray[Any]) -> dict[int, str]:
    """The element of each type that has particles; empty when two types share one."""
    found, index = np.unique(words, return_inverse=True)
    pairs = np.unique(types * len(found) + index)
    numbers, places = pairs // len(found), pairs % len(found)
    repeated = numbers[1:][numbers[1:] == numbers[:-1]]
    if repeated.size:
        raise InputError(f"particles of type {repeated[0]} have different elements")
    if len(np.unique(places)) < len(places):
        return {}
    return {int(number): str(found[place]) for number, place in zip(numbers, places)}


def _check_known(types: Integers, names: dict[int, str], naming: Naming) -> None:
    if types.max() > len(naming.species):
        raise InputError(f"type {types.max()} is not in the first frame, which has {len(naming.species)} types")
    if naming.by_word:
        for number, name in names.items():
            if naming.species[number - 1] != name:
                raise InputError(f"type {number} is {name} here and {naming.species[number - 1]} in the first frame")
