"""LAMMPS text dumps (``dump custom``; plain, .gz, .zst), read frame by frame; `dump_write` writes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import lru_cache, partial
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.dump_frame import Frame, parse_cell, parse_frame, parsed_rows
from lammps_glass.snapshots.naming import Naming
from lammps_glass.snapshots.snapshot import Integers, Snapshot
from lammps_glass.snapshots.streams import Lines, check_readable, open_lines

Periodic = NDArray[np.bool_] | None
CellOfText = Callable[[str, tuple[str, ...]], tuple[Cell, str]]


#: Items of a frame before its rows, as far as they have been read; the box with its kind.
Header = TypedDict(
    "Header", {"UNITS": str | None, "TIMESTEP": int, "NUMBER OF ATOMS": int, "BOX": tuple[Cell, str]}, total=False
)


def read_dump(path: Path, frame: int = -1, naming: Naming | None = None, periodic: Periodic = None) -> Snapshot:
    """Read one frame of a dump; `frame` counts from 0, negative numbers from the end. Other frames are not parsed.

    `naming` and `periodic` say what the user knows of the types and of the boundaries (see `Snapshot.read`).
    """
    kept: deque[Frame] = deque(maxlen=max(1, -frame))
    count = 0
    with closing(_frames(path, periodic)) as frames:
        for candidate in frames:
            kept.append(candidate.kept())
            count += 1
            if frame >= 0 and count == frame + 1:
                break
    if not -count <= frame < count:
        raise InputError(f"{path}: has {count} frames; frame {frame} is out of range")
    return parse_frame(kept[0], naming)[0]


def read_dump_all(path: Path, naming: Naming | None = None, periodic: Periodic = None) -> Iterator[Snapshot]:
    """Read the frames of a dump, one held at a time.

    Raises
    ------
    InputError
        At once for a file that cannot be read; on the way for damage, and for a frame whose particle number, ids,
        columns, kind of box, periodic directions or species differ from the first one's.
    """
    check_readable(path)
    return _snapshots(path, naming, periodic)


def _snapshots(path: Path, naming: Naming | None, periodic: Periodic) -> Iterator[Snapshot]:
    shape: dict[str, object] = {}
    ids: Integers | None = None
    first = ""
    for frame in _frames(path, periodic, parse=True):
        frame_shape = frame.shape
        shape, first = shape or frame_shape, first or frame.where
        for quantity, value in frame_shape.items():
            if value != shape[quantity]:
                raise InputError(
                    f"{frame.where}: {quantity} is {value}, but {shape[quantity]} in {_frame_name(first)}: a mixed dump"
                )
        snapshot, naming = parse_frame(frame, naming)
        ids = snapshot.ids if ids is None else ids
        if not np.array_equal(ids, snapshot.ids):
            foreign = np.setdiff1d(snapshot.ids, ids)[0]
            raise InputError(f"{frame.where}: particle {foreign} is not in {_frame_name(first)}: a mixed dump")
        yield snapshot


def _frame_name(where: str) -> str:
    return where.rpartition(": ")[2]


def _frames(path: Path, periodic: Periodic, *, parse: bool = False) -> Generator[Frame, None, None]:
    """The frames of the file; the text of one holds until the next one is read.

    The unit style, which LAMMPS writes once, holds for all that follow. With `parse` a frame's rows are parsed where
    that is quicker than counting them.
    """
    number, units, size = 0, None, 0
    # Most trajectories have one cell: the snapshots hold the same object.
    cell_of_text = lru_cache(maxsize=1)(partial(_cell_of_text, periodic))
    with open_lines(path) as lines:
        while True:
            frame = _next_frame(lines, f"{path}: frame {number}", units, cell_of_text, size)
            if frame is None:
                break
            number, units = number + 1, frame.units
            size = len(frame.text) if parse else 0
            yield frame
    if number == 0:
        raise InputError(f"{path}: not a LAMMPS dump: it holds no frame")


def _cell_of_text(periodic: Periodic, item: str, rows: tuple[str, ...]) -> tuple[Cell, str]:
    return parse_cell(item.split()[2:], [[float(word) for word in row.split()] for row in rows], periodic)


def _next_frame(lines: Lines, where: str, units: str | None, cell_of_text: CellOfText, size: int) -> Frame | None:
    header: Header = {"UNITS": units}
    started = False
    while True:
        line = lines.next()
        if not line and not started:
            return None
        words = line.decode("utf-8", "replace").split()
        if not words and line:
            continue
        if words[:1] != ["ITEM:"]:
            raise _unexpected(lines, where, line, started=started)
        if words[1:2] == ["ATOMS"]:
            return _frame(lines, where, header, tuple(words[2:]), size)
        started = True
        _read_item(lines, where, header, " ".join(words[1:]), cell_of_text)


def _unexpected(lines: Lines, where: str, line: bytes, *, started: bool) -> InputError:
    if not line:
        return InputError(f"{where}: the file is cut short in the header (after line {lines.number})")
    text = line[:40].decode("utf-8", "replace").strip()
    if lines.number == 1:
        return InputError(f"{lines.path}: not a LAMMPS dump: line 1 is {text!r}, expected 'ITEM: TIMESTEP'")
    hint = "" if started else ": more rows than NUMBER OF ATOMS says?"
    return InputError(f"{where}: line {lines.number} is {text!r}, expected an 'ITEM:'{hint}")


def _read_item(lines: Lines, where: str, header: Header, item: str, cell_of_text: CellOfText) -> None:
    """Read one item of the header into `header`; the time (ITEM: TIME) is passed over: a snapshot has its step."""
    is_box = item.startswith("BOX BOUNDS")
    rows = tuple(row.decode("utf-8", "replace") for row in lines.take(3 if is_box else 1))
    try:
        if is_box:
            header["BOX"] = cell_of_text(item, rows)
        elif item == "UNITS":
            header["UNITS"] = rows[0].split()[0]
        elif item == "TIMESTEP":
            header["TIMESTEP"] = _whole_number(rows[0].split()[0])
        elif item == "NUMBER OF ATOMS":
            header["NUMBER OF ATOMS"] = _whole_number(rows[0].split()[0])
        elif item != "TIME":
            raise InputError(f"'ITEM: {item[:40]}' is not an item of a dump of atoms")
    except InputError as error:
        raise InputError(f"{where}: {error} (line {lines.number})") from error
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{where}: line {lines.number} is no value of 'ITEM: {item}', or the file is cut short"
        ) from error


def _whole_number(word: str) -> int:
    if not (word.isascii() and word.lstrip("+-").isdecimal() and abs(value := int(word)) < 2**63):
        raise ValueError
    return value


def _frame(lines: Lines, where: str, header: Header, columns: tuple[str, ...], size: int) -> Frame:
    """The frame whose rows come next; those of about `size` bytes, if that is not 0, are parsed and not counted."""
    missing = [item for item in ("TIMESTEP", "NUMBER OF ATOMS", "BOX") if item not in header]
    if missing:
        raise InputError(f"{where}: no 'ITEM: {missing[0]}' before line {lines.number}")
    count, first_line = header["NUMBER OF ATOMS"], lines.number + 1
    where = f"{where} (step {header['TIMESTEP']})"
    if count < 1:
        raise InputError(f"{where}: holds no particles")
    cell, kind = header["BOX"]
    head = (where, first_line, header["TIMESTEP"], header["UNITS"], cell, kind, columns, count)
    candidate = lines.rows_before(b"ITEM:", size) if size else None
    table = None if candidate is None else parsed_rows(candidate, columns, count)
    if candidate is not None and table is not None:
        lines.skip(candidate, count)
        return Frame(*head, candidate, table)
    text = lines.rows(count)
    n_rows = lines.number + 1 - first_line
    if n_rows < count:
        raise InputError(f"{where}: the file is cut short: {n_rows} of {count} particles are there")
    if text[-1] != ord("\n"):
        # The last number may have lost digits, and nothing else would show it.
        raise InputError(f"{where}: the file is cut short in line {lines.number}, which has no line end")
    return Frame(*head, text)
