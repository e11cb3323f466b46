"""Velocity autocorrelation, and the vibrational density of states from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.analysis.autocorrelation import blocks_of_particles, summed_autocorrelation
from lammps_glass.analysis.displacements import MEMORY
from lammps_glass.analysis.frames import Trajectory, frames, spooled
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Snapshot


def velocity_autocorrelation(
    snapshots: Trajectory,
    species: str | None = None,
    *,
    timestep: float | None = None,
    masses: Mapping[str, float] | None = None,
    of: ArrayLike | None = None,
) -> pd.DataFrame:
    """Compute the velocity autocorrelation function ``<v(t0 + t) . v(t0)>`` over particles and origins.

    Parameters
    ----------
    snapshots
        One trajectory of evenly spaced frames with velocities, read once.
    species
        Only particles of this species.
    timestep
        Duration of a step; default: time in steps.
    masses
        By species: products are weighted with the mass of the particle; default 1.
    of
        (m,) rows of the particles that are averaged; default all.

    Returns
    -------
    DataFrame
        ``time``, ``vacf``, and ``normalized``, which is 1 at lag 0.

    Raises
    ------
    InputError
        A frame without velocities, unequal times between frames (the first such step is named), no mass of a species.
    """
    analysis = "velocity autocorrelation"
    followed = spooled(_with_velocities(snapshots, analysis), species, analysis, _velocities)
    spacing = np.diff(followed.steps)
    if len(spacing) and not followed.evenly_spaced:
        at = int(np.flatnonzero(spacing != spacing[0])[0])
        raise InputError(
            f"{analysis}: frames are {spacing[0]} steps apart up to step {followed.steps[at]}, then "
            f"{spacing[at]}: give evenly spaced frames"
        )
    if timestep is not None and not timestep > 0:
        raise InputError(f"timestep = {timestep} must be positive")
    weights = _weights(followed.first, masses)[followed.rows]
    if of is not None:
        chosen = np.zeros(len(followed.first), dtype=bool)
        chosen[np.asarray(of)] = True
        weights = np.where(chosen[followed.rows], weights, 0.0)
        if not weights.any():
            raise InputError(f"{analysis}: of=... names no particle")
    n_frames = len(followed.steps)
    total, start = np.zeros(n_frames), 0
    for block in blocks_of_particles(followed, MEMORY):
        part = weights[start : start + block.shape[1] // 3]
        total += summed_autocorrelation(np.tile(np.sqrt(part), 3) * block)
        start += len(part)
    vacf = total / ((n_frames - np.arange(n_frames)) * np.count_nonzero(weights))
    lags = followed.steps - followed.steps[0]
    normalized = vacf / vacf[0] if vacf[0] > 0 else np.full(n_frames, np.nan)
    return pd.DataFrame({"time": lags if timestep is None else lags * timestep, "vacf": vacf, "normalized": normalized})


def velocity_density_of_states(
    autocorrelation: pd.DataFrame, frequencies: ArrayLike, *, broadening: float = 0.1
) -> pd.DataFrame:
    r"""Compute the vibrational density of states from a mass-weighted velocity autocorrelation.

    :math:`g(\nu) = 4 \int_0^\infty C(t) / C(0) \cos(2 \pi \nu t) e^{-(2 \pi \sigma t)^2 / 2} dt`, of integral 1: each
    mode is a Gaussian of standard deviation `broadening`, as in `vibrational_density_of_states`.

    Parameters
    ----------
    autocorrelation
        ``time`` (with a time step) and ``normalized``, of `velocity_autocorrelation` with masses.
    frequencies
        (k,) nu in inverse time units.
    broadening
        Of a mode, as `vibrational_density_of_states`.

    Returns
    -------
    DataFrame
        ``frequency``, ``vdos``.

    Raises
    ------
    InputError
        Frames too far apart for a frequency (its Nyquist limit is named), or a run too short for the broadening.
    """
    time, values = autocorrelation["time"].to_numpy(dtype=float), autocorrelation["normalized"].to_numpy(dtype=float)
    at = np.asarray(frequencies, dtype=float)
    step = time[1] - time[0] if len(time) > 1 else np.inf
    if at.max() > 0.5 / step:
        raise InputError(
            f"density of states: frames {step:g} apart resolve frequencies up to {0.5 / step:.3g}, not "
            f"{at.max():g}: store velocities more often"
        )
    window = np.exp(-0.5 * (2 * np.pi * broadening * time) ** 2)
    if window[-1] > 0.05:
        raise InputError(
            f"density of states: the trajectory of {time[-1]:g} is too short for a broadening of {broadening:g}: "
            f"use at least {2.45 / (2 * np.pi * time[-1]):.3g}, or a longer run"
        )
    weights = np.full(len(time), step)
    weights[0] = step / 2
    vdos = 4 * np.cos(2 * np.pi * at[:, None] * time[None, :]) @ (weights * window * values)
    return pd.DataFrame({"frequency": at, "vdos": vdos})


def _with_velocities(snapshots: Trajectory, analysis: str) -> Iterator[Snapshot]:
    for snapshot in frames(snapshots, analysis):
        if snapshot.velocities is None:
            raise InputError(
                f"{analysis}: step {snapshot.step} has no velocities: store vx vy vz (dynamics: velocities = true)"
            )
        yield snapshot


def _velocities(snapshot: Snapshot) -> Floats:
    assert snapshot.velocities is not None  # `_with_velocities` has checked it
    return snapshot.velocities


def _weights(snapshot: Snapshot, masses: Mapping[str, float] | None) -> Floats:
    """(n_particles,) masses, or ones."""
    if masses is None:
        return np.ones(len(snapshot))
    present = {snapshot.species[t] for t in np.unique(snapshot.types)}
    if missing := sorted(present - set(masses)):
        raise InputError(f"velocity autocorrelation: no mass of species {', '.join(missing)}")
    return np.array([masses.get(name, 0.0) for name in snapshot.species])[snapshot.types]
