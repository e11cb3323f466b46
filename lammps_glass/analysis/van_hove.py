"""Van Hove function, self and distinct part, and four-point structure factor with the dynamic length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass.analysis.frames import Track, Trajectory, track
from lammps_glass.analysis.groups import ParticleGroups
from lammps_glass.analysis.structure import ideal_counts, pair_counts, wave_amplitudes, wave_vectors
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell, Floats
from lammps_glass.snapshots.snapshot import Integers, Snapshot


class DynamicLength(NamedTuple):
    """Length xi and height of ``height / (1 + (q xi)**2)``, and the number of wave numbers that were fitted."""

    length: float
    height: float
    n_fitted: int


def self_van_hove(
    snapshots: Trajectory,
    lags: int | Sequence[int],
    r_max: float,
    bins: int = 100,
    species: str | None = None,
    *,
    groups: ParticleGroups | None = None,
    timestep: float | None = None,
) -> pd.DataFrame:
    """Compute the self part of the van Hove function, ``G_s(r, t)``, at one lag or at several.

    Parameters
    ----------
    snapshots
        One trajectory, read once.
    lags
        Differences of steps between frames; each must occur.
    r_max, bins
        Range and number of bins of the distance; displacements beyond are in no bin but count in the normalisation.
    species
        Only particles of this species.
    groups
        Groups of the particles of the first snapshot; frames at which they do not hold are no origins.

    Returns
    -------
    DataFrame
        ``time``, ``r`` (middle of the bin), ``g`` (density of a displacement, 1 / volume), ``probability``
        (4 pi r^2 G_s, 1 / length), ``origins``; with groups ``group`` first.

    Raises
    ------
    InputError
        A lag does not occur, or r_max is not positive.
    """
    _check_range(r_max, bins)
    followed = track(snapshots, species, "van Hove function")
    edges = np.linspace(0, r_max, bins + 1)
    shells = ideal_counts(edges, 1.0)
    middle = (edges[:-1] + edges[1:]) / 2
    names = ("all",) if groups is None else groups.names
    parts = []
    for lag in _each(lags):
        counts, members = np.zeros((len(names), bins)), np.zeros(len(names))
        origins = [at for at in _origins(followed, lag) if _members(followed, groups, at[0]) is not None]
        if not origins:
            raise InputError(f"van Hove function: no frame with groups is followed by one {lag} steps later")
        for start, end in origins:
            moved = followed.frames(end, end + 1)[0] - followed.frames(start, start + 1)[0]
            distances, of = np.linalg.norm(moved, axis=0), _members(followed, groups, start)
            for number in range(len(names)):
                chosen = distances if groups is None else distances[of == number]
                counts[number] += np.histogram(chosen, edges)[0]
                members[number] += len(chosen)
        for name, count, n_members in zip(names, counts, members, strict=True):
            fraction = count / n_members if n_members else np.full(bins, np.nan)
            table = {
                "time": lag if timestep is None else lag * timestep,
                "r": middle,
                "g": fraction / shells,
                "probability": fraction / np.diff(edges),
                "origins": len(origins),
            }
            parts.append(pd.DataFrame(table if groups is None else {"group": name, **table}))
    return pd.concat(parts, ignore_index=True)


def _each(lags: int | Sequence[int]) -> list[int]:
    """List one lag or several."""
    return [int(lag) for lag in np.atleast_1d(np.asarray(lags))]


def _members(followed: Track, groups: ParticleGroups | None, frame: int) -> Integers | None:
    """Return the groups of the particles that are followed at a frame; None where it is no origin."""
    if groups is None:
        return np.zeros(followed.n_particles, dtype=np.int64)
    of = groups.at(int(followed.steps[frame]))
    return None if of is None else of[followed.rows]


def distinct_van_hove(
    snapshots: Trajectory, lags: int | Sequence[int], r_max: float, bins: int = 100, *, timestep: float | None = None
) -> pd.DataFrame:
    """Compute the distinct part of the van Hove function over the density: g(r) at lag 0, 1 at long times.

    Pairs are a particle at the origin and another one at the later time, by the minimum image. At most three frames
    are held at a time. Parameters as for `self_van_hove`.

    Returns
    -------
    DataFrame
        ``time``, ``r``, ``g``, ``origins``.

    Raises
    ------
    InputError
        As `self_van_hove`; the box is smaller than twice `r_max`, or open.
    """
    _check_range(r_max, bins)
    followed = track(snapshots, None, "distinct van Hove function")
    cell, n = followed.first.cell, followed.n_particles
    if not cell.periodic.all():
        raise InputError("distinct van Hove function needs a cell that is periodic in all directions")
    cell.require_minimum_image(r_max, "distinct van Hove function")
    edges = np.linspace(0, r_max, bins + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    parts = []
    for lag in _each(lags):
        counts, origins = np.zeros(bins), _origins(followed, lag)
        for start, end in origins:
            before, after = (followed.frames(at, at + 1)[0].T for at in (start, end))
            both = Snapshot(cell, np.concatenate([before, after]), np.zeros(2 * n, int), ("all",))
            pairs, _ = pair_counts(both, r_max, bins, np.arange(n), np.arange(n, 2 * n))
            itself = np.linalg.norm(cell.minimum_image(after - before), axis=1)
            counts += pairs - np.histogram(itself, edges)[0]
        ideal = ideal_counts(edges, n / cell.volume) * n * len(origins)
        time = lag if timestep is None else lag * timestep
        parts.append(pd.DataFrame({"time": time, "r": middle, "g": counts / ideal, "origins": len(origins)}))
    return pd.concat(parts, ignore_index=True)


def four_point_structure_factor(
    snapshots: Trajectory, lag: int, q_max: float, distance: float = 0.3, *, max_vectors: int = 200
) -> pd.DataFrame:
    """Compute the four-point structure factor ``S4(q, t) = <|sum_i w_i exp(i q . r_i)|**2> / n`` of one lag.

    The weight w_i is 1 for a particle that moved less than `distance` (Lacevic et al., J. Chem. Phys. 119, 7372, 2003).

    Parameters
    ----------
    snapshots
        One trajectory, read once; the box of the first frame gives the wave vectors.
    lag
        Difference of steps between frames.
    q_max
        Largest wave number.
    max_vectors
        Most wave vectors of a bin.

    Returns
    -------
    DataFrame
        ``q``, ``s4``.
    """
    if not distance > 0:
        raise InputError(f"four-point structure factor: distance = {distance} must be positive")
    followed = track(snapshots, None, "four-point structure factor")
    first = followed.first
    indices, group = wave_vectors(first, q_max, None, max_vectors)
    total, origins = np.zeros(len(indices)), _origins(followed, lag)
    for start, end in origins:
        before, after = (followed.frames(at, at + 1)[0] for at in (start, end))
        slow = np.linalg.norm(after - before, axis=0) < distance
        amplitude = wave_amplitudes(first.cell.fractional(before.T[slow]), indices)
        total += np.abs(amplitude) ** 2 / followed.n_particles
    return _by_bin(first.cell, indices, group, total / len(origins))


def dynamic_length(table: pd.DataFrame, q_fit: float) -> DynamicLength:
    """Fit the dynamic length xi to a four-point structure factor, ``S4 = height / (1 + (q xi)**2)`` up to `q_fit`.

    Raises
    ------
    InputError
        Fewer than three wave numbers up to `q_fit`, or no fit.
    """
    from scipy.optimize import curve_fit

    part = table[table["q"] <= q_fit]
    if len(part) < 3:
        raise InputError(f"dynamic length: {len(part)} wave numbers up to {q_fit:g}: a larger box or a larger range")
    q, s4 = part["q"].to_numpy(), part["s4"].to_numpy()

    def model(at: Floats, height: float, length: float) -> Floats:
        """Evaluate the form of Ornstein and Zernike."""
        return np.asarray(height / (1 + (at * length) ** 2))

    try:
        parameters, _ = curve_fit(model, q, s4, (s4[0], 1.0 / q.mean()), bounds=([0, 0], [np.inf, np.inf]))
    except RuntimeError as error:
        raise InputError(f"dynamic length: no fit of Ornstein and Zernike's form up to {q_fit:g}") from error
    return DynamicLength(float(parameters[1]), float(parameters[0]), len(part))


def _by_bin(cell: Cell, indices: np.ndarray, group: np.ndarray, values: Floats) -> pd.DataFrame:
    lengths = np.linalg.norm(2 * np.pi * indices @ cell.inverse.T, axis=1)
    number = np.bincount(group)
    filled = number > 0
    mean = [np.bincount(group, weights=each)[filled] / number[filled] for each in (lengths, values)]
    return pd.DataFrame({"q": mean[0], "s4": mean[1]})


def _check_range(r_max: float, bins: int) -> None:
    if not (r_max > 0 and bins >= 1):
        raise InputError(f"van Hove function: r_max = {r_max} and bins = {bins} must be positive")


def _origins(followed: Track, lag: int) -> list[tuple[int, int]]:
    """Find the pairs of frames whose steps differ by `lag`."""
    steps = followed.steps
    ends = np.searchsorted(steps, steps + lag)
    pairs = [(k, int(e)) for k, e in enumerate(ends) if e < len(steps) and steps[e] - steps[k] == lag]
    if not pairs:
        raise InputError(
            f"no two frames are {lag} steps apart; the first differences are {np.diff(steps)[:5].tolist()}"
        )
    return pairs
