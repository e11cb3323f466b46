"""The operation ``activity_map``: map labels in a slice of one configuration through its most active particle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.labels import CLASS
from lammps_glass.operations.case import Case
from lammps_glass.operations.describe import check_configurations, snapshot_at
from lammps_glass.operations.label import require_quantity
from lammps_glass.operations.operation import Wired, operation
from lammps_glass.products import ActivityMap, Labels, Record
from lammps_glass.products.keys import rows_in
from lammps_glass.simulate.work import one_case
from lammps_glass.snapshots import Snapshot


@dataclass(frozen=True)
class MapParameters:
    """Parameters of the operation ``activity_map``.

    Parameters
    ----------
    quantity
        Quantity of the labels that is drawn.
    thickness, width
        Thickness of the slice, and standard deviation of the Gaussian that smooths the field, in length units.
    """

    quantity: str = "d2min"
    thickness: float = 1.0
    width: float = 0.6


def check(stage: Wired) -> None:
    """Refuse a quantity that the labels do not have, and configurations of other runs."""
    check_configurations(stage)
    for labels in stage.reads["labels"]:
        require_quantity(labels, stage.parameters.quantity, f"stages.{stage.stage}")


@operation(work=one_case, rates={"cases": 2.0}, check=check)
def activity_map(case: Case[MapParameters], configurations: Sequence[Record], labels: Labels) -> ActivityMap:
    """Map the labelled particles of the typical configuration of a replica."""
    from lammps_glass import analysis

    parameters, rows = case.parameters, typical_rows(labels)
    step = int(rows["step"].iloc[0])
    snapshot = snapshot_at(configurations, step)
    if snapshot is None:
        raise InputError(f"stages.{case.stage}.reads.configurations: none holds the labelled step {step}")
    at, species = rows_in(snapshot, rows), ", ".join(labels.metadata["species"])
    labelled = Snapshot(snapshot.cell, snapshot.positions[at], np.zeros(len(at), dtype=int), (species,))
    values = rows[labels.label_column(quantity=parameters.quantity).name].to_numpy(dtype=float)
    top = labelled.positions[[int(np.argmax(values))]]
    centre = float(labelled.cell.fractional(top)[0, 2] % 1.0)
    thickness, width = parameters.thickness, parameters.width
    table = analysis.slice_map(
        labelled, values, values > 0, thickness, sizes=values, centre=centre, spacing=0.25, width=width
    )
    top_fraction = float(values[values >= np.quantile(values, 0.95)].sum() / values.sum())
    product = ActivityMap(case.directory)
    product.table.write(table, {"share": top_fraction, "species": species, "thickness": thickness, "width": width})
    return product


def typical_rows(labels: Labels) -> pd.DataFrame:
    """Return the rows of the configuration with the median number of active particles among those with any."""
    table = labels.table.read()
    active = table[table[labels.label_column(quantity=CLASS).name] == 1]
    steps = active.groupby("step").size().sort_values(kind="stable").index
    step = steps[len(steps) // 2] if len(steps) else table["step"].iloc[0]
    rows: pd.DataFrame = table[table["step"] == step].sort_values("particle")
    return rows
