"""The operation ``fit``: fit an indicator to labelled rows, leaving one replica out where the stage runs over folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.labels.base import LabelColumn
from lammps_glass.learn.estimator import Estimator
from lammps_glass.operations.case import Case
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.operations.operation import Wired, operation
from lammps_glass.operations.parts import IndicatorPart
from lammps_glass.products import Rows, SavedIndicator, pooled
from lammps_glass.simulate.work import Work

LEFT_OUT = "left_out"
SplitKind = Literal["replica", "random"]
#: Copies of the training rows in memory at once: pooled, as a matrix, and standardised.
COPIES = 3.0


@dataclass(frozen=True)
class FitParameters(ClassParameters):
    """Parameters of the operation ``fit``.

    Parameters
    ----------
    indicator
        Name in the registry, with options.
    n_features
        Number of features that are used, the best by recursive elimination on balanced samples of the training rows;
        0 uses all.
    ranking_rows
        Rows of each class in the balanced samples of the ranking.
    balanced
        Train on as many rows of class 0, drawn at random, as there are of class 1. An indicator that draws balanced
        rows itself gets all rows.
    split
        ``"replica"`` leaves out a replica (condition ``left_out``); ``"random"`` leaves out a random part of all rows,
        which LEAKS: rows of one rearrangement train and test.
    """

    indicator: IndicatorPart = field(default_factory=lambda: IndicatorPart("activity"))
    n_features: int = 0
    ranking_rows: int = 2000
    balanced: bool = True
    split: SplitKind = "replica"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_features < 0 or self.ranking_rows < 2:
            raise InputError(f"n_features = {self.n_features}, ranking_rows = {self.ranking_rows}: at least 0 and 2")
        if self.split not in get_args(SplitKind):
            raise InputError(f"split = {self.split!r} must be one of {', '.join(get_args(SplitKind))}")


def work(parameters: FitParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the rows that are read, and their memory."""
    rows = sum(work.rows for work in reads["rows"])
    numbers = sum(work.rows * work.features for work in reads["rows"])
    return Work(parts={"cases": 1.0, "rows": rows}, memory=8 * COPIES * numbers)


def check_labels(stage: Wired) -> None:
    """Refuse rows without labels before anything runs.

    Raises
    ------
    InputError
        Naming the stage that describes without labels.
    """
    for source in stage.reads.get("rows", ()):
        if source.runs == "describe" and not source.reads.get("labels"):
            raise InputError(
                f"stages.{stage.stage} learns from the rows of {source.stage}, which have no labels: give "
                f"stages.{source.stage}.reads a port labels = ..."
            )


@operation(work=work, rates={"cases": 1.0, "rows": 5e-4}, check=check_labels)
def fit(case: Case[FitParameters], rows: Sequence[Rows]) -> SavedIndicator:
    """Fit an indicator to the rows of all replicas but the one of the condition ``left_out``, if there is one.

    Raises
    ------
    InputError
        The rows that train hold one class only.
    """
    from lammps_glass import learn

    parameters = case.parameters
    columns = parameters.column(rows[0].label_columns, f"stages.{case.stage}")
    table = labelled_rows(rows, columns.name)
    trains = ~left_out_rows(case, table, parameters.split)
    classes = parameters.classes(table, columns.name)[trains]
    table = table[trains].reset_index(drop=True)
    if len(set(classes.tolist())) < 2:
        raise InputError(
            f"stages.{case.stage}: {int(classes.sum())} of {len(classes)} training rows are of class 1 ({parameters}): "
            "take another threshold or fraction, or run longer"
        )
    features = rank(case, table, classes, rows[0].features) if parameters.n_features else rows[0].features
    estimator = parameters.indicator.build(case.seed)
    drawn = np.arange(len(table))
    if parameters.balanced and not getattr(estimator, "draws_balanced_rows", False):
        drawn = learn.balanced_samples(classes, 1, None, seed=case.seed).indices[0]
    estimator.fit(learn.matrix(table.iloc[drawn], features), classes[drawn])
    fitted = SavedIndicator(case.directory)
    save_fit(case, fitted, parameters.indicator.name, estimator, rows[0], columns, features, table, classes)
    return fitted


def save_fit(
    case: Case[ClassParameters],
    fitted: SavedIndicator,
    name: str,
    estimator: Estimator,
    rows: Rows,
    label: LabelColumn,
    features: Sequence[str],
    training: pd.DataFrame,
    classes: NDArray[np.int64],
) -> None:
    """Save a fitted indicator with the metadata that ``predict`` and reports need.

    Parameters
    ----------
    name
        Of the indicator in the registry.
    rows
        Rows of any replica: their descriptor is kept.
    label
        Column that made the classes.
    features
        Columns that the estimator reads, in its order.
    training, classes
        The rows that trained and their classes.
    """
    parameters = case.parameters
    about = {
        **rows.description,
        "columns": list(features),
        "label": asdict(label),
        "threshold": parameters.threshold,
        "fraction": parameters.fraction,
        "split": getattr(parameters, "split", "replica"),
        "training_replicas": sorted(set(training["replica"].astype(str))),
        "training_rows": len(training),
        "training_rows_of_class_1": int(classes.sum()),
        LEFT_OUT: None if LEFT_OUT not in case.conditions else str(case.conditions[LEFT_OUT]),
    }
    fitted.save(name, estimator, case.glass, case.seed, about)


def labelled_rows(rows: Sequence[Rows], column: str) -> pd.DataFrame:
    """Return the rows of all replicas that have a label."""
    table = pooled(rows)
    return table[table[column].notna()].reset_index(drop=True)


def left_out_rows(case: Case[object], table: pd.DataFrame, split: str) -> NDArray[np.bool_]:
    """Return (n_rows,) whether the case's condition ``left_out`` leaves a row out; False without the condition.

    Raises
    ------
    InputError
        The condition names no replica of the rows.
    """
    if LEFT_OUT not in case.conditions:
        return np.zeros(len(table), dtype=bool)
    left_out = str(case.conditions[LEFT_OUT])
    replicas = table["replica"].astype(str)
    if left_out not in set(replicas):
        raise InputError(f"stages.{case.stage}.over: left_out = {left_out} is not a replica: give as many as replicas")
    if split == "replica":
        return np.asarray(replicas == left_out)
    return np.asarray(random_fold(table, sorted(set(replicas))) == left_out)


def random_fold(table: pd.DataFrame, names: Sequence[str]) -> NDArray[np.str_]:
    """Return (n_rows,) the fold of each row, one of `names`; it depends on the key of the row only."""
    from lammps_glass.learn.hashed_sample import key_ranks

    return np.asarray(names)[(key_ranks(table, 0) % np.uint64(len(names))).astype(np.intp)]


def rank(case: Case[FitParameters], table: pd.DataFrame, classes: NDArray[np.int64], features: list[str]) -> list[str]:
    """Return the best features by recursive elimination on balanced samples."""
    from lammps_glass import learn

    values = learn.matrix(table, features)
    step = max(1, len(features) // 30)  # features that are eliminated at a time
    ranking = learn.rank_features(
        values, classes, features, size_per_class=case.parameters.ranking_rows, step=step, seed=case.seed
    )
    best: list[str] = ranking["feature"].head(case.parameters.n_features).tolist()
    return best
