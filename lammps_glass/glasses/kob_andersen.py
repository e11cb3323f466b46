"""The Kob-Andersen mixture, cut and shifted, and its smoothed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveFloat
from lammps_glass.glasses.glass import Glass

if TYPE_CHECKING:
    from lammps_glass.interactions import LennardJones

_EPSILON = {"AA": 1.0, "AB": 1.5, "BB": 0.5}
_SIGMA = {"AA": 1.0, "AB": 0.8, "BB": 0.88}


def _matrix(pairs: Mapping[str, float]) -> list[list[float]]:
    return [[pairs["AA"], pairs["AB"]], [pairs["AB"], pairs["BB"]]]


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
        return {"r_cut": float(self.r_cut), **{f"r_cut_{pair}": cut for pair, cut in self._cutoffs().items()}}

    def _cutoffs(self) -> dict[str, float]:
        scale = _SIGMA if self.r_cut_scaled else dict.fromkeys(_SIGMA, 1.0)
        return {pair: self.r_cut * scale[pair] for pair in _SIGMA}

    def model(self) -> LennardJones:
        from lammps_glass.interactions.lennard_jones import LennardJones

        return LennardJones(_matrix(_EPSILON), _matrix(_SIGMA), _matrix(self._cutoffs()), self.species)


@dataclass(frozen=True, kw_only=True)
class KobAndersenSmooth(_Mixture):
    """Binary Lennard-Jones mixture whose force and its slope go to zero between `r_inner` and `r_cut` (lj units).

    References
    ----------
    The range 2.2 to 2.5 is that of the Kob-Andersen glass of the ACE study (its sigma_AB = 0.88 is a slip for 0.8).
    """

    name: ClassVar[str] = "kob-andersen-smooth"
    potential: ClassVar[str] = "kob-andersen-smooth"

    r_inner: PositiveFloat = 2.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.r_inner >= self.r_cut:
            raise InputError(f"{self.name}: r_inner = {self.r_inner:g} must be below r_cut = {self.r_cut:g}")

    def interaction_variables(self) -> dict[str, float]:
        return {"r_cut": float(self.r_cut), "r_inner": float(self.r_inner)}

    def model(self) -> LennardJones:
        from lammps_glass.interactions.lennard_jones import LennardJones

        return LennardJones(_matrix(_EPSILON), _matrix(_SIGMA), self.r_cut, self.species, self.r_inner)
