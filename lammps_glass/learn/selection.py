"""Choice of the regularisation and of the features, on balanced samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.cross_validate import out_of_fold
from lammps_glass.learn.easy_ensemble import MAX_ITERATIONS
from lammps_glass.learn.estimator import Classifier
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.sampling import balanced_samples
from lammps_glass.learn.scoring import scores
from lammps_glass.learn.splits import Split, random_row_folds, replica_folds

DEFAULT_GRID = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)


def logistic(C: float) -> Callable[[], Classifier]:
    """Return a function that makes logistic regressions on features standardised by the training rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return lambda: make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=MAX_ITERATIONS))


def sample_folds(y: NDArray[np.int64], groups: ArrayLike | None, n_folds: int, seed: int) -> list[Split]:
    """Split the rows of a sample into folds of whole `groups` (replicas), or of random rows (leaking) for None."""
    if groups is None:
        return random_row_folds(y, n_folds, seed=seed)
    return replica_folds(groups, n_folds, seed=seed)


def sampled_scores(
    X: NDArray[np.float64],
    y: ArrayLike,
    groups: ArrayLike | None,
    *,
    C: float,
    n_samples: int,
    n_folds: int,
    size_per_class: int | None,
    seed: int,
) -> tuple[pd.DataFrame, int]:
    """Cross-validate a logistic regression on balanced samples: scores, a row per sample, and rows of each class.

    The predictions of a sample's folds are pooled before they are scored, since a fold may hold one class only.
    """
    labels = check_two_classes(y, "rows")
    samples = balanced_samples(labels, n_samples, size_per_class, seed=seed)
    names = None if groups is None else np.asarray(groups)
    results = []
    for rows in samples.indices:
        folds = sample_folds(labels[rows], None if names is None else names[rows], n_folds, seed)
        probability = out_of_fold(X[rows], labels[rows], folds, logistic(C))
        results.append(scores(labels[rows], probability))
    return pd.DataFrame(results), samples.size_per_class


def choose_c(
    X: NDArray[np.float64],
    y: ArrayLike,
    groups: ArrayLike | None,
    *,
    grid: Sequence[float] = DEFAULT_GRID,
    n_samples: int = 5,
    n_folds: int = 5,
    size_per_class: int | None = None,
    seed: int,
) -> pd.DataFrame:
    """Cross-validate a logistic regression for each C of a grid (table S2 of Wu & Ruiz Pestana 2023).

    Parameters
    ----------
    X, y
        (n_rows, n_features) and (n_rows,) 0 or 1.
    groups
        (n_rows,) replicas: folds are of whole replicas. None: random rows, which leaks.
    grid
        Values of C.

    Returns
    -------
    DataFrame
        ``C``, ``balanced_accuracy`` and its ``std`` over the samples, ``size_per_class``, ``chosen`` (one row True).
    """
    if not len(grid) or min(grid) <= 0:
        raise InputError(f"grid of C {list(grid)}: give positive numbers")
    rows = []
    for C in grid:
        table, size = sampled_scores(
            X, y, groups, C=C, n_samples=n_samples, n_folds=n_folds, size_per_class=size_per_class, seed=seed
        )
        accuracy = table["balanced_accuracy"]
        rows.append((float(C), accuracy.mean(), accuracy.std(ddof=0), size))
    result = pd.DataFrame(rows, columns=["C", "balanced_accuracy", "std", "size_per_class"])
    result["chosen"] = result["C"] == best_c(result)
    return result


def best_c(table: pd.DataFrame) -> float:
    """Return the C of highest mean balanced accuracy in a table of `choose_c`; of equal ones the smallest."""
    best = table[table["balanced_accuracy"] == table["balanced_accuracy"].max()]
    return float(best["C"].min())


def _ranking(
    X: NDArray[np.float64], y: NDArray[np.int64], step: int | float, n_estimators: int, seed: int
) -> NDArray[np.int64]:
    """Rank the features of one sample by recursive elimination: (n_features,), 1 is best."""
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.feature_selection import RFE

    trees = GradientBoostingClassifier(n_estimators=n_estimators, random_state=seed)
    ranking: NDArray[np.int64] = RFE(trees, n_features_to_select=1, step=step).fit(X, y).ranking_
    return ranking


def rank_features(
    X: NDArray[np.float64],
    y: ArrayLike,
    names: Sequence[str],
    *,
    n_samples: int = 5,
    size_per_class: int | None = None,
    step: int | float = 1,
    n_estimators: int = 100,
    n_jobs: int = 1,
    seed: int,
) -> pd.DataFrame:
    """Rank features by recursive elimination with gradient boosting, averaged over balanced samples.

    Section 2.3.4 of Wu & Ruiz Pestana (2023) has five samples of 2115 rows of each class. Other options of the trees
    are scikit-learn's defaults, as the paper gives none. Features are not standardised, since trees depend on the order
    of values only. Give the rows of training replicas only: test rows must not enter the ranking.

    Parameters
    ----------
    step
        Features removed at a time (a number, or a fraction of all); 1 as usual, larger is cheaper.
    n_jobs
        Processes over the samples; the result does not depend on it.

    Returns
    -------
    DataFrame
        ``feature``, ``mean_rank`` (1 is best), ``std_rank``, ``rank_0`` ... by sample, ``size_per_class``; best first,
        ties in the order of `names`.
    """
    from sklearn.utils.parallel import Parallel, delayed

    labels = check_two_classes(y, "rows")
    if X.shape != (len(labels), len(names)):
        raise InputError(f"features of shape {X.shape} do not fit {len(labels)} labels and {len(names)} names")
    samples = balanced_samples(labels, n_samples, size_per_class, seed=seed)
    rankings = Parallel(n_jobs=n_jobs)(
        delayed(_ranking)(X[rows], labels[rows], step, n_estimators, seed) for rows in samples.indices
    )
    ranks = np.asarray(rankings, dtype=np.float64)
    table = pd.DataFrame({"feature": list(names), "mean_rank": ranks.mean(axis=0), "std_rank": ranks.std(axis=0)})
    for number, rank in enumerate(ranks.astype(np.int64)):
        table[f"rank_{number}"] = rank
    table["size_per_class"] = samples.size_per_class
    return table.sort_values("mean_rank", kind="stable", ignore_index=True)


def right_by_number_of_features(
    X: NDArray[np.float64],
    y: ArrayLike,
    split: Split,
    *,
    numbers: Sequence[int] | None = None,
    C: float = 1.0,
    n_samples: int = 5,
    size_per_class: int | None = None,
    seed: int,
) -> pd.DataFrame:
    """Count the test rows of each class that logistic regressions of the first n columns predict correctly.

    Parameters
    ----------
    X, y
        (n_rows, n_features), the best feature first, ranked on rows that do not test; (n_rows,) 0 or 1.
    split
        Rows that train, of which `n_samples` balanced samples are drawn, and rows that test.
    numbers
        Numbers n of features; None: all.

    Returns
    -------
    DataFrame
        ``n_features``, ``sample``, and ``class_1``, ``class_1_right``, ``class_0``, ``class_0_right`` (rows).
    """
    labels = check_two_classes(y, "rows")
    counts = list(range(1, X.shape[1] + 1)) if numbers is None else list(numbers)
    if not counts or not 1 <= min(counts) <= max(counts) <= X.shape[1]:
        raise InputError(f"numbers of features {counts}: give numbers from 1 to {X.shape[1]}")
    samples = balanced_samples(labels[split.train], n_samples, size_per_class, seed=seed).indices
    class_1, rows = labels[split.test] == 1, []
    for count in counts:
        for number, chosen in enumerate(samples):
            trained = split.train[chosen]
            model = logistic(C)().fit(X[trained, :count], labels[trained])
            right = (model.predict_proba(X[split.test, :count])[:, 1] > 0.5) == class_1
            rows.append((count, number, class_1.sum(), right[class_1].sum(), (~class_1).sum(), right[~class_1].sum()))
    return pd.DataFrame(rows, columns=["n_features", "sample", "class_1", "class_1_right", "class_0", "class_0_right"])


def accuracy_by_number_of_features(counts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Compute the balanced accuracy against the number of top ranked features, test rows of all splits pooled.

    Figure 5A of Wu & Ruiz Pestana (2023). `counts` are tables of `right_by_number_of_features`, one a split. Returns
    ``n_features``, ``balanced_accuracy`` and its ``std`` over the samples.
    """
    pooled = pd.concat(counts).groupby(["n_features", "sample"], as_index=False).sum()
    recalls = pooled["class_1_right"] / pooled["class_1"], pooled["class_0_right"] / pooled["class_0"]
    accuracy = pooled.assign(accuracy=(recalls[0] + recalls[1]) / 2).groupby("n_features")["accuracy"]
    return pd.DataFrame({"balanced_accuracy": accuracy.mean(), "std": accuracy.std(ddof=0)}).reset_index()
