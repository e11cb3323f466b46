"""Figures 8A, 8B, 9A-9D: fluctuation, and autocorrelation in space and time, of the looseness field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, PredictedTrajectory, Predictions, Record, Rows
from lammps_glass.simulate.work import particles_read
from lammps_glass.studies.looseness.accuracy import columns_of
from lammps_glass.studies.looseness.paper import PAPER
from lammps_glass.studies.paper import PaperFindings

R_MAX, BIN_WIDTH = 5.0, 0.1
#: Range of the fit of the decay length (8B), from the first shell to the second; closer pairs are too few to fit.
FIT_RANGE = (1.0, 2.5)
N_EXAMPLES = 5


@operation(work=particles_read("relaxed"), rates={"cases": 0.5, "particles": 1.6e-4})
def field_figures(
    case: Case[NoParameters], relaxed: Sequence[Record], rows: Sequence[Rows], predictions: Sequence[Predictions]
) -> Findings:
    """Stream every replica, one snapshot at a time, and find figures 8A to 9D."""
    records = {record.replica: record for record in relaxed}
    species = rows[0].metadata["species"]
    fluctuations, correlations, fields = [], [], {}
    for product in predictions:
        looseness = columns_of(product)[0].name
        trajectory = PredictedTrajectory(records[product.replica], product, looseness, max(rows[0].first_step, 1))
        fluctuation, correlation, fields[product.replica] = fields_of(trajectory, species)
        fluctuations.append(fluctuation.assign(replica=product.replica))
        correlations.append(correlation.assign(replica=product.replica))
    with PAPER.findings(case) as findings:
        _fluctuation(findings, pd.concat(fluctuations, ignore_index=True))
        _range(findings, pd.concat(correlations, ignore_index=True))
        _memory(findings, fields)
        _crossings(findings, fields)
    return findings


def fields_of(
    trajectory: PredictedTrajectory, species: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, analysis.Fields]:
    """Return fluctuation by population, spatial autocorrelation and voxel field of one replica."""
    first, _ = next(trajectory.pairs())
    number = analysis.voxel_number(int(np.isin(first.species_of_particles, species).sum()))
    # Boxes of the cube cut once along one or two edges fill the gap between the whole system and its eighth.
    numbers = [1, (1, 1, 2), (1, 2, 2), *range(2, max(number, 2) + 1)]
    return (
        analysis.fluctuation_by_population(*trajectory.streams(), numbers),
        analysis.spatial_autocorrelation(*trajectory.streams(), r_max=R_MAX, bin_width=BIN_WIDTH),
        analysis.voxel_fields(*trajectory.streams(), number),
    )


def _slope(table: pd.DataFrame) -> float:
    """Fit the exponent of the corrected deviation of voxel means for N >= 100."""
    mean = table.groupby("population", as_index=False)[["corrected"]].mean()
    large = mean[(mean["population"] >= 100) & (mean["corrected"] > 0)]
    return float(analysis.power_law_slope(large["population"], large["corrected"]).exponent)


def _fluctuation(findings: PaperFindings, table: pd.DataFrame) -> None:
    """Draw figure 8A, with the finite size of the system taken out of the deviation of voxel means."""
    table = analysis.without_finite_size(table)
    by_replica = {str(name): part for name, part in table.groupby("replica")}
    low, high = analysis.bootstrap(by_replica, lambda drawn: _slope(pd.concat(drawn)), seed=findings.seed)
    exponent, points = _slope(table), int((table.groupby("population").size().index >= 100).sum())
    forms = {
        "corrected": "voxel means, finite size taken out",
        "mean_deviation": "voxel means",
        "particle_rms": "particles (as printed)",
    }
    mean = table.groupby("population", as_index=False)[list(forms)].mean()
    curves = [mean[["population"]].assign(form=form, value=mean[name]) for name, form in forms.items()]
    text = "too few sizes, N >= 100"
    if np.isfinite(exponent):
        text = f"N^{exponent:.2f} ({low:.2f} to {high:.2f}) for N >= 100"
        findings.score({"looseness.fluctuation_exponent": exponent})
    findings.add("8A", pd.concat(curves, ignore_index=True), exponent=text, points=points)


def _range(findings: PaperFindings, table: pd.DataFrame) -> None:
    pooled = analysis.weighted_mean_of_tables([table[table["pairs"] > 0]], "r", "correlation", "pairs")
    mean = findings.mean_over_replicas(table, "r", "normalized")
    counted = pooled.merge(mean.drop(columns="normalized"), on="r")
    counted["normalized"] = counted["correlation"] / counted["correlation"].iloc[0]
    with_self = analysis.decay_length(counted, *FIT_RANGE, True)
    without = analysis.decay_length(counted, *FIT_RANGE, False)
    findings.score({"looseness.decay_length": with_self.length, "looseness.decay_length_without_self": without.length})
    start, end = FIT_RANGE
    findings.add("8B", counted, with_self=with_self, without=without, start=start, end=end)


def _memory(findings: PaperFindings, fields: dict[str, analysis.Fields]) -> None:
    tables = [analysis.field_autocorrelation(f.steps, f.values).assign(replica=name) for name, f in fields.items()]
    mean = findings.mean_over_replicas(pd.concat(tables, ignore_index=True), "time", "normalized")
    first = next(iter(fields.values()))
    number = round(first.values.shape[1] ** (1 / 3))
    drop = mean["normalized"].iloc[1] if len(mean) > 1 else float("nan")
    findings.add("9A", mean, drop=drop, last=mean["normalized"].iloc[-1], number=number, field=first)
    findings.size(voxels_along_an_edge=number, particles_a_voxel=round(first.mean_population, 3))
    deviation = first.values - np.nanmean(first.values, axis=1, keepdims=True)
    busiest = np.argsort(-np.nanstd(np.where(np.isnan(deviation), 0, deviation), axis=0))[:N_EXAMPLES]
    voxel = pd.DataFrame({"step": first.steps, "looseness": first.values[:, busiest[0]]})
    jumps = voxel["looseness"].diff().abs()
    findings.add("9B", voxel, largest=jumps.max(), median=jumps.median())
    times, curves = analysis.voxel_autocorrelations(first.steps, first.values)
    rows = [(time, f"voxel {v}", curves[i, v]) for v in busiest for i, time in enumerate(times)]
    single = pd.DataFrame(rows, columns=["time", "voxel", "correlation"]).dropna()
    ends = single[single["time"] == single["time"].max()]["correlation"]
    findings.add("9C", single, least=ends.min(), largest=ends.max())


def _crossings(findings: PaperFindings, fields: dict[str, analysis.Fields]) -> None:
    """Draw figure 9D, from lags up to half the run: longer lags have too few origins."""
    parts = []
    for field in fields.values():
        times, curves = analysis.voxel_autocorrelations(field.steps, field.values)
        half = len(times) // 2 + 1
        parts.append(analysis.first_zero_crossings(times[:half], curves[:half]))
    steps = next(iter(fields.values())).steps
    first, last = float(steps[1] - steps[0]), float(steps[len(steps) // 2] - steps[0])
    crossings = np.concatenate(parts)
    table = analysis.crossing_distribution(crossings, first, max(last, 1.5 * first))
    exponent = analysis.crossing_exponent(crossings, first, max(last, 1.5 * first)).exponent
    findings.add(
        "9D", table[table["count"] > 0], first=first, last=last, snapshots=len(steps),
        exponent=f"exponent {-exponent:.2f}" if np.isfinite(exponent) else "no exponent",
        never=float(np.isnan(crossings).mean()), at_once=np.mean(crossings < first),
    )  # fmt: skip
