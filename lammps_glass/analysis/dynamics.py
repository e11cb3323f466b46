"""Dynamics of one trajectory: averages over pairs of frames, one row per lag, lag 0 included.

A lag is a difference of steps between two frames, so frames need not be evenly spaced. Wrapped positions are unwrapped
(see `frames.track`), one snapshot is in memory at a time, and the drift of the centre of mass is not removed. ``time``
is in steps, or in units of time when `timestep` is given.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass.analysis.autocorrelation import blocks_of_particles, summed_autocorrelation
from lammps_glass.analysis.displacements import MEMORY, Scattering, displacement_averages
from lammps_glass.analysis.frames import Track, Trajectory, track
from lammps_glass.analysis.groups import ParticleGroups
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats

#: Evenly spaced frames from which on mean squared displacements are summed by the autocorrelation theorem.
_MANY = 64


def dynamics_by_group(
    snapshots: Trajectory,
    *,
    q: float | None = None,
    distance: float | None = None,
    groups: ParticleGroups | None = None,
    species: str | None = None,
    directions: str = "sphere",
    max_origins: int | None = None,
    timestep: float | None = None,
) -> pd.DataFrame:
    """Compute all averages of displacements at once, by group of particles.

    Parameters
    ----------
    snapshots
        One trajectory: any iterable of snapshots, read once.
    q
        Wave number of the self-intermediate scattering function; without it ``fs`` is NaN.
    distance
        Length of the overlap function; without it ``overlap`` and ``chi4`` are NaN.
    groups
        Groups of the particles of the first snapshot (see `ParticleGroups`): frames at which they do not hold are no
        origins. Default: all particles, every frame an origin.
    species
        Only particles of this species.
    directions
        ``"sphere"``: the average over all directions of q, which is exact; ``"box"``: over the wave vectors of the
        first box within half of the smallest one from q.
    max_origins
        Most origins of a lag: where m frames are origins of a lag, every k-th of all origins is kept, from the first
        on, with k the smallest number that leaves at most this many (m / k). Default: all. Origins closer than the
        relaxation time are not independent: thinning them loses little.
    timestep
        Duration of a step; default: time in steps.

    Returns
    -------
    DataFrame
        Columns of `displacements.displacement_averages`: ``group``, ``time``, ``msd``, ``alpha2``, ``fs``, ``overlap``,
        ``chi4``, ``origins``, ``particles``.

    Raises
    ------
    InputError
        As `mean_squared_displacement`; no frame is an origin; a number is not positive.
    """
    followed = track(snapshots, species, "dynamics")
    scattering = None if q is None else Scattering.of(q, directions, followed.first.cell)
    return displacement_averages(
        followed, scattering=scattering, distance=distance, groups=groups, max_origins=max_origins, timestep=timestep
    )


def mean_squared_displacement(
    snapshots: Trajectory, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the mean squared displacement ``<|r(t0 + t) - r(t0)|**2>`` over particles and origins.

    Parameters
    ----------
    snapshots
        One trajectory: any iterable of snapshots, read once. Many evenly spaced frames are summed by their
        autocorrelation.
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
        No snapshot, frames of different particles or not in order of time, unknown species, wrapped positions whose
        images are not known.
    """
    followed = track(snapshots, species, "mean squared displacement")
    if len(followed.steps) < _MANY or not followed.evenly_spaced:
        return displacement_averages(followed, timestep=timestep)[["time", "msd"]]
    if timestep is not None and not timestep > 0:
        raise InputError(f"timestep = {timestep} must be positive")
    lags = followed.steps - followed.steps[0]
    return pd.DataFrame({"time": lags if timestep is None else lags * timestep, "msd": _by_autocorrelation(followed)})


def _by_autocorrelation(followed: Track) -> Floats:
    """Compute the mean squared displacement at every lag by the autocorrelation theorem.

    ``sum |r(k + m) - r(k)|^2`` is a sum of squares, from the first and last frames on, less twice the autocorrelation
    of the positions (Kneller et al., Comput. Phys. Commun. 91, 191 (1995)).
    """
    n_frames, n = len(followed.steps), followed.n_particles
    squares, correlation = np.zeros(n_frames), np.zeros(n_frames)
    for paths in blocks_of_particles(followed, MEMORY):
        paths -= paths[0]
        squares += np.einsum("tp,tp->t", paths, paths)
        correlation += summed_autocorrelation(paths)
    # sums over origins k of |r(k)|^2 + |r(k + m)|^2: without the last m, and without the first m frames
    upto, total = np.concatenate([[0.0], np.cumsum(squares)]), squares.sum()
    lags = np.arange(n_frames)
    both = upto[n_frames - lags] + total - upto[lags]
    msd = (both - 2 * correlation) / ((n_frames - lags) * n)
    msd[0] = 0.0
    result: Floats = np.maximum(msd, 0.0)
    return result


def non_gaussian_parameter(
    snapshots: Trajectory, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the non-Gaussian parameter ``alpha2 = 3 <r**4> / (5 <r**2>**2) - 1`` (Rahman 1964).

    Averages are over particles and origins; parameters and errors as for `mean_squared_displacement`. Returns ``time``,
    ``alpha2``. At lag 0, where the quotient is 0 / 0, it is 0, the limit for particles with Maxwell's velocities; at
    another lag at which nothing moved, NaN.
    """
    followed = track(snapshots, species, "non-Gaussian parameter")
    return displacement_averages(followed, timestep=timestep)[["time", "alpha2"]]


def self_intermediate_scattering(
    snapshots: Trajectory,
    q: float,
    species: str | None = None,
    *,
    timestep: float | None = None,
    directions: str = "sphere",
) -> pd.DataFrame:
    """Compute the self-intermediate scattering function ``<exp(i q . (r(t0 + t) - r(t0)))>`` of a wave number q.

    Parameters
    ----------
    q
        Wave number, in inverse lengths of the snapshots; others as for `mean_squared_displacement`.
    directions
        ``"sphere"``: the average over directions of q is exact, ``sin(q r) / (q r)``, and q need not be a wave vector
        of the box. ``"box"``: the mean over the wave vectors of the first box within half of the smallest one from q.

    Returns
    -------
    DataFrame
        ``time``, ``fs``.
    """
    if not q > 0:
        raise InputError(f"self-intermediate scattering: q = {q} must be positive")
    followed = track(snapshots, species, "self-intermediate scattering")
    scattering = Scattering.of(q, directions, followed.first.cell)
    return displacement_averages(followed, scattering=scattering, timestep=timestep)[["time", "fs"]]


def overlap_function(
    snapshots: Trajectory, distance: float = 0.3, species: str | None = None, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the overlap function: the fraction of particles that moved less than `distance`.

    Returns ``time``, ``overlap``. Parameters and errors as for `mean_squared_displacement`.
    """
    followed = track(snapshots, species, "overlap function")
    return displacement_averages(followed, distance=distance, timestep=timestep)[["time", "overlap"]]


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
    return displacement_averages(followed, distance=distance, timestep=timestep)[["time", "chi4"]]
