"""Rows and labels as tables: joined by the key only, turned into checked arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.tables import KEY


class Joined(NamedTuple):
    """A joined table and what did not find a partner: rows without a label, labels without a row."""

    table: pd.DataFrame
    rows_without_label: int
    labels_without_row: int


def _describe_key(table: pd.DataFrame, mask: NDArray[np.bool_]) -> str:
    """The first marked row as ``replica a, step 0, particle 7``."""
    row = table.loc[mask, KEY].iloc[0]
    return ", ".join(f"{name} {row[name]}" for name in KEY)


def check_key(table: pd.DataFrame, what: str) -> None:
    """Raise `InputError` for a key column that is missing or not numeric (`replica` may be text) and repeated keys."""
    missing = [name for name in KEY if name not in table.columns]
    if missing:
        raise InputError(f"{what}: no column {', '.join(missing)}; rows are joined by {', '.join(KEY)}")
    for name in KEY[1:]:
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise InputError(f"{what}: column {name} is not numeric, first {table[name].iloc[0]!r}")
    twice = table.duplicated(KEY).to_numpy()
    if twice.any():
        raise InputError(f"{what}: {int(twice.sum())} keys occur twice, first {_describe_key(table, twice)}")


def _check_columns(rows: pd.DataFrame, labels: pd.DataFrame) -> None:
    both = [name for name in labels.columns if name in rows.columns and name not in [*KEY, "species"]]
    if both:
        raise InputError(f"rows and labels share the columns {', '.join(both)}: rename them in one of the two")


def _check_species(table: pd.DataFrame) -> pd.DataFrame:
    """Drop the labels' copy of `species`; another species under one key means tables that do not belong together."""
    if "species_of_label" not in table:
        return table
    differ = (table["species"].astype(str) != table["species_of_label"].astype(str)).to_numpy()
    if differ.any():
        raise InputError(
            f"rows and labels differ in species, first {_describe_key(table, differ)}: are they of one glass?"
        )
    return table.drop(columns="species_of_label")


def join(rows: pd.DataFrame, labels: pd.DataFrame, *, labels_without_row: Literal["error", "drop"] = "error") -> Joined:
    """Join descriptors and labels by (replica, step, particle) and by nothing else.

    Parameters
    ----------
    rows
        A row per particle: the key columns, maybe ``species``, then descriptors.
    labels
        A row per particle: the key columns, maybe ``species``, then labels.
    labels_without_row
        A label whose particle was never described is an error, unless the rows are a chosen part
        (one species, a sample of the tight ones): then ``"drop"``.

    Returns
    -------
    Joined
        The table in the order of `rows`, and the numbers of rows and labels left out. Rows without a label are
        normal (the last snapshot of a run has no label) and are counted, not refused.

    Raises
    ------
    InputError
        A key is missing or occurs twice, the tables have no key in common, other columns clash, species differ,
        or there are labels without a row.
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
        found = right.merge(left[KEY], on=KEY, how="left", indicator=True)["_merge"].to_numpy() == "both"
        raise InputError(
            f"{lost} of {len(labels)} labels have no row, first {_describe_key(labels, ~found)}: "
            "describe these snapshots too, or drop the labels on purpose"
        )
    return Joined(_check_species(table), len(rows) - len(table), lost)


def _first_key(table: pd.DataFrame) -> str:
    return _describe_key(table, np.arange(len(table)) == 0) if len(table) else "nothing (empty)"


def feature_columns(table: pd.DataFrame, *, exclude: Iterable[str] = ()) -> list[str]:
    """The descriptor columns of `table`: all but the key, ``species`` and `exclude` (the labels of a joined table).

    A column that is not numeric is an `InputError`, since it can be no feature.
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
    """The `columns` of `table` as (n_rows, n_features) float64; a missing or not finite value is an `InputError`."""
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
    """1 (*loose*) where the value is above `threshold`, else 0 (*tight*); both classes must occur.

    Section 2.3.1 of Wu & Ruiz Pestana: loose means D2min > D2min_0, in squared length.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(
            f"{int((~np.isfinite(numbers)).sum())} label values are not finite: drop the particles without a label"
        )
    labels = (numbers > threshold).astype(np.int64)
    if numbers.size == 0 or labels.min() == labels.max():
        missing = "tight" if numbers.size and labels[0] else "loose"
        extent = f"values run from {numbers.min():g} to {numbers.max():g}" if numbers.size else "there are no values"
        raise InputError(f"threshold {threshold:g} leaves no {missing} particle among {numbers.size}: {extent}")
    return labels


def check_two_classes(y: ArrayLike, what: str) -> NDArray[np.int64]:
    """`y` as 0 and 1, both present; else an `InputError` that names `what` (training rows, test rows ...)."""
    labels: NDArray[Any] = np.asarray(y)
    if labels.ndim != 1 or not np.isin(labels, (0, 1)).all():
        raise InputError(f"{what}: labels must be one row of 0 (tight) and 1 (loose)")
    loose = int(labels.sum())
    if loose in (0, len(labels)):
        missing = "loose" if loose == 0 else "tight"
        raise InputError(
            f"{what}: the threshold leaves no {missing} particle among {len(labels)}: choose another threshold"
        )
    return labels.astype(np.int64)
