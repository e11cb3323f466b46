"""Figures 9c and 13: spatial autocorrelations of the jump and its predictors, with decay lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.products import PredictedSample
from lammps_glass.studies.igd.samples import ALL, JUMP
from lammps_glass.studies.paper import PaperFindings

#: Range and bin width of autocorrelations (angstrom).
R_MAX, BIN = 12.0, 0.2
#: The value at a peak of g(r) is the mean of the bins within this distance (angstrom).
NEAR = 0.3
#: Smallest number of pairs in a bin; with 30 the first bin, closer than particles usually come, is noise.
FEWEST_PAIRS = 300
PANELS = {"vMSD": "13a", "G": "13c", "S2": "13d"}


def range_figures(findings: PaperFindings, samples: Sequence[PredictedSample], names: Sequence[str]) -> None:
    """Draw figures 9c, 13a, 13c and 13d: autocorrelations, and decay lengths from the peaks of g(r)."""
    columns = {"largest jump": JUMP} | {"IGD" if name == ALL else name: name for name in names}
    tables = {name: _autocorrelations(samples, column) for name, column in columns.items()}
    peaks = analysis.pair_distances(tables["IGD"])
    decays = {name: analysis.decay_by_replica(table, peaks, NEAR, R_MAX) for name, table in tables.items()}
    curves = {name: decay_curve(name, tables[name], decay, findings.seed) for name, decay in decays.items()}
    for name, decay in decays.items():
        prefix = {"IGD": ALL}.get(name, name.replace(" ", "_"))
        findings.score({f"{prefix}.decay_length": decay.length})
        counts = {"samples_fitted": float(decay.n_fitted), "samples": float(decay.n_replicas)}
        findings.score({"least": decay.least, "largest": decay.largest, **counts}, f"{prefix}.decay_length")
    facts = {"fewest": FEWEST_PAIRS, "near": NEAR, "n_peaks": len(peaks), "peaks": ", ".join(f"{p:.1f}" for p in peaks)}
    panels = {"9c": ["largest jump", "IGD"]} | {PANELS[name]: [name] for name in PANELS if name in curves}
    for identity, shown in panels.items():
        lengths = ", ".join(decay_text(name, decays[name]) for name in shown)
        findings.add(identity, pd.concat([curves[name] for name in shown]), lengths=lengths, **facts)


def _autocorrelations(samples: Sequence[PredictedSample], column: str) -> pd.DataFrame:
    """Compute the autocorrelation of each sample, without bins of few pairs (closer than particles usually come)."""
    tables = [
        analysis.spatial_autocorrelation(s.snapshot, s.values(column), R_MAX, BIN).assign(replica=s.replica)
        for s in samples
    ]
    return pd.concat(tables, ignore_index=True).query("pairs >= @FEWEST_PAIRS")


def decay_curve(name: str, table: pd.DataFrame, decay: analysis.ReplicaDecay, seed: int) -> pd.DataFrame:
    """Return a curve, the points that are fitted, and their exponential if there is one."""
    mean = analysis.mean_over_replicas(table, "r", "normalized", seed=seed)
    points = decay.points.rename(columns={"correlation": "normalized"})
    parts = [mean.assign(of=name), points.assign(of=f"{name} (points)")]
    if decay.fit is not None and np.isfinite(decay.length):
        values = decay.fit.amplitude * np.exp(-points["r"] / decay.length)
        parts.append(pd.DataFrame({"r": points["r"], "normalized": values, "of": f"{name} (fit)"}))
    return pd.concat(parts, ignore_index=True)


def decay_text(name: str, decay: analysis.ReplicaDecay) -> str:
    """Describe the decay length of a predictor, with the least and largest of single samples."""
    counts = f"{decay.n_fitted} of {decay.n_replicas} samples"
    if not np.isfinite(decay.length):
        return f"{name}: no exponential ({counts})"
    spread = f" ({decay.least:.1f} to {decay.largest:.1f}, {counts})" if decay.n_fitted else ""
    return f"{name} {decay.length:.1f} angstrom{spread}"
