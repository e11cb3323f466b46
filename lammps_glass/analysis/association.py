"""Association of an indicator with a quantity of the same particles: correlations, area under the ROC curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike


def pearson(x: ArrayLike, y: ArrayLike) -> float:
    """Compute Pearson's correlation of two (n,) arrays; NaN where one does not vary."""
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(first) < 2 or not np.ptp(first) > 0 or not np.ptp(second) > 0:
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Compute Spearman's rank correlation; NaN where one does not vary."""
    from scipy.stats import rankdata

    return pearson(rankdata(np.asarray(x)), rankdata(np.asarray(y)))


def area_under_curve(values: ArrayLike, positive: ArrayLike) -> float:
    """Compute the area under the ROC curve: how often a positive is above another, ties as half; NaN for one class."""
    from scipy.stats import rankdata

    is_positive = np.asarray(positive) > 0
    n_positive, n_negative = int(is_positive.sum()), int((~is_positive).sum())
    if not n_positive or not n_negative:
        return math.nan
    ranks = rankdata(np.asarray(values))[is_positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def reliability_ceiling(
    first_half: ArrayLike, second_half: ArrayLike, correlation: Callable[[ArrayLike, ArrayLike], float] = pearson
) -> float:
    """Compute the largest correlation with the mean of two halves of runs: ``sqrt(2 r / (1 + r))``; 0 for r <= 0.

    Spearman-Brown: r is the correlation between the means of the halves, 2 r / (1 + r) the reliability of both.

    References
    ----------
    C. Spearman, Br. J. Psychol. 3, 271 (1910); W. Brown, ibid., 296.
    """
    r = correlation(first_half, second_half)
    return math.sqrt(2 * r / (1 + r)) if r > 0 else 0.0


def repeats_ceiling(
    repeats: Sequence[ArrayLike], correlation: Callable[[ArrayLike, ArrayLike], float] = pearson
) -> float:
    """Compute the largest correlation of one number with the mean of k repeats, NaN where they do not agree.

    ``sqrt(k r / (1 + (k - 1) r))`` (Spearman-Brown), with r the mean correlation between two of the repeats; of two
    repeats it is `reliability_ceiling`.

    Parameters
    ----------
    repeats
        (n,) arrays of the same particles, two at least.
    """
    k = len(repeats)
    r = float(np.mean([correlation(a, b) for i, a in enumerate(repeats) for b in repeats[:i]])) if k > 1 else math.nan
    return math.sqrt(k * r / (1 + (k - 1) * r)) if r > 0 else math.nan
