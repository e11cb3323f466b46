"""The operation ``label``: label the particles of a replica by their motion in its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError, located
from lammps_glass.json_types import Json
from lammps_glass.labels.base import CLASS, LabelColumn
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Wired, operation
from lammps_glass.operations.parts import LabelPart
from lammps_glass.products import Labels, Record
from lammps_glass.products.keys import key_columns, rows_of_species
from lammps_glass.products.labels import select_column
from lammps_glass.registry import unknown_name
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class LabelParameters:
    """Parameters of the operation ``label``.

    Parameters
    ----------
    label
        Name in the registry, with options.
    species
        Species whose particles are labelled; all by default.
    extremes
        Add a column of classes: 1 for this fraction of the particles of each configuration, those with the largest
        values, 0 for as many with the smallest. Without it, a label that makes classes of its own keeps them.
    quantity
        Quantity of the label whose extremes make the classes; by default its main one.
    """

    sets_rate: ClassVar[tuple[str, ...]] = ("label",)

    label: LabelPart = field(default_factory=lambda: LabelPart("d2min"))
    species: str | None = None
    extremes: float | None = None
    quantity: str | None = None

    def __post_init__(self) -> None:
        if self.extremes is not None and not 0 < self.extremes <= 0.5:
            raise InputError(f"extremes = {self.extremes:g} must be above 0 and at most 0.5")


def check(stage: Wired) -> None:
    """Refuse records that the label cannot be computed from, and a quantity that it does not have."""
    parameters: LabelParameters = stage.parameters
    label = parameters.label.build(parameters.species)
    with located(f"stages.{stage.stage}.label"):
        label.require_units(stage.glass.units if stage.glass else None)
    if stage.glass and parameters.species is not None and parameters.species not in stage.glass.species:
        raise InputError(
            f"stages.{stage.stage}.species = {parameters.species!r}: glass {stage.glass.name} has "
            f"{', '.join(stage.glass.species)}"
        )
    if parameters.quantity is not None:
        require_quantity(stage, parameters.quantity, f"stages.{stage.stage}")
    for run in stage.reads["records"]:
        if missing := [name for name in label.needs if not hasattr(run.writes, name)]:
            raise InputError(
                f"stages.{stage.stage}.reads.records: label {label.name} needs records with {', '.join(missing)}, and "
                f"stage {run.stage} ({run.runs}) writes {run.writes.__name__}"
            )
        if isinstance(run.parameters, Protocol):
            try:
                if not run.parameters.has_frames:
                    raise InputError(f"protocol {run.runs} stores no frames")
                label.check_run(run.parameters)
            except InputError as error:
                raise InputError(f"stages.{stage.stage}.reads.records: stages.{run.stage}: {error}") from error
    if n_records := stage.n_cases.get("records"):  # a part of a study may read none
        with located(f"stages.{stage.stage}.reads.records"):
            label.check_number(n_records)


def require_quantity(labels: Wired, quantity: str, where: str) -> None:
    """Refuse a quantity that the label of a stage does not have.

    Raises
    ------
    InputError
        Beginning with `where`, the stage that asks for the quantity.
    """
    if isinstance(labels.parameters, LabelParameters):
        label = labels.parameters.label.build(labels.parameters.species)
        if quantity not in label.quantities:
            unknown = unknown_name(f"quantity of label {label.name}", quantity, list(label.quantities))
            raise InputError(f"{where}.quantity: {unknown}")


def work(parameters: LabelParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the pairs of particles of two snapshots, or the blocks of a shear, that are read."""
    records = reads["records"]
    labelled = counts[parameters.species] if parameters.species else sum(counts.values())
    lags = parameters.label.options.get("lags", (1,))
    pairs = float(sum(max(0, w.snapshots - lag) * w.n_particles for w in records for lag in lags))
    parts = {"particle_pairs": pairs + 0.1 * sum(w.rows for w in records)}
    label = parameters.label.build(parameters.species)
    frames = 1 if reads.get("reference") else max(work.snapshots for work in records)
    strain = sum(work.strain for work in records)
    snapshots, rows = label.expected(labelled, frames, strain)
    if parameters.extremes:
        rows *= 2 * parameters.extremes
    return Work(records[0].n_particles, parts, snapshots, rows)


@operation(version=2, work=work, check=check)
def label(case: Case[LabelParameters], records: Sequence[Record], reference: Record | None = None) -> Labels:
    """Label the particles of a replica.

    Parameters
    ----------
    records
        One trajectory for a label of two snapshots; one shear a plane, or one run a velocity, for the others.
    reference
        Record of the same particles before a shear began: its last configuration is labelled instead of the first one
        of the records.
    """
    parameters = case.parameters
    label = parameters.label.build(parameters.species)
    columns = label.columns(records)
    classified = columns[0]
    if parameters.quantity is not None:
        classified = select_column(columns, f"stages.{case.stage}", quantity=parameters.quantity)
    if parameters.extremes is not None:
        details: dict[str, Json] = {"extremes_of": classified.quantity, "fraction": parameters.extremes}
        columns = (*columns, LabelColumn(CLASS, CLASS, "1", details=details))
    labels = Labels(case.directory)

    def groups() -> Iterator[pd.DataFrame]:
        """Iterate over the rows, a configuration at a time."""
        for labelled in label.groups(records):
            snapshot = labelled.snapshot if reference is None else case.glass.check(reference.final)
            rows = rows_of_species(snapshot, parameters.species)
            values = labelled.values.iloc[rows].reset_index(drop=True)
            if parameters.extremes is not None:
                values = values.assign(**{CLASS: classes_of_extremes(values[classified.name], parameters.extremes)})
            yield pd.concat([key_columns(snapshot, case.replica, rows), values[[c.name for c in columns]]], axis=1)

    species = [parameters.species] if parameters.species else case.glass.species
    details_of_records = label.details(records)
    labels.write(
        groups(), columns, label=label.name, parameters=label.get_params(), species=species, **details_of_records
    )
    return labels


def classes_of_extremes(values: pd.Series[float], fraction: float) -> NDArray[np.float64]:
    """Return (n_particles,) class 1, class 0, or NaN for neither; see `labels.extreme_fractions`."""
    from lammps_glass.labels import extreme_fractions

    classes = extreme_fractions(values.to_numpy(), fraction).astype(np.float64)
    classes[classes < 0] = np.nan
    return classes
