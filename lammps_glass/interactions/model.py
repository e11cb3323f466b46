"""`Model`: base class of potentials, which evaluate pairs by distance and embedding by density."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.interactions import kernels
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


class PairTerms(NamedTuple):
    """Functions of the distance of pairs (i, j), each (m, 3): value, first and second derivative.

    Attributes
    ----------
    energy
        phi of the pair.
    at_first, at_second
        Density that j puts on i, and i on j; None for a pair potential.
    """

    energy: Floats
    at_first: Floats | None = None
    at_second: Floats | None = None


class Sites(NamedTuple):
    """Particles of a system and their pairs, at the positions where the pairs were found.

    Attributes
    ----------
    types
        (n,) type of each particle; the mobile ones come first.
    held
        (n,) density that particles which do not move put on each of them.
    first, second
        (m,) ends of each pair, as indices into the particles; the first is mobile.
    vectors
        (m, 3) from the first to the second.
    """

    types: Integers
    held: Floats
    first: Integers
    second: Integers
    vectors: Floats


class Model(ABC):
    """Interactions ``E = sum_i F(rho_i) + sum_pairs phi(r)``, ``rho_i = sum_j rho_ji(r)``; F is 0 for a pair potential.

    Attributes
    ----------
    species
        Names, in the order of the types that `pairs` and `embedding` take.
    r_cut
        Largest distance of an interaction, in length units.
    """

    species: tuple[str, ...]
    r_cut: float

    @abstractmethod
    def pairs(self, first: Integers, second: Integers, distances: Floats) -> PairTerms:
        """Evaluate pairs of types `first`, `second` (m,) at `distances` (m,); zero beyond the cutoff of a pair."""

    def embedding(self, types: Integers, density: Floats) -> Floats:
        """Evaluate F, F' and F'' (n, 3) of sites of `types` (n,) at `density` (n,)."""
        return np.zeros((len(types), 3))

    def energy_and_forces(self, sites: Sites, moves: Floats) -> tuple[float, Floats]:
        """Evaluate energy and (n, 3) forces after the mobile particles have moved by `moves` (n_mobile, 3).

        A model may override this sum over `pairs` and `embedding` by a single compiled loop.

        Raises
        ------
        InputError
            Particles lie on top of each other.
        """
        here = self.evaluate(sites, kernels.moved(sites.first, sites.second, sites.vectors, moves))
        over_r = here.slopes / here.distances
        return here.energy, kernels.forces(sites.first, sites.second, here.vectors, over_r, len(sites.types))

    def evaluate(self, sites: Sites, vectors: Floats) -> Evaluation:
        """Evaluate every pair at `vectors` (m, 3); errors as for `energy_and_forces`."""
        first, second = sites.first, sites.second
        distances = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        require_apart(float(distances.min()) if len(distances) else np.inf)
        terms = self.pairs(sites.types[first], sites.types[second], distances)
        embedding = np.zeros((len(sites.types), 3))
        slopes = terms.energy[:, 1].copy()
        if terms.at_first is not None and terms.at_second is not None:
            n = len(sites.types)
            density = sites.held + np.bincount(first, weights=terms.at_first[:, 0], minlength=n)
            density += np.bincount(second, weights=terms.at_second[:, 0], minlength=n)
            embedding = self.embedding(sites.types, density)
            slopes += embedding[first, 1] * terms.at_first[:, 1] + embedding[second, 1] * terms.at_second[:, 1]
        energy = float(terms.energy[:, 0].sum() + embedding[:, 0].sum())
        return Evaluation(energy, vectors, distances, slopes, terms, embedding)


def require_apart(shortest: float) -> None:
    """Raise `InputError` where the shortest distance is 0."""
    if not shortest > 0:
        raise InputError("energy is not finite: particles lie on top of each other")


class Evaluation(NamedTuple):
    """Energy and its derivatives at one configuration."""

    energy: float
    vectors: Floats  # (m, 3) of the pairs
    distances: Floats  # (m,)
    slopes: Floats  # (m,) dE / d distance
    terms: PairTerms
    embedding: Floats  # (n, 3) F, F' and F'' of each particle
