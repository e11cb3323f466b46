"""Learning from the rows of one glass and drive: curves in body order, selections, regressions, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import learn
from lammps_glass.descriptors import ACE, Joined
from lammps_glass.errors import InputError
from lammps_glass.labels import CLASS
from lammps_glass.learn.estimator import MakeEstimator
from lammps_glass.learn.penalty import GRID
from lammps_glass.learn.splits import Split
from lammps_glass.operations import Case, Wired, operation
from lammps_glass.operations.describe import DescribeParameters
from lammps_glass.product import JsonFile, Product, TableFile
from lammps_glass.products import Rows, SavedIndicator, pooled
from lammps_glass.simulate.work import Work
from lammps_glass.tables import KEY

Floats = NDArray[np.float64]
LABEL = "label"  # column of the classes in tables that are learned from
#: Parts of the descriptor: the cluster expansion, and the baseline of every curve with its name in figures.
EXPANSION, BASELINE, BASELINE_NAME = "ace", "local-density", "density and coordination"
BY_GLASS, RANDOM, FIXED = "by glass", "random rows", "by glass, C = 1"
#: C that stands beside the chosen ones: scikit-learn's default.
FIXED_C = 1.0
#: Factors of features for each body order beyond the first that are tried; 0 leaves higher orders out.
ORDER_FACTORS = (0.0, 0.1, 0.3, 1.0)


class BodyOrderCurves(Product):
    """Curves against the number of features, in body order: accuracy, and Pearson coefficient of the ARD regression."""

    accuracy = TableFile("order.parquet")
    #: Log loss of left-out glasses by C, factor, split and number of features; see `learn.Penalties`.
    penalties = TableFile("penalties.parquet", optional=True)
    pearson = TableFile("pearson.parquet")


class Selection(SavedIndicator):
    """The indicator of all features, with curves by selection and by number of rows, and flat scores."""

    bases = TableFile("selection.parquet")
    learning = TableFile("curve.parquet")
    scores_file = JsonFile("scores.json")

    @property
    def scores(self) -> dict[str, float]:
        """Scores by name, the cutoff ``r_cut`` among them."""
        scores: dict[str, float] = self.scores_file.read()
        return scores


@dataclass(frozen=True)
class OrderParameters:
    """Parameters of the operation ``body_order``.

    Parameters
    ----------
    C
        Inverse strength of the penalty of the regressions; by default chosen from `grid` for each left-out glass among
        those that train, and for each block of features; scores with C = 1 stand beside.
    grid
        Values of C that are tried.
    order_factors
        Factors of features for each body order beyond the first, which are chosen together with C: the weights of
        higher orders are penalised more. ``[1.0]`` penalises all alike. A given C does, too.
    n_folds
        Folds of random rows, for comparison; and folds of training glasses for the choice of C.
    ard_features
        Largest number of features of the ARD regression; its cost grows with their cube.
    """

    C: float | None = None
    grid: tuple[float, ...] = GRID
    order_factors: tuple[float, ...] = ORDER_FACTORS
    n_folds: int = 5
    ard_features: int = 1200


@dataclass(frozen=True)
class SelectionParameters:
    """Parameters of the operation ``selection``.

    Parameters
    ----------
    C, grid, order_factors, n_folds
        As in `OrderParameters`.
    n_selected
        Number of features that are selected one by one.
    n_resamples
        Number of resamples of the bootstrap over replicas.
    """

    C: float | None = None
    grid: tuple[float, ...] = GRID
    order_factors: tuple[float, ...] = ORDER_FACTORS
    n_folds: int = 5
    n_selected: int = 60
    n_resamples: int = 500


class Samples(NamedTuple):
    """Rows of one glass and drive: the classes are balanced in every replica.

    Attributes
    ----------
    table
        Keys and class (``label``).
    X, baseline
        (n_rows, n_features) of the cluster expansion, and of density and coordination.
    y, target
        (n_rows,) classes, and D2min.
    expansion
        The descriptor.
    splits
        By replica, and of random rows.
    """

    table: pd.DataFrame
    X: Floats
    baseline: Floats
    y: NDArray[np.int64]
    target: Floats
    expansion: ACE
    splits: tuple[list[Split], list[Split]]

    @property
    def block_names(self) -> list[str]:
        """Name of the block of each feature."""
        return [block.name for block in self.expansion.blocks for _ in block.features]

    @property
    def ends(self) -> list[int]:
        """Numbers of features at the end of each block."""
        return [int(end) for end in np.cumsum([len(block.features) for block in self.expansion.blocks])]

    def penalties(self, parameters: OrderParameters | SelectionParameters, seed: int) -> learn.Penalties:
        """Choose the penalty for each left-out glass at the end of each block; a given C leaves no choice."""
        blocks = self.expansion.blocks
        grid, factors = parameters.grid, parameters.order_factors
        if parameters.C is not None:
            grid, factors = (parameters.C,), (1.0,)
        return learn.choose_penalties(
            self.X, self.y, self.table["replica"], self.splits[0], self.ends,
            grid=grid, factors=factors, n_folds=parameters.n_folds, seed=seed,
            orders=[block.body_order - blocks[0].body_order for block in blocks for _ in block.features],
        )  # fmt: skip

    def end_of(self, body_order: int) -> int:
        """Return the number of features of at most this body order."""
        return sum(len(block.features) for block in self.expansion.blocks if block.body_order <= body_order)


def expansion_of(rows: Rows) -> ACE:
    """Return the cluster expansion that made some of the features of rows."""
    joined = cast("Joined", rows.built_descriptor)  # `check` has refused other rows
    return next(part for part in joined.members if isinstance(part, ACE))


def read_samples(rows: Sequence[Rows], n_folds: int, seed: int, where: str) -> Samples:
    """Read the rows of all replicas.

    Raises
    ------
    InputError
        Fewer than two replicas have rows; the message begins with `where`.
    """
    label, target = (rows[0].label_column(quantity=quantity).name for quantity in (CLASS, "d2min"))
    features, baseline = rows[0].families[EXPANSION], rows[0].families[BASELINE]
    table = pooled(rows, [*KEY, label, target, *baseline])
    replicas, y = table["replica"].to_numpy(dtype=np.str_), table[label].to_numpy(dtype=np.int64)
    if len(set(replicas)) < 2:
        raise InputError(
            f"{where}: {len(table)} labelled rows of {len(set(replicas))} replicas: shear further, or use more "
            "particles or replicas"
        )
    X, start = np.empty((len(table), len(features))), 0
    for product in rows:  # one replica at a time beside the array: they may be gigabytes
        part = product.table.read(features).to_numpy(dtype=np.float64)
        X[start : start + len(part)] = part
        start += len(part)
    smaller = int(min(y.sum(), len(y) - y.sum()))
    by_glass, random = learn.glass_and_random_splits(y, replicas, n_folds=min(n_folds, smaller), seed=seed)
    return Samples(
        table[KEY].assign(**{LABEL: y}),
        X,
        table[baseline].to_numpy(dtype=np.float64),
        y,
        table[target].to_numpy(dtype=np.float64),
        expansion_of(rows[0]),
        (by_glass, random),
    )


def check(stage: Wired) -> None:
    """Refuse stages whose cases would mix glasses, drives or cutoffs, and rows of another descriptor."""
    for read in stage.reads["rows"]:
        for name in ("glass", "drive", "r_cut"):
            if name in read.conditions and name not in stage.conditions:
                raise InputError(f"stages.{stage.stage}.over: without {name} its cases would mix rows: add it")
        if isinstance(read.parameters, DescribeParameters):
            parts = read.parameters.descriptor.options.get("parts", {})
            if not {EXPANSION, BASELINE} <= set(parts):
                needed = f"a joined descriptor of {EXPANSION} and {BASELINE}"
                raise InputError(f"stages.{read.stage}.descriptor: stages.{stage.stage} needs {needed}")


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the rows; three copies of them are in memory while estimators are fitted (measured: 3.1)."""
    rows = sum(work.rows for work in reads["rows"])
    row_bytes = 8 * (1121 if len(counts) == 1 else 574)  # with the numbers of features of the paper
    return Work(parts={"cases": 1.0, "rows": rows}, memory=3.2 * rows * row_bytes)


def with_band(curve: pd.DataFrame, column: str = "accuracy") -> pd.DataFrame:
    """Return the curve with `low` and `high`, one standard deviation over the left-out replicas each way."""
    return curve.assign(low=curve[column] - curve["std"], high=curve[column] + curve["std"])


# -- figures 3 and 7 (rates were read off the preset demo on two shared cores: good to a factor of three) --------------


@operation(version=3, work=work, rates={"cases": 2.0, "rows": 0.02}, check=check)
def body_order(case: Case[OrderParameters], rows: Sequence[Rows]) -> BodyOrderCurves:
    """Score regressions on the first n features in body order, for each n of a curve."""
    parameters = case.parameters
    samples = read_samples(rows, parameters.n_folds, case.seed, f"stages.{case.stage}")
    X, y, (by_glass, random) = samples.X, samples.y, samples.splits
    penalties = samples.penalties(parameters, case.seed)
    curves = [
        learn.accuracy_by_body_order(X, y, samples.block_names, splits, C=C).assign(rows=name)
        for name, splits, C in (
            (BY_GLASS, by_glass, penalties.of_split),
            (RANDOM, random, lambda split, number: penalties.of_all(number)),
            (FIXED, by_glass, FIXED_C),
        )
    ]
    product = BodyOrderCurves(case.directory)
    product.accuracy.write(with_band(pd.concat(curves, ignore_index=True)))
    product.penalties.write(penalties.losses)
    points = {1, 2, 3, 5, 7, 10, 11, 12, 15, 20, 30, 40, 60, 100, 140, *samples.ends}
    numbers = [n for n in sorted(points) if n <= min(parameters.ard_features, X.shape[1])]
    pearson = learn.ard_pearson(X, samples.target, samples.splits[0], numbers=numbers)
    product.pearson.write(with_band(pearson, "pearson"))
    return product


# -- figures 5 and 6, scores -------------------------------------------------------------------------------------------


@operation(version=3, work=work, rates={"cases": 2.0, "rows": 0.04}, check=check)
def selection(case: Case[SelectionParameters], rows: Sequence[Rows]) -> Selection:
    """Select features, compare orders of features, make learning curves, score, and fit the indicator to all rows."""
    parameters = case.parameters
    samples = read_samples(rows, parameters.n_folds, case.seed, f"stages.{case.stage}")
    by_glass, random = samples.splits
    penalties = samples.penalties(parameters, case.seed)
    n_features = samples.X.shape[1]
    of_all = activity(penalties.of_all(n_features))
    product = Selection(case.directory)
    product.bases.write(with_band(_bases(samples, parameters, penalties)))
    curves = [
        _learning_curve(values, samples.y, splits, name, make, case.seed)
        for values, splits, name, make in (
            (samples.X, by_glass, "left-out glasses", makers(penalties, len(by_glass), n_features)),
            (samples.X, random, "random rows (leaks)", of_all),
            (samples.baseline, by_glass, BASELINE_NAME, learn.logistic(FIXED_C)),
        )
    ]
    product.learning.write(with_band(pd.concat(curves, ignore_index=True)))
    product.scores_file.write(_scores(samples, parameters, penalties, case.seed))
    expansion = samples.expansion
    about = {
        **rows[0].description,
        "descriptor": expansion.name,
        "parameters": expansion.get_params(),
        "families": {block.name: block.features for block in expansion.blocks},
        "columns": expansion.feature_names,
    }
    product.save("activity", of_all().fit(samples.X, samples.y), case.glass, case.seed, about)
    return product


def activity(penalty: learn.Penalty) -> MakeEstimator:
    """Return a function that makes logistic regressions with a penalty."""
    return partial(learn.Activity, **penalty._asdict())


def makers(penalties: learn.Penalties, n_splits: int, n_features: int) -> list[MakeEstimator]:
    """Return a function for each split that makes its logistic regression on the first `n_features`."""
    return [activity(penalties.of_split(split, n_features)) for split in range(n_splits)]


def _bases(samples: Samples, parameters: SelectionParameters, penalties: learn.Penalties) -> pd.DataFrame:
    """Return the accuracy with 2- and 3-body features, in three orders.

    Selected features and components mix body orders: all have one penalty, with the C of all of these features.
    """
    end, y, splits = samples.end_of(3), samples.y, samples.splits[0]
    X, names = samples.X[:, :end], samples.expansion.short_names
    one_for_all = penalties.one_for_all or penalties

    def strength(split: int, number: int) -> learn.Penalty:
        """Return the penalty of a split for all of these features."""
        return one_for_all.of_split(split, end)

    ordered = learn.accuracy_by_body_order(X, y, samples.block_names[:end], splits, C=penalties.of_split)
    selected = learn.accuracy_by_forward_selection(
        X, y, splits, min(parameters.n_selected, end), C=strength, overall_C=one_for_all.of_all(end).C
    )
    selected["feature"] = [names[k] for k in selected["picked"]]
    components = learn.accuracy_by_components(X, y, splits, C=strength)
    parts = {"body order": ordered, "sequential selection": selected, "principal components": components}
    columns = ["basis", "n_features", "accuracy", "std", "train_accuracy", "feature"]
    return pd.concat([t.assign(basis=b).reindex(columns=columns) for b, t in parts.items()], ignore_index=True)


def _learning_curve(
    X: Floats,
    y: NDArray[np.int64],
    splits: Sequence[Split],
    name: str,
    make: MakeEstimator | Sequence[MakeEstimator],
    seed: int,
) -> pd.DataFrame:
    """Return the curve with fractions of the training rows that leave at least a few rows of each class."""
    fewest = min(int(np.bincount(y[split.train], minlength=2).min()) for split in splits)
    fractions = [f for f in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if f * fewest >= 2] or [1.0]
    curve = learn.learning_curve_by_rows(X, y, splits, make_estimator=make, fractions=fractions, seed=seed)
    return curve.assign(rows=name)


def _scores(
    samples: Samples, parameters: SelectionParameters, penalties: learn.Penalties, seed: int
) -> dict[str, float]:
    """Return flat scores: of all features, then of parts of them, other learners, other splits and the baseline."""
    X, y, baseline, (by_glass, random) = samples.X, samples.y, samples.baseline, samples.splits
    n_features, fixed = X.shape[1], learn.logistic(FIXED_C)

    def accuracy(values: Floats, splits: Sequence[Split], maker: MakeEstimator | Sequence[MakeEstimator]) -> float:
        """Compute the cross-validated accuracy of new estimators."""
        return float(learn.cross_validated_accuracy(values, y, splits, maker)["accuracy"])

    n_splits, one_for_all = len(by_glass), penalties.one_for_all or penalties
    predicted = learn.split_predictions(
        samples.table, X, by_glass, makers(penalties, n_splits, n_features), label=LABEL
    )
    pooled = learn.score_with_intervals(predicted, label=LABEL, n_resamples=parameters.n_resamples, seed=seed)
    shown = [f"{name}{end}" for name in ("accuracy", "auc") for end in ("", ".low", ".high")]
    correlation = learn.ard_pearson(baseline, samples.target, by_glass, numbers=[baseline.shape[1]])
    pairs = [block for block in samples.expansion.blocks if block.body_order == 2]
    parts = {"first_feature": 1, "pairs": samples.end_of(2), "triples": samples.end_of(3)}
    if len(pairs) > 1:
        parts |= {"like_pairs": len(pairs[0].features), "first_unlike_pair": len(pairs[0].features) + 1}
    return {
        **{name: float(pooled[name]) for name in shown if np.isfinite(pooled[name])},
        **{name: accuracy(X[:, :n], by_glass, makers(penalties, n_splits, n)) for name, n in parts.items()},
        "C": float(np.median(penalties.by_split[:, -1, 0])),
        "order_factor": float(np.median(penalties.by_split[:, -1, 1])),
        "one_penalty.accuracy": accuracy(X, by_glass, makers(one_for_all, n_splits, n_features)),
        "one_penalty.triples": accuracy(
            X[:, : parts["triples"]], by_glass, makers(one_for_all, n_splits, parts["triples"])
        ),
        "fixed.accuracy": accuracy(X, by_glass, fixed),
        "fixed.pairs": accuracy(X[:, : parts["pairs"]], by_glass, fixed),
        "fixed.triples": accuracy(X[:, : parts["triples"]], by_glass, fixed),
        "svm.accuracy": accuracy(X, by_glass, learn.linear_svm(FIXED_C)),
        "random_split.accuracy": accuracy(X, random, activity(penalties.of_all(n_features))),
        "baseline.density_coordination.accuracy": accuracy(baseline, by_glass, fixed),
        "baseline.density_coordination.pearson": float(correlation["pearson"].iloc[0]),
        "baseline.density.accuracy": accuracy(baseline[:, :1], by_glass, fixed),
        "n_rows": float(len(y)),
        "r_cut": float(samples.expansion.r_cut),
    }
