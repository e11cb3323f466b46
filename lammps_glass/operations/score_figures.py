"""Figures of predictions of any label by any indicator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.labels.base import LabelColumn
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.operations.describe import snapshot_at
from lammps_glass.operations.pooled import MAIN_SCORES, Entry, title_of
from lammps_glass.operations.predict import load
from lammps_glass.products import Findings, Predictions, Record, SavedIndicator, pooled
from lammps_glass.products.keys import of_particles, rows_in
from lammps_glass.snapshots import Snapshot

BAND = ("low", "high")
#: Intervals of the indicator against which the label is averaged.
N_BINS = 10
#: Bars in the figure of features.
N_FEATURES = 20
LEFT_OUT_NOTE = "Each replica is predicted by an indicator that saw nothing of it"
LEAKING_NOTE = "LEAKS: rows of each replica trained and tested"


def class_distribution(findings: Findings, entry: Entry, label: LabelColumn, parameters: ClassParameters) -> None:
    """Add the distribution of the label, and the fraction of particles of class 1 in each replica."""
    values, classes = entry.table["value"], entry.table["label"]
    counts, edges = np.histogram(values, 60)
    of_class_1, _ = np.histogram(values[classes == 1], edges)
    middle = (edges[:-1] + edges[1:]) / 2
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
        f"class 1 ({parameters}): {classes.mean():.2%} of the particles, by replica from {fractions.min():.2%} to "
        f"{fractions.max():.2%}",
    )  # fmt: skip


def accuracy_by_replica(findings: Findings, entries: Sequence[Entry]) -> None:
    """Add balanced accuracy and AUC of every replica that holds both classes."""
    from lammps_glass import learn

    rows = []
    for entry in entries:
        for replica, part in entry.replicas_of_both_classes().items():
            scores = learn.scores(part["label"], part["indicator"], entry.column.threshold)
            rows.append((replica, entry.title, *(scores[name] for name in MAIN_SCORES)))
    if not rows:
        return
    table = pd.DataFrame(rows, columns=["replica", "indicator", *MAIN_SCORES])
    means = table.groupby("indicator", sort=False)["balanced_accuracy"].mean()
    findings.figure(
        FigureSpec(
            "accuracy", "Balanced accuracy by replica", "line", "replica", "balanced_accuracy", series="indicator",
            x_label="replica", y_label="balanced accuracy", y_limits=(0.0, 1.0), paper_marks=(Mark("y", 0.5),),
        ),
        table,
        "mean of the replicas: " + ", ".join(f"{name} {value:.3f}" for name, value in means.items()),
        f"{_split_note(entries)}; dashed: chance.",
    )  # fmt: skip


def roc_curves(findings: Findings, entries: Sequence[Entry]) -> None:
    """Add the receiver operating characteristic of every indicator, replicas pooled."""
    from sklearn.metrics import roc_auc_score, roc_curve

    parts, areas = [], []
    for entry in entries:
        false, true, _ = roc_curve(entry.table["label"], entry.table["indicator"])
        even = np.linspace(0.0, 1.0, 201)
        parts.append(pd.DataFrame({"false": even, "true": np.interp(even, false, true), "indicator": entry.title}))
        areas.append(f"{entry.title} {roc_auc_score(entry.table['label'], entry.table['indicator']):.3f}")
    findings.figure(
        FigureSpec(
            "roc", "Receiver operating characteristic", "line", "false", "true", series="indicator", markers=False,
            x_label="fraction of class 0 predicted as class 1", y_label="fraction of class 1 predicted as class 1",
            diagonal=True,
        ),
        pd.concat(parts, ignore_index=True),
        "AUC: " + ", ".join(areas),
        f"{_split_note(entries)}; predictions are pooled; dashed: chance.",
    )  # fmt: skip


def indicator_against_label(findings: Findings, entries: Sequence[Entry], label: LabelColumn) -> None:
    """Add the mean label in intervals of equal numbers of particles, ranked by the indicator."""
    parts, correlations = [], []
    for entry in entries:
        table = entry.table
        ranks = table["indicator"].rank(method="average", pct=True)
        intervals = np.minimum((ranks * N_BINS).astype(int), N_BINS - 1)
        means = table.groupby(intervals)["value"].agg(["mean", "sem"]).fillna({"sem": 0.0})
        parts.append(
            pd.DataFrame(
                {
                    "rank": (means.index + 0.5) / N_BINS,
                    "value": means["mean"],
                    "low": means["mean"] - means["sem"],
                    "high": means["mean"] + means["sem"],
                    "indicator": entry.title,
                }
            )
        )
        correlations.append(f"{entry.title} {table['indicator'].corr(table['value'], method='spearman'):.3f}")
    findings.figure(
        FigureSpec(
            "label_by_indicator", f"Mean {label.quantity} by rank of the indicator", "line", "rank", "value",
            series="indicator", error=BAND, x_label="rank of the indicator, lowest to highest",
            y_label=f"mean {_axis(label)}",
        ),
        pd.concat(parts, ignore_index=True),
        "rank correlation: " + ", ".join(correlations),
        f"{_split_note(entries)}; predictions are pooled; band: standard error, particles taken as independent.",
    )  # fmt: skip


def importance(findings: Findings, indicators: Sequence[SavedIndicator]) -> None:
    """Add the weights of linear indicators, mean over folds; features are standardised, so weights can be compared."""
    parts = []
    for product in indicators:
        estimator, metadata, column = load(product)
        weights = linear_weights(estimator, len(metadata["columns"]))
        if weights is not None:
            table = pd.DataFrame({"feature": metadata["columns"], "weight": np.abs(weights)})
            parts.append(table.assign(indicator=title_of(column)))
    if not parts:
        return
    weights_of = pd.concat(parts).groupby(["indicator", "feature"], sort=False)["weight"]
    means = weights_of.agg(["mean", "std"]).fillna({"std": 0.0}).reset_index()
    means = means.assign(low=means["mean"] - means["std"], high=means["mean"] + means["std"])
    each = max(5, N_FEATURES // means["indicator"].nunique())
    table = means.sort_values("mean", ascending=False).groupby("indicator", sort=False).head(each)
    table = table.sort_values("indicator", kind="stable", ignore_index=True)
    largest = table.groupby("indicator", sort=False)["feature"].apply(lambda names: ", ".join(names.head(3)))
    findings.figure(
        FigureSpec(
            "importance", "Features with the largest weights", "bar", "feature", "mean", series="indicator",
            error=BAND, x_label=" ", y_label="|weight| of the standardised feature",
        ),
        table,
        "largest: " + "; ".join(f"{name}: {features}" for name, features in largest.items()),
        "Linear indicators only; mean and standard deviation over the fits.",
    )  # fmt: skip


def linear_weights(estimator: object, n_features: int) -> NDArray[np.float64] | None:
    """Return (n_features,) weights of a linear indicator, or of an ensemble of them its mean; None for another."""
    weights = getattr(estimator, "coef_", None)
    if weights is None or np.shape(weights)[-1:] != (n_features,):
        return None
    mean: NDArray[np.float64] = np.reshape(weights, (-1, n_features)).mean(axis=0)
    return mean


def slice_map(
    findings: Findings, entry: Entry, configurations: Sequence[Record], label: LabelColumn, thickness: float | None
) -> None:
    """Add the indicator in a slice of the predicted configuration with most particles of class 1, these as rings.

    Where no record holds the configuration, or its cell is not periodic, a warning is added instead.
    """
    from lammps_glass import analysis

    replica, step = (
        entry.table.groupby(["replica", "step"])["label"]
        .sum()
        .sort_values(ascending=False, kind="stable")
        .index.to_list()[0]
    )
    records = [record for record in configurations if record.replica == str(replica)]
    snapshot = snapshot_at(records, step)
    if snapshot is None:
        findings.warn("no map", f"no record that `configurations` reads holds step {step} of replica {replica}")
        return
    rows = entry.table[(entry.table["replica"] == replica) & (entry.table["step"] == step)]
    part = part_of(snapshot, rows)
    values, classes = (of_particles(part, rows, name) for name in ("indicator", "label"))
    thick = min(thickness or 2 * snapshot.spacing, float(snapshot.cell.heights[2]))
    centre = float(part.cell.fractional(part.positions[np.argmax(classes)][None])[0, 2] % 1.0)
    try:
        table = analysis.slice_map(
            part, values, classes == 1, thick, centre=centre, width=snapshot.spacing, spacing=snapshot.spacing / 4
        )
    except InputError as error:
        findings.warn("no map", str(error))
        return
    findings.figure(
        FigureSpec(
            "map", "The indicator in a slice, and particles of class 1", "map", "x", "y", value="value", x_label="x",
            y_label="y", value_label=entry.title,
        ),
        table,
        f"{entry.title}: {table['size'].count()} particles of class 1 in a slice of thickness {thick:.3g}",
        f"Replica {replica}, step {step}; rings: class 1 by {label.quantity}. {_split_note([entry])}.",
    )  # fmt: skip


def part_of(snapshot: Snapshot, rows: pd.DataFrame) -> Snapshot:
    """Return the snapshot of those particles that a table has rows of."""
    at = rows_in(snapshot, rows)
    return snapshot.replace(
        positions=snapshot.positions[at], types=snapshot.types[at], ids=snapshot.ids[at], velocities=None, properties={}
    )


def correlation_against_time(
    findings: Findings, predictions: Sequence[Predictions], entries: Sequence[Entry], label: LabelColumn
) -> None:
    """Add the rank correlation of each indicator with the label against the label's lag, if it has several."""
    columns = [c for c in predictions[0].label_columns if c.lag and c.quantity == label.quantity]
    if len({column.lag for column in columns}) < 2:
        return
    in_steps = all(column.steps for column in columns)
    table = pooled(predictions)
    rows = []
    for entry in entries:
        for column in columns:
            pairs = table[[entry.column.name, column.name]].dropna()
            correlation = pairs[entry.column.name].corr(pairs[column.name], method="spearman")
            rows.append((column.steps if in_steps else column.lag, correlation, entry.title))
    curves = pd.DataFrame(rows, columns=["time", "correlation", "indicator"]).dropna()
    if curves.empty:
        return
    largest = curves.groupby("indicator", sort=False)["correlation"].max()
    findings.figure(
        FigureSpec(
            "time", "Rank correlation of the indicator with the label, by lag", "line", "time", "correlation",
            series="indicator", logx=True, x_label=f"lag of {label.quantity} ({'steps' if in_steps else 'frames'})",
            y_label="rank correlation",
        ),
        curves,
        ", ".join(f"{name} at most {value:.3f}" for name, value in largest.items()),
        f"{_split_note(entries)}; predictions are pooled.",
    )  # fmt: skip


def _split_note(entries: Sequence[Entry]) -> str:
    leaking = {entry.column.leaking for entry in entries}
    return "; ".join([LEAKING_NOTE] * (True in leaking) + [LEFT_OUT_NOTE] * (False in leaking))


def _axis(label: LabelColumn) -> str:
    return f"{label.quantity} ({label.unit})" if label.unit not in ("", "1") else label.quantity
