"""The operation ``predict``: apply the indicators that left a replica out to its labelled particles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case, NoParameters
from lammps_glass.operations.fit import LEFT_OUT, random_fold
from lammps_glass.operations.operation import operation
from lammps_glass.products import PredictedColumn, Predictions, Rows, SavedIndicator
from lammps_glass.simulate.work import Work


class Loaded(NamedTuple):
    """An indicator with its metadata and its column of predictions."""

    estimator: Any
    metadata: dict[str, Any]
    column: PredictedColumn


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the rows that are predicted."""
    rows = sum(work.rows for work in reads["rows"])
    return Work(parts={"cases": 1.0, "rows": rows}, rows=rows)


@operation(work=work, rates={"cases": 0.5, "rows": 1e-5})
def predict(case: Case[NoParameters], rows: Rows, indicators: Sequence[SavedIndicator]) -> Predictions:
    """Predict the rows of one replica, each by the indicator that was not trained on it.

    An indicator trained on all replicas is applied too; its column says which replicas trained it.
    """
    table = rows.table.read()
    loaded = [load(product, number) for number, product in enumerate(indicators)]
    chosen = [one for one in loaded if applies(one, case.replica)]
    if not chosen:
        raise InputError(f"stages.{case.stage}: no indicator has left replica {case.replica} out")
    made = Predictions(case.directory)
    known = [column.name for column in rows.label_columns]
    predicted = table[["replica", "step", "particle", "species", *known]].copy()
    columns: dict[str, PredictedColumn] = {}
    names = sorted(set(one.metadata[LEFT_OUT] for one in loaded if one.metadata[LEFT_OUT] is not None))
    for one in chosen:
        values = indicator_column(one, table, names)
        name = one.column.name
        if name in columns:  # a fold of random rows: each indicator predicts the rows that it has left out
            predicted[name] = predicted[name].fillna(pd.Series(values, index=table.index))
        else:
            predicted[name] = values
            columns[name] = one.column
    made.write((group for _, group in predicted.groupby("step", sort=True)), list(columns.values()), rows.label_columns)
    return made


def load(product: SavedIndicator, number: int) -> Loaded:
    """Load an indicator; its column is named after it, and after the conditions of its stage but ``left_out``."""
    from lammps_glass import learn

    estimator, metadata = product.load()
    details = "_".join(str(value) for name, value in product.conditions.items() if name != LEFT_OUT)
    whole = "" if metadata[LEFT_OUT] is not None else "_all"
    column = PredictedColumn(
        name="_".join(filter(None, [metadata["indicator"], details])) + whole,
        indicator=metadata["indicator"],
        threshold=learn.threshold_of(estimator),
        training_replicas=tuple(metadata["training_replicas"]) if metadata[LEFT_OUT] is None else (),
        details=metadata["split"],
    )
    return Loaded(estimator, metadata, column)


def applies(one: Loaded, replica: str) -> bool:
    """Return whether an indicator predicts rows of a replica: it left them out, or it was trained on everything."""
    return one.metadata["split"] == "random" or one.metadata[LEFT_OUT] in (None, replica)


def indicator_column(one: Loaded, table: pd.DataFrame, folds: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return (n_rows,) values of an indicator; NaN for rows of another fold of random rows."""
    from lammps_glass import learn

    values = learn.indicator_values(one.estimator, learn.matrix(table, one.metadata["columns"]))
    if one.metadata["split"] == "random" and one.metadata[LEFT_OUT] is not None:
        values = np.where(random_fold(table, folds) == one.metadata[LEFT_OUT], values, np.nan)
    return values
