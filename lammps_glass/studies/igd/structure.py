"""Figures 1 and 6a: radial distribution function and structure factor of the samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.case import Case
from lammps_glass.studies.common import final_snapshots
from lammps_glass.studies.findings import Findings

#: Range (angstrom; 1 / angstrom) and bins of g(r) and S(q).
R_MAX, BIN, Q_MAX = 10.0, 0.1, 12.0
#: Where the two halves of the second peak of g(r) lie (angstrom).
SECOND_PEAK = (4.2, 6.2)


def structure_figures(case: Case) -> None:
    """g(r) and partial ones, S(q), averaged over the samples."""
    samples = final_snapshots(case, "gate")
    glasses = list(samples.values())
    with Findings(case.directory) as findings:
        _radial(findings, glasses)
        _factor(findings, samples, case.seed)
        edges = [min(glass.cell.heights) for glass in glasses]
        findings.size(samples=len(glasses), particles=len(glasses[0]), smallest_edge=round(float(min(edges)), 3))


def _radial(findings: Findings, glasses: Sequence[Snapshot]) -> None:
    # The minimum image limits g(r) to half of the box.
    reach = min(R_MAX, float(np.floor(min(min(glass.cell.heights) for glass in glasses) / 2 / BIN) * BIN))
    bins = round(reach / BIN)
    kinds = glasses[0].species
    pairs = [None, *((a, b) for at, a in enumerate(kinds) for b in kinds[at:])]
    tables = []
    for pair in pairs:
        curve = analysis.radial_distribution_function(glasses, reach, bins, pair)
        tables.append(curve.assign(pair="-".join(pair) if pair else "all"))
    whole = tables[0]
    first = whole.iloc[int(whole["g"].argmax())]
    second = whole[whole["r"].between(*SECOND_PEAK)]
    peaks = [
        f"{second['r'].iloc[k]:.1f}"
        for k in range(1, len(second) - 1)
        if second["g"].iloc[k] > max(second["g"].iloc[k - 1], second["g"].iloc[k + 1], 1.0)
    ]
    valley = whole[whole["r"].between(3.4, 4.4)]["g"].min()
    findings.score({"glass.first_maximum": float(first["g"]), "glass.first_minimum": float(valley)})
    findings.figure(
        "1",
        pd.concat(tables, ignore_index=True),
        f"first peak {first['g']:.2f} at {first['r']:.2f} angstrom, maxima of the second at {', '.join(peaks) or '-'}",
        f"{len(glasses)} samples of {len(glasses[0])} atoms; r up to {reach:g} angstrom. Every sample passed the gate "
        "on g(r) and on crystal-like atoms.",
    )


def _factor(findings: Findings, samples: dict[str, Snapshot], seed: int) -> None:
    # One sample at a time, on common bins: boxes differ a little between the samples.
    widest = max(2 * np.pi / min(glass.cell.heights) for glass in samples.values())
    bins = int(Q_MAX / widest)
    tables = []
    for name, glass in samples.items():
        curve = analysis.structure_factor(glass, Q_MAX, bins=bins)
        at = (curve["q"] / Q_MAX * bins).astype(int)
        tables.append(curve.assign(replica=name, q=(at + 0.5) * Q_MAX / bins))
    mean = analysis.mean_over_replicas(pd.concat(tables, ignore_index=True), "q", "s", seed=seed)
    peak = mean.iloc[int(mean["s"].argmax())]
    findings.score({"glass.q_peak": float(peak["q"])})
    findings.figure(
        "6a", mean, f"main peak {peak['s']:.2f} at {peak['q']:.2f} / angstrom",
        f"On the wave vectors of the boxes, in bins of {Q_MAX / bins:.2f} / angstrom; band: interval over the samples.",
    )  # fmt: skip
