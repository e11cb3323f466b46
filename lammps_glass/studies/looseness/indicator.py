"""Figures 6A-6C, 7A, 7B: looseness against D2min, time and strain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, Predictions, Record, Rows
from lammps_glass.simulate.work import particles_read
from lammps_glass.studies.looseness.accuracy import columns_of
from lammps_glass.studies.looseness.creep import inherent_strains
from lammps_glass.studies.looseness.learning import Fold
from lammps_glass.studies.looseness.paper import PAPER
from lammps_glass.studies.paper import PaperFindings

D2MIN_EDGES = np.geomspace(1e-4, 3.0, 31)
LOOSENESS_EDGES = np.linspace(0.0, 1.0, 41)
#: Gaussian filter of 6A, in bins.
FILTER = 1.0
#: Intervals of D2min with fewer particles show no density in 6A.
FEWEST = 10


@operation(work=particles_read("relaxed"), rates={"cases": 0.5, "particles": 2e-6})
def looseness_figures(
    case: Case[NoParameters],
    creep: Sequence[Record],
    relaxed: Sequence[Record],
    rows: Sequence[Rows],
    folds: Sequence[Fold],
    predictions: Sequence[Predictions],
) -> Findings:
    """Stream the predictions of every replica once and find figures 6A to 7B."""
    fit, first_step = folds[0].metadata, rows[0].first_step
    label, counts = fit["label"]["name"], analysis.JointCounts(D2MIN_EDGES, fit["threshold"])
    means = []
    for product in predictions:
        looseness = columns_of(product)[0].name
        for group in product.groups():
            step = int(group["step"].iloc[0])
            means.append((product.replica, step, float(group[looseness].mean())))
            labelled = group[group[label].notna()]
            if step >= first_step and len(labelled):
                counts.add(labelled[label], labelled[looseness])
    in_time = pd.DataFrame(means, columns=["replica", "step", "looseness"])
    with PAPER.findings(case) as findings:
        _plane(findings, counts)
        _distributions(findings, counts)
        _in_time(findings, in_time[in_time["step"] >= max(first_step, 1)], inherent_strains(relaxed, creep))
    return findings


def _plane(findings: PaperFindings, counts: analysis.JointCounts) -> None:
    table = counts.density(LOOSENESS_EDGES, FILTER)
    table.loc[table.groupby("d2min")["count"].transform("sum") < FEWEST, "density"] = np.nan
    populated = table.dropna(subset="density")
    populated = populated.assign(weighted=populated["indicator"] * populated["density"])
    sums = populated.groupby("d2min")[["weighted", "density"]].sum()
    mean = sums["weighted"] / sums["density"]
    findings.add(
        "6A", table, first=mean.iloc[0], lowest=mean.index[0], last=mean.iloc[-1], highest=mean.index[-1],
        fewest=FEWEST, width=FILTER, threshold=counts.threshold,
    )  # fmt: skip


def _distributions(findings: PaperFindings, counts: analysis.JointCounts) -> None:
    table, caught = counts.distribution(), counts.recall
    names = {"p_all": "all particles", "p_active": "loose particles (bars)"}
    densities = [table[["indicator"]].assign(curve=name, density=table[column]) for column, name in names.items()]
    findings.add("6B", pd.concat(densities, ignore_index=True), caught=caught)
    rate = analysis.exponential_fit(table).rate
    findings.add("6C", table[table["count_active"] > 0], rate=rate)
    findings.score({"looseness.exponential_rate": rate, "looseness.share_of_loose_above_half": caught})


def _in_time(findings: PaperFindings, means: pd.DataFrame, strain: pd.DataFrame) -> None:
    table = findings.mean_over_replicas(means, "step", "looseness")
    line = analysis.linear_in_log_time(table["step"], table["looseness"])
    findings.score({"looseness.slope": line.slope, "looseness.r2": line.r2})
    findings.add("7A", table, line=line)
    joined = means.merge(strain.rename(columns={"time": "step"}), on=["replica", "step"])
    mean = joined.groupby("step", as_index=False)[["looseness", "strain"]].mean()
    correlation = float(np.corrcoef(mean["strain"], mean["looseness"])[0, 1])
    findings.score({"looseness.strain_correlation": correlation})
    findings.add("7B", mean, correlation=correlation)
