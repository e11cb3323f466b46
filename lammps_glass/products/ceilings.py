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
    within each configuration and averaged over those where the repeats agree. The ceiling is that of the mean of the
    repeats. For a column of the largest or smallest of its planes it is an upper estimate, as an extreme is noisier
    than a mean; and a predictor that depends on the plane may exceed it.

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
    repeats = {column.name: of_column for column in columns if (of_column := repeats_of(column, columns))}
    by_configuration: dict[str, list[float]] = {name: [] for name in repeats}
    for group in groups if repeats else ():
        for name, of_column in repeats.items():
            estimates = group[list(of_column.names)].to_numpy(dtype=float)
            estimates = estimates[np.isfinite(estimates).all(axis=1)]
            if len(estimates) >= FEWEST:
                by_configuration[name].append(repeats_ceiling(list(estimates.T)))
    rows = []
    for name, of_column in repeats.items():
        values = np.array(by_configuration[name])
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        rows.append((name, of_column.kind, len(of_column.names), mean))
    return pd.DataFrame(rows, columns=["label", "from", "repeats", "ceiling"])
