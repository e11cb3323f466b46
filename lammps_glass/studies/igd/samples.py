"""Samples with their predictions, as the figures read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lammps_glass.products import Predictions, Record
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

#: The predictor from all families, and the quantity that makes the classes, as columns of predictions.
ALL, JUMP = "igd", "largest_jump"
#: In which samples are pooled, for the notes of figures: C and gamma, and so the scale of values, differ by machine.
UNIT = "decision values in standard deviations of each sample's machine over the samples that trained it"


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample with its predictions in the order of its particles."""

    replica: str
    snapshot: Snapshot
    table: pd.DataFrame

    def values(self, column: str) -> Floats:
        """(n_particles,) of a column."""
        values: Floats = self.table[column].to_numpy(dtype=float)
        return values


def join_samples(records: Sequence[Record], predictions: Sequence[Predictions]) -> list[Sample]:
    """Join the predictions of every replica onto its configuration, by the particle's id."""
    snapshots = {record.replica: record.final for record in records}
    joined = []
    for product in predictions:
        snapshot = snapshots[product.replica]
        table = product.read().set_index("particle").loc[snapshot.ids].reset_index()
        joined.append(Sample(product.replica, snapshot, table))
    return joined


def shown_sample(samples: Sequence[Sample]) -> Sample:
    """Return the sample of figures of one: the last, on which the paper's split tests, of those with class 1."""
    return max(samples, key=lambda sample: (sample.values("label").any(), int(sample.replica)))


def predictors(predictions: Predictions) -> list[str]:
    """Return ``igd`` and the families that there are, in order: columns of machines that saw nothing of the sample."""
    columns = predictions.predicted_columns
    return [c.name for c in columns if c.indicator == columns[0].indicator and not c.training_replicas]
