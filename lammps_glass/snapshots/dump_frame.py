"""One frame of a LAMMPS dump: from its text to a `Snapshot`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError, ParticleError
from lammps_glass.snapshots.boundary import combined
from lammps_glass.snapshots.cell import Cell, Column, Columns, Floats
from lammps_glass.snapshots.checks import TWO_DIMENSIONS, require_distinct_positions
from lammps_glass.snapshots.naming import DEFAULT_ELEMENT, Naming, name_species
from lammps_glass.snapshots.snapshot import Integers, Snapshot
from lammps_glass.snapshots.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv

TEXT_COLUMNS = ("element", "typelabel")
INTEGER_COLUMNS = ("ix", "iy", "iz", "mol", "proc", "procp1")
WHOLE_COLUMNS = ("id", "type", *INTEGER_COLUMNS)
# Where a dump carries several, the unwrapped ones win: they hold more. Those not used are never properties: they would
# be out of date as soon as a position changes, and clash with the positions when the snapshot is written.
COORDINATES = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"), ("x", "y", "z"), ("xs", "ys", "zs"))
_ALL_COORDINATES = {name for names in COORDINATES for name in names}
VELOCITIES = ("vx", "vy", "vz")


@dataclass(frozen=True)
class Frame:
    """A frame of the file: its header, and its rows not yet parsed."""

    where: str  # "FILE: frame 3 (step 1000)", for messages
    first_line: int  # line number of the first row
    step: int
    units: str | None
    cell: Cell
    cell_kind: str
    columns: tuple[str, ...]
    n_particles: int
    text: memoryview | bytes
    table: pa.Table | None = None  # the rows, where they are parsed

    def kept(self) -> Frame:
        """The frame with its text copied from the reader's buffer, which the next frame overwrites."""
        return replace(self, text=bytes(self.text))

    @property
    def shape(self) -> dict[str, object]:
        """What all frames of a file must have in common, by the word for it."""
        return {
            "number of particles": self.n_particles,
            "columns": " ".join(self.columns),
            "kind of box": self.cell_kind,
            "periodic directions": " ".join("np"[flag] for flag in self.cell.periodic.tolist()),
        }


def parse_cell(
    flags: Sequence[str], rows: Sequence[Sequence[float]], periodic: NDArray[np.bool_] | None = None
) -> tuple[Cell, str]:
    """Parse the cell of a ``BOX BOUNDS`` item and its kind; `flags` are the words after it.

    Kinds: ``orthogonal`` (lo hi), ``triclinic`` (bounding box and tilts xy, xz, yz: LAMMPS manual, Howto_triclinic),
    ``general triclinic`` (three vectors and the origin). Without boundary flags (old dumps) the cell is `periodic` as
    the user says, else in all directions.
    """
    boundary = [flag for flag in flags if re.fullmatch("[pfsm]{2}", flag)]
    if len(boundary) not in (0, 3):
        raise InputError(f"boundary flags {' '.join(boundary)!r}, expected three such as 'pp pp ff'")
    periodic = combined(np.array([flag == "pp" for flag in boundary]) if boundary else None, periodic)
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
    """Parse the snapshot of `frame`, and the names of its species (for the next frame of the file).

    Raises
    ------
    InputError
        A row has too few or too many values, a value is not a number, there are no coordinates, two particles have the
        same position, a particle's species is not in `naming`; and what `Snapshot` refuses.
    """
    ids = np.empty(0, dtype=np.int64)
    try:
        table, words = _table(frame)
        numbers = _whole(table["type"], "type", frame) if "type" in table else None
        types, naming = name_species(frame.n_particles, numbers, words, naming)
        types.setflags(write=False)
        used, positions = _positions(table, frame.cell)
        velocities = _stacked(table, VELOCITIES) if set(VELOCITIES) <= table.keys() else None
        used |= {"id", "type", *(VELOCITIES if velocities is not None else ())}
        ids = _whole(table["id"], "id", frame) if "id" in table else np.arange(1, frame.n_particles + 1)
        properties = _properties({name: values for name, values in table.items() if name not in used}, frame)
        snapshot = Snapshot(
            frame.cell, positions, types, naming.species, ids, frame.step, velocities, properties, frame.units,
            ids_from_rows="id" not in table,
        )  # fmt: skip
        require_distinct_positions(snapshot)
        return snapshot, naming
    except ParticleError as error:
        raise InputError(f"{frame.where}: {_lines(np.isin(ids, error.ids), frame)}: {error}") from error
    except InputError as error:
        raise InputError(f"{frame.where}: {error}") from error


def _lines(rows: NDArray[np.bool_], frame: Frame) -> str:
    """The lines of the file on which some rows of a frame stand, in words."""
    numbers = [str(frame.first_line + row) for row in np.flatnonzero(rows).tolist()]
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"


def _table(frame: Frame) -> tuple[dict[str, Column], Words | None]:
    """The columns of numbers by name, and the words of the first text column that names the species."""
    if len(set(frame.columns)) < len(frame.columns):
        raise InputError(f"a column is duplicated in 'ITEM: ATOMS {' '.join(frame.columns)}'")
    table = frame.table
    if table is None:
        table = parsed_rows(frame.text, frame.columns, frame.n_particles)
    if table is None:
        # Other white space than single spaces, whole numbers written as 1.0, nan: or damage.
        rows = [b" ".join(row.split()) + b"\n" for row in bytes(frame.text[:-1]).split(b"\n")]
        table = parsed_rows(b"".join(rows), frame.columns, frame.n_particles, whole=())
    if table is None:
        raise _bad_row(frame)
    words = {name: Words(table[name]) for name in TEXT_COLUMNS if name in frame.columns}
    if any(column.some_empty for column in words.values()):
        raise _bad_row(frame)
    if "element" in words and words["element"].all_are(DEFAULT_ELEMENT):
        del words["element"]
    numbers = {name: table[name].to_numpy() for name in frame.columns if name not in TEXT_COLUMNS}
    return numbers, next(iter(words.values()), None)


def parsed_rows(
    text: memoryview | bytes, columns: tuple[str, ...], n_rows: int, whole: tuple[str, ...] = WHOLE_COLUMNS
) -> pa.Table | None:
    """Parse `n_rows` rows of words parted by single spaces, as many as there are columns, all of their type.

    None for any other text; the columns `whole` must be written as whole numbers. Arrow's parser rounds correctly and
    has many times numpy's speed.
    """
    import pyarrow as pa
    from pyarrow import csv

    spaced = bytes(text[-2:]) == b" \n"  # LAMMPS ends its rows with a space
    names, parsing, conversion = _csv_options(columns, whole, spaced=spaced)
    reading = csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False)
    try:
        table = csv.open_csv(pa.BufferReader(text), reading, parsing, conversion).read_all()
    except (pa.ArrowInvalid, OverflowError):
        return None
    if table.num_rows != n_rows:
        return None
    return None if spaced and not Words(table[""]).all_empty else table


@lru_cache(maxsize=8)
def _csv_options(
    columns: tuple[str, ...], whole: tuple[str, ...], *, spaced: bool
) -> tuple[list[str], csv.ParseOptions, csv.ConvertOptions]:
    """The names of the columns, and how Arrow parses and converts them; an empty column at the end where `spaced`."""
    import pyarrow as pa
    from pyarrow import csv

    word, integer, number = pa.string(), pa.int64(), pa.float64()
    types = {n: word if n in TEXT_COLUMNS else integer if n in whole else number for n in columns}
    return (
        [*types, *([""] if spaced else [])],
        csv.ParseOptions(delimiter=" ", quote_char=False, double_quote=False, ignore_empty_lines=False),
        csv.ConvertOptions(column_types={**types, "": word}, null_values=[], check_utf8=True),
    )


def _bad_row(frame: Frame) -> InputError:
    """The first row that made the parsing fail, in words."""
    for number, row in enumerate(bytes(frame.text[:-1]).split(b"\n"), start=frame.first_line):
        words = row.decode("utf-8", "replace").split()
        if len(words) != len(frame.columns):
            return InputError(f"line {number} has {len(words)} values for {len(frame.columns)} columns")
        for name, word in zip(frame.columns, words):
            try:
                float(word if name not in TEXT_COLUMNS else "0")
            except ValueError:
                return InputError(f"line {number}: {word!r} in column {name} is not a number")
    return InputError(f"the rows from line {frame.first_line} on are not a table of numbers")


def _whole(values: Column, what: str, frame: Frame) -> Integers:
    if values.dtype.kind == "i":
        return values
    whole = np.isfinite(values) & (values == np.rint(values))
    if not whole.all():
        row = int(np.argmin(whole))
        raise InputError(
            f"line {frame.first_line + row}: column {what} holds numbers that are not whole: {values[row]:g}"
        )
    return values.astype(np.int64)


def _positions(table: Columns, cell: Cell) -> tuple[set[str], Floats]:
    """The names of all columns of coordinates, and the positions by the best of them."""
    for names in COORDINATES:
        if set(names) <= table.keys():
            values = _stacked(table, names)
            return set(_ALL_COORDINATES), cell.cartesian(values) if "s" in names[0] else values
    for names in COORDINATES:
        if set(names[:2]) <= table.keys():
            raise InputError(f"no column {names[2]}: {TWO_DIMENSIONS}")
    raise InputError(
        f"no coordinates among the columns {' '.join(table)}: needed are x y z, or xu yu zu, xs ys zs, xsu ysu zsu"
    )


def _stacked(table: Columns, names: Sequence[str]) -> Floats:
    stacked = np.column_stack([table[name] for name in names])
    stacked.setflags(write=False)  # so that the snapshot holds it without a copy
    return stacked


def _properties(columns: Columns, frame: Frame) -> dict[str, Column]:
    """The other columns by name; ``name[1]`` ... ``name[k]`` together become one (n, k) property ``name``."""
    vectors: dict[str, int] = {}
    for name in columns:
        base, _, _ = name.partition("[")
        while base not in columns and f"{base}[{vectors.get(base, 0) + 1}]" in columns:
            vectors[base] = vectors.get(base, 0) + 1
    parts = {f"{base}[{k}]": base for base, size in vectors.items() if size > 1 for k in range(1, size + 1)}
    properties: dict[str, Column] = {}
    for name, values in columns.items():
        if name not in parts:
            properties[name] = _whole(values, name, frame) if name in INTEGER_COLUMNS else values
        elif parts[name] not in properties:
            base = parts[name]
            properties[base] = np.column_stack([columns[f"{base}[{k}]"] for k in range(1, vectors[base] + 1)])
    return properties
