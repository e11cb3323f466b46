"""Structures of a study: where they come from, what is kept of each, and sets of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.case import Case, Product
from lammps_glass.tables import read_table

Floats = NDArray[np.float64]
TABLES = ("structures.parquet", "voronoi.parquet")


def record_stage(case: Case) -> str:
    """The stage of inherent structures that a case reads."""
    names = [name for name in case.after if name.endswith("inherent")]
    if len(names) != 1:
        raise InputError(f"stages.{case.stage}.after: needs one stage of inherent structures, it reads {names}")
    return names[0]


def run_name(product: Product) -> str:
    """The independent run that a record belongs to: all that was cooled together, whatever it was annealed at."""
    kept = [f"{key}-{value}" for key, value in product.conditions.items() if key != "temperature"]
    return "_".join(kept) or "all"


def record_name(product: Product) -> str:
    """A name for a record, such as ``rate-1e+13_replica-1_temperature-600``."""
    return "_".join(f"{key}-{value}" for key, value in product.conditions.items()) or "all"


def kept_frames(product: Product) -> Iterator[Snapshot]:
    """The inherent structures of a record but the first, which is the cooled glass that every record starts from."""
    from lammps_glass.simulate import Record

    frames = Record(product.path).frames()
    next(frames, None)
    yield from frames


@dataclass(frozen=True)
class Structures:
    """A set of encoded structures, row by row.

    Attributes
    ----------
    table
        ``run``, ``temperature``, ``step``, ``energy`` (eV), ``n_particles``, ``coverage``, ``density``, ``zr``
        (fraction), ``strain``, ``mean_strain``, ``heterogeneity``, and the conditions.
    counts
        (n, m) particles of each environment.
    soap
        (n, d) mean SOAP vectors.
    voronoi
        ``row``, ``index``, ``count``: Voronoi indices of the particles of each structure.
    """

    table: pd.DataFrame
    counts: Floats
    soap: Floats
    voronoi: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    @property
    def fractions(self) -> Floats:
        """(n, m) shares among the particles that have an environment."""
        shares: Floats = self.counts / self.counts.sum(axis=1, keepdims=True)
        return shares

    @property
    def energies(self) -> Floats:
        return np.asarray(self.table["energy"], dtype=float)

    @property
    def sizes(self) -> Floats:
        return np.asarray(self.table["n_particles"], dtype=float)

    @property
    def runs(self) -> NDArray[Any]:
        return np.asarray(self.table["run"].astype(str))

    def voronoi_fractions(self, known: Sequence[str]) -> Floats:
        """(n, k) shares of the particles that have each of the `known` indices."""
        place = {name: at for at, name in enumerate(known)}
        values = np.zeros((len(self), len(known)))
        mine = self.voronoi[self.voronoi["index"].isin(place)]
        np.add.at(values, (mine["row"].to_numpy(), mine["index"].map(place).to_numpy()), mine["count"].to_numpy())
        return values / self.sizes[:, None]

    @property
    def indices(self) -> list[str]:
        """The Voronoi indices that occur, sorted."""
        return sorted(set(self.voronoi["index"]))

    def take(self, rows: NDArray[Any]) -> Structures:
        """The structures of some rows."""
        place = pd.Series(np.arange(len(rows)), index=rows)
        mine = self.voronoi[self.voronoi["row"].isin(rows)]
        return Structures(
            self.table.iloc[rows].reset_index(drop=True),
            self.counts[rows],
            self.soap[rows],
            mine.assign(row=mine["row"].map(place)).reset_index(drop=True),
        )


def write_structures(folder: Path, structures: Structures) -> None:
    """Tables, and plain arrays for what has thousands of columns."""
    from lammps_glass.tables import write_table

    write_table(folder / TABLES[0], structures.table)
    write_table(folder / TABLES[1], structures.voronoi)
    np.save(folder / "counts.npy", structures.counts.astype(np.int32))
    np.save(folder / "soap.npy", structures.soap.astype(np.float32))


def read_structures(products: Sequence[Product]) -> Structures:
    """The structures of several records as one set."""
    tables, counts, soap, voronoi, n_rows = [], [], [], [], 0
    for product in products:
        tables.append(read_table(product.path / TABLES[0]))
        indices = read_table(product.path / TABLES[1])
        voronoi.append(indices.assign(row=indices["row"] + n_rows))
        counts.append(np.load(product.path / "counts.npy"))
        soap.append(np.load(product.path / "soap.npy"))
        n_rows += len(tables[-1])
    return Structures(
        pd.concat(tables, ignore_index=True),
        np.concatenate(counts).astype(float),
        np.concatenate(soap).astype(float),
        pd.concat(voronoi, ignore_index=True),
    )


def require_runs(stage: str, runs: Sequence[str]) -> None:
    """Refuse structures of a single run: an `InputError` that names what to raise."""
    if len(set(runs)) < 2:
        raise InputError(
            f"stages.{stage}: all structures come from one run ({runs[0]}): a split by run needs two or more; "
            "give stages.quench more replicas or rates"
        )
