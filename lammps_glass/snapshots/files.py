"""Read and write snapshots: LAMMPS dumps and data files, extended XYZ, and what ASE reads.

The name of a file says its format where it is one of these: dumps ``.lammpstrj``, ``.dump``, ``.lammpsdump`` or
``dump.*``; data files ``.data``, ``.lmpdat`` or ``data.*``; each may end in ``.gz`` or ``.zst``. Files of other names
are recognised by their first lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from lammps_glass.errors import InputError
from lammps_glass.snapshots.boundary import periodic_of
from lammps_glass.snapshots.naming import given_types
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.snapshots.streams import COMPRESSIONS, check_readable, open_lines

DUMPS = (".lammpstrj", ".dump", ".lammpsdump")
DATA = (".data", ".lmpdat")
EXTXYZ = (".extxyz", ".xyz")
_FIRST_LINES = 60  # the header of a data file is shorter
_MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}


class ReadOptions(TypedDict, total=False):
    """Options of reading, for what a file does not say; see `Snapshot.read`."""

    types: Sequence[str] | None
    boundary: str | None
    rows_are_particles: bool


def kind_of_name(path: Path) -> str:
    """``"dump"``, ``"data"`` or ``"extxyz"``, by the name of the file; empty for any other name."""
    name = Path(path).name
    bare = name.removesuffix(Path(name).suffix) if Path(name).suffix in COMPRESSIONS else name
    for kind, suffixes in (("data", DATA), ("dump", DUMPS), ("extxyz", EXTXYZ)):
        if bare.endswith(suffixes):
            return kind
    return next((kind for kind in ("data", "dump") if bare.startswith(f"{kind}.")), "")


def kind_of(path: Path) -> str:
    """``"dump"``, ``"data"`` or ``"ase"``, by the name of the file or by its first lines."""
    with path.open("rb") as stream:
        head = stream.read(4)
    compression = _MAGIC.get(head[:2]) or _MAGIC.get(head)
    if compression and path.suffix != compression:
        raise InputError(f"{path}: the file is compressed; its name must end in {compression}")
    if path.suffix == ".gz" and not compression and len(head) > 1:  # one byte says that the file was cut short
        raise InputError(f"{path}: the name ends in .gz, but the file is not compressed: rename it")
    kind = kind_of_name(path)
    if kind == "data" and head == b"ITEM":  # data.txt may be any file
        return "dump"
    return kind if kind in ("dump", "data") else _kind_of_first_lines(path)


def _kind_of_first_lines(path: Path) -> str:
    with open_lines(path) as lines:
        for number in range(_FIRST_LINES):
            line = lines.next()
            if number < 5 and line.startswith(b"ITEM: "):
                return "dump"
            if number > 0 and re.match(rb"\s*\d+\s+atoms\s*(#.*)?$", line):
                return "data"
            if not line or len(line) > 1 << 16:
                break
    return "ase"


def read(
    path: str | Path,
    frame: int = -1,
    *,
    types: Sequence[str] | None = None,
    boundary: str | None = None,
    rows_are_particles: bool = False,
) -> Snapshot:
    """Read one frame (default the last) of a file; keywords as in `Snapshot.read`.

    Raises
    ------
    InputError
        The file is missing, of no known format, cut short, damaged, contradicts the keywords, or has no such frame.
    """
    from lammps_glass.snapshots.ase_files import read_ase
    from lammps_glass.snapshots.data import read_data
    from lammps_glass.snapshots.dump import read_dump

    path, naming, periodic = Path(path), given_types(types), periodic_of(boundary)
    check_readable(path)
    kind = kind_of(path)
    if kind == "data" and frame not in (0, -1):
        raise InputError(f"{path}: a data file has 1 frame; frame {frame} is out of range")
    if kind == "dump":
        snapshot = read_dump(path, frame, naming, periodic)
    elif kind == "data":
        snapshot = read_data(path, naming, periodic)
    else:
        snapshot = read_ase(path, frame, naming, periodic)
    return _with_row_ids(snapshot) if rows_are_particles else snapshot


def read_all(
    path: str | Path,
    *,
    types: Sequence[str] | None = None,
    boundary: str | None = None,
    rows_are_particles: bool = False,
) -> Iterator[Snapshot]:
    """Read the frames of a file lazily; keywords as in `Snapshot.read`.

    Frames that do not belong together are an `InputError`.
    """
    from lammps_glass.snapshots.ase_files import read_ase_all
    from lammps_glass.snapshots.data import read_data
    from lammps_glass.snapshots.dump import read_dump_all

    path, naming, periodic = Path(path), given_types(types), periodic_of(boundary)
    check_readable(path)
    kind = kind_of(path)
    frames: Iterator[Snapshot]
    if kind == "dump":
        frames = read_dump_all(path, naming, periodic)
    elif kind == "data":
        frames = iter([read_data(path, naming, periodic)])
    else:
        frames = read_ase_all(path, naming, periodic)
    return map(_with_row_ids, frames) if rows_are_particles else frames


def _with_row_ids(snapshot: Snapshot) -> Snapshot:
    """The snapshot with its row numbers as ids in their own right."""
    return snapshot.replace(ids_from_rows=False) if snapshot.ids_from_rows else snapshot


def write(path: str | Path, snapshots: Iterable[Snapshot]) -> None:
    """Write a dump, an extended XYZ file, or a data file of exactly one snapshot; the file appears when it is complete.

    The name says the format. Equal snapshots give equal bytes, compressed or not.
    """
    from lammps_glass.snapshots.data_write import write_data
    from lammps_glass.snapshots.dump_write import frame_text, write_frames
    from lammps_glass.snapshots.extxyz_write import extxyz_text

    path = Path(path)
    kind = kind_of_name(path)
    if not kind:
        raise InputError(
            f"{path}: the name says no format: dumps end in {', '.join(DUMPS)} or start with 'dump.', data files end "
            f"in {', '.join(DATA)} or start with 'data.', extended XYZ files end in {', '.join(EXTXYZ)} (each also "
            "with .gz or .zst)"
        )
    if kind != "data":
        write_frames(path, snapshots, frame_text if kind == "dump" else extxyz_text)
        return
    configurations = list(snapshots)
    if len(configurations) != 1:
        raise InputError(f"{path}: a data file holds one snapshot, not {len(configurations)}; write a dump instead")
    write_data(path, configurations[0])
