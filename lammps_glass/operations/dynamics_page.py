"""`DynamicsPage`: grouped trajectories with their curves, and the findings that their figures go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lammps_glass.analysis import ParticleGroups
from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.glasses import Glass
from lammps_glass.operations.dynamics_curves import (
    QUANTILE,
    SPECIES,
    DynamicsSettings,
    GroupedTrajectory,
    averaged,
    dynamics_curves,
    groups_of,
    with_scales,
)
from lammps_glass.operations.findings_page import FindingsPage, PageLabels
from lammps_glass.products import Findings, Spectra
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.grid import Integers

BAND = ("low", "high")


class DynamicsPage(FindingsPage):
    """Trajectories, settings and curves, which are computed once; figures are added by functions of a page.

    Parameters
    ----------
    timestep
        Duration of a step; None: time in steps.
    seed
        Of the bootstraps.
    glass
        Of the trajectories; gives masses, and the interactions for vibrational modes.
    spectra
        Name of a replica -> spectra of its particles.
    """

    def __init__(
        self,
        findings: Findings,
        trajectories: Sequence[GroupedTrajectory],
        settings: DynamicsSettings,
        labels: PageLabels,
        timestep: float | None,
        seed: int,
        glass: Glass | None,
        spectra: Mapping[str, Spectra],
    ) -> None:
        self.spectra = spectra
        self.trajectories, self.timestep, self.seed, self.glass = trajectories, timestep, seed, glass
        groups = groups_of(trajectories, settings)
        self.first = next(trajectories[0].frames())
        self.settings = with_scales(settings, self.first)
        self._groups = {id(trajectory): of_particles for trajectory, of_particles in zip(trajectories, groups)}
        self.curves = dynamics_curves(trajectories, self.settings, timestep, groups)
        super().__init__(findings, labels, self._note(labels.note))

    def _note(self, note: str) -> str:
        origins, n = int(self.curves["origins"].max()), len(self.first)
        at_once = self.curves.drop_duplicates(["replica", "run", "group"])
        grouped = float(at_once.groupby(["replica", "run"])["particles"].sum().mean())
        sizes = f"{_counted(len(self.trajectories), 'trajectory', 'trajectories')} of "
        sizes += f"{_counted(self.n_replicas, 'replica')}, {n} particles each"
        if round(grouped) < n:
            sizes += f", {grouped:.0f} of them in groups"
        return f"{sizes}; up to {_counted(origins, 'origin')} a lag{self._what_origins_are()}. {note}".strip()

    def _what_origins_are(self) -> str:
        if self.settings.by == SPECIES:
            return ""
        if any(trajectory.from_start for trajectory in self.trajectories):
            return ", the first frame of a run; the indicator is of the configuration that the run started from"
        return ", those at which the indicator was computed"

    @property
    def n_replicas(self) -> int:
        """Number of replicas."""
        return int(self.curves["replica"].nunique())

    @property
    def series(self) -> str:
        """Title of the legend of groups."""
        if self.settings.by == QUANTILE:
            return f"quantile of\n{self.labels.indicator}\n(1: lowest)"
        return "species" if self.settings.by == SPECIES else self.labels.indicator

    @property
    def indicators(self) -> tuple[str, ...]:
        """Names of the indicators whose prediction is drawn, the one of the groups first."""
        main = () if self.settings.by == SPECIES else (self.labels.indicator,)
        return (*main, *dict.fromkeys(name for trajectory in self.trajectories for name in trajectory.others))

    def curve(
        self, name: str, title: str, y_label: str, ours: str, *, logy: bool = False, marks: tuple[Mark, ...] = ()
    ) -> pd.DataFrame:
        """Add the curves of a column by group, from lag 0 on, and return their table."""
        table = averaged(self.curves, name, self.seed)
        if not (table["time"] > 0).any():
            raise InputError(f"{name}: no frame follows an origin with values: dynamics need at least two frames")
        spec = FigureSpec(
            name, title, "line", "time", name, series="group", error=BAND, logx=True, logy=logy, markers=False,
            x_label=self.labels.t, y_label=y_label, series_label=self.series, paper_marks=marks,
        )  # fmt: skip
        self.figure(spec, table, ours)
        return table

    def groups_of(self, trajectory: GroupedTrajectory) -> ParticleGroups:
        """Return the groups of the particles of a trajectory."""
        return self._groups[id(trajectory)]

    def members_at(self, frame: Snapshot, trajectory: GroupedTrajectory) -> dict[str, Integers]:
        """Return name of a group -> row numbers of its particles at a frame; empty where the frame is no origin."""
        groups = self.groups_of(trajectory)
        at = groups.at(frame.step)
        if at is None:
            return {}
        members = {name: np.flatnonzero(at == number) for number, name in enumerate(groups.names)}
        return {name: rows for name, rows in members.items() if len(rows)}

    def first_origins(self) -> Iterator[tuple[GroupedTrajectory, Snapshot, dict[str, Integers]]]:
        """Iterate over the trajectories, with the first origin of each and its groups."""
        for trajectory in self.trajectories:
            for frame in trajectory.frames():
                if members := self.members_at(frame, trajectory):
                    yield trajectory, frame, members
                    break


def _counted(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"
