"""Joining the dumps of segments into one compressed trajectory with the same bytes for the same frames."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from lammps_glass.errors import SimulationError

_COMPRESSION = 6  # level 9 takes three times as long for 1 % less


class Dump:
    """A raw LAMMPS dump of one segment, with the step its frames are to carry (None: their own)."""

    def __init__(self, path: Path, step: int | None = None) -> None:
        self.path = path
        self.step = step

    def frames(self) -> Iterator[tuple[int, list[bytes]]]:
        """(step, lines from TIMESTEP on) of each frame; one is held at a time."""
        lines: list[bytes] = []
        with self.path.open("rb") as file:
            for line in file:
                if line.startswith((b"ITEM: TIMESTEP", b"ITEM: UNITS")) and len(lines) > 2:
                    yield self._frame(lines)
                    lines = []
                lines.append(line)
        if lines:
            yield self._frame(lines)

    def _frame(self, lines: list[bytes]) -> tuple[int, list[bytes]]:
        start = lines.index(b"ITEM: TIMESTEP\n")
        step = int(lines[start + 1]) if self.step is None else self.step
        n_particles = int(lines[start + 3])
        rows = lines[-n_particles:]
        if any(b"nan" in row or b"inf" in row for row in rows):
            raise SimulationError(f"{self.path}: coordinates at step {step} are not finite")
        return step, [*lines[:start], lines[start], b"%d\n" % step, *lines[start + 2 :]]


def join(dumps: Iterable[Dump], target: Path, *, last: bool = False) -> None:
    """Write the frames of consecutive dumps to `target` (gzip without time or name); a repeated step is dropped.

    A segment begins with the frame that the one before ended with. ``last`` keeps only the last frame.
    """
    with target.open("wb") as raw, gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as file:
        previous = None
        kept: list[bytes] = []
        for dump in dumps:
            for step, lines in dump.frames():
                if step == previous:
                    continue
                previous = step
                kept = with_units(lines, kept)
                if not last:
                    file.writelines(kept)
        if last:
            file.writelines(kept)


def with_units(lines: list[bytes], before: list[bytes]) -> list[bytes]:
    """The frame with its UNITS item first: LAMMPS writes it once a file, readers of single frames want it always."""
    if lines[0].startswith(b"ITEM: UNITS") or not before or not before[0].startswith(b"ITEM: UNITS"):
        return lines
    return [*before[:2], *lines]
