"""Bootstrap intervals over replicas, which are independent of each other as particles are not; weighted means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError

Value = TypeVar("Value")
Floats = NDArray[np.float64]


def resamples(values: Mapping[str, Value], n_resamples: int, seed: int) -> Iterator[list[Value]]:
    """Draw resamples of as many replicas as there are, with replacement.

    Names are sorted first, so that the draws depend on the names and the seed, not on the order of `values`.
    """
    if n_resamples < 1:
        raise InputError(f"bootstrap needs at least one resample, not {n_resamples}")
    names = sorted(values)
    generator = np.random.default_rng(seed)
    for row in generator.integers(len(names), size=(n_resamples, len(names))):
        yield [values[names[index]] for index in row]


def split_by(values: NDArray[Any], names: ArrayLike) -> dict[str, NDArray[Any]]:
    """Return name -> its rows of (n, ...) `values`, of which (n,) `names` are the replicas; in the order of names."""
    rows = np.asarray(names)
    return {str(name): values[rows == name] for name in sorted(set(rows.tolist()))}


def bootstrap(
    values: Mapping[str, Value],
    statistic: Callable[[Sequence[Value]], float],
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.9,
) -> tuple[float, float]:
    """Compute the percentile bootstrap interval of a statistic over replicas (Efron & Tibshirani 1993, chapter 13).

    Parameters
    ----------
    values
        Replica name -> the argument of `statistic`: a number, an array, a table.
    statistic
        Function from a list of such values, one per drawn replica, to a number. NaN (the statistic does not exist for a
        resample) is left out of the percentiles.
    n_resamples, seed
        Number of resamples and seed of the draw.
    level
        Fraction of the resamples inside the interval; 0.9 is 5 % to 95 %.

    Returns
    -------
    (low, high)
        (NaN, NaN) with fewer than two replicas, which have no spread.

    Raises
    ------
    InputError
        No replica, a level outside (0, 1), no resample.
    """
    if not values:
        raise InputError("bootstrap has no replica to draw from")
    if not 0 < level < 1:
        raise InputError(f"bootstrap level {level} must lie between 0 and 1")
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = np.array([statistic(draw) for draw in resamples(values, n_resamples, seed)], dtype=float)
    drawn = drawn[~np.isnan(drawn)]
    if not drawn.size:
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def weighted_mean(values: ArrayLike, weights: ArrayLike) -> float:
    """Average `values` with `weights`; NaN values are left out, and the mean is NaN where no weight is left.

    Raises
    ------
    InputError
        Shapes differ, or a weight is negative.
    """
    return float(_weighted_means(values, weights, None))


def _weighted_means(values: ArrayLike, weights: ArrayLike, axis: int | None) -> Floats:
    """Average along an axis, or all values for None; see `weighted_mean`."""
    numbers, each_weight = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    if numbers.shape != each_weight.shape:
        raise InputError(f"weighted mean: values have shape {numbers.shape}, weights {each_weight.shape}")
    if (each_weight < 0).any():
        raise InputError("weighted mean: a weight is negative")
    kept = np.where(np.isnan(numbers), 0.0, each_weight)
    total = kept.sum(axis=axis)
    summed = (np.nan_to_num(numbers) * kept).sum(axis=axis)
    means: Floats = np.divide(summed, total, out=np.full_like(np.asarray(total), np.nan), where=total > 0)
    return means


def weighted_mean_of_tables(tables: Sequence[pd.DataFrame], x: str, y: str, weight: str) -> pd.DataFrame:
    """Average the column `y` of several tables at each `x`, weighted by the column `weight`, which is summed."""
    groups = pd.concat(list(tables), ignore_index=True).groupby(x, sort=True)
    rows = [(key, weighted_mean(group[y], group[weight]), group[weight].sum()) for key, group in groups]
    return pd.DataFrame(rows, columns=[x, y, weight])


def mean_over_replicas(
    table: pd.DataFrame,
    by: str | list[str],
    value: str,
    replica: str = "replica",
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.9,
) -> pd.DataFrame:
    """Average a column over replicas at each `by`, with a bootstrap interval.

    Parameters
    ----------
    table
        Long table with the columns `by`, `replica` and `value`; several rows of one replica at one `by` are averaged
        first, so that each replica counts once.
    by
        Column or columns to group by.

    Returns
    -------
    DataFrame
        Columns `by`..., `value` (mean), ``low``, ``high``, ``replicas`` (number with a finite value there). A resample
        has the same replicas at every `by`, so that curves are drawn as a whole.
    """
    keys = [by] if isinstance(by, str) else list(by)
    missing = [name for name in [*keys, value, replica] if name not in table.columns]
    if missing:
        raise InputError(f"mean over replicas: no column {', '.join(missing)} among {', '.join(map(str, table))}")
    wide = table.pivot_table(index=keys, columns=replica, values=value, aggfunc="mean", sort=True)
    curves = {str(name): wide[name].to_numpy(dtype=float) for name in wide.columns}
    stacked = np.array(list(curves.values())).T
    counts = np.isfinite(stacked).sum(axis=1)
    low, high = _band(curves, n_resamples, seed, level)
    result = wide.index.to_frame(index=False)
    return result.assign(**{value: _mean(stacked.T), "low": low, "high": high, "replicas": counts})


def _mean(curves: ArrayLike) -> NDArray[np.float64]:
    """Average the rows of (replicas, points), leaving out NaN: (points,)."""
    stacked = np.asarray(curves, dtype=float)
    return _weighted_means(stacked, np.ones(stacked.shape), 0)


def _band(curves: Mapping[str, Floats], n_resamples: int, seed: int, level: float) -> tuple[Floats, Floats]:
    """Compute the interval of the mean curve at each point: (points,) lower and upper ends."""
    if len(curves) < 2:
        unknown = np.full(len(next(iter(curves.values()), ())), np.nan)
        return unknown, unknown
    drawn = np.array([_mean(draw) for draw in resamples(curves, n_resamples, seed)])
    points = [column[~np.isnan(column)] for column in drawn.T]
    ends = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.array([np.quantile(p, ends) if p.size else (np.nan, np.nan) for p in points]).T
    return low, high
