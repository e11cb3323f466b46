"""Rows written chunk by chunk, so that a command holds one snapshot at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.tables import _METADATA

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from lammps_glass.snapshots import Snapshot


class RowWriter:
    """Appends tables of equal columns to one Parquet file; the first table sets the columns.

    A (replica, step) that comes a second time is an `InputError`: its rows could not be told apart afterwards.
    """

    def __init__(self, path: Path, metadata: Mapping[str, Any]) -> None:
        self._path = path
        self._metadata = {_METADATA: json.dumps(dict(metadata), sort_keys=True).encode()}
        self._writer: Any = None
        self._seen: set[tuple[str, int]] = set()
        self.n_rows = 0

    @property
    def n_snapshots(self) -> int:
        return len(self._seen)

    def append(self, table: pd.DataFrame, replica: str, step: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if (replica, step) in self._seen:
            raise InputError(f"replica {replica}, step {step} comes twice: name the replica of each file with --replica")
        self._seen.add((replica, step))
        arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(self._metadata)
        if self._writer is None:
            self._writer = pq.ParquetWriter(str(self._path), arrow.schema, compression="zstd")
        self._writer.write_table(arrow)
        self.n_rows += len(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@contextmanager
def row_writer(path: Path, metadata: Mapping[str, Any]) -> Iterator[RowWriter]:
    """A `RowWriter` on a temporary file that takes the name `path` when the block ends well."""
    with atomic_path(path) as temporary:
        writer = RowWriter(temporary, metadata)
        try:
            yield writer
        finally:
            writer.close()
        if not writer.n_rows:
            raise InputError(f"{path}: there is no row to write: the input holds no frame (or no pair of frames)")


def row_table(snapshot: Snapshot, replica: str, columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """A row per particle: replica, step, particle, species, then `columns`."""
    import pandas as pd

    key = {
        "replica": replica,
        "step": snapshot.step,
        "particle": snapshot.ids,
        "species": snapshot.species_of_particles,
    }
    # All columns at once: adding sixty one by one would fragment the frame.
    return pd.DataFrame({**key, **columns})
