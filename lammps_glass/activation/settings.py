"""`SearchSettings`: lengths, energies and limits of a search, in any units."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal, Self

from lammps_glass.errors import InputError

Climb = Literal["quasi-newton", "classical"]
#: Powers of length and energy in the unit of each field that has one.
_UNITS = {
    "kick": (1, 0), "push": (1, 0), "threshold": (-2, 1), "basin_step": (1, 0), "inverse_curvature": (2, -1),
    "largest_inverse_curvature": (2, -1), "basin_force": (-1, 1), "energy_limit": (0, 1), "step": (1, 0),
    "refine_step": (1, 0), "soft_eigenvalue": (-2, 1), "loose_force": (-1, 1), "force": (-1, 1),
    "refine_force": (-1, 1), "back": (1, 0), "difference": (1, 0), "eigenvalue_floor": (-2, 1), "offset": (1, 0),
    "end_step": (1, 0), "end_force": (-1, 1), "first_end_force": (-1, 1), "same_distance": (1, 0),
    "same_energy": (0, 1), "soft_distance": (1, 0), "soft_energy": (0, 1), "duplicate_distance": (1, 0),
    "duplicate_energy": (0, 1),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Settings of one search; the defaults are in angstrom and eV, `scaled` converts them.

    Parameters
    ----------
    kick, push
        First displacement along the random direction, and increment until the threshold.
    threshold
        Eigenvalue below which the search leaves the basin.
    basin_steps, basin_step, basin_force
        Steepest-descent steps perpendicular to the direction after each push: their number, the longest of a
        particle, and the force at which they stop.
    inverse_curvature, largest_inverse_curvature
        Step over force of the first step of a descent, and the largest.
    max_pushes, energy_limit, max_steps, refine_steps, end_steps
        Limits: no search runs for ever.
    climb
        ``"quasi-newton"`` (L-BFGS on the force reflected along the lowest mode) or ``"classical"`` (a step along the
        mode, then a growing number of steps perpendicular to it).
    step, refine_step
        Longest step of a particle in the climb, and in its refinement with more particles mobile.
    renew, refine_renew
        Steps between renewals of the mode; every step where the eigenvalue is above `soft_eigenvalue`.
    n_pairs, overlap
        Pairs of L-BFGS; they are dropped when a renewed mode overlaps less.
    loose_force, force, refine_force
        Largest force at which the energy is noted, and at which the saddle is converged, in the refinement too.
    back
        Displacement from the start below which a positive eigenvalue means that the search fell back.
    products, climb_products, check_products
        Products with the Hessian in the basin, in a renewal, and in the last check.
    difference, tolerance, eigenvalue_floor
        Displacement of the finite difference of forces; relative and absolute change at which Lanczos stops.
    steps_back
        Saddles that are looked for on the way back, one after the other, where a refined one leads to a minimum that
        lies between it and the initial one.
    offset, end_step, end_force, first_end_force
        Displacement along the mode to each side, longest step and last force of the minimisations there; force at
        which that to the far minimum of a refinement goes on from the sphere to all of its particles.
    same_distance, same_energy, soft_distance, soft_energy
        Largest displacement of a particle, and difference in energy, of a minimum that is the initial one, or a soft
        neighbour of it.
    duplicate_distance, duplicate_energy
        Largest distance of a particle, and difference of the barriers, of equal saddles.
    """

    kick: float = 0.1
    push: float = 0.15
    threshold: float = -0.3
    basin_steps: int = 4
    basin_step: float = 0.08
    basin_force: float = 0.1
    inverse_curvature: float = 0.04
    largest_inverse_curvature: float = 0.25
    max_pushes: int = 40
    energy_limit: float = 12.0
    max_steps: int = 300
    refine_steps: int = 150
    end_steps: int = 2000
    climb: Climb = "quasi-newton"
    step: float = 0.1
    refine_step: float = 0.08
    renew: int = 3
    refine_renew: int = 4
    soft_eigenvalue: float = -0.1
    n_pairs: int = 12
    overlap: float = 0.9
    loose_force: float = 0.05
    force: float = 0.01
    refine_force: float = 0.01
    back: float = 0.15
    products: int = 20
    climb_products: int = 5
    check_products: int = 12
    difference: float = 1e-3
    tolerance: float = 0.02
    eigenvalue_floor: float = 0.002
    steps_back: int = 1
    offset: float = 0.15
    end_step: float = 0.03
    end_force: float = 1e-3
    first_end_force: float = 0.02
    same_distance: float = 0.1
    same_energy: float = 0.01
    soft_distance: float = 0.5
    soft_energy: float = 0.05
    duplicate_distance: float = 0.3
    duplicate_energy: float = 0.03

    def __post_init__(self) -> None:
        if self.climb not in ("quasi-newton", "classical"):
            raise InputError(f"climb = {self.climb!r}; known are quasi-newton, classical")
        for field in fields(self):
            value = getattr(self, field.name)
            negative = field.name in ("threshold", "soft_eigenvalue")
            if field.name == "steps_back" and value == 0:
                continue
            if not isinstance(value, str) and not (value < 0 if negative else value > 0):
                raise InputError(f"{field.name} = {value:g} must be {'below' if negative else 'above'} 0")

    def scaled(self, length: float, energy: float) -> Self:
        """Convert lengths and energies to units of which angstrom and eV are `length` and `energy`."""
        changes = {
            name: getattr(self, name) * length**power * energy**energy_power
            for name, (power, energy_power) in _UNITS.items()
        }
        return replace(self, **changes)
