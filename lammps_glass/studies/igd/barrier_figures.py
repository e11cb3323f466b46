"""Figures 2a-2e and 13b: activation barriers, and the correlation in space of the predictor that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.activation import ACCEPTED, VERDICTS
from lammps_glass.operations.case import Case, NoParameters
from lammps_glass.operations.operation import operation
from lammps_glass.products import Findings, Record
from lammps_glass.simulate import BarrierRecord
from lammps_glass.simulate.work import particles_read
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.products import BarrierFold
from lammps_glass.studies.igd.ranges import BIN, FEWEST_PAIRS, NEAR, R_MAX, decay_curve, decay_text
from lammps_glass.studies.paper import PaperFindings

#: Thickness of the slice of 2d, and standard deviation of the Gaussian that smooths it (angstrom).
THICKNESS, WIDTH = 5.0, 2.0
#: Bin of a distribution of barriers (eV).
BIN_OF_ENERGY = 0.25
#: Bin of the autocorrelation of few particles (angstrom), and fewest pairs in it.
WIDE_BIN, FEW_PAIRS = 0.5, 50


@operation(work=particles_read("samples"), rates={"cases": 3.0, "particles": 1e-4})
def barrier_figures(
    case: Case[NoParameters],
    samples: Sequence[Record],
    searches: Sequence[BarrierRecord],
    predictions: Sequence[BarrierFold],
) -> Findings:
    """Draw the distributions of the barriers, a slice of the lowest, two atoms, and the range of their predictor."""
    table = pd.concat([record.searches.assign(replica=record.replica) for record in searches], ignore_index=True)
    table = table.sort_values(["replica", "particle", "trial"], ignore_index=True)
    accepted = table[table["status"].isin(ACCEPTED)].reset_index(drop=True)
    snapshots = {sample.replica: sample.final for sample in samples}
    with PAPER.findings(case) as findings:
        _verdicts(findings, table, accepted)
        _distributions(findings, accepted)
        _slice(findings, snapshots, accepted)
        _two_particles(findings, accepted)
        _correlation(findings, snapshots, predictions)
    return findings


def _verdicts(findings: PaperFindings, table: pd.DataFrame, accepted: pd.DataFrame) -> None:
    """Score how the searches ended."""
    fractions = table["status"].value_counts(normalize=True)
    findings.score({f"fraction_{verdict}": float(fractions.get(verdict, 0.0)) for verdict in VERDICTS}, "searches")
    calls = [name for name in map(str, table.columns) if name.startswith("calls_")]
    soft = float(accepted["soft"].mean()) if len(accepted) else float("nan")
    findings.score(
        {
            "number": float(len(table)),
            "barriers": float(len(accepted)),
            "calls_per_barrier": float(table[calls].to_numpy().sum() / max(len(accepted), 1)),
            "fraction_soft": soft,
        },
        "searches",
    )


def _distributions(findings: PaperFindings, accepted: pd.DataFrame) -> None:
    """Draw 2a-2c: all particles, then those of each species."""
    species = sorted(accepted["species"].unique())
    groups = {"2a": ("all", accepted["barrier"])} | {
        identity: (name, accepted.loc[accepted["species"] == name, "barrier"])
        for identity, name in zip(("2b", "2c"), species)
    }
    edges = np.arange(0.0, float(accepted["barrier"].max()) + BIN_OF_ENERGY, BIN_OF_ENERGY)
    counts = accepted.groupby(["replica", "particle"]).size()
    totals = {"barriers": len(accepted), "particles": len(counts), "samples": accepted["replica"].nunique()}
    for identity, (name, values) in groups.items():
        bins = analysis.histogram(values.to_numpy(), edges)[["x", "density"]].rename(columns={"x": "barrier"})
        mean, (low, middle, high) = values.mean(), np.quantile(values, [0.1, 0.5, 0.9])
        findings.score({"mean": float(mean), "median": float(middle)}, f"barriers.{name}")
        values_of = {"name": name, "mean": mean, "low": low, "middle": middle, "high": high}
        findings.add(identity, bins.assign(particles=name), **values_of, **totals)


def _slice(findings: PaperFindings, snapshots: Mapping[str, Snapshot], accepted: pd.DataFrame) -> None:
    """Draw 2d: the lowest barrier of each particle, in a slice of the last sample."""
    replica = max(accepted["replica"].unique(), key=int)
    lowest = accepted[accepted["replica"] == replica].groupby("particle")["barrier"].min()
    snapshot = snapshots[replica]
    part = of_particles(snapshot, lowest.index.to_numpy())
    everyone = np.ones(len(part), dtype=bool)
    centre = analysis.richest_slice(part, everyone, THICKNESS)
    points = analysis.slice_map(part, lowest.to_numpy(), everyone, THICKNESS, centre=centre, width=WIDTH)
    layers = np.where(points["size"].isna(), "field", "searched")
    findings.add(
        "2d", points.assign(layer=layers)[["x", "y", "value", "layer"]], replica=replica, thickness=THICKNESS,
        centre=centre, width=WIDTH, least=lowest.min(), largest=lowest.max(), mean=lowest.mean(),
        searched_around=len(part), particles=len(snapshot),
    )  # fmt: skip


def _two_particles(findings: PaperFindings, accepted: pd.DataFrame) -> None:
    """Draw 2e: the barriers of the particle of each species that has most, and of those the widest list."""
    parts, texts = [], []
    for species, group in accepted.groupby("species"):
        lists = group.groupby(["replica", "particle"])["barrier"].agg(["size", np.ptp])
        replica, particle = lists.sort_values(["size", "ptp"]).index[-1]
        values = np.sort(group.loc[(group["replica"] == replica) & (group["particle"] == particle), "barrier"])
        name = f"{species} {particle} of replica {replica}"
        parts.append(pd.DataFrame({"number": np.arange(1, len(values) + 1), "barrier": values, "particle": name}))
        texts.append(f"{name}: {values[0]:.2f} to {values[-1]:.2f} eV")
    findings.add("2e", pd.concat(parts), ranges="; ".join(texts))


def _correlation(
    findings: PaperFindings, snapshots: Mapping[str, Snapshot], predictions: Sequence[BarrierFold]
) -> None:
    """Draw 13b on the particles that have barriers."""
    tables, peaks, n_particles = [], None, 0
    for fold in predictions:
        table = fold.predictions.read()
        if table.empty:
            continue
        replica = str(table["replica"].iloc[0])
        snapshot = snapshots[replica]
        values = np.full(len(snapshot), np.nan)
        values[np.searchsorted(snapshot.ids, table["particle"])] = table["barriers"]
        n_particles += len(table)
        tables.append(analysis.spatial_autocorrelation(snapshot, values, R_MAX, WIDE_BIN).assign(replica=replica))
        if peaks is None:  # of g(r) of all particles, as in the other panels
            peaks = analysis.pair_distances(analysis.spatial_autocorrelation(snapshot, snapshot.types, R_MAX, BIN))
    joined = pd.concat(tables, ignore_index=True)
    enough = min(FEW_PAIRS, float(joined.loc[joined["r"] > 0, "pairs"].max()))
    joined = joined[(joined["pairs"] >= enough) | (joined["r"] == 0)]
    decay = analysis.decay_by_replica(joined, peaks or [], max(NEAR, WIDE_BIN / 2), R_MAX)
    findings.score({"barriers.decay_length": decay.length})
    findings.add(
        "13b", decay_curve("barriers", joined, decay, findings.seed), length=decay_text("barriers", decay),
        particles=n_particles, bin=WIDE_BIN, enough=enough, usual=FEWEST_PAIRS,
    )  # fmt: skip


def of_particles(snapshot: Snapshot, ids: np.ndarray) -> Snapshot:
    """Return the snapshot of some of its particles."""
    rows = np.searchsorted(snapshot.ids, ids)
    return Snapshot(
        snapshot.cell, snapshot.positions[rows], snapshot.types[rows], snapshot.species, ids=snapshot.ids[rows],
        step=snapshot.step, units=snapshot.units,
    )  # fmt: skip
