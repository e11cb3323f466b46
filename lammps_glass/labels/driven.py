"""Labels from the records of several runs: the largest jump of quasi-static shears, isoconfigurational means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import getattr_static
from pathlib import Path
from typing import ClassVar, Protocol, TypedDict, cast

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json
from lammps_glass.labels.base import PLANE, Label, LabelColumn, Labelled, Trajectory
from lammps_glass.labels.jumps import largest_jump
from lammps_glass.labels.nonaffine import REDUCTIONS, d2min
from lammps_glass.labels.over_runs import (
    mean_and_halves,
    require_different_runs,
    require_dynamics,
    require_one_start,
    require_several_runs,
    with_halves,
)
from lammps_glass.labels.pair import require_positive
from lammps_glass.units import UnitDefaults


class BlockSettings(TypedDict):
    """Settings of the D2min blocks of a quasi-static shear, stored as metadata of their table."""

    plane: str
    r_max: float
    reduce: str
    block_strain: float


class Shear(Trajectory, Protocol):
    """The record of a quasi-static shear (`lammps_glass.products.ShearRecord`)."""

    @property
    def d2min_path(self) -> Path:
        """Path of the table of D2min by block."""

    @property
    def block_settings(self) -> BlockSettings:
        """Plane of the shear, neighbourhood and reduction of D2min, and strain of a block."""

    @property
    def thermo(self) -> pd.DataFrame:
        """One row a strain step: ``step``, and whether it is a plastic ``event``, among others."""


def require_shear(label: Label, record: Trajectory) -> Shear:
    """Return the record of a quasi-static shear.

    Raises
    ------
    InputError
        The record is of another run.
    """
    # `isinstance` and `hasattr` would read the tables behind the properties.
    names, missing = [name for name, member in vars(Shear).items() if isinstance(member, property)], object()
    if any(getattr_static(record, name, missing) is missing for name in names):
        raise InputError(f"label {label.name}: {record.directory} is not the record of a quasi-static shear")
    return cast(Shear, record)


def shears_by_plane(label: Label, records: Sequence[Trajectory]) -> dict[str, Shear]:
    """Return the record of the shear in each plane.

    Raises
    ------
    InputError
        There is no record, one is of another run, or two are of one plane.
    """
    shears: dict[str, Shear] = {}
    for record in records:
        shear = require_shear(label, record)
        shears[str(shear.block_settings["plane"])] = shear
    if len(shears) != len(records) or not shears:
        raise InputError(f"label {label.name} needs one shear a plane, it reads {len(records)} of {list(shears)}")
    return shears


@dataclass(frozen=True)
class LargestJump(Label):
    """Largest D2min of a particle over all blocks of strain, of one shear a plane; see `labels.largest_jump`.

    The labelled configuration is the one before the shear. Columns: the largest of all planes, then that of each plane.
    """

    name: ClassVar[str] = "largest-jump"
    unit: ClassVar[str] = "length^2"
    needs: ClassVar[tuple[str, ...]] = ("d2min_path", "block_settings")

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the column of all planes and one for each plane."""
        shears = shears_by_plane(self, records)
        planes = [LabelColumn(f"jump_{p}", self.name, self.unit, details={PLANE: p}) for p in shears]
        return (LabelColumn("largest_jump", self.name, self.unit), *planes)

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Yield the configuration before the shears."""
        shears = shears_by_plane(self, records)
        jumps = largest_jump({plane: record.d2min_path for plane, record in shears.items()}, both_classes=False)
        first = next(iter(shears.values())).frames()
        start = next(first)
        if not np.array_equal(jumps.particles, start.ids):
            raise InputError(f"label {self.name}: the blocks hold other particles than the start of the shear")
        values = {"largest_jump": jumps.largest}
        values |= {f"jump_{plane}": jumps.by_plane[:, k] for k, plane in enumerate(jumps.planes)}
        yield Labelled(start, pd.DataFrame(values))


@dataclass(frozen=True)
class Isoconfigurational(Label):
    """Means over runs from the same positions with other velocities: of D2min between a run's first and last frame.

    Columns: the mean of D2min, the mean distance moved (propensity), and the deviation of D2min over the runs; then
    both means over each half of the runs, for the noise ceiling. `Propensity` has either mean at other times.

    Parameters
    ----------
    r_max
        Largest distance of a neighbour in the first frame, in length units.
    reduce
        ``"mean"`` or ``"sum"`` over the neighbours.

    References
    ----------
    A. Widmer-Cooper, P. Harrowell and H. Fynewever, Phys. Rev. Lett. 93, 135701 (2004).
    """

    name: ClassVar[str] = "isoconfigurational"
    unit: ClassVar[str] = "length^2"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("r_max",))

    r_max: float = 2.5
    reduce: str = "sum"

    def __post_init__(self) -> None:
        require_positive(self.name, "r_max", self.r_max)
        if self.reduce not in REDUCTIONS:
            raise InputError(f"label {self.name}: reduce = {self.reduce!r} must be one of {', '.join(REDUCTIONS)}")

    @property
    def quantities(self) -> tuple[str, ...]:
        """Mean D2min and propensity."""
        return ("d2min", "propensity")

    def check_run(self, run: object) -> None:
        """Refuse a run without dynamics."""
        require_dynamics(self, run)

    def check_number(self, n_records: int) -> None:
        """Refuse fewer than two runs."""
        require_several_runs(self, n_records)

    def details(self, records: Sequence[Trajectory]) -> dict[str, Json]:
        """Return the number of ``runs``, and the ``steps`` between the first and the last frame."""
        steps = records[0].steps if records else [0]
        return {"runs": len(records), "steps": steps[-1] - steps[0]}

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the columns of the means and of the deviation, then those of halves of the runs."""
        means = (LabelColumn("d2min", "d2min", self.unit), LabelColumn("propensity", "propensity", "length"))
        spread = LabelColumn("spread", "d2min", self.unit, details={"statistic": "deviation over the runs"})
        return (*means, spread, *with_halves(means, len(records))[len(means) :])

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Yield the common first configuration of the runs."""
        self.check_number(len(records))
        values, moved, starts, ends = [], [], [], []
        for record in records:
            frames = list(record.frames())
            first, last = frames[0], frames[-1]
            starts.append(first)
            ends.append(last)
            require_one_start(self, records[: len(starts)], starts)
            values.append(d2min(first, last, r_max=self.r_max, reduce=self.reduce))
            moved.append(np.linalg.norm(last.positions - first.positions, axis=1))
        require_different_runs(self, records, ends)
        table = {**mean_and_halves("d2min", values), **mean_and_halves("propensity", moved)}
        table["spread"] = np.std(values, axis=0)
        yield Labelled(first, pd.DataFrame(table)[[column.name for column in self.columns(records)]])
