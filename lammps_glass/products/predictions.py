"""`Predictions`: what indicators say of the particles of one replica, beside their labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from lammps_glass.labels.base import LabelColumn
from lammps_glass.product import Conditions, Product, TableFile
from lammps_glass.products.labels import select_column


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
        Conditions of the stage that fitted it, but ``left_out``.
    """

    name: str
    indicator: str
    threshold: float
    training_replicas: tuple[str, ...] = ()
    leaking: bool = False
    conditions: Conditions = field(default_factory=dict)


class Predictions(Product):
    """Predictions of one replica: key, species, labels, then a column an indicator; a group of rows a snapshot."""

    table = TableFile("predictions.parquet")

    def write(
        self,
        groups: Iterable[pd.DataFrame],
        predicted: Sequence[PredictedColumn],
        labels: Sequence[LabelColumn] = (),
        **details: Any,
    ) -> None:
        """Write the groups of rows with the meaning of their columns."""
        columns = {"predicted": [asdict(c) for c in predicted], "labels": [asdict(c) for c in labels]}
        with self.table.writer({**columns, **details}) as writer:
            for group in groups:
                writer.write(group)

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the table; see `write`."""
        return self.table.metadata

    @property
    def predicted_columns(self) -> tuple[PredictedColumn, ...]:
        """Meaning of the columns of predictions, the main one first."""
        stored = self.metadata["predicted"]
        return tuple(
            PredictedColumn(**{**values, "training_replicas": tuple(values["training_replicas"])}) for values in stored
        )

    @property
    def label_columns(self) -> tuple[LabelColumn, ...]:
        """Meaning of the columns of labels."""
        return tuple(LabelColumn(**values) for values in self.metadata["labels"])

    def label_column(self, **wanted: Any) -> LabelColumn:
        """Return the first column of a label with these values; an `InputError` if there is none."""
        return select_column(self.label_columns, str(self.directory), **wanted)

    def groups(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read the rows, one snapshot at a time."""
        return self.table.groups(columns)

    def read(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Read all rows."""
        return self.table.read(columns)
