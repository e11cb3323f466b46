"""Tables of rows, written one snapshot at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError
from lammps_glass.tables import TableWriter

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from lammps_glass.snapshots import Snapshot


class RowWriter:
    """Append the rows of snapshots to one table.

    A duplicated (replica, step) is an `InputError`: its rows could not be distinguished.
    """

    def __init__(self, writer: TableWriter) -> None:
        self._writer = writer
        self._seen: dict[tuple[str, int], Path] = {}
        self.n_rows = 0

    @property
    def n_snapshots(self) -> int:
        """Number of snapshots written."""
        return len(self._seen)

    def append(self, table: pd.DataFrame, replica: str, step: int, path: Path) -> None:
        """Append the rows of one snapshot, read from `path`."""
        earlier = self._seen.get((replica, step))
        if earlier == path:
            raise InputError(f"{path}: step {step} is duplicated (did a restart write it again?): leave one out")
        if earlier is not None:
            raise InputError(
                f"{path}: replica {replica}, step {step} is also in {earlier}: name the replica of each file "
                "with --replica"
            )
        self._seen[replica, step] = path
        self._writer.write(table)
        self.n_rows += len(table)


@contextmanager
def row_writer(path: Path, metadata: Mapping[str, Any]) -> Iterator[RowWriter]:
    """Open a `RowWriter`; the file appears under its name when the block ends without an error."""
    with TableWriter(path, metadata) as table:
        writer = RowWriter(table)
        yield writer
        if not writer.n_rows:
            raise InputError(f"{path}: no row to write: the input has no frame (or no pair of frames)")


def row_table(snapshot: Snapshot, replica: str, columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
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
