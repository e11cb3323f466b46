"""`Structures`: environments, energies and strains of the structures of a record; `StructureSet`: of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.product import ArrayFile, Conditions, Product, TableFile, name_of

Floats = NDArray[np.float64]


def run_name(conditions: Conditions) -> str:
    """Return the name of the independent run (one cooling) of a case: its conditions without the temperature."""
    return name_of({key: value for key, value in conditions.items() if key != "temperature"})


@dataclass(frozen=True)
class StructureSet:
    """Structures encoded by a library of environments, a row each.

    Parameters
    ----------
    table
        ``run`` (see `run_name`), the conditions, ``step``, ``energy`` (of the system), ``n_particles``, ``density``
        (particles a volume), ``composition`` (fraction of the last species), ``strain`` (shear strain of the box),
        ``mean_strain`` and ``heterogeneity`` (of the particles' von Mises strain), ``coverage`` (fraction of the
        particles that have an environment).
    counts
        (n, m) particles of each environment.
    soap
        (n, d) mean SOAP vectors.
    voronoi
        ``row``, ``index``, ``count``: Voronoi indices of the particles of each structure.
    strains
        Von Mises strain of the particles of each structure, against the first configuration of its record.
    """

    table: pd.DataFrame
    counts: Floats
    soap: Floats
    voronoi: pd.DataFrame
    strains: Sequence[NDArray[np.floating]]

    @classmethod
    def of(cls, products: Sequence[Structures]) -> Self:
        """Return the structures of several records as one set."""
        tables = [product.table.read() for product in products]
        first_rows = np.cumsum([0, *map(len, tables)])
        indices = [product.voronoi.read() for product in products]
        return cls(
            pd.concat(tables, ignore_index=True),
            np.concatenate([product.counts.read() for product in products]).astype(float),
            np.concatenate([product.soap.read() for product in products]).astype(float),
            pd.concat([t.assign(row=t["row"] + n) for t, n in zip(indices, first_rows)], ignore_index=True),
            [strain for product in products for strain in product.strains.read()],
        )

    def __len__(self) -> int:
        return len(self.table)

    @property
    def fractions(self) -> Floats:
        """(n, m) fractions of the particles that have an environment."""
        return np.asarray(self.counts / self.counts.sum(axis=1, keepdims=True))

    @property
    def energies(self) -> Floats:
        """(n,) energies of the systems."""
        return np.asarray(self.table["energy"], dtype=float)

    @property
    def sizes(self) -> Floats:
        """(n,) numbers of particles."""
        return np.asarray(self.table["n_particles"], dtype=float)

    @property
    def runs(self) -> NDArray[np.str_]:
        """(n,) names of the independent runs."""
        return self.table["run"].to_numpy(dtype=np.str_)

    @property
    def voronoi_indices(self) -> list[str]:
        """Voronoi indices that occur, sorted."""
        return sorted(set(self.voronoi["index"]))

    def voronoi_fractions(self, indices: Sequence[str]) -> Floats:
        """Return (n, k) fractions of the particles that have each of `indices`."""
        columns = {name: at for at, name in enumerate(indices)}
        values = np.zeros((len(self), len(columns)))
        rows = self.voronoi[self.voronoi["index"].isin(columns)]
        np.add.at(values, (rows["row"].to_numpy(), rows["index"].map(columns).to_numpy()), rows["count"].to_numpy())
        return values / self.sizes[:, None]

    def take(self, rows: NDArray[np.integer]) -> StructureSet:
        """Return the structures of some rows, without repetition."""
        numbers = pd.Series(np.arange(len(rows)), index=rows)
        voronoi = self.voronoi[self.voronoi["row"].isin(rows)]
        return StructureSet(
            self.table.iloc[rows].reset_index(drop=True),
            self.counts[rows],
            self.soap[rows],
            voronoi.assign(row=voronoi["row"].map(numbers)).reset_index(drop=True),
            [self.strains[row] for row in rows],
        )


class Structures(Product):
    """Encoded configurations of one record; `StructureSet` says what the tables and arrays hold.

    The metadata of ``table`` hold ``strain_r_max``, the neighbourhood of the particles' strain.
    """

    table = TableFile("structures.parquet")
    voronoi = TableFile("voronoi.parquet")
    counts = ArrayFile("counts.npy")
    soap = ArrayFile("soap.npy")
    strains = ArrayFile("strain.npy")

    def write(self, structures: StructureSet, *, strain_r_max: float) -> None:
        """Write the structures of one record, which have equal numbers of particles."""
        self.table.write(structures.table, {"strain_r_max": strain_r_max})
        self.voronoi.write(structures.voronoi)
        self.counts.write(structures.counts.astype(np.int32))
        self.soap.write(structures.soap.astype(np.float32))
        self.strains.write(np.asarray(structures.strains, dtype=np.float32))
