"""Files that ASE reads: extended XYZ, POSCAR, ASE's databases and trajectories, and others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.checks import require_distinct_positions
from lammps_glass.snapshots.convert import from_ase
from lammps_glass.snapshots.naming import Naming
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.snapshots.streams import open_lines

if TYPE_CHECKING:
    from ase import Atoms

#: Formats by ASE's names. Of the others some unpickle or run code when they are read, and some hold no positions.
FORMATS = (
    "extxyz", "xyz", "vasp", "vasp-xdatcar", "db", "json", "traj", "cif", "cfg", "xsf", "gen", "aims",
    "proteindatabank",
)  # fmt: skip
Periodic = NDArray[np.bool_] | None


def read_ase(path: Path, frame: int, naming: Naming | None, periodic: Periodic) -> Snapshot:
    """Read one frame, counted from 0 or, negative, from the end."""
    chosen: list[Snapshot] = []
    count = 0
    for snapshot in read_ase_all(path, naming, periodic):
        chosen = [*chosen, snapshot][frame if frame < 0 else -1 :]
        count += 1
        if count == frame + 1:
            break
    if not -count <= frame < count:
        raise InputError(f"{path}: has {count} frames; frame {frame} is out of range")
    return chosen[0]


def read_ase_all(path: Path, naming: Naming | None, periodic: Periodic) -> Iterator[Snapshot]:
    """Read the frames one after the other.

    Step, units and names of species come from ``info``; without a step, frames are counted. Without an array ``id``,
    ids are row numbers.

    Raises
    ------
    InputError
        ASE does not know the format or cannot read the file, a frame holds other particles than the first, or two
        particles have the same position.
    """
    return _frames(path, _format(path), naming, periodic)


def _frames(path: Path, kind: str, naming: Naming | None, periodic: Periodic) -> Iterator[Snapshot]:
    first: Snapshot | None = None
    for number, atoms in enumerate(_atoms(path, kind)):
        try:
            snapshot = _snapshot(atoms, number, naming, periodic)
            require_distinct_positions(snapshot)
            if first is not None and not np.array_equal(first.ids, snapshot.ids):
                raise InputError(f"{len(snapshot)} particles, but {len(first)} in frame 0, or other ids: a mixed file")
            if first is not None:
                snapshot = snapshot.with_species(first.species)
        except InputError as error:
            raise InputError(f"{path}: frame {number}: {error}") from error
        first = first or snapshot
        yield snapshot
    if first is None:
        raise InputError(f"{path}: holds no frame")


def _atoms(path: Path, kind: str) -> Iterator[Atoms]:
    frames: Iterator[Atoms] | None = None
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frames = frames or _opened(path, kind)
                atoms = next(frames, None)
        except Exception as error:  # a parser may raise anything on a damaged file
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"{path}: ASE cannot read it as {kind} ({reason[:200]})") from error
        if atoms is None:
            return
        yield atoms


def _opened(path: Path, kind: str) -> Iterator[Atoms]:
    from ase.db import connect
    from ase.io import iread

    if kind in ("extxyz", "xyz"):
        _check_xyz(path)
    if kind in ("db", "json"):  # `iread` would lose the key-value pairs of a row
        return (row.toatoms(add_additional_information=True) for row in connect(path, type=kind).select())
    return iter(iread(str(path), index=":", format=kind))


def _check_xyz(path: Path) -> None:
    """Raise `InputError` unless each frame of an XYZ file has the rows that its first line counts, and a cell.

    ASE would read on for as many lines as are counted, present or not, and take a glass without a cell for a cluster.
    """
    with open_lines(path) as lines:
        while (line := lines.next()).strip():
            if not line.strip().isdigit():
                raise InputError(f"{path}: line {lines.number} is not the number of particles of a frame")
            count = int(line)
            comment = lines.next().lower()
            if b"lattice" not in comment and b"pbc" not in comment:
                raise InputError(
                    f"{path}: line {lines.number} gives no cell, so that all directions would be open: write "
                    'Lattice="..." into it (of a cluster pbc="F F F")'
                )
            first = lines.number
            lines.rows(count)
            if lines.number - first < count:
                raise InputError(f"{path}: cut short: {lines.number - first} of {count} particles are there")


def _format(path: Path) -> str:
    from ase.io.formats import UnknownFileTypeError, filetype

    if path.suffix == ".zst":
        raise InputError(f"{path}: of .zst files dumps and data files are read; unpack it first")
    try:
        kind = str(filetype(str(path), read=True))
    except (UnknownFileTypeError, OSError, ValueError, EOFError) as error:
        kind = f"unknown ({error})"
    if kind not in FORMATS:
        raise InputError(
            f"{path}: neither a LAMMPS dump (its first line is 'ITEM: ...') nor a data file ('... atoms' in its "
            f"header), and neither first lines nor name say a format that is read by ASE: {', '.join(FORMATS)}"
        )
    return kind


def _snapshot(atoms: Atoms, number: int, naming: Naming | None, periodic: Periodic) -> Snapshot:
    if len(atoms) == 0:
        raise InputError("holds no particles")
    if not atoms.cell.rank == 3 and periodic is not None:
        raise InputError("the file has no cell, so that no direction can be periodic by --boundary")
    snapshot = from_ase(atoms, default_step=number)
    snapshot = snapshot.replace(ids_from_rows="id" not in atoms.arrays)
    if periodic is not None:
        snapshot = snapshot.replace(cell=Cell(snapshot.cell.matrix, snapshot.cell.origin, periodic))
    if naming is not None:
        foreign = [name for name in snapshot.species if name not in naming.species and not name.isdigit()]
        if foreign:
            raise InputError(f"species {', '.join(foreign)} is not among those {naming.origin}")
        snapshot = snapshot.with_species(naming.species)
    return snapshot
