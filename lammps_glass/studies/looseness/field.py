"""Figures 8A, 8B, 9A-9D: fluctuation, range and memory of the looseness field."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import tee

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.common import of_species
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.looseness.settings import first_step, species
from lammps_glass.tables import iter_table

R_MAX, BIN_WIDTH = 5.0, 0.1
#: Range of the fit of the decay length (8B), from the first shell to the second; closer pairs are too few to fit.
FIT_RANGE = (1.0, 2.5)
N_EXAMPLES = 5


def with_looseness(case: Case, product: Product) -> Iterator[tuple[Snapshot, np.ndarray]]:
    """Snapshots of one replica after the load, with the looseness of each particle (NaN for other species)."""
    from lammps_glass.simulate import Record

    relaxed = next(p for p in case.inputs("relax") if p.replica == product.replica)
    groups = iter_table(product.path / "predictions.parquet", ["step", "particle", "looseness"])
    for snapshot, rows in zip(Record(relaxed.path).frames(), groups, strict=True):
        if snapshot.step < max(first_step(case), 1):
            continue
        values = np.full(len(snapshot), np.nan)
        values[np.searchsorted(snapshot.ids, rows["particle"].to_numpy())] = rows["looseness"].to_numpy()
        yield snapshot, values


def field_figures(case: Case) -> None:
    """Stream every replica, one snapshot at a time, and write figures 8A to 9D."""
    fluctuations, correlations, fields = [], [], {}
    for product in case.inputs("predict"):
        found = fields_of(case, product)
        fluctuations.append(found[0].assign(replica=product.replica))
        correlations.append(found[1].assign(replica=product.replica))
        fields[product.replica] = found[2]
    with Findings(case.directory) as findings:
        _fluctuation(findings, pd.concat(fluctuations, ignore_index=True), case.seed)
        _range(findings, pd.concat(correlations, ignore_index=True), case.seed)
        _memory(findings, fields, case.seed)
        _crossings(findings, fields)


def fields_of(case: Case, product: Product) -> tuple[pd.DataFrame, pd.DataFrame, analysis.Fields]:
    """Fluctuation by population, spatial autocorrelation and voxel field of one replica."""
    first, _ = next(with_looseness(case, product))
    number = analysis.voxel_number(len(of_species(first, species(case))))
    # Boxes of the cube cut once along one or two edges fill the gap between the whole system and its eighth.
    numbers = [1, (1, 1, 2), (1, 2, 2), *range(2, max(number, 2) + 1)]

    def stream() -> tuple[Iterator[Snapshot], Iterator[np.ndarray]]:
        """Snapshots and values from one pass over the files: they are consumed together, so `tee` holds one pair."""
        one, other = tee(with_looseness(case, product))
        return (snapshot for snapshot, _ in one), (values for _, values in other)

    return (
        analysis.fluctuation_by_population(*stream(), numbers),
        analysis.spatial_autocorrelation(*stream(), r_max=R_MAX, bin_width=BIN_WIDTH),
        analysis.voxel_fields(*stream(), number),
    )


def _slope(table: pd.DataFrame) -> float:
    """Exponent of the corrected deviation of voxel means for N >= 100 (see `_fluctuation`)."""
    mean = table.groupby("population", as_index=False)[["corrected"]].mean()
    large = mean[(mean["population"] >= 100) & (mean["corrected"] > 0)]
    return float(analysis.power_law_slope(large["population"], large["corrected"]).exponent)


def _fluctuation(findings: Findings, table: pd.DataFrame, seed: int) -> None:
    """Figure 8A. Means of n of N values about the mean of all N deviate by sqrt(1 - n / N) less: that is taken out."""
    system = table["population"].max()
    table = table.assign(
        corrected=table["mean_deviation"] / np.sqrt((1 - table["population"] / system).clip(lower=1e-12))
    )
    table = table[table["population"] < system]
    by_replica = {str(name): part for name, part in table.groupby("replica")}
    low, high = analysis.bootstrap(by_replica, lambda drawn: _slope(pd.concat(drawn)), seed=seed)
    exponent, points = _slope(table), int((table.groupby("population").size().index >= 100).sum())
    forms = {
        "corrected": "voxel means, finite size taken out",
        "mean_deviation": "voxel means",
        "particle_rms": "particles (as printed)",
    }
    mean = table.groupby("population", as_index=False)[list(forms)].mean()
    curves = [mean[["population"]].assign(form=form, value=mean[name]) for name, form in forms.items()]
    said = (
        f"N^{exponent:.2f} ({low:.2f} to {high:.2f}) for N >= 100"
        if np.isfinite(exponent)
        else "too few sizes, N >= 100"
    )
    findings.figure(
        "8A",
        pd.concat(curves, ignore_index=True),
        said,
        f"Fitted to {points} sizes. Equation 4 as printed is constant for large N and does not vanish for the system; "
        "the paper's figure is the deviation of voxel means. Means about the mean of a finite system of N0 particles "
        "deviate by sqrt(1 - N / N0) less, which is taken out before the fit.",
    )
    if np.isfinite(exponent):
        findings.score({"looseness.fluctuation_exponent": exponent})


def _range(findings: Findings, table: pd.DataFrame, seed: int) -> None:
    pooled = analysis.weighted_mean_of_tables([table[table["pairs"] > 0]], "r", "correlation", "pairs")
    mean = analysis.mean_over_replicas(table, "r", "normalized", seed=seed)
    counted = pooled.merge(mean.drop(columns="normalized"), on="r")
    counted["normalized"] = counted["correlation"] / counted["correlation"].iloc[0]
    with_self = analysis.decay_length(counted, *FIT_RANGE, True)
    without = analysis.decay_length(counted, *FIT_RANGE, False)
    findings.score({"looseness.decay_length": with_self.length, "looseness.decay_length_without_self": without.length})
    findings.figure(
        "8B",
        counted,
        f"decay length {with_self.length:.2f} with the self point, {without.length:.2f} without",
        f"Exponential fitted to r = {FIT_RANGE[0]} to {FIT_RANGE[1]}. "
        "No pair lies below about 0.9 sigma: a length as short as the printed one rests on the self point r = 0.",
    )


def _memory(findings: Findings, fields: dict[str, analysis.Fields], seed: int) -> None:
    tables = [analysis.field_autocorrelation(f.steps, f.values).assign(replica=name) for name, f in fields.items()]
    mean = analysis.mean_over_replicas(pd.concat(tables, ignore_index=True), "time", "normalized", seed=seed)
    first = next(iter(fields.values()))
    number = round(first.values.shape[1] ** (1 / 3))
    note = (
        f"{number}^3 voxels of the normalised cube, {first.mean_population:.1f} labelled particles each "
        f"({first.empty_fraction:.0%} empty, left out); each time's own mean subtracted."
    )
    drop = mean["normalized"].iloc[1] if len(mean) > 1 else float("nan")
    findings.figure(
        "9A", mean, f"falls to {drop:.2f} at the first interval, {mean['normalized'].iloc[-1]:.2f} at last", note
    )
    findings.size(voxels_along_an_edge=number, particles_a_voxel=round(first.mean_population, 3))
    deviation = first.values - np.nanmean(first.values, axis=1, keepdims=True)
    busiest = np.argsort(-np.nanstd(np.where(np.isnan(deviation), 0, deviation), axis=0))[:N_EXAMPLES]
    voxel = pd.DataFrame({"step": first.steps, "looseness": first.values[:, busiest[0]]})
    jumps = voxel["looseness"].diff().abs()
    said = f"largest change between snapshots {jumps.max():.3f}, median {jumps.median():.3f}"
    findings.figure("9B", voxel, said, "The voxel that varies most, first replica.")
    times, curves = analysis.voxel_autocorrelations(first.steps, first.values)
    rows = [(time, f"voxel {v}", curves[i, v]) for v in busiest for i, time in enumerate(times)]
    single = pd.DataFrame(rows, columns=["time", "voxel", "correlation"]).dropna()
    ends = single[single["time"] == single["time"].max()]["correlation"]
    said = f"at the longest interval from {ends.min():.4f} to {ends.max():.4f}"
    findings.figure("9C", single, said, "The five voxels that vary most, first replica.")


def _crossings(findings: Findings, fields: dict[str, analysis.Fields]) -> None:
    """Figure 9D, from lags up to half the run: longer ones rest on too few origins."""
    found = []
    for field in fields.values():
        times, curves = analysis.voxel_autocorrelations(field.steps, field.values)
        half = len(times) // 2 + 1
        found.append(analysis.first_zero_crossings(times[:half], curves[:half]))
    steps = next(iter(fields.values())).steps
    first, last = float(steps[1] - steps[0]), float(steps[len(steps) // 2] - steps[0])
    crossings = np.concatenate(found)
    table = analysis.crossing_distribution(crossings, first, max(last, 1.5 * first))
    fit = analysis.crossing_exponent(crossings, first, max(last, 1.5 * first))
    never = float(np.isnan(crossings).mean())
    exponent = f"exponent {-fit.exponent:.2f}" if np.isfinite(fit.exponent) else "no exponent"
    findings.figure(
        "9D",
        table[table["count"] > 0],
        f"{exponent} between {first:.0f} and {last:.0f} steps",
        f"First zero crossings of single voxels, all replicas, up to half of a run of {len(steps)} snapshots; "
        f"{never:.0%} of the voxels do not cross by then, {np.mean(crossings < first):.0%} within the first interval.",
    )
