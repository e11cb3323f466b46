"""The pooled predictions of every sample, and what several figures read of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.case import Case
from lammps_glass.studies.common import final_snapshots
from lammps_glass.tables import read_table

#: In which samples are pooled, for the notes of figures: C and gamma, and so the scale of values, differ by machine.
UNIT = "decision values in standard deviations of each sample's machine over the samples that trained it"
#: Columns of predictions that are no predictor.
OTHERS = ("replica", "step", "particle", "species", "label", "split", "leaking", "largest_jump", "igd_split")


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample with its predictions in the order of its particles."""

    replica: str
    snapshot: Snapshot
    table: pd.DataFrame

    def values(self, column: str) -> np.ndarray:
        """(n_particles,) of a column."""
        found: np.ndarray = self.table[column].to_numpy(dtype=float)
        return found


def pooled(case: Case) -> pd.DataFrame:
    """Predictions of every particle of every sample, each by a machine that left its sample out."""
    parts = [read_table(product.path / "predictions.parquet") for product in case.inputs("predict")]
    return pd.concat(parts, ignore_index=True)


def samples(case: Case) -> Iterator[Sample]:
    """The samples with their predictions, joined by the particle's id."""
    snapshots = final_snapshots(case, "gate")
    for product in case.inputs("predict"):
        snapshot = snapshots[product.replica]
        table = read_table(product.path / "predictions.parquet").set_index("particle").loc[snapshot.ids].reset_index()
        yield Sample(product.replica, snapshot, table)


def predictors(table: pd.DataFrame) -> list[str]:
    """``igd`` and the families that there are, in order."""
    return [str(name) for name in table if name not in OTHERS and name != "species_only"]


def shown(found: list[Sample]) -> Sample:
    """The sample for pictures of one: the last, on which the paper's split tests, of those with a rearrangement."""
    return max(found, key=lambda sample: (sample.values("label").any(), int(sample.replica)))
