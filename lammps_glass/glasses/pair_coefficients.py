"""Lennard-Jones coefficients of a potential, read from its ``potential.toml``: decks and compiled code share them."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError
from lammps_glass.interactions.potentials import potential_file

if TYPE_CHECKING:
    from lammps_glass.glasses.glass import Glass


def pair_coefficients(glass: type[Glass]) -> Mapping[str, Mapping[str, float]]:
    """Read ``epsilon`` and ``sigma`` by pair of species (``AB``): the table ``[pairs]`` of the potential of a glass."""
    return _read(potential_file(glass.potential, "potential.toml", glass))


@functools.cache
def _read(path: Path) -> Mapping[str, Mapping[str, float]]:
    contents = tomllib.loads(path.read_text(encoding="utf-8"))
    if "pairs" not in contents:
        raise InputError(f"{path}: no table [pairs] with epsilon and sigma by pair of species")
    pairs: dict[str, dict[str, float]] = contents["pairs"]
    return pairs


def pair_variables(glass: type[Glass]) -> dict[str, float]:
    """Name the coefficients as ``interactions.lmp`` does: ``epsilon_AB``, ``sigma_AB``, ..."""
    return {
        f"{coefficient}_{pair}": float(value)
        for coefficient, pairs in pair_coefficients(glass).items()
        for pair, value in pairs.items()
    }


def pair_matrices(glass: type[Glass]) -> tuple[list[list[float]], list[list[float]]]:
    """Arrange epsilon and sigma as (n_species, n_species) symmetric matrices."""
    coefficients = pair_coefficients(glass)
    return by_pair(coefficients["epsilon"], glass.species), by_pair(coefficients["sigma"], glass.species)


def by_pair(values: Mapping[str, float], species: Sequence[str]) -> list[list[float]]:
    """Arrange values named ``AA``, ``AB``, ... as a (n_species, n_species) symmetric matrix."""
    return [[values["".join(sorted((a, b)))] for b in species] for a in species]
