"""Figures 9b, 10 and 11b: distribution and local structure of the indicator, and its correlation with the jump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, PredictedSample, Predictions, Record, join_samples, pooled
from lammps_glass.simulate.work import particles_read
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.ranges import range_figures
from lammps_glass.studies.igd.samples import ALL, JUMP, predictors
from lammps_glass.studies.paper import PaperFindings

#: Fraction of all particles in a bin of 11b, and smallest number, as in the paper.
FRACTION, FEWEST = 0.0025, 50
#: Fraction of the particles beyond each end of 9b.
BEYOND = 0.005
#: Fraction of the particles at each end in figure 10, and names of the ends.
EXTREME, ENDS = 0.1, ("lowest 10 % IGD", "highest 10 % IGD")


@operation(version=2, work=particles_read("samples"), rates={"cases": 2.0, "particles": 2e-3})
def defect_figures(case: Case[NoParameters], samples: Sequence[Record], predictions: Sequence[Predictions]) -> Findings:
    """Draw the distribution of the indicator, g(r) around its extremes, and its correlation with the jump, left out."""
    joined, table = join_samples(samples, predictions), pooled(predictions)
    with PAPER.findings(case) as findings:
        _distribution(findings, table)
        _surroundings(findings, joined)
        _monotonic(findings, table)
        range_figures(findings, joined, predictors(predictions[0]))
    return findings


def _distribution(findings: PaperFindings, table: pd.DataFrame) -> None:
    igd, rearranged = table[ALL].to_numpy(), table["label"].to_numpy() == 1
    # Between quantiles: a few extreme values would leave all others a handful of bins.
    low, high = (float(np.quantile(igd, fraction)) for fraction in (BEYOND, 1 - BEYOND))
    edges = np.linspace(low, high, 33)
    groups = {"all (bars)": igd, "rearranged": igd[rearranged], "not rearranged": igd[~rearranged]}
    parts = [
        analysis.histogram(values, edges)[["x", "density"]].rename(columns={"x": "igd"}).assign(particles=name)
        for name, values in groups.items()
    ]
    means = {"rearranged": float(igd[rearranged].mean()), "others": float(igd[~rearranged].mean())}
    findings.score({f"mean_{name}": mean for name, mean in means.items()}, "igd")
    findings.add("9b", pd.concat(parts), beyond=BEYOND, least=igd.min(), largest=igd.max(), **means)


def _surroundings(findings: PaperFindings, samples: Sequence[PredictedSample]) -> None:
    """Draw figure 10: g(r) around the particles of lowest and of highest indicator."""
    parts, copper = [], dict.fromkeys(ENDS, 0.0)
    for sample in samples:
        for name, rows in zip(ENDS, analysis.extreme_rows(sample.values(ALL), EXTREME)):
            curve = analysis.radial_distribution_around(sample.snapshot, rows, 10.0, 100)
            parts.append(curve.assign(particles=name, replica=sample.replica))
            copper[name] += float((sample.snapshot.types[rows] == 0).mean()) / len(samples)
    mean = findings.mean_over_replicas(pd.concat(parts), ["particles", "r"], "g")
    curves = [mean[mean["particles"] == name] for name in ENDS]
    low, high = (curve.iloc[int(curve["g"].argmax())] for curve in curves)
    findings.score({"rdf.peak_high_igd": float(high["g"]), "rdf.peak_low_igd": float(low["g"])})
    findings.add(
        "10", mean, high=high, low=low, verb="lower" if high["g"] < low["g"] else "not lower",
        copper_high=copper[ENDS[1]], copper_low=copper[ENDS[0]],
    )  # fmt: skip


def _monotonic(findings: PaperFindings, table: pd.DataFrame) -> None:
    """Draw figure 11b and its inset: the left-out samples, and the machine of the paper's split on all samples."""
    from scipy.stats import spearmanr

    parts, correlations = [], {}
    for column, name in ((ALL, "left-out"), ("igd_split", "training and test")):
        means = analysis.binned_means(table[column], table[JUMP], FRACTION, FEWEST)
        parts.append(means.assign(samples=name))
        correlations[name] = float(spearmanr(means["indicator"], means["value"]).statistic)
    findings.score({"jump.rank_correlation": correlations["left-out"]})
    text = ", ".join(f"{name} {value:.2f}" for name, value in correlations.items())
    findings.add("11b", pd.concat(parts), correlations=text, fraction=FRACTION, fewest=FEWEST)
