"""Power factor: ratio of the rearrangements among the particles of highest and of lowest indicator."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.scoring import draws_of_replicas

Floats = NDArray[np.float64]


class PowerFactor(NamedTuple):
    """Power factor chi with its 5-95 % interval over replicas, and the probabilities it is the ratio of.

    ``chi`` is infinite where no particle of the lowest part rearranges (of the highest, if `falling`) and NaN where
    none of either does; read it with ``p_top`` and ``p_low``. ``low`` and ``high`` are NaN without an interval.
    """

    chi: float
    low: float
    high: float
    p_top: float
    p_low: float
    n_each: int
    falling: bool


def power_factor(
    active: ArrayLike,
    indicator: ArrayLike,
    replicas: ArrayLike | None = None,
    *,
    fraction: float = 0.05,
    n_resamples: int = 500,
    seed: int = 0,
) -> PowerFactor:
    r"""Compute chi = P(active | highest indicator) / P(active | lowest indicator), rows of all replicas pooled.

    Section III C of Yang et al. (2021); the reciprocal where the indicator falls with activity. Of rows that tie at the
    limit of a part the same fraction is counted, so that a discrete indicator has a definite chi.

    Parameters
    ----------
    active
        (n_rows,) 1 for particles that rearranged.
    indicator
        (n_rows,).
    replicas
        (n_rows,); resampled for the interval, with new parts in each resample. None, or one replica: no interval.
    fraction
        Size of each part, as a fraction of the rows (the paper: 5 %).

    Raises
    ------
    InputError
        A class or a value is missing, or `fraction` is not between 0 and 1/2.
    """
    labels, values = check_two_classes(active, "rows of the power factor"), np.asarray(indicator, dtype=np.float64)
    if values.shape != labels.shape or not np.isfinite(values).all():
        raise InputError(f"power factor: {labels.size} labels, values of shape {values.shape}, all must be finite")
    if not 0 < fraction <= 0.5:
        raise InputError(f"power factor: fraction {fraction:g}: give a number above 0, at most 0.5")
    _, ranks = np.unique(values, return_inverse=True)
    p_top, p_low = _active_fractions(ranks, labels, np.ones(len(labels)), fraction)
    falling = p_top < p_low
    names = np.zeros(len(labels)) if replicas is None else np.asarray(replicas).astype(str)
    _, numbers = np.unique(names, return_inverse=True)
    low = high = math.nan
    if numbers.max() > 0 and n_resamples:
        draws = draws_of_replicas(int(numbers.max()) + 1, n_resamples, seed)
        resampled = [_active_fractions(ranks, labels, draw[numbers].astype(np.float64), fraction) for draw in draws]
        low, high = _interval(np.array([_ratio(*pair, falling) for pair in resampled]))
    return PowerFactor(
        _ratio(p_top, p_low, falling), low, high, p_top, p_low, _size(len(labels), fraction), bool(falling)
    )


def _size(total: float, fraction: float) -> int:
    return max(1, round(fraction * total))


def _ratio(p_top: float, p_low: float, falling: bool) -> float:
    upper, lower = (p_low, p_top) if falling else (p_top, p_low)
    return upper / lower if lower > 0 else math.inf if upper > 0 else math.nan


def _active_fractions(
    ranks: NDArray[np.intp], labels: NDArray[np.int64], weights: Floats, fraction: float
) -> tuple[float, float]:
    """Compute the active fractions of the highest and of the lowest part, when each row counts `weights` times."""
    count, active = (np.bincount(ranks, each).astype(np.float64) for each in (weights, weights * labels))
    size = _size(weights.sum(), fraction)

    def first_part(count: Floats, active: Floats) -> float:
        """Compute the active fraction of the first `size` rows, in the order of the arrays."""
        in_part = np.clip(size - (np.cumsum(count) - count), 0.0, count)
        return float(np.divide(in_part * active, count, out=np.zeros_like(count), where=count > 0).sum() / size)

    return first_part(count[::-1], active[::-1]), first_part(count, active)


def _interval(values: Floats) -> tuple[float, float]:
    """Compute the 5 % and 95 % quantiles without NaN, each one of the values: infinity cannot be interpolated."""
    defined = values[~np.isnan(values)]
    if 2 * len(defined) < len(values):
        return math.nan, math.nan
    low, high = np.quantile(defined, [0.05, 0.95], method="inverted_cdf")
    return float(low), float(high)
