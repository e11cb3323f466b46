"""Class 1 and class 0 of labelled particles: above a threshold, or the largest fraction of each configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.labels.base import LabelColumn
from lammps_glass.products.labels import select_column


@dataclass(frozen=True)
class ClassParameters:
    """Parameters of the classes of particles: label and threshold, the same in every stage that learns or scores.

    Parameters
    ----------
    quantity, lag
        Choose the column of the labels; by default its first.
    threshold
        Class 1 has a label above it.
    fraction
        Instead: class 1 is this fraction of the particles of each configuration, those with the largest labels.
    """

    quantity: str | None = None
    lag: int | None = None
    threshold: float | None = None
    fraction: float | None = None

    def __post_init__(self) -> None:
        if (self.threshold is None) == (self.fraction is None):
            raise InputError("classes need either a threshold or a fraction of the particles: give one of the two")
        if self.fraction is not None and not 0 < self.fraction < 1:
            raise InputError(f"fraction = {self.fraction:g} must be above 0 and below 1")

    def column(self, columns: Sequence[LabelColumn], where: str) -> LabelColumn:
        """Return the column of the labels that makes the classes."""
        fields = {"quantity": self.quantity, "lag": self.lag}
        return select_column(columns, where, **{name: value for name, value in fields.items() if value is not None})

    def classes(self, table: pd.DataFrame, column: str) -> NDArray[np.int64]:
        """Return (n_rows,) classes, 0 or 1, of rows that all have a label.

        With a fraction, rows with equal ``replica`` and ``step`` form a configuration; ties are broken by position.

        Raises
        ------
        InputError
            A label is not finite.
        """
        values = table[column].to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise InputError(f"{int((~np.isfinite(values)).sum())} of {len(values)} labels are not finite")
        if self.threshold is not None:
            return (values > self.threshold).astype(np.int64)
        ranks = table.groupby(["replica", "step"])[column].rank(method="first", ascending=False).to_numpy()
        sizes = table.groupby(["replica", "step"])[column].transform("size").to_numpy()
        count = np.maximum(1, np.floor(float(self.fraction or 0) * sizes + 0.5))
        return (ranks <= count).astype(np.int64)

    def __str__(self) -> str:
        if self.threshold is not None:
            return f"above {self.threshold:g}"
        return f"the largest {self.fraction:.1%} of each configuration"
