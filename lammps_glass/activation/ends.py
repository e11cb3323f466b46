"""The minima on the two sides of a saddle, and the verdict on what it connects."""

from __future__ import annotations

from typing import Literal, NamedTuple

from lammps_glass.activation.lbfgs import Minimum, minimize
from lammps_glass.activation.settings import SearchSettings
from lammps_glass.activation.surface import Surface
from lammps_glass.activation.vectors import largest
from lammps_glass.snapshots.cell import Floats

#: Fraction of the bounds of the initial minimum within which a descent is taken to have arrived.
RETURNED = 0.3
Verdict = Literal["connected", "unconnected", "self", "limit"]


class End(NamedTuple):
    """Minimum on one side of a saddle.

    Attributes
    ----------
    distance
        From the initial minimum, of the particle that is displaced most.
    above
        Energy above the initial minimum.
    """

    positions: Floats
    energy: float
    distance: float
    above: float
    converged: bool

    def returns(self, distance: float, energy: float) -> bool:
        """Whether it is the initial minimum within these bounds."""
        return self.distance < distance and abs(self.above) < energy


class Ends(NamedTuple):
    """Both minima next to a saddle, and what it connects.

    Attributes
    ----------
    near, far
        The minimum that is nearer to the initial one, and the other.
    verdict
        ``connected``: the saddle leads from the initial minimum to another one; ``unconnected``: neither is the initial
        one; ``self``: both are; ``limit``: a descent did not converge.
    soft
        Whether the initial minimum was recognised by the wider bounds of `settings` only.
    """

    near: End
    far: End
    verdict: Verdict
    soft: bool


def descend(surface: Surface, start: Floats, initial: Floats, energy: float, settings: SearchSettings) -> Minimum:
    """Minimise with the short steps of `settings`; well inside the bounds of the initial minimum it is that one."""

    def is_initial(positions: Floats, here: float) -> bool:
        """Whether the descent has come so near to the initial minimum that it ends there."""
        near = largest(positions - initial) < RETURNED * settings.same_distance
        return near and abs(here - energy) < RETURNED * settings.same_energy

    return minimize(
        surface, start, force=settings.end_force, step=settings.end_step, initial=settings.inverse_curvature,
        max_steps=settings.end_steps, arrived=is_initial,
    )  # fmt: skip


def descend_first(surface: Surface, start: Floats, settings: SearchSettings) -> Minimum:
    """Minimise with the same short steps, to the larger force at which more particles become mobile."""
    return minimize(
        surface, start, force=settings.first_end_force, step=settings.end_step, initial=settings.inverse_curvature,
        max_steps=settings.end_steps,
    )  # fmt: skip


def sides(saddle: Floats, vector: Floats, settings: SearchSettings) -> tuple[Floats, Floats]:
    """Displace a saddle along its mode to both sides, so that the largest displacement of a particle is the offset."""
    shift = (settings.offset / largest(vector)) * vector
    return saddle - shift, saddle + shift


def verdict_of(first: Minimum, second: Minimum, initial: Floats, energy: float, settings: SearchSettings) -> Ends:
    """Compare the minima on both sides with the initial one at `energy`."""
    ends = [
        End(side.positions, side.energy, largest(side.positions - initial), side.energy - energy, side.converged)
        for side in (first, second)
    ]
    near, far = sorted(ends, key=lambda end: end.distance)
    strict = near.returns(settings.same_distance, settings.same_energy)
    soft = near.returns(settings.soft_distance, settings.soft_energy)
    if not (near.converged and far.converged):
        return Ends(near, far, "limit", False)
    if far.returns(settings.same_distance, settings.same_energy):
        return Ends(near, far, "self", False)
    if soft and not strict and far.returns(settings.soft_distance, settings.soft_energy):
        return Ends(near, far, "self", True)
    if (strict or soft) and largest(far.positions - near.positions) > settings.same_distance:
        return Ends(near, far, "connected", not strict)
    return Ends(near, far, "self" if strict else "unconnected", False)
