"""Labels of dynamics: mobility at a time, propensity over runs of one configuration, time of the first passage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json
from lammps_glass.labels.base import Label, LabelColumn, Labelled, Trajectory, only_record
from lammps_glass.labels.nonaffine import REDUCTIONS, d2min
from lammps_glass.labels.over_runs import (
    mean_and_halves,
    require_different_runs,
    require_dynamics,
    require_one_start,
    require_planned_frames,
    require_several_runs,
    require_steps,
    whole_steps,
    with_halves,
)
from lammps_glass.labels.pair import require_positive
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.units import UnitDefaults

#: Measure of a motion -> its unit.
MEASURES = {"distance": "length", "squared": "length^2", "d2min": "length^2"}


@dataclass(frozen=True)
class Motion(Label):
    """Base of labels of the motion of particles within a number of MD steps.

    Parameters
    ----------
    measure
        ``"distance"`` moved, its square (``"squared"``), or ``"d2min"`` of the neighbourhood.
    steps
        MD steps between the labelled frame and the later one, a column each; none: those to the last frame.
    r_max, reduce
        Neighbourhood and reduction of D2min, as of label ``d2min``.
    """

    unit: ClassVar[str] = "length"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("r_max",))

    measure: str = "distance"
    steps: tuple[int, ...] = ()
    r_max: float = 2.5
    reduce: str = "sum"

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise InputError(f"label {self.name}: measure = {self.measure!r} must be one of {', '.join(MEASURES)}")
        if self.reduce not in REDUCTIONS:
            raise InputError(f"label {self.name}: reduce = {self.reduce!r} must be one of {', '.join(REDUCTIONS)}")
        require_positive(self.name, "r_max", self.r_max)
        object.__setattr__(self, "steps", whole_steps(self.name, "steps", self.steps))

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when the default of `r_max` is used in other units than its own, for D2min only."""
        if self.measure == "d2min":
            super().require_units(units)

    def check_run(self, run: object) -> None:
        """Refuse a run without dynamics, or without frames at `steps`."""
        require_dynamics(self, run)
        require_planned_frames(self, run, self.steps)

    def lags(self, record: Trajectory) -> tuple[int, ...]:
        """Return the MD steps of each column."""
        steps = record.steps
        return self.steps or ((steps[-1] - steps[0],) if len(steps) > 1 else (0,))

    def column_of(self, lag: int) -> LabelColumn:
        """Return the column of a number of steps."""
        name = f"{self.name}_{lag}" if self.steps else self.name
        details: dict[str, Json] = {"measure": self.measure}
        return LabelColumn(name, self.name, MEASURES[self.measure], steps=lag, details=details)

    def between(self, reference: Snapshot, current: Snapshot) -> Floats:
        """Compute the (n_particles,) motion between two frames."""
        if self.measure == "d2min":
            return d2min(reference, current, r_max=self.r_max, reduce=self.reduce)
        squared: Floats = ((current.positions - reference.positions) ** 2).sum(axis=1)
        return np.sqrt(squared) if self.measure == "distance" else squared


@dataclass(frozen=True)
class Mobility(Motion):
    """Motion of each particle in one run, from an origin to the frame `steps` MD steps later.

    The first frame is labelled; with `every`, also each frame so many steps after it from which the run goes on long
    enough. One run says nothing about its noise: `Propensity` of several runs does.

    Parameters
    ----------
    every
        MD steps between origins; 0: the first frame alone.
    """

    name: ClassVar[str] = "mobility"
    one_record: ClassVar[bool] = True

    every: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 0:
            raise InputError(f"label {self.name}: every = {self.every!r} must be a whole number of MD steps, or 0")

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return one configuration, or as many as frames at most."""
        configurations = n_frames if self.every else 1
        return configurations, float(n_particles * configurations)

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return a column for each number of steps."""
        return tuple(self.column_of(lag) for lag in self.lags(only_record(self, records)))

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Iterate over the origins; frames are held from an origin to its last later frame."""
        record = only_record(self, records)
        lags, steps = self.lags(record), record.steps
        require_steps(self, record, steps[0] if steps else 0, lags)
        present = set(steps)
        last = steps[-1] if self.every else steps[0] + 1
        origins = [o for o in range(steps[0], last, self.every or 1) if present.issuperset({o, *(o + g for g in lags)})]
        needed = {origin + lag for origin in origins for lag in (0, *lags)}
        held: dict[int, Snapshot] = {}
        for frame in record.frames():
            if frame.step not in needed:
                continue
            held[frame.step] = frame
            while origins and frame.step >= origins[0] + max(lags):
                origin = held[origins.pop(0)]
                values = {self.column_of(lag).name: self.between(origin, held[origin.step + lag]) for lag in lags}
                yield Labelled(origin, pd.DataFrame(values))
                held = {step: snapshot for step, snapshot in held.items() if origins and step >= origins[0]}


@dataclass(frozen=True)
class Propensity(Motion):
    """Mean motion of each particle over runs from one configuration with other velocities (isoconfigurational).

    Columns for each number of steps: the mean over the runs, and those over each half of the runs, from which the noise
    ceiling follows. The common first frame is labelled.

    References
    ----------
    A. Widmer-Cooper, P. Harrowell and H. Fynewever, Phys. Rev. Lett. 93, 135701 (2004).
    """

    name: ClassVar[str] = "propensity"

    def check_number(self, n_records: int) -> None:
        """Refuse fewer than two runs."""
        require_several_runs(self, n_records)

    def details(self, records: Sequence[Trajectory]) -> dict[str, Json]:
        """Return the number of ``runs``."""
        return {"runs": len(records)}

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return one configuration."""
        return 1, float(n_particles)

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the columns of the means, then those of halves of the runs."""
        self.check_number(len(records))
        return with_halves([self.column_of(lag) for lag in self.lags(records[0])], len(records))

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Yield the common first configuration of the runs."""
        self.check_number(len(records))
        lags = self.lags(records[0])
        moved: dict[int, list[Floats]] = {lag: [] for lag in lags}
        starts, ends = [], []
        for record in records:
            frames = record.frames()
            frame = start = next(frames)
            require_steps(self, record, start.step, lags)
            starts.append(start)
            require_one_start(self, records[: len(starts)], starts)
            for frame in frames:
                if frame.step - start.step in moved:
                    moved[frame.step - start.step].append(self.between(start, frame))
            ends.append(frame)
        require_different_runs(self, records, ends)
        means = [mean_and_halves(self.column_of(lag).name, moved[lag]) for lag in lags]
        values = {name: column for part in means for name, column in part.items()}
        yield Labelled(starts[0], pd.DataFrame(values)[[column.name for column in self.columns(records)]])


@dataclass(frozen=True)
class FirstPassage(Label):
    """Time at which each particle is first further than `threshold` from its start: mean over runs, in MD steps.

    A run in which a particle stays within the threshold counts with its whole length (restricted mean): the label then
    is a lower bound, and the runs must be equally long. Times are those of frames. With several runs from one
    configuration, also the means over each half of them. The first frame is labelled; small values are mobile
    particles.

    Parameters
    ----------
    threshold
        Distance from the first frame, length.
    """

    name: ClassVar[str] = "first-passage"
    unit: ClassVar[str] = "time step"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("threshold",))

    threshold: float = 0.5

    def __post_init__(self) -> None:
        require_positive(self.name, "threshold", self.threshold)

    def check_run(self, run: object) -> None:
        """Refuse a run without dynamics."""
        require_dynamics(self, run)

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return one configuration."""
        return 1, float(n_particles)

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the column of the mean, that of the fraction of runs with a passage, and halves of the mean."""
        details: dict[str, Json] = {"statistic": "fraction of the runs with a passage"}
        mean, *halves = with_halves([LabelColumn("first_passage", self.name, self.unit)], len(records))
        return (mean, LabelColumn("passed", "passed", "1", details=details), *halves)

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Yield the common first configuration of the runs."""
        if not records:
            raise InputError(f"label {self.name} needs a run of dynamics, it reads none")
        steps, passed, starts, ends = [], [], [], []
        for record in records:
            frames = record.frames()
            frame = start = next(frames)
            require_steps(self, record, start.step, ())
            starts.append(start)
            require_one_start(self, records[: len(starts)], starts)
            first = np.zeros(len(start))
            open_ = np.ones(len(start), dtype=bool)
            for frame in frames:
                first[open_] = frame.step - start.step
                distance = np.sqrt(((frame.positions - start.positions) ** 2).sum(axis=1))
                open_ &= distance <= self.threshold
            steps.append(first)
            passed.append(~open_)
            ends.append(frame)
            length, of_first = frame.step - start.step, ends[0].step - starts[0].step
            if length != of_first:
                raise InputError(
                    f"label {self.name}: {record.directory} is {length} steps long, {records[0].directory} {of_first}: "
                    "a particle without a passage counts with the length of the run, so that they must be equal"
                )
        require_different_runs(self, records, ends)
        values = {**mean_and_halves("first_passage", steps), "passed": np.mean(passed, axis=0)}
        yield Labelled(starts[0], pd.DataFrame(values)[[column.name for column in self.columns(records)]])
