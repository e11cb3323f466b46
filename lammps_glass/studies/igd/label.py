"""The label: whether a particle's largest jump of D2min, over the planes of shear, is above the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lammps_glass.studies.case import Case
from lammps_glass.studies.common import key_columns
from lammps_glass.tables import write_table


@dataclass(frozen=True)
class LabelParameters:
    """`threshold` of the largest jump, square angstrom; the same at every preset."""

    threshold: float = 0.05


def label(case: Case) -> None:
    """``labels.parquet``: key, species, ``jump_<plane>``, ``largest_jump`` and ``label`` (0 or 1) of every particle.

    A sample may have no particle that jumps: classes are asked for where all samples are learned from.
    """
    from lammps_glass.labels import largest_jump
    from lammps_glass.simulate import Record

    snapshot = Record(case.input("gate")).final
    tables = {str(p.conditions["plane"]): p.path / "d2min.parquet" for p in case.inputs("shear")}
    jumps = largest_jump(tables, threshold=case.parameters.threshold, both_classes=False)
    rows = key_columns(snapshot, case.replica, np.searchsorted(snapshot.ids, jumps.particles))
    for number, plane in enumerate(jumps.planes):
        rows[f"jump_{plane}"] = jumps.by_plane[:, number]
    rows["largest_jump"] = jumps.largest
    rows["label"] = jumps.label.astype(np.int64)
    write_table(case.directory / "labels.parquet", rows, jumps.fractions())
