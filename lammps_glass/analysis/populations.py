"""Populations of particles ordered by an indicator: what the mean of a number is in each, and how they sit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.snapshot import Snapshot


def binned_means(indicator: ArrayLike, values: ArrayLike, share: float, at_least: int = 1) -> pd.DataFrame:
    """Mean of `values` over particles of about equal `indicator`, in bins of equal numbers.

    Parameters
    ----------
    indicator, values
        (n,) of the same particles.
    share
        Of all particles that a bin holds (the paper of the integrated defect: 0.0025, figure 11, and 0.025, 14).
    at_least
        Particles a bin, where the share would be fewer.

    Returns
    -------
    DataFrame
        ``indicator`` and ``value`` (means), ``low`` and ``high`` (value less and plus its standard error, particles
        taken as independent), ``count``; in ascending order.

    Raises
    ------
    InputError
        Lengths differ, or a number is not finite.
    """
    x, y = np.asarray(indicator, dtype=float), np.asarray(values, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or not len(x) or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"binned means: {x.shape} indicators and {y.shape} values must be finite and as many")
    size = min(len(x), max(1, at_least, round(share * len(x))))
    rows = []
    for part in np.array_split(np.argsort(x, kind="stable"), max(1, len(x) // size)):
        error = y[part].std(ddof=1) / np.sqrt(len(part)) if len(part) > 1 else np.nan
        mean = y[part].mean()
        rows.append((x[part].mean(), mean, mean - error, mean + error, len(part)))
    return pd.DataFrame(rows, columns=["indicator", "value", "low", "high", "count"])


def quantile_groups(values: ArrayLike, n_groups: int) -> NDArray[np.int64]:
    """(n,) number of each value's group, 0 to n_groups - 1 in ascending order, of groups of equal size.

    Equal values go by position.
    """
    ranks = pd.Series(np.asarray(values, dtype=float)).rank(method="first")
    return pd.qcut(ranks, n_groups, labels=False).to_numpy(dtype=np.int64)


def extreme_rows(values: ArrayLike, fraction: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers of the `fraction` of lowest and of highest values, at least one each."""
    order = np.argsort(np.asarray(values, dtype=float))
    size = max(1, round(fraction * len(order)))
    return order[:size], order[-size:]


def radial_distribution_around(snapshot: Snapshot, rows: ArrayLike, r_max: float, bins: int) -> pd.DataFrame:
    """g(r) of all particles around those of `rows`: their surroundings against those at random.

    Every periodic image counts, so the box may be smaller than twice `r_max`.

    Parameters
    ----------
    rows
        Row numbers of the particles in the middle.

    Returns
    -------
    DataFrame
        ``r`` (middle of the bin), ``g``.
    """
    from lammps_glass.snapshots.neighbors import pairs_within

    chosen = np.zeros(len(snapshot), dtype=bool)
    chosen[np.asarray(rows, dtype=np.int64)] = True
    if not chosen.any() or not snapshot.cell.periodic.all():
        raise InputError("g(r) around particles: name at least one, in a cell periodic in every direction")
    found = pairs_within(snapshot, r_max)
    centre = np.repeat(np.arange(len(snapshot)), np.diff(found.offsets))
    counts, edges = np.histogram(found.distances[chosen[centre]], bins=bins, range=(0.0, r_max))
    # An ideal gas of the others: n - 1 of them in the volume.
    density = (len(snapshot) - 1) / snapshot.cell.volume
    ideal = chosen.sum() * density * 4 / 3 * np.pi * np.diff(edges**3)
    return pd.DataFrame({"r": (edges[:-1] + edges[1:]) / 2, "g": counts / ideal})
