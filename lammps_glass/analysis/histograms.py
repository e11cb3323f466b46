"""Histograms as tables: counts and densities in bins, on logarithmic bins too, and means in bins of equal numbers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError


def histogram(values: ArrayLike, edges: ArrayLike) -> pd.DataFrame:
    """Count values in bins, and estimate their probability density.

    Parameters
    ----------
    values
        Any shape; NaN is left out. Values outside the edges are in no bin but count in the normalisation:
        ``sum(density * (high - low))`` is the fraction of values inside.
    edges
        (k + 1,) ascending edges; the last bin holds its upper edge.

    Returns
    -------
    DataFrame
        ``x`` (middle), ``low``, ``high`` (edges), ``count``, ``density`` (per unit of x; 0 without a value).
    """
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[~np.isnan(numbers)]
    limits = np.asarray(edges, dtype=float)
    count = np.histogram(numbers, limits)[0]
    return pd.DataFrame(
        {
            "x": (limits[:-1] + limits[1:]) / 2,
            "low": limits[:-1],
            "high": limits[1:],
            "count": count,
            "density": count / (np.diff(limits) * max(len(numbers), 1)),
        }
    )


def log_histogram(
    values: ArrayLike, bins: int = 40, low: float | None = None, high: float | None = None
) -> pd.DataFrame:
    """Count positive values on bins of equal width in log x, and estimate their probability density.

    Parameters
    ----------
    values
        As for `histogram`; values that are not positive are in no bin but count in the normalisation.
    bins
        Number of bins.
    low, high
        Range; default the smallest and largest positive value.

    Returns
    -------
    DataFrame
        As `histogram`, with ``x`` the geometric middle.

    Raises
    ------
    InputError
        No positive value, or an empty range.
    """
    numbers = np.asarray(values, dtype=float).ravel()
    positive = numbers[numbers > 0]
    if not positive.size:
        raise InputError("histogram on logarithmic bins: no positive value")
    low = float(positive.min()) if low is None else low
    high = float(positive.max()) if high is None else high
    if low == high:
        low, high = low / 1.01, high * 1.01
    if not 0 < low < high < math.inf or bins < 1:
        raise InputError(f"histogram on logarithmic bins: {bins} bins from {low} to {high} make no range")
    edges = np.geomspace(low, high, bins + 1)
    edges[0], edges[-1] = low, high
    return histogram(numbers, edges).assign(x=np.sqrt(edges[:-1] * edges[1:]))


def binned_means(indicator: ArrayLike, values: ArrayLike, fraction: float, at_least: int = 1) -> pd.DataFrame:
    """Average `values` over particles of about equal `indicator`, in bins of equal numbers of particles.

    Parameters
    ----------
    indicator, values
        (n,) of the same particles.
    fraction
        Of all particles that a bin holds (Yang et al. 2021: 0.0025 in figure 11, 0.025 in figure 14).
    at_least
        Fewest particles of a bin, where the fraction would be fewer.

    Returns
    -------
    DataFrame
        ``indicator`` and ``value`` (means), ``low`` and ``high`` (value less and plus its standard error, particles
        taken as independent), ``count``; in ascending order.

    Raises
    ------
    InputError
        Lengths differ, or a number is not finite.
    """
    x, y = np.asarray(indicator, dtype=float), np.asarray(values, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or not len(x) or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"binned means: {x.shape} indicators and {y.shape} values must be finite and as many")
    size = min(len(x), max(1, at_least, round(fraction * len(x))))
    rows = []
    for part in np.array_split(np.argsort(x, kind="stable"), max(1, len(x) // size)):
        error = y[part].std(ddof=1) / np.sqrt(len(part)) if len(part) > 1 else np.nan
        mean = y[part].mean()
        rows.append((x[part].mean(), mean, mean - error, mean + error, len(part)))
    return pd.DataFrame(rows, columns=["indicator", "value", "low", "high", "count"])


def quantile_groups(values: ArrayLike, n_groups: int) -> NDArray[np.int64]:
    """(n,) number of each value's group, 0 to n_groups - 1 in ascending order, of groups of equal size.

    Equal values go by position.
    """
    ranks = pd.Series(np.asarray(values, dtype=float)).rank(method="first")
    return pd.qcut(ranks, n_groups, labels=False).to_numpy(dtype=np.int64)


def extreme_rows(values: ArrayLike, fraction: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers of the `fraction` of lowest and of highest values, at least one each."""
    order = np.argsort(np.asarray(values, dtype=float))
    size = max(1, round(fraction * len(order)))
    return order[:size], order[-size:]
