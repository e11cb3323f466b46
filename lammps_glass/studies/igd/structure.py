"""Figures 1 and 6a: radial distribution function and structure factor of the samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lammps_glass import analysis
from lammps_glass.operations.case import Case, NoParameters
from lammps_glass.operations.operation import operation
from lammps_glass.products import Findings, Record
from lammps_glass.simulate.work import particles_read
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.igd.paper import PAPER

#: Range (angstrom; 1 / angstrom) and bins of g(r) and S(q).
R_MAX, BIN, Q_MAX = 10.0, 0.1, 12.0
#: Ranges of r of the split second peak of g(r), and of its first minimum (angstrom).
SECOND_PEAK, VALLEY = (4.2, 6.2), (3.4, 4.4)


@operation(work=particles_read("samples"), rates={"cases": 2.0, "particles": 1e-3})
def structure_figures(case: Case[NoParameters], samples: Sequence[Record]) -> Findings:
    """Draw g(r) and partial ones, and S(q), averaged over the samples."""
    snapshots = {record.replica: record.final for record in samples}
    with Findings(case.directory) as findings:
        _radial(findings, list(snapshots.values()))
        _factor(findings, snapshots, case.seed)
        first, edges = next(iter(snapshots.values())), [min(s.cell.heights) for s in snapshots.values()]
        findings.size(samples=len(snapshots), particles=len(first), smallest_edge=round(float(min(edges)), 3))
    return findings


def _radial(findings: Findings, snapshots: Sequence[Snapshot]) -> None:
    table = analysis.pair_radial_distributions(snapshots, R_MAX, BIN)
    whole = table[table["pair"] == "all"]
    first = whole.iloc[int(whole["g"].argmax())]
    second = whole[whole["r"].between(*SECOND_PEAK)]
    r, g = second["r"].to_numpy(), second["g"].to_numpy()
    peaks = [f"{r[k]:.1f}" for k in range(1, len(g) - 1) if g[k] > max(g[k - 1], g[k + 1], 1.0)]
    valley = whole[whole["r"].between(*VALLEY)]["g"].min()
    findings.score({"glass.first_maximum": float(first["g"]), "glass.first_minimum": float(valley)})
    PAPER.add(
        findings, "1", table, first=first, peaks=", ".join(peaks) or "-", samples=len(snapshots),
        particles=len(snapshots[0]), r_max=whole["r"].max() + BIN / 2,
    )  # fmt: skip


def _factor(findings: Findings, snapshots: Mapping[str, Snapshot], seed: int) -> None:
    mean = analysis.structure_factor_over_replicas(snapshots, Q_MAX, seed=seed)
    peak, width = mean.iloc[int(mean["s"].argmax())], mean["q"].diff().min()
    findings.score({"glass.q_peak": float(peak["q"])})
    PAPER.add(findings, "6a", mean, peak=peak, width=width)
