"""Bayesian regression with automatic relevance determination of a label that is not binarised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.prefixes import curve_numbers, spread_over_splits, standardized
from lammps_glass.learn.splits import Split

Floats = NDArray[np.float64]


def ard_pearson(
    X: Floats, target: ArrayLike, splits: Sequence[Split], *, numbers: Sequence[int] | None = None, max_iter: int = 300
) -> pd.DataFrame:
    """Pearson coefficient of left-out rows against number of features (figure 7 of Rottler and Ortner 2024).

    scikit-learn's ``ARDRegression`` on the first n columns. It drops a weight by an absolute threshold, so features and
    target are standardised by the training rows: without that a target as small as D2min would lose all its weights.

    Parameters
    ----------
    X, target
        (n_rows, n_features) and (n_rows,), such as D2min.
    numbers
        Default: `curve_numbers` of all columns.

    Returns
    -------
    DataFrame
        ``n_features``, ``pearson`` (of the pooled predictions), ``std`` (of the coefficient over splits, each by
        its rows), ``n_kept`` (weights that are not 0, mean over splits), ``leaking``.

    Raises
    ------
    InputError
        The target is constant or not finite, or a number is out of range.
    """
    values = np.asarray(target, dtype=np.float64)
    wanted = sorted(set(curve_numbers(X.shape[1]) if numbers is None else numbers))
    if values.shape != (len(X),) or not np.isfinite(values).all() or np.ptp(values) == 0:
        raise InputError(f"target of shape {values.shape} for {len(X)} rows: give finite values that are not all equal")
    if not wanted or not 1 <= wanted[0] <= wanted[-1] <= X.shape[1]:
        raise InputError(f"numbers of features {wanted}: give numbers from 1 to {X.shape[1]}")
    tested = np.concatenate([split.test for split in splits])
    rows = []
    for number in wanted:
        found = [_one_split(X[:, :number], values, split, max_iter) for split in splits]
        predicted = np.concatenate([value for value, _ in found])
        each = [_pearson(values[split.test], value) for split, (value, _) in zip(splits, found)]
        kept = float(np.mean([count for _, count in found]))
        rows.append((number, _pearson(values[tested], predicted), _spread(each, splits), kept))
    curve = pd.DataFrame(rows, columns=["n_features", "pearson", "std", "n_kept"])
    curve["leaking"] = any(split.leaking for split in splits)
    return curve


def _one_split(X: Floats, target: Floats, split: Split, max_iter: int) -> tuple[Floats, int]:
    """Predictions of the test rows in units of the target, and how many weights are left."""
    from sklearn.linear_model import ARDRegression

    train, test = standardized(X, split)
    own = target[split.train]
    mean, scale = own.mean(), own.std()
    if not scale > 0:
        raise InputError(f"target of the training rows with {split.name} left out: all values are equal")
    model = ARDRegression(max_iter=max_iter, copy_X=False).fit(train, (own - mean) / scale)
    return mean + scale * model.predict(test), int(np.count_nonzero(model.coef_))


def _spread(each: Sequence[float], splits: Sequence[Split]) -> float:
    """Over the splits in which the coefficient is defined."""
    values, sizes = np.array(each), np.array([len(split.test) for split in splits])
    known = np.isfinite(values)
    return float(spread_over_splits(values[known], sizes[known])) if known.any() else float("nan")


def _pearson(a: Floats, b: Floats) -> float:
    """0 where a prediction is constant (all weights dropped): nothing is explained; NaN where the target is."""
    if np.ptp(a) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(b) > 0 else 0.0
