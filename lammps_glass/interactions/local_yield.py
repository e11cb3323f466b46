r"""Local yield stress: quasi-static shear of a ball in a matrix that only follows the strain.

Around a particle everything outside of a ball is sheared affinely; the particles inside relax after each step. The
stress of the ball rises until it drops for the first time: the increase up to there is the local yield stress
:math:`\Delta\tau = \tau_c - \tau_0` (F. Puosi, J. Olivier and K. Martens, Soft Matter 11, 7639 (2015); S. Patinet, D.
Vandembroucq and M. L. Falk, Phys. Rev. Lett. 117, 045501 (2016)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.interactions.model import Model
from lammps_glass.interactions.nonaffine import sheared
from lammps_glass.interactions.system import System
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers, build_grid
from lammps_glass.snapshots.shear_planes import shear_plane

_STRAIN = 1e-5  # of the central difference of the energy that gives the stress
_STARTS = 5  # of a minimisation
_DOWNHILL_STEPS, _DOWNHILL_REACH = 10, 0.01  # before another start: so many, and so far in cutoffs of the model
_NEWTON_STEPS, _NEWTON_REACH = 5, 0.02  # after a minimisation: at most so many, and so far in cutoffs of the model


def local_yield_stress(
    snapshot: Snapshot,
    model: Model,
    particles: Sequence[int],
    *,
    plane: str = "xy",
    radius: float = 5.0,
    strain_step: float = 1e-3,
    max_strain: float = 0.3,
    force_tolerance: float = 1e-5,
) -> pd.DataFrame:
    """Shear the ball around each of some particles until its stress drops.

    The cost grows with the number of particles and with the cube of the radius; particles do not depend on each other,
    so that a job array may take some each.

    Parameters
    ----------
    snapshot
        A minimum of the energy.
    model
        Its interactions.
    particles
        Ids of the particles.
    plane
        ``"xy"``, ``"yz"`` or ``"zx"``.
    radius
        Of the ball, in length units.
    strain_step, max_strain
        Steps, and the strain at which a ball is given up.
    force_tolerance
        Largest component of a force on a particle inside after each step.

    Returns
    -------
    DataFrame
        ``particle`` (id), ``plane``, ``yield_strain``, ``yield_stress`` (energy per volume of the ball; both NaN where
        no drop was met), ``initial_stress``.

    Raises
    ------
    InputError
        A particle is not in the snapshot, a number is not positive, or a minimisation does not reach the tolerance.
    """
    for name, value in (("radius", radius), ("strain_step", strain_step), ("max_strain", max_strain)):
        if not np.isfinite(value) or value <= 0:
            raise InputError(f"local yield stress: {name} = {value!r} must be a positive number")
    rows = {int(particle): row for row, particle in enumerate(snapshot.ids)}
    missing = [particle for particle in particles if int(particle) not in rows]
    if missing:
        raise InputError(f"local yield stress: the snapshot (step {snapshot.step}) has no particle {missing[0]}")
    shear_plane(plane, "local yield stress")
    results = []
    for particle in particles:
        ball = _Ball(snapshot, model, rows[int(particle)], plane, radius, force_tolerance)
        results.append((int(particle), plane, *ball.yield_point(strain_step, max_strain)))
    return pd.DataFrame(results, columns=["particle", "plane", "yield_strain", "yield_stress", "initial_stress"])


class _Ball:
    """The particles within a radius of one, in a matrix that is sheared."""

    def __init__(
        self, snapshot: Snapshot, model: Model, centre: int, plane: str, radius: float, force_tolerance: float
    ) -> None:
        self.snapshot, self.model, self.plane, self.tolerance = snapshot, model, plane, force_tolerance
        self.rows = _within(snapshot, centre, radius)
        self.volume = 4 / 3 * np.pi * radius**3

    def yield_point(self, step: float, largest: float) -> tuple[float, float, float]:
        """Return strain and increase of stress at the last step before the first drop, and the stress at rest."""
        positions = self._relaxed(0.0, self.snapshot.positions[self.rows])
        first = before = self.stress(0.0, positions)
        for number in range(1, int(np.floor(largest / step)) + 1):
            strain = number * step
            positions = self._relaxed(strain, self._follow(positions, step))
            stress = self.stress(strain, positions)
            if stress < before:
                return strain - step, before - first, first
            before = stress
        return float("nan"), float("nan"), first

    def stress(self, strain: float, positions: Floats) -> float:
        """Differentiate the energy of the ball by the strain, particles inside following it."""
        energies = [
            self._system(strain + change).energy(self._follow(positions, change)) for change in (-_STRAIN, _STRAIN)
        ]
        return (energies[1] - energies[0]) / (2 * _STRAIN * self.volume)

    def _follow(self, positions: Floats, strain: float) -> Floats:
        """Shear positions by a strain, as the matrix is."""
        axes = shear_plane(self.plane)
        moved = positions.copy()
        moved[:, axes.flow] += strain * positions[:, axes.gradient]
        return moved

    def _system(self, strain: float) -> System:
        frame = self.snapshot if strain == 0 else sheared(self.snapshot, self.plane, strain)
        return System(frame, self.model, mobile=self.rows, skin=0.2 * self.model.r_cut)

    def _relaxed(self, strain: float, start: Floats) -> Floats:
        """Minimise the energy of the particles inside."""
        from scipy.optimize import minimize

        system = self._system(strain)

        def energy_and_slope(flat: Floats) -> tuple[float, Floats]:
            """Energy, and its derivative by the coordinates."""
            energy, forces = system.energy_and_forces(flat.reshape(-1, 3))
            return energy, -forces.ravel()

        minimum, residual = start, np.inf
        for number in range(_STARTS):
            if number:  # a line search of L-BFGS-B may end at equal energies, however large the forces
                minimum = self._downhill(system, minimum)
            reached = minimize(
                energy_and_slope, minimum.ravel(), jac=True, method="L-BFGS-B",
                options={"gtol": self.tolerance, "ftol": 0.0, "maxiter": 20_000, "maxfun": 40_000, "maxcor": 20},
            )  # fmt: skip
            minimum, residual = self._polished(system, np.asarray(reached.x).reshape(-1, 3))
            if residual <= 10 * self.tolerance:
                return minimum
        raise InputError(
            f"local yield stress: a minimisation at a strain of {strain:g} stopped at a force of {residual:.2g}, "
            f"force_tolerance = {self.tolerance:g}: take a larger one, or a smaller strain_step"
        )

    @staticmethod
    def _downhill(system: System, positions: Floats) -> Floats:
        """Take short steps along the forces, each halved until the energy falls."""
        for _ in range(_DOWNHILL_STEPS):
            energy, forces = system.energy_and_forces(positions)
            step = _DOWNHILL_REACH * system.model.r_cut / np.abs(forces).max() * forces
            while np.abs(step).max() > 1e-12 and system.energy(positions + step) >= energy:
                step = step / 2
            positions = positions + step
        return positions

    def _polished(self, system: System, positions: Floats) -> tuple[Floats, float]:
        """Take Newton's steps to the minimum, and return it with the largest force component left.

        Round-off of the energy stops a line search at forces of about 1e-6; forces are exact far below that.
        """
        forces = system.forces(positions)
        for _ in range(_NEWTON_STEPS):
            if np.abs(forces).max() <= self.tolerance:
                break
            step = np.linalg.solve(system.hessian(positions).dense(), forces.ravel()).reshape(-1, 3)
            if np.abs(step).max() > _NEWTON_REACH * system.model.r_cut:
                break
            positions = positions + step
            forces = system.forces(positions)
        return positions, float(np.abs(forces).max())


def _within(snapshot: Snapshot, centre: int, radius: float) -> Integers:
    """Rows of the particles within a radius of one, itself included."""
    from lammps_glass.interactions.pairs import neighbor_rows

    grid = build_grid(snapshot.cell, snapshot.positions, radius)
    _, indices, _ = neighbor_rows(grid, np.array([centre]))
    return np.unique(np.append(indices, centre))
