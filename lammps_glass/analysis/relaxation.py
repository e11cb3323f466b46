"""Relaxation times and diffusion coefficients from tables of dynamics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.analysis.statistics import bootstrap
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats

#: Fewest lags that a stretched exponential is fitted to: one more than it has parameters.
FEWEST = 4
#: Range of lags, as fractions of the longest, for a diffusion coefficient: longer ones have few origins.
DIFFUSIVE_RANGE = (0.1, 0.5)
#: Smallest d ln(msd) / d ln(t) that counts as diffusion.
DIFFUSIVE = 0.9


@dataclass(frozen=True)
class StretchedExponential:
    """Parameters of ``amplitude exp(-(t / tau)**beta)``, and the interval of tau (NaN where it is not known).

    Attributes
    ----------
    first
        Lag from which on it was fitted: after the plateau, if there is one.
    """

    amplitude: float
    tau: float
    beta: float
    first: float
    tau_low: float = math.nan
    tau_high: float = math.nan

    @property
    def fault(self) -> str:
        """Why the fit is no stretched exponential; empty where it is one."""
        above = round(self.beta, 2) > 1
        return f"beta {self.beta:.2f} is above 1: compressed, not stretched" if above else ""

    def at(self, time: ArrayLike) -> Floats:
        """Evaluate at lags (k,)."""
        scaled = np.asarray(time, dtype=float) / self.tau
        return np.asarray(self.amplitude * np.exp(-(scaled**self.beta)))


@dataclass(frozen=True)
class RelaxationTimes:
    """Relaxation time as a crossing of 1/e and by a fit; each None where the curve does not fall to 1/e.

    Attributes
    ----------
    lowest
        Value of the curve at the longest lag.
    longest
        The longest lag.
    """

    crossing: float | None
    fit: StretchedExponential | None
    lowest: float
    longest: float

    @property
    def fault(self) -> str:
        """Why there is no relaxation time; empty where there is one."""
        if self.crossing is None:
            return f"the run is too short: {self.lowest:.2f} at its longest lag of {self.longest:g}, above 1/e"
        return ""


def crossing_time(time: ArrayLike, values: ArrayLike, level: float = math.exp(-1)) -> float | None:
    """Find the first lag at which a falling curve reaches `level`, by linear interpolation; None if it does not."""
    at, curve = np.asarray(time, dtype=float), np.asarray(values, dtype=float)
    below = np.flatnonzero(curve <= level)
    if not len(below):
        return None
    k = int(below[0])
    if k == 0:
        return float(at[0])
    return float(np.interp(-level, -curve[k - 1 : k + 1], at[k - 1 : k + 1]))


def relaxation_times(time: ArrayLike, fs: ArrayLike) -> RelaxationTimes:
    """Find the relaxation time of one curve; nothing is extrapolated.

    Parameters
    ----------
    time, fs
        (k,) ascending lags and values, 1 at lag 0.
    """
    at, curve = _checked(time, fs)
    crossing = crossing_time(at, curve)
    fit = None if crossing is None else _stretched(at, curve, crossing)
    return RelaxationTimes(crossing, fit, float(curve[-1]), float(at[-1]))


def relaxation_over_replicas(
    curves: Mapping[str, pd.DataFrame], *, n_resamples: int = 200, seed: int = 0
) -> RelaxationTimes:
    """Find the relaxation time of the mean of several curves; the interval of the fit is a bootstrap over replicas.

    Parameters
    ----------
    curves
        Replica -> table with ``time`` and ``fs``, all with the same lags.
    """
    first = next(iter(curves.values()))["time"].to_numpy()
    stacked = {name: table["fs"].to_numpy(dtype=float) for name, table in curves.items()}
    if any(not np.array_equal(first, table["time"]) for table in curves.values()):
        raise InputError("relaxation time: the curves of the replicas have other lags: give one table of lags")
    whole = relaxation_times(first, np.mean(list(stacked.values()), axis=0))
    if whole.fit is None:
        return whole

    def tau(drawn: Sequence[Floats]) -> float:
        """Fit the mean of a resample."""
        fit = relaxation_times(first, np.mean(drawn, axis=0)).fit
        return math.nan if fit is None else fit.tau

    low, high = bootstrap(stacked, tau, n_resamples, seed)
    fit = whole.fit
    interval = StretchedExponential(fit.amplitude, fit.tau, fit.beta, fit.first, low, high)
    return RelaxationTimes(whole.crossing, interval, whole.lowest, whole.longest)


def _checked(time: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    at, curve = np.asarray(time, dtype=float), np.asarray(values, dtype=float)
    if at.shape != curve.shape or at.ndim != 1 or len(at) < 2 or not (np.diff(at) > 0).all():
        raise InputError(f"relaxation time: {at.shape} lags and {curve.shape} values must be as many, lags ascending")
    if not np.isfinite(curve).all():
        raise InputError("relaxation time: a value is not finite")
    return at, curve


def _stretched(time: Floats, fs: Floats, crossing: float) -> StretchedExponential | None:
    """Fit a stretched exponential from the plateau down to 5 %; None with too few lags there."""
    from scipy.optimize import curve_fit

    positive = time > 0
    at, curve = time[positive], fs[positive]
    before = at <= crossing
    start = 0
    if before.sum() > 2:
        slopes = -np.diff(curve[before]) / np.diff(np.log(at[before]))
        start = int(np.argmin(slopes))
    kept = np.arange(len(at)) >= start
    low = np.flatnonzero(kept & (curve < 0.05))
    if len(low):
        kept &= np.arange(len(at)) <= low[0]
    if kept.sum() < FEWEST:
        return None

    def model(t: Floats, amplitude: float, log_tau: float, beta: float) -> Floats:
        """Evaluate the stretched exponential."""
        return np.asarray(amplitude * np.exp(-((t / np.exp(log_tau)) ** beta)))

    guess = (min(1.0, float(curve[start])), math.log(crossing), 0.8)
    limits = ([0.0, math.log(at[0]) - 5, 0.05], [1.0 + 1e-9, math.log(at[-1]) + 5, 3.0])
    try:
        parameters, _ = curve_fit(model, at[kept], curve[kept], guess, bounds=limits)
    except RuntimeError:
        return None
    amplitude, log_tau, beta = (float(value) for value in parameters)
    return StretchedExponential(amplitude, math.exp(log_tau), beta, float(at[start]))


@dataclass(frozen=True)
class Diffusion:
    """Diffusion coefficient, length squared a time unit, and the slope of ln(msd) against ln(t) where it was read off.

    Attributes
    ----------
    coefficient
        None where the particles do not diffuse within the run.
    """

    coefficient: float | None
    slope: float
    first: float
    last: float

    @property
    def fault(self) -> str:
        """Why there is no coefficient; empty where there is one."""
        if self.coefficient is None:
            return (
                f"no diffusion within the run: the mean squared displacement grows as t^{self.slope:.2f} from "
                f"{self.first:g} to {self.last:g}"
            )
        return ""


def diffusion_coefficient(time: ArrayLike, msd: ArrayLike, *, dimension: int = 3) -> Diffusion:
    """Compute the diffusion coefficient, the slope of the mean squared displacement over 2 x `dimension` (Einstein).

    The range of the fit is fixed: lags from a tenth to a half of the longest (`DIFFUSIVE_RANGE`), since shorter ones
    are not yet diffusive and longer ones have few origins, independent ones fewer still. A straight line with a
    constant is fitted there by least squares, every lag with the same weight. The coefficient is given only if
    ln(msd) grows at least as 0.9 ln(t) in that range (`DIFFUSIVE`): give a longer trajectory otherwise.

    Parameters
    ----------
    time, msd
        (k,) ascending lags, and mean squared displacements.
    dimension
        Of space.

    Raises
    ------
    InputError
        Fewer than three lags there, or shapes differ.
    """
    at, curve = _checked(time, msd)
    first, last = (fraction * at[-1] for fraction in DIFFUSIVE_RANGE)
    chosen = (at >= first * (1 - 1e-9)) & (at <= last * (1 + 1e-9)) & (at > 0)
    if chosen.sum() < 3:
        raise InputError(
            f"diffusion coefficient: {chosen.sum()} lags from {first:g} to {last:g}: give a trajectory of more frames"
        )
    t, values = at[chosen], curve[chosen]
    if not (values > 0).all():
        return Diffusion(None, 0.0, float(first), float(last))
    slope = float(np.polyfit(np.log(t), np.log(values), 1)[0])
    linear = float(np.polyfit(t, values, 1)[0]) / (2 * dimension)
    return Diffusion(linear if slope >= DIFFUSIVE else None, slope, float(first), float(last))
