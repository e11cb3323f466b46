"""One search: from a minimum, around one particle, to a saddle and the minima on its two sides."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lammps_glass.activation.basin import leave_basin
from lammps_glass.activation.climb import Climber
from lammps_glass.activation.ends import End, Ends, descend, descend_first, sides, verdict_of
from lammps_glass.activation.lanczos import Mode
from lammps_glass.activation.settings import SearchSettings
from lammps_glass.activation.surface import Counted, Surface
from lammps_glass.activation.vectors import dot, largest
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers

#: Word of a search that reached a limit.
LIMIT = "limit"


class Landscape(Protocol):
    """The energy of a snapshot, with all particles mobile or some of them."""

    @property
    def minimum(self) -> Snapshot:
        """The initial minimum."""

    def surface(self, rows: Integers | None, positions: Floats) -> Surface:
        """Return the energy of the particles in `rows` (None: all), the others held at `positions` (n, 3)."""


class Saddle(NamedTuple):
    """A saddle with the particles that were mobile; positions are of the whole snapshot (n, 3)."""

    positions: Floats
    barrier: float
    loose_barrier: float
    mode: Mode  # of the whole snapshot


class Search:
    """Searches around one particle of a minimum.

    Parameters
    ----------
    landscape
        The minimum and its energy.
    row
        Row of the particle.
    radius
        Particles within it of the chosen one are mobile in the search; None: all of the snapshot.
    refine_radius
        Those within it are mobile in the refinement; None: all of the snapshot.
    settings
        In the units of the snapshot.
    """

    def __init__(
        self, landscape: Landscape, row: int, *, radius: float | None, refine_radius: float | None,
        settings: SearchSettings,
    ) -> None:  # fmt: skip
        self.landscape, self.row, self.settings = landscape, row, settings
        minimum = landscape.minimum
        self.sphere = np.arange(len(minimum)) if radius is None else sphere(minimum, row, radius)
        self.region = None if refine_radius is None else sphere(landscape.minimum, row, refine_radius)
        self.initial: Floats = landscape.minimum.positions

    def direction(self, random: np.random.Generator) -> Floats:
        """Draw a unit vector of the chosen particle, as (m, 3) of the sphere.

        Where all particles move the centre of mass stays: the others move a little against it.
        """
        direction = np.zeros((len(self.sphere), 3))
        vector = random.normal(size=3)
        direction[np.searchsorted(self.sphere, self.row)] = vector / np.linalg.norm(vector)
        if len(self.sphere) == len(self.initial):
            direction -= direction.mean(axis=0)
            direction /= np.linalg.norm(direction)
        return direction

    def run(self, random: np.random.Generator, direction: Floats | None = None) -> Found:
        """Search from a random direction, or from `direction` (m, 3)."""
        settings = self.settings
        kick = self.direction(random) if direction is None else direction
        surface = Counted(self.landscape.surface(self.sphere, self.initial))
        start = np.ascontiguousarray(self.initial[self.sphere])
        energy, _ = surface.energy_and_forces(start)
        left = leave_basin(surface, start, energy, kick, settings, random)
        calls = {"basin": surface.calls, "climb": 0, "ends": 0, "refine": 0, "refined_ends": 0, "back": 0}
        if left.mode is None:
            return Found(LIMIT, "basin", left.pushes, calls)
        climber = Climber(surface, settings, start, energy, left.positions, left.energy, left.forces, left.mode)
        climber.run(step=settings.step, renew=settings.renew, max_steps=settings.max_steps)
        calls["climb"] = surface.calls - calls["basin"]
        if climber.status != "saddle":
            return Found(climber.status, "climb", left.pushes, calls)
        saddle = self._saddle(climber, self.sphere, energy)
        counted = Counted(surface)
        ends = self._ends(counted, climber.positions, climber.mode.vector, start, energy)
        calls["ends"] = counted.calls
        return Found(ends.verdict, "search", left.pushes, calls, saddle, self._whole(ends, self.sphere))

    def refine(self, found: Found) -> Found:
        """Converge the saddle of a connected search, and its ends, with the particles of the region mobile."""
        if found.saddle is None:
            return found
        if len(self.sphere) == len(self.initial) and self.settings.refine_force >= self.settings.force:
            return found._replace(state="refined", refined=found.saddle)
        settings, rows = self.settings, self.region
        moving = slice(None) if rows is None else rows
        surface = Counted(self.landscape.surface(rows, self.initial))
        start = np.ascontiguousarray(self.initial[moving])
        energy, _ = surface.energy_and_forces(start)
        climber = self._refining(surface, start, energy, found.saddle.positions[moving], found.saddle.mode)
        calls = {**found.calls, "refine": surface.calls}
        if climber.status != "saddle":
            return found._replace(status=climber.status, state="refine", calls=calls)
        counted, steps_back = Counted(surface), 0
        ends = last = self._refined_ends(counted, climber.positions, climber.mode.vector, start, energy, rows)
        for step in range(1, settings.steps_back + 1):
            if last.verdict != "unconnected" or not self._moved(last.near, rows):
                break
            earlier = self._step_back(counted, last.near, start, energy, rows, calls)
            if earlier is None:
                break
            last = earlier[1]
            if last.verdict == "connected" and self._moved(last.far, rows):
                climber, ends, steps_back = *earlier, step
        calls["refined_ends"] = counted.calls
        return found._replace(
            status=ends.verdict, state="refined", calls=calls, refined=self._saddle(climber, rows, energy),
            ends=self._whole(ends, rows), steps_back=steps_back,
        )  # fmt: skip

    def _moved(self, end: End, rows: Integers | None) -> bool:
        """Whether the chosen particle has left its place: other events on the way are not its own."""
        index = self.row if rows is None else int(np.searchsorted(rows, self.row))
        move = end.positions[index] - self.initial[self.row]
        return bool(np.linalg.norm(move) > self.settings.soft_distance)

    def _step_back(
        self, surface: Counted, between: End, start: Floats, energy: float, rows: Integers | None, calls: dict[str, int]
    ) -> tuple[Climber, Ends] | None:
        """Find the saddle from a minimum between the initial one and a saddle, on the way back; None without one.

        With more particles mobile than in the sphere there may be a minimum that the sphere had not, on the way to the
        saddle: the first saddle of that way is the one that is connected. It is looked for in the sphere, with the
        others as they are at the minimum between, and converged in the region.
        """
        settings, placed = self.settings, self._placed(between.positions, rows)
        inner = Counted(self.landscape.surface(self.sphere, placed))
        inside = np.ascontiguousarray(placed[self.sphere])
        here, _ = inner.energy_and_forces(inside)
        way = self.initial[self.sphere] - inside
        direction = way / np.sqrt(dot(way.ravel(), way.ravel()))
        left = leave_basin(inner, inside, here, direction, settings, np.random.default_rng(0), first_mode=0)
        if left.mode is not None:
            climber = Climber(inner, settings, inside, here, left.positions, left.energy, left.forces, left.mode)
            climber.run(step=settings.step, renew=settings.renew, max_steps=settings.max_steps)
        calls["back"] += inner.calls
        if left.mode is None or climber.status != "saddle":
            return None
        placed[self.sphere] = climber.positions
        moving = slice(None) if rows is None else rows
        refined = self._refining(surface, start, energy, placed[moving], self._whole_mode(climber.mode, self.sphere))
        if refined.status != "saddle":
            return None
        return refined, self._refined_ends(surface, refined.positions, refined.mode.vector, start, energy, rows)

    def _refining(self, surface: Surface, start: Floats, energy: float, positions: Floats, mode: Mode) -> Climber:
        """Climb with the particles of the region mobile, from `positions` of the region and a mode of the snapshot."""
        settings = replace(self.settings, force=self.settings.refine_force)
        moving = slice(None) if self.region is None else self.region
        x = np.ascontiguousarray(positions)
        here, forces = surface.energy_and_forces(x)
        of_region = Mode(mode.eigenvalue, np.ascontiguousarray(mode.vector[moving]))
        climber = Climber(surface, settings, start, energy, x, here, forces, of_region)
        climber.run(step=settings.refine_step, renew=settings.refine_renew, max_steps=settings.refine_steps)
        return climber

    def _whole_mode(self, mode: Mode, rows: Integers | None) -> Mode:
        """Extend a mode of some particles to the whole snapshot."""
        vector = np.zeros_like(self.initial)
        vector[slice(None) if rows is None else rows] = mode.vector
        return Mode(mode.eigenvalue, vector)

    def _ends(self, surface: Surface, saddle: Floats, vector: Floats, initial: Floats, energy: float) -> Ends:
        settings = self.settings
        first, second = (descend(surface, side, initial, energy, settings) for side in sides(saddle, vector, settings))
        return verdict_of(first, second, initial, energy, settings)

    def _refined_ends(
        self, surface: Counted, saddle: Floats, vector: Floats, initial: Floats, energy: float, rows: Integers | None
    ) -> Ends:
        """Descend on both sides of a saddle of the region, the side of the initial minimum first.

        Where that leads back, the saddle is ``connected`` unless the other side leads back too (``self``): the descent
        there begins in the sphere, at a tenth of the cost, and ends with all particles of the region mobile, so that
        its minimum is one of theirs, though another may lie nearer to the saddle. Where the first side does not lead
        back, ``connected`` and ``unconnected`` depend on both, and both descents are of the region from the beginning.
        """
        settings = self.settings
        towards = dot(vector.ravel(), (initial - saddle).ravel())
        low, high = sides(saddle, vector, settings)
        first, other = (high, low) if towards > 0 else (low, high)
        near = descend(surface, first, initial, energy, settings)
        distance, above = largest(near.positions - initial), abs(near.energy - energy)
        if distance < settings.soft_distance and above < settings.soft_energy:
            placed = self._placed(other, rows)
            inner = Counted(self.landscape.surface(self.sphere, placed))
            inside = np.ascontiguousarray(placed[self.sphere])
            placed[self.sphere] = descend_first(inner, inside, settings).positions
            surface.calls += inner.calls
            other = np.ascontiguousarray(placed if rows is None else placed[rows])
        return verdict_of(near, descend(surface, other, initial, energy, settings), initial, energy, settings)

    def _saddle(self, climber: Climber, rows: Integers | None, energy: float) -> Saddle:
        loose = climber.energy if climber.loose_energy is None else climber.loose_energy
        return Saddle(
            self._placed(climber.positions, rows), climber.energy - energy, loose - energy,
            self._whole_mode(climber.mode, rows),
        )  # fmt: skip

    def _placed(self, positions: Floats, rows: Integers | None) -> Floats:
        """Put mobile particles among the others of the initial minimum."""
        placed = np.array(self.initial)
        placed[slice(None) if rows is None else rows] = positions
        return placed

    def _whole(self, ends: Ends, rows: Integers | None) -> Ends:
        near, far = (end._replace(positions=self._placed(end.positions, rows)) for end in (ends.near, ends.far))
        return ends._replace(near=near, far=far)


class Found(NamedTuple):
    """Result of a search: its verdict, the state that it ended in, its calls, and what it found.

    ``calls`` are evaluations of energy and forces by state. ``ends`` are those of the refined saddle where there is
    one; `steps_back` counts the minima that lay between it and the first saddle.
    """

    status: str
    state: str
    pushes: int
    calls: dict[str, int]
    saddle: Saddle | None = None
    ends: Ends | None = None
    refined: Saddle | None = None
    steps_back: int = 0

    @property
    def best(self) -> Saddle | None:
        """The refined saddle, else that of the sphere."""
        return self.refined or self.saddle


def sphere(snapshot: Snapshot, row: int, radius: float) -> Integers:
    """Return the rows of the particles within `radius` of a particle, itself among them; ascending."""
    vectors = snapshot.cell.minimum_image(snapshot.positions - snapshot.positions[row])
    rows: NDArray[np.int64] = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors) <= radius**2)
    return rows
