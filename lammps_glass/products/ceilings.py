"""Noise ceilings of labels, from the columns that repeat them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from lammps_glass.analysis.association import repeats_ceiling
from lammps_glass.labels.base import LabelColumn, repeats_of

#: Fewest particles of a configuration for a ceiling.
FEWEST = 10


def ceilings(columns: Sequence[LabelColumn], groups: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Compute the largest correlation that any predictor can have with each column that has repeats.

    Repeats are means over halves of the runs, or the planes of a shear (`labels.repeats_of`). Ceilings are computed
    within each configuration and averaged over those where the repeats agree.

    Parameters
    ----------
    columns
        Meaning of the columns of labels.
    groups
        Tables with these columns, one a configuration; rows without a value of a repeat are left out.

    Returns
    -------
    DataFrame
        ``label`` (name of the column), ``from`` (``half`` or ``plane``), ``repeats`` (their number), ``ceiling``; NaN
        where they agree in no configuration. No row for a column without repeats.
    """
    repeats = {column.name: found for column in columns if (found := repeats_of(column, columns))}
    by_configuration: dict[str, list[float]] = {name: [] for name in repeats}
    for group in groups if repeats else ():
        for name, found in repeats.items():
            values = group[list(found.names)].to_numpy(dtype=float)
            values = values[np.isfinite(values).all(axis=1)]
            if len(values) >= FEWEST:
                by_configuration[name].append(repeats_ceiling(list(values.T)))
    rows = [
        (name, found.kind, len(found.names), float(np.nanmean(by)) if np.isfinite(by := by_configuration[name]).any()
         else float("nan"))
        for name, found in repeats.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["label", "from", "repeats", "ceiling"])
