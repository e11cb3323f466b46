"""`Labels`: numbers of particles that say what happened to them, with the meaning of every column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.labels.base import LabelColumn
from lammps_glass.product import Product, TableFile
from lammps_glass.tables import KEY


class Labels(Product):
    """Labels of one replica: key, species and values, a group of rows a snapshot.

    Columns ``replica``, ``step`` (of the reference configuration), ``particle``, ``species``, then those of
    `label_columns`; NaN where a run has ended before the lag.
    """

    table = TableFile("labels.parquet")

    def write(
        self,
        groups: Iterable[pd.DataFrame],
        columns: Sequence[LabelColumn],
        *,
        label: str,
        parameters: Mapping[str, Any],
        species: Sequence[str],
        **details: Any,
    ) -> None:
        """Write the groups of rows.

        Parameters
        ----------
        columns
            Meaning of the columns of values; the first is the label's main one.
        label, parameters
            Name of the label in the registry and its parameters.
        species
            Species whose particles are labelled.
        details
            JSON values for those who know the label.
        """
        about = {
            "label": label,
            "parameters": dict(parameters),
            "species": list(species),
            "columns": [asdict(column) for column in columns],
            **details,
        }
        needed = [*KEY, "species", *(column.name for column in columns)]
        with self.table.writer(about) as writer:
            for group in groups:
                if missing := [name for name in needed if name not in group]:
                    raise InputError(f"label {label}: its table has no column {', '.join(missing)}")
                writer.write(group)

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the table; see `write`."""
        return self.table.metadata

    @property
    def label_columns(self) -> tuple[LabelColumn, ...]:
        """Meaning of the columns of values, the main one first."""
        return tuple(LabelColumn(**values) for values in self.metadata["columns"])

    def label_column(self, **wanted: Any) -> LabelColumn:
        """Return the first column whose fields or details have these values, such as ``lag=1`` or ``plane="xy"``.

        Raises
        ------
        InputError
            There is none; the message lists what there is.
        """
        return select_column(self.label_columns, str(self.directory), **wanted)

    def groups(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read the rows, one snapshot at a time."""
        return self.table.groups(columns)


def select_column(columns: Sequence[LabelColumn], where: str, **wanted: Any) -> LabelColumn:
    """Return the first of `columns` whose fields or details have the values of `wanted`.

    Raises
    ------
    InputError
        There is none; the message begins with `where`.
    """
    for column in columns:
        fields = asdict(column) | dict(column.details)
        if all(fields.get(name) == value for name, value in wanted.items()):
            return column
    asked = ", ".join(f"{name} = {value}" for name, value in wanted.items())
    offered = "; ".join(
        ", ".join([column.quantity, *([f"lag {column.lag}"] if column.lag else []), *map(str, column.details.values())])
        for column in columns
    )
    raise InputError(f"{where}: no label with {asked}; there are {offered or 'none'}")
