"""`LennardJonesGlass`: a Lennard-Jones mixture of any number of species."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import NonNegativeFloat, number
from lammps_glass.glasses.own import OwnGlass
from lammps_glass.glasses.pair_parameters import MIXING, pair_matrix
from lammps_glass.snapshots.cell import Floats

if TYPE_CHECKING:
    from lammps_glass.interactions import LennardJones


class _Pairs(NamedTuple):
    """(n_species, n_species) parameters of the pairs; `inner` is None without smoothing."""

    epsilon: Floats
    sigma: Floats
    cutoff: Floats
    inner: Floats | None


@dataclass(frozen=True, kw_only=True)
class LennardJonesGlass(OwnGlass):
    """A Lennard-Jones mixture ``4 epsilon ((sigma / r)^12 - (sigma / r)^6)`` of any number of species.

    Parameters (besides those of `OwnGlass`)
    ----------------------------------------
    epsilon, sigma
        One number, a list in the order of the species, or a table by pair (``A-A``, ``A-B``).
    mixing
        ``arithmetic`` or ``geometric``: the mean that unlike pairs without a value of their own get.
    non_additivity
        Unlike diameters that are mixed are smaller by this times the difference of the two.
    r_cut
        Cutoff of every pair.
    r_inner
        0: the energy is shifted to zero at the cutoff. Otherwise a polynomial takes the force and its slope to zero
        between `r_inner` and the cutoff.
    radii
        For descriptors that need them; default half of sigma of like pairs.
    r_cut_scaled
        True: `r_cut` and `r_inner` are in units of sigma of each pair.
    shift
        False: the energy is neither shifted nor smoothed.

    Raises
    ------
    InputError
        A pair without a value, a length out of order.
    """

    name: str = "lennard-jones"  # type: ignore[misc]
    units: str = "lj"  # type: ignore[misc]
    epsilon: float | tuple[float, ...] | Mapping[str, float] = 1.0
    sigma: float | tuple[float, ...] | Mapping[str, float] = ()
    mixing: str = ""
    non_additivity: NonNegativeFloat = 0.0
    r_cut: float = 2.5
    r_inner: NonNegativeFloat = 0.0
    r_cut_scaled: bool = False
    shift: bool = True

    def __post_init__(self) -> None:
        self._check_names()
        if self.mixing and self.mixing not in MIXING:
            raise InputError(f"{self.name}: mixing = {self.mixing!r} must be {' or '.join(map(repr, MIXING))}")
        non_additivity = number(self.name, "non_additivity", self.non_additivity, minimum=0.0)
        if non_additivity and (not self.mixing or isinstance(self.sigma, int | float)):
            raise InputError(
                f"{self.name}: non_additivity = {non_additivity:g} changes mixed diameters alone: give sigma by "
                "species, and mixing = 'arithmetic' or 'geometric'"
            )
        for key in ("epsilon", "sigma"):
            values = getattr(self, key)
            self.set(**{key: tuple(values) if isinstance(values, list) else values})
        if self.sigma == ():
            raise InputError(f"{self.name}: sigma: missing: a number, a list by species, or a table by pair")
        r_cut = number(self.name, "r_cut", self.r_cut, above=0.0)
        if not number(self.name, "r_inner", self.r_inner, minimum=0.0) < r_cut:
            raise InputError(f"{self.name}: r_inner = {self.r_inner:g} must be below r_cut = {r_cut:g}")
        if self.r_inner and not self.shift:
            raise InputError(f"{self.name}: r_inner = {self.r_inner:g} smooths the energy to zero: leave out shift")
        if not self.radii:
            like = np.diag(pair_matrix(self.name, "sigma", self.sigma, self.species, self.mixing))
            self.set(radii={name: float(sigma) / 2 for name, sigma in zip(self.species, like, strict=True)})
        super().__post_init__()

    def _pairs(self) -> _Pairs:
        """Arrange the parameters by pair."""
        epsilon = pair_matrix(self.name, "epsilon", self.epsilon, self.species, self.mixing)
        sigma = pair_matrix(self.name, "sigma", self.sigma, self.species, self.mixing, self.non_additivity)
        scale = sigma if self.r_cut_scaled else np.ones_like(sigma)
        return _Pairs(epsilon, sigma, self.r_cut * scale, self.r_inner * scale if self.r_inner else None)

    @property
    def largest_r_cut(self) -> float:
        """Largest cutoff of a pair."""
        return float(self._pairs().cutoff.max())

    def pair_lines(self) -> str:
        """Write the pair style and the coefficients of every pair."""
        pairs, n = self._pairs(), len(self.species)
        inner, r_cut = float(self.r_inner), float(self.r_cut)
        style = f"lj/smooth {inner!r} {r_cut!r}" if inner else f"lj/cut {r_cut!r}"
        lines = [f"pair_style      {style}", f"pair_modify     shift {'yes' if self.shift else 'no'}"]
        for i in range(n):
            for j in range(i, n):
                numbers = [pairs.epsilon[i, j], pairs.sigma[i, j]]
                numbers += [pairs.cutoff[i, j]] if pairs.inner is None else [pairs.inner[i, j], pairs.cutoff[i, j]]
                lines.append(f"pair_coeff      {i + 1} {j + 1} {' '.join(repr(float(value)) for value in numbers)}")
        return "\n".join(lines) + "\n"

    def model(self) -> LennardJones:
        """Build the Lennard-Jones potential in compiled code."""
        from lammps_glass.interactions.lennard_jones import LennardJones

        pairs = self._pairs()
        return LennardJones(pairs.epsilon, pairs.sigma, pairs.cutoff, self.species, pairs.inner, self.shift)
