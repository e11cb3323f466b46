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
#: Fine even bins that hold the streamed looseness; a multiple of the bins of every figure.
FINE = 1000


class LoosenessCounts:
    """Counts of the streamed predictions: D2min by looseness, class by looseness, and the mean at each step.

    Parameters
    ----------
    label
        Column of D2min.
    threshold
        Label above which a particle is loose.
    first
        Step of the first configuration that counts.
    """

    def __init__(self, label: str, threshold: float, first: int) -> None:
        self.label, self.threshold, self.first = label, threshold, first
        self.joint = np.zeros((len(D2MIN_EDGES) - 1, FINE))
        self.by_class = np.zeros((2, FINE), dtype=np.int64)
        self.means: list[tuple[str, int, float]] = []

    def add(self, replica: str, rows: pd.DataFrame, looseness_column: str) -> None:
        """Count the particles of one configuration."""
        step = int(rows["step"].iloc[0])
        self.means.append((replica, step, float(rows[looseness_column].mean())))
        labelled = rows[rows[self.label].notna()]
        if step < self.first or labelled.empty:
            return
        looseness = labelled[looseness_column].to_numpy()
        d2min = labelled[self.label].to_numpy().clip(D2MIN_EDGES[0], D2MIN_EDGES[-1])
        self.joint += np.histogram2d(d2min, looseness, [D2MIN_EDGES, np.linspace(0, 1, FINE + 1)])[0]
        fine = np.minimum((looseness * FINE).astype(np.int64), FINE - 1)
        loose = (labelled[self.label] > self.threshold).to_numpy(dtype=np.int64)
        self.by_class += np.bincount(loose * FINE + fine, minlength=2 * FINE).reshape(2, FINE)


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
    fit = folds[0].metadata
    counts = LoosenessCounts(fit["label"]["name"], fit["threshold"], rows[0].first_step)
    for product in predictions:
        left_out, _ = columns_of(product)
        for group in product.groups():
            counts.add(product.replica, group, left_out.name)
    with PAPER.findings(case) as findings:
        _plane(findings, counts)
        _distributions(findings, counts)
        means = pd.DataFrame(counts.means, columns=["replica", "step", "looseness"])
        _in_time(findings, means[means["step"] >= max(counts.first, 1)], inherent_strains(relaxed, creep))
    return findings


def _plane(findings: PaperFindings, counts: LoosenessCounts) -> None:
    middles = (np.arange(FINE) + 0.5) / FINE
    d2min = np.sqrt(D2MIN_EDGES[:-1] * D2MIN_EDGES[1:])
    grid = np.meshgrid(d2min, middles, indexing="ij")
    table = analysis.joint_density(
        grid[0].ravel(), grid[1].ravel(), D2MIN_EDGES, LOOSENESS_EDGES, FILTER, weights=counts.joint.ravel()
    )
    table.loc[table.groupby("d2min")["count"].transform("sum") < FEWEST, "density"] = np.nan
    populated = table.dropna(subset="density")
    populated = populated.assign(weighted=populated["indicator"] * populated["density"])
    sums = populated.groupby("d2min")[["weighted", "density"]].sum()
    mean = sums["weighted"] / sums["density"]
    findings.add(
        "6A", table, first=mean.iloc[0], lowest=mean.index[0], last=mean.iloc[-1], highest=mean.index[-1],
        fewest=FEWEST, width=FILTER, threshold=counts.threshold,
    )  # fmt: skip


def _distributions(findings: PaperFindings, counts: LoosenessCounts) -> None:
    middles = (np.arange(FINE) + 0.5) / FINE
    table = analysis.indicator_distribution(
        np.repeat([False, True], FINE), np.tile(middles, 2), bins=25, weights=counts.by_class.ravel()
    )
    caught = counts.by_class[1, FINE // 2 :].sum() / max(counts.by_class[1].sum(), 1)
    names = {"p_all": "all particles", "p_active": "loose particles (bars)"}
    densities = [table[["indicator"]].assign(curve=name, density=table[column]) for column, name in names.items()]
    findings.add("6B", pd.concat(densities, ignore_index=True), caught=caught)
    rate = analysis.exponential_fit(table).rate
    findings.add("6C", table[table["count_active"] > 0], rate=rate)
    findings.score({"looseness.exponential_rate": rate, "looseness.share_of_loose_above_half": float(caught)})


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
