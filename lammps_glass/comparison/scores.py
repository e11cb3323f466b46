"""Scores of predictions against labels: within and between configurations, with ceilings, nulls and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass.analysis.statistics import bootstrap
from lammps_glass.snapshots.cell import Floats


def pearson(a: Floats, b: Floats) -> float:
    """Compute the Pearson coefficient; NaN where one of the two is constant."""
    if len(a) < 2 or not np.ptp(a) > 0 or not np.ptp(b) > 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def area_under_curve(values: Floats, classes: Floats) -> float:
    """Compute the area under the ROC curve: how often class 1 is above class 0, ties as half; NaN for one class."""
    from scipy.stats import rankdata

    positive = classes > 0
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    ranks = rankdata(values)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def top_classes(values: Floats, fraction: float) -> Floats:
    """(n,) 1 for the `fraction` of largest values, 0 for the others; at least one of each."""
    count = min(max(1, round(fraction * len(values))), len(values) - 1)
    classes = np.zeros(len(values))
    classes[np.argsort(values, kind="stable")[-count:]] = 1.0
    return classes


def balanced_accuracy(values: Floats, classes: Floats, fraction: float) -> float:
    """Mean of the rates of both classes that are found when the top `fraction` of the values is called class 1."""
    called = top_classes(values, fraction)
    rates = [float((called[classes == k] == k).mean()) for k in (0.0, 1.0) if (classes == k).any()]
    return float(np.mean(rates))


@dataclass(frozen=True)
class Scores:
    """Scores of one indicator on one label.

    Attributes
    ----------
    within, within_low, within_high
        Mean over configurations of the coefficient within one, and its 5-95 % interval by bootstrap over them.
    pooled, pooled_low, pooled_high
        Coefficient of all particles together, and its interval.
    auc, balanced_accuracy
        Of the particles with the largest labels of each configuration, mean over configurations.
    """

    within: float
    within_low: float
    within_high: float
    pooled: float
    pooled_low: float
    pooled_high: float
    auc: float
    balanced_accuracy: float


def score(predicted: Sequence[Floats], labels: Sequence[Floats], fraction: float, seed: int) -> Scores:
    """Score predictions by configuration.

    Parameters
    ----------
    predicted, labels
        (n,) of each configuration.
    fraction
        Of the particles that are class 1 of the AUC, where the labels are not classes themselves.
    seed
        Of the bootstrap.
    """
    classes = [label if is_class(label) else top_classes(label, fraction) for label in labels]
    parts = [float(c.mean()) for c in classes]
    within = np.array([pearson(p, y) for p, y in zip(predicted, labels, strict=True)])
    low, high = _interval({str(k): value for k, value in enumerate(within)}, lambda drawn: _mean(np.array(drawn)), seed)
    sums = {str(k): _sums(p, y) for k, (p, y) in enumerate(zip(predicted, labels, strict=True))}
    pooled_low, pooled_high = _interval(sums, _pooled, seed)
    return Scores(
        within=_mean(within),
        within_low=low,
        within_high=high,
        pooled=pearson(np.concatenate(list(predicted)), np.concatenate(list(labels))),
        pooled_low=pooled_low,
        pooled_high=pooled_high,
        auc=_mean(np.array([area_under_curve(p, c) for p, c in zip(predicted, classes)])),
        balanced_accuracy=_mean(np.array([balanced_accuracy(p, c, f) for p, c, f in zip(predicted, classes, parts)])),
    )


def score_of(predicted: Sequence[Floats], labels: Sequence[Floats]) -> float:
    """Mean coefficient within configurations; minus infinity where none is defined."""
    value = _mean(np.array([pearson(p, y) for p, y in zip(predicted, labels, strict=True)]))
    return value if np.isfinite(value) else float("-inf")


def permuted_score(
    predicted: Sequence[Floats], labels: Sequence[Floats], fraction: float, seed: int, n_permutations: int = 100
) -> Scores:
    """Score predictions against labels permuted within each configuration: what chance gives.

    Scores are means over the permutations, intervals 5-95 % of them.
    """
    random = np.random.default_rng(seed)
    within, pooled = np.empty(n_permutations), np.empty(n_permutations)
    everything = np.concatenate(list(predicted))
    for k in range(n_permutations):
        shuffled = [random.permutation(label) for label in labels]
        within[k] = score_of(predicted, shuffled)
        pooled[k] = pearson(everything, np.concatenate(shuffled))
    once = score(predicted, [random.permutation(label) for label in labels], fraction, seed)
    ends = [float(q) for values in (within, pooled) for q in np.quantile(values, [0.05, 0.95])]
    return Scores(_mean(within), ends[0], ends[1], _mean(pooled), ends[2], ends[3], once.auc, once.balanced_accuracy)


def is_class(label: Floats) -> bool:
    """Return whether a label is of classes: 0 and 1 only."""
    return bool(np.isin(label, (0.0, 1.0)).all())


def _mean(values: Floats) -> float:
    """Mean of the values that are defined; NaN where none is."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _interval(values, statistic, seed: int) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    if len(values) < 2:
        return float("nan"), float("nan")
    return bootstrap(values, statistic, seed=seed)


def _sums(a: Floats, b: Floats) -> Floats:
    """Sums that the pooled coefficient follows from."""
    return np.array([len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b])


def _pooled(drawn: Sequence[Floats]) -> float:
    n, a, b, aa, bb, ab = np.sum(drawn, axis=0)
    spread = (aa - a * a / n) * (bb - b * b / n)
    return float((ab - a * b / n) / np.sqrt(spread)) if spread > 0 else float("nan")


def ceiling(half_1: Sequence[Floats], half_2: Sequence[Floats]) -> tuple[float, float]:
    """Largest coefficient that any predictor can have, within and pooled, from the means over two halves of the runs.

    With r the coefficient of the halves, the reliability of the mean over all runs is ``2 r / (1 + r)`` (Spearman and
    Brown), and the ceiling its square root.

    References
    ----------
    C. Spearman, Br. J. Psychol. 3, 271 (1910); W. Brown, ibid., 296.
    """
    within = np.array([_ceiling_of(pearson(a, b)) for a, b in zip(half_1, half_2, strict=True)])
    return _mean(within), _ceiling_of(pearson(np.concatenate(list(half_1)), np.concatenate(list(half_2))))


def _ceiling_of(r: float) -> float:
    return float(np.sqrt(2 * r / (1 + r))) if r > 0 else float("nan")
