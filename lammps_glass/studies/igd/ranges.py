"""Figures 9c and 13: over what distance the jump and its predictors are alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.igd.predictions import Sample

#: Autocorrelations (angstrom): range and width of a bin.
R_MAX, BIN = 12.0, 0.2
#: Peaks of g(r), to which decays are fitted: of g(r) smoothed over these bins, at least so far apart and so prominent.
SMOOTH, APART, PROMINENT = 3, 1.6, 0.03
#: The value at a peak is the mean of the bins within this of it.
NEAR = 0.3
#: Of a bin: at 30 the first one, closer than particles usually come, reads any value.
FEWEST_PAIRS = 300
PANELS = {"vMSD": "13a", "G": "13c", "S2": "13d"}


def range_figures(findings: Findings, found: list[Sample], names: list[str], seed: int) -> None:
    """Figures 9c and 13a-13d: autocorrelations, and decay lengths from the peaks of g(r)."""
    columns = {"largest jump": "largest_jump", "IGD": "igd"} | {name: name for name in names if name != "igd"}
    known = {name: _autocorrelations(found, column) for name, column in columns.items()}
    means = {n: analysis.mean_over_replicas(table, "r", "normalized", seed=seed) for n, table in known.items()}
    peaks = _peaks(known["IGD"])
    lengths = {name: _decay(table, peaks) for name, table in known.items()}
    curves = {name: _drawn(name, mean, known[name], peaks) for name, mean in means.items()}
    for name, decay in lengths.items():
        prefix = "igd" if name == "IGD" else name.replace(" ", "_")
        findings.score({f"{prefix}.{key}": value for key, value in decay.items()})
    note = (
        f"C(r) by sample, bins of {FEWEST_PAIRS} pairs and more, band over samples; decay fitted to the means within "
        f"{NEAR:g} angstrom of the {len(peaks)} peaks of this g(r), {', '.join(f'{p:.1f}' for p in peaks)} angstrom, "
        "without the self point r = 0 (symbols; dashed: the exponential). The length is of the pairs of all samples; "
        "in brackets the least and largest of the samples that an exponential fits, and how many those are. Values "
        "below the axis are not drawn, negative ones among them."
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


def _autocorrelations(found: list[Sample], column: str) -> pd.DataFrame:
    """Of each sample; a bin of a few pairs, closer than particles usually come, says nothing and is left out."""
    tables = [
        analysis.spatial_autocorrelation(s.snapshot, s.values(column), R_MAX, BIN).assign(replica=s.replica)
        for s in found
    ]
    return pd.concat(tables, ignore_index=True).query("pairs >= @FEWEST_PAIRS")


def _peaks(known: pd.DataFrame) -> list[float]:
    """Where g(r) of the samples has its peaks, from the pairs in the bins: a split peak counts once, at its higher."""
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    pairs = known[known["r"] > 0].groupby("r")["pairs"].sum()
    r = pairs.index.to_numpy(dtype=float)
    g = pairs.to_numpy(dtype=float) / r**2
    g = uniform_filter1d(g / g[r > R_MAX / 2].mean(), SMOOTH)
    at, _ = find_peaks(g, distance=round(APART / BIN), prominence=PROMINENT)
    return [float(place) for place in r[at]]


def _lengths(lengths: dict[str, dict[str, float]], names: Iterable[str]) -> str:
    said = []
    for name in names:
        length, least, largest, fitted, n = lengths[name].values()
        spread = f" ({least:.1f} to {largest:.1f}, {fitted:g} of {n:g} samples)" if fitted else ""
        said.append(
            f"{name} {length:.1f} angstrom{spread}"
            if np.isfinite(length)
            else f"{name}: no exponential ({fitted:g} of {n:g} samples)"
        )
    return "decay length: " + ", ".join(said)


def _decay(known: pd.DataFrame, peaks: list[float]) -> dict[str, float]:
    """Decay length of all samples, the least and largest of single ones, and how many of them decay at all."""
    alone = [_fit(_points(own, peaks)) for _, own in known.groupby("replica")]
    finite = [fit.length for fit in alone if fit is not None and np.isfinite(fit.length)]
    whole = _fit(_points(known, peaks))
    return {
        "decay_length": whole.length if whole is not None else np.nan,
        "decay_length.least": min(finite, default=np.nan),
        "decay_length.largest": max(finite, default=np.nan),
        "decay_length.samples_fitted": float(len(finite)),
        "decay_length.samples": float(len(alone)),
    }


def _points(known: pd.DataFrame, peaks: list[float]) -> pd.DataFrame:
    """The correlation at the peaks of g(r), each the mean of its bins by their pairs."""
    near = []
    for peak in peaks:
        bins = known[(known["r"] - peak).abs() <= NEAR]
        near.append(analysis.weighted_mean(bins["normalized"], bins["pairs"]))
    return pd.DataFrame({"r": peaks, "correlation": near}).dropna()


def _fit(points: pd.DataFrame) -> analysis.DecayFit | None:
    """The exponential through the points; None of fewer than three, not finite where none decays so."""
    return analysis.decay_length(points, 0.1, R_MAX, include_self=False) if len(points) > 2 else None


def _drawn(name: str, mean: pd.DataFrame, known: pd.DataFrame, peaks: list[float]) -> pd.DataFrame:
    """A curve, the points that are fitted, and their exponential if there is one."""
    points = _points(known, peaks)
    parts = [mean.assign(of=name), points.rename(columns={"correlation": "normalized"}).assign(of=f"{name} (points)")]
    fit = _fit(points)
    if fit is not None and np.isfinite(fit.length):
        values = fit.amplitude * np.exp(-points["r"] / fit.length)
        parts.append(pd.DataFrame({"r": points["r"], "normalized": values, "of": f"{name} (fit)"}))
    return pd.concat(parts, ignore_index=True)
