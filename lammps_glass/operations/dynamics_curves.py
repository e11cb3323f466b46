"""Curves of dynamics by group of particles, for trajectories of several replicas: computed once, for every report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.analysis import ParticleGroups
from lammps_glass.errors import InputError, located
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions

#: Ways to group particles.
QUANTILE, SPECIES, LABEL = "quantile", "species", "label"
#: Lags of the van Hove function, of the mobility in predictions: at most so many, evenly in log t.
FEW_LAGS, MANY_LAGS = 4, 24


@dataclass(frozen=True)
class GroupedTrajectory:
    """One trajectory whose particles have values at some of its frames.

    Attributes
    ----------
    replica, run
        Name of the replica; of one of several runs from its configuration.
    frames
        Function that opens the trajectory, as it is read several times.
    values
        Step of an origin -> (n_particles,) values of the indicator, in the order of ids; NaN: none.
    others
        Name of a further indicator, which is compared in its prediction alone -> values likewise.
    file
        Path of the trajectory, for messages; empty: the replica is named.
    from_start
        Whether the values are those of the configuration that the run started from, before it was heated or held; they
        stand at its first frame.
    """

    replica: str
    run: str
    frames: Callable[[], Iterator[Snapshot]]
    values: Mapping[int, Floats] = field(default_factory=dict)
    others: Mapping[str, Mapping[int, Floats]] = field(default_factory=dict)
    file: str = ""
    from_start: bool = False

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.file or f"replica {self.replica}"

    @property
    def origins(self) -> list[int]:
        """Steps of the frames at which any indicator has values, ascending."""
        return sorted(set(self.values).union(*self.others.values()))


@dataclass(frozen=True)
class DynamicsSettings:
    """Settings of the analysis of grouped trajectories.

    Parameters
    ----------
    by
        ``quantile`` of the values, ``species``, or ``label`` (values are 0 and 1).
    n_groups
        Number of quantiles.
    q
        Wave number of the self-intermediate scattering function; None: the first peak of S(q) of the first frame.
    distance
        Of the overlap; None: 0.3 times the distance of the first peak of g(r), in the first frame.
    species
        Only particles of this species.
    directions
        Of q, see `analysis.self_intermediate_scattering`.
    max_origins
        Most origins of a lag, evenly chosen, see `analysis.dynamics_by_group`.
    """

    by: str = QUANTILE
    n_groups: int = 5
    q: float | None = None
    distance: float | None = None
    species: str | None = None
    directions: str = "sphere"
    max_origins: int | None = None

    def __post_init__(self) -> None:
        if self.by not in (QUANTILE, SPECIES, LABEL):
            raise InputError(f"by = {self.by!r} must be quantile, species or label")
        if self.n_groups < 2:
            raise InputError(f"n_groups = {self.n_groups} must be at least 2")
        for name in ("q", "distance"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} = {value:g} must be above 0")

    def groups(self, trajectory: GroupedTrajectory, first: Snapshot) -> ParticleGroups:
        """Group the particles of a trajectory whose first frame is `first`."""
        if self.by == SPECIES:
            return ParticleGroups.of_species(first)
        if not trajectory.values:
            raise InputError(f"{trajectory.title}: no frame of the trajectory has values to group it by")
        checked = {step: _checked(values, first, trajectory) for step, values in trajectory.values.items()}
        if self.species is not None:
            others = first.species_of_particles != self.species
            checked = {step: np.where(others, np.nan, values) for step, values in checked.items()}
        if self.by == LABEL:
            return ParticleGroups.of_classes(checked)
        return ParticleGroups.of_quantiles(checked, self.n_groups)


def _checked(values: Floats, first: Snapshot, trajectory: GroupedTrajectory) -> Floats:
    if len(values) != len(first):
        raise InputError(f"{trajectory.title}: values of {len(values)} particles, the trajectory has {len(first)}")
    return np.asarray(values, dtype=float)


def with_scales(settings: DynamicsSettings, first: Snapshot) -> DynamicsSettings:
    """Set the wave number and the overlap distance that are not given, from the structure of a snapshot."""
    from dataclasses import replace

    smallest = float(min(first.cell.heights))
    spacing = first.spacing
    q, distance = settings.q, settings.distance
    if q is None:
        curve = analysis.structure_factor(first, 12.0 / spacing, max_vectors=200)
        curve = curve[curve["q"] > 3.0 / spacing]  # fluctuations of density below the peak
        q = round(float(curve["q"].iloc[int(curve["s"].argmax())]), 3)
    if distance is None:
        reach = min(2.0 * spacing, 0.499 * smallest)
        g = analysis.radial_distribution_function(first, reach, 100)
        distance = round(0.3 * float(g["r"].iloc[int(g["g"].argmax())]), 3)
    return replace(settings, q=q, distance=distance)


def groups_of(trajectories: Sequence[GroupedTrajectory], settings: DynamicsSettings) -> list[ParticleGroups]:
    """Group the particles of every trajectory, which must not lie in a plane."""
    groups = []
    for trajectory in trajectories:
        first = next(trajectory.frames())
        with located(trajectory.title):
            require_three_dimensions(first)
            groups.append(settings.groups(trajectory, first))
    return groups


def dynamics_curves(
    trajectories: Sequence[GroupedTrajectory],
    settings: DynamicsSettings,
    timestep: float | None,
    groups: Sequence[ParticleGroups] | None = None,
) -> pd.DataFrame:
    """Compute the curves of every trajectory by group.

    Parameters
    ----------
    groups
        Of each trajectory, if `groups_of` has made them already.

    Returns
    -------
    DataFrame
        ``replica``, ``run``, and the columns of `analysis.dynamics_by_group`; ``indicator`` (mean value in the group
        over the origins).
    """
    parts = []
    for trajectory, of_particles in zip(trajectories, groups or groups_of(trajectories, settings), strict=True):
        with located(trajectory.title):
            table = analysis.dynamics_by_group(
                trajectory.frames(),
                q=settings.q,
                distance=settings.distance,
                groups=of_particles,
                species=settings.species,
                directions=settings.directions,
                max_origins=settings.max_origins,
                timestep=timestep,
            )
        means = table["group"].map(_means(of_particles, trajectory))
        parts.append(table.assign(indicator=means, replica=trajectory.replica, run=trajectory.run))
    return pd.concat(parts, ignore_index=True)


def _means(groups: ParticleGroups, trajectory: GroupedTrajectory) -> dict[str, float]:
    """Average the values of the particles of each group."""
    means: dict[str, float] = {}
    for number, name in enumerate(groups.names):
        members = [
            values[at == number]
            for step, values in trajectory.values.items()
            if (at := groups.at(step)) is not None and (at == number).any()
        ]
        means[name] = float(np.nanmean(np.concatenate(members))) if members else float("nan")
    return means


def averaged(curves: pd.DataFrame, column: str, seed: int) -> pd.DataFrame:
    """Average a column over runs, then replicas: ``group``, ``time``, the column, ``low``, ``high``, ``replicas``."""
    order = {name: at for at, name in enumerate(curves["group"].drop_duplicates())}
    finite = curves[np.isfinite(curves[column].to_numpy(dtype=float))]
    mean = analysis.mean_over_replicas(finite, ["group", "time"], column, seed=seed)
    return mean.sort_values(["group", "time"], key=lambda c: c.map(order) if c.name == "group" else c, kind="stable")


def relaxation_by_group(curves: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Find the relaxation time of each group.

    Returns
    -------
    DataFrame
        ``group``, ``indicator``, ``tau`` (crossing of 1/e; NaN: not reached), ``low`` and ``high`` (bootstrap over
        replicas), ``tau_fit``, ``beta``, ``tau_fit_low``, ``tau_fit_high``, ``fit_fault`` (why the fit is no stretched
        exponential), ``fault`` (why there is no relaxation time).
    """
    rows = []
    for name, group in curves.groupby("group", sort=False):
        by_replica = {
            str(replica): each.groupby("time")[["fs"]].mean().reset_index()
            for replica, each in group.groupby("replica")
        }
        times = analysis.relaxation_over_replicas(_common(by_replica), seed=seed)
        low, high = _crossing_interval(_common(by_replica), seed)
        fit = times.fit
        rows.append(
            {
                "group": name,
                "indicator": group["indicator"].mean(),
                "tau": np.nan if times.crossing is None else times.crossing,
                "low": low,
                "high": high,
                "tau_fit": fit.tau if fit else np.nan,
                "beta": fit.beta if fit else np.nan,
                "tau_fit_low": fit.tau_low if fit else np.nan,
                "tau_fit_high": fit.tau_high if fit else np.nan,
                "fit_fault": fit.fault if fit else "",
                "fault": times.fault,
            }
        )
    return pd.DataFrame(rows)


def _common(curves: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Keep the lags that all replicas have."""
    shared = set.intersection(*(set(table["time"]) for table in curves.values()))
    return {name: table[table["time"].isin(shared)].reset_index(drop=True) for name, table in curves.items()}


def _crossing_interval(curves: Mapping[str, pd.DataFrame], seed: int) -> tuple[float, float]:
    """Compute the interval of the crossing of 1/e, the resamples that do not cross left out."""
    time = next(iter(curves.values()))["time"].to_numpy()
    values = {name: table["fs"].to_numpy(dtype=float) for name, table in curves.items()}

    def crossing(drawn: Sequence[Floats]) -> float:
        """Find the crossing of a resample's mean."""
        crossed = analysis.crossing_time(time, np.mean(drawn, axis=0))
        return np.nan if crossed is None else crossed

    return analysis.bootstrap(values, crossing, 200, seed)


def largest_alpha2(curves: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Find the maximum of the non-Gaussian parameter of each group.

    Returns ``group``, ``indicator``, ``alpha2``, ``low``, ``high`` (its interval at that time), ``time``.
    """
    mean = averaged(curves, "alpha2", seed)
    indicator = curves.groupby("group")["indicator"].mean()
    top = mean.loc[mean.dropna(subset=["alpha2"]).groupby("group", sort=False)["alpha2"].idxmax()]
    return top.assign(indicator=top["group"].map(indicator))[["group", "indicator", "alpha2", "low", "high", "time"]]


def mobility_of(trajectories: Sequence[GroupedTrajectory], timestep: float | None) -> pd.DataFrame:
    """Compute the mobility of every particle from every origin with values, at lags even in log t."""
    parts = []
    for trajectory in trajectories:
        steps = np.array([frame.step for frame in trajectory.frames()])
        for origin in trajectory.origins:
            later = steps[steps > origin] - origin
            if not len(later):
                continue
            lags = spread(later, MANY_LAGS)
            moved = analysis.particle_mobility(trajectory.frames(), origin, lags=lags, timestep=timestep)
            parts.append(moved.assign(replica=trajectory.replica, run=trajectory.run))
    if not parts:
        raise InputError("prediction against time: no frame follows an origin")
    return pd.concat(parts, ignore_index=True)


def spread(lags: Sequence[int] | np.ndarray, most: int) -> list[int]:
    """Choose at most `most` of ascending positive lags, evenly in their logarithm."""
    values = np.asarray(lags, dtype=float)
    aims = np.geomspace(values[0], values[-1], most)
    chosen = np.unique(np.abs(np.log(values)[None, :] - np.log(aims)[:, None]).argmin(axis=1))
    return [int(value) for value in values[chosen]]


def indicator_table(trajectories: Sequence[GroupedTrajectory], names: Sequence[str], main: str) -> pd.DataFrame:
    """Return the values of indicators as rows: ``replica``, ``step``, ``particle``, and a column an indicator.

    Parameters
    ----------
    names
        Of the columns: `main` is that of `GroupedTrajectory.values`, another one of `GroupedTrajectory.others`.
    """
    parts: dict[tuple[str, int], pd.DataFrame] = {}
    for trajectory in trajectories:
        ids = next(trajectory.frames()).ids
        nothing = np.full(len(ids), np.nan)
        for step in trajectory.origins:
            columns = {
                name: (trajectory.values if name == main else trajectory.others[name]).get(step, nothing)
                for name in names
            }
            key = {"replica": trajectory.replica, "step": step, "particle": ids, **columns}
            parts.setdefault((trajectory.replica, step), pd.DataFrame(key))
    return pd.concat(list(parts.values()), ignore_index=True)
