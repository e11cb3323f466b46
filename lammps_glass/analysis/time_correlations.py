"""Time autocorrelation of a field on voxels, and the decorrelation times of single voxels."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.analysis.histograms import log_histogram
from lammps_glass.analysis.tails import PowerLawFit, tail_exponent
from lammps_glass.errors import InputError

Floats = NDArray[np.float64]
Mean = Literal["each", "origin"]


def field_autocorrelation(steps: ArrayLike, fields: ArrayLike, mean: Mean = "each") -> pd.DataFrame:
    """Compute the time autocorrelation of a field over voxels and origins (Wu & Ruiz Pestana 2023, eq. 3).

    Parameters
    ----------
    steps
        (T,) evenly spaced times of the field.
    fields
        (T, voxels); an empty voxel is NaN and in no average.
    mean
        ``"each"`` subtracts from the field at each time its mean over voxels at that time. ``"origin"`` subtracts the
        mean at the origin from both, as printed in the paper; it includes the drift of the mean.

    Returns
    -------
    DataFrame
        ``time`` (lag, in the unit of `steps`), ``correlation``, ``normalized`` (by lag 0), ``pairs`` (averaged
        products). One row per lag, lag 0 included.

    Raises
    ------
    InputError
        Shapes differ, times are not evenly spaced or not ascending, a time has only empty voxels.
    """
    times, products, counts = _products(steps, fields, mean)
    total, pairs = products.sum(axis=1), counts.sum(axis=1)
    correlation = np.divide(total, pairs, out=np.full(len(times), np.nan), where=pairs > 0)
    variance = correlation[0] if correlation[0] > 0 else np.nan
    columns = {"time": times, "correlation": correlation, "normalized": correlation / variance, "pairs": pairs}
    return pd.DataFrame(columns)


def voxel_autocorrelations(
    steps: ArrayLike, fields: ArrayLike, mean: Mean = "each"
) -> tuple[NDArray[np.int64], Floats]:
    """Compute the time autocorrelation of each voxel, averaged over origins; see `field_autocorrelation`.

    Returns
    -------
    (time, correlation)
        (T,) lags and (T, voxels); NaN where a voxel was never occupied at both times.
    """
    times, products, counts = _products(steps, fields, mean)
    return times, np.divide(products, counts, out=np.full(products.shape, np.nan), where=counts > 0)


def _products(steps: ArrayLike, fields: ArrayLike, mean: Mean) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """Sum the products of each voxel over origins: lags (T,), sums and numbers of products (T, voxels)."""
    times, values = _checked(steps, fields, mean)
    occupied = ~np.isnan(values)
    means = np.nanmean(values, axis=1, keepdims=True)
    deviation = np.where(occupied, values - means, 0.0)
    products, counts = np.empty(values.shape), np.empty(values.shape, dtype=np.int64)
    for lag in range(len(times)):
        origins = len(times) - lag
        later = deviation[lag:]
        if mean == "origin":
            later = np.where(occupied[lag:], values[lag:] - means[:origins], 0.0)
        products[lag] = np.einsum("tv,tv->v", deviation[:origins], later)
        counts[lag] = np.count_nonzero(occupied[:origins] & occupied[lag:], axis=0)
    return times - times[0], products, counts


def _checked(steps: ArrayLike, fields: ArrayLike, mean: Mean) -> tuple[NDArray[np.int64], Floats]:
    times, values = np.asarray(steps), np.asarray(fields, dtype=float)
    if mean not in ("each", "origin"):
        raise InputError(f"time autocorrelation: mean = {mean!r} must be 'each' or 'origin'")
    if values.ndim != 2 or times.shape != values.shape[:1] or not len(times):
        raise InputError(f"time autocorrelation: times of shape {times.shape}, field of shape {values.shape}")
    spacing = np.diff(times)
    if len(spacing) and (spacing[0] <= 0 or not np.allclose(spacing, spacing[0], rtol=1e-9)):
        raise InputError("time autocorrelation: the times of the field must ascend in equal steps")
    if np.isnan(values).all(axis=1).any():
        raise InputError("time autocorrelation: all voxels of one time are empty")
    return times, values


def first_zero_crossings(times: ArrayLike, correlations: ArrayLike) -> Floats:
    """Find the time at which the autocorrelation of each voxel first falls to zero, by linear interpolation.

    Parameters
    ----------
    times
        (T,) ascending lags.
    correlations
        (T, voxels); NaN lags of a voxel are skipped.

    Returns
    -------
    (voxels,)
        NaN for a voxel that never reaches zero, is not positive at its first lag, or has no finite lag.
    """
    lags, curves = np.asarray(times, dtype=float), np.asarray(correlations, dtype=float)
    if curves.ndim != 2 or len(lags) != len(curves):
        raise InputError(f"zero crossings: times of shape {lags.shape}, correlations of shape {curves.shape}")
    return np.array([_first_crossing(lags, curve) for curve in curves.T])


def _first_crossing(lags: Floats, curve: Floats) -> float:
    finite = np.isfinite(curve)
    lags, curve = lags[finite], curve[finite]
    below = np.flatnonzero(curve <= 0)
    if not below.size or below[0] == 0:
        return math.nan
    at = below[0]
    fraction = curve[at - 1] / (curve[at - 1] - curve[at])
    return float(lags[at - 1] + fraction * (lags[at] - lags[at - 1]))


def crossing_distribution(crossings: ArrayLike, first_lag: float, last_lag: float, bins: int = 12) -> pd.DataFrame:
    """Compute the density of crossing times on logarithmic bins between two lags; columns as `log_histogram`.

    Crossings before the first lag are interpolated inside one interval of the data, where no time is resolved: they are
    in no bin, but count in the normalisation.
    """
    return log_histogram(crossings, bins, first_lag, last_lag)


def crossing_exponent(crossings: ArrayLike, first_lag: float, last_lag: float) -> PowerLawFit:
    """Estimate the exponent of the density of crossing times between two lags, ``p(t) ~ t**-alpha``.

    By maximum likelihood on a finite range, as an open power law cannot have an exponent of 1 (the paper's, printed as
    -1).
    """
    return tail_exponent(crossings, first_lag, last_lag)
