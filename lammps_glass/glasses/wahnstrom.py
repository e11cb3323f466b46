"""The Wahnström mixture, smoothed before the cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveFloat
from lammps_glass.glasses.glass import Glass
from lammps_glass.glasses.pair_coefficients import pair_matrices, pair_variables

if TYPE_CHECKING:
    from lammps_glass.interactions import LennardJones


@dataclass(frozen=True, kw_only=True)
class Wahnstrom(Glass):
    """50:50 Lennard-Jones mixture of large, heavy A and small, light B (lj units: length sigma_AA, mass m_B).

    sigma_BB = 5/6, sigma_AB = 11/12, all epsilon 1, m_A = 2 m_B; force and its slope go to zero between `r_inner`
    and `r_cut`.

    Parameters (besides those of `Glass`)
    -------------------------------------
    r_inner
        Where the smoothing begins.

    References
    ----------
    G. Wahnström, Phys. Rev. A 44, 3752 (1991), as Rottler and Ortner (2024), section 2.2, simulate it. The time step
    0.005 is not printed there.
    """

    name: ClassVar[str] = "wahnstrom"
    species: ClassVar[tuple[str, ...]] = ("A", "B")
    masses: ClassVar[tuple[float, ...]] = (2.0, 1.0)
    units: ClassVar[str] = "lj"
    potential: ClassVar[str] = "wahnstrom"
    nearest_distance: ClassVar[float] = 0.9
    reference_temperatures: ClassVar[Mapping[str, float]] = {"liquid": 1.0, "mode_coupling": 0.57, "glass": 0.1}

    n_particles: int = 10000
    composition: float | Mapping[str, float] = 0.5
    density: float = 1.3
    timestep: float = 0.005
    r_cut: float = 2.5
    skin: float = 0.3
    suffix: str = "opt"
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
