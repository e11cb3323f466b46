"""Figures 1 to 7: their tables, our findings in words, and the scores of every glass and drive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass.analysis import median_relaxation_time
from lammps_glass.descriptors import ACE
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.json_types import JsonObject
from lammps_glass.labels import CLASS
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.product import with_conditions
from lammps_glass.products import ActivityMap, Findings, Labels, Relaxation, Rows, pooled
from lammps_glass.simulate.work import one_case
from lammps_glass.studies.ace.learning import (
    BASELINE_NAME,
    BY_GLASS,
    FIXED,
    RANDOM,
    BodyOrderCurves,
    Selection,
    expansion_of,
)
from lammps_glass.studies.ace.paper import NUMBERS, PAPER, figures_of
from lammps_glass.studies.paper import PaperFindings

#: Counts of the strain-step label that are summed over replicas.
COUNTS = ("steps", "plastic_steps", "avalanches", "windows", "windows_still", "windows_crowded")


@operation(work=one_case, rates={"cases": 5.0})
def ace_figures(
    case: Case[NoParameters],
    labels: Sequence[Labels],
    rows: Sequence[Rows],
    orders: Sequence[BodyOrderCurves],
    selections: Sequence[Selection],
    maps: Sequence[ActivityMap],
    relaxations: Sequence[Relaxation] = (),
) -> Findings:
    """Make the figures of the paper for every glass and drive that ran."""
    accuracies = []
    with PAPER.findings(case) as findings:
        radial_functions(findings)
        for selection in selections:
            glass, drive = (str(selection.conditions[name]) for name in ("glass", "drive"))
            of_case = {"glass": glass, "drive": drive}
            note = preparation(with_conditions(labels, **of_case), with_conditions(relaxations, **of_case))
            if note.faults:
                findings.warn(f"{glass}, {drive}", f"not equilibrated: {'; '.join(note.faults)}")
            described = with_conditions(rows, **selection.conditions)
            expansion, scores = expansion_of(described[0]), selection.scores
            (slice_map,) = with_conditions(maps, **of_case)
            specs = figures_of(glass, drive, expansion.blocks[0].species, borders_of(expansion))
            figures = dict(zip(NUMBERS, specs, strict=True))
            one = GlassAndDrive(findings, scores, with_conditions(orders, **of_case), note.text, figures)
            findings.score({**scores, **note.scores}, f"{glass}.{drive}")
            one.body_order(expansion)
            one.bases(selection.bases.read())
            one.learning_curve(selection.learning.read())
            scores_of_figures = {**one.slice_map(slice_map), **one.first_feature(described, expansion), **one.pearson()}
            findings.score(scores_of_figures, f"{glass}.{drive}")
            sizes = {"rows": int(scores["n_rows"]), "glasses": len(with_conditions(labels, **of_case))}
            findings.size(**{f"{glass}_{drive}_{name}": size for name, size in sizes.items()})
            accuracies.append(scores["accuracy"])
        findings.score({"accuracy": float(np.mean(accuracies))})
        findings.size(cases=len(accuracies))
    return findings


def radial_functions(findings: PaperFindings) -> None:
    """Add figure 1."""
    from lammps_glass.descriptors.ace.radial import make_transform, radial_functions

    r = np.linspace(0.0, 4.0, 201)
    values = radial_functions(r, 6, make_transform("ace1", 4.0))
    table = pd.concat([pd.DataFrame({"r": r, "value": v, "n": n}) for n, v in enumerate(values, start=1)])
    slope = np.abs(np.gradient(values[0], r))
    findings.add("1", table, steepest=r[np.argmax(slope)])


class GlassAndDrive(NamedTuple):
    """Figures 2 to 7 of one glass under one drive: each method adds a figure; some return its scores.

    Attributes
    ----------
    findings
        Product that the figures are added to.
    scores
        Scores of the selection, at one cutoff.
    orders
        Curves at every cutoff.
    preparation
        Preparation and drive of the glass, in words.
    figures
        Specifications by number.
    """

    findings: PaperFindings
    scores: Mapping[str, float]
    orders: Sequence[BodyOrderCurves]
    preparation: str
    figures: Mapping[str, FigureSpec]

    def add(self, number: str, *tables: pd.DataFrame, **values: object) -> None:
        """Add the figure of a number; `values` are those of its texts."""
        values |= {"preparation": self.preparation, "scores": self.scores, "r_cut": self.scores["r_cut"]}
        self.findings.add(number, pd.concat(tables, ignore_index=True), self.figures[number], **values)

    def slice_map(self, shown: ActivityMap) -> dict[str, float]:
        """Add figure 2."""
        about = shown.table.metadata
        self.add("2", shown.table.read(), about=about, replica=shown.replica)
        return {"d2min_share_of_top": about["share"]}

    def body_order(self, expansion: ACE) -> None:
        """Add figure 3."""
        scores, first = self.scores, expansion.blocks[0].species
        curves = pd.concat([_at_cutoff(order, order.accuracy.read()) for order in self.orders], ignore_index=True)
        beside = {RANDOM: ", random rows (leaks)", FIXED: ", C = 1"}
        for rows, name in beside.items():
            curves.loc[curves["rows"] == rows, "curve"] += name
        curves = curves[~curves["rows"].isin(list(beside)) | (curves["r_cut"] == scores["r_cut"])]
        flat = self.baseline(curves, "accuracy").assign(curve=BASELINE_NAME, rows=BY_GLASS)
        like = f"{scores['like_pairs']:.1%} with {first}-{first}, " if "like_pairs" in scores else ""
        self.add("3", curves, flat, like=like, flat=flat["accuracy"].iloc[0])

    def baseline(self, curves: pd.DataFrame, score: str) -> pd.DataFrame:
        """Return the score of density and coordination as a flat line over the numbers of features of `curves`."""
        ends = curves["n_features"].agg(["min", "max"]).to_numpy()
        return pd.DataFrame({"n_features": ends, score: self.scores[f"baseline.density_coordination.{score}"]})

    def first_feature(self, rows: Sequence[Rows], expansion: ACE) -> dict[str, float]:
        """Add figure 4."""
        label, first = rows[0].label_column(quantity=CLASS).name, expansion.feature_names[0]
        table = pooled(rows, [label, first])
        edges = np.histogram_bin_edges(table[first], bins=int(np.clip(np.sqrt(len(table)), 6, 25)))
        parts = []
        for number, name in ((1, "active"), (0, "inactive")):
            density, _ = np.histogram(table.loc[table[label] == number, first], edges, density=True)
            parts.append(pd.DataFrame({"x": (edges[:-1] + edges[1:]) / 2, "density": density, "class": name}))
        mean = table.groupby(label)[first].mean()
        apart = (abs(mean[1]) - abs(mean[0])) / table.groupby(label)[first].std().mean()
        self.add(
            "4", *parts, larger="active" if apart > 0 else "inactive", active=mean[1], inactive=mean[0],
            apart=abs(apart), species=expansion.blocks[0].species,
        )  # fmt: skip
        return {"first_feature_separation": float(apart)}

    def bases(self, table: pd.DataFrame) -> None:
        """Add figure 5."""
        flat = self.baseline(table, "accuracy").assign(basis=BASELINE_NAME)
        selected = table[table["basis"] == "sequential selection"].sort_values("n_features")
        best = table.groupby("basis")["accuracy"].max()
        reached = selected.loc[selected["accuracy"] >= best["sequential selection"] - 0.01, "n_features"].iloc[0]
        self.add(
            "5", table, flat, selected=", ".join(selected["feature"].head(4)), reached=int(reached),
            best=", ".join(f"{basis} {value:.1%}" for basis, value in best.items()),
        )  # fmt: skip

    def learning_curve(self, table: pd.DataFrame) -> None:
        """Add figure 6."""
        left = table[table["rows"] == "left-out glasses"].sort_values("n_rows")
        before, last = left.iloc[len(left) // 2], left.iloc[-1]
        gain = last["accuracy"] - before["accuracy"]
        verdict = "converged" if abs(gain) < 0.01 else "not converged"
        self.add("6", table, verdict=verdict, gain=gain, before=before["n_rows"], last=last["n_rows"])

    def pearson(self) -> dict[str, float]:
        """Add figure 7."""
        table = pd.concat([_at_cutoff(order, order.pearson.read()) for order in self.orders], ignore_index=True)
        best = table.sort_values("pearson").iloc[-1]
        flat = self.baseline(table, "pearson").assign(curve=BASELINE_NAME)
        largest = int(table["n_features"].max())
        self.add("7", table, flat, best=best, largest=largest, flat=flat["pearson"].iloc[0])
        # Of the most features at one cutoff: the best of all points would be chosen by test rows.
        scored = table[table["r_cut"] == self.scores["r_cut"]].sort_values("n_features")
        return {"pearson": float(scored["pearson"].iloc[-1])} if len(scored) else {}


def _at_cutoff(order: BodyOrderCurves, table: pd.DataFrame) -> pd.DataFrame:
    """Return a curve with the name of its cutoff in figures."""
    r_cut = float(order.conditions["r_cut"])
    return table.assign(curve=f"r_cut = {r_cut:g}", r_cut=r_cut)


def borders_of(expansion: ACE) -> tuple[Mark, ...]:
    """Return marks where another body order, or species among pairs, begins."""
    marks, end, blocks = [], 0, expansion.blocks
    for block, following in pairwise(blocks):
        end += len(block.features)
        pair = f"{blocks[0].species}-{following.species}"
        marks.append(Mark("x", end, f"{pair if following.species else f'{following.body_order}-body'} from here"))
    return tuple(marks)


class Preparation(NamedTuple):
    """Preparation and drive of a glass: a note for its figures, scores, and faults of its liquids."""

    text: str
    scores: Mapping[str, float]
    faults: Sequence[str]


def preparation(labels: Sequence[Labels], relaxations: Sequence[Relaxation]) -> Preparation:
    """Describe the relaxation of the liquids, or the activity in the shears; empty where neither is known."""
    if relaxations:
        return thermal_preparation(labels, relaxations)
    facts = [product.metadata for product in labels]
    return shear_preparation(facts) if set(COUNTS) <= set(facts[0]) else Preparation("", {}, [])


def thermal_preparation(labels: Sequence[Labels], relaxations: Sequence[Relaxation]) -> Preparation:
    """Describe relaxation times, liquids that may age, and the correlation of D2min with the propensity."""
    liquids, facts, first = [product.equilibration for product in relaxations], labels[0].metadata, relaxations[0]
    tau, held, run_time = median_relaxation_time(liquids), liquids[0].held, facts["steps"] * first.timestep
    faults = [f"replica {product.replica} {one.fault}" for product, one in zip(relaxations, liquids) if one.fault]
    columns = [labels[0].label_column(quantity=quantity).name for quantity in ("d2min", "propensity")]
    correlations = [np.corrcoef(product.table.read(columns).to_numpy().T)[0, 1] for product in labels]
    reached = f"tau_alpha = {tau:.3g}" if np.isfinite(tau) else "tau_alpha longer than half of the equilibration"
    text = PAPER.text(
        "thermal", first=first, reached=reached, facts=facts, run_time=run_time, held=held,
        faults=f" Not equilibrated: {'; '.join(faults)}." if faults else "",
    )  # fmt: skip
    scores = {
        "tau_alpha": tau,
        "run_over_tau": run_time / tau,
        "held_over_tau": held / tau,
        "not_equilibrated": len(faults),
        "propensity_correlation": float(np.mean(correlations)),
    }
    return Preparation(text, scores, faults)


def shear_preparation(facts: Sequence[JsonObject]) -> Preparation:
    """Describe the activity in the sheared glasses, from the counts of the label (`StrainStepActivity.details`)."""
    total = {name: sum(fact[name] for fact in facts) for name in COUNTS}
    means = {n: float(np.mean([fact[n] for fact in facts])) for n in ("active_fraction", "active_fraction_by_mean")}
    text = PAPER.text("shear", total=total, species=", ".join(facts[0]["species"]), **means)
    return Preparation(text, means | total, [])
