"""`Model`: base class of potentials, which evaluate pairs by distance and embedding by density."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

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
