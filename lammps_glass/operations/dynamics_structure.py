"""Figures of structure and of single displacements by group: g(r), S(q), van Hove function."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark, Panel
from lammps_glass.operations.dynamics_curves import FEW_LAGS, SPECIES, spread
from lammps_glass.operations.dynamics_page import BAND, DynamicsPage

#: Boxes of the panels of the van Hove function, one a lag, and of the legend.
_BOXES = ((0.08, 0.57, 0.4, 0.33), (0.6, 0.57, 0.4, 0.33), (0.08, 0.08, 0.4, 0.33), (0.6, 0.08, 0.4, 0.33))
_LEGEND = Panel("_groups", "legend", (0.08, 0.97, 0.92, 0.04))


def add_van_hove(page: DynamicsPage) -> None:
    """Add the self part of the van Hove function at a few lags, by group."""
    lags = _common_lags(page)
    groups = [page.groups_of(each) for each in page.trajectories]
    parts = [
        analysis.self_van_hove(
            trajectory.frames(),
            lags,
            2 * page.first.spacing,
            80,
            page.settings.species,
            groups=of,
            timestep=page.timestep,
        ).assign(replica=trajectory.replica, run=trajectory.run)
        for trajectory, of in zip(page.trajectories, groups, strict=True)
    ]
    finite = pd.concat(parts, ignore_index=True).dropna(subset=["probability"])
    mean = analysis.mean_over_replicas(finite, ["group", "time", "r"], "probability", seed=page.seed)
    names = {time: f"t = {time:.4g} {page.labels.time}" for time in sorted(mean["time"].unique())}
    table = mean.assign(panel=mean["time"].map(names))
    x, y = f"r ({page.labels.length})", "4 pi r^2 G_s(r, t)"
    panels = [Panel(name, "line", box, x_label=x, y_label=y) for name, box in zip(names.values(), _BOXES)]
    spec = FigureSpec(
        "van_hove", "Self part of the van Hove function", "panels", "r", "probability", series="group", error=BAND,
        panels=(_LEGEND, *panels), series_label=page.series.replace("\n", " "),
    )  # fmt: skip
    page.figure(spec, table, f"displacements up to {2 * page.first.spacing:.3g} {page.labels.length}")


def _common_lags(page: DynamicsPage) -> list[int]:
    """Choose lags, evenly in their logarithm, that follow an origin in every trajectory."""
    of_each = []
    for trajectory in page.trajectories:
        steps = np.array([frame.step for frame in trajectory.frames()])
        origins = steps if page.settings.by == SPECIES else np.array(sorted(trajectory.values))
        lags = steps[None, :] - origins[:, None]
        of_each.append(set(lags[lags > 0].tolist()))
    shared = sorted(set.intersection(*of_each))
    if not shared:
        raise InputError("van-hove: the trajectories have no lag in common: give runs with frames at the same steps")
    return spread(shared, FEW_LAGS)


def add_g(page: DynamicsPage) -> None:
    """Add g(r) around the particles of each group, at the origins."""
    reach = min(6 * page.first.spacing, 0.499 * float(min(page.first.cell.heights)))
    parts = []
    for trajectory in page.trajectories:
        for frame in trajectory.frames():
            if page.settings.by == SPECIES and frame.step != page.first.step:
                continue
            for name, rows in page.members_at(frame, trajectory).items():
                curve = analysis.radial_distribution_around(frame, rows, reach, 150)
                parts.append(curve.assign(group=name, replica=trajectory.replica))
    mean = analysis.mean_over_replicas(pd.concat(parts), ["group", "r"], "g", seed=page.seed)
    peaks = mean.loc[mean.groupby("group")["g"].idxmax()]
    spec = FigureSpec(
        "g", "g(r) around the particles", "line", "r", "g", series="group", error=BAND, markers=False,
        x_label=f"r ({page.labels.length})", y_label="g(r)", series_label=page.series,
    )  # fmt: skip
    summary = "; ".join(f"{r.group}: first peak {r.g:.2f} at {r.r:.2f}" for r in peaks.itertuples())
    page.figure(spec, mean, summary)


def add_s(page: DynamicsPage) -> None:
    """Add the contribution of each group to the structure factor, at the first origin."""
    origins = {trajectory.replica: (frame, members) for trajectory, frame, members in page.first_origins()}
    mean = analysis.structure_factor_over_replicas(
        {name: frame for name, (frame, _) in origins.items()}, 30.0 / page.first.spacing, seed=page.seed,
        groups={name: members for name, (_, members) in origins.items()},
    )  # fmt: skip
    peaks = mean.loc[mean.groupby("group", sort=False)["s"].idxmax()]
    spec = FigureSpec(
        "s", "Contribution of the particles to the structure factor", "line", "q", "s", series="group", error=BAND,
        markers=False, x_label=f"q (1 / {page.labels.length})", y_label="S(q)", series_label=page.series,
        paper_marks=(Mark("x", float(page.settings.q or 0.0), "q of F_s"),),
    )  # fmt: skip
    summary = "; ".join(f"{r.group}: largest {r.s:.2f} at {r.q:.2f}" for r in peaks.itertuples())
    page.figure(spec, mean, f"at the first origin: {summary}")
