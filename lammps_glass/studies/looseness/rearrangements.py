"""Figures 3A-3C and table S1: distribution of D2min, its mean and tail in time, and fractions of the classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import analysis
from lammps_glass.labels import LabelColumn
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, Labels, Rows
from lammps_glass.simulate.work import particles_read
from lammps_glass.snapshots.cell import Floats
from lammps_glass.studies.looseness.paper import PAPER
from lammps_glass.studies.paper import PaperFindings

#: Lower end of the power-law tail of D2min (sigma^2); about the 99th percentile, as figure 3A shows.
TAIL_FROM = 0.05


class Distribution:
    """Statistics of the streamed labels: values in the tail, means, class counts, and all values at four times.

    Parameters
    ----------
    columns
        Columns of the labels; the first has the shortest lag.
    shown
        Steps at which all values are kept.
    first
        Step of the first configuration that counts.
    thresholds
        Thresholds of the classes that are counted.
    """

    def __init__(
        self, columns: Sequence[LabelColumn], shown: Sequence[int], first: int, thresholds: Sequence[float]
    ) -> None:
        self.columns, self.shown, self.first, self.thresholds = columns, shown, first, thresholds
        self.whole: dict[int, list[Floats]] = defaultdict(list)
        self.tails: dict[int, dict[str, Floats]] = defaultdict(dict)
        self.means: list[tuple[str, int, float]] = []
        self.classes: dict[tuple[int, float], NDArray[np.int64]] = defaultdict(lambda: np.zeros(2, dtype=np.int64))

    def add(self, replica: str, step: int, labels: pd.DataFrame) -> None:
        """Count the labels of one configuration."""
        for column in self.columns:
            values = labels[column.name].dropna().to_numpy()
            for threshold in self.thresholds if step >= self.first else ():
                above = np.count_nonzero(values > threshold)
                self.classes[column.lag, threshold] += (len(values) - above, above)
        values = labels[self.columns[0].name].dropna().to_numpy()
        if step < self.first or not len(values):
            return
        self.means.append((replica, step, float(values.mean())))
        self.tails[step][replica] = values[values >= TAIL_FROM]
        if step in self.shown:
            self.whole[step].append(values)


def shown_steps(first: int, last: int, every: int) -> list[int]:
    """Choose the steps of four snapshots at about even ln(step), from the first to the last labelled one."""
    steps = np.geomspace(max(first, every), last - every, 4) if last > first + every else [first]
    return sorted({round(step / every) * every for step in steps})


@operation(work=particles_read("labels"), rates={"cases": 0.5, "particles": 3e-6})
def rearrangement_figures(case: Case[NoParameters], labels: Sequence[Labels], rows: Sequence[Rows]) -> Findings:
    """Stream the labels of every replica once and find figures 3A, 3B, 3C and table S1."""
    columns = sorted(labels[0].label_columns, key=lambda column: column.lag)
    every = labels[0].label_column(lag=1).steps
    first, last = rows[0].first_step, max(int(group["step"].iloc[0]) for group in labels[0].groups(["step"]))
    thresholds = rows[0].metadata["thresholds"]
    distribution = Distribution(columns, shown_steps(first, last, every), first, thresholds)
    for product in labels:
        for group in product.groups():
            distribution.add(product.replica, int(group["step"].iloc[0]), group)
    with PAPER.findings(case) as findings:
        _density(findings, distribution, every)
        _mean(findings, distribution)
        _tail(findings, distribution)
        _classes(findings, distribution, every)
    return findings


def _density(findings: PaperFindings, distribution: Distribution, every: int) -> None:
    tables = [
        analysis.log_histogram(np.concatenate(values), 30, 1e-5, 10.0).assign(step=step)
        for step, values in sorted(distribution.whole.items())
    ]
    table = pd.concat(tables, ignore_index=True)
    whole = np.concatenate([np.concatenate(values) for values in distribution.whole.values()])
    table = table[table["count"] > 0]
    findings.add("3A", table, median=np.median(whole), percentile=np.quantile(whole, 0.99), every=every)


def _mean(findings: PaperFindings, distribution: Distribution) -> None:
    table = pd.DataFrame(distribution.means, columns=["replica", "step", "d2min"])
    mean = findings.mean_over_replicas(table, "step", "d2min")
    first, last = mean["d2min"].iloc[0], mean["d2min"].iloc[-1]
    findings.add("3B", mean, verb="falls" if last < first else "does not fall", first=first, last=last)


def _tail(findings: PaperFindings, distribution: Distribution) -> None:
    rows = []
    for step, values in sorted(distribution.tails.items()):
        fit = analysis.tail_exponent_interval(values, TAIL_FROM, seed=findings.seed)
        rows.append((step, fit.exponent, fit.low, fit.high, fit.count))
    table = pd.DataFrame(rows, columns=["step", "exponent", "low", "high", "count"])
    fitted = table[np.isfinite(table["exponent"])]
    text = f"exponent {fitted['exponent'].mean():.2f} on average" if len(fitted) else "too few events in the tail"
    if len(fitted) > 1:
        text += f", slope {analysis.linear_in_log_time(fitted['step'], fitted['exponent']).slope:.2f} per ln t"
    findings.add("3C", table, exponent=text, tail_from=TAIL_FROM)


def _classes(findings: PaperFindings, distribution: Distribution, every: int) -> None:
    rows = [
        (lag * every, threshold, int(counts.sum()), int(counts[1]), counts[1] / counts.sum())
        for (lag, threshold), counts in sorted(distribution.classes.items())
        if counts.sum()
    ]
    table = pd.DataFrame(rows, columns=["dt", "threshold", "rows", "loose", "fraction"])
    findings.add("table_S1", table, low=table["fraction"].min(), high=table["fraction"].max())
