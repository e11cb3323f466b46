"""Figures 6b-6d and 14c-14f: displacements, non-Gaussian parameter and relaxation at temperature, whole and by IGD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.glasses.checks import PositiveFloat
from lammps_glass.operations import dynamics_curves as curves_of
from lammps_glass.operations.case import Case
from lammps_glass.operations.dynamics_curves import DynamicsSettings, GroupedTrajectory
from lammps_glass.operations.group_dynamics import START, GroupDynamicsParameters, grouped_trajectories
from lammps_glass.operations.operation import operation
from lammps_glass.products import Findings, Predictions, Record
from lammps_glass.simulate.protocols import Dynamics
from lammps_glass.simulate.work import Work
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.samples import ALL
from lammps_glass.studies.paper import PaperFindings

#: Groups of 14c to 14e; fewest particles of a group of 14f and of the inset of 14d in a sample, and most groups.
GROUPS, FEWEST, MOST = 5, 50, 40
#: Temperature of the paper, K.
PAPER_TEMPERATURE = 700.0
#: Curves of figures 6b to 6d over all particles.
WHOLE = "all"


@dataclass(frozen=True)
class DynamicsFigures:
    """Parameters of the figures of long times.

    Parameters
    ----------
    q
        Wave number of the self-intermediate scattering function, 1 / angstrom: the main peak of S(q).
    distance
        Of the overlap, angstrom.
    """

    q: PositiveFloat = 2.7
    distance: PositiveFloat = 1.0


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the frames of all trajectories: every run has one origin."""
    frames = sum(work.n_particles * work.snapshots for work in reads["trajectories"])
    return Work(parts={"cases": 1.0, "particles": float(frames)})


@operation(work=work, rates={"cases": 8.0, "particles": 3e-5})
def dynamics_figures(
    case: Case[DynamicsFigures], trajectories: Sequence[Record], predictions: Sequence[Predictions]
) -> Findings:
    """Draw the dynamics of all particles, and by the IGD of the glass that each run was heated from."""
    p, timestep = case.parameters, case.glass.timestep
    joined = grouped_trajectories(trajectories, predictions, GroupDynamicsParameters(origin=START), ALL)
    settings = DynamicsSettings(n_groups=GROUPS, q=p.q, distance=p.distance)
    heated = _heated(cast("Dynamics", trajectories[0].protocol), timestep, joined)
    with PAPER.findings(case) as findings:
        _whole(findings, joined, settings, timestep, heated)
        by_igd = curves_of.dynamics_curves(joined, settings, timestep)
        _curves(findings, by_igd, heated)
        n_groups = min(MOST, max(GROUPS, len(next(joined[0].frames())) // FEWEST))
        finer = curves_of.dynamics_curves(joined, replace(settings, n_groups=n_groups), timestep)
        _non_gaussian(findings, by_igd, finer, heated)
        _relaxation(findings, finer, n_groups, heated)
        _prediction(findings, joined, timestep)
    return findings


def _heated(protocol: Dynamics, timestep: float, joined: Sequence[GroupedTrajectory]) -> str:
    """Describe the runs, with the temperature first where it is not the paper's."""
    hotter = "" if protocol.temperature == PAPER_TEMPERATURE else " (the paper: 700 K, where this size does not relax)"
    return PAPER.text(
        "heated", temperature=protocol.temperature, hotter=hotter, runs=len(joined),
        replicas=len({trajectory.replica for trajectory in joined}), heating=protocol.heating * timestep,
        equilibration=protocol.equilibration * timestep,
    )  # fmt: skip


def _everyone(trajectory: GroupedTrajectory) -> GroupedTrajectory:
    """Put all particles into one class at the origins."""
    return replace(trajectory, values={step: np.zeros(len(values)) for step, values in trajectory.values.items()})


def _whole(
    findings: PaperFindings, joined: Sequence[GroupedTrajectory], settings: DynamicsSettings, timestep: float,
    heated: str,
) -> None:  # fmt: skip
    """Draw figures 6b, 6c and 6d."""
    whole = replace(settings, by=curves_of.LABEL)
    curves = curves_of.dynamics_curves([_everyone(trajectory) for trajectory in joined], whole, timestep)
    curves = curves[(curves["time"] > 0)]
    tables = {name: curves_of.averaged(curves, name, findings.seed) for name in ("msd", "alpha2", "fs")}
    findings.add("6b", tables["msd"], last=tables["msd"].iloc[-1], heated=heated)
    top = tables["alpha2"].iloc[int(tables["alpha2"]["alpha2"].argmax())]
    findings.score({"alpha2_max": float(top["alpha2"]), "alpha2_max.time": float(top["time"])}, "dynamics")
    findings.add("6c", tables["alpha2"], top=top, heated=heated)
    decay = curves_of.relaxation_by_group(curves, findings.seed).iloc[0]
    relaxation = decay["fault"]
    if relaxation:
        findings.warn("relaxation time", f"{relaxation}: lengthen `dynamics`, or raise its temperature")
    else:
        findings.score({"tau": float(decay["tau"]), "tau.fit": float(decay["tau_fit"])}, "dynamics")
        relaxation = PAPER.text("relaxation", decay=decay)
    findings.add("6d", tables["fs"], relaxation=relaxation, heated=heated, q=settings.q)


def _named(curves: pd.DataFrame) -> pd.DataFrame:
    """Replace the names of the groups by their mean IGD."""
    means = curves.groupby("group")["indicator"].mean().round(2)
    return curves.assign(igd=curves["group"].map(means))


def _curves(findings: PaperFindings, curves: pd.DataFrame, heated: str) -> None:
    """Draw figures 14c and 14e."""
    named = _named(curves[curves["time"] > 0])
    means = named.groupby("group", sort=False)["igd"].first()
    for identity, column in (("14c", "msd"), ("14e", "fs")):
        table = curves_of.averaged(named, column, findings.seed)
        table = table.assign(igd=table["group"].map(means))
        last = table[table["time"] == table["time"].max()].sort_values("igd")[column].to_numpy()
        if column == "msd":
            findings.score({"msd.highest_over_lowest_igd": float(last[-1] / last[0])}, "dynamics")
        values = ", ".join(f"{value:.3g}" for value in last)
        findings.add(identity, table, values=values, groups=GROUPS, heated=heated)


def _non_gaussian(findings: PaperFindings, curves: pd.DataFrame, finer: pd.DataFrame, heated: str) -> None:
    """Draw figure 14d: the non-Gaussian parameter by IGD, its maxima beside it."""
    named = _named(curves[curves["time"] > 0])
    means = named.groupby("group", sort=False)["igd"].first()
    table = curves_of.averaged(named, "alpha2", findings.seed)
    lines = table.assign(x=table["time"], y=table["alpha2"], igd=table["group"].map(means).astype(str), panel="_curves")
    top = curves_of.largest_alpha2(finer[finer["time"] > 0], findings.seed)
    maxima = top.assign(x=top["indicator"], y=top["alpha2"], igd="groups", panel="maximum against IGD")
    columns = ["panel", "igd", "x", "y"]
    rank = _rank(top["indicator"], top["alpha2"])
    findings.score({"alpha2_max.rank_correlation": rank}, "dynamics")
    table = pd.concat([lines[columns], maxima[columns]])
    findings.add("14d", table, rank=rank, maxima=len(top), groups=GROUPS, heated=heated)


def _relaxation(findings: PaperFindings, finer: pd.DataFrame, n_groups: int, heated: str) -> None:
    """Draw figure 14f: the relaxation time of finer groups."""
    table = curves_of.relaxation_by_group(finer, findings.seed)
    reached = table[np.isfinite(table["tau"])]
    missing = len(table) - len(reached)
    if reached.empty:
        findings.warn("14f", f"no group relaxes within the run: {table['fault'].iloc[0]}")
        return
    rank = _rank(reached["indicator"], reached["tau"])
    findings.score({"tau.rank_correlation": rank, "tau.groups_not_relaxed": float(missing)}, "dynamics")
    late = f"{missing} groups do not relax within the run and are left out. " if missing else ""
    shown = reached.drop(columns=["fault", "fit_fault", "group"])
    findings.add("14f", shown, rank=rank, reached=len(reached), late=late, groups=n_groups, heated=heated)


def _prediction(findings: PaperFindings, joined: Sequence[GroupedTrajectory], timestep: float) -> None:
    """Score how well IGD predicts the mobility of single particles, with the time where it does so best."""
    values = curves_of.indicator_table(joined, [ALL], ALL)
    mobility = curves_of.mobility_of(joined, timestep)
    table = analysis.prediction_against_time(values, mobility, [ALL], seed=findings.seed)
    for measure, part in table.groupby("measure"):
        best = part.iloc[int(part["value"].argmax())]
        findings.score({str(measure): best["value"], f"{measure}.time": best["time"]}, "dynamics.prediction")
        findings.score({f"{measure}.ceiling": best["ceiling"]}, "dynamics.prediction")


def _rank(x: pd.Series[float], y: pd.Series[float]) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(x, y).statistic) if len(x) > 1 else float("nan")
