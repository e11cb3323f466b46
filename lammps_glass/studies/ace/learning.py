"""Learning from the rows of one case (glass and drive): curves in body order, selections, regressions, scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn.splits import Split
from lammps_glass.simulate.work import Work
from lammps_glass.studies.ace.describing import features_of, read_rows, row_bytes
from lammps_glass.studies.ace.settings import BASELINE, BASELINE_NAME, LABEL, TARGET, blocks, products
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.common import save_indicator
from lammps_glass.tables import KEY, read_metadata, write_table

ORDER, PEARSON, SELECTED, CURVE, SCORES = (
    "order.parquet", "pearson.parquet", "selection.parquet", "curve.parquet", "scores.json",
)  # fmt: skip
#: Columns of the rows beside their keys and features.
TOLD = (LABEL, TARGET, *BASELINE)
BY_GLASS, RANDOM = "by glass", "random rows"


@dataclass(frozen=True)
class OrderParameters:
    """Curves of figures 3 and 7: `C` of the regressions, and the numbers of features of the ARD regression.

    `ard_features` leaves out larger numbers, since its cost grows with their cube.
    """

    C: float = 1.0
    n_folds: int = 5
    ard_features: int = 1200


@dataclass(frozen=True)
class SelectionParameters:
    """Figures 5 and 6 and the scores, at cutoff `r_cut`; `n_selected` features are selected one by one."""

    r_cut: float = 4.0
    C: float = 1.0
    n_folds: int = 5
    n_selected: int = 60
    n_resamples: int = 500


class Rows(NamedTuple):
    """Rows of one case as arrays, the features in `X` alone; the classes are balanced in every glass."""

    table: pd.DataFrame
    names: list[str]
    X: NDArray[np.float64]
    y: NDArray[np.int64]
    replicas: NDArray[np.str_]

    @property
    def block_names(self) -> list[str]:
        """Of each feature."""
        found, start = [], 0
        for block in blocks(self.names):
            found += [block.name] * (block.end - start)
            start = block.end
        return found


def _rows(case: Case, described: Sequence[Product]) -> Rows:
    folders = [product.path for product in described]
    names = features_of(folders[0])
    table = pd.concat([read_rows(folder, [*KEY, *TOLD]) for folder in folders], ignore_index=True)
    n_glasses = table["replica"].nunique()
    if n_glasses < 2:
        raise InputError(
            f"stages.{case.stage}: {len(table)} labelled rows of {n_glasses} glasses of {case.conditions['glass']} "
            f"({case.conditions['drive']}): shear further, or use more particles or replicas"
        )
    values, start = np.empty((len(table), len(names))), 0
    for folder in folders:  # one glass at a time beside the array: they may be gigabytes
        part = read_rows(folder, names).to_numpy(dtype=np.float64)
        values[start : start + len(part)] = part
        start += len(part)
    labels = table[LABEL].to_numpy(dtype=np.int64)
    return Rows(table, names, values, labels, table["replica"].to_numpy(dtype=np.str_))


def _with_band(curve: pd.DataFrame, column: str = "accuracy") -> pd.DataFrame:
    """The curve with `low` and `high`, one standard deviation over the left-out glasses each way."""
    return curve.assign(low=curve[column] - curve["std"], high=curve[column] + curve["std"])


# -- figures 3 and 7 ---------------------------------------------------------------------------------------------------


def body_order(case: Case) -> None:
    """``order.parquet`` (accuracy) and ``pearson.parquet`` (ARD regression) against number of features."""
    parameters: OrderParameters = case.parameters
    rows = _rows(case, products(case))
    by_glass, random = _splits(rows, parameters.n_folds, case.seed)
    curves = [
        learn.accuracy_by_body_order(rows.X, rows.y, rows.block_names, splits, C=parameters.C).assign(rows=name)
        for name, splits in ((BY_GLASS, by_glass), (RANDOM, random))
    ]
    write_table(case.directory / ORDER, _with_band(pd.concat(curves, ignore_index=True)))
    ends = {block.end for block in blocks(rows.names)}
    points = {1, 2, 3, 5, 7, 10, 11, 12, 15, 20, 30, 40, 60, 100, 140, *ends}
    numbers = [n for n in sorted(points) if n <= min(parameters.ard_features, len(rows.names))]
    target = rows.table[TARGET].to_numpy(dtype=np.float64)
    found = learn.ard_pearson(rows.X, target, by_glass, numbers=numbers)
    write_table(case.directory / PEARSON, _with_band(found, "pearson"))


def _splits(rows: Rows, n_folds: int, seed: int) -> list[list[Split]]:
    smaller = int(min(rows.y.sum(), len(rows.y) - rows.y.sum()))
    return learn.glass_and_random_splits(rows.y, rows.replicas, n_folds=min(n_folds, smaller), seed=seed)


# -- figures 5 and 6, scores -------------------------------------------------------------------------------------------


def selection(case: Case) -> None:
    """Curves by selection, components and body order, the learning curve, the scores, and the indicator."""
    parameters: SelectionParameters = case.parameters
    described = [p for p in products(case) if float(p.conditions["r_cut"]) == parameters.r_cut]
    if not described:
        raise InputError(f"stages.{case.stage}.r_cut = {parameters.r_cut:g} is not among those that were described")
    rows = _rows(case, described)
    by_glass, random = _splits(rows, parameters.n_folds, case.seed)
    write_table(case.directory / SELECTED, _with_band(_bases(rows, by_glass, parameters)))
    baseline = rows.table[list(BASELINE)].to_numpy(dtype=float)
    curves = [
        _learning_curve(values, rows.y, splits, name, parameters.C, case.seed)
        for values, splits, name in (
            (rows.X, by_glass, "left-out glasses"),
            (rows.X, random, "random rows (leaks)"),
            (baseline, by_glass, BASELINE_NAME),
        )
    ]
    write_table(case.directory / CURVE, _with_band(pd.concat(curves, ignore_index=True)))
    scores = _scores(rows, by_glass, random, parameters, case.seed)
    (case.directory / SCORES).write_text(json.dumps(scores, indent=1, sort_keys=True), encoding="utf-8")
    about = read_metadata(described[0].path / "rows.parquet") | {"columns": rows.names, "species": ["A"]}
    save_indicator(case, "activity", learn.Activity(C=parameters.C).fit(rows.X, rows.y), about)


def _bases(rows: Rows, splits: Sequence[Split], parameters: SelectionParameters) -> pd.DataFrame:
    """Accuracy with 2- and 3-body features, in three orders."""
    names, kinds = rows.names, rows.block_names
    end = max(k for k, name in enumerate(kinds, start=1) if name.startswith(("2-body", "3-body")))
    X = rows.X[:, :end]
    ordered = learn.accuracy_by_body_order(X, rows.y, kinds[:end], splits, C=parameters.C)
    n_selected = min(parameters.n_selected, end)
    chosen = learn.accuracy_by_forward_selection(X, rows.y, splits, n_selected, C=parameters.C)
    chosen["feature"] = [names[k] for k in chosen["picked"]]
    components = learn.accuracy_by_components(X, rows.y, splits, C=parameters.C)
    parts = {"body order": ordered, "sequential selection": chosen, "principal components": components}
    columns = ["basis", "n_features", "accuracy", "std", "train_accuracy", "feature"]
    return pd.concat([t.assign(basis=b).reindex(columns=columns) for b, t in parts.items()], ignore_index=True)


def _learning_curve(
    X: NDArray[np.float64], y: NDArray[np.int64], splits: Sequence[Split], name: str, C: float, seed: int
) -> pd.DataFrame:
    """With fractions of the training rows that leave at least a few rows of each class."""
    fewest = min(int(np.bincount(y[split.train], minlength=2).min()) for split in splits)
    fractions = [f for f in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if f * fewest >= 2] or [1.0]
    curve = learn.learning_curve_by_rows(X, y, splits, make_estimator=learn.logistic(C), fractions=fractions, seed=seed)
    return curve.assign(rows=name)


def _scores(
    rows: Rows, by_glass: Sequence[Split], random: Sequence[Split], parameters: SelectionParameters, seed: int
) -> dict[str, float]:
    """Flat scores: of all features first, then of parts of them, other learners, other splits and the baseline."""
    C = parameters.C

    def accuracy(X: Any, splits: Sequence[Split], maker: Any) -> float:
        return float(learn.cross_validated_accuracy(X, rows.y, splits, maker)["accuracy"])

    ends = {name: end for name, end in blocks(rows.names)}
    pairs = max(end for name, end in ends.items() if name.startswith("2-body"))
    parts = {"first_feature": 1, "pairs": pairs, "triples": ends["3-body"]}
    baseline = rows.table[list(BASELINE)].to_numpy(dtype=float)
    target = rows.table[TARGET].to_numpy(dtype=float)
    known = learn.ard_pearson(baseline, target, list(by_glass), numbers=[baseline.shape[1]])
    if pairs > ends["2-body A"]:
        parts |= {"like_pairs": ends["2-body A"], "first_unlike_pair": ends["2-body A"] + 1}
    predicted = learn.split_predictions(rows.table, rows.X, list(by_glass), lambda: learn.Activity(C=C), label=LABEL)
    pooled = learn.score_with_intervals(predicted, label=LABEL, n_resamples=parameters.n_resamples, seed=seed)
    kept = {name: value for name, value in pooled.items() if name.split(".")[0] in ("accuracy", "auc")}
    return {
        **{name: float(value) for name, value in kept.items() if np.isfinite(value)},
        **{name: accuracy(rows.X[:, :n], by_glass, learn.logistic(C)) for name, n in parts.items()},
        "svm.accuracy": accuracy(rows.X, by_glass, learn.linear_svm(C)),
        "random_split.accuracy": accuracy(rows.X, random, learn.logistic(C)),
        "baseline.density_coordination.accuracy": accuracy(baseline, by_glass, learn.logistic(C)),
        "baseline.density_coordination.pearson": float(known["pearson"].iloc[0]),
        "baseline.density.accuracy": accuracy(baseline[:, :1], by_glass, learn.logistic(C)),
        "n_rows": float(len(rows.y)),
        "r_cut": parameters.r_cut,
    }


def work(parameters: Any, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Rows are held once, and twice more by what learns from them (components and the ARD regression; measured 3.1)."""
    described = [work for works in reads.values() for work in works]
    if isinstance(parameters, SelectionParameters):
        described = [work for work in described if float(work.conditions["r_cut"]) == parameters.r_cut]
    rows = sum(work.rows for work in described)
    return Work(parts={"cases": 1.0, "rows": rows}, memory=3.2 * rows * row_bytes(counts))
