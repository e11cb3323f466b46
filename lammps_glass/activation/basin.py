"""First state of a search: out of the basin of the minimum, along a fixed direction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lammps_glass.activation.lanczos import Mode, lowest_mode
from lammps_glass.activation.settings import SearchSettings
from lammps_glass.activation.surface import Surface
from lammps_glass.activation.vectors import dot, largest, limited
from lammps_glass.snapshots.cell import Floats

#: Round from which the lowest mode of a kick is computed.
FIRST_MODE = 2


class Departure(NamedTuple):
    """Where a search leaves the basin; the mode is None where it reached a limit instead."""

    positions: Floats
    energy: float
    forces: Floats
    mode: Mode | None
    pushes: int


def leave_basin(
    surface: Surface, minimum: Floats, energy: float, direction: Floats, settings: SearchSettings,
    random: np.random.Generator, first_mode: int = FIRST_MODE,
) -> Departure:  # fmt: skip
    """Push along `direction` (m, d), relaxing perpendicular to it, until the lowest eigenvalue passes the threshold.

    `energy` is that of the `minimum`. The direction stays as it is: inside the basin the lowest mode is the softest of
    the sample, not of the particle. It is computed from round `first_mode` on.
    """
    noise = random.normal(size=direction.shape)
    start = direction + 0.1 * noise / np.sqrt(dot(noise.ravel(), noise.ravel()))
    x = minimum + settings.kick * direction
    for count in range(settings.max_pushes):
        x, here, forces = _relaxed(surface, x, direction, settings)
        if here - energy > settings.energy_limit:
            return Departure(x, here, forces, None, count)
        if count >= first_mode:
            mode = lowest_mode(
                surface, x, forces, start, products=settings.products, difference=settings.difference,
                tolerance=settings.tolerance, floor=settings.eigenvalue_floor,
            )  # fmt: skip
            if mode.eigenvalue < settings.threshold:
                return Departure(x, here, forces, mode, count)
            start = mode.vector
        x = x + settings.push * direction
    return Departure(x, here, forces, None, settings.max_pushes)


def _relaxed(surface: Surface, x: Floats, direction: Floats, settings: SearchSettings) -> tuple[Floats, float, Floats]:
    """Take steepest-descent steps of Barzilai and Borwein's length perpendicular to `direction`."""
    energy, forces = surface.energy_and_forces(x)
    length = settings.inverse_curvature
    across = _across(forces, direction)
    for _ in range(settings.basin_steps):
        if largest(across) < settings.basin_force:
            break
        step = limited(length * across, settings.basin_step)
        x = x + step
        energy, forces = surface.energy_and_forces(x)
        new = _across(forces, direction)
        curvature = dot(step.ravel(), (across - new).ravel())
        across = new
        if curvature > 0:
            length = min(dot(step.ravel(), step.ravel()) / curvature, settings.largest_inverse_curvature)
    return x, energy, forces


def _across(forces: Floats, direction: Floats) -> Floats:
    """Project `direction` (a unit vector) out of the forces."""
    return forces - dot(forces.ravel(), direction.ravel()) * direction
