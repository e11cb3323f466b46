"""Predictions of an indicator, pooled over the replicas that it left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.labels.base import LabelColumn
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.products import PredictedColumn, Predictions

#: Scores of the baseline, and of single replicas.
MAIN_SCORES = ("balanced_accuracy", "auc")


class Entry(NamedTuple):
    """Predictions of one indicator, pooled over replicas; rows without a prediction or a label are left out.

    Columns of the table: ``replica``, ``step``, ``particle``, ``species``, ``value`` (of the label), ``indicator``,
    ``label`` (the class).
    """

    column: PredictedColumn
    table: pd.DataFrame

    @property
    def title(self) -> str:
        """Name of the indicator in figures."""
        return title_of(self.column)

    @property
    def prefix(self) -> str:
        """Prefix of the scores where there are several indicators."""
        return ".".join(map(str, self.column.conditions.values()))

    def replicas(self) -> dict[str, pd.DataFrame]:
        """Return the rows by replica."""
        return {str(replica): rows for replica, rows in self.table.groupby("replica", sort=True)}

    def replicas_of_both_classes(self) -> dict[str, pd.DataFrame]:
        """Return the rows by replica, of the replicas that hold both classes."""
        return {replica: rows for replica, rows in self.replicas().items() if rows["label"].nunique() == 2}


def title_of(column: PredictedColumn) -> str:
    """Return the name of an indicator in figures: the conditions of its fit."""
    name = " + ".join(map(str, column.conditions.values()))
    return f"{name} (LEAKS)" if column.leaking else name


def pooled_entries(
    predictions: Sequence[Predictions], label: LabelColumn, parameters: ClassParameters, here: str
) -> list[Entry]:
    """Return the pooled predictions of every indicator that left replicas out.

    Raises
    ------
    InputError
        No indicator left a replica out, or all particles are of one class; the message begins with `here`.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    columns: dict[str, PredictedColumn] = {}
    for product in predictions:
        table = product.read()
        for column in product.predicted_columns:
            if column.training_replicas:
                continue
            scored = table[table[label.name].notna() & table[column.name].notna()]
            classes = parameters.classes(scored, label.name)
            keys = scored[["replica", "step", "particle", "species"]]
            rows = keys.assign(value=scored[label.name], indicator=scored[column.name], label=classes)
            parts.setdefault(column.name, []).append(rows)
            columns[column.name] = column
    if not parts:
        raise InputError(f"{here}: every indicator was trained on all replicas: run the fit over left_out")
    entries = [Entry(column, pd.concat(parts[name], ignore_index=True)) for name, column in columns.items()]
    for entry in entries:
        of_class_1, n_rows = int(entry.table["label"].sum()), len(entry.table)
        if of_class_1 in (0, n_rows):
            raise InputError(
                f"{here}: {of_class_1} of {n_rows} predicted particles are of class 1 ({parameters}): take another "
                "threshold or fraction, or run longer"
            )
    return entries
