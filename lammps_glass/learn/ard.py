"""Bayesian regression with automatic relevance determination (ARD) of a continuous label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.nested_subsets import curve_numbers, spread_over_splits, standardized
from lammps_glass.learn.splits import Split

Floats = NDArray[np.float64]


def ard_pearson(
    X: Floats, target: ArrayLike, splits: Sequence[Split], *, numbers: Sequence[int] | None = None, max_iter: int = 300
) -> pd.DataFrame:
    """Compute the Pearson coefficient of left-out rows against the number of features.

    Figure 7 of Rottler and Ortner (2024): scikit-learn's ``ARDRegression`` on the first n columns. It drops a weight by
    an absolute threshold, so features and target are standardised by the training rows: without that a target as small
    as D2min would lose all its weights.

    Parameters
    ----------
    X, target
        (n_rows, n_features) and (n_rows,), such as D2min.
    splits
        Which rows train and which test.
    numbers
        Numbers of features; default: `curve_numbers` of all columns.
    max_iter
        Most iterations of ``ARDRegression``.

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
    counts = sorted(set(curve_numbers(X.shape[1]) if numbers is None else numbers))
    if values.shape != (len(X),) or not np.isfinite(values).all() or np.ptp(values) == 0:
        raise InputError(f"target of shape {values.shape} for {len(X)} rows: give finite values that are not all equal")
    if not counts or not 1 <= counts[0] <= counts[-1] <= X.shape[1]:
        raise InputError(f"numbers of features {counts}: give numbers from 1 to {X.shape[1]}")
    tested = np.concatenate([split.test for split in splits])
    rows = []
    for count in counts:
        results = [_fit_and_predict(X[:, :count], values, split, max_iter) for split in splits]
        predicted = np.concatenate([prediction for prediction, _ in results])
        by_split = [_pearson(values[split.test], prediction) for split, (prediction, _) in zip(splits, results)]
        n_kept = float(np.mean([n_weights for _, n_weights in results]))
        rows.append((count, _pearson(values[tested], predicted), _spread(by_split, splits), n_kept))
    curve = pd.DataFrame(rows, columns=["n_features", "pearson", "std", "n_kept"])
    curve["leaking"] = any(split.leaking for split in splits)
    return curve


def _fit_and_predict(X: Floats, target: Floats, split: Split, max_iter: int) -> tuple[Floats, int]:
    """Predict the test rows in units of the target, and count the weights that are not 0."""
    from sklearn.linear_model import ARDRegression

    train, test = standardized(X, split)
    y = target[split.train]
    mean, scale = y.mean(), y.std()
    if not scale > 0:
        raise InputError(f"target of the training rows with {split.name} left out: all values are equal")
    model = ARDRegression(max_iter=max_iter, copy_X=False).fit(train, (y - mean) / scale)
    return mean + scale * model.predict(test), int(np.count_nonzero(model.coef_))


def _spread(coefficients: Sequence[float], splits: Sequence[Split]) -> float:
    """Compute the standard deviation over the splits in which the coefficient is defined."""
    values, sizes = np.array(coefficients), np.array([len(split.test) for split in splits])
    defined = np.isfinite(values)
    return float(spread_over_splits(values[defined], sizes[defined])) if defined.any() else float("nan")


def _pearson(a: Floats, b: Floats) -> float:
    """Compute the coefficient: 0 for a constant prediction, which explains nothing; NaN for a constant target."""
    if np.ptp(a) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(b) > 0 else 0.0
