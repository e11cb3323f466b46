"""Write LAMMPS text dumps that LAMMPS, OVITO, ASE and this package read back as they were.

Columns: ``id type [element] x y z [vx vy vz]`` and the numeric properties, ``%.17g`` (a float64 survives). There is no
``id`` where the ids are row numbers of a file without any.
Positions stand under ``x y z`` as they are, inside the box or not. ``element`` is written when the species have names.
A cell that is not in LAMMPS's orientation (vectors along +x, in the upper xy half plane, in the upper half space) is
written as a general triclinic box, so that nothing is rotated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell, Column
from lammps_glass.snapshots.naming import DEFAULT_ELEMENT
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.snapshots.streams import open_writer


def write_frames(path: Path, snapshots: Iterable[Snapshot], text_of: Callable[..., str]) -> None:
    """Write `snapshots` (at least one, possibly lazy) to `path`, which appears only when all are written.

    `text_of` is the frame's text in the format of the file: `frame_text`, or `extxyz_write.extxyz_text`.
    """
    count = 0
    with open_writer(path) as stream:
        for count, snapshot in enumerate(snapshots, start=1):
            stream.write(text_of(snapshot, with_units=count == 1).encode())
        if count == 0:
            raise InputError(f"{path}: no snapshots to write")


def frame_text(snapshot: Snapshot, *, with_units: bool = True) -> str:
    """Format the frame of a dump that holds `snapshot`."""
    columns = _columns(snapshot)
    units = f"ITEM: UNITS\n{snapshot.units}\n" if with_units and snapshot.units else ""
    flags, bounds = _box(snapshot.cell)
    return (
        f"{units}ITEM: TIMESTEP\n{snapshot.step}\nITEM: NUMBER OF ATOMS\n{len(snapshot)}\n"
        f"ITEM: BOX BOUNDS {flags}\n{number_rows([bounds[:, k] for k in range(bounds.shape[1])])}"
        f"ITEM: ATOMS {' '.join(columns)}\n{number_rows(list(columns.values()))}"
    )


def number_rows(columns: list[Column]) -> str:
    """Format rows of numbers and words; floats with 17 digits, so that they are read back exactly."""
    formats = {"f": "%.17g", "i": "%d", "u": "%d", "b": "%d", "U": "%s"}
    line = " ".join(formats[column.dtype.kind] for column in columns) + "\n"
    return "".join(map(line.__mod__, zip(*(column.tolist() for column in columns))))


def in_lammps_orientation(cell: Cell) -> bool:
    """Whether the cell vectors are lower triangular with a positive diagonal."""
    return not np.triu(cell.matrix, 1).any() and bool((np.diag(cell.matrix) > 0).all())


def has_names(snapshot: Snapshot) -> bool:
    """Whether the species are more than the type numbers; `InputError` where a name would break the file's lines."""
    if any(name.split() != [name] for name in snapshot.species):
        raise InputError(f"species {snapshot.species}: a name in a dump or data file is one word")
    return snapshot.species != tuple(str(k + 1) for k in range(len(snapshot.species)))


def _box(cell: Cell) -> tuple[str, NDArray[np.float64]]:
    boundary = " ".join("pp" if flag else "ff" for flag in cell.periodic)
    if not in_lammps_orientation(cell):
        return f"abc origin {boundary}", np.column_stack([cell.matrix, cell.origin])
    lower, upper = cell.origin, cell.origin + np.diag(cell.matrix)
    if cell.is_orthogonal:
        return boundary, np.column_stack([lower, upper])
    xy, xz, yz = cell.matrix[1, 0], cell.matrix[2, 0], cell.matrix[2, 1]
    lower = lower + [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    upper = upper + [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    return f"xy xz yz {boundary}", np.column_stack([lower, upper, [xy, xz, yz]])


def _columns(snapshot: Snapshot) -> dict[str, Column]:
    columns: dict[str, Column] = {} if snapshot.ids_from_rows else {"id": snapshot.ids}
    columns["type"] = snapshot.types + 1
    if has_names(snapshot):
        # An element C for all means nothing in a dump: LAMMPS writes it for types without an element.
        named = "typelabel" if snapshot.species == (DEFAULT_ELEMENT,) else "element"
        columns[named] = snapshot.species_of_particles
    columns |= {name: snapshot.positions[:, k] for k, name in enumerate(("x", "y", "z"))}
    if snapshot.velocities is not None:
        columns |= {name: snapshot.velocities[:, k] for k, name in enumerate(("vx", "vy", "vz"))}
    for name, values in snapshot.properties.items():
        parts = property_columns(name, values)
        if clashes := [part for part in parts if part in columns]:
            raise InputError(f"property {name!r}: the dump has a column {clashes[0]} already; rename it")
        columns |= parts
    return columns


def property_columns(name: str, values: Column) -> dict[str, Column]:
    """Split a property into columns: ``name``, or ``name[1]`` ... ``name[k]``; only numbers can be written."""
    if name.split() != [name]:
        raise InputError(f"property {name!r}: a column of a dump is named by one word")
    if values.dtype.kind not in "fiub" or values.ndim not in (1, 2):
        raise InputError(
            f"property {name!r} ({values.dtype}, shape {values.shape}): only columns of numbers are written"
        )
    if values.ndim == 1:
        return {name: values}
    return {f"{name}[{k + 1}]": values[:, k] for k in range(values.shape[1])}
