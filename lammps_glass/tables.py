"""Rows and tables in files: Parquet with a little metadata, written so that equal tables give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path, require_file
from lammps_glass.json_types import JsonObject

if TYPE_CHECKING:
    import pyarrow.parquet as pq

KEY = ["replica", "step", "particle"]
_METADATA = b"lammps_glass"
_WANTED = "a Parquet or CSV table in it"


def write_table(path: str | Path, table: pd.DataFrame, metadata: Mapping[str, object] | None = None) -> None:
    """Write `table` as Parquet (zstd) with `metadata` (JSON values) in its schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(
        {_METADATA: json.dumps(dict(metadata or {})).encode()}
    )
    pq.write_table(arrow, str(path), compression="zstd")


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    """Turn what Arrow says of a file that is no Parquet table, or is not there, into one line."""
    import pyarrow as pa

    require_file(path, _WANTED)
    try:
        yield
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable Parquet table ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _is_csv(path: str | Path) -> bool:
    return str(path).endswith((".csv", ".csv.gz"))


def _read_csv(path: str | Path, n_rows: int | None = None) -> pd.DataFrame:
    require_file(path, _WANTED)
    try:
        return pd.read_csv(path, dtype={"replica": str, "species": str}, nrows=n_rows)
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: not a readable CSV table ({_reason(error)})") from error


def read_table(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or a CSV one (``.csv``, ``.csv.gz``) with a header.

    A missing file, another format or a missing column is an `InputError`.
    """
    import pyarrow.parquet as pq

    _require_columns(path, columns, column_names(path))
    if _is_csv(path):
        table = _read_csv(path)
        return _with_plain_keys(path, table if columns is None else table[columns])
    with _readable(path):
        table = pq.read_table(str(path), columns=columns).to_pandas()
    return _with_plain_keys(path, table)


def _with_plain_keys(path: str | Path, table: pd.DataFrame) -> pd.DataFrame:
    """Convert steps and particles to whole numbers; a key or species that is missing or is none is an `InputError`."""
    for name in table.columns.intersection([*KEY, "species"]):
        values = table[name]
        if values.isna().any():
            raise InputError(f"{path}: column {name} has empty cells")
        if name in ("replica", "species"):
            if values.dtype == object and pd.api.types.infer_dtype(values) not in ("string", "empty"):
                raise InputError(f"{path}: column {name} is not of words")
        elif not pd.api.types.is_integer_dtype(values.dtype):
            table = table.assign(**{name: _whole_numbers(path, values)})
    return table


def _whole_numbers(path: str | Path, values: pd.Series) -> pd.Series[int]:
    if values.empty:  # of any type: a CSV table without rows has words
        return values.astype("int64")
    if values.dtype.kind != "f":
        raise InputError(f"{path}: column {values.name} is not numeric, first {values.iloc[0]!r}")
    wrong = values[(values % 1 != 0) | (values.abs() >= 2**53)]
    if len(wrong):
        raise InputError(f"{path}: column {values.name} is not of whole numbers, first {float(wrong.iloc[0])!r}")
    return values.astype("int64")


def column_names(path: str | Path) -> list[str]:
    """The names of the columns of a Parquet or CSV table; a missing file or another format is an `InputError`."""
    import pyarrow.parquet as pq

    if _is_csv(path):
        return [str(name) for name in _read_csv(path, n_rows=0).columns]
    with _readable(path):
        return [str(name) for name in pq.read_schema(str(path)).names]


def read_metadata(path: str | Path) -> JsonObject:
    """The metadata that `write_table` stored; empty for a table of another origin."""
    import pyarrow.parquet as pq

    if _is_csv(path):
        return {}
    with _readable(path):
        stored = (pq.read_schema(str(path)).metadata or {}).get(_METADATA, b"{}")
    try:
        metadata = json.loads(stored)
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise InputError(f"{path}: its metadata are damaged: make the table again")
    return metadata


class TableWriter:
    """Write a table group by group (a group is usually the rows of one snapshot), holding one group at a time.

    The file appears under its name when the context ends without an error; otherwise nothing is left.
    """

    def __init__(self, path: str | Path, metadata: Mapping[str, object] | None = None) -> None:
        self.path = Path(path)
        self._stack = ExitStack()
        self._metadata = {_METADATA: json.dumps(dict(metadata or {})).encode()}
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> TableWriter:
        return self

    def write(self, group: pd.DataFrame) -> None:
        """Append one group; all groups have the same columns."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrow = pa.Table.from_pandas(group, preserve_index=False).replace_schema_metadata(self._metadata)
        if self._writer is None:
            temporary = self._stack.enter_context(atomic_path(self.path))
            self._writer = self._stack.enter_context(
                closing(pq.ParquetWriter(str(temporary), arrow.schema, compression="zstd"))
            )
        self._writer.write_table(arrow)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def iter_table(path: str | Path, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
    """Read the groups of a table that `TableWriter` wrote, one after the other."""
    import pyarrow.parquet as pq

    with _readable(path), pq.ParquetFile(str(path)) as stored:
        _require_columns(path, columns, stored.schema_arrow.names)
        for group in range(stored.num_row_groups):
            yield stored.read_row_group(group, columns=columns).to_pandas()


def _require_columns(path: str | Path, columns: list[str] | None, present: list[str]) -> None:
    missing = [name for name in columns or [] if name not in present]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; it has {', '.join(present)}")
