"""Lennard-Jones coefficients of a potential, read from its ``potential.toml``: decks and compiled code share them."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence

from lammps_glass.resources import data_path


@functools.cache
def pair_coefficients(potential: str) -> Mapping[str, Mapping[str, float]]:
    """Read the table ``[pairs]`` of a potential: ``epsilon`` and ``sigma`` by pair of species (``AB``)."""
    text = data_path("potentials", potential, "potential.toml").read_text(encoding="utf-8")
    pairs: dict[str, dict[str, float]] = tomllib.loads(text)["pairs"]
    return pairs


def pair_variables(potential: str) -> dict[str, float]:
    """Name the coefficients as ``interactions.lmp`` does: ``epsilon_AB``, ``sigma_AB``, ..."""
    return {
        f"{coefficient}_{pair}": float(value)
        for coefficient, pairs in pair_coefficients(potential).items()
        for pair, value in pairs.items()
    }


def pair_matrices(potential: str, species: Sequence[str]) -> tuple[list[list[float]], list[list[float]]]:
    """Arrange epsilon and sigma as (n_species, n_species) symmetric matrices."""
    coefficients = pair_coefficients(potential)
    return by_pair(coefficients["epsilon"], species), by_pair(coefficients["sigma"], species)


def by_pair(values: Mapping[str, float], species: Sequence[str]) -> list[list[float]]:
    """Arrange values named ``AA``, ``AB``, ... as a (n_species, n_species) symmetric matrix."""
    return [[values["".join(sorted((a, b)))] for b in species] for a in species]
