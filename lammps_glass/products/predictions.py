"""`Predictions`: values of indicators for the particles of one replica, beside their labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import tee

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json
from lammps_glass.labels.base import LabelColumn
from lammps_glass.product import Conditions, TableFile
from lammps_glass.products.keys import of_particles, rows_in
from lammps_glass.products.labels import LabelTable
from lammps_glass.simulate.record import Record
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


@dataclass(frozen=True)
class PredictedColumn:
    """Meaning of a column of predictions.

    Parameters
    ----------
    name
        Of the column.
    indicator
        Name of the indicator in the registry.
    threshold
        Value from which the indicator predicts class 1 (0.5 of a probability, 0 of a signed distance).
    training_replicas
        Replicas that trained it; empty where each replica is predicted by an indicator that left it out.
    leaking
        Whether random rows were left out instead of replicas.
    conditions
        Conditions of the fit, without ``left_out``.
    """

    name: str
    indicator: str
    threshold: float
    training_replicas: tuple[str, ...] = ()
    leaking: bool = False
    conditions: Conditions = field(default_factory=dict)


class Predictions(LabelTable):
    """Predictions of one replica: key, species, labels, then a column an indicator; a group of rows a snapshot."""

    table = TableFile("predictions.parquet")

    def write(
        self,
        groups: Iterable[pd.DataFrame],
        predicted: Sequence[PredictedColumn],
        labels: Sequence[LabelColumn] = (),
        **details: Json,
    ) -> None:
        """Write the groups of rows with the meaning of their columns."""
        columns = {"predicted": [asdict(c) for c in predicted], "labels": [asdict(c) for c in labels]}
        with self.table.writer({**columns, **details}) as writer:
            for group in groups:
                writer.write(group)

    @property
    def predicted_columns(self) -> tuple[PredictedColumn, ...]:
        """Meaning of the columns of predictions, the main one first."""
        stored = self.metadata["predicted"]
        return tuple(
            PredictedColumn(**{**values, "training_replicas": tuple(values["training_replicas"])}) for values in stored
        )


@dataclass(frozen=True, eq=False)
class PredictedSample:
    """The configuration of one replica with its predictions in the order of its particles."""

    replica: str
    snapshot: Snapshot
    table: pd.DataFrame

    def values(self, column: str) -> Floats:
        """Return (n_particles,) values of a column."""
        values: Floats = self.table[column].to_numpy(dtype=float)
        return values


def join_samples(records: Sequence[Record], predictions: Sequence[Predictions]) -> list[PredictedSample]:
    """Join the predictions of every replica onto the last configuration of its record, by the particle's id.

    Raises
    ------
    InputError
        A replica has no record, or a particle no prediction.
    """
    snapshots = {record.replica: record.final for record in records}
    samples = []
    for product in predictions:
        if product.replica not in snapshots:
            raise InputError(f"{product.directory}: no record of replica {product.replica} is given")
        snapshot, table = snapshots[product.replica], product.read()
        order = np.argsort(rows_in(snapshot, table), kind="stable")
        if not np.array_equal(table["particle"].to_numpy()[order], snapshot.ids):
            raise InputError(f"{product.directory}: {len(table)} predictions of {len(snapshot)} particles")
        samples.append(PredictedSample(product.replica, snapshot, table.iloc[order].reset_index(drop=True)))
    return samples


@dataclass(frozen=True)
class PredictedTrajectory:
    """The configurations of one replica with the values of an indicator, one at a time.

    Parameters
    ----------
    record
        The configurations that the predictions are of.
    predictions
        Predictions of their particles, a group of rows a configuration.
    column
        Column of the values.
    first_step
        Step of the first configuration that counts.
    """

    record: Record
    predictions: Predictions
    column: str
    first_step: int = 0

    def pairs(self) -> Iterator[tuple[Snapshot, Floats]]:
        """Iterate over snapshots and (n_particles,) values; NaN for particles without a prediction."""
        groups = self.predictions.groups(["step", "particle", self.column])
        for snapshot, rows in zip(self.record.frames(), groups, strict=True):
            if snapshot.step >= self.first_step:
                yield snapshot, of_particles(snapshot, rows, self.column)

    def streams(self) -> tuple[Iterator[Snapshot], Iterator[Floats]]:
        """Return snapshots and values from one pass over the files: consumed together, `tee` holds one pair."""
        one, other = tee(self.pairs())
        return (snapshot for snapshot, _ in one), (values for _, values in other)
