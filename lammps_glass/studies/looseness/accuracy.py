"""Figures 4A, 4B, S1, 5A-5C, table S2 and the headline: accuracy of the predicted classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lammps_glass import learn
from lammps_glass.labels import LabelColumn
from lammps_glass.operations import Case, NoParameters, Wired, operation, require_equal
from lammps_glass.products import Findings, PredictedColumn, Predictions, Rows
from lammps_glass.simulate.work import particles_read
from lammps_glass.studies.looseness.learning import Fold, SplitFit
from lammps_glass.studies.looseness.paper import PAPER
from lammps_glass.studies.paper import PaperFindings

#: Scores that do not depend on the fraction of class 1.
RATE_FREE = ("balanced_accuracy", "recall", "recall_tight", "auc")
#: Scores in scans of each class, by the name of their curves.
CLASSES = {"accuracy_loose": "loose", "accuracy_tight": "tight"}
HEADLINE = ("balanced_accuracy", "recall", "recall_tight", "auc", "f1_weighted", "precision", "prevalence")


def check(stage: Wired) -> None:
    """Refuse folds and a split with different parameters of the fits.

    Raises
    ------
    InputError
        Naming both keys.
    """
    for fold in stage.reads["folds"]:
        for split in stage.reads["split"]:
            require_equal(fold, split, "lag", "threshold", "n_features", "C", "n_learners", "ranking_step")


@operation(work=particles_read("predictions"), rates={"cases": 1.5}, check=check)
def accuracy_figures(
    case: Case[NoParameters],
    rows: Sequence[Rows],
    folds: Sequence[Fold],
    split: SplitFit,
    predictions: Sequence[Predictions],
) -> Findings:
    """Score left-out replicas, the paper's split and random rows (which leak); draw scans and ranking."""
    fit = folds[0].metadata
    label = LabelColumn(**fit["label"])
    with PAPER.findings(case) as findings:
        pooled, tested = _pooled(predictions, label, fit["threshold"], rows[0].first_step)
        _headline(findings, pooled, tested, split)
        _confusion(findings, pooled)
        scan = split.scan.read().assign(dt=lambda t: t["lag"] * rows[0].label_column(lag=1).steps)
        _scans(findings, scan, fit["threshold"])
        _ranking(findings, split, len(fit["columns"]))
        _by_number(findings, folds)
    return findings


def _pooled(
    predictions: Sequence[Predictions], label: LabelColumn, threshold: float, first_step: int
) -> tuple[learn.BinnedPredictions, learn.BinnedPredictions]:
    """Pool predictions: of all rows by the indicator that left them out, of test replicas by the paper's split."""
    pooled, tested = learn.BinnedPredictions(), learn.BinnedPredictions()
    for product in predictions:
        left_out, split = columns_of(product)
        for rows in product.groups():
            kept = rows[rows[label.name].notna() & (rows["step"] >= first_step)]
            pooled.add(product.replica, kept[label.name] > threshold, kept[left_out.name])
            if product.replica not in split.training_replicas:
                tested.add(product.replica, kept[label.name] > threshold, kept[split.name])
    return pooled, tested


def columns_of(product: Predictions) -> tuple[PredictedColumn, PredictedColumn]:
    """Return the column of the indicator that left the replica out, and that of the paper's split."""
    left_out, split = sorted(product.predicted_columns, key=lambda column: bool(column.training_replicas))
    return left_out, split


def _headline(
    findings: PaperFindings,
    pooled: learn.BinnedPredictions,
    tested: learn.BinnedPredictions,
    fitted: SplitFit,
) -> None:
    left_out = _of_study(pooled.scores(seed=findings.seed))
    split = _of_study(tested.scores(seed=findings.seed, n_resamples=0)) if tested.confusion()[1].any() else {}
    random = fitted.random_rows.read()
    scores = learn.scores(random["label"], random["probability"])
    # These rows are a sample: their prevalence is not that of the glass.
    leaking = {name: value for name, value in _of_study(scores).items() if name in RATE_FREE}
    training = _of_study({str(name): value for name, value in fitted.train.read().iloc[0].items()})
    columns = {
        "left-out replicas": left_out,
        "paper's split": split,
        "random rows (leaks)": leaking,
        "train": training,
    }
    for prefix, scores in zip(("", "paper_split", "random_split", "train"), columns.values()):
        findings.score(scores, prefix)
    table = pd.DataFrame({"score": HEADLINE} | {n: [s.get(k) for k in HEADLINE] for n, s in columns.items()})
    table["low"] = [left_out.get(f"{name}.low") for name in HEADLINE]
    table["high"] = [left_out.get(f"{name}.high") for name in HEADLINE]
    findings.add(
        "headline", table, scores={f"balanced_accuracy.{end}": np.nan for end in ("low", "high")} | left_out,
        excess={name: leaking[name] - left_out[name] for name in ("balanced_accuracy", "auc")},
    )  # fmt: skip


def _of_study(scores: Mapping[str, float]) -> dict[str, float]:
    """Name scores as this study does: the recall of class 0, the tight particles, is ``recall_tight``."""
    return {name.replace("specificity", "recall_tight"): value for name, value in scores.items()}


def _confusion(findings: PaperFindings, pooled: learn.BinnedPredictions) -> None:
    matrix = pooled.confusion()
    names = ("tight", "loose")
    rows = [(names[i], names[j], int(matrix[i, j]), matrix[i, j] / matrix[i].sum()) for i in (0, 1) for j in (0, 1)]
    table = pd.DataFrame(rows, columns=["true", "predicted", "count", "share"])
    findings.add("5C", table, loose=matrix[1, 1] / matrix[1].sum(), tight=matrix[0, 0] / matrix[0].sum())


def _scans(findings: PaperFindings, scan: pd.DataFrame, study_threshold: float) -> None:
    first, threshold = scan["dt"].min(), _scored_threshold(scan, study_threshold)
    by_threshold, by_interval = scan[scan["dt"] == first], scan[scan["threshold"] == threshold]
    samples = f"Balanced samples of up to {int(scan['size_per_class'].max())} rows a class; folds of whole replicas"
    by_replica = by_threshold[~by_threshold["leaking"]].dropna(subset="balanced_accuracy")
    findings.score({f"scan.balanced_accuracy_at_{r.threshold:g}": r.balanced_accuracy for r in by_replica.itertuples()})
    accuracies = "; ".join(
        f"{r.threshold:g}: {r.balanced_accuracy:.3f} +- {r.balanced_accuracy_std:.3f}" for r in by_replica.itertuples()
    )
    findings.add(
        "4A", _long(by_threshold, "threshold", CLASSES), dt=first, samples=samples,
        accuracies=accuracies or "no threshold: too few loose rows",
    )  # fmt: skip
    at_intervals = by_interval[~by_interval["leaking"]].dropna(subset="balanced_accuracy")
    missing = [str(dt) for dt in (10_000, 100_000, 1_000_000) if dt > scan["dt"].max()]
    findings.add(
        "4B", _long(by_interval, "dt", CLASSES), threshold=threshold, samples=samples,
        accuracies=", ".join(f"{r.dt}: {r.balanced_accuracy:.3f}" for r in at_intervals.itertuples()),
        remark=f" This preset is too short for dt = {', '.join(missing)} steps." if missing else "",
    )  # fmt: skip
    areas = "; ".join(f"{r.threshold:g}: {r.auc:.3f}" for r in by_replica.itertuples())
    curves = _long(by_threshold, "threshold", {"auc": "AUC", "f1": "F1"})
    findings.add("S1", curves, dt=first, samples=samples, areas=areas)


def _scored_threshold(scan: pd.DataFrame, study_threshold: float) -> float:
    """Return the threshold of the study, or the highest one with a score if too few particles are loose there."""
    scored = scan[~scan["leaking"]].dropna(subset="balanced_accuracy")["threshold"]
    if scored.empty:
        return study_threshold
    return study_threshold if (scored == study_threshold).any() else float(scored.max())


def _long(scan: pd.DataFrame, x: str, names: dict[str, str]) -> pd.DataFrame:
    """Return a row a point: `x`, value, its deviation over the samples, and the name of its curve."""
    parts = [
        scan[[x, "folds", "size_per_class"]].assign(
            curve=label + ", " + scan["folds"],
            value=scan[name],
            low=scan[name] - scan[f"{name}_std"],
            high=scan[name] + scan[f"{name}_std"],
        )
        for name, label in names.items()
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="value")


def _ranking(findings: PaperFindings, split: SplitFit, n_features: int) -> None:
    ranking, choice = split.ranking.read(), split.choice_of_c.read()
    best, size = ranking.head(n_features), int(ranking["size_per_class"].iloc[0])
    findings.add(
        "5B", best[["feature", "mean_rank", "std_rank"]], features=", ".join(best["feature"]), size=size,
        n_samples=split.ranking.metadata["n_samples"],
    )  # fmt: skip
    chosen, C = choice.loc[choice["chosen"], "C"].iloc[0], split.choice_of_c.metadata["C"]
    findings.add("table_S2", choice, chosen=chosen, C=C, folds=choice["folds"].iloc[0])


def _by_number(findings: PaperFindings, folds: Sequence[Fold]) -> None:
    """Draw figure 5A: each replica is predicted with models and a ranking of the other replicas, and pooled."""
    number = learn.accuracy_by_number_of_features([fold.by_number.read() for fold in folds])
    number["low"] = number["balanced_accuracy"] - number["std"]
    number["high"] = number["balanced_accuracy"] + number["std"]
    peak = number.iloc[int(np.argmax(number["balanced_accuracy"].to_numpy()))]
    findings.add("5A", number, peak=peak)
