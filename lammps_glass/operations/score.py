"""The operation ``score``: score predictions by replica, with figures that any label and indicator have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec
from lammps_glass.labels.base import LabelColumn
from lammps_glass.operations.case import Case
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.operations.operation import operation
from lammps_glass.products import Findings, PredictedColumn, Predictions, Record, SavedIndicator
from lammps_glass.products.keys import of_particles, rows_in
from lammps_glass.simulate.work import Work

if TYPE_CHECKING:
    from lammps_glass.snapshots import Snapshot

BAND = ("low", "high")
#: Scores in the figure of accuracies, and in words.
SHOWN = ("balanced_accuracy", "auc")
#: Intervals of the indicator against which the label is averaged.
N_BINS = 20


class Entry(NamedTuple):
    """Predictions of one indicator, pooled over replicas; rows without a prediction or a label are left out."""

    name: str
    table: pd.DataFrame  # replica, step, particle, species, value (the label), indicator, label (the class)
    threshold: float
    leaking: bool
    prefix: str  # of its scores


@dataclass(frozen=True)
class ScoreParameters(ClassParameters):
    """Parameters of the operation ``score``.

    Parameters
    ----------
    n_resamples
        Of the bootstrap over replicas.
    thickness
        Of the slice of the map, in length units.
    """

    n_resamples: int = 500
    thickness: float = 2.0


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the rows that are scored."""
    return Work(parts={"cases": 1.0, "rows": sum(work.rows for work in reads["predictions"])})


@operation(work=work, rates={"cases": 3.0, "rows": 2e-5})
def score(
    case: Case[ScoreParameters],
    predictions: Sequence[Predictions],
    indicators: Sequence[SavedIndicator] = (),
    configurations: Sequence[Record] = (),
) -> Findings:
    """Score every indicator on the replicas that it left out, beside a null that knows the species alone.

    Parameters
    ----------
    indicators
        For the importance of features.
    configurations
        For the map of a slice: records that hold the configurations that were predicted.
    """
    parameters = case.parameters
    label = parameters.column(predictions[0].label_columns, f"stages.{case.stage}")
    entries = pooled_entries(predictions, label, parameters)
    with Findings(case.directory) as findings:
        class_distribution(findings, entries[0], label, parameters)
        for entry in entries:
            add_scores(findings, entry, parameters, case.seed, prefix=entry.prefix if len(entries) > 1 else "")
        findings.score(null_scores(entries[0]), "baseline.species")
        accuracy_by_replica(findings, entries)
        roc_curves(findings, entries)
        indicator_against_label(findings, entries, label)
        if indicators:
            importance(findings, indicators)
        if configurations:
            slice_map(findings, entries[0], configurations, label, parameters.thickness)
        if len({column.lag for column in predictions[0].label_columns if column.lag}) > 1:
            correlation_against_time(findings, predictions, entries)
        findings.size(replicas=entries[0].table["replica"].nunique(), rows=len(entries[0].table))
    return findings


def pooled_entries(predictions: Sequence[Predictions], label: LabelColumn, parameters: ScoreParameters) -> list[Entry]:
    """Return the pooled predictions of every indicator that left replicas out.

    Raises
    ------
    InputError
        No indicator left a replica out.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    columns: dict[str, PredictedColumn] = {}
    for product in predictions:
        table = product.read()
        for column in product.predicted_columns:
            if column.training_replicas:
                continue
            known = table[table[label.name].notna() & table[column.name].notna()]
            keys = known[["replica", "step", "particle", "species"]]
            parts.setdefault(column.name, []).append(
                keys.assign(
                    value=known[label.name], indicator=known[column.name], label=parameters.classes(known, label.name)
                )
            )
            columns[column.name] = column
    if not parts:
        raise InputError("every indicator was trained on all replicas: run the fit over left_out")
    return [
        Entry(
            name=name,
            table=pd.concat(parts[name], ignore_index=True),
            threshold=column.threshold,
            leaking=column.leaking,
            prefix=".".join(map(str, column.conditions.values())),
        )
        for name, column in columns.items()
    ]


def add_scores(findings: Findings, entry: Entry, parameters: ScoreParameters, seed: int, prefix: str) -> None:
    """Add the scores of an entry with their intervals; scores that leak stand under ``random_split``."""
    from lammps_glass import learn

    scores = learn.score_with_intervals(
        entry.table, value="indicator", threshold=entry.threshold, n_resamples=parameters.n_resamples, seed=seed
    )
    findings.score(scores, ".".join(filter(None, ["random_split" if entry.leaking else "", prefix])))


def null_scores(entry: Entry) -> dict[str, float]:
    """Return the scores of a predictor that knows the species alone: its fraction of class 1 in the other replicas."""
    from lammps_glass import learn

    table = entry.table
    predicted = np.empty(len(table))
    for replica in table["replica"].unique():
        own = (table["replica"] == replica).to_numpy()
        fractions = table[~own].groupby("species")["label"].mean()
        predicted[own] = table.loc[own, "species"].map(fractions).fillna(table.loc[~own, "label"].mean())
    scores = learn.scores(table["label"], predicted, float(table["label"].mean()))
    return {name: scores[name] for name in SHOWN}


def class_distribution(findings: Findings, entry: Entry, label: LabelColumn, parameters: ScoreParameters) -> None:
    """Add the distribution of the label, and how many particles are of class 1 in each replica."""
    values = entry.table["value"].to_numpy()
    edges = np.quantile(values, [0.0, 1.0])
    counts, bins = np.histogram(values, 60, (edges[0], edges[1] if edges[1] > edges[0] else edges[0] + 1))
    of_class_1, _ = np.histogram(values[entry.table["label"] == 1], bins)
    middle = (bins[:-1] + bins[1:]) / 2
    table = pd.DataFrame(
        {
            "label": np.tile(middle, 2),
            "count": np.concatenate([counts, of_class_1]),
            "particles": np.repeat(["all", "class 1 (bars)"], len(middle)),
        }
    )
    fractions = entry.table.groupby("replica")["label"].mean()
    findings.figure(
        FigureSpec(
            "classes", f"Distribution of {label.quantity}", "histogram", "label", "count", series="particles",
            logy=True, x_label=_axis(label), y_label="particles",
        ),
        table,
        f"class 1 ({parameters}): {entry.table['label'].mean():.2%} of the particles, by replica from "
        f"{fractions.min():.2%} to {fractions.max():.2%}",
    )  # fmt: skip


def accuracy_by_replica(findings: Findings, entries: Sequence[Entry]) -> None:
    """Add balanced accuracy and AUC of every replica that holds both classes."""
    from lammps_glass import learn

    rows = []
    for entry in entries:
        for replica, table in entry.table.groupby("replica"):
            if table["label"].nunique() == 2:
                scores = learn.scores(table["label"], table["indicator"], entry.threshold)
                rows += [(replica, _shown(entry), name.replace("_", " "), scores[name]) for name in SHOWN]
    if not rows:
        return
    table = pd.DataFrame(rows, columns=["replica", "indicator", "score", "value"])
    means = table[table["score"] == "balanced accuracy"].groupby("indicator")["value"].mean()
    findings.figure(
        FigureSpec(
            "accuracy", "Balanced accuracy by left-out replica", "line", "replica", "value", series="indicator",
            x_label="left-out replica", y_label="balanced accuracy", y_limits=(0.0, 1.0),
        ),
        table[table["score"] == "balanced accuracy"].drop(columns="score"),
        "mean of the replicas: " + ", ".join(f"{name} {value:.3f}" for name, value in means.items()),
        "Each replica is predicted by an indicator that saw nothing of it; 0.5 is chance.",
    )  # fmt: skip


def roc_curves(findings: Findings, entries: Sequence[Entry]) -> None:
    """Add the receiver operating characteristic of every indicator, left-out replicas pooled."""
    from sklearn.metrics import roc_auc_score, roc_curve

    parts, words = [], []
    for entry in entries:
        false, true, _ = roc_curve(entry.table["label"], entry.table["indicator"])
        even = np.linspace(0.0, 1.0, 201)
        parts.append(pd.DataFrame({"false": even, "true": np.interp(even, false, true), "indicator": _shown(entry)}))
        words.append(f"{_shown(entry)} {roc_auc_score(entry.table['label'], entry.table['indicator']):.3f}")
    findings.figure(
        FigureSpec(
            "roc", "Receiver operating characteristic", "line", "false", "true", series="indicator", markers=False,
            x_label="class 0 predicted as class 1", y_label="class 1 predicted as class 1",
        ),
        pd.concat(parts, ignore_index=True),
        "AUC: " + ", ".join(words),
        "Predictions of left-out replicas, pooled.",
    )  # fmt: skip


def indicator_against_label(findings: Findings, entries: Sequence[Entry], label: LabelColumn) -> None:
    """Add the mean label in intervals of equal numbers of particles, ranked by the indicator."""
    parts, words = [], []
    for entry in entries:
        table = entry.table
        ranks = table["indicator"].rank(method="average", pct=True)
        groups = np.minimum((ranks * N_BINS).astype(int), N_BINS - 1)
        means = table.groupby(groups)["value"].agg(["mean", "sem"])
        parts.append(
            pd.DataFrame(
                {
                    "rank": (means.index + 0.5) / N_BINS,
                    "value": means["mean"],
                    "low": means["mean"] - means["sem"],
                    "high": means["mean"] + means["sem"],
                    "indicator": _shown(entry),
                }
            )
        )
        words.append(f"{_shown(entry)} {table['indicator'].corr(table['value'], method='spearman'):.3f}")
    findings.figure(
        FigureSpec(
            "label_by_indicator", f"Mean {label.quantity} by rank of the indicator", "line", "rank", "value",
            series="indicator", error=BAND, x_label="rank of the indicator, lowest to highest",
            y_label=f"mean {_axis(label)}",
        ),
        pd.concat(parts, ignore_index=True),
        "rank correlation: " + ", ".join(words),
        "Left-out replicas, pooled; band: standard error, particles taken as independent.",
    )  # fmt: skip


def importance(findings: Findings, indicators: Sequence[SavedIndicator]) -> None:
    """Add the weights of linear indicators, mean over folds; features are standardised, so weights can be compared."""
    parts = []
    for product in indicators:
        estimator, metadata = product.load()
        weights = linear_weights(estimator)
        if weights is not None:
            parts.append(
                pd.DataFrame(
                    {"feature": metadata["columns"], "weight": np.abs(weights), "indicator": metadata["indicator"]}
                )
            )
    if not parts:
        return
    mean = pd.concat(parts).groupby(["indicator", "feature"])["weight"].agg(["mean", "std"]).reset_index()
    best = mean.sort_values("mean", ascending=False).head(20).fillna({"std": 0.0})
    table = best.assign(low=best["mean"] - best["std"], high=best["mean"] + best["std"])
    findings.figure(
        FigureSpec(
            "importance", "Features with the largest weights", "bar", "feature", "mean", series="indicator",
            error=BAND, x_label="feature", y_label="|weight| of the standardised feature",
        ),
        table,
        "largest: " + ", ".join(table["feature"].head(3)),
        "Linear indicators only; mean and deviation over the folds.",
    )  # fmt: skip


def linear_weights(estimator: object) -> NDArray[np.float64] | None:
    """Return (n_features,) weights of a linear indicator; None for another."""
    weights = getattr(estimator, "coef_", None)
    if weights is None and hasattr(estimator, "model_"):
        weights = getattr(estimator.model_, "coef_", None)
    return None if weights is None else np.ravel(weights)


def slice_map(
    findings: Findings, entry: Entry, configurations: Sequence[Record], label: LabelColumn, thickness: float
) -> None:
    """Add the indicator in a slice of one predicted configuration, with the particles of class 1 as rings."""
    from lammps_glass import analysis

    found = predicted_configuration(entry, configurations)
    if found is None:
        return
    snapshot, rows = found
    snapshot = part_of(snapshot, rows)
    values, classes = (of_particles(snapshot, rows, name) for name in ("indicator", "label"))
    centre = float(snapshot.cell.fractional(snapshot.positions[np.argmax(classes)][None])[0, 2] % 1.0)
    field = analysis.slice_field(snapshot, values, thickness, centre=centre, width=thickness / 2)
    inside = analysis.slice_particles(snapshot, thickness, centre)
    rings = inside[classes[inside["row"]] == 1].assign(size=1.0)[["x", "y", "size"]]
    findings.figure(
        FigureSpec(
            "map", f"{_shown(entry)} in a slice, with the particles of class 1", "map", "x", "y", value="value",
            size="size", x_label="x", y_label="y", value_label="indicator",
        ),
        pd.concat([field.dropna(subset="value"), rings], ignore_index=True),
        f"{len(rings)} particles of class 1 in a slice of thickness {thickness:g}",
        f"Replica {rows['replica'].iloc[0]}, step {snapshot.step}, left out in training; {label.quantity} makes the "
        "classes.",
    )  # fmt: skip


def part_of(snapshot: Snapshot, rows: pd.DataFrame) -> Snapshot:
    """Return the particles of a snapshot that a table has rows of."""
    at = rows_in(snapshot, rows)
    return snapshot.replace(
        positions=snapshot.positions[at], types=snapshot.types[at], ids=snapshot.ids[at], velocities=None, properties={}
    )


def predicted_configuration(entry: Entry, configurations: Sequence[Record]) -> tuple[Snapshot, pd.DataFrame] | None:
    """Return a predicted configuration with most particles of class 1, and its rows; None where no record has one."""
    from lammps_glass.operations.describe import snapshots_of

    by_size = entry.table.groupby(["replica", "step"])["label"].sum().sort_values(ascending=False)
    (replica, step) = by_size.index[0]
    records = [record for record in configurations if record.replica == str(replica)]
    snapshot = next((frame for frame in snapshots_of(records) if frame.step == step), None)
    rows = entry.table[(entry.table["replica"] == replica) & (entry.table["step"] == step)]
    return None if snapshot is None else (snapshot, rows)


def correlation_against_time(findings: Findings, predictions: Sequence[Predictions], entries: Sequence[Entry]) -> None:
    """Add the rank correlation between each indicator and the label, against the lag of the label."""
    names = {entry.name for entry in entries}
    rows = []
    columns = [column for column in predictions[0].label_columns if column.lag]
    pooled = pd.concat([product.read() for product in predictions], ignore_index=True)
    for name in sorted(names & set(pooled)):
        for column in columns:
            known = pooled[[name, column.name]].dropna()
            if len(known) > 2:
                rows.append((column.steps or column.lag, known[name].corr(known[column.name], method="spearman"), name))
    table = pd.DataFrame(rows, columns=["time", "correlation", "indicator"]).dropna()
    if table.empty:
        return
    findings.figure(
        FigureSpec(
            "time", "Correlation of the indicator with the label, by lag", "line", "time", "correlation",
            series="indicator", logx=True, x_label="lag of the label (steps)", y_label="rank correlation",
        ),
        table,
        ", ".join(f"{name} at most {part['correlation'].max():.3f}" for name, part in table.groupby("indicator")),
        "Left-out replicas, pooled.",
    )  # fmt: skip


def _axis(label: LabelColumn) -> str:
    return f"{label.quantity} ({label.unit})" if label.unit else label.quantity


def _shown(entry: Entry) -> str:
    return entry.name + (" (LEAKS)" if entry.leaking else "")
