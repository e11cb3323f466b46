"""Scores of predictions against labels: within and between configurations, with ceilings, nulls and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass.analysis.association import area_under_curve, pearson, repeats_ceiling
from lammps_glass.analysis.statistics import bootstrap
from lammps_glass.ranking import largest_values
from lammps_glass.snapshots.cell import Floats


def top_classes(values: Floats, fraction: float) -> Floats:
    """(n,) 1 for the `fraction` of largest values, 0 for the others; at least one of each."""
    return largest_values(values, fraction).astype(float)


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
    names = [str(k) for k in range(len(within))]
    low, high = bootstrap(dict(zip(names, within)), lambda drawn: _mean(np.array(drawn)), seed=seed)
    sums = {name: _sums(p, y) for name, p, y in zip(names, predicted, labels, strict=True)}
    pooled_low, pooled_high = bootstrap(sums, _pooled, seed=seed)
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


def behind(
    predicted: Sequence[Floats], best: Sequence[Floats], labels: Sequence[Floats], seed: int
) -> tuple[float, float, float]:
    """Compute how far predictions lie behind others that are scored on the same configurations.

    Both coefficients share what is easy or hard of a configuration: the interval of their difference is narrower than
    the intervals of the two.

    Returns
    -------
    (mean, low, high)
        Mean over configurations of the coefficient of `best` within one minus that of `predicted`, and its 5-95 %
        interval by bootstrap over configurations.
    """
    differences = np.array([pearson(b, y) - pearson(p, y) for p, b, y in zip(predicted, best, labels, strict=True)])
    by_name = {str(k): difference for k, difference in enumerate(differences)}
    return _mean(differences), *bootstrap(by_name, lambda drawn: _mean(np.array(drawn)), seed=seed)


def best_entry(predicted: Mapping[str, Sequence[Floats]], labels: Sequence[Floats]) -> str:
    """Return the entry whose predictions have the largest `score_of`."""
    return max(predicted, key=lambda name: score_of(predicted[name], labels))


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


def _sums(a: Floats, b: Floats) -> Floats:
    """Sums that the pooled coefficient follows from."""
    return np.array([len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b])


def _pooled(drawn: Sequence[Floats]) -> float:
    n, a, b, aa, bb, ab = np.sum(drawn, axis=0)
    spread = (aa - a * a / n) * (bb - b * b / n)
    return float((ab - a * b / n) / np.sqrt(spread)) if spread > 0 else float("nan")


def ceiling(*repeats: Sequence[Floats]) -> tuple[float, float]:
    """Largest coefficient that any predictor can have, within and pooled, from repeats or from two halves of the runs.

    See `analysis.repeats_ceiling`; NaN where the repeats do not agree.
    """
    within = np.array([repeats_ceiling(values) for values in zip(*repeats, strict=True)])
    return _mean(within), repeats_ceiling([np.concatenate(list(values)) for values in repeats])
