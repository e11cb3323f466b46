"""Tables of a comparison: scores, what stands beside them, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from lammps_glass.analysis.association import pearson
from lammps_glass.comparison.problems import LoadedSet, Problem
from lammps_glass.comparison.scores import Scores, behind, best_entry
from lammps_glass.comparison.spec import ComparisonFile
from lammps_glass.snapshots.cell import Floats

#: Columns of ``compare.csv``, those of the interface first.
COLUMNS = (
    "entry", "label", "drive", "n_features", "within", "within_low", "within_high", "pooled", "auc", "ceiling_within",
    "ceiling_pooled", "seconds_describe", "seconds_fit", "pooled_low", "pooled_high", "balanced_accuracy", "trained_on",
    "scored_on", "kind", "note", "no_ceiling", "behind", "behind_low", "behind_high",
)  # fmt: skip
Row = dict[str, str | int | float | None]

#: Values of ``kind``.
LEARNED, PHYSICAL, NULL, PUBLISHED = "learned", "not learned", "null", "published"
#: ``scored_on`` of scores on configurations that a fit left out.
LEFT_OUT = "left out"
IMPORTANCE_COLUMNS = ("entry", "label", "trained_on", "descriptor", "decrease_within")
COEFFICIENT_COLUMNS = ("entry", "label", "trained_on", "descriptor", "family", "n_features", "size")

Predictions = Mapping[tuple[str, str, str], Mapping[str, Sequence[Floats]]]
"""(label, set that trained, where scored) -> entry -> predictions (n,) of each configuration."""


@dataclass
class Comparison:
    """Tables and notes of a comparison.

    Parameters
    ----------
    file
        The file that was compared.
    table
        A row an entry, label and set of configurations; columns as in `COLUMNS`.
    correlations, importance, coefficients
        Coefficients between the predictions of entries; decrease of the score where the columns of a descriptor are
        permuted; size of the weights by descriptor and body order.
    notes
        Sentences for the page: what was relaxed, which ceilings are not known.
    checksums
        Set -> SHA-256 of its files.
    """

    file: ComparisonFile
    table: pd.DataFrame
    correlations: pd.DataFrame
    importance: pd.DataFrame
    coefficients: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    checksums: dict[str, str] = field(default_factory=dict)


def score_row(
    name: str, problem: Problem, scored: Problem, where: str, result: Scores, *, kind: str, note: str = "",
    n_features: int = 0, seconds_fit: float = 0.0, seconds_describe: float = 0.0,
) -> Row:  # fmt: skip
    """Return a row of the table: the scores on `scored` of what was learned from `problem`."""
    return {
        "entry": name, "label": problem.label, "drive": problem.spec.drive, "n_features": n_features,
        "ceiling_within": scored.ceiling_within, "ceiling_pooled": scored.ceiling_pooled,
        "seconds_describe": seconds_describe, "seconds_fit": seconds_fit, "trained_on": problem.data.name,
        "scored_on": where, "kind": kind, "note": note, "no_ceiling": scored.no_ceiling,
        **asdict(result),
    }  # fmt: skip


def add_distances(
    rows: Sequence[Row], predicted: Mapping[str, Sequence[Floats]], labels: Sequence[Floats], seed: int
) -> None:
    """Add to the rows of one label and set how far each entry lies behind the best one; see `scores.behind`.

    Parameters
    ----------
    rows
        Rows of the entries in `predicted`, which get ``behind``, ``behind_low`` and ``behind_high``.
    predicted
        Entry -> predictions (n,) of each configuration.
    labels
        (n,) of each configuration.
    seed
        Of the bootstrap.
    """
    if not predicted:
        return
    best = best_entry(predicted, labels)
    for row in rows:
        name = str(row["entry"])
        if name != best:
            row["behind"], row["behind_low"], row["behind_high"] = behind(
                predicted[name], predicted[best], labels, seed
            )


def published_rows(file: ComparisonFile) -> list[Row]:
    """Return a row for each published number."""
    return [
        {
            "entry": name, "label": published.label, "drive": file.labels[published.label].drive,
            "within": published.within, "pooled": published.pooled, "auc": published.auc, "kind": PUBLISHED,
            "scored_on": published.data, "note": published.source,
        }
        for name, published in file.published.items()
    ]  # fmt: skip


def correlations_of(predictions: Predictions) -> pd.DataFrame:
    """Coefficients between the predictions of entries, mean over configurations."""
    rows = []
    for (label, trained, where), by_entry in predictions.items():
        names = list(by_entry)
        for i, a in enumerate(names):
            for b in names[: i + 1]:
                r = np.nanmean([pearson(x, y) for x, y in zip(by_entry[a], by_entry[b], strict=True)])
                rows.append(
                    {"label": label, "trained_on": trained, "scored_on": where, "a": a, "b": b, "within": float(r)}
                )
    return pd.DataFrame(rows, columns=["label", "trained_on", "scored_on", "a", "b", "within"])


def notes_on_states(sets: Iterable[LoadedSet]) -> list[str]:
    """Say which states of the configurations were made, and how long it took."""
    notes = []
    for data in sets:
        states: dict[str, list[float]] = {}
        for blocks in data.blocks.values():
            for block in blocks:
                for state, seconds in block.states.items():
                    states.setdefault(state, []).append(seconds)
        notes += [
            f"{data.name}: descriptors use the {state} state of each configuration; it took up to "
            f"{max(times):.1f} s of processor time to make"
            for state, times in states.items()
        ]
    return notes
