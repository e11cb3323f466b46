"""Creep: strain of the box, linear fits in the logarithm of time, and the creep modulus."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.analysis.statistics import bootstrap
from lammps_glass.errors import InputError


def axial_strain(thermo: pd.DataFrame, start: float | None = None, n_times: int | None = None) -> pd.DataFrame:
    """Compute the compressive strain ``1 - L_z / L_z0`` of the box from the thermodynamic output of a run.

    Parameters
    ----------
    thermo
        Columns ``step`` and ``lz``; its first row is the box before the load.
    start
        L_z0; by default that of the first row.
    n_times
        Keep about as many rows, evenly spaced in ln(step); by default all.

    Returns
    -------
    DataFrame
        ``time`` (steps since the first row) and ``strain``, without the first row.
    """
    first = thermo.iloc[0]
    kept = thermo[thermo["step"] > first["step"]]
    if n_times is not None:
        steps = np.geomspace(kept["step"].iloc[0], kept["step"].iloc[-1], n_times)
        kept = kept.iloc[np.unique(np.searchsorted(kept["step"].to_numpy(), steps).clip(max=len(kept) - 1))]
    length = first["lz"] if start is None else start
    return pd.DataFrame({"time": kept["step"] - first["step"], "strain": 1 - kept["lz"] / length})


@dataclass(frozen=True)
class LogTimeFit:
    """Fit of ``value = slope * ln(time) + intercept`` (natural logarithm), with its R2 and number of points."""

    slope: float
    intercept: float
    r2: float
    points: int


def linear_in_log_time(time: ArrayLike, value: ArrayLike) -> LogTimeFit:
    """Fit a line to `value` (n,) against the natural logarithm of `time` (n,), by least squares.

    Points at time 0 or with a NaN value are left out. R2 is NaN for a constant value.

    Raises
    ------
    InputError
        Lengths differ, a time is negative, or fewer than two different times are left.
    """
    times, values = np.asarray(time, dtype=float), np.asarray(value, dtype=float)
    if times.shape != values.shape or times.ndim != 1:
        raise InputError(f"line in log time: time has shape {times.shape}, value {values.shape}")
    if (times < 0).any():
        raise InputError(f"line in log time: time {times.min():g} is negative")
    kept = (times > 0) & np.isfinite(values)
    logs, values = np.log(times[kept]), values[kept]
    if np.unique(logs).size < 2:
        raise InputError(f"line in log time: {np.unique(logs).size} usable times, at least two are needed")
    centred = logs - logs.mean()
    slope = float((centred * values).sum() / (centred**2).sum())
    intercept = float(values.mean() - slope * logs.mean())
    total = float(((values - values.mean()) ** 2).sum())
    residual = float(((values - slope * logs - intercept) ** 2).sum())
    return LogTimeFit(slope, intercept, 1 - residual / total if total > 0 else math.nan, int(kept.sum()))


def creep_modulus(
    table: pd.DataFrame,
    stress: float,
    *,
    replica: str = "replica",
    time: str = "time",
    strain: str = "strain",
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.9,
) -> pd.DataFrame:
    """Fit the creep modulus C of ``strain = (stress / C) ln(time) + strain_e``.

    Section 3.1 of Wu & Ruiz Pestana (2023).

    Parameters
    ----------
    table
        Columns `replica`, `time`, `strain`: every replica at the same times, strain positive under the stress.
    stress
        Magnitude of the stress, in the unit of C.

    Returns
    -------
    DataFrame
        One row: ``stress``, ``modulus``, ``low``, ``high`` (bootstrap over replicas), ``slope``, ``slope_low``,
        ``slope_high``, ``intercept`` (strain_e), ``r2`` of the mean strain, ``replicas``. The interval of the modulus
        follows from that of the slope: it has no upper end (inf) where the lower end of the slope is not positive. A
        mean strain that does not grow has no creep modulus (NaN).

    Raises
    ------
    InputError
        The stress is not positive, a column is missing, replicas have different times.
    """
    if not stress > 0:
        raise InputError(f"creep modulus: stress {stress} must be positive (its magnitude)")
    curves, times = _curves(table, replica, time, strain)
    fit = linear_in_log_time(times, np.mean(list(curves.values()), axis=0))
    low, high = bootstrap(
        curves, lambda drawn: linear_in_log_time(times, np.mean(drawn, axis=0)).slope, n_resamples, seed, level
    )
    row = {
        "stress": stress,
        "modulus": stress / fit.slope if fit.slope > 0 else math.nan,
        "low": stress / high if high > 0 else math.nan,
        "high": stress / low if low > 0 else (math.nan if math.isnan(low) else math.inf),
        "slope": fit.slope,
        "slope_low": low,
        "slope_high": high,
        "intercept": fit.intercept,
        "r2": fit.r2,
        "replicas": len(curves),
    }
    return pd.DataFrame([row])


def _curves(
    table: pd.DataFrame, replica: str, time: str, strain: str
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Arrange the strain by replica on the common times, and return these times too."""
    missing = [name for name in (replica, time, strain) if name not in table.columns]
    if missing:
        raise InputError(f"creep modulus: no column {', '.join(missing)} among {', '.join(map(str, table))}")
    if table.empty or table.duplicated([replica, time]).any():
        raise InputError("creep modulus: the table is empty or a replica has two strains at one time")
    wide = table.pivot(index=time, columns=replica, values=strain)
    if wide.isna().any(axis=None):
        name = wide.columns[wide.isna().any()][0]
        raise InputError(f"creep modulus: replica {name!r} has no strain at some times that the others have")
    return {str(name): wide[name].to_numpy(dtype=float) for name in wide}, wide.index.to_numpy(dtype=float)
