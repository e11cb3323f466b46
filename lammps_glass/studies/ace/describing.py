"""Rows for learning: the ACE features of every labelled particle, its local density and coordination, its D2min."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.ace.settings import BASELINE, LABEL, products
from lammps_glass.studies.ace.shear import snapshots
from lammps_glass.studies.ace.thermal import LABELS
from lammps_glass.studies.case import Case
from lammps_glass.tables import column_names, read_table, write_table

ROWS = "rows.parquet"


@dataclass(frozen=True)
class DescribeParameters:
    """Descriptor `ace` with cutoff `r_cut`: `one_species` are its options for the polymer, `two_species` for mixtures.

    `shell` ends the first shell of neighbours, whose number is the coordination; the local density is the number of
    neighbours within `r_cut` by volume.
    """

    r_cut: float = 4.0
    one_species: Mapping[str, Any] = field(default_factory=lambda: {"n_max": 20, "max_degree": 18})
    two_species: Mapping[str, Any] = field(default_factory=lambda: {"n_max": 10, "max_degree": 10})
    shell: float = 1.4


def describe(case: Case) -> None:
    """``rows.parquet``: key, species, label, D2min, baseline, features; one row a labelled particle of a snapshot."""
    from lammps_glass.descriptors import ACE

    parameters: DescribeParameters = case.parameters
    (labelled,) = products(case)
    labels = read_table(labelled.path / LABELS)
    labels = labels[labels[LABEL] >= 0]
    species = case.glass.species
    options = dict(parameters.one_species if len(species) == 1 else parameters.two_species)
    descriptor = ACE(species=species, r_cut=parameters.r_cut, **options)
    columns = [*BASELINE, *descriptor.feature_names]
    parts = [labels.iloc[:0].reindex(columns=[*labels.columns, *columns])]
    for snapshot in snapshots(labelled.path):
        rows = labels[labels["step"] == snapshot.step]
        if len(rows):
            parts.append(_described(snapshot, rows, descriptor, parameters, columns))
    table = pd.concat(parts[1:] or parts, ignore_index=True)
    write_table(
        case.directory / ROWS, table, {"descriptor": "ace", "parameters": _plain(descriptor), "glass": case.glass.name}
    )


def _described(
    snapshot: Snapshot, rows: pd.DataFrame, descriptor: Any, parameters: DescribeParameters, columns: list[str]
) -> pd.DataFrame:
    at = np.searchsorted(snapshot.ids, rows["particle"].to_numpy())
    values = np.column_stack([_baseline(snapshot, parameters)[at], descriptor.compute(snapshot)[at]])
    return pd.concat([rows, pd.DataFrame(values, index=rows.index, columns=columns)], axis=1)


def _baseline(snapshot: Snapshot, parameters: DescribeParameters) -> np.ndarray[Any, Any]:
    """(n_particles, 2) neighbours within `r_cut` over the volume of that sphere, and within `shell`."""
    from lammps_glass.snapshots.neighbors import pairs_within

    found = pairs_within(snapshot, parameters.r_cut)
    near = np.linalg.norm(found.vectors, axis=1) < parameters.shell
    counts = np.diff(found.offsets)
    centres = np.repeat(np.arange(len(snapshot)), counts)
    coordination = np.bincount(centres, weights=near, minlength=len(snapshot))
    return np.column_stack([counts / (4 / 3 * np.pi * parameters.r_cut**3), coordination])


def _plain(descriptor: Any) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in descriptor.get_params().items()}


def read_rows(folder: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """The rows of one case, or some of their columns."""
    return read_table(folder / ROWS, columns)


def features_of(folder: Path) -> list[str]:
    """The columns of the descriptor, in its order."""
    return [name for name in column_names(folder / ROWS) if "-body " in name]


def row_bytes(counts: Mapping[str, int]) -> float:
    """Of the features of one row, with the numbers of features of the paper."""
    return 8.0 * (1121 if len(counts) == 1 else 574)


def work(parameters: Any, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    labelled = [work for works in reads.values() for work in works]
    particles = float(sum(work.n_particles * work.snapshots for work in labelled))
    rows = float(sum(work.rows for work in labelled))
    memory = row_bytes(counts) * (sum(counts.values()) + 3 * rows)
    return Work(parts={"cases": 1.0, "particles": particles}, rows=rows, memory=memory)
