"""The contract of labels."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import special_ortho_group

from lammps_glass.json_types import Options
from lammps_glass.labels.base import HALF, Label, LabelColumn, Labelled, PairLabel, Trajectory, repeats_of
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers
from lammps_glass.tables import KEY
from lammps_glass.testing.checking import require, require_close, require_numbers_checked, require_refused, run_checks
from lammps_glass.testing.samples import MemoryTrajectory, binary_snapshot, random_walk

#: Number of runs for a label of several trajectories.
N_RUNS = 3


@dataclass(frozen=True)
class _Subject:
    """A label with the options, records, snapshots and tolerance of its checks."""

    label: type[Label]
    options: Options
    given_records: Sequence[Trajectory] | None
    snapshot: Callable[[int], Snapshot]
    tolerance: float
    n_seeds: int

    def build(self) -> Label:
        """Build the label."""
        return self.label(**self.options)

    def walks(self, seed: int) -> list[MemoryTrajectory]:
        """Return random walks from one configuration: a single one where the label takes no more, else several."""
        n_runs = 1 if self.build().one_record else N_RUNS
        return [random_walk(self.snapshot(seed), N_RUNS * seed + run) for run in range(n_runs)]

    def records(self, seed: int = 0) -> Sequence[Trajectory]:
        """Return the given records, or else random walks."""
        return self.walks(seed) if self.given_records is None else self.given_records

    def values(self, records: Sequence[Trajectory]) -> list[pd.DataFrame]:
        """Return the values of every configuration of the records."""
        return [labelled.values for labelled in self.build().groups(records)]

    def require_same(self, records: Sequence[Trajectory], expected: Sequence[pd.DataFrame], message: str) -> None:
        """Raise `AssertionError` unless the values of the records agree with those expected, to the tolerance."""
        for values, others in zip(self.values(records), expected, strict=True):
            for name in others:
                finite = others[name].notna().to_numpy()
                require(np.array_equal(values[name].notna(), finite), f"{message}: other values of {name} are NaN")
                require_close(values[name][finite], others[name][finite], self.tolerance, f"{message}: {name}")


def check_label(
    label: type[Label],
    options: Options | None = None,
    *,
    records: Sequence[Trajectory] | None = None,
    snapshot: Callable[[int], Snapshot] = binary_snapshot,
    tolerance: float = 1e-9,
    n_seeds: int = 3,
) -> None:
    """Check a label against the contract of its family.

    Parameters make the round trip and bad ones are refused; `columns` says what `groups` gives: a number for every
    particle, NaN only where the run ends before the lag; columns for the noise ceiling are halves or planes that
    differ; equal calls give identical values and leave no state. Values follow the particles under any order, and,
    where the label says so, do not change when the whole is moved and rotated (`Label.invariant`) and are zero between
    equal snapshots (`PairLabel.zero_at_rest`).

    Parameters
    ----------
    label
        The class.
    options
        Options to build it with.
    records
        Records to label where random walks in memory do not suffice, such as those of a shear; the checks that move
        and reorder particles are then left out.
    snapshot
        Function that makes the first configuration of the walks from a seed. Default: species A and B at density 1.2 in
        a periodic box.
    tolerance
        Largest deviation between equivalent snapshots, relative to the larger of 1 and the value. The default leaves
        room for rounding of positions (1e-15) amplified by ill-conditioned neighbourhoods.
    n_seeds
        Number of configurations for each symmetry.

    Raises
    ------
    AssertionError
        The first check that fails, with what was wrong.
    """
    subject = _Subject(label, dict(options or {}), records, snapshot, tolerance, n_seeds)
    checks: list[Callable[[_Subject], None]] = [_parameters, _columns, _values, _repeats, _repetition, _refusals]
    if records is None:
        checks += [_order, *([_motion] if label.invariant else [])]
    if issubclass(label, PairLabel):
        checks += [_pairs, *([_rest] if label.zero_at_rest else [])]
    run_checks(f"label {getattr(label, 'name', label.__name__)}", checks, subject)


def _parameters(subject: _Subject) -> None:
    label = subject.build()
    require(isinstance(getattr(label, "name", None), str), "it has no attribute name")
    require(isinstance(label.unit, str), "its unit is not text")
    params = label.get_params()
    names = {item.name for item in fields(label)}
    require(set(params) == names, f"get_params gives {sorted(params)}, its fields are {sorted(names)}")
    again = type(label)(**json.loads(json.dumps(params)))
    require(again == label, f"the parameters {params}, written as JSON and read again, build another label")
    for key, value in subject.options.items():
        stored = tuple(value) if isinstance(value, list) else value
        require(params.get(key) == stored, f"{key} = {value!r} is stored as {params.get(key)!r}")
    require_numbers_checked(lambda values: type(label)(**values), params)


def _columns(subject: _Subject) -> None:
    columns = subject.build().columns(subject.records())
    require(len(columns) > 0, "columns() gives no column")
    require(all(isinstance(column, LabelColumn) for column in columns), "columns() gives another type than LabelColumn")
    names = [column.name for column in columns]
    require(len(set(names)) == len(names), f"two columns have one name: {', '.join(names)}")
    reserved = {*KEY, "species"} & set(names)
    require(not reserved, f"a column is called {', '.join(reserved)}, as a column of the key")
    meanings = [(c.quantity, c.lag, c.steps, json.dumps(dict(c.details), sort_keys=True)) for c in columns]
    require(
        len(set(meanings)) == len(meanings), "two columns have one meaning: tell them apart by lag, steps or details"
    )
    require(all(column.quantity for column in columns), "a column names no quantity")


def _values(subject: _Subject) -> None:
    label, records = subject.build(), subject.records()
    columns = label.columns(records)
    groups = list(label.groups(records))
    require(len(groups) > 0, "groups() gives no configuration")
    steps = [labelled.snapshot.step for labelled in groups]
    require(steps == sorted(set(steps)), f"the steps of the configurations do not ascend: {steps}")
    for number, labelled in enumerate(groups):
        _require_table(labelled, columns)
        for column in columns:
            ends = column.lag > 0 and number + column.lag >= len(groups)
            values = labelled.values[column.name].to_numpy()
            complete = ends or label.partial or np.isfinite(values).all()
            require(complete, f"{column.name} is not finite where the run has not ended")
            require(not ends or np.isnan(values).all(), f"{column.name} has values behind the end of the run")
    every = pd.concat([labelled.values for labelled in groups])
    require(every.nunique().max() > 1, "every column has the same value for all particles")


def _repeats(subject: _Subject) -> None:
    """Check the columns that the noise ceiling follows from: both halves of the runs, planes of the same meaning."""
    label, records = subject.build(), subject.records()
    columns = label.columns(records)
    by_name = {column.name: column for column in columns}
    for column in columns:
        if (repeats := repeats_of(column, columns)) is None:
            continue
        members = [by_name[name] for name in repeats.names]
        require(all(m.unit == column.unit for m in members), f"repeats of {column.name} have other units")
        marks = [member.details[repeats.kind] for member in members]
        require(repeats.kind != HALF or marks == [1, 2], f"halves of {column.name} are {marks}, not 1 and 2")
        for labelled in label.groups(records):
            values = labelled.values[list(repeats.names)].to_numpy()
            require(not (values[:, :1] == values).all(), f"repeats of {column.name} are the same numbers")


def _require_table(labelled: Labelled, columns: Sequence[LabelColumn]) -> None:
    names = [column.name for column in columns]
    require(list(labelled.values) == names, f"groups() gives the columns {list(labelled.values)}, columns() {names}")
    n_rows, n_particles = len(labelled.values), len(labelled.snapshot)
    require(n_rows == n_particles, f"{n_rows} rows of a snapshot of {n_particles} particles")
    for name, dtype in labelled.values.dtypes.items():
        require(dtype == np.float64, f"{name} is {dtype}, not float64")


def _repetition(subject: _Subject) -> None:
    label, records = subject.build(), subject.records()
    before = copy.deepcopy(vars(label))
    first = [labelled.values for labelled in label.groups(records)]
    if subject.given_records is None:
        subject.values(subject.records(seed=1))
    second = [labelled.values for labelled in label.groups(records)]
    require(all(a.equals(b) for a, b in zip(first, second, strict=True)), "a second call gives other values")
    others = subject.values(records)
    require(all(a.equals(b) for a, b in zip(first, others, strict=True)), "an equal label gives other values")
    require(vars(label) == before, "groups() leaves state behind in the label")


def _refusals(subject: _Subject) -> None:
    label = subject.build()
    require_refused(lambda: list(label.groups([])), "groups() of no record")
    if label.one_record:
        records = [*subject.records(), *subject.records()]
        if isinstance(label, PairLabel):
            require_refused(lambda: label.columns(records), "columns() of two trajectories")
        require_refused(lambda: list(label.groups(records)), "groups() of two trajectories")


def _order(subject: _Subject) -> None:
    for seed in range(subject.n_seeds):
        walks = subject.walks(seed)
        order = np.random.default_rng(seed).permutation(len(walks[0].snapshots[0]))
        expected = [values.iloc[order].reset_index(drop=True) for values in subject.values(walks)]
        message = "values depend on the order of the particles"
        subject.require_same(_changed(walks, partial(_shuffled, order)), expected, message)


def _motion(subject: _Subject) -> None:
    for seed in range(subject.n_seeds):
        walks = subject.walks(seed)
        expected = subject.values(walks)
        length = walks[0].snapshots[0].cell.volume ** (1 / 3)
        shift = np.random.default_rng(seed).normal(size=3) * length
        rotation = special_ortho_group.rvs(3, random_state=seed)
        subject.require_same(_changed(walks, partial(_moved, shift)), expected, "values change under translation")
        subject.require_same(_changed(walks, partial(_rotated, rotation)), expected, "values change under rotation")


def _shuffled(order: Integers, frame: Snapshot) -> Snapshot:
    return Snapshot(frame.cell, frame.positions[order], frame.types[order], frame.species, step=frame.step)


def _moved(shift: Floats, frame: Snapshot) -> Snapshot:
    return frame.replace(positions=frame.positions + shift)


def _rotated(rotation: Floats, frame: Snapshot) -> Snapshot:
    cell = Cell(frame.cell.matrix @ rotation, frame.cell.origin @ rotation)
    return frame.replace(cell=cell, positions=frame.positions @ rotation)


def _changed(walks: Sequence[MemoryTrajectory], change: Callable[[Snapshot], Snapshot]) -> list[MemoryTrajectory]:
    return [MemoryTrajectory(tuple(map(change, walk.snapshots))) for walk in walks]


def _pairs(subject: _Subject) -> None:
    """Check that the values of a lag are those of `compute` between a frame and the one so many frames later."""
    label = subject.build()
    if not isinstance(label, PairLabel):
        return
    (record,) = subject.records()
    frames = list(record.frames())
    columns = label.columns([record])
    lags = tuple(column.lag for column in columns)
    require(lags == label.lags, f"the columns have the lags {lags}, the label {label.lags}")
    for number, labelled in enumerate(label.groups([record])):
        for column in columns:
            if number + column.lag < len(frames):
                values = label.compute(frames[number], frames[number + column.lag])
                require(
                    values.shape == (len(frames[number]),), f"compute gives shape {values.shape}, not a number each"
                )
                same = np.array_equal(values, labelled.values[column.name])
                require(same, f"groups() and compute() differ at lag {column.lag}")


def _rest(subject: _Subject) -> None:
    label = subject.build()
    if isinstance(label, PairLabel):
        frame = next(iter(subject.records()[0].frames()))
        values = label.compute(frame, frame.replace(step=frame.step + 1))
        require_close(values, np.zeros(len(frame)), subject.tolerance, "values between equal snapshots are not zero")
