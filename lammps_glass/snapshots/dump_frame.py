"""One frame of a LAMMPS dump: from its text to a `Snapshot`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell, Floats
from lammps_glass.snapshots.naming import Naming, name_species
from lammps_glass.snapshots.snapshot import Integers, Snapshot

TEXT_COLUMNS = ("element", "typelabel")
INTEGER_COLUMNS = ("ix", "iy", "iz", "mol", "proc", "procp1")
# Where a dump carries several, the unwrapped ones win: they hold more.
COORDINATES = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"), ("x", "y", "z"), ("xs", "ys", "zs"))
VELOCITIES = ("vx", "vy", "vz")


@dataclass(frozen=True)
class Frame:
    """A frame as it stands in the file: its header, and its rows not yet parsed."""

    where: str  # "FILE: frame 3 (step 1000)", for messages
    first_line: int  # line number of the first row
    step: int
    units: str | None
    cell: Cell
    cell_kind: str
    columns: tuple[str, ...]
    rows: list[bytes]

    @property
    def shape(self) -> dict[str, object]:
        """What all frames of a file must share, by the word for it."""
        return {
            "number of particles": len(self.rows),
            "columns": " ".join(self.columns),
            "kind of box": self.cell_kind,
            "periodic directions": " ".join("np"[flag] for flag in self.cell.periodic.astype(int)),
        }


def parse_cell(flags: Sequence[str], rows: Sequence[Sequence[float]]) -> tuple[Cell, str]:
    """The cell of a ``BOX BOUNDS`` item and its kind; `flags` are the words after it.

    Kinds: ``orthogonal`` (lo hi), ``triclinic`` (bounding box and tilts xy, xz, yz: LAMMPS manual, Howto_triclinic),
    ``general triclinic`` (three vectors and the origin). Without boundary flags (old dumps) the cell is periodic.
    """
    boundary = [flag for flag in flags if re.fullmatch("[pfsm]{2}", flag)]
    if len(boundary) not in (0, 3):
        raise InputError(f"boundary flags {' '.join(boundary)!r}, expected three such as 'pp pp ff'")
    periodic = np.array([flag == "pp" for flag in boundary] or [True] * 3)
    general, tilted = "abc" in flags, "xy" in flags
    table = np.array(rows, dtype=float) if len({len(row) for row in rows}) == 1 else np.empty((3, 0))
    if table.shape != (3, 4 if general else 3 if tilted else 2):
        raise InputError("box bounds with a wrong number of values")
    if general:
        return Cell(table[:, :3], table[:, 3], periodic), "general triclinic"
    xy, xz, yz = table[:, 2] if tilted else (0.0, 0.0, 0.0)
    lower = table[:, 0] - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    upper = table[:, 1] - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    if not (upper > lower).all():
        raise InputError("box bounds with an upper end that is not above the lower one")
    matrix = np.diag(upper - lower)
    matrix[[1, 2, 2], [0, 0, 1]] = xy, xz, yz
    return Cell(matrix, lower, periodic), "triclinic" if tilted else "orthogonal"


def parse_frame(frame: Frame, naming: Naming | None = None) -> tuple[Snapshot, Naming]:
    """The snapshot of `frame`, and how its species were named (for the next frame of the file).

    Raises
    ------
    InputError
        A row has too few or too many values, a value is not a number, there are no coordinates, a particle's species
        is not in `naming`; and what `Snapshot` refuses.
    """
    try:
        table = _table(frame)
        words = next((table[name] for name in TEXT_COLUMNS if name in table), None)
        numbers = _whole(table["type"], "type") if "type" in table else None
        types, naming = name_species(len(frame.rows), numbers, words, naming)
        used, positions = _positions(table, frame.cell)
        velocities = np.column_stack([table[name] for name in VELOCITIES]) if set(VELOCITIES) <= table.keys() else None
        used |= {"id", "type", *TEXT_COLUMNS, *(VELOCITIES if velocities is not None else ())}
        ids = _whole(table["id"], "id") if "id" in table else np.arange(1, len(frame.rows) + 1)
        properties = _properties({name: values for name, values in table.items() if name not in used})
        return Snapshot(
            frame.cell, positions, types, naming.species, ids, frame.step, velocities, properties, frame.units
        ), naming
    except InputError as error:
        raise InputError(f"{frame.where}: {error}") from error


def _table(frame: Frame) -> dict[str, NDArray[Any]]:
    """The columns of the rows by name: float64, but words in the text columns."""
    text = b"".join(frame.rows)
    if len(set(frame.columns)) < len(frame.columns):
        raise InputError(f"a column stands twice in 'ITEM: ATOMS {' '.join(frame.columns)}'")
    if not _is_regular(text, len(frame.columns)):
        raise _bad_row(frame)
    text = text.replace(b" \n", b"\n")  # LAMMPS ends its rows with a space
    if any(mark in text for mark in (b"  ", b"\t", b"\r", b"\n ", b" \n")) or text[:1] == b" ":
        text = b"".join(b" ".join(row.split()) + b"\n" for row in frame.rows)
    return _parse(text, frame)


def _parse(text: bytes, frame: Frame) -> dict[str, NDArray[Any]]:
    """Columns of words parted by single spaces. Arrow's parser rounds correctly and has many times numpy's speed."""
    import pyarrow as pa
    from pyarrow import csv

    types = {name: pa.string() if name in TEXT_COLUMNS else pa.float64() for name in frame.columns}
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(column_names=list(types), block_size=len(text) + 1, use_threads=False),
            csv.ParseOptions(delimiter=" ", quote_char=False, double_quote=False),
            csv.ConvertOptions(column_types=types, null_values=["nan", "-nan", "NaN"], check_utf8=True),
        )
    except (pa.ArrowInvalid, OverflowError) as error:
        raise _bad_row(frame) from error
    return {name: table[name].to_numpy() for name in frame.columns}


def _is_regular(text: bytes, width: int) -> bool:
    """Whether every line holds `width` words."""
    data = np.frombuffer(text, dtype=np.uint8)
    inside = data > ord(" ")
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    ends = np.flatnonzero(data == ord("\n"))
    if np.count_nonzero(begins) != width * len(ends):
        return False
    starts = np.flatnonzero(begins).reshape(-1, width) if width else np.empty((0, 1))
    return bool((starts[:, -1] < ends).all() and (starts[1:, 0] > ends[:-1]).all())


def _bad_row(frame: Frame) -> InputError:
    """The first row that made the parsing fail, in words."""
    for number, row in enumerate(frame.rows, start=frame.first_line):
        words = row.decode("utf-8", "replace").split()
        if len(words) != len(frame.columns):
            return InputError(f"line {number} has {len(words)} values for {len(frame.columns)} columns")
        for name, word in zip(frame.columns, words):
            try:
                float(word if name not in TEXT_COLUMNS else "0")
            except ValueError:
                return InputError(f"line {number}: {word!r} in column {name} is not a number")
    return InputError(f"the rows from line {frame.first_line} on are not a table of numbers")


def _whole(values: NDArray[Any], what: str) -> Integers:
    if not (np.isfinite(values).all() and (values == np.rint(values)).all()):
        raise InputError(f"column {what} holds numbers that are not whole")
    return values.astype(np.int64)


def _positions(table: Mapping[str, NDArray[Any]], cell: Cell) -> tuple[set[str], Floats]:
    for names in COORDINATES:
        if set(names) <= table.keys():
            values = np.column_stack([table[name] for name in names])
            return set(names), cell.cartesian(values) if "s" in names[0] else values
    raise InputError(
        f"no coordinates among the columns {' '.join(table)}: needed are x y z, or xu yu zu, xs ys zs, xsu ysu zsu"
    )


def _properties(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Other columns by name; ``name[1]`` ... ``name[k]`` together become one (n, k) property ``name``."""
    vectors: dict[str, int] = {}
    for name in columns:
        base, _, _ = name.partition("[")
        while base not in columns and f"{base}[{vectors.get(base, 0) + 1}]" in columns:
            vectors[base] = vectors.get(base, 0) + 1
    parts = {f"{base}[{k}]": base for base, size in vectors.items() if size > 1 for k in range(1, size + 1)}
    properties: dict[str, NDArray[Any]] = {}
    for name, values in columns.items():
        if name not in parts:
            properties[name] = _whole(values, name) if name in INTEGER_COLUMNS else values
        elif parts[name] not in properties:
            base = parts[name]
            properties[base] = np.column_stack([columns[f"{base}[{k}]"] for k in range(1, vectors[base] + 1)])
    return properties
