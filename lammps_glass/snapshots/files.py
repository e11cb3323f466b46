"""Read and write snapshots; the name of a file says what it is.

Dumps: ``.lammpstrj``, ``.dump``, ``.lammpsdump``, or a name that starts with ``dump.``.
Data files: ``.data``, ``.lmpdat``, or a name that starts with ``data.``. Either may end in ``.gz`` or ``.zst``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.snapshots.streams import COMPRESSIONS, check_readable

DUMPS = (".lammpstrj", ".dump", ".lammpsdump")
DATA = (".data", ".lmpdat")


def kind_of(path: Path) -> str:
    """``"dump"`` or ``"data"``, by the name of the file; an `InputError` for any other name."""
    name = Path(path).name
    bare = name.removesuffix(Path(name).suffix) if Path(name).suffix in COMPRESSIONS else name
    for kind, suffixes in (("data", DATA), ("dump", DUMPS)):
        if bare.endswith(suffixes):
            return kind
    for kind in ("data", "dump"):
        if bare.startswith(f"{kind}."):
            return kind
    raise InputError(
        f"{path}: the name says no format: dumps end in {', '.join(DUMPS)} or start with 'dump.', data files end in "
        f"{', '.join(DATA)} or start with 'data.' (each also with .gz or .zst)"
    )


def read(path: str | Path, frame: int = -1) -> Snapshot:
    """One frame (default the last) of a dump, or the configuration of a data file.

    Raises
    ------
    InputError
        The file is missing, of no known format, cut short, damaged, or has no such frame.
    """
    from lammps_glass.snapshots.data import read_data
    from lammps_glass.snapshots.dump import read_dump

    path = Path(path)
    check_readable(path)
    if kind_of(path) == "dump":
        return read_dump(path, frame)
    if frame not in (0, -1):
        raise InputError(f"{path}: a data file has 1 frame; frame {frame} is out of range")
    return read_data(path)


def read_all(path: str | Path) -> Iterator[Snapshot]:
    """The frames of a dump (or the one of a data file), lazily; frames that do not belong together are refused."""
    from lammps_glass.snapshots.data import read_data
    from lammps_glass.snapshots.dump import read_dump_all

    path = Path(path)
    check_readable(path)
    if kind_of(path) == "dump":
        return read_dump_all(path)
    return iter([read_data(path)])


def write(path: str | Path, snapshots: Iterable[Snapshot]) -> None:
    """Write a dump, or a data file of exactly one snapshot; the file appears when it is complete.

    Equal snapshots give equal bytes, compressed or not.
    """
    from lammps_glass.snapshots.data_write import write_data
    from lammps_glass.snapshots.dump_write import write_frames

    path = Path(path)
    if kind_of(path) == "dump":
        write_frames(path, snapshots)
        return
    configurations = list(snapshots)
    if len(configurations) != 1:
        raise InputError(f"{path}: a data file holds one snapshot, not {len(configurations)}; write a dump instead")
    write_data(path, configurations[0])
