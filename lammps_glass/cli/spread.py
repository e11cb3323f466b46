"""Quantiles of the values of labels, from which thresholds are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lammps_glass.snapshots.cell import Floats

#: Quantiles by the name of their column.
QUANTILES = {"median": 0.5, "p95": 0.95, "p99": 0.99, "maximum": 1.0}


class Spread:
    """Collects columns of values, group by group, and gives their count and quantiles; NaN is no value.

    Parameters
    ----------
    names
        Names of the columns.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._groups: dict[str, list[Floats]] = {name: [] for name in names}

    def add(self, columns: Mapping[str, ArrayLike]) -> None:
        """Add the (n,) values of each column."""
        import numpy as np

        for name, groups in self._groups.items():
            values = np.asarray(columns[name], dtype=np.float64)
            groups.append(values[~np.isnan(values)])

    def rows(self) -> list[dict[str, str | int | float | None]]:
        """Return a row a column: ``label``, ``count`` and quantiles (linear between values), None without values."""
        import numpy as np

        rows = []
        for name, groups in self._groups.items():
            values = np.concatenate(groups) if groups else np.empty(0)
            at = np.quantile(values, list(QUANTILES.values())).tolist() if values.size else [None] * len(QUANTILES)
            rows.append({"label": name, "count": len(values), **dict(zip(QUANTILES, at))})
        return rows
