"""Mobility of single particles, and how well indicators predict it as a function of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.analysis.association import (
    area_under_curve,
    pearson,
    reliability_ceiling,
    spearman,
)
from lammps_glass.analysis.frames import Trajectory, track
from lammps_glass.analysis.statistics import bootstrap
from lammps_glass.errors import InputError
from lammps_glass.ranking import largest_values

#: Fraction of the most mobile particles that the AUC tells from the others.
MOST_MOBILE = 0.1
#: Fewest particles of a configuration for a correlation.
FEWEST = 10
_KEY = ["replica", "step", "particle"]


def particle_mobility(
    snapshots: Trajectory,
    origin: int | None = None,
    *,
    timestep: float | None = None,
    lags: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Compute the squared displacement of every particle from one origin.

    Parameters
    ----------
    snapshots
        One trajectory, read once.
    origin
        Step of the origin; default the first frame.
    timestep
        Duration of a step; default: time in steps.
    lags
        Differences of steps from the origin; default all later frames.

    Returns
    -------
    DataFrame
        ``step`` (of the origin), ``particle``, ``species``, ``time``, ``mobility`` (length squared).

    Raises
    ------
    InputError
        The trajectory has no frame at the origin, or at one of `lags` after it.
    """
    followed = track(snapshots, None, "mobility")
    steps = followed.steps.tolist()
    start = steps[0] if origin is None else int(origin)
    if start not in steps:
        raise InputError(f"mobility: no frame at step {start}: the trajectory has {steps[0]} to {steps[-1]}")
    later = [step - start for step in steps if step > start] if lags is None else [int(lag) for lag in lags]
    if missing := [lag for lag in later if start + lag not in steps]:
        raise InputError(f"mobility: no frame {missing[0]} steps after step {start}")
    first = followed.frames(steps.index(start), steps.index(start) + 1)[0]
    species = followed.first.species_of_particles
    parts = []
    for lag in later:
        at = steps.index(start + lag)
        moved = followed.frames(at, at + 1)[0] - first
        table = {
            "step": start,
            "particle": followed.first.ids,
            "species": species,
            "time": lag if timestep is None else lag * timestep,
            "mobility": (moved**2).sum(axis=0),
        }
        parts.append(pd.DataFrame(table))
    if not parts:
        raise InputError(f"mobility: no frame after step {start}")
    return pd.concat(parts, ignore_index=True)


def prediction_against_time(
    indicators: pd.DataFrame,
    mobility: pd.DataFrame,
    columns: Sequence[str],
    *,
    species: str | None = None,
    n_resamples: int = 500,
    seed: int = 0,
    level: float = 0.9,
) -> pd.DataFrame:
    """Correlate indicators of a configuration with the mobility of its particles at later times.

    Each measure is computed within every configuration (replica and step) and averaged over them; the interval is a
    bootstrap over replicas. Where several runs start from one configuration, the mobility of a particle is its mean
    over them (the propensity), and the ceiling is what no indicator can exceed, since that mean is one over few runs:
    ``sqrt(2 r / (1 + r))`` with r the correlation between the means of the two halves of the runs.

    Parameters
    ----------
    indicators
        ``replica``, ``step``, ``particle`` and the columns of the indicators; a NaN is left out.
    mobility
        ``replica``, ``step`` (of the origin), ``particle``, ``time``, ``mobility``; also ``run`` where a configuration
        has several, and ``species`` if `species` is given.
    columns
        Columns of the indicators.
    species
        Only particles of this species.

    Returns
    -------
    DataFrame
        ``indicator``, ``measure`` (``pearson``, ``spearman``, ``auc`` of the tenth that is most mobile), ``time``,
        ``value``, ``low``, ``high``, ``ceiling`` (of Pearson and Spearman; NaN without several runs), ``replicas``.

    Raises
    ------
    InputError
        A column is missing, or no configuration has both an indicator and a mobility.
    """
    missing = [name for name in [*_KEY, *columns] if name not in indicators]
    missing += [name for name in [*_KEY, "time", "mobility"] if name not in mobility]
    if missing:
        raise InputError(f"prediction against time: no column {', '.join(missing)}")
    kept = mobility if species is None else mobility[mobility["species"] == species]
    keys = [*_KEY, "time"]
    means = kept.groupby(keys, sort=True)["mobility"].mean().reset_index()
    joined = means.merge(indicators[[*_KEY, *columns]], on=_KEY, validate="m:1")
    if joined.empty:
        raise InputError(
            "prediction against time: no particle has an indicator and a mobility at the same replica and step: "
            f"indicators of {_configurations(indicators)}, mobility of {_configurations(kept)}"
        )
    rows = []
    for (replica, _, time), group in joined.groupby(["replica", "step", "time"], sort=True):
        for column in columns:
            finite = group[np.isfinite(group[column].to_numpy(dtype=float))]
            if len(finite) < FEWEST:
                continue
            values = finite[column].to_numpy(dtype=float), finite["mobility"].to_numpy(dtype=float)
            rows += [(column, name, time, str(replica), measure(*values)) for name, measure in MEASURES.items()]
    if not rows:
        raise InputError(f"prediction against time: no configuration has {FEWEST} particles with an indicator")
    table = pd.DataFrame(rows, columns=["indicator", "measure", "time", "replica", "value"])
    ceilings = _ceilings(kept)
    parts = []
    for (column_name, measure_name, time), group in table.groupby(["indicator", "measure", "time"], sort=False):
        by_replica = group.groupby("replica")["value"].mean()
        values_of = {str(name): float(value) for name, value in by_replica.items()}
        low, high = _interval(values_of, n_resamples, seed, level)
        ceiling = ceilings.get((str(measure_name), time), math.nan)
        parts.append((column_name, measure_name, time, by_replica.mean(), low, high, ceiling, len(by_replica)))
    names = ["indicator", "measure", "time", "value", "low", "high", "ceiling", "replicas"]
    return pd.DataFrame(parts, columns=names)


def auc_of_most_mobile(indicator: ArrayLike, mobility: ArrayLike) -> float:
    """Compute the area under the ROC curve of the indicator for the tenth of the particles that is most mobile."""
    return area_under_curve(indicator, largest_values(mobility, MOST_MOBILE))


MEASURES: dict[str, Callable[[ArrayLike, ArrayLike], float]] = {
    "pearson": pearson,
    "spearman": spearman,
    "auc": auc_of_most_mobile,
}


def _ceilings(mobility: pd.DataFrame) -> dict[tuple[str, object], float]:
    """Average the ceilings of the configurations that have several runs, by measure and time."""
    if "run" not in mobility or mobility["run"].nunique() < 2:
        return {}
    ceilings: dict[tuple[str, object], list[float]] = {}
    for (_, _, time), group in mobility.groupby(["replica", "step", "time"], sort=True):
        runs = group.pivot_table(index="particle", columns="run", values="mobility").dropna(axis=1)
        if runs.shape[1] < 2 or len(runs) < FEWEST:
            continue
        halves = runs.iloc[:, 0::2].mean(axis=1), runs.iloc[:, 1::2].mean(axis=1)
        for name in ("pearson", "spearman"):
            ceilings.setdefault((name, time), []).append(reliability_ceiling(*halves, MEASURES[name]))
    return {key: float(np.mean(values)) for key, values in ceilings.items()}


def _interval(values: dict[str, float], n_resamples: int, seed: int, level: float) -> tuple[float, float]:
    finite = {name: value for name, value in values.items() if math.isfinite(value)}
    if len(finite) < 2:
        return math.nan, math.nan
    return bootstrap(finite, lambda drawn: float(np.mean(drawn)), n_resamples, seed, level)


def _configurations(table: pd.DataFrame) -> str:
    pairs = table[["replica", "step"]].drop_duplicates().astype(str)
    listed = [f"{replica} at {step}" for replica, step in pairs.itertuples(index=False)]
    return ", ".join(listed[:3]) + (" ..." if len(listed) > 3 else "") or "nothing"
