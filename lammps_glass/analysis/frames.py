"""Trajectories: frames checked against each other, positions unwrapped in bounded memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots.cell import Cell, Floats
from lammps_glass.snapshots.checks import require_ids
from lammps_glass.snapshots.snapshot import Integers, Snapshot

Trajectory = Iterable[Snapshot] | Snapshot
#: Fraction of the box that wrapped positions may lie outside: a simulation wraps where it renews its neighbour lists,
#: and particles move on from there until the next time.
_INSIDE = 0.1
#: Fraction of the box that a wrapped particle may move between frames; its image is certain below a half.
LONGEST = 0.4


@dataclass(frozen=True, eq=False)
class Track:
    """Unwrapped trajectory in a temporary file, of which blocks of frames or of particles are read.

    Attributes
    ----------
    first
        The first snapshot, with all its particles.
    rows
        (n,) rows of the particles that are followed.
    steps
        (T,) steps of the frames.
    """

    first: Snapshot
    rows: Integers
    steps: Integers
    _spool: IO[bytes] = field(repr=False)

    @property
    def n_particles(self) -> int:
        """Number of particles that are followed."""
        return len(self.rows)

    @property
    def evenly_spaced(self) -> bool:
        """Whether the steps between frames are equal."""
        return len(set(np.diff(self.steps).tolist())) <= 1

    def frames(self, start: int, stop: int) -> Floats:
        """Read (k, 3, n) positions of the frames `start` to `stop`."""
        shape = (min(stop, len(self.steps)) - start, 3, self.n_particles)
        return self._read(3 * self.n_particles * start, int(np.prod(shape))).reshape(shape)

    def _read(self, first: int, count: int) -> Floats:
        """Read `count` numbers from number `first` on."""
        return np.frombuffer(os.pread(self._spool.fileno(), 8 * count, 8 * first))

    def replace(self, at: int, positions: Floats) -> None:
        """Write (n, 3) positions of one frame."""
        os.pwrite(self._spool.fileno(), np.ascontiguousarray(positions.T).tobytes(), 24 * self.n_particles * at)

    def particles(self, start: int, stop: int) -> Floats:
        """Read (T, 3, k) positions of the particles `start` to `stop` in all frames."""
        stop = min(stop, self.n_particles)
        result = np.empty((len(self.steps), 3, stop - start))
        for at in range(len(self.steps)):
            for axis in range(3):
                result[at, axis] = self._read((3 * at + axis) * self.n_particles + start, stop - start)
        return result


def frames(snapshots: Trajectory, analysis: str) -> Iterator[Snapshot]:
    """Iterate over the snapshots of a trajectory, each checked to hold the particles of the first.

    Two snapshots are held at a time; `analysis` is named in messages.
    """
    first: Snapshot | None = None
    for snapshot in [snapshots] if isinstance(snapshots, Snapshot) else snapshots:
        if first is None:
            first = snapshot
        elif not np.array_equal(first.ids, snapshot.ids):
            raise InputError(
                f"{analysis}: step {snapshot.step} holds other particles than step {first.step} "
                f"({len(snapshot)} and {len(first)}): give the frames of one trajectory"
            )
        yield snapshot
    if first is None:
        raise InputError(f"{analysis}: the trajectory has no snapshot")


def rows_of_species(snapshot: Snapshot, species: str | None) -> Integers:
    """Find the rows of the particles of `species`; all rows for None."""
    if species is None:
        return np.arange(len(snapshot))
    if species not in snapshot.species:
        raise unknown_name("species", species, list(snapshot.species))
    rows = np.flatnonzero(snapshot.types == snapshot.species.index(species))
    if not rows.size:
        raise InputError(f"step {snapshot.step} has no particle of species {species}")
    return rows


def track(snapshots: Trajectory, species: str | None, analysis: str) -> Track:
    """Read the unwrapped positions of the particles of a species in a trajectory.

    Positions are used as they are where one of them leaves its cell by more than a tenth of it (unwrapped ones). Else
    they may be wrapped, and are unwrapped by the minimum image of successive frames, in fractional coordinates. The
    vectors of a cell are those nearest to the ones of the frame before (`Cell.unflipped`).

    One snapshot is held at a time. Positions are in a temporary file (24 bytes per particle and frame in the system's
    temporary folder). `analysis` is named in messages.

    Raises
    ------
    InputError
        Frames of other particles or not in order of time; a wrapped particle moves so far from one frame to the next
        (`LONGEST` of the box) that its image cannot be known.
    """
    cells: list[Cell] = []
    inside = True

    def positions(snapshot: Snapshot) -> Floats:
        """Return the positions of a frame, and note its cell and whether they are wrapped."""
        nonlocal inside
        cells.append(snapshot.cell.unflipped(cells[-1]) if cells else snapshot.cell)
        if inside:
            scaled = snapshot.cell.fractional(snapshot.positions)[:, snapshot.cell.periodic]
            inside = bool(((scaled > -_INSIDE) & (scaled < 1 + _INSIDE)).all())
        return snapshot.positions

    followed = spooled(frames(snapshots, analysis), species, analysis, positions)
    if inside:
        _unwrap(followed, cells, analysis)
    return followed


def spooled(
    checked: Iterable[Snapshot], species: str | None, analysis: str, values: Callable[[Snapshot], Floats]
) -> Track:
    """Write (n_particles, 3) values of each frame to a temporary file; the frames have been checked by `frames`."""
    steps: list[int] = []
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (the track keeps it open)
    first: Snapshot | None = None
    rows = np.empty(0, np.int64)
    for snapshot in checked:
        if first is None:
            first = snapshot
            rows = rows_of_species(snapshot, species)
        elif snapshot.step <= steps[-1]:
            raise InputError(
                f"{analysis}: step {snapshot.step} follows step {steps[-1]}: frames must be in order of time"
            )
        else:
            require_ids(snapshot)
        steps.append(snapshot.step)
        spool.write(np.ascontiguousarray(values(snapshot)[rows].T).tobytes())
    spool.flush()
    if first is None:
        raise InputError(f"{analysis}: the trajectory has no snapshot")
    return Track(first, rows, np.asarray(steps, dtype=np.int64), spool)


def _unwrap(followed: Track, cells: list[Cell], analysis: str) -> None:
    """Replace the wrapped positions of a track by unwrapped ones, frame by frame."""
    turns = np.zeros((followed.n_particles, 3))
    before = cells[0].fractional(followed.frames(0, 1)[0].T)
    for at in range(1, len(cells)):
        positions = followed.frames(at, at + 1)[0].T
        scaled = cells[at].fractional(positions)
        moved = np.where(cells[at].periodic, scaled - before, 0.0)
        jumps = np.rint(moved)
        far = np.abs(moved - jumps).max()
        if far > LONGEST:
            raise InputError(
                f"{analysis}: positions are wrapped, and from step {followed.steps[at - 1]} to step "
                f"{followed.steps[at]} a particle moves {far:.2f} of the box, so that its periodic image is not known: "
                "write unwrapped positions (xu yu zu), image flags, or more frames"
            )
        turns -= jumps
        before = scaled
        if turns.any():
            followed.replace(at, positions + turns @ cells[at].matrix)
