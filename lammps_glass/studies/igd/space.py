"""Figures 8a, 8b, 9a and 11a: one left-out sample in space: jumps, predictions and the indicator."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.igd.predictions import Sample, samples, shown

#: Of the slices (angstrom); of the Gaussian that smooths a field in one.
THICKNESS, WIDTH = 3.5, 1.5


def space_figures(case: Case) -> None:
    """Pictures of the last sample with a rearrangement; its machine saw nothing of it."""
    sample = shown(list(samples(case)))
    with Findings(case.directory) as findings:
        _events(findings, sample)
        _jumps(findings, sample)
        _indicator(findings, sample)
        _bubbles(findings, sample)


def _places(sample: Sample) -> pd.DataFrame:
    inside = sample.snapshot.cell.wrap(sample.snapshot.positions)
    return pd.DataFrame(inside, columns=["x", "y", "z"])


def _events(findings: Findings, sample: Sample) -> None:
    real, predicted = sample.values("label") == 1, sample.values("igd") > 0
    names = np.select(
        [real & predicted, real, predicted], ["rearranged, predicted", "rearranged, missed", "predicted only"], ""
    )
    shown = _places(sample).assign(particle=sample.snapshot.ids, particles=names)
    caught = (real & predicted).sum() / max(real.sum(), 1)
    accuracy = (real == predicted).mean()
    table = shown[shown["particles"] != ""].sort_values("particles", ascending=False)
    findings.figure(
        "8a", table,
        f"accuracy {accuracy:.1%}, {caught:.1%} of {int(real.sum())} rearrangements caught; "
        f"{predicted.mean():.1%} of the particles predicted",
        f"Replica {sample.replica} (angstrom), left out in training; particles that are neither are not drawn.",
    )  # fmt: skip


def _richest(sample: Sample) -> float:
    """Height of the slice with most rearrangements, so that the map has something to show."""
    centres = (np.arange(8) + 0.5) / 8
    real = sample.values("label")
    counts = [real[analysis.slice_particles(sample.snapshot, THICKNESS, c)["row"]].sum() for c in centres]
    return float(centres[int(np.argmax(counts))])


def _layer(sample: Sample, centre: float, chosen: np.ndarray, name: str) -> pd.DataFrame:
    """The chosen particles of the slice as rings."""
    found = analysis.slice_particles(sample.snapshot, THICKNESS, centre)
    rows = found["row"].to_numpy()
    rings: pd.DataFrame = found[chosen[rows]].drop(columns="row")
    return rings.assign(layer=name, jump=sample.values("largest_jump")[rows[chosen[rows]]])


def _map(sample: Sample, centre: float, values: np.ndarray, layers: list[pd.DataFrame]) -> pd.DataFrame:
    field = analysis.slice_field(sample.snapshot, values, THICKNESS, centre=centre, width=WIDTH)
    return pd.concat([field.assign(layer="field"), *layers], ignore_index=True)


def _note(sample: Sample, centre: float) -> str:
    return (
        f"Replica {sample.replica}, slice of {THICKNESS:g} angstrom at {centre:.2f} of the box (the one of eight with "
        f"most rearrangements), mean with a Gaussian of {WIDTH:g} angstrom; places along the edges of the box."
    )


def _jumps(findings: Findings, sample: Sample) -> None:
    centre, jump = _richest(sample), sample.values("largest_jump")
    predicted = sample.values("igd") > 0
    rings = _layer(sample, centre, predicted, "predicted to rearrange")
    log = np.log10(jump.clip(1e-8))
    table = _map(sample, centre, log, [rings])
    ratio = np.median(jump[predicted]) / max(np.median(jump[~predicted]), 1e-12) if predicted.any() else np.nan
    findings.figure(
        "8b", table, f"median jump of the predicted {ratio:.1f} times that of the others",
        _note(sample, centre) + " The logarithm is averaged.",
    )  # fmt: skip


def _bubbles(findings: Findings, sample: Sample) -> None:
    centre, real = _richest(sample), sample.values("label") == 1
    rings = _layer(sample, centre, real, "rearranged (area: jump)")
    igd = sample.values("igd")
    table = _map(sample, centre, igd, [rings])
    said = f"no sample has a rearrangement; mean IGD {igd.mean():.2f}"
    if real.any():
        said = f"mean IGD {igd[real].mean():.2f} of the {real.sum()} rearranged, {igd[~real].mean():.2f} of the others"
    findings.figure("11a", table, said, _note(sample, centre))


def _indicator(findings: Findings, sample: Sample) -> None:
    """Figure 9a: the octant nearest to the viewer is left out, so that the inside shows."""
    scaled = sample.snapshot.cell.fractional(sample.snapshot.positions) % 1.0
    corner = (scaled[:, 0] > 0.5) & (scaled[:, 1] < 0.5) & (scaled[:, 2] > 0.5)
    igd = sample.values("igd")
    table = _places(sample).assign(particle=sample.snapshot.ids, igd=igd)[~corner]
    findings.figure(
        "9a", table, f"IGD from {igd.min():.2f} to {igd.max():.2f}, mean {igd.mean():.2f}",
        f"Replica {sample.replica} (angstrom), left out in training; colours span the middle 96 %.",
    )  # fmt: skip
