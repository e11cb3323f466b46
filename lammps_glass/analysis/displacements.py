"""Averages of displacements over particles and origins, in one pass over the pairs of frames, in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass.analysis.displacement_kernels import block_sums
from lammps_glass.analysis.frames import Track
from lammps_glass.analysis.groups import ParticleGroups
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell, Floats
from lammps_glass.snapshots.snapshot import Integers

#: Bytes of positions that are held at a time, in two blocks.
MEMORY = 32_000_000
_ALL = ParticleGroups(("all",), {})

#: Most points of the lattice of wave vectors that are looked through for those near q.
MOST_VECTORS = 20_000_000


@dataclass(frozen=True)
class Scattering:
    """Wave number of the self-intermediate scattering function, and its directions.

    Attributes
    ----------
    q
        Wave number.
    indices
        (m, 3) wave vectors of the box near q that are averaged, in units of `reciprocal`, sorted; empty: the average
        over the sphere, which is exact, ``sin(q r) / (q r)``.
    reciprocal
        (3, 3) reciprocal vectors of the box as rows.
    """

    q: float
    indices: Integers = field(default_factory=lambda: np.empty((0, 3), dtype=np.int64))
    reciprocal: Floats = field(default_factory=lambda: np.eye(3))

    @property
    def vectors(self) -> Floats:
        """(m, 3) wave vectors of the box."""
        vectors: Floats = self.indices @ self.reciprocal
        return vectors

    @classmethod
    def of(cls, q: float, directions: str, cell: Cell) -> Scattering:
        """Choose the directions: ``"sphere"``, or ``"box"``, the wave vectors within half of the smallest one.

        Raises
        ------
        InputError
            q is not positive, the box has no wave vector so short, or `directions` is another word.
        """
        if not q > 0:
            raise InputError(f"self-intermediate scattering: q = {q} must be positive")
        if directions == "sphere":
            return cls(q)
        if directions != "box":
            raise InputError(f"self-intermediate scattering: directions = {directions!r} must be 'sphere' or 'box'")
        reciprocal = 2 * np.pi * cell.inverse.T
        smallest = float(np.linalg.norm(reciprocal, axis=1).min())
        reach = np.floor((q + smallest / 2) * np.linalg.norm(cell.matrix, axis=1) / (2 * np.pi)).astype(int)
        if np.prod(2.0 * reach + 1) > MOST_VECTORS:
            raise InputError(
                f"self-intermediate scattering: q = {q:g} is too large for the directions of the box: use 'sphere'"
            )
        axes = np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij")
        indices = np.stack(axes, axis=-1).reshape(-1, 3)
        lengths = np.linalg.norm(indices @ reciprocal, axis=1)
        near = indices[(abs(lengths - q) <= smallest / 2) & (lengths > 0)]
        if not len(near):
            raise InputError(
                f"self-intermediate scattering: no wave vector of the box near q = {q:g}; the first is {smallest:.4g}: "
                "take a larger q, or the directions of the sphere"
            )
        return cls(0.0, near[len(near) // 2 :], reciprocal)  # one of each pair q, -q


class _Lags(NamedTuple):
    """Lags that occur, ascending, and the largest number of origins of each."""

    steps: Integers
    origins: Integers


def displacement_averages(
    followed: Track,
    *,
    scattering: Scattering | None = None,
    distance: float | None = None,
    groups: ParticleGroups | None = None,
    max_origins: int | None = None,
    timestep: float | None = None,
) -> pd.DataFrame:
    """Average displacements over the particles of each group and over origins: one row a group and lag.

    Parameters
    ----------
    followed
        The trajectory.
    scattering
        Of the column ``fs``; without it NaN.
    distance
        Of the overlap and its fluctuations; without it NaN.
    groups
        Groups of the particles of the first snapshot, and the origins at which they hold; default: all particles that
        are followed, from every frame.
    max_origins
        Most origins of a lag: every k-th is kept, from the first on, k the smallest that leaves at most so many;
        default all.
    timestep
        Duration of a step; default: time in steps.

    Returns
    -------
    DataFrame
        ``group``, ``time``, ``msd`` <r^2>, ``alpha2`` 3 <r^4> / (5 <r^2>^2) - 1, ``fs``, ``overlap`` (fraction of the
        particles that moved less than `distance`), ``chi4`` (<Q^2> - <Q>^2) / n over origins (NaN with one),
        ``origins``, ``particles`` (mean number in the group).

    Raises
    ------
    InputError
        No frame is an origin of the groups, or a number is not positive.
    """
    if timestep is not None and not timestep > 0:
        raise InputError(f"timestep = {timestep} must be positive")
    if distance is not None and not distance > 0:
        raise InputError(f"overlap: distance = {distance} must be positive")
    if max_origins is not None and max_origins < 1:
        raise InputError(f"max_origins = {max_origins} must be at least 1")
    chosen = groups or _ALL
    starts = np.array([groups is None or chosen.at(step) is not None for step in followed.steps.tolist()])
    if not starts.any():
        raise InputError(
            f"no frame has a value by which its particles could be grouped: the trajectory has the steps "
            f"{followed.steps[0]} to {followed.steps[-1]}, the groups {_listed(chosen)}"
        )
    lags = _lags(followed.steps, starts)
    totals = np.zeros((len(lags.steps), len(chosen.names), 8))
    wave = scattering or Scattering(0.0)
    ranks = np.cumsum(starts) - 1
    for (a, b), (c, d) in _blocks(followed, MEMORY):
        rows = np.searchsorted(lags.steps, followed.steps[None, c:d] - followed.steps[a:b, None])
        after = np.arange(c, d)[None, :] >= np.arange(a, b)[:, None]
        rows = np.where(after & starts[a:b, None], rows, -1)
        if max_origins is not None:
            rows = _thinned(rows, lags, ranks[a:b], max_origins)
        if (rows < 0).all():
            continue
        members = _members(followed, chosen, a, b) if groups else np.empty((1, 0), dtype=np.int64)
        first = followed.frames(a, b)
        second = first if a == c else followed.frames(c, d)
        block_sums(
            first, second, rows, members, len(chosen.names), wave.q, wave.indices, wave.reciprocal, distance or 0.0,
            totals,
        )  # fmt: skip
    return _table(lags, totals, chosen.names, scattering is not None, distance is not None, timestep)


def _members(followed: Track, groups: ParticleGroups, start: int, stop: int) -> Integers:
    """(k, n) groups of the particles at each frame of a block, one row if they do not depend on it."""
    if list(groups.by_step) == [None]:
        return np.ascontiguousarray(groups.by_step[None][None, followed.rows])
    nobody = np.full(len(followed.first), -1)
    each = (groups.at(step) for step in followed.steps[start:stop].tolist())
    return np.stack([(nobody if of is None else of)[followed.rows] for of in each])


def _listed(groups: ParticleGroups) -> str:
    steps = sorted(step for step in groups.by_step if step is not None)
    return "none" if not steps else f"{steps[0]} to {steps[-1]}" if len(steps) > 1 else str(steps[0])


def _lags(steps: Integers, starts: np.ndarray) -> _Lags:
    """Find the lags from the frames that are origins."""
    if len(set(np.diff(steps).tolist())) <= 1:
        at = np.flatnonzero(starts)
        first = len(steps) - at  # lags from each origin
        count = np.arange(len(steps))
        origins: Integers = len(steps) - count
        if len(at) < len(steps):
            origins = np.array([(first > lag).sum() for lag in count], dtype=np.int64)
        kept = origins > 0
        return _Lags((steps - steps[0])[kept], origins[kept])
    lags: dict[int, int] = {}
    for origin in np.flatnonzero(starts):
        for lag in (steps[origin:] - steps[origin]).tolist():
            lags[lag] = lags.get(lag, 0) + 1
    ascending = sorted(lags)
    return _Lags(np.array(ascending, dtype=np.int64), np.array([lags[lag] for lag in ascending], dtype=np.int64))


def _thinned(rows: Integers, lags: _Lags, ranks: Integers, most: int) -> Integers:
    """Drop origins of the lags that have more than `most`: every k-th origin stays; `ranks` are those of the rows."""
    every = np.maximum(1, -(-lags.origins // most))
    return np.where((rows >= 0) & (ranks[:, None] % every[np.maximum(rows, 0)] == 0), rows, -1)


def _blocks(followed: Track, memory: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield pairs of blocks of frames, the second not before the first."""
    size = max(1, memory // (2 * 24 * max(1, followed.n_particles)))
    edges = [*range(0, len(followed.steps), size), len(followed.steps)]
    blocks = list(itertools.pairwise(edges))
    for number, first in enumerate(blocks):
        for second in blocks[number:]:
            yield first, second


def _table(
    lags: _Lags, totals: Floats, names: tuple[str, ...], has_waves: bool, has_overlap: bool, timestep: float | None
) -> pd.DataFrame:
    """Compute the averages from the sums."""
    time = lags.steps if timestep is None else lags.steps * timestep
    parts = []
    for number, name in enumerate(names):
        total = totals[:, number]
        origins = total[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            particles, second, fourth, waves, overlap, count, squared = (total[:, 1:] / origins[:, None]).T
            alpha2 = np.where(second > 0, 3 * fourth / (5 * second**2) - 1, np.nan)
            alpha2 = np.where((lags.steps == 0) & (origins > 0), 0.0, alpha2)
            chi4 = np.where(origins > 1, np.maximum(squared - count**2, 0.0) / particles, np.nan)
        nothing = np.full(len(time), np.nan)
        columns = {
            "group": name,
            "time": time,
            "msd": second,
            "alpha2": alpha2,
            "fs": waves if has_waves else nothing,
            "overlap": overlap if has_overlap else nothing,
            "chi4": chi4 if has_overlap else nothing,
            "origins": origins.astype(np.int64),
            "particles": particles,
        }
        parts.append(pd.DataFrame(columns)[origins > 0])
    return pd.concat(parts, ignore_index=True)
