"""Cross-validation: predictions of rows by estimators that were not trained on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import MakeEstimator, indicator_values
from lammps_glass.learn.rows import check_key, check_two_classes, matrix
from lammps_glass.learn.splits import Split, leave_one_replica_out, random_row_folds
from lammps_glass.tables import KEY


def out_of_fold(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    splits: Iterable[Split],
    make_estimator: MakeEstimator | Sequence[MakeEstimator],
) -> NDArray[np.float64]:
    """Predict each row by an estimator that was not trained on it: (n_rows,), NaN where no split tests the row.

    The values are `indicator_values`: probabilities, or signed distances. `make_estimator` is of all splits, or one for
    each. Training rows of one class only are an `InputError` that names the split.
    """
    values = np.full(len(y), np.nan)
    for number, split in enumerate(splits):
        check_two_classes(y[split.train], f"training rows with {split.name} left out")
        make = make_estimator if callable(make_estimator) else make_estimator[number]
        estimator = make().fit(X[split.train], y[split.train])
        values[split.test] = indicator_values(estimator, X[split.test])
    return values


def split_predictions(
    table: pd.DataFrame,
    columns: Sequence[str] | NDArray[np.float64],
    splits: Sequence[Split],
    make_estimator: MakeEstimator | Sequence[MakeEstimator],
    *,
    label: str = "label",
    value: str = "probability",
) -> pd.DataFrame:
    """Cross-validate an estimator, and pool the predictions of the tested rows.

    Parameters
    ----------
    table
        A row per particle: key columns, features, and `label` (0 or 1).
    columns
        The feature columns; or the features themselves, (n_rows, n_features), where the table does not hold them.
    splits
        Which rows train and which test; no row is tested twice.
    make_estimator
        Returns a new estimator; or one such function for each split.
    label, value
        Columns of the labels, and of the predictions in the result.

    Returns
    -------
    DataFrame
        The key columns, `label`, `value`, ``split`` (name) and ``leaking``, of the tested rows in their order.

    Raises
    ------
    InputError
        A key or a class is missing, a row is tested twice.
    """
    check_key(table, "rows")
    if label not in table:
        raise InputError(f"the rows have no column {label!r}: join them with their labels first")
    tests = np.concatenate([split.test for split in splits])
    if len(np.unique(tests)) != len(tests):
        raise InputError("the splits test some rows twice: pooled predictions need each row once")
    y = check_two_classes(table[label], "rows")
    X = columns if isinstance(columns, np.ndarray) else matrix(table, columns)
    result = table[[*KEY, label]].copy()
    result[value] = out_of_fold(X, y, splits, make_estimator)
    names = np.full(len(table), "", dtype=object)
    for split in splits:
        names[split.test] = split.name
    result["split"] = names
    result["leaking"] = any(split.leaking for split in splits)
    return result.iloc[np.sort(tests)].reset_index(drop=True)


def leave_one_replica_out_predictions(
    table: pd.DataFrame, columns: Sequence[str], make_estimator: MakeEstimator, *, label: str = "label"
) -> pd.DataFrame:
    """Predict each replica by an estimator trained on all others; see `split_predictions`."""
    check_key(table, "rows")
    return split_predictions(table, columns, leave_one_replica_out(table["replica"]), make_estimator, label=label)


def random_row_predictions(
    table: pd.DataFrame,
    columns: Sequence[str],
    make_estimator: MakeEstimator,
    *,
    n_folds: int = 5,
    label: str = "label",
    seed: int,
) -> pd.DataFrame:
    """Predict folds of random rows. LEAKS: for comparison with `leave_one_replica_out_predictions` only."""
    check_key(table, "rows")
    splits = random_row_folds(table[label], n_folds, seed=seed)
    return split_predictions(table, columns, splits, make_estimator, label=label)
