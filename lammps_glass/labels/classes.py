"""`Classes`: yes or no by another label, above a threshold or among the largest values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json, Options
from lammps_glass.labels.base import CLASS, Label, LabelColumn, Labelled, Trajectory, repeats_of
from lammps_glass.labels.pair import require_positive
from lammps_glass.ranking import largest_values
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

_FRACTION = 0.1


@dataclass(frozen=True)
class Classes(Label):
    """Class 1 or 0 of each particle by another label: by threshold, or by fraction of each configuration.

    Columns: the class, that of each repeat of the other label's column (halves of runs, planes), and the columns of the
    other label. A particle without a value has no class, NaN.

    Parameters
    ----------
    of
        Name of the other label, alone or in a table with its options.
    quantity
        Of its column; the first by default.
    threshold
        Class 1 has values above it.
    fraction
        Class 1 has this fraction of the values of a configuration, the largest; 0.1 where no threshold is given. Among
        equal values at the edge it is drawn, always in the same way.
    smallest
        Class 1 has small values: below the threshold, or the smallest, such as those of the earliest events.
    species
        Species whose particles have a class; all by default.
    """

    name: ClassVar[str] = "classes"
    unit: ClassVar[str] = "1"
    partial: ClassVar[bool] = True

    of: str | Options = field(default_factory=lambda: "largest-jump")
    quantity: str | None = None
    threshold: float | None = None
    fraction: float | None = None
    smallest: bool = False
    species: str | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and self.fraction is not None:
            raise InputError(f"label {self.name}: threshold and fraction: give one of the two")
        if self.threshold is not None and (not _is_number(self.threshold) or not np.isfinite(self.threshold)):
            raise InputError(f"label {self.name}: threshold = {self.threshold!r} must be a number")
        if self.fraction is not None:
            require_positive(self.name, "fraction", self.fraction)
            if self.fraction >= 1:
                raise InputError(f"label {self.name}: fraction = {self.fraction:g} must be below 1")
        if not isinstance(self.smallest, bool):
            raise InputError(f"label {self.name}: smallest = {self.smallest!r} must be true or false")
        other = self.other
        if self.quantity is not None and self.quantity not in other.quantities:
            raise unknown_name(f"quantity of label {other.name}", self.quantity, list(other.quantities))

    @property
    def other(self) -> Label:
        """The label that the classes are of."""
        from lammps_glass.labels import REGISTRY

        options = dict(self.of) if isinstance(self.of, Mapping) else {"name": self.of}
        name = options.pop("name", None)
        if not isinstance(name, str) or name == self.name:
            raise InputError(f"label {self.name}: of = {self.of!r} names no other label: write its name, or a table")
        label: Label = REGISTRY.build(name, options)
        return label

    @property
    def needs(self) -> tuple[str, ...]:  # type: ignore[override]
        """What the other label needs."""
        return self.other.needs

    @property
    def one_record(self) -> bool:  # type: ignore[override]
        """Whether the other label is of one trajectory."""
        return self.other.one_record

    @property
    def quantities(self) -> tuple[str, ...]:
        """The class, then the quantities of the other label."""
        return (CLASS, *(quantity for quantity in self.other.quantities if quantity != CLASS))

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when a default of the other label is used in other units than its own."""
        self.other.require_units(units)

    def check_run(self, run: object) -> None:
        """Refuse what the other label refuses."""
        self.other.check_run(run)

    def check_number(self, n_records: int) -> None:
        """Refuse what the other label refuses."""
        self.other.check_number(n_records)

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return the numbers of the other label."""
        return self.other.expected(n_particles, n_frames, strain)

    def details(self, records: Sequence[Trajectory]) -> dict[str, Json]:
        """Return the facts of the other label."""
        return self.other.details(records)

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the class, its repeats, and the columns of the other label."""
        classes, others = self._columns(records)
        return (*classes.values(), *others)

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Iterate over the configurations of the other label."""
        classes, others = self._columns(records)
        for snapshot, values in self.other.groups(records):
            table = {column.name: self._class(values[name].to_numpy(), snapshot) for name, column in classes.items()}
            yield Labelled(snapshot, pd.DataFrame({**table, **{c.name: values[c.name] for c in others}}))

    def _columns(self, records: Sequence[Trajectory]) -> tuple[dict[str, LabelColumn], list[LabelColumn]]:
        """Return the columns of classes by the name of the column that each is made of, and the other columns."""
        others = [column for column in self.other.columns(records) if column.quantity != CLASS]
        column = next((c for c in others if self.quantity in (None, c.quantity)), None)
        if column is None:
            raise InputError(f"label {self.name}: label {self.other.name} has no column of numbers")
        made = [column, *self._repeats(column, others)]
        by: dict[str, Json] = {"classes_of": column.quantity, **{k: asdict(self)[k] for k in ("threshold", "smallest")}}
        by["fraction"] = self._fraction
        names = [CLASS, *(f"{CLASS}_{'_'.join(map(str, _of_repeat(column, c)))}" for c in made[1:])]
        classes = {
            c.name: replace(c, name=name, quantity=CLASS, unit="1", details={**c.details, **by})
            for c, name in zip(made, names, strict=True)
        }
        return classes, others

    @staticmethod
    def _repeats(column: LabelColumn, columns: Sequence[LabelColumn]) -> list[LabelColumn]:
        repeats = repeats_of(column, columns)
        return [c for c in columns if c.name in repeats.names] if repeats else []

    @property
    def _fraction(self) -> float | None:
        return _FRACTION if self.threshold is None and self.fraction is None else self.fraction

    def _class(self, values: Floats, snapshot: Snapshot) -> Floats:
        """Return (n_particles,) 1, 0, or NaN without a class."""
        signed = -values if self.smallest else values
        has_value = np.isfinite(values)
        if self.species is not None:
            has_value &= snapshot.species_of_particles == self.species
        classes = np.full(len(values), np.nan)
        if self._fraction is not None:
            classes[has_value] = largest_values(signed[has_value], self._fraction)
        else:
            assert self.threshold is not None
            classes[has_value] = signed[has_value] > (-self.threshold if self.smallest else self.threshold)
        return classes


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_repeat(column: LabelColumn, repeat: LabelColumn) -> list[object]:
    """Return what sets a repeat apart from its column: ``half`` and its number, or the plane."""
    return [
        word for key, value in repeat.details.items() if key not in column.details
        for word in ([key, value] if isinstance(value, int) else [value])
    ]  # fmt: skip
