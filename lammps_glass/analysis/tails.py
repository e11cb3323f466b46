"""Power laws: exponents of tails, and slopes of log-log curves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.analysis.statistics import bootstrap
from lammps_glass.errors import InputError

MIN_TAIL = 10
"""Fewest values of which a tail exponent is estimated; its relative error is about 1 / sqrt(count)."""


@dataclass(frozen=True)
class PowerLawFit:
    """An exponent with its interval, range and number of values.

    Attributes
    ----------
    exponent
        Of a density: alpha in ``p(x) ~ x**-alpha``. Of a curve: the slope of log y against log x. NaN with too few
        points.
    low, high
        Bootstrap interval; NaN when there is none, or fewer than two replicas.
    x_min, x_max
        Range of the fit; `x_max` is infinite for an open tail.
    count
        Number of values (density) or points (curve) in the range.
    """

    exponent: float
    low: float
    high: float
    x_min: float
    x_max: float
    count: int


def tail_exponent(values: ArrayLike, x_min: float, x_max: float = math.inf) -> PowerLawFit:
    """Estimate the exponent of a power-law density above a threshold, by maximum likelihood.

    With an open end this is the Hill estimator, ``alpha = 1 + n / sum(ln(x / x_min))`` (Clauset, Shalizi & Newman 2009,
    eq. 3.1). Unlike a straight line through a log-log histogram it depends on no bins, and weights every value equally.
    With a finite `x_max` the density is normalised on [x_min, x_max] and every real exponent is allowed, also those at
    or below 1, which no open tail can have.

    Parameters
    ----------
    values
        Any shape; those outside [x_min, x_max] and NaN are left out.
    x_min, x_max
        Range of the power law.

    Returns
    -------
    PowerLawFit
        `exponent` is NaN with fewer than `MIN_TAIL` values in the range.
    """
    if not 0 < x_min < x_max:
        raise InputError(f"power-law range [{x_min}, {x_max}] must be positive and not empty")
    numbers = np.asarray(values, dtype=float).ravel()
    logs = np.log(numbers[(numbers >= x_min) & (numbers <= x_max)] / x_min)
    exponent = math.nan
    if len(logs) >= MIN_TAIL and logs.any():
        exponent = (
            1 + 1 / logs.mean() if math.isinf(x_max) else 1 - _truncated_rate(logs.mean(), math.log(x_max / x_min))
        )
    return PowerLawFit(float(exponent), math.nan, math.nan, x_min, x_max, len(logs))


def _truncated_rate(mean: float, width: float) -> float:
    """Solve for the rate k of a density exp(k u) on [0, width] with a given mean: u = ln(x / x_min), k = 1 - alpha."""
    from scipy.optimize import brentq

    def excess(rate: float) -> float:
        """Compute the mean of the density less the given mean."""
        product = rate * width
        if abs(product) < 1e-4:  # series of the closed form, which loses all digits near 0
            return width * (0.5 + product / 12) - mean
        return width / -math.expm1(-product) - 1 / rate - mean

    bound = 500 / width  # beyond it the mean lies within 0.2 % of an end of the range: no power law
    if excess(-bound) > 0 or excess(bound) < 0:
        return math.nan
    return float(brentq(excess, -bound, bound, xtol=1e-12))


def tail_exponent_interval(
    values: Mapping[str, NDArray[np.float64]],
    x_min: float,
    x_max: float = math.inf,
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.9,
) -> PowerLawFit:
    """Estimate the `tail_exponent` of all replicas (name -> values) together, with a bootstrap interval over them."""
    if not values:
        raise InputError("tail exponent: no replica")
    inside = {name: np.asarray(v)[(np.asarray(v) >= x_min) & (np.asarray(v) <= x_max)] for name, v in values.items()}
    fit = tail_exponent(np.concatenate(list(inside.values())), x_min, x_max)
    low, high = bootstrap(
        inside, lambda drawn: tail_exponent(np.concatenate(drawn), x_min, x_max).exponent, n_resamples, seed, level
    )
    if math.isnan(fit.exponent):  # some resamples may have an exponent even so
        low = high = math.nan
    return PowerLawFit(fit.exponent, low, high, x_min, x_max, fit.count)


def power_law_slope(x: ArrayLike, y: ArrayLike, x_min: float = 0.0, x_max: float = math.inf) -> PowerLawFit:
    """Fit the slope of ln y against ln x by least squares, over positive finite points with x_min <= x <= x_max.

    For curves (fluctuation against population), not for densities. NaN with fewer than two different x.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    kept = (a >= x_min) & (a <= x_max) & (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
    u, v = np.log(a[kept]), np.log(b[kept])
    spread = ((u - u.mean()) ** 2).sum() if len(u) else 0.0
    slope = float(((u - u.mean()) * v).sum() / spread) if spread > 0 else math.nan
    return PowerLawFit(slope, math.nan, math.nan, x_min, x_max, len(u))
