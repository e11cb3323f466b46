"""Figures 8a, 8b, 9a and 11a: one left-out sample in space: jumps, predictions and the indicator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, PredictedSample, Predictions, Record, join_samples
from lammps_glass.simulate.work import particles_read
from lammps_glass.snapshots.cell import Floats
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.samples import ALL, JUMP, shown_sample
from lammps_glass.studies.paper import PaperFindings

#: Thickness of the slices, and standard deviation of the Gaussian that smooths a field in one (angstrom).
THICKNESS, WIDTH = 3.5, 1.5


@operation(work=particles_read("samples"), rates={"cases": 1.0, "particles": 1e-5})
def space_figures(case: Case[NoParameters], samples: Sequence[Record], predictions: Sequence[Predictions]) -> Findings:
    """Draw the last sample with a rearrangement, predicted by the machine that left it out."""
    sample = shown_sample(join_samples(samples, predictions))
    positions = pd.DataFrame(sample.snapshot.cell.wrap(sample.snapshot.positions), columns=["x", "y", "z"])
    positions = positions.assign(particle=sample.snapshot.ids)
    rearranged, predicted = sample.values("label") == 1, sample.values(ALL) > 0
    with PAPER.findings(case) as findings:
        _events(findings, sample.replica, positions, rearranged, predicted)
        _indicator(findings, sample, positions)
        _slices(findings, sample, rearranged, predicted)
    return findings


def _events(
    findings: PaperFindings, replica: str, positions: pd.DataFrame, rearranged: np.ndarray, predicted: np.ndarray
) -> None:
    names = ["rearranged, predicted", "rearranged, missed", "predicted only"]
    table = positions.assign(particles=np.select([rearranged & predicted, rearranged, predicted], names, ""))
    findings.add(
        "8a", table[table["particles"] != ""].sort_values("particles", ascending=False), replica=replica,
        accuracy=(rearranged == predicted).mean(), rearranged=int(rearranged.sum()), predicted=predicted.mean(),
        caught=(rearranged & predicted).sum() / max(rearranged.sum(), 1),
    )  # fmt: skip


def _indicator(findings: PaperFindings, sample: PredictedSample, positions: pd.DataFrame) -> None:
    """Draw figure 9a, without the octant nearest to the viewer, so that the inside is visible."""
    scaled = sample.snapshot.cell.fractional(sample.snapshot.positions) % 1.0
    corner = (scaled[:, 0] > 0.5) & (scaled[:, 1] < 0.5) & (scaled[:, 2] > 0.5)
    igd = sample.values(ALL)
    ends = {"least": igd.min(), "largest": igd.max(), "mean": igd.mean()}
    findings.add("9a", positions.assign(igd=igd)[~corner], replica=sample.replica, **ends)


def _slices(findings: PaperFindings, sample: PredictedSample, rearranged: np.ndarray, predicted: np.ndarray) -> None:
    """Draw figures 8b and 11a: jump and predictions, IGD and rearrangements, in one slice."""
    igd, jump = sample.values(ALL), sample.values(JUMP)
    centre = analysis.richest_slice(sample.snapshot, rearranged, THICKNESS)
    facts = {"replica": sample.replica, "thickness": THICKNESS, "centre": centre, "width": WIDTH}
    note = PAPER.text("slice", **facts)

    def table(field: Floats, ringed: np.ndarray, name: str) -> pd.DataFrame:
        """Tabulate a smoothed field in the slice, with some particles as rings."""
        points = analysis.slice_map(sample.snapshot, field, ringed, THICKNESS, sizes=jump, centre=centre, width=WIDTH)
        layers = np.where(points["size"].isna(), "field", name)
        return points.rename(columns={"size": "jump"}).assign(layer=layers)[["x", "y", "value", "layer", "jump"]]

    ratio = np.median(jump[predicted]) / max(np.median(jump[~predicted]), 1e-12) if predicted.any() else np.nan
    logarithms = table(np.log10(jump.clip(1e-8)), predicted, "predicted to rearrange")
    findings.add("8b", logarithms, ratio=ratio, slice=note)
    means = f"no sample has a rearrangement; mean IGD {igd.mean():.2f}"
    if rearranged.any():
        others = igd[~rearranged].mean()
        means = (
            f"mean IGD {igd[rearranged].mean():.2f} of the {rearranged.sum()} rearranged, {others:.2f} of the others"
        )
    findings.add("11a", table(igd, rearranged, "rearranged (area: jump)"), means=means, slice=note)
