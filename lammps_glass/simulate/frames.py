"""Trajectories: dumps of segments joined into one compressed file, byte by byte reproducible."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from lammps_glass.errors import SimulationError

_COMPRESSION = 6  # level 9 takes three times as long for 1 % less


class Dump:
    """A LAMMPS dump of one segment; `step` replaces the step of its frames, if given."""

    def __init__(self, path: Path, step: int | None = None) -> None:
        self.path = path
        self.step = step

    @property
    def units(self) -> list[bytes]:
        """The UNITS item that LAMMPS writes at the head of a dump, if it does."""
        with self.path.open("rb") as file:
            head = [file.readline(), file.readline()]
        return head if head[0].startswith(b"ITEM: UNITS") else []

    def frames(self) -> Iterator[tuple[int, list[bytes]]]:
        """(step, lines from TIMESTEP on) of each frame; one is held at a time."""
        lines: list[bytes] = []
        with self.path.open("rb") as file:
            for _ in self.units:
                file.readline()
            for line in file:
                if line.startswith(b"ITEM: TIMESTEP") and lines:
                    yield self._frame(lines)
                    lines = []
                lines.append(line)
        if lines:
            yield self._frame(lines)

    def _frame(self, lines: list[bytes]) -> tuple[int, list[bytes]]:
        step = int(lines[1]) if self.step is None else self.step
        if any(b"nan" in row or b"inf" in row for row in lines[-int(lines[3]) :]):
            raise SimulationError(f"{self.path}: coordinates at step {step} are not finite")
        return step, [lines[0], b"%d\n" % step, *lines[2:]]


def join(dumps: Iterable[Dump], target: Path, *, last: bool = False) -> None:
    """Write the frames of consecutive dumps to `target` (gzip without time or name); a repeated step is dropped.

    A segment begins with the frame that the one before ended with. The UNITS item is written once, at the head: OVITO
    takes a file with a second one for a single frame. ``last`` keeps only the last frame.
    """
    with target.open("wb") as raw, gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as file:
        previous = None
        kept: list[bytes] = []
        for dump in dumps:
            if previous is None:
                file.writelines(dump.units)
            for step, kept in dump.frames():
                if step != previous and not last:
                    file.writelines(kept)
                previous = step
        if last:
            file.writelines(kept)
