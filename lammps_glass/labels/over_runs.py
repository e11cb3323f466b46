"""Means over runs, with those over each half of the runs; checks that labels of runs share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.labels.base import HALF, Label, LabelColumn, Trajectory
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


def with_halves(columns: Sequence[LabelColumn], n_runs: int) -> tuple[LabelColumn, ...]:
    """Return columns of means over runs, then those over each half of the runs; a single run has no halves."""
    halves = [
        replace(column, name=f"{column.name}_half_{half}", details={**column.details, HALF: half})
        for column in columns
        if n_runs > 1
        for half in (1, 2)
    ]
    return (*columns, *halves)


def mean_and_halves(name: str, runs: ArrayLike) -> dict[str, Floats]:
    """Return the (n_particles,) mean of (n_runs, n_particles) values under `name`, and those over halves of the runs.

    The halves have equally many runs; of an odd number the last one is in neither.
    """
    values = np.asarray(runs, dtype=float)
    half = len(values) // 2
    means = {name: values.mean(axis=0)}
    if half:
        means |= {f"{name}_half_1": values[:half].mean(axis=0), f"{name}_half_2": values[half : 2 * half].mean(axis=0)}
    return means


def require_several_runs(label: Label, n_runs: int) -> None:
    """Raise `InputError` for fewer than two runs: their mean has no halves, and thus no noise ceiling."""
    if n_runs < 2:
        raise InputError(
            f"label {label.name} is a mean over runs from one configuration, it reads {n_runs}: a single run has no "
            "noise ceiling; give two or more, or take label mobility"
        )


def require_dynamics(label: Label, run: object) -> None:
    """Raise `InputError` for a run without dynamics."""
    if not hasattr(run, "temperature"):
        raise InputError(f"label {label.name} needs runs of dynamics, with velocities drawn at a temperature")


def require_planned_frames(label: Label, run: object, lags: Sequence[int]) -> None:
    """Raise `InputError` where a protocol that says at which steps it stores frames stores none at one of `lags`."""
    planned: Sequence[int] = getattr(run, "frame_steps", ())
    missing = [lag for lag in lags if planned and lag not in planned]
    if missing:
        near = ", ".join(map(str, sorted(planned[1:], key=lambda step: abs(step - missing[0]))[:3]))
        raise InputError(f"label {label.name}: steps = {missing[0]}: the run stores no frame there; nearest are {near}")


def require_one_start(label: Label, records: Sequence[Trajectory], starts: Sequence[Snapshot]) -> None:
    """Raise `InputError` unless all runs begin with the same particles at the same positions."""
    for record, start in zip(records, starts, strict=True):
        if not np.array_equal(start.ids, starts[0].ids):
            raise InputError(f"label {label.name}: {record.directory} has other particles than {records[0].directory}")
        # Minimised in runs of their own, equal positions differ by rounding.
        if not np.allclose(start.positions, starts[0].positions, rtol=0, atol=1e-3 * starts[0].spacing):
            raise InputError(
                f"label {label.name}: {record.directory} begins at other positions than {records[0].directory}: all "
                "runs of a replica begin with one configuration"
            )


def require_different_runs(label: Label, records: Sequence[Trajectory], ends: Sequence[Snapshot]) -> None:
    """Raise `InputError` when two runs end with the same positions: one run, or one seed, was given twice.

    Their halves would agree, and the noise ceiling would be 1.
    """
    earlier: dict[bytes, Trajectory] = {}
    for record, end in zip(records, ends, strict=True):
        positions = end.positions.tobytes()
        if positions in earlier:
            raise InputError(
                f"label {label.name}: {record.directory} ends with the same positions as "
                f"{earlier[positions].directory}: give runs of different seeds, each once"
            )
        earlier[positions] = record


def whole_steps(label: str, name: str, value: object) -> tuple[int, ...]:
    """Return a parameter that lists positive numbers of steps, each once; anything else is an `InputError`."""
    steps = tuple(value) if isinstance(value, list | tuple) else (0,)
    if not all(isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in steps) or len(set(steps)) < len(steps):
        raise InputError(f"label {label}: {name} = {value!r}: give positive whole numbers of MD steps, each once")
    return steps


def require_steps(label: Label, record: Trajectory, origin: int, lags: Sequence[int]) -> None:
    """Raise `InputError` unless a record has a frame each of `lags` steps after step `origin`."""
    steps = record.steps
    if len(steps) < 2:
        raise InputError(f"label {label.name}: {record.directory} has {len(steps)} frame: a later one is needed")
    if missing := [lag for lag in lags if origin + lag not in steps]:
        later = [step - origin for step in steps if step > origin]
        near = ", ".join(map(str, sorted(later, key=lambda lag: abs(lag - missing[0]))[:3]))
        raise InputError(
            f"label {label.name}: {record.directory} has no frame {missing[0]} steps after step {origin}; nearest are "
            f"{near or 'none'}"
        )
