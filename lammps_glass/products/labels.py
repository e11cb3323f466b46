"""`Labels`: numbers that describe the motion of particles, with the meaning of every column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import ClassVar

import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json, JsonObject
from lammps_glass.labels.base import CLASS, LabelColumn
from lammps_glass.product import Product, TableFile
from lammps_glass.tables import KEY


class LabelTable(Product):
    """Base of products with a table that holds columns of labels: `Labels`, `Rows`, `Predictions`."""

    table: ClassVar[TableFile]
    #: Key of the metadata under which the meaning of the columns of labels is stored.
    labels_key: ClassVar[str] = "labels"

    @property
    def metadata(self) -> JsonObject:
        """Metadata of the table; see `write`."""
        return self.table.metadata

    @property
    def label_columns(self) -> tuple[LabelColumn, ...]:
        """Meaning of the columns of labels, the main one first."""
        return tuple(LabelColumn(**values) for values in self.metadata[self.labels_key])

    def label_column(self, **fields: Json) -> LabelColumn:
        """Return the first column of a label whose fields or details have these values, such as ``lag=1``.

        Raises
        ------
        InputError
            There is none; the message lists the labels.
        """
        return select_column(self.label_columns, str(self.directory), **fields)

    def groups(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read the rows, or some of their columns, one snapshot at a time."""
        return self.table.groups(columns)

    def read(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Read all rows, or some of their columns."""
        return self.table.read(columns)


def pooled(products: Sequence[LabelTable], columns: list[str] | None = None) -> pd.DataFrame:
    """Read the rows of several replicas as one table."""
    return pd.concat([product.read(columns) for product in products], ignore_index=True)


class Labels(LabelTable):
    """Labels of one replica: key, species and values, a group of rows a snapshot.

    Columns ``replica``, ``step`` (of the reference configuration), ``particle``, ``species``, then those of
    `label_columns`; NaN where a run has ended before the lag.
    """

    table = TableFile("labels.parquet")
    labels_key: ClassVar[str] = "columns"

    def write(
        self,
        groups: Iterable[pd.DataFrame],
        columns: Sequence[LabelColumn],
        *,
        label: str,
        parameters: Mapping[str, Json],
        species: Sequence[str],
        **details: Json,
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
            Other facts about the records that the label has.
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

    def ceilings(self) -> pd.DataFrame:
        """Compute the noise ceiling of each column with repeats; see `products.ceilings.ceilings`."""
        from lammps_glass.products.ceilings import ceilings

        return ceilings(self.label_columns, self.groups())

    @property
    def classes(self) -> LabelColumn | None:
        """The column of classes; None where the label makes none."""
        return next((column for column in self.label_columns if column.quantity == CLASS), None)


class ActivityMap(Product):
    """D2min in a slice of one configuration: the table of a figure of kind ``map``.

    Metadata: ``share``, the fraction of D2min of the top 5 % of the particles; ``species``; ``thickness``; ``width``.
    """

    table = TableFile("map.parquet")


def select_column(columns: Sequence[LabelColumn], where: str, **fields: Json) -> LabelColumn:
    """Return the first of `columns` whose fields or details have the values of `fields`.

    Raises
    ------
    InputError
        There is none; the message begins with `where`.
    """
    for column in columns:
        meaning = asdict(column) | dict(column.details)
        if all(meaning.get(name) == value for name, value in fields.items()):
            return column
    requested = ", ".join(f"{name} = {value}" for name, value in fields.items())
    offered = "; ".join(
        ", ".join([column.quantity, *([f"lag {column.lag}"] if column.lag else []), *map(str, column.details.values())])
        for column in columns
    )
    raise InputError(f"{where}: no label with {requested}; there are {offered or 'none'}")
