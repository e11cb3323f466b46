"""`Label`: the base class of labels, one number per particle from pairs of snapshots or from records of runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json, Options
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers
from lammps_glass.units import UnitDefaults

#: Quantity of a column of classes: 1, 0, or NaN for a particle of neither class. Where labels have such a column, only
#: the particles of a class are described.
CLASS = "class"
#: Details of columns that estimate another column from a part of its records: half of the runs (1 or 2), one plane.
HALF, PLANE = "half", "plane"


class Trajectory(Protocol):
    """The record of a run, as labels read it (`lammps_glass.products.Record`)."""

    @property
    def directory(self) -> Path:
        """Folder of the run, for messages."""

    @property
    def steps(self) -> list[int]:
        """Steps of the frames."""

    def frames(self) -> Iterator[Snapshot]:
        """Iterate over the frames in order of step."""


@dataclass(frozen=True)
class LabelColumn:
    """Meaning of a column of values.

    Parameters
    ----------
    name
        Of the column; an identifier without meaning.
    quantity
        Measured quantity, such as ``d2min``.
    unit
        Such as ``length^2``.
    lag
        Frames between reference and current configuration; 0 where the label is of a whole run.
    steps
        Time steps of the lag; 0 where there is none, or where it is not the same everywhere.
    details
        Other facts that distinguish the column, such as ``{"plane": "xy"}``.
    """

    name: str
    quantity: str
    unit: str = ""
    lag: int = 0
    steps: int = 0
    details: Mapping[str, Json] = field(default_factory=dict)


class Repeats(NamedTuple):
    """Columns that estimate one column from parts of its records, for its noise ceiling.

    Attributes
    ----------
    kind
        `HALF` or `PLANE`.
    names
        Of the columns, two at least.
    """

    kind: str
    names: tuple[str, ...]


def repeats_of(column: LabelColumn, columns: Sequence[LabelColumn]) -> Repeats | None:
    """Return the repeats of `column` among `columns`: halves of its runs, else its planes; None where there are none.

    A repeat differs from its column by one detail, `HALF` or `PLANE`, and by nothing else but the name.
    """
    for kind in (HALF, PLANE):
        names = tuple(
            other.name
            for other in columns
            if kind in other.details
            and (other.quantity, other.lag, other.steps) == (column.quantity, column.lag, column.steps)
            and {key: value for key, value in other.details.items() if key != kind} == dict(column.details)
        )
        if len(names) > 1:
            return Repeats(kind, names)
    return None


class Labelled(NamedTuple):
    """A configuration and the values of its particles: one row each, in its order; NaN where there is no value."""

    snapshot: Snapshot
    values: pd.DataFrame


@dataclass(frozen=True)
class Label(ABC):
    """A label: a frozen dataclass whose fields are its parameters, checked when it is made."""

    name: ClassVar[str]
    """Name in the registry, and of the quantity."""
    unit: ClassVar[str] = ""
    """Unit of the values."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Attributes that the records must have besides those of `Trajectory`."""
    invariant: ClassVar[bool] = True
    """Whether the values are invariant under translation and rotation of all snapshots."""
    unit_defaults: ClassVar[UnitDefaults | None] = None
    """Parameters whose defaults are numbers in certain units; None where there are none."""
    partial: ClassVar[bool] = False
    """Whether some particles have no value, NaN, such as those of neither class."""
    one_record: ClassVar[bool] = False
    """Whether the label is of one trajectory a replica, and refuses several."""

    def get_params(self) -> Options:
        """Return the parameters by name."""
        return asdict(self)

    @property
    def quantities(self) -> tuple[str, ...]:
        """Quantities of the columns, the main one first."""
        return (self.name,)

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when a default is used in other units than its own; unknown units (None) pass."""
        if self.unit_defaults is not None:
            self.unit_defaults.require_given(f"label {self.name}", self, units)

    def check_run(self, run: object) -> None:  # noqa: B027  (most labels can be made of any run)
        """Raise `InputError` when the label cannot be computed from runs of the protocol `run`, as for its steps."""

    def check_number(self, n_records: int) -> None:
        """Raise `InputError` when the label cannot be computed from so many records of a replica."""
        if self.one_record and n_records != 1:
            raise InputError(f"label {self.name} needs one trajectory a replica, it reads {n_records}")

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return the numbers of configurations and of rows to expect of a record, for plans.

        Parameters
        ----------
        n_particles
            Number of labelled particles in a configuration.
        n_frames, strain
            Number of frames and strain of the record; `strain` is 0 without shear.
        """
        return n_frames, float(n_particles * n_frames)

    def details(self, records: Sequence[Trajectory]) -> dict[str, Json]:
        """Return facts about the records as a whole, which are stored beside the columns."""
        return {}

    @abstractmethod
    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the meaning of each column of values, the main one first."""

    @abstractmethod
    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Iterate over the labelled configurations of the records of one replica, one held at a time."""


def only_record(label: Label, records: Sequence[Trajectory]) -> Trajectory:
    """Return the only record of a replica, for a label of one.

    Raises
    ------
    InputError
        There is none, or more than one.
    """
    label.check_number(len(records))
    return records[0]


@dataclass(frozen=True)
class PairLabel(Label):
    """A label of two snapshots: of each frame and the one `lags` frames later.

    Parameters
    ----------
    lags
        Numbers of frames; a column each.
    """

    one_record: ClassVar[bool] = True
    zero_at_rest: ClassVar[bool] = True
    """Whether the values between equal snapshots are zero."""

    lags: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        lags = tuple(self.lags) if isinstance(self.lags, list | tuple) else ()
        whole = all(isinstance(lag, int) and not isinstance(lag, bool) and lag > 0 for lag in lags)
        if not lags or not whole or len(set(lags)) < len(lags):
            raise InputError(f"label {self.name}: lags = {self.lags!r}: give positive whole numbers, each once")
        object.__setattr__(self, "lags", lags)

    @abstractmethod
    def compute(self, reference: Snapshot, current: Snapshot) -> Floats:
        """Return (n_particles,) values, in the order of the snapshots (by id)."""

    def table(self, reference: Snapshot, current: Snapshot) -> dict[str, Floats | Integers]:
        """Return the columns of a table of one pair: (n_particles,) values under the name, and what explains them."""
        return {self.name: self.compute(reference, current)}

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return a column for each lag."""
        steps = only_record(self, records).steps
        return tuple(LabelColumn(f"lag_{lag}", self.name, self.unit, lag, _step_of(steps, lag)) for lag in self.lags)

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Iterate over the frames with their values at each lag; NaN where the run ends before."""
        record = only_record(self, records)
        later = {f"lag_{lag}": islice(record.frames(), lag, None) for lag in self.lags}
        for reference in record.frames():
            values = {name: self._values(reference, next(frames, None)) for name, frames in later.items()}
            yield Labelled(reference, pd.DataFrame(values))

    def _values(self, reference: Snapshot, current: Snapshot | None) -> Floats:
        return np.full(len(reference), np.nan) if current is None else self.compute(reference, current)


def _step_of(steps: Sequence[int], lag: int) -> int:
    """Return the time steps of a lag; 0 where they differ between frames, or where the run is shorter than the lag."""
    between = {later - earlier for earlier, later in zip(steps, steps[lag:])}
    return between.pop() if len(between) == 1 else 0
