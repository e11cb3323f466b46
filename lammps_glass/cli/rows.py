"""Rows of snapshots, written one snapshot at a time as Parquet, CSV or extended XYZ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path, check_writable
from lammps_glass.tables import TableWriter

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Columns

#: Formats that a name may ask for and that are not written.
_FOREIGN = (".txt", ".dat", ".tsv", ".json", ".xlsx", ".h5", ".hdf5", ".npy", ".npz", ".feather", ".csv.gz", ".csv.zst")


def check_rows_file(path: Path) -> None:
    """Raise `InputError` where no file of rows can be written, or its name asks for a format that is not written."""
    if path.name.endswith(_FOREIGN) or path.suffix != path.suffix.lower():
        raise InputError(f"{path}: rows are written as .parquet, .csv, .extxyz or .xyz, in lower case")
    check_writable(path)


class _Sink(Protocol):
    """A file that takes the rows of one snapshot after the other."""

    def write(self, snapshot: Snapshot, replica: str, columns: Columns) -> None:
        """Append a row per particle."""


class _Parquet:
    def __init__(self, table: TableWriter) -> None:
        self._table = table

    def write(self, snapshot: Snapshot, replica: str, columns: Columns) -> None:
        """Append a row per particle."""
        self._table.write(row_table(snapshot, replica, columns))


class _Csv:
    def __init__(self, path: Path) -> None:
        self._path, self._header = path, True

    def write(self, snapshot: Snapshot, replica: str, columns: Columns) -> None:
        """Append a row per particle."""
        row_table(snapshot, replica, columns).to_csv(self._path, mode="a", header=self._header, index=False)
        self._header = False


class _Extxyz:
    """The snapshots with the columns as per-particle properties."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, snapshot: Snapshot, replica: str, columns: Columns) -> None:
        """Append a row per particle."""
        from lammps_glass.snapshots.extxyz_write import extxyz_text

        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(extxyz_text(snapshot.replace(properties=columns)))


class RowWriter:
    """Append the rows of snapshots to one file.

    A duplicated (replica, step) is an `InputError`: its rows could not be distinguished.
    """

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._seen: dict[tuple[str, int], Path] = {}
        self.n_rows = 0

    @property
    def n_snapshots(self) -> int:
        """Number of snapshots written."""
        return len(self._seen)

    def append(self, snapshot: Snapshot, replica: str, columns: Columns, path: Path) -> None:
        """Append the rows of one snapshot, read from `path`."""
        key = replica, snapshot.step
        earlier = self._seen.get(key)
        if earlier == path:
            raise InputError(
                f"{path}: step {snapshot.step} is duplicated (did a restart write it again?): leave one out"
            )
        if earlier is not None:
            raise InputError(
                f"{path}: replica {replica}, step {snapshot.step} is also in {earlier}: name the replica of each file "
                "with --replica"
            )
        self._seen[key] = path
        self._sink.write(snapshot, replica, columns)
        self.n_rows += len(snapshot)


@contextmanager
def row_writer(path: Path, metadata: Mapping[str, object]) -> Iterator[RowWriter]:
    """Open a `RowWriter`, in the format of the file's name; the file appears when the block ends without an error.

    Only Parquet holds the metadata: an indicator trained on a CSV file cannot describe a snapshot.
    """
    with ExitStack() as stack:
        sink: _Sink
        if path.suffix == ".csv":
            sink = _Csv(stack.enter_context(atomic_path(path)))
        elif path.suffix in (".extxyz", ".xyz"):
            sink = _Extxyz(stack.enter_context(atomic_path(path)))
        else:
            sink = _Parquet(stack.enter_context(TableWriter(path, metadata)))
        writer = RowWriter(sink)
        yield writer
        if not writer.n_rows:
            raise InputError(f"{path}: no row to write: the input has no frame (or no pair of frames)")


def row_table(snapshot: Snapshot, replica: str, columns: Columns) -> pd.DataFrame:
    """Make a table with a row per particle: replica, step, particle, species, then `columns`."""
    import pandas as pd

    key = {
        "replica": replica,
        "step": snapshot.step,
        "particle": snapshot.ids,
        "species": snapshot.species_of_particles,
    }
    # All columns at once: columns added one by one would fragment the frame.
    return pd.DataFrame({**key, **columns})
