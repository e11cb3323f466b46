"""Learning: an indicator for each left-out replica, and the paper's own split with its scans and ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.labels import LabelColumn
from lammps_glass.operations import Case, Wired, operation
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.operations.fit import LEFT_OUT, left_out_rows, save_fit
from lammps_glass.product import TableFile
from lammps_glass.products import Rows, SavedIndicator, pooled
from lammps_glass.simulate.work import Work
from lammps_glass.tables import KEY


class RankedFit(SavedIndicator):
    """An indicator of the best features of a ranking."""

    #: Feature, mean and deviation of its rank over balanced samples; metadata: their number ``n_samples``.
    ranking = TableFile("ranking.parquet")


class Fold(RankedFit):
    """An indicator that left one replica out, and its accuracy on that replica by number of features."""

    #: Correctly predicted rows of the replica, by number of features and balanced sample.
    by_number = TableFile("by_number.parquet")


class SplitFit(RankedFit):
    """The indicator of the paper's split, with scans, choice of C, and comparisons."""

    #: Scores by lag and threshold.
    scan = TableFile("scan.parquet")
    #: Balanced accuracy by C.
    choice_of_c = TableFile("choice_of_c.parquet")
    #: Scores on the training rows.
    train = TableFile("train.parquet")
    #: Predictions of folds of random rows, which leak.
    random_rows = TableFile("random_rows.parquet")


#: Name of the indicator.
NAME = "looseness"
#: Names of scores in the table of scans: class 1 is loose, class 0 is tight.
SCAN_COLUMNS = {"recall": "accuracy_loose", "specificity": "accuracy_tight"}
#: Smallest number of rows of class 1 for a score in scans, unless no combination has as many.
SMALLEST = 20
#: Memory of a training row: 86 columns of 8 bytes, held three times (pooled, sampled, as a matrix).
ROW_BYTES = 3 * 86 * 8


@dataclass(frozen=True)
class LoosenessParameters(ClassParameters):
    """Parameters of a fit: see section 2.3.4 of the paper. The same at every preset.

    Parameters
    ----------
    n_features
        The best of the ranking are used.
    C, n_learners
        Of the logistic regressions, and their number.
    n_samples, ranking_rows, scan_rows
        Number of balanced samples, and the rows of a class in those of the ranking and of the scans; fewer where there
        are fewer.
    ranking_step
        Features that the ranking removes at a time.
    n_test
        Replicas that test in the paper's split.
    """

    lag: int | None = 1
    threshold: float | None = 0.15
    n_features: int = 10
    C: float = 1.0
    n_learners: int = 10
    n_samples: int = 5
    ranking_rows: int = 2115
    scan_rows: int = 1285
    ranking_step: int = 2
    n_test: int = 2


def work(parameters: LoosenessParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare one case and the rows that are read.

    The rates were read off the finished presets smoke and demo on two slow cores, and are good to a factor of two
    there, and of three at sizes that were not run.
    """
    rows = sum(work.rows for work in reads["rows"])
    return Work(parts={"cases": 1.0, "rows": rows}, memory=rows * ROW_BYTES)


def check(stage: Wired) -> None:
    """Refuse a lag or a threshold that the rows were not sampled for.

    Raises
    ------
    InputError
        Naming both keys.
    """
    parameters = stage.parameters
    for rows in stage.reads["rows"]:
        if parameters.threshold not in rows.parameters.thresholds:
            raise InputError(f"{stage.key('threshold')} is not among {rows.key('thresholds')}: add it there")
        for labels in rows.reads["labels"]:
            if parameters.lag not in labels.parameters.label.build().lags:
                raise InputError(f"{stage.key('lag')} is not among the lags of stages.{labels.stage}.label")


def read(case: Case[LoosenessParameters], rows: Sequence[Rows]) -> tuple[pd.DataFrame, LabelColumn, float]:
    """Read the rows of all replicas; return them with the column and the threshold of their classes."""
    label = case.parameters.column(rows[0].label_columns, f"stages.{case.stage}")
    return pooled(rows), label, float(case.parameters.threshold or 0)


def classified(rows: Sequence[Rows], table: pd.DataFrame, label: LabelColumn, threshold: float) -> pd.DataFrame:
    """Return rows to learn from, with the class in the column ``label``.

    These are all sampled rows of class 1, and the rows of class 0 in the sample of all rows.

    Raises
    ------
    InputError
        No particle is of class 1.
    """
    index = pd.MultiIndex.from_frame(table[KEY])
    above, uniform = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    for product in rows:
        above |= index.isin(product.sample(label.name, threshold))
        uniform |= index.isin(product.sample())
    below = uniform & (table[label.name] <= threshold).to_numpy()
    if not above.any():
        raise InputError(f"threshold {threshold:g} leaves no loose particle in training: lower it or run longer")
    return table[above | below].assign(label=above[above | below].astype(np.int64)).reset_index(drop=True)


def ensemble(parameters: LoosenessParameters, seed: int) -> learn.EasyEnsemble:
    """Return the indicator before it is fitted."""
    return learn.EasyEnsemble(C=parameters.C, n_estimators=parameters.n_learners, random_state=seed)


def fit_best(
    case: Case[LoosenessParameters], fit: RankedFit, rows: Rows, label: LabelColumn, training: pd.DataFrame
) -> tuple[pd.DataFrame, list[str], learn.EasyEnsemble]:
    """Rank the features on the training rows, and save an ensemble of the best: ranking, their names, ensemble."""
    parameters, classes = case.parameters, training["label"].to_numpy()
    ranking = learn.rank_features(
        learn.matrix(training, rows.features), classes, rows.features, n_samples=parameters.n_samples,
        size_per_class=parameters.ranking_rows, step=parameters.ranking_step, seed=case.seed,
    )  # fmt: skip
    best = ranking["feature"].head(parameters.n_features).tolist()
    estimator = ensemble(parameters, case.seed).fit(learn.matrix(training, best), classes)
    fit.ranking.write(ranking, {"n_samples": parameters.n_samples})
    save_fit(case, fit, NAME, estimator, rows, label, best, training, classes)
    return ranking, best, estimator


@operation(work=work, rates={"cases": 15.0, "rows": 2e-4}, check=check)
def fit_without_one(case: Case[LoosenessParameters], rows: Sequence[Rows]) -> Fold:
    """Rank and choose features and fit on all replicas but ``left_out``, which is used for tests only."""
    table, label, threshold = read(case, rows)
    training = classified(rows, table[~left_out_rows(case, table, "replica")], label, threshold)
    fold = Fold(case.directory)
    ranking, _, _ = fit_best(case, fold, rows[0], label, training)
    learned = classified(rows, table, label, threshold)
    split = learn.split_by_replica(learned["replica"], test_replicas=[str(case.conditions[LEFT_OUT])])
    counts = learn.right_by_number_of_features(
        learn.matrix(learned, ranking["feature"].tolist()), learned["label"], split, C=case.parameters.C,
        n_samples=case.parameters.n_samples, size_per_class=case.parameters.ranking_rows, seed=case.seed,
    )  # fmt: skip
    fold.by_number.write(counts)
    return fold


@operation(work=work, rates={"cases": 14.0, "rows": 4e-4}, check=check)
def fit_split(case: Case[LoosenessParameters], rows: Sequence[Rows]) -> SplitFit:
    """Fit as the paper does, with one split of whole replicas; scan, choose C, rank features."""
    parameters, seed = case.parameters, case.seed
    table, label, threshold = read(case, rows)
    learned = classified(rows, table, label, threshold)
    training = learned.iloc[learn.split_by_replica(learned["replica"], n_test=parameters.n_test, seed=seed).train]
    split = SplitFit(case.directory)
    _, best, estimator = fit_best(case, split, rows[0], label, training)
    split.scan.write(_scan(rows, table, parameters, seed))
    split.choice_of_c.write(_choose_c(training, rows[0].features, parameters, seed), {"C": parameters.C})
    # A balanced sample of the rows that trained, as the paper gives its training accuracy.
    sample = training.iloc[learn.balanced_samples(training["label"], 1, None, seed=seed).indices[0]]
    probability = estimator.predict_proba(learn.matrix(sample, best))[:, 1]
    split.train.write(pd.DataFrame([learn.scores(sample["label"], probability)]))
    leaking = learn.random_row_predictions(learned, best, lambda: ensemble(parameters, seed), seed=seed)
    split.random_rows.write(leaking)
    return split


def _choose_c(rows: pd.DataFrame, columns: list[str], parameters: LoosenessParameters, seed: int) -> pd.DataFrame:
    """Choose C (table S2) by folds of whole replicas; by random rows (which leak) if a fold would lack loose rows."""
    loose_replicas = rows.loc[rows["label"] == 1, "replica"].nunique()
    by_replica = loose_replicas >= 3
    table = learn.choose_c(
        learn.matrix(rows, columns),
        rows["label"],
        rows["replica"] if by_replica else None,
        n_samples=parameters.n_samples,
        n_folds=5 if by_replica else min(5, int(rows["label"].sum())),
        size_per_class=parameters.scan_rows,
        seed=seed,
    )
    return table.assign(folds="replica" if by_replica else "random rows (leaks)")


def _scan(rows: Sequence[Rows], table: pd.DataFrame, parameters: LoosenessParameters, seed: int) -> pd.DataFrame:
    """Return scores by lag and threshold on samples of one size; each combination draws from its own rows."""
    members = pd.concat([product.samples.read() for product in rows], ignore_index=True)
    counts = members[members["label"] != ""].groupby(["label", "threshold"]).size()
    combinations = [
        (label, threshold, int(counts[label.name, threshold]))
        for label in rows[0].label_columns
        for threshold in sorted(members["threshold"].unique())
        if (label.name, threshold) in counts.index
    ]
    if not combinations:
        raise InputError("no particle is loose at any threshold: lower the thresholds or run longer")
    sizes = [count for _, _, count in combinations]
    smallest = min(SMALLEST, max(sizes))
    size_per_class = min([parameters.scan_rows, *(size for size in sizes if size >= smallest)])
    scanned = []
    for label, threshold, _ in combinations:
        learned = classified(rows, table, label, threshold).rename(columns={label.name: "d2min"})
        try:
            scores = learn.threshold_scan(
                {label.lag: learned}, rows[0].features, [threshold], C=parameters.C, n_samples=parameters.n_samples,
                size_per_class=size_per_class, smallest=smallest, seed=seed,
            )  # fmt: skip
        except InputError:  # a fold of whole replicas trains without class 1: this combination cannot be evaluated
            scores = pd.DataFrame([{"dt": label.lag, "threshold": threshold, "folds": "replica", "leaking": False}])
        scanned.append(scores)
    names = {"dt": "lag", **SCAN_COLUMNS, **{f"{n}_std": f"{c}_std" for n, c in SCAN_COLUMNS.items()}}
    return pd.concat(scanned, ignore_index=True).rename(columns=names)
