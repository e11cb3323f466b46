"""Scores of an indicator: at a threshold, AUC, and bootstrap intervals over replicas."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.rows import check_two_classes

#: Names of the scores.
SCORES = (
    "accuracy", "balanced_accuracy", "f1_weighted", "recall", "recall_tight", "precision", "prevalence", "auc",
)  # fmt: skip


class Interval(NamedTuple):
    """The 5 % and 95 % quantiles of a bootstrap over replicas, and the number of resamples that had a value."""

    low: float
    high: float
    n_resamples: int


def _checked(y: ArrayLike, probability: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    labels = check_two_classes(y, "test rows")
    values = np.asarray(probability, dtype=np.float64)
    if values.shape != labels.shape:
        raise InputError(f"{labels.size} labels and probabilities of shape {values.shape}: give one probability a row")
    if not np.isfinite(values).all():
        raise InputError(f"{int((~np.isfinite(values)).sum())} probabilities are not finite")
    return labels, values


def confusion(y: ArrayLike, probability: ArrayLike, threshold: float = 0.5) -> NDArray[np.int64]:
    """Count the rows by true class (row) and predicted class (column): [[TN, FP], [FN, TP]]."""
    labels, values = _checked(y, probability)
    return _counts(labels, values > threshold)


def _counts(labels: NDArray[np.int64], predicted: NDArray[np.bool_]) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = np.bincount(2 * labels + predicted, minlength=4).reshape(2, 2)
    return counted


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    # 0 / 0 is 0 by scikit-learn's convention for precision and F1 when no row is predicted to be of class 1.
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def rates(counts: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Compute the scores of confusion matrices (..., 2, 2), each an array (...)."""
    true = counts.sum(axis=-1)
    correct = np.stack([counts[..., 0, 0], counts[..., 1, 1]], axis=-1)
    recall = _ratio(correct, true)
    f1 = _ratio(2.0 * correct, true + counts.sum(axis=-2))
    return {
        "accuracy": _ratio(correct.sum(axis=-1), true.sum(axis=-1)),
        "balanced_accuracy": recall.mean(axis=-1),
        "f1_weighted": _ratio((f1 * true).sum(axis=-1), true.sum(axis=-1)),
        "recall": recall[..., 1],
        "specificity": recall[..., 0],
        "precision": _ratio(correct[..., 1], counts[..., 1].sum(axis=-1)),
        "prevalence": _ratio(true[..., 1], true.sum(axis=-1)),
    }


def scores(y: ArrayLike, probability: ArrayLike, threshold: float = 0.5) -> dict[str, float]:
    """Score probabilities, or other numbers that rise with them, against labels.

    Parameters
    ----------
    y
        (n_rows,) 0 and 1, both present.
    probability
        (n_rows,) probability of class 1, or another number that rises with it.
    threshold
        Rows above it are predicted to be of class 1: 0.5 for a probability, 0 for a signed distance.

    Returns
    -------
    dict
        ``accuracy`` (high by itself where one class is rare), ``balanced_accuracy`` (mean of recall and specificity),
        ``auc``, ``f1_weighted`` (F1 of each class weighted by its rows: near one where one class is rare, so read it
        with ``prevalence``), ``recall`` and ``precision`` of class 1, ``specificity`` (recall of class 0),
        ``prevalence`` (fraction of class 1).

    Raises
    ------
    InputError
        One class is missing among the test rows, or the arrays do not fit.
    """
    from sklearn.metrics import roc_auc_score

    labels, values = _checked(y, probability)
    at_threshold = rates(_counts(labels, values > threshold).astype(np.float64))
    result = {name: float(value) for name, value in at_threshold.items()}
    result["auc"] = float(roc_auc_score(labels, values))
    return result


def scores_by_replica(
    table: pd.DataFrame, *, label: str = "label", value: str = "probability", threshold: float = 0.5
) -> pd.DataFrame:
    """`scores` of each replica on its own, a row each: ``replica`` and the scores.

    A replica that holds one class has its ``prevalence`` alone; its other scores are NaN.
    """
    rows = []
    for replica, part in table.groupby("replica"):
        several = part[label].nunique() == 2
        own = scores(part[label], part[value], threshold) if several else {"prevalence": float(part[label].mean())}
        rows.append({"replica": replica, **own})
    return pd.DataFrame(rows).reindex(columns=["replica", *SCORES])


def draws_of_replicas(n_replicas: int, n_resamples: int, seed: int) -> NDArray[np.int64]:
    """Draw resamples of replicas: (n_resamples, n_replicas) how often each is drawn.

    Replicas, not rows, are independent of each other.
    """
    if n_replicas < 2 or n_resamples < 1:
        raise InputError(
            f"{n_resamples} resamples of {n_replicas} replicas: a bootstrap needs at least 1 of at least 2"
        )
    return np.random.default_rng(seed).multinomial(n_replicas, np.full(n_replicas, 1 / n_replicas), size=n_resamples)


def interval(values: NDArray[np.float64], n_resamples: int) -> Interval:
    """Compute the interval of the values of a bootstrap; fewer than half of `n_resamples` are an `InputError`."""
    if 2 * len(values) < n_resamples:
        raise InputError(f"only {len(values)} of {n_resamples} resamples of replicas have both classes: add replicas")
    low, high = np.quantile(values, [0.05, 0.95])
    return Interval(float(low), float(high), len(values))


def bootstrap_by_replica(
    table: pd.DataFrame, statistic: Callable[[pd.DataFrame], float], *, n_resamples: int = 500, seed: int
) -> Interval:
    """Compute the 5-95 % interval of a statistic of tables in which whole replicas are drawn with replacement.

    Resamples for which `statistic` raises `InputError` (one class only, say) are left out; when more than half are, it
    is an `InputError`.
    """
    names = sorted(set(table["replica"].astype(str)))
    parts = [part for _, part in table.groupby(table["replica"].astype(str), sort=True)]
    values = []
    for draw in draws_of_replicas(len(names), n_resamples, seed):
        drawn = pd.concat([part for part, times in zip(parts, draw) for _ in range(times)], ignore_index=True)
        try:
            values.append(float(statistic(drawn)))
        except InputError:
            continue
    return interval(np.asarray(values), n_resamples)


def _wins(parts: list[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Count how often a row of class 1 of replica a is above one of class 0 of b: (n, n), ties as half."""
    class_0 = [np.sort(values[labels == 0]) for labels, values in parts]
    class_1 = [values[labels == 1] for labels, values in parts]

    def wins(above: NDArray[np.float64], below: NDArray[np.float64]) -> float:
        """Count the pairs in which a value of `above` is larger, ties as half; `below` is sorted."""
        ranks = np.searchsorted(below, above, "left") + np.searchsorted(below, above, "right")
        return float(ranks.sum()) / 2

    return np.array([[wins(above, below) for below in class_0] for above in class_1])


def score_with_intervals(
    table: pd.DataFrame,
    *,
    label: str = "label",
    value: str = "probability",
    threshold: float = 0.5,
    n_resamples: int = 500,
    seed: int,
) -> dict[str, float]:
    """Score pooled predictions, each score with its 5-95 % bootstrap interval over replicas.

    The table has ``replica``, `label` and the predictions `value`. The result is flat: ``auc``, ``auc.low``,
    ``auc.high`` and so on for every name of `scores`. Resampled scores follow from each replica's confusion matrix and
    each pair's Mann-Whitney count, so that a resample costs no sort. Resamples of one class are left out.
    """
    result = scores(table[label], table[value], threshold)
    groups = table.groupby(table["replica"].astype(str), sort=True)
    parts = [(part[label].to_numpy(np.int64), part[value].to_numpy(np.float64)) for _, part in groups]
    draws = draws_of_replicas(len(parts), n_resamples, seed).astype(np.float64)
    matrices = np.array([_counts(labels, values > threshold) for labels, values in parts], dtype=np.float64)
    counts = np.einsum("sr,rij->sij", draws, matrices)
    pairs = counts.sum(axis=-1).prod(axis=-1)
    resampled = rates(counts)
    resampled["auc"] = _ratio(np.einsum("sa,ab,sb->s", draws, _wins(parts), draws), pairs)
    for name, values in resampled.items():
        ends = interval(values[pairs > 0], n_resamples)
        result |= {f"{name}.low": ends.low, f"{name}.high": ends.high}
    return result
