"""Trajectories: frames checked against each other, positions unwrapped in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots.cell import Cell, Floats
from lammps_glass.snapshots.checks import require_ids
from lammps_glass.snapshots.snapshot import Integers, Snapshot

Trajectory = Iterable[Snapshot] | Snapshot
_INSIDE = 1e-9


class Track(NamedTuple):
    """Unwrapped trajectory of the chosen particles: ``steps`` (T,) and ``positions`` (T, n, 3)."""

    steps: Integers
    positions: Floats


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

    Positions are used as they are, unless every position of every frame lies inside its cell (a dump of wrapped
    coordinates). Then they are unwrapped by the minimum image of successive frames, in fractional coordinates, which is
    right as long as no particle moves half a box from one frame to the next. The vectors of a cell are those nearest to
    the ones of the frame before (`Cell.unflipped`).

    One snapshot is held at a time. Positions are in a temporary file that is mapped into memory (24 bytes per particle
    and frame in the system's temporary folder). `analysis` is named in messages.
    """
    steps: list[int] = []
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (the memory map keeps it alive)
    rows, n_rows, inside = np.empty(0, np.int64), 0, True
    cells: list[Cell] = []
    for snapshot in frames(snapshots, analysis):
        if not steps:
            rows = rows_of_species(snapshot, species)
            n_rows = len(rows)
        elif snapshot.step <= steps[-1]:
            raise InputError(
                f"{analysis}: step {snapshot.step} follows step {steps[-1]}: frames must be in order of time"
            )
        if steps:
            require_ids(snapshot)
        steps.append(snapshot.step)
        cells.append(snapshot.cell.unflipped(cells[-1]) if cells else snapshot.cell)
        positions = snapshot.positions[rows]
        scaled = snapshot.cell.fractional(positions)[:, snapshot.cell.periodic]
        inside = inside and bool(((scaled > -_INSIDE) & (scaled < 1 + _INSIDE)).all())
        spool.write(positions.tobytes())
    spool.flush()
    positions = np.memmap(spool, dtype=np.float64, mode="r+", shape=(len(steps), n_rows, 3))
    if inside:
        turns = np.zeros((n_rows, 3))
        before = cells[0].fractional(positions[0])
        for at in range(1, len(steps)):
            scaled = cells[at].fractional(positions[at])
            turns -= np.where(cells[at].periodic, np.rint(scaled - before), 0.0)
            before = scaled
            positions[at] += turns @ cells[at].matrix
    return Track(np.asarray(steps, dtype=np.int64), positions)
