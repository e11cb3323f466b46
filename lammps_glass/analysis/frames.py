"""Trajectories: frames checked against each other, positions unwrapped in bounded memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
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
    before = np.empty((3, 0))
    inside, longest = True, 0.0

    def positions(snapshot: Snapshot) -> Floats:
        """Return the positions of a frame, and note its cell, whether they are wrapped and how far particles moved."""
        nonlocal before, inside, longest
        own = snapshot.cell
        cells.append(own.unflipped(cells[-1]) if cells else own)
        if inside:
            if not before.size:
                before = np.full(snapshot.positions.T.shape, np.nan)
            inside, moved = _advance(
                before, snapshot.positions, own.origin, own.inverse, cells[-1].inverse, own.periodic
            )  # fmt: skip
            longest = max(longest, moved)
        return snapshot.positions

    followed = spooled(frames(snapshots, analysis), species, analysis, positions)
    if inside and longest > LONGEST:
        _unwrap(followed, cells, analysis)
    return followed


@kernel
def _advance(
    before: Floats, positions: Floats, origin: Floats, inverse: Floats, unflipped: Floats, periodic: NDArray[np.bool_]
) -> tuple[bool, float]:
    """Overwrite fractional coordinates of the frame before (NaN: there is none) by those of a frame.

    Returns whether all particles are inside the cell of `inverse`, or outside by less than `_INSIDE` of it, and the
    largest change of a coordinate, those of the `unflipped` cell.
    """
    low, high, longest = 0.0, 1.0, 0.0
    for k in range(3):
        for i in range(len(positions)):
            x, y, z = positions[i, 0] - origin[0], positions[i, 1] - origin[1], positions[i, 2] - origin[2]
            own = x * inverse[0, k] + y * inverse[1, k] + z * inverse[2, k]
            scaled = x * unflipped[0, k] + y * unflipped[1, k] + z * unflipped[2, k]
            if periodic[k]:
                low, high = min(low, own), max(high, own)
                moved = abs(scaled - before[k, i])
                longest = moved if moved > longest else longest  # not if it is NaN
            before[k, i] = scaled
    return low > -_INSIDE and high < 1 + _INSIDE, longest


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
        spool.write(_columns(values(snapshot), rows))
    spool.flush()
    if first is None:
        raise InputError(f"{analysis}: the trajectory has no snapshot")
    return Track(first, rows, np.asarray(steps, dtype=np.int64), spool)


def _columns(values: Floats, rows: Integers) -> memoryview:
    """Return the (3, k) bytes of the values of `rows`."""
    chosen = values if len(rows) == len(values) else values[rows]
    return np.ascontiguousarray(chosen.T).data


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
