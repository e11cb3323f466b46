"""Dynamics of one trajectory: averages over all pairs of frames, one row per lag, lag 0 included.

A lag is a difference of steps between two frames, so frames need not be evenly spaced. Wrapped positions are unwrapped
(see `frames.track`), one snapshot is in memory at a time, and the drift of the centre of mass is not removed. ``time``
is in steps, or in units of time when `timestep` is given.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.analysis.frames import Track, Trajectory, track
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats

Measure = Callable[[Floats], NDArray[np.float64]]


def mean_squared_displacement(
    snapshots: Trajectory, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the mean squared displacement ``<|r(t0 + t) - r(t0)|**2>`` over particles and origins.

    Parameters
    ----------
    snapshots
        One trajectory: any iterable of snapshots, read once.
    species
        Only particles of this species; default all.
    timestep
        Duration of a step; default: time in steps.

    Returns
    -------
    DataFrame
        ``time``, ``msd`` (length squared).

    Raises
    ------
    InputError
        No snapshot, frames of different particles or not in order of time, unknown species.
    """
    followed = track(snapshots, species, "mean squared displacement")
    steps, per_lag = _by_lag(followed, lambda moved: np.array([_squares(moved).mean()]))
    return _table(steps, timestep, msd=[float(rows.mean()) for rows in per_lag])


def non_gaussian_parameter(
    snapshots: Trajectory, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the non-Gaussian parameter ``alpha2 = 3 <r**4> / (5 <r**2>**2) - 1`` (Rahman 1964).

    Averages are over particles and origins; parameters and errors as for `mean_squared_displacement`. Returns ``time``,
    ``alpha2``. At lag 0, where the quotient is 0 / 0, it is 0, the limit for particles with Maxwell's velocities; at
    another lag at which nothing moved, NaN.
    """

    def moments(moved: Floats) -> NDArray[np.float64]:
        """Compute the second and fourth moment of displacements."""
        squares = _squares(moved)
        return np.array([squares.mean(), (squares**2).mean()])

    steps, per_lag = _by_lag(track(snapshots, species, "non-Gaussian parameter"), moments)
    second, fourth = np.array([rows.mean(axis=0) for rows in per_lag]).T
    alpha2 = np.divide(3 * fourth, 5 * second**2, out=np.full_like(second, np.nan), where=second > 0) - 1
    alpha2[0] = 0.0
    return _table(steps, timestep, alpha2=alpha2)


def self_intermediate_scattering(
    snapshots: Trajectory, q: float, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the self-intermediate scattering function ``<exp(i q . (r(t0 + t) - r(t0)))>`` of a wave number q.

    The average over directions of q is exact, ``sin(q r) / (q r)``: q need not be a wave vector of the box.

    Parameters
    ----------
    q
        Wave number, in inverse lengths of the snapshots; others as for `mean_squared_displacement`.

    Returns
    -------
    DataFrame
        ``time``, ``fs``.
    """
    if not q > 0:
        raise InputError(f"self-intermediate scattering: q = {q} must be positive")

    def scattering(moved: Floats) -> NDArray[np.float64]:
        """Average ``sin(q r) / (q r)`` over displacements."""
        return np.array([np.sinc(q * np.sqrt(_squares(moved)) / np.pi).mean()])  # numpy's sinc(x) is sin(pi x)/(pi x)

    steps, per_lag = _by_lag(track(snapshots, species, "self-intermediate scattering"), scattering)
    return _table(steps, timestep, fs=[float(rows.mean()) for rows in per_lag])


def four_point_susceptibility(
    snapshots: Trajectory, distance: float = 0.3, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the four-point susceptibility ``chi4 = (<Q**2> - <Q>**2) / n`` (Lacevic et al. 2003, self part).

    The overlap ``Q(t)`` is the number of the n particles that moved less than `distance` (0.3 of a diameter is the
    usual choice). Averages are over origins, so that a lag with a single origin, the longest one, has no chi4 (NaN).

    Returns ``time``, ``chi4``. Parameters and errors as for `mean_squared_displacement`.
    """
    if not distance > 0:
        raise InputError(f"four-point susceptibility: distance = {distance} must be positive")
    followed = track(snapshots, species, "four-point susceptibility")
    n_particles = followed.positions.shape[1]
    steps, per_lag = _by_lag(followed, lambda moved: np.array([np.count_nonzero(_squares(moved) < distance**2)]))
    chi4 = [float(rows.var()) / n_particles if len(rows) > 1 else np.nan for rows in per_lag]
    return _table(steps, timestep, chi4=chi4)


def _squares(moved: Floats) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", moved, moved)
    return squares


def _by_lag(followed: Track, measure: Measure) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Measure the displacements of every pair of frames: lags, ascending, and (origins, k) for each."""
    steps, positions = followed
    first, second = np.triu_indices(len(steps))
    lags, group = np.unique(steps[second] - steps[first], return_inverse=True)
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(group))[:-1])
    return lags, [np.array([measure(positions[second[p]] - positions[first[p]]) for p in part]) for part in parts]


def _table(steps: NDArray[np.int64], timestep: float | None, **columns: object) -> pd.DataFrame:
    if timestep is not None and not timestep > 0:
        raise InputError(f"timestep = {timestep} must be positive")
    return pd.DataFrame({"time": steps if timestep is None else steps * timestep, **columns})
