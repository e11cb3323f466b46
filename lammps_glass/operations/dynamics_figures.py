"""Figures of dynamics by group of particles: the same page for every indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.operations.dynamics_curves import (
    FEW_LAGS,
    QUANTILE,
    SPECIES,
    DynamicsSettings,
    GroupedTrajectory,
    averaged,
    dynamics_curves,
    indicator_table,
    largest_alpha2,
    mobility_of,
    relaxation_by_group,
    spread,
    with_scales,
)
from lammps_glass.products import Findings

BAND = ("low", "high")
#: Observables of the page, in its order.
OBSERVABLES = (
    "msd", "alpha2", "fs", "relaxation", "overlap", "chi4", "van-hove", "g", "s", "prediction", "vacf", "vdos",
)  # fmt: skip
#: Those that need velocities in evenly spaced frames: drawn where there are any, or where they are asked for.
OF_VELOCITIES = ("vacf", "vdos")


@dataclass(frozen=True)
class PageLabels:
    """Words and units of the page.

    Attributes
    ----------
    indicator
        Name of the indicator.
    time, length
        Units in axis labels.
    note
        Sentence below every figure: temperature, sizes.
    """

    indicator: str
    time: str = "steps"
    length: str = "length units"
    note: str = ""

    @property
    def t(self) -> str:
        """Label of an axis of times."""
        return f"t ({self.time})"


def add_dynamics(
    findings: Findings,
    trajectories: Sequence[GroupedTrajectory],
    settings: DynamicsSettings,
    labels: PageLabels,
    *,
    timestep: float | None,
    seed: int,
    observables: Sequence[str] | None = None,
    masses: dict[str, float] | None = None,
) -> None:
    """Compute and add every figure of the page.

    Parameters
    ----------
    observables
        Names of `OBSERVABLES`; default: those for which the trajectories have what is needed.
    masses
        By species, for ``vdos``; default 1.

    Raises
    ------
    InputError
        An unknown observable, or one for which the trajectories do not suffice.
    """
    if unknown := [name for name in observables or () if name not in OBSERVABLES]:
        raise InputError(f"no observable {', '.join(unknown)}: there are {', '.join(OBSERVABLES)}")
    page = _Page(findings, trajectories, settings, labels, timestep, seed, masses)
    for name in observables or OBSERVABLES:
        if observables is None and not page.has(name):
            continue
        page.add(name)
    page.finish()


class _Page:
    """Adds figures; curves are computed once."""

    def __init__(
        self,
        findings: Findings,
        trajectories: Sequence[GroupedTrajectory],
        settings: DynamicsSettings,
        labels: PageLabels,
        timestep: float | None,
        seed: int,
        masses: dict[str, float] | None,
    ) -> None:
        self.findings, self.trajectories, self.labels = findings, trajectories, labels
        self.timestep, self.seed, self.masses = timestep, seed, masses
        self.first = next(trajectories[0].frames())
        self.settings = with_scales(settings, self.first)
        self.curves = dynamics_curves(trajectories, self.settings, timestep)
        replicas = self.curves["replica"].nunique()
        n_origins = int(self.curves["origins"].max())
        self.note = (
            f"{len(trajectories)} trajectories of {replicas} replicas, {len(self.first)} particles each; up to "
            f"{n_origins} {'origin' if n_origins == 1 else 'origins'} a lag"
            + (", those at which the indicator was computed" if self.settings.by != SPECIES else "")
            + f". {labels.note}"
        ).strip()

    def has(self, name: str) -> bool:
        """Return whether the trajectories have what an observable needs."""
        if name == "prediction":
            return self.settings.by != SPECIES and all(t.values for t in self.trajectories)
        if name == "chi4":
            return bool(np.isfinite(self.curves["chi4"]).any())
        if name in OF_VELOCITIES:
            return self.first.velocities is not None and self._even_frames()
        if name in ("g", "s"):
            return bool(self.first.cell.periodic.all())
        return True

    def _even_frames(self) -> bool:
        steps = [frame.step for frame in self.trajectories[0].frames()]
        return len(set(np.diff(steps).tolist())) <= 1

    def add(self, name: str) -> None:
        """Add the figures of one observable."""
        getattr(self, f"_add_{name.replace('-', '_')}")()

    def finish(self) -> None:
        """Add the sizes of the page."""
        self.findings.size(
            trajectories=len(self.trajectories),
            replicas=int(self.curves["replica"].nunique()),
            particles=len(self.first),
            wave_number=self.settings.q,
            overlap_distance=self.settings.distance,
        )

    def _curve(
        self, name: str, title: str, y_label: str, ours: str, *, logy: bool = False, marks: tuple[Mark, ...] = ()
    ) -> pd.DataFrame:
        """Add the curves of a column by group."""
        table = averaged(self.curves, name, self.seed)
        table = table[table["time"] > 0]
        if table.empty:
            raise InputError(f"{name}: no frame follows an origin with values: dynamics need at least two frames")
        spec = FigureSpec(
            name, title, "line", "time", name, series="group", error=BAND, logx=True, logy=logy, markers=False,
            x_label=self.labels.t, y_label=y_label, series_label=self._series, paper_marks=marks,
        )  # fmt: skip
        self.findings.figure(spec, table, ours, self.note)
        return table

    @property
    def _series(self) -> str:
        if self.settings.by == QUANTILE:
            return f"quantile of\n{self.labels.indicator}\n(1: lowest)"
        return "species" if self.settings.by == SPECIES else self.labels.indicator

    def _add_msd(self) -> None:
        unit = f"{self.labels.length}^2"
        lines = []
        for name, group in self.curves.groupby("group", sort=False):
            mean = group.groupby("time")["msd"].mean()
            diffusion = None
            if len(mean) > 8:
                try:
                    diffusion = analysis.diffusion_coefficient(mean.index, mean)
                except InputError:
                    diffusion = None
            if diffusion and diffusion.coefficient is not None:
                self.findings.score({str(name): diffusion.coefficient}, "diffusion")
                lines.append(f"{name}: D = {diffusion.coefficient:.3g}")
        summary = "; ".join(lines) or "no group diffuses within the run: no diffusion coefficient"
        self._curve("msd", "Mean squared displacement", f"mean squared displacement ({unit})", summary, logy=True)

    def _add_alpha2(self) -> None:
        top = largest_alpha2(self.curves, self.seed)
        summary = "; ".join(f"{r.group}: {r.alpha2:.2f} at {r.time:g}" for r in top.itertuples())
        for group, alpha2, time in zip(top["group"], top["alpha2"], top["time"]):
            self.findings.score({str(group): float(alpha2), f"{group}.time": float(time)}, "alpha2_max")
        self._curve("alpha2", "Non-Gaussian parameter", "alpha2", f"largest: {summary}")

    def _add_fs(self) -> None:
        how = "all directions of q" if self.settings.directions == "sphere" else "wave vectors of the box near q"
        self._curve(
            "fs", f"Self-intermediate scattering function, q = {self.settings.q:g}", "F_s(q, t)",
            f"average over {how}", marks=(Mark("y", float(np.exp(-1)), "1/e"),),
        )  # fmt: skip

    def _add_relaxation(self) -> None:
        table = relaxation_by_group(self.curves, self.seed)
        reached = table[np.isfinite(table["tau"])]
        missing = table[table["fault"] != ""]
        for row in reached.itertuples():
            self.findings.score({str(row.group): float(row.tau)}, "tau")
        summary = "; ".join(
            f"{r.group}: {r.tau:.3g} (fit {r.tau_fit:.3g}, beta {r.beta:.2f})" for r in reached.itertuples()
        )
        faults = "; ".join(f"{r.group}: {r.fault}" for r in missing.itertuples())
        if len(reached) == 0:
            self.findings.warn("relaxation time", f"none within the run: {missing['fault'].iloc[0]}")
            return
        spec = FigureSpec(
            "relaxation", "Relaxation time", "bar", "group", "tau", error=BAND, logy=True,
            x_label=self._series.replace("\n", " "), y_label=f"relaxation time, crossing of 1/e ({self.labels.time})",
        )  # fmt: skip
        self.findings.figure(spec, reached, summary, f"{f'Not reached: {faults}. ' if faults else ''}{self.note}")

    def _add_overlap(self) -> None:
        self._curve(
            "overlap", f"Overlap: particles that moved less than {self.settings.distance:g}", "overlap Q(t) / n", ""
        )

    def _add_chi4(self) -> None:
        if not self.has("chi4"):
            raise InputError("chi4 needs several origins: a lag with one has no fluctuation")
        table = self._curve("chi4", "Four-point susceptibility", "chi4", "fluctuation of the overlap over origins")
        top = table.iloc[int(table["chi4"].argmax())]
        self.findings.score({"largest": float(top["chi4"]), "time": float(top["time"])}, "chi4")

    def _add_van_hove(self) -> None:
        trajectory = self.trajectories[0]
        steps = np.array([frame.step for frame in trajectory.frames()])
        lags = spread(np.unique(steps[1:] - steps[0]), FEW_LAGS)
        spacing = (self.first.cell.volume / len(self.first)) ** (1 / 3)
        table = analysis.self_van_hove(
            trajectory.frames(), lags, 2 * spacing, 80, self.settings.species, timestep=self.timestep
        )
        spec = FigureSpec(
            "van_hove", "Self part of the van Hove function", "line", "r", "probability", series="time", markers=False,
            logy=True, x_label=f"r ({self.labels.length})", y_label="4 pi r^2 G_s(r, t)", series_label=self.labels.t,
            y_limits=(1e-4, 2 * float(table["probability"].max())),
        )  # fmt: skip
        self.findings.figure(spec, table, "all particles of the first trajectory", self.note)

    def _add_g(self) -> None:
        reach = min(
            6 * (self.first.cell.volume / len(self.first)) ** (1 / 3), 0.499 * float(min(self.first.cell.heights))
        )
        parts = []
        for trajectory in self.trajectories:
            groups = self.settings.groups(trajectory, next(trajectory.frames()))
            for frame in trajectory.frames():
                at = groups.at(frame.step)
                if at is None or (self.settings.by == SPECIES and frame.step != self.first.step):
                    continue
                for number, name in enumerate(groups.names):
                    rows = np.flatnonzero(at == number)
                    if len(rows):
                        curve = analysis.radial_distribution_around(frame, rows, reach, 150)
                        parts.append(curve.assign(group=name, replica=trajectory.replica))
        mean = analysis.mean_over_replicas(pd.concat(parts), ["group", "r"], "g", seed=self.seed)
        peaks = mean.loc[mean.groupby("group")["g"].idxmax()]
        spec = FigureSpec(
            "g", "g(r) around the particles", "line", "r", "g", series="group", error=BAND, markers=False,
            x_label=f"r ({self.labels.length})", y_label="g(r)", series_label=self._series,
        )  # fmt: skip
        summary = "; ".join(f"{r.group}: first peak {r.g:.2f} at {r.r:.2f}" for r in peaks.itertuples())
        self.findings.figure(spec, mean, summary, self.note)

    def _add_s(self) -> None:
        first = {t.replica: next(t.frames()) for t in self.trajectories}
        spacing = (self.first.cell.volume / len(self.first)) ** (1 / 3)
        mean = analysis.structure_factor_over_replicas(first, 30.0 / spacing, seed=self.seed)
        peak = mean.iloc[int(mean["s"].argmax())]
        spec = FigureSpec(
            "s", "Structure factor of the first frames", "line", "q", "s", error=BAND, markers=False,
            x_label=f"q (1 / {self.labels.length})", y_label="S(q)",
            paper_marks=(Mark("x", float(self.settings.q or 0.0), "q of F_s"),),
        )  # fmt: skip
        self.findings.figure(spec, mean, f"largest: {peak['s']:.2f} at {peak['q']:.2f}", self.note)

    def _add_prediction(self) -> None:
        if not self.has("prediction"):
            raise InputError("prediction against time needs values of an indicator at an origin: not --by species")
        name = self.labels.indicator
        table = analysis.prediction_against_time(
            indicator_table(self.trajectories, name), mobility_of(self.trajectories, self.timestep), [name],
            species=self.settings.species, seed=self.seed,
        )  # fmt: skip
        add_prediction(self.findings, table, self.labels.t, self.note)

    def _rows_of_groups(self) -> list[tuple[GroupedTrajectory, str, np.ndarray]]:
        result = []
        for trajectory in self.trajectories:
            groups = self.settings.groups(trajectory, next(trajectory.frames()))
            at = next(iter(groups.by_step.values()))
            result += [(trajectory, name, np.flatnonzero(at == k)) for k, name in enumerate(groups.names)]
        return [entry for entry in result if len(entry[2])]

    def _vacf(self) -> pd.DataFrame:
        parts = [
            analysis.velocity_autocorrelation(
                trajectory.frames(), timestep=self.timestep, masses=self.masses, of=rows
            ).assign(group=name, replica=trajectory.replica, run=trajectory.run)
            for trajectory, name, rows in self._rows_of_groups()
        ]
        return pd.concat(parts, ignore_index=True)

    def _add_vacf(self) -> None:
        table = averaged(self._vacf(), "normalized", self.seed)
        spec = FigureSpec(
            "vacf", "Velocity autocorrelation", "line", "time", "normalized", series="group", error=BAND, markers=False,
            x_label=self.labels.t, y_label="C_v(t) / C_v(0)", series_label=self._series,
        )  # fmt: skip
        self.findings.figure(spec, table, "groups at the first origin", self.note)

    def _add_vdos(self) -> None:
        curves = self._vacf()
        length = float(curves["time"].max())
        broadening = max(3.0 / (2 * np.pi * length), 0.0)
        nyquist = 0.5 / float(np.diff(np.sort(curves["time"].unique())[:2])[0])
        frequencies = np.linspace(0, nyquist, 400)
        parts = [
            analysis.velocity_density_of_states(each, frequencies, broadening=broadening).assign(
                group=str(k[0]), replica=str(k[1])
            )
            for k, each in curves.groupby(["group", "replica", "run"], sort=False)
        ]
        mean = analysis.mean_over_replicas(pd.concat(parts), ["group", "frequency"], "vdos", seed=self.seed)
        spec = FigureSpec(
            "vdos", "Vibrational density of states from velocities", "line", "frequency", "vdos", series="group",
            error=BAND, markers=False, x_label=f"frequency (1 / {self.labels.time})",
            y_label=f"g(nu) ({self.labels.time})", series_label=self._series,
        )  # fmt: skip
        self.findings.figure(spec, mean, f"broadened by {broadening:.3g}", self.note)


def add_prediction(
    findings: Findings, table: pd.DataFrame, x_label: str, note: str, prefix: str = "prediction"
) -> None:
    """Add a figure for each measure of a table of `analysis.prediction_against_time`, with the noise ceiling."""
    titles = {
        "pearson": "Pearson correlation with the squared displacement",
        "spearman": "Rank correlation with the squared displacement",
        "auc": "AUC of the most mobile tenth of the particles",
    }
    for measure, title in titles.items():
        part = table[table["measure"] == measure]
        ceiling = part.dropna(subset=["ceiling"]).drop_duplicates("time")
        if len(ceiling):
            line = ceiling.assign(indicator="noise ceiling", value=ceiling["ceiling"], low=np.nan, high=np.nan)
            part = pd.concat([part, line])
        spec = FigureSpec(
            f"{prefix}_{measure}", title, "line", "time", "value", series="indicator", error=BAND, logx=True,
            x_label=x_label, y_label=measure.upper() if measure == "auc" else f"{measure} correlation",
            highlight="noise ceiling", paper_marks=(Mark("y", 0.5 if measure == "auc" else 0.0),),
        )  # fmt: skip
        indicators_only = part[part["indicator"] != "noise ceiling"].dropna(subset=["value"])
        top = indicators_only.loc[indicators_only.groupby("indicator", sort=False)["value"].idxmax()]
        summary = "; ".join(f"{r.indicator}: largest {r.value:.2f} at {r.time:g}" for r in top.itertuples())
        for name, value in zip(top["indicator"], top["value"]):
            findings.score({f"{name}.{measure}": float(value)}, prefix)
        findings.figure(spec, part, summary, note)
