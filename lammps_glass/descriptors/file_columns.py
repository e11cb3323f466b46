"""`FileColumns`: numbers of the particles that the file of a snapshot holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors.base import Descriptor
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


class FileColumns(Descriptor):
    """Per-particle columns of the file of a snapshot, as they are: rows that were made elsewhere, such as by a study.

    Parameters
    ----------
    columns
        Their names. NaN is a particle without a number.
    """

    name = "file-columns"
    partial = True

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        names = () if isinstance(columns, str) or not isinstance(columns, Sequence) else tuple(columns)
        if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            raise InputError(f"{self.name}: columns = {columns!r} must be a list of different names")

    @property
    def feature_names(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns)

    def compute(self, snapshot: Snapshot) -> Floats:
        """Return (n_particles, n_columns) float64.

        Raises
        ------
        InputError
            The snapshot has no such column of numbers.
        """
        rows = np.empty((len(snapshot), len(self.columns)))
        for k, column in enumerate(self.columns):
            values = np.asarray(snapshot.properties.get(column, ()))
            if values.shape != (len(snapshot),) or values.dtype.kind not in "fiub":
                raise InputError(
                    f"{self.name}: the snapshot (step {snapshot.step}) has no column {column} of numbers: there are "
                    f"{', '.join(snapshot.properties) or 'none'}"
                )
            rows[:, k] = values
        return rows
