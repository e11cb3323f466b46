"""Analysis of barcodes: correlation with the energy, sums by group, thermal and driven glasses at equal energy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.analysis.statistics import resamples, split_by
from lammps_glass.errors import InputError

Floats = NDArray[np.float64]

#: Mean strain of a structure that fell back into the minimum it came from: what is left (1e-6) is the minimiser's, and
#: says nothing about heterogeneity.
UNSTRAINED = 1e-4


def pearson_coefficients(values: ArrayLike, energies: ArrayLike) -> Floats:
    """Correlate each column of `values` (n, m) with `energies` (n,): (m,) Pearson coefficients, NaN if constant."""
    columns, target = np.asarray(values, dtype=float), np.asarray(energies, dtype=float)
    if len(columns) != len(target) or len(target) < 3:
        raise InputError(f"correlation of {len(columns)} rows with {len(target)} energies: give three or more of each")
    columns, target = columns - columns.mean(axis=0), target - target.mean()
    norm = np.sqrt((columns**2).sum(axis=0) * (target**2).sum())
    coefficients = np.full(columns.shape[1], np.nan)
    np.divide(columns.T @ target, norm, out=coefficients, where=norm > 1e-300)
    return coefficients


def heterogeneity(strain: ArrayLike) -> float:
    """Divide the standard deviation of the particles' strain by its mean; NaN for a mean of 0."""
    values = np.asarray(strain, dtype=float)
    mean = float(values.mean())
    return float(values.std()) / mean if mean > 0 else float("nan")


def relative_strains(strains: Iterable[ArrayLike], unstrained: float = UNSTRAINED) -> Floats:
    """Return the strain of the particles of several structures, each over its structure's mean.

    Parameters
    ----------
    strains
        (n_particles,) of each structure.
    unstrained
        Structures with a mean below it are left out: what they have is the minimiser's.
    """
    kept = [values for strain in strains if (values := np.asarray(strain)).mean() >= unstrained]
    return np.concatenate([np.zeros(0), *(values / values.mean() for values in kept)])


def group_sums(barcodes: ArrayLike, groups: Sequence[str]) -> pd.DataFrame:
    """Sum barcodes (n, m) over the environments of each group: n rows, a column per group, sorted."""
    values, names = np.asarray(barcodes, dtype=float), np.asarray(groups)
    return pd.DataFrame({str(name): values[:, names == name].sum(axis=1) for name in sorted(set(names.tolist()))})


def nearest_in_energy(energies: ArrayLike, target: float, count: int) -> NDArray[np.intp]:
    """Find the rows of the `count` energies nearest to `target`, ascending."""
    distance = np.abs(np.asarray(energies, dtype=float) - target)
    return np.sort(np.argsort(distance, kind="stable")[:count])


class BarcodeSet(NamedTuple):
    """Barcodes of structures, with their energies."""

    barcodes: Floats  # (n, n_environments)
    energies: Floats  # (n,) of a particle
    runs: NDArray[np.str_]  # (n,) names of the independent runs

    def take(self, rows: NDArray[np.integer]) -> BarcodeSet:
        """Return those of some rows."""
        return BarcodeSet(*(values[rows] for values in self))


def compare_at_equal_energy(
    thermal: BarcodeSet, driven: BarcodeSet, groups: Sequence[str], nearest: int, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Compare driven glasses with the thermal ones whose energies are nearest to their mean.

    Parameters
    ----------
    groups
        (n_environments,) group of each environment.
    nearest
        Number of thermal structures.

    Returns
    -------
    DataFrame, DataFrame, float
        The tables of `compare_barcodes`, and by how much the mean energy of the thermal ones is larger.
    """
    energy = float(driven.energies.mean())
    near = thermal.take(nearest_in_energy(thermal.energies, energy, nearest))
    runs = [split_by(structures.barcodes, structures.runs) for structures in (near, driven)]
    bars, by_group = compare_barcodes(runs[0], runs[1], groups, seed=seed)
    return bars, by_group, float(near.energies.mean()) - energy


def compare_barcodes(
    thermal: Mapping[str, ArrayLike],
    driven: Mapping[str, ArrayLike],
    groups: Sequence[str],
    *,
    n_resamples: int = 500,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Compare the mean barcodes of thermal and of driven glasses, :math:`\delta s = s_{th} - s_{mech}`.

    Parameters
    ----------
    thermal, driven
        Run -> (k, m) barcodes of its structures; the bootstrap draws runs.
    groups
        (m,) group of each environment.

    Returns
    -------
    (environments, groups)
        A row per environment: ``environment``, ``group``, ``thermal``, ``driven``, ``difference``. A row per group:
        ``ratio`` (sum thermal / sum driven) and ``deviation`` (standard deviation of the differences), each with
        ``_low`` and ``_high`` (5 to 95 %), and ``noise``, the deviation that the scatter of the runs alone would give.
        Scatter only increases a deviation, so that `deviation` can lie near the lower end of its interval.

    References
    ----------
    Figure 6 of C. Liu et al., Acta Mater. 259, 119281 (2023).
    """
    means = tuple(_mean(list(runs.values())) for runs in (thermal, driven))
    bars = pd.DataFrame(
        {"environment": np.arange(1, len(groups) + 1), "group": list(groups), "thermal": means[0], "driven": means[1]}
    )
    bars["difference"] = bars["thermal"] - bars["driven"]
    draws = zip(resamples(thermal, n_resamples, seed), resamples(driven, n_resamples, seed + 1))
    pairs = [(_mean(one), _mean(other)) for one, other in draws]
    drawn = [_by_group(one, other, groups) for one, other in pairs]
    scatter = np.array([one - other for one, other in pairs])
    scatter -= scatter.mean(axis=0)
    rows = []
    for name, (ratio, deviation) in _by_group(means[0], means[1], groups).items():
        noise = float(np.sqrt(scatter[:, np.asarray(groups) == name].var(axis=1).mean()))
        row = {"group": name, "ratio": ratio, "deviation": deviation, "noise": noise}
        for at, column in enumerate(("ratio", "deviation")):
            low, high = np.nanquantile([draw[name][at] for draw in drawn], [0.05, 0.95])
            row |= {f"{column}_low": float(low), f"{column}_high": float(high)}
        rows.append(row)
    return bars, pd.DataFrame(rows)


def _mean(parts: Sequence[ArrayLike]) -> Floats:
    structures = np.concatenate([np.atleast_2d(np.asarray(part, dtype=float)) for part in parts])
    mean: Floats = structures.mean(axis=0)
    return mean


def _by_group(thermal: Floats, driven: Floats, groups: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Compute the ratio of the sums and the standard deviation of the differences of each group."""
    names, result = np.asarray(groups), {}
    for name in sorted(set(names.tolist())):
        members = names == name
        below = float(driven[members].sum())
        ratio = float(thermal[members].sum()) / below if below > 0 else float("nan")
        result[str(name)] = (ratio, float((thermal - driven)[members].std()))
    return result
