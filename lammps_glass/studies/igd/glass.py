"""Figures 1, 3a, 3b and 6a: structure of the samples, D2min along their shear, and the largest jump."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, Labels, Record, ShearRecord, pooled
from lammps_glass.simulate.work import one_case, particles_read
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.samples import JUMP
from lammps_glass.studies.paper import PaperFindings

#: Range (angstrom; 1 / angstrom) and bins of g(r) and S(q).
R_MAX, BIN, Q_MAX = 10.0, 0.1, 12.0
#: Ranges of r of the split second peak of g(r), and of its first minimum (angstrom).
SECOND_PEAK, VALLEY = (4.2, 6.2), (3.4, 4.4)


@operation(work=particles_read("samples"), rates={"cases": 2.0, "particles": 1e-3})
def structure_figures(case: Case[NoParameters], samples: Sequence[Record]) -> Findings:
    """Draw g(r) and partial ones, and S(q), averaged over the samples."""
    snapshots = {record.replica: record.final for record in samples}
    with PAPER.findings(case) as findings:
        _radial(findings, list(snapshots.values()))
        _factor(findings, snapshots)
        first, edges = next(iter(snapshots.values())), [min(s.cell.heights) for s in snapshots.values()]
        findings.size(samples=len(snapshots), particles=len(first), smallest_edge=round(float(min(edges)), 3))
    return findings


def _radial(findings: PaperFindings, snapshots: Sequence[Snapshot]) -> None:
    table = analysis.pair_radial_distributions(snapshots, R_MAX, BIN)
    whole = table[table["pair"] == "all"]
    first = whole.iloc[int(whole["g"].argmax())]
    second = whole[whole["r"].between(*SECOND_PEAK)]
    r, g = second["r"].to_numpy(), second["g"].to_numpy()
    peaks = [f"{r[k]:.1f}" for k in range(1, len(g) - 1) if g[k] > max(g[k - 1], g[k + 1], 1.0)]
    valley = whole[whole["r"].between(*VALLEY)]["g"].min()
    findings.score({"glass.first_maximum": float(first["g"]), "glass.first_minimum": float(valley)})
    findings.add(
        "1", table, first=first, peaks=", ".join(peaks) or "-", samples=len(snapshots),
        particles=len(snapshots[0]), r_max=whole["r"].max() + BIN / 2,
    )  # fmt: skip


def _factor(findings: PaperFindings, snapshots: Mapping[str, Snapshot]) -> None:
    mean = analysis.structure_factor_over_replicas(snapshots, Q_MAX, seed=findings.seed)
    peak, width = mean.iloc[int(mean["s"].argmax())], mean["q"].diff().min()
    findings.score({"glass.q_peak": float(peak["q"])})
    findings.add("6a", mean, peak=peak, width=width)


#: Bins of 3b and their range, angstrom^2.
BINS, RANGE = 48, (1e-5, 10.0)


@dataclass(frozen=True)
class ShearParameters:
    """Parameters of the operation ``shear_figures``.

    Parameters
    ----------
    threshold
        Largest jump above which a particle is rearranged, square angstrom; equal to that of the grid.
    """

    threshold: float = 0.05


@operation(work=one_case, rates={"cases": 2.0})
def shear_figures(case: Case[ShearParameters], shears: Sequence[ShearRecord], labels: Sequence[Labels]) -> Findings:
    """Draw jumps of three particles against strain, and the distribution of the largest; score fractions by plane."""
    threshold = case.parameters.threshold
    table = pooled(labels)
    planes = {str(c.details["plane"]): c.name for c in labels[0].label_columns if "plane" in c.details}
    with PAPER.findings(case) as findings:
        _histories(findings, shears[0], table, planes, threshold)
        _distribution(findings, table, planes, threshold)
        runs = [record.thermo for record in shears]
        events = [int(steps["event"].sum()) for steps in runs]
        findings.score({"shear.events_a_run": float(np.mean(events)), "shear.steps": float(sum(map(len, runs)))})
        findings.size(shear_runs=len(runs), plastic_events=sum(events), strain=float(runs[0]["strain"].max()))
    return findings


def _histories(
    findings: PaperFindings, first: ShearRecord, labels: pd.DataFrame, planes: dict[str, str], threshold: float
) -> None:
    """Draw figure 3a: of the first sample, two particles that jump and one that does not."""
    plane = first.block_settings["plane"]
    jumps = labels[labels["replica"] == first.replica].set_index("particle")[planes[plane]].sort_values(ascending=False)
    jumped = int((jumps > threshold).sum())
    ranks = {"I": 0, "II": jumped // 2, "III": len(jumps) // 2}
    shown = [name for name, enough in (("I", jumped > 0), ("II", jumped > 1), ("III", True)) if enough]
    names = {int(jumps.index[ranks[name]]): f"{name}: {jumps.index[ranks[name]]}" for name in shown}
    parts = [block[block["particle"].isin(names)] for block in first.blocks(["strain", "particle", "d2min"])]
    table = pd.concat(parts).assign(
        particle=lambda t: t["particle"].map(names), d2min=lambda t: t["d2min"].astype(float)
    )
    largest = ", ".join(
        f"{name} {rows['d2min'].max():.3f} at strain {rows['strain'].iloc[int(rows['d2min'].argmax())]:.4f}"
        for name, rows in table.groupby("particle")
    )
    findings.add(
        "3a", table.sort_values(["particle", "strain"]), replica=first.replica, plane=plane, largest=largest,
        few="" if jumped > 1 else f"Only {jumped} of its particles jumped. ",
    )  # fmt: skip


def _distribution(findings: PaperFindings, labels: pd.DataFrame, planes: dict[str, str], threshold: float) -> None:
    jumps = labels[JUMP].to_numpy(dtype=float)
    bins = analysis.log_histogram(jumps.clip(*RANGE), BINS, *RANGE)
    count = bins["count"].to_numpy()
    curves = {  # a cumulative sum belongs to the upper edge of a bin
        "share in the bin": (bins["x"], count / len(jumps)),
        "share below (cumulative)": (bins["high"], count.cumsum() / len(jumps)),
    }
    table = pd.concat([pd.DataFrame({"jump": x, "share": y, "curve": name}) for name, (x, y) in curves.items()])
    fractions = {plane: float((labels[column] > threshold).mean()) for plane, column in planes.items()}
    union = float((jumps > threshold).mean())
    findings.score({"union": union} | fractions, "labels")
    findings.add(
        "3b", table, threshold=threshold, union=union, samples=labels["replica"].nunique(),
        by_plane=", ".join(f"{plane} {fraction:.1%}" for plane, fraction in fractions.items()),
        planes=", ".join(planes),
    )  # fmt: skip
