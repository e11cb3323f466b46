"""Figures 9b, 10 and 11b, with 9c and 13: distribution, surroundings and range of the indicator."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.igd.predictions import UNIT, Sample, pooled, predictors, samples
from lammps_glass.studies.igd.ranges import range_figures

#: Of all particles in a bin of 11b, and the fewest, as in the paper.
SHARE, FEWEST = 0.0025, 50
#: Of the particles beyond each end of 9b.
BEYOND = 0.005
#: Of the particles at each end in figure 10.
EXTREME = 0.1


def defect_figures(case: Case) -> None:
    """What the indicator looks like, by samples that did not train it."""
    found = list(samples(case))
    table = pooled(case)
    with Findings(case.directory) as findings:
        _distribution(findings, table)
        _surroundings(findings, found, case.seed)
        _monotonic(findings, table)
        range_figures(findings, found, predictors(table), case.seed)


def _distribution(findings: Findings, table: pd.DataFrame) -> None:
    igd, real = table["igd"].to_numpy(), table["label"].to_numpy() == 1
    # Between quantiles: a few extreme values would leave all others a handful of bins.
    low, high = (float(np.quantile(igd, share)) for share in (BEYOND, 1 - BEYOND))
    edges = np.linspace(low, high, 33)
    groups = {"all (bars)": np.ones(len(igd), bool), "rearranged": real, "not rearranged": ~real}
    parts = [
        analysis.histogram(igd[g], edges)[["x", "density"]].rename(columns={"x": "igd"}).assign(particles=name)
        for name, g in groups.items()
    ]
    means = igd[real].mean(), igd[~real].mean()
    findings.score({"igd.mean_rearranged": float(means[0]), "igd.mean_others": float(means[1])})
    findings.figure(
        "9b", pd.concat(parts), f"mean {means[0]:.2f} of the rearranged, {means[1]:.2f} of the others",
        f"Left-out samples pooled, each by a machine that saw nothing of it: {UNIT}. {BEYOND:.1%} of the particles lie "
        f"beyond each end (values run from {igd.min():.1f} to {igd.max():.1f}).",
    )  # fmt: skip


def _surroundings(findings: Findings, found: Iterable[Sample], seed: int) -> None:
    parts = []
    for sample in found:
        order = np.argsort(sample.values("igd"))
        size = max(1, round(EXTREME * len(order)))
        for name, rows in (("highest 10 % IGD", order[-size:]), ("lowest 10 % IGD", order[:size])):
            curve = analysis.radial_distribution_around(sample.snapshot, rows, 10.0, 100)
            parts.append(curve.assign(particles=name, replica=sample.replica))
    mean = analysis.mean_over_replicas(pd.concat(parts), ["particles", "r"], "g", seed=seed)
    peaks = {str(n): t.iloc[int(t["g"].argmax())] for n, t in mean.groupby("particles")}
    high, low = peaks["highest 10 % IGD"], peaks["lowest 10 % IGD"]
    share = {n: float(_share_of_species(found, n)) for n in ("high", "low")}
    verb = "lower" if high["g"] < low["g"] else "not lower"
    findings.score({"rdf.peak_high_igd": float(high["g"]), "rdf.peak_low_igd": float(low["g"])})
    findings.figure(
        "10", mean,
        f"first peak {high['g']:.2f} at {high['r']:.2f} (high), {low['g']:.2f} at {low['r']:.2f} (low): {verb}",
        f"g(r) of all particles around those of each end, by sample; band: interval over samples. Cu is "
        f"{share['high']:.0%} of the high and {share['low']:.0%} of the low end, which moves the peak by itself.",
    )  # fmt: skip


def _share_of_species(found: Iterable[Sample], end: str) -> float:
    """Share of the first species at an end of the indicator, mean over the samples."""
    shares = []
    for sample in found:
        order = np.argsort(sample.values("igd"))
        size = max(1, round(EXTREME * len(order)))
        rows = order[-size:] if end == "high" else order[:size]
        shares.append((sample.snapshot.types[rows] == 0).mean())
    return float(np.mean(shares))


def _monotonic(findings: Findings, table: pd.DataFrame) -> None:
    """Figure 11b and its inset: the left-out samples, and the machine of the paper's split on all samples."""
    from scipy.stats import spearmanr

    parts, said = [], {}
    for column, name in (("igd", "left-out"), ("igd_split", "training and test")):
        means = analysis.binned_means(table[column], table["largest_jump"], SHARE, FEWEST)
        parts.append(means.assign(samples=name))
        said[name] = float(spearmanr(means["indicator"], means["value"]).statistic)
    findings.score({"jump.rank_correlation": said["left-out"]})
    findings.figure(
        "11b", pd.concat(parts), "rank correlation of the bins: " + ", ".join(f"{n} {v:.2f}" for n, v in said.items()),
        f"Means of {SHARE:.2%} of all particles, at least {FEWEST}, with standard errors; {UNIT}. Training and test "
        "(the paper's inset): the machine of the paper's split, which trained on all samples but the last.",
    )  # fmt: skip
