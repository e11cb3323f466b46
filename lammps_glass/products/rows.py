"""`Rows`: descriptors of particles, a row a particle, ready to be learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from lammps_glass.json_types import Json, JsonObject
from lammps_glass.labels.base import LabelColumn
from lammps_glass.product import TableFile
from lammps_glass.products.labels import LabelTable
from lammps_glass.tables import KEY

if TYPE_CHECKING:
    from lammps_glass.descriptors.base import Descriptor


class Rows(LabelTable):
    """Rows of one replica: key, species, values of labels if there are any, then features.

    The metadata suffice for `predict` to describe a bare snapshot: descriptor, parameters, glass, species; and
    ``families``, the features by part of the descriptor.
    """

    table = TableFile("rows.parquet")
    #: Members of the samples: key, ``label`` (column of a label; empty for the sample of all rows) and ``threshold``.
    samples = TableFile("samples.parquet", optional=True)

    def write(
        self,
        table: pd.DataFrame,
        *,
        descriptor: str,
        parameters: Mapping[str, Json],
        glass: str,
        species: Sequence[str],
        families: Mapping[str, Sequence[str]],
        labels: Sequence[LabelColumn] = (),
        **details: Json,
    ) -> None:
        """Write the rows.

        Parameters
        ----------
        table
            Columns ``replica``, ``step``, ``particle``, ``species``, those of `labels`, and the features.
        descriptor, parameters
            Name of the descriptor in the registry, and its parameters.
        families
            Part of the descriptor -> its features, in order.
        labels
            Meaning of the columns that hold values of labels.
        details
            Other facts about the rows.
        """
        about = {
            "descriptor": descriptor,
            "parameters": dict(parameters),
            "glass": glass,
            "species": list(species),
            "families": {name: list(columns) for name, columns in families.items()},
            "labels": [asdict(column) for column in labels],
            **details,
        }
        features = [name for columns in families.values() for name in columns]
        first = [*KEY, "species", *(column.name for column in labels)]
        others = [name for name in table if name not in first and name not in features]
        self.table.write(table[[*first, *others, *features]], about)

    @property
    def built_descriptor(self) -> Descriptor:
        """The descriptor that made the rows."""
        from lammps_glass.descriptors import REGISTRY

        descriptor: Descriptor = REGISTRY.build(self.metadata["descriptor"], self.metadata["parameters"])
        return descriptor

    @property
    def families(self) -> dict[str, list[str]]:
        """Features by part of the descriptor, in the order of the table (metadata are sorted by name)."""
        families: dict[str, list[str]] = self.metadata["families"]
        position = {name: number for number, name in enumerate(self.table.columns)}
        return dict(sorted(families.items(), key=lambda item: position[item[1][0]]))

    @property
    def features(self) -> list[str]:
        """Names of all features, in the order of the descriptor."""
        return [name for columns in self.families.values() for name in columns]

    @property
    def seed(self) -> int:
        """Seed of the case that wrote the rows, for draws that several readers of the rows must share."""
        return int(self.metadata["seed"])

    def sample(self, label: str = "", threshold: float = 0.0) -> pd.MultiIndex:
        """Return the keys of the rows in the sample of all rows, or in that of rows with `label` above `threshold`."""
        members = self.samples.read()
        chosen = members[(members["label"] == label) & (members["threshold"] == threshold)]
        return pd.MultiIndex.from_frame(chosen[KEY])

    @property
    def first_step(self) -> int:
        """Step of the first configuration that was described."""
        return int(self.metadata["first_step"])

    @property
    def description(self) -> JsonObject:
        """Metadata that are saved with an indicator, so that `predict` can describe a bare snapshot."""
        names = ("descriptor", "parameters", "species", "families")
        return {name: self.metadata[name] for name in names}
