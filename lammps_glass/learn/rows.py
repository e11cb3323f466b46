"""Tables of rows and labels: joined by their key, converted to checked arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.tables import KEY


class Joined(NamedTuple):
    """A joined table, and the numbers of rows without a label and of labels without a row."""

    table: pd.DataFrame
    rows_without_label: int
    labels_without_row: int


def _describe_key(table: pd.DataFrame, mask: NDArray[np.bool_]) -> str:
    """Describe the first marked row, such as ``replica a, step 0, particle 7``."""
    row = table.loc[mask, KEY].iloc[0]
    return ", ".join(f"{name} {row[name]}" for name in KEY)


def check_key(table: pd.DataFrame, name: str) -> None:
    """Require that every key column is there and no key is duplicated; `name` is the table's in messages.

    Raises
    ------
    InputError
        Naming the missing columns, one that is not numeric (`replica` may be text), or the first duplicated key.
    """
    missing = [column for column in KEY if column not in table.columns]
    if missing:
        raise InputError(f"{name}: no column {', '.join(missing)}; rows are joined by {', '.join(KEY)}")
    for column in KEY[1:]:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise InputError(f"{name}: column {column} is not numeric, first {table[column].iloc[0]!r}")
    twice = table.duplicated(KEY).to_numpy()
    if twice.any():
        raise InputError(f"{name}: {int(twice.sum())} keys are duplicated, first {_describe_key(table, twice)}")


def _check_columns(rows: pd.DataFrame, labels: pd.DataFrame) -> None:
    both = [name for name in labels.columns if name in rows.columns and name not in [*KEY, "species"]]
    if both:
        raise InputError(f"rows and labels both have the columns {', '.join(both)}: rename them in one of the two")


def _check_species(table: pd.DataFrame) -> pd.DataFrame:
    """Drop the labels' copy of `species`, which must equal that of the rows."""
    if "species_of_label" not in table:
        return table
    differ = (table["species"].astype(str) != table["species_of_label"].astype(str)).to_numpy()
    if differ.any():
        raise InputError(
            f"rows and labels differ in species, first {_describe_key(table, differ)}: are they of one glass?"
        )
    return table.drop(columns="species_of_label")


def join(rows: pd.DataFrame, labels: pd.DataFrame, *, labels_without_row: Literal["error", "drop"] = "error") -> Joined:
    """Join descriptors and labels by (replica, step, particle).

    Parameters
    ----------
    rows
        A row per particle: the key columns, optionally ``species``, then descriptors.
    labels
        A row per particle: the key columns, optionally ``species``, then labels.
    labels_without_row
        ``"error"`` refuses labels of particles that were not described; ``"drop"`` leaves them out, as when the rows
        are a chosen part (one species, a sample).

    Returns
    -------
    Joined
        The table in the order of `rows`, and the numbers of rows and labels left out. Rows without a label are left
        out, since the last snapshot of a run has none.

    Raises
    ------
    InputError
        A key column is missing, a key is duplicated, the tables have no key in common, other columns clash, species
        differ, or there are labels without a row.
    """
    check_key(rows, "rows")
    check_key(labels, "labels")
    _check_columns(rows, labels)
    # Keys of one table may be int32 and of the other int64 or text: only the replica's name is text by definition.
    left, right = (table.assign(replica=table["replica"].astype(str)) for table in (rows, labels))
    table = left.merge(right, on=KEY, how="inner", suffixes=("", "_of_label"))
    if table.empty:
        raise InputError(
            f"rows and labels have no (replica, step, particle) in common: rows begin with "
            f"{_first_key(rows)}, labels with {_first_key(labels)}"
        )
    lost = len(labels) - len(table)
    if lost and labels_without_row == "error":
        matched = right.merge(left[KEY], on=KEY, how="left", indicator=True)["_merge"].to_numpy() == "both"
        raise InputError(
            f"{lost} of {len(labels)} labels have no row, first {_describe_key(labels, ~matched)}: "
            "describe these snapshots too, or drop the labels on purpose"
        )
    return Joined(_check_species(table), len(rows) - len(table), lost)


def _first_key(table: pd.DataFrame) -> str:
    return _describe_key(table, np.arange(len(table)) == 0) if len(table) else "nothing (empty)"


def feature_columns(table: pd.DataFrame, *, exclude: Iterable[str] = ()) -> list[str]:
    """List the columns of features: all but the key, ``species`` and `exclude` (the labels of a joined table).

    A column that is not numeric is an `InputError`.
    """
    left_out = {*KEY, "species", *exclude}
    columns = [str(name) for name in table.columns if name not in left_out]
    text = [name for name in columns if not pd.api.types.is_numeric_dtype(table[name])]
    if text:
        raise InputError(f"columns {', '.join(text)} are not numbers: leave them out or drop them")
    if not columns:
        raise InputError(f"no feature columns: the table has only {', '.join(map(str, table.columns))}")
    return columns


def matrix(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    """Convert columns to an array (n_rows, n_features) of float64; a value that is not finite is an `InputError`."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InputError(f"the rows lack the feature columns {', '.join(missing)}")
    values = table[list(columns)].to_numpy(dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        where = _describe_key(table, np.arange(len(table)) == row) if set(KEY) <= set(table.columns) else f"row {row}"
        raise InputError(f"{int(bad.sum())} feature values are not finite, first {columns[column]} of {where}")
    return values


def binary_labels(values: ArrayLike, threshold: float) -> NDArray[np.int64]:
    """Assign class 1 to values above `threshold` and class 0 to the others: (n_rows,).

    Section 2.3.1 of Wu & Ruiz Pestana (2023), with D2min as the value.

    Raises
    ------
    InputError
        A class is empty, or a value is not finite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(
            f"{int((~np.isfinite(numbers)).sum())} label values are not finite: drop the particles without a label"
        )
    labels = (numbers > threshold).astype(np.int64)
    if numbers.size == 0 or labels.min() == labels.max():
        empty = "at or below" if numbers.size and labels[0] else "above"
        extent = f"values run from {numbers.min():g} to {numbers.max():g}" if numbers.size else "there are no values"
        raise InputError(f"threshold {threshold:g}: no particle of {numbers.size} is {empty} it: {extent}")
    return labels


def check_two_classes(y: ArrayLike, rows: str) -> NDArray[np.int64]:
    """Require classes 0 and 1, both present: (n_rows,) int64; `rows` names them in messages (``"test rows"`` ...)."""
    labels = np.asarray(y)
    if labels.ndim != 1 or not np.isin(labels, (0, 1)).all():
        raise InputError(f"{rows}: labels must be a one-dimensional array of 0 and 1")
    n_active = int(labels.sum())
    if n_active in (0, len(labels)):
        empty = 1 if n_active == 0 else 0
        raise InputError(f"{rows}: no particle of {len(labels)} is of class {empty}: choose another threshold")
    return labels.astype(np.int64)
