"""Intervals over replicas, and means with weights: the replica is the unit that is independent, not the particle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError

Value = TypeVar("Value")


def resamples(values: Mapping[str, Value], n_resamples: int, seed: int) -> Iterator[list[Value]]:
    """Draws of as many replicas as there are, with replacement; the same for the same names and seed.

    The names are sorted first, so that the order in which replicas arrive does not change the result.
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
    """Percentile bootstrap interval of a statistic over replicas (Efron & Tibshirani 1993, chapter 13).

    Parameters
    ----------
    values
        Replica name -> whatever `statistic` needs of it: a number, an array, a table.
    statistic
        Takes a list of such values (one a drawn replica, repeats included), returns a number. A NaN (a resample for
        which the statistic does not exist) is left out of the percentiles.
    n_resamples, seed
        Number of resamples and seed of the draw.
    level
        Share of the resamples inside the interval; 0.9 is 5 % to 95 %.

    Returns
    -------
    (low, high)
        NaN twice with fewer than two replicas: one replica says nothing about the spread.

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


def weighted_mean(values: ArrayLike, weights: ArrayLike, axis: int | None = None) -> Any:
    """Mean of `values` with `weights`; NaN values and their weights are left out, NaN where no weight is left."""
    numbers, own = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    if numbers.shape != own.shape:
        raise InputError(f"weighted mean: values have shape {numbers.shape}, weights {own.shape}")
    if (own < 0).any():
        raise InputError("weighted mean: a weight is negative")
    kept = np.where(np.isnan(numbers), 0.0, own)
    total = kept.sum(axis=axis)
    summed = (np.nan_to_num(numbers) * kept).sum(axis=axis)
    result = np.divide(summed, total, out=np.full_like(np.asarray(total), np.nan), where=total > 0)
    return float(result) if np.ndim(result) == 0 else result


def weighted_mean_of_tables(tables: Sequence[pd.DataFrame], x: str, y: str, weight: str) -> pd.DataFrame:
    """One table of several that share the column `x`: `y` averaged with `weight`, `weight` summed."""
    joined = pd.concat(list(tables), ignore_index=True)
    groups = joined.groupby(x, sort=True)
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
    """Mean of `value` over replicas at each `by`, with its bootstrap interval.

    Parameters
    ----------
    table
        Long table with the columns `by`, `replica` and `value`; several rows of one replica at one `by` are averaged
        first, so that each replica counts once.
    by
        Column or columns that stay.

    Returns
    -------
    DataFrame
        Columns `by`..., `value` (mean), ``low``, ``high``, ``replicas`` (number with a finite value there). All
        replicas of a resample are drawn together at every `by`, so that a curve is drawn as a whole.
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
    """(points,) mean over the rows of (replicas, points), NaN left out."""
    stacked = np.asarray(curves, dtype=float)
    mean: NDArray[np.float64] = weighted_mean(stacked, np.ones(stacked.shape), axis=0)
    return mean


def _band(curves: Mapping[str, Any], n_resamples: int, seed: int, level: float) -> Any:
    if len(curves) < 2:
        return np.nan, np.nan
    drawn = np.array([_mean(draw) for draw in resamples(curves, n_resamples, seed)])
    points = [column[~np.isnan(column)] for column in drawn.T]
    edges = [(1 - level) / 2, (1 + level) / 2]
    return np.array([np.quantile(p, edges) if p.size else (np.nan, np.nan) for p in points]).T
