"""The Wahnström mixture, smoothed before the cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lammps_glass.glasses.smooth_mixture import SmoothMixture


@dataclass(frozen=True, kw_only=True)
class Wahnstrom(SmoothMixture):
    """50:50 Lennard-Jones mixture of large, heavy A and small, light B (lj units: length sigma_AA, mass m_B).

    sigma_BB = 5/6, sigma_AB = 11/12, all epsilon 1, m_A = 2 m_B; force and its slope go to zero between `r_inner`
    and `r_cut`.

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
