"""`SmoothMixture`: base class of Lennard-Jones mixtures whose force is smoothed to zero before the cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveFloat
from lammps_glass.glasses.glass import Glass
from lammps_glass.glasses.pair_coefficients import pair_matrices, pair_variables

if TYPE_CHECKING:
    from lammps_glass.interactions import LennardJones


@dataclass(frozen=True, kw_only=True)
class SmoothMixture(Glass):
    """A mixture with epsilon and sigma of its potential's ``[pairs]``, smoothed between `r_inner` and `r_cut`.

    Parameters (besides those of `Glass`)
    -------------------------------------
    r_inner
        Where the smoothing begins.
    """

    r_inner: PositiveFloat = 2.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.r_inner >= self.r_cut:
            raise InputError(f"{self.name}: r_inner = {self.r_inner:g} must be below r_cut = {self.r_cut:g}")

    def interaction_variables(self) -> dict[str, float]:
        """Range of the smoothing and pair coefficients by name."""
        return {"r_cut": float(self.r_cut), "r_inner": float(self.r_inner), **pair_variables(type(self))}

    def model(self) -> LennardJones:
        """Build the Lennard-Jones potential in compiled code."""
        from lammps_glass.interactions.lennard_jones import LennardJones

        epsilon, sigma = pair_matrices(type(self))
        return LennardJones(epsilon, sigma, self.r_cut, self.species, self.r_inner)
