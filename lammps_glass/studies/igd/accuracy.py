"""Figures 4, 8c, 12a and 12b: accuracy of the predicted rearrangements of left-out samples, by family of features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis, learn
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, Predictions, pooled
from lammps_glass.simulate.work import one_case
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.products import BarrierFold, Fold, Grid, PaperSplit, cells_of, choices_of, last_fold
from lammps_glass.studies.igd.samples import ALL, JUMP, predictors
from lammps_glass.studies.paper import PaperFindings

#: Scores in 12a: two that do not depend on the fraction of class 1, and that of the paper, which does.
SHOWN = ("balanced_accuracy", "accuracy", "auc")
#: Scores of the machines of particles that have barriers.
SEARCHED = (*SHOWN, "recall", "precision")
#: Intervals of the jump in 8c: edges in angstrom^2, and the fewest particles that one shows.
JUMPS, FEWEST = np.geomspace(1e-4, 3.2, 19), 5


@operation(version=2, work=one_case, rates={"cases": 3.0})
def accuracy_figures(
    case: Case[NoParameters],
    predictions: Sequence[Predictions],
    grids: Sequence[Grid],
    folds: Sequence[Fold],
    split: PaperSplit,
    barriers: Sequence[BarrierFold] = (),
) -> Findings:
    """Score by left-out sample, the paper's split and random rows; draw grid, families, probability by jump."""
    table, names = pooled(predictions), predictors(predictions[0])
    scored = learn.score_table(table, [*names, "species_only"], seed=case.seed).set_index("predictor")
    random_rows = split.random_rows.read()
    random = learn.scores(random_rows["label"], random_rows[ALL], 0.0)
    with PAPER.findings(case) as findings:
        for name, row in scored.iterrows():
            prefix = {ALL: "", "species_only": "baseline.species_only"}.get(str(name), str(name))
            findings.score(_numbers(row), prefix)
        _paper_split(findings, last_fold(folds).predictions.read(), split, names)
        findings.score(random, "random_split")
        findings.score(_numbers(split.train.read().iloc[0]), "train")
        for _, row in learn.scores_by_replica(table, value=ALL, threshold=0.0).iterrows():
            findings.score({n: row[n] for n in ("prevalence", "balanced_accuracy", "auc")}, f"sample_{row['replica']}")
        _grid(findings, grids, choices_of(folds), random["balanced_accuracy"])
        _by_jump(findings, table)
        _families(findings, scored, _searched(findings, barriers, case.seed))
    return findings


def _numbers(row: pd.Series[float]) -> dict[str, float]:
    """Return the numbers of a row of a table of scores by name."""
    return {str(name): float(value) for name, value in row.items() if isinstance(value, int | float | np.number)}


def _paper_split(findings: PaperFindings, table: pd.DataFrame, split: PaperSplit, names: Sequence[str]) -> None:
    if table["label"].nunique() < 2:  # a small last sample may have no rearrangement at all
        return
    for name in names:
        prefix = "paper_split" if name == ALL else f"paper_split.{name}"
        findings.score(learn.scores(table["label"], table[name], 0.0), prefix)
    power = learn.power_factor(table["label"], table[ALL])
    findings.score({"chi": power.chi, "p_top": power.p_top, "p_low": power.p_low}, "paper_split")
    draws = split.draws.read()
    findings.score({f"{name}.std": float(draws[name].std(ddof=0)) for name in SHOWN}, "paper_split.draws")


def _grid(findings: PaperFindings, grids: Sequence[Grid], choices: pd.DataFrame, random: float) -> None:
    """Draw figure 4: the accuracy by inner folds, mean over left-out samples; C and gamma without a search."""
    chosen = choices[choices["predictor"] == ALL]
    log2_gamma = np.log2(chosen["gamma"])
    texts = ", ".join(f"C = {c:g}, gamma = 2^{gamma:g}" for c, gamma in zip(chosen["C"], log2_gamma))
    cells = cells_of(grids, ALL)
    if cells.empty:
        cell = {"log2_C": np.log2(chosen["C"].iloc[0]), "log2_gamma": log2_gamma.iloc[0], "accuracy": random}
        note = PAPER.text("no_folds")
        findings.add("4", pd.DataFrame([cell]), best=f"not searched: {texts}", note=note)
        return
    mean = cells.groupby(["log2_c", "log2_gamma"])["accuracy"].mean().reset_index()
    best, samples = mean.iloc[int(mean["accuracy"].argmax())], cells["left_out"].nunique()
    findings.add(
        "4", mean.rename(columns={"log2_c": "log2_C"}),
        best=PAPER.text("searched", best=best, C=2.0 ** best["log2_c"], least=mean["accuracy"].min()),
        note=PAPER.text("folds", samples=samples, chosen=texts, borders=_borders(choices, cells)),
    )  # fmt: skip


def _borders(choices: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Name the predictors with C or gamma at the border of the grid: better values may lie beyond."""
    counts = []
    for name, column in (("C", "log2_c"), ("gamma", "log2_gamma")):
        at_end = choices[name].isin([2.0 ** cells[column].min(), 2.0 ** cells[column].max()])
        sizes = choices[at_end].groupby("predictor", sort=False).size()
        counts += [f"{name} of {'IGD' if p == ALL else p} {count} times" for p, count in sizes.items()]
    return f"At the border of the grid: {', '.join(counts)}. " if counts else "None at the border of the grid. "


def _by_jump(findings: PaperFindings, table: pd.DataFrame) -> None:
    """Draw figure 8c, with Wilson's interval of each fraction."""
    jump, predicted = table[JUMP].to_numpy(dtype=float), table[ALL].to_numpy() > 0
    logs, edges = np.log10(jump.clip(JUMPS[0], JUMPS[-1] * (1 - 1e-9))), np.log10(JUMPS)
    bins = analysis.indicator_distribution(predicted, logs, len(edges) - 1, float(edges[0]), float(edges[-1]))
    bins = bins[bins["count"] >= FEWEST]
    columns = {"predicted": bins["p_active_given"], "low": bins["low"], "high": bins["high"], "count": bins["count"]}
    large = float(predicted[jump > 0.1].mean()) if (jump > 0.1).any() else float("nan")
    small = float(predicted[jump < 0.01].mean()) if (jump < 0.01).any() else float("nan")
    findings.score({"predicted_past_0.1": large, "predicted_below_0.01": small})
    table = pd.DataFrame({"jump": 10 ** bins["indicator"], **columns})
    findings.add("8c", table, large=large, small=small, fewest=FEWEST)


def _searched(findings: PaperFindings, folds: Sequence[BarrierFold], seed: int) -> pd.DataFrame:
    """Score the machines of the particles that have barriers: of all families, and of each alone on the same rows."""
    if not folds:
        return pd.DataFrame()
    table = pd.concat([fold.predictions.read() for fold in folds], ignore_index=True)
    scored = learn.score_table(table, [*folds[0].predictors, "species_only"], seed=seed).set_index("predictor")
    last = table[table["replica"] == max(table["replica"].unique(), key=int)]
    for name, row in scored.iterrows():
        findings.score({key: row[key] for key in row.index if key.split(".")[0] in SEARCHED}, f"searched.{name}")
        for replica, part in table.groupby("replica"):
            if part["label"].nunique() == 2:
                numbers = learn.scores(part["label"], part[str(name)], 0.0)
                findings.score({"balanced_accuracy": numbers["balanced_accuracy"]}, f"searched.sample_{replica}.{name}")
        if last["label"].nunique() == 2:
            numbers = learn.scores(last["label"], last[str(name)], 0.0)
            findings.score({key: numbers[key] for key in SEARCHED}, f"searched.paper_split.{name}")
    findings.score({"particles": float(len(table)), "rearranged": float(table["label"].mean())}, "searched")
    titles = {ALL: "IGD with barriers", "species_only": "species"}
    scored.index = pd.Index([f"{titles.get(str(name), name)} (searched)" for name in scored.index])
    return scored.assign(number=len(table))


def _families(findings: PaperFindings, scored: pd.DataFrame, searched: pd.DataFrame) -> None:
    """Draw figures 12a and 12b: every family of features, and those of the particles that have barriers."""
    families = pd.concat([scored.rename(index={ALL: "IGD", "species_only": "species"}), searched])
    families.index.name = "predictor"
    number = None if searched.empty else int(searched["number"].iloc[0])
    _scores_of_families(findings, families, number)
    _power_factors(findings, families)


def _scores_of_families(findings: PaperFindings, scored: pd.DataFrame, number: int | None) -> None:
    """Draw figure 12a; `number` is that of the particles that have barriers, None where none was searched around."""
    ends = ("", ".low", ".high")
    rows = [
        (name, score.replace("_", " "), *(float(row.get(f"{score}{end}", np.nan)) for end in ends))
        for name, row in scored.iterrows()
        for score in SHOWN
    ]
    table = pd.DataFrame(rows, columns=["family", "score", "value", "low", "high"])
    balanced = ", ".join(f"{name} {value:.3f}" for name, value in scored["balanced_accuracy"].items())
    of_searched = PAPER.text("no_barriers") if number is None else PAPER.text("with_barriers", number=number)
    findings.add("12a", table, balanced=balanced, of_searched=of_searched)


def _power_factors(findings: PaperFindings, scored: pd.DataFrame) -> None:
    """Draw figure 12b: the power factor chi, and the fractions of rearranged particles whose ratio it is."""
    power = scored.rename_axis("family").reset_index().rename(columns={"chi.low": "low", "chi.high": "high"})
    power = power[["family", "chi", "low", "high", "p_top", "p_low", "n_each", "falling"]]
    # No particle of the lowest part rearranged: the share of one particle stands for it, and chi is a lower bound.
    infinite = np.isinf(power["chi"])
    power.loc[infinite, "chi"] = (power[["p_top", "p_low"]].max(axis=1) * power["n_each"])[infinite]
    power = power.replace([np.inf, -np.inf], np.nan)
    drawn = power["chi"].notna() & (power["n_each"] >= np.where(power["family"].str.endswith("(searched)"), FEWEST, 0))
    power, infinite = power[drawn], infinite[drawn]
    factors = ", ".join(
        f"{r.family} {'>' if unbounded else ''}{r.chi:.1f} ({r.p_top:.2f} / {r.p_low:.3f}"
        f"{', FALLS' if r.falling else ''})"
        for r, unbounded in zip(power.itertuples(), infinite)
    )
    findings.add("12b", power, factors=factors)
