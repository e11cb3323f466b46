"""Second state of a search: to a saddle, uphill along the lowest mode and downhill in all other directions."""

from __future__ import annotations

from dataclasses import dataclass

from lammps_glass.activation.lanczos import Mode, lowest_mode
from lammps_glass.activation.lbfgs import History
from lammps_glass.activation.settings import SearchSettings
from lammps_glass.activation.surface import Surface
from lammps_glass.activation.vectors import dot, largest, limited
from lammps_glass.snapshots.cell import Floats

#: Renewals with a positive eigenvalue, one after the other, after which a classical climb is lost.
LOST = 10
#: Largest number of perpendicular steps of a classical climb between steps along the mode.
MOST_ACROSS = 12


@dataclass
class Climber:
    """A point on the way to a saddle.

    Attributes
    ----------
    start, start_energy
        Initial minimum, from which falling back and the limit of the energy are measured.
    positions, energy, forces, mode
        Where it is.
    loose_energy
        Energy when the largest force first was below `SearchSettings.loose_force`; None before.
    status
        ``"climbing"``, ``"saddle"``, ``"back"`` or ``"limit"``.
    """

    surface: Surface
    settings: SearchSettings
    start: Floats
    start_energy: float
    positions: Floats
    energy: float
    forces: Floats
    mode: Mode
    loose_energy: float | None = None
    status: str = "climbing"

    def run(self, *, step: float, renew: int, max_steps: int) -> None:
        """Climb to the saddle, or to a limit."""
        along_mode = self._quasi_newton if self.settings.climb == "quasi-newton" else self._classical
        along_mode(step, renew, max_steps)
        if self.status == "climbing":
            self.status = "limit"

    # -- quasi-Newton on the reflected force --------------------------------------------------------------------------

    def _quasi_newton(self, step: float, renew: int, max_steps: int) -> None:
        settings = self.settings
        history, age = History(settings.n_pairs, settings.inverse_curvature), 0
        for _ in range(max_steps):
            if self._arrived():
                return
            if age >= (1 if self.mode.eigenvalue > settings.soft_eigenvalue else renew):
                if self._renew_mode(settings.climb_products) < settings.overlap:
                    history.clear()
                age = 0
            if self.mode.eigenvalue > 0:
                if self._fell_back():
                    return
                history.clear()
                self._step_uphill(step)
                age = renew
                continue
            reflected = self._reflected(self.forces)
            move = limited(history.step(reflected), step)
            before = self.forces
            self._move(move)
            history.add(move, self._reflected(before - self.forces))
            age += 1

    def _reflected(self, forces: Floats) -> Floats:
        """Reverse the component of forces along the mode."""
        v = self.mode.vector
        return forces - 2.0 * dot(forces.ravel(), v.ravel()) * v

    def _step_uphill(self, step: float) -> None:
        """Take one step along the mode against the force."""
        v = self.mode.vector
        sign = -1.0 if dot(self.forces.ravel(), v.ravel()) > 0 else 1.0
        self._move((sign * step / largest(v)) * v)

    # -- classical ----------------------------------------------------------------------------------------------------

    def _classical(self, step: float, renew: int, max_steps: int) -> None:
        """Alternate a Newton step along the mode with a growing number of steps perpendicular to it."""
        settings, positive = self.settings, 0
        for count in range(max_steps):
            if self._arrived():
                return
            positive = positive + 1 if self.mode.eigenvalue > 0 else 0
            if positive >= LOST:
                self.status = "back" if self._fell_back() else "limit"
                return
            v, along = self.mode.vector, dot(self.forces.ravel(), self.mode.vector.ravel())
            self._move(limited((-along / max(abs(self.mode.eigenvalue), -settings.soft_eigenvalue)) * v, step))
            length = settings.inverse_curvature
            for _ in range(min(2 + count // 2, MOST_ACROSS)):
                across = self.forces - dot(self.forces.ravel(), v.ravel()) * v
                if largest(across) < 0.5 * settings.force:
                    break
                move = limited(length * across, step)
                before = self.forces
                self._move(move)
                change = before - self.forces
                change = change - dot(change.ravel(), v.ravel()) * v
                curvature = dot(move.ravel(), change.ravel())
                if curvature > 0:
                    length = min(dot(move.ravel(), move.ravel()) / curvature, settings.largest_inverse_curvature)
            self._renew_mode(settings.climb_products)

    # -- both ---------------------------------------------------------------------------------------------------------

    def _move(self, step: Floats) -> None:
        self.positions = self.positions + step
        self.energy, self.forces = self.surface.energy_and_forces(self.positions)

    def _arrived(self) -> bool:
        """Whether the climb ends here: at a limit, or at a saddle that a renewed mode confirms."""
        settings, force = self.settings, largest(self.forces)
        if not self.energy - self.start_energy <= settings.energy_limit:
            self.status = "limit"
        if self.loose_energy is None and force < settings.loose_force:
            self.loose_energy = self.energy
        if force < settings.force:
            self._renew_mode(settings.check_products)
            if self.mode.eigenvalue < 0:
                self.status = "saddle"
        return self.status != "climbing"

    def _fell_back(self) -> bool:
        if largest(self.positions - self.start) <= self.settings.back:
            self.status = "back"
        return self.status == "back"

    def _renew_mode(self, products: int) -> float:
        """Compute the mode from the last one; return their overlap."""
        last, settings = self.mode.vector, self.settings
        self.mode = lowest_mode(
            self.surface, self.positions, self.forces, last, products=products, difference=settings.difference,
            tolerance=settings.tolerance, floor=settings.eigenvalue_floor,
        )  # fmt: skip
        return dot(last.ravel(), self.mode.vector.ravel())
