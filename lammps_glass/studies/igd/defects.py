"""Figures 9b, 9c, 10, 11b and 13: distribution, range and surroundings of the indicator."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.igd.predictions import Sample, pooled, predictors, samples

#: Autocorrelations (angstrom): range, width of a bin, and the peaks of g(r) that the decay is fitted to.
R_MAX, BIN, PEAKS = 12.0, 0.2, (2.8, 4.7, 7.1, 9.4)
#: A peak is the mean of the bins within this of it: their middles differ a little between glasses.
NEAR = 0.3
FEWEST_PAIRS = 30
#: Of all particles in a bin of 11b, and the fewest, as in the paper.
SHARE, FEWEST = 0.0025, 50
#: Of the particles at each end in figure 10.
EXTREME = 0.1
PANELS = {"vMSD": "13a", "G": "13c", "S2": "13d"}


def defect_figures(case: Case) -> None:
    """What the indicator looks like, by samples that did not train it."""
    found = list(samples(case))
    table = pooled(case)
    with Findings(case.directory) as findings:
        _distribution(findings, table)
        _surroundings(findings, found, case.seed)
        _monotonic(findings, table)
        _ranges(findings, found, predictors(table), case.seed)


def _distribution(findings: Findings, table: pd.DataFrame) -> None:
    igd, real = table["igd"].to_numpy(), table["label"].to_numpy() == 1
    edges = np.linspace(igd.min(), igd.max(), 33)
    groups = {"all (bars)": np.ones(len(igd), bool), "rearranged": real, "not rearranged": ~real}
    parts = [
        pd.DataFrame({"igd": (edges[:-1] + edges[1:]) / 2, "density": np.histogram(igd[g], edges, density=True)[0]})
        .assign(particles=name)
        for name, g in groups.items()
    ]  # fmt: skip
    means = igd[real].mean(), igd[~real].mean()
    findings.score({"igd.mean_rearranged": float(means[0]), "igd.mean_others": float(means[1])})
    findings.figure(
        "9b", pd.concat(parts), f"mean {means[0]:.2f} of the rearranged, {means[1]:.2f} of the others",
        "Left-out samples pooled: each by a machine that saw nothing of it; the decision value of LIBSVM.",
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
        f"Means of {SHARE:.2%} of all particles, at least {FEWEST}, with standard errors. Training and test (the "
        "paper's inset): the machine of the paper's split, which trained on all samples but the last.",
    )  # fmt: skip


def _ranges(findings: Findings, found: list[Sample], names: list[str], seed: int) -> None:
    """Figures 9c and 13a-13d: autocorrelations, and decay lengths from the peaks of g(r)."""
    columns = {"largest jump": "largest_jump", "IGD": "igd"} | {name: name for name in names if name != "igd"}
    curves, lengths = {}, {}
    for name, column in columns.items():
        tables = [
            analysis.spatial_autocorrelation(s.snapshot, s.values(column), R_MAX, BIN).assign(replica=s.replica)
            for s in found
        ]
        # A bin of a few pairs, closer than particles usually come, says nothing: it is neither shown nor fitted.
        known = pd.concat(tables, ignore_index=True).query("pairs >= @FEWEST_PAIRS")
        mean = analysis.mean_over_replicas(known, "r", "normalized", seed=seed)
        curves[name], lengths[name] = mean.assign(of=name), _length(known)
    findings.score({f"{'igd' if n == 'IGD' else n.replace(' ', '_')}.decay_length": v for n, v in lengths.items()})
    note = (
        f"C(r) by sample, bins of {FEWEST_PAIRS} pairs and more, band over samples; decay fitted to the means within "
        f"{NEAR:g} angstrom of the peaks of g(r), "
        f"{', '.join(f'{p:g}' for p in PEAKS)} angstrom, without the self point r = 0."
    )
    both = ("largest jump", "IGD")
    findings.figure("9c", pd.concat([curves[n] for n in both]), _lengths(lengths, both), note)
    for name, identity in PANELS.items():
        if name in curves:
            findings.figure(identity, curves[name], _lengths(lengths, (name,)), note)
    every = [name for name in columns if name != "largest jump"]
    findings.figure(
        "13b", pd.concat([curves[n] for n in every]), _lengths(lengths, every),
        "The paper's panel shows the predictor from activation barriers, which are a later addition to this study: "
        "here all predictors that exist stand together. " + note,
    )  # fmt: skip


def _lengths(lengths: dict[str, float], names: Iterable[str]) -> str:
    said = [
        f"{name} {lengths[name]:.1f} angstrom" if np.isfinite(lengths[name]) else f"{name}: no decay" for name in names
    ]
    return "decay length: " + ", ".join(said)


def _length(known: pd.DataFrame) -> float:
    """Decay through the peaks of g(r), each the mean of its bins by their pairs."""
    near = []
    for peak in PEAKS:
        bins = known[(known["r"] - peak).abs() <= NEAR]
        near.append(analysis.weighted_mean(bins["normalized"], bins["pairs"]))
    points = pd.DataFrame({"r": PEAKS, "correlation": near})
    return analysis.decay_length(points, 0.1, R_MAX, include_self=False).length
