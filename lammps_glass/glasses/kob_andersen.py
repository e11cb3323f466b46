"""The Kob-Andersen mixture, cut and shifted, and its smoothed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lammps_glass.glasses.glass import Glass
from lammps_glass.glasses.pair_coefficients import by_pair, pair_coefficients, pair_matrices, pair_variables
from lammps_glass.glasses.smooth_mixture import SmoothMixture

if TYPE_CHECKING:
    from lammps_glass.interactions import LennardJones


@dataclass(frozen=True, kw_only=True)
class _Mixture(Glass):
    species: ClassVar[tuple[str, ...]] = ("A", "B")
    masses: ClassVar[tuple[float, ...]] = (1.0, 1.0)
    units: ClassVar[str] = "lj"
    nearest_distance: ClassVar[float] = 0.95
    reference_temperatures: ClassVar[Mapping[str, float]] = {"liquid": 3.0, "mode_coupling": 0.435, "glass": 0.1}

    n_particles: int = 10000
    composition: float | Mapping[str, float] = 0.2
    density: float = 1.2
    timestep: float = 0.01
    r_cut: float = 2.5
    skin: float = 0.2
    suffix: str = "opt"


@dataclass(frozen=True, kw_only=True)
class KobAndersen(_Mixture):
    """Binary Lennard-Jones mixture, energy shifted to zero at the cutoff (lj units).

    Parameters (besides those of `Glass`)
    -------------------------------------
    r_cut_scaled
        False: 2.5 for every pair, as Wu and Ruiz Pestana (2023) print. True: 2.5 sigma_ij, the standard model.

    References
    ----------
    W. Kob and H. C. Andersen, Phys. Rev. E 51, 4626 (1995), eq. 1.
    """

    name: ClassVar[str] = "kob-andersen"
    potential: ClassVar[str] = "kob-andersen"

    r_cut_scaled: bool = False

    def interaction_variables(self) -> dict[str, float]:
        """Cutoffs and pair coefficients by name."""
        cutoffs = {f"r_cut_{pair}": cutoff for pair, cutoff in self._cutoffs().items()}
        return {"r_cut": float(self.r_cut), **cutoffs, **pair_variables(type(self))}

    def _cutoffs(self) -> dict[str, float]:
        sigma = pair_coefficients(type(self))["sigma"]
        return {pair: self.r_cut * (length if self.r_cut_scaled else 1.0) for pair, length in sigma.items()}

    def model(self) -> LennardJones:
        """Build the Lennard-Jones potential in compiled code."""
        from lammps_glass.interactions.lennard_jones import LennardJones

        epsilon, sigma = pair_matrices(type(self))
        return LennardJones(epsilon, sigma, by_pair(self._cutoffs(), self.species), self.species)


@dataclass(frozen=True, kw_only=True)
class KobAndersenSmooth(_Mixture, SmoothMixture):
    """Binary Lennard-Jones mixture whose force and its slope go to zero between `r_inner` and `r_cut` (lj units).

    References
    ----------
    The range 2.2 to 2.5 is that of the Kob-Andersen glass of the ACE study (its sigma_AB = 0.88 is a slip for 0.8).
    """

    name: ClassVar[str] = "kob-andersen-smooth"
    potential: ClassVar[str] = "kob-andersen-smooth"
