"""The operation ``score``: score predictions by replica, with figures that any label and indicator have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.labels.base import LabelColumn
from lammps_glass.operations import score_figures as figures
from lammps_glass.operations.case import Case
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.operations.operation import operation
from lammps_glass.operations.pooled import MAIN_SCORES, Entry, pooled_entries
from lammps_glass.products import Findings, Predictions, Record, SavedIndicator
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class ScoreParameters(ClassParameters):
    """Parameters of the operation ``score``.

    Parameters
    ----------
    n_resamples
        Number of resamples of the bootstrap over replicas.
    thickness
        Thickness of the slice of the map, in length units; by default twice (volume / n_particles)^(1/3).
    """

    n_resamples: int = 500
    thickness: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_resamples < 1:
            raise InputError(f"n_resamples = {self.n_resamples} must be at least 1")
        if self.thickness is not None and not self.thickness > 0:
            raise InputError(f"thickness = {self.thickness:g} must be above 0")


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
    """Score every indicator on the replicas that it left out, beside a baseline that knows the species alone.

    Parameters
    ----------
    indicators
        For the importance of features.
    configurations
        For the map of a slice: records that hold the configurations that were predicted.

    Raises
    ------
    InputError
        No indicator left a replica out, or all particles are of one class.
    """
    parameters = case.parameters
    here = f"stages.{case.stage}"
    label = parameters.column(predictions[0].label_columns, here)
    entries = pooled_entries(predictions, label, parameters, here)
    first = entries[0]
    with Findings(case.directory) as findings:
        for entry in entries:
            add_scores(findings, entry, parameters, case.seed, prefix=entry.prefix if len(entries) > 1 else "")
        findings.score(baseline_scores(first), "baseline.species")
        warn_of_other_classes(findings, indicators, label, parameters)
        figures.class_distribution(findings, first, label, parameters)
        figures.accuracy_by_replica(findings, entries)
        figures.roc_curves(findings, entries)
        figures.indicator_against_label(findings, entries, label)
        figures.importance(findings, indicators)
        if configurations:
            figures.slice_map(findings, first, configurations, label, parameters.thickness)
        figures.correlation_against_time(findings, predictions, entries, label)
        findings.size(replicas=len(first.replicas()), rows=len(first.table))
    return findings


def add_scores(findings: Findings, entry: Entry, parameters: ScoreParameters, seed: int, prefix: str) -> None:
    """Add the scores of an entry; scores that leak get the prefix ``random_split``.

    Their intervals are those of a bootstrap over replicas; where there are too few of both classes for one, a warning
    says so.
    """
    from lammps_glass import learn

    table, threshold = entry.table, entry.column.threshold
    try:
        scores = learn.score_with_intervals(
            table, value="indicator", threshold=threshold, n_resamples=parameters.n_resamples, seed=seed
        )
    except InputError as error:
        scores = learn.scores(table["label"], table["indicator"], threshold)
        findings.warn(f"scores of {entry.title} have no intervals", str(error))
    findings.score(scores, ".".join(filter(None, ["random_split" if entry.column.leaking else "", prefix])))


def baseline_scores(entry: Entry) -> dict[str, float]:
    """Return the scores of a predictor that knows the species alone, mean over the replicas that hold both classes.

    It predicts for each particle the fraction of class 1 among the particles of its species in the other replicas. The
    scores are averaged over replicas: where a replica has a high fraction that of the others is low, so that pooled
    predictions would be worse than chance. Empty with fewer than two such replicas.
    """
    from lammps_glass import learn

    replicas = entry.replicas_of_both_classes()
    if len(replicas) < 2:
        return {}
    scores = []
    for replica, rows in replicas.items():
        others = entry.table[entry.table["replica"].astype(str) != replica]
        chance = float(others["label"].mean())
        predicted = rows["species"].map(others.groupby("species")["label"].mean()).fillna(chance)
        scores.append(learn.scores(rows["label"], predicted, chance))
    return {name: float(np.mean([values[name] for values in scores])) for name in MAIN_SCORES}


def warn_of_other_classes(
    findings: Findings, indicators: Sequence[SavedIndicator], label: LabelColumn, parameters: ClassParameters
) -> None:
    """Warn if the indicators were trained on other classes than those that are scored."""
    scored = (label.quantity, label.lag, parameters.threshold, parameters.fraction)
    for product in indicators:
        metadata = product.metadata
        stored = metadata["label"]
        trained = (stored["quantity"], stored["lag"], metadata["threshold"], metadata["fraction"])
        if trained != scored:
            names = ("quantity", "lag", "threshold", "fraction")
            differing = [f"{n} = {a} and {b}" for n, a, b in zip(names, trained, scored) if a != b]
            findings.warn("classes", f"indicators were trained and are scored with {'; '.join(differing)}")
            return
