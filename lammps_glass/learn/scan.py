"""Scans over the threshold of the label and its time interval: class sizes and accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.rows import matrix
from lammps_glass.learn.selection import best_c, choose_c, sampled_scores

# Scores by column of the table.
_COLUMNS = {
    "recall": "recall",
    "specificity": "specificity",
    "balanced_accuracy": "balanced_accuracy",
    "auc": "auc",
    "f1": "f1_weighted",
}


@dataclass(frozen=True)
class SampleOptions:
    """Balanced samples and folds on which every combination is evaluated; see `sampled_scores`."""

    n_samples: int
    n_folds: int
    size_per_class: int
    seed: int


def class_fractions(values: Mapping[int, ArrayLike], thresholds: Sequence[float]) -> pd.DataFrame:
    """Count the particles of class 1 by interval and threshold (table S1 of Wu & Ruiz Pestana).

    `values` maps each interval (steps) to its D2min. Returns ``dt``, ``threshold``, ``n_rows``, ``n_class_1``,
    ``fraction``.
    """
    rows = []
    for dt, numbers in values.items():
        array = np.asarray(numbers, dtype=np.float64)
        if not array.size or not np.isfinite(array).all():
            raise InputError(f"dt {dt}: label values are missing or not finite")
        for threshold in thresholds:
            count = int((array > threshold).sum())
            rows.append((dt, float(threshold), array.size, count, count / array.size))
    return pd.DataFrame(rows, columns=["dt", "threshold", "n_rows", "n_class_1", "fraction"])


def common_size(fractions: pd.DataFrame, smallest: int) -> int:
    """Find the smallest size of a class among combinations whose smaller class has at least `smallest` rows."""
    sizes = np.asarray(np.minimum(fractions["n_class_1"], fractions["n_rows"] - fractions["n_class_1"]))
    sizes = sizes[sizes >= smallest]
    if not sizes.size:
        raise InputError(f"no threshold leaves {smallest} particles of each class: use lower thresholds or more rows")
    return int(sizes.min())


def _summary(table: pd.DataFrame) -> dict[str, float]:
    """Average the scores over the samples, each with its standard deviation as ``<name>_std``."""
    result: dict[str, float] = {}
    for name, source in _COLUMNS.items():
        result |= {name: float(table[source].mean()), f"{name}_std": float(table[source].std(ddof=0))}
    return result


def threshold_scan(
    tables: Mapping[int, pd.DataFrame],
    columns: Sequence[str],
    thresholds: Sequence[float],
    *,
    value: str = "d2min",
    C: float | None = 1.0,
    n_samples: int = 5,
    n_folds: int = 5,
    size_per_class: int | None = None,
    smallest: int = 20,
    seed: int,
) -> pd.DataFrame:
    """Score each threshold and interval: recall of both classes, AUC and F1.

    Figures 4A, 4B and S1 of Wu & Ruiz Pestana (2023). Every combination is evaluated on balanced samples of one size,
    so that only threshold and interval differ, with folds of whole replicas and with folds of random rows
    (``leaking``), which the paper seems to use.

    Parameters
    ----------
    tables
        Interval (steps) to joined rows: ``replica``, features, `value`.
    columns
        Feature columns.
    C
        Regularisation; None chooses it for each combination by `choose_c`.
    size_per_class
        Rows of each class in a sample; None: see `common_size`. Combinations whose smaller class has fewer than
        `smallest` rows are listed with their number and no score.

    Returns
    -------
    DataFrame
        ``dt``, ``threshold``, ``folds`` (``replica`` or ``random rows``), ``leaking``, ``C``, ``size_per_class``, and
        mean and ``_std`` over the samples of ``recall``, ``specificity``, ``balanced_accuracy``, ``auc``, ``f1``.
    """
    fractions = class_fractions({dt: table[value] for dt, table in tables.items()}, thresholds)
    size = size_per_class or common_size(fractions, smallest)
    options = SampleOptions(n_samples, n_folds, size, seed)
    results: list[dict[str, object]] = []
    for dt, table in tables.items():
        X = matrix(table, columns)
        for threshold in thresholds:
            y = (table[value].to_numpy(np.float64) > threshold).astype(np.int64)
            for folds, groups in (("replica", table["replica"].to_numpy()), ("random rows", None)):
                row = {"dt": dt, "threshold": float(threshold), "folds": folds, "leaking": groups is None}
                results.append({**row, **_combination(X, y, groups, C, smallest, options)})
    return pd.DataFrame(results)


def _combination(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    groups: NDArray[np.object_] | None,
    C: float | None,
    smallest: int,
    options: SampleOptions,
) -> dict[str, float]:
    """Score one threshold and interval with one kind of folds; NaN where the smaller class is too small."""
    smaller = int(min(y.sum(), len(y) - y.sum()))
    if smaller < smallest:
        return {"C": np.nan, "size_per_class": smaller}
    chosen = best_c(choose_c(X, y, groups, **vars(options))) if C is None else C
    table, size = sampled_scores(X, y, groups, C=chosen, **vars(options))
    return {"C": chosen, "size_per_class": size} | _summary(table)
