"""Learning curves: accuracy on left-out rows against the number of glasses or rows that train."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.cross_validate import out_of_fold
from lammps_glass.learn.estimator import MakeEstimator, indicator_values, threshold_of
from lammps_glass.learn.nested_subsets import spread_over_splits
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.selection import logistic
from lammps_glass.learn.splits import Split, leave_one_replica_out, random_row_folds

Floats = NDArray[np.float64]


def linear_svm(C: float) -> MakeEstimator:
    """Return a function that makes standardised linear support vector machines with squared hinge loss."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    return lambda: make_pipeline(StandardScaler(), LinearSVC(C=C, dual=False, max_iter=10_000))


def glass_and_random_splits(y: ArrayLike, replicas: ArrayLike, *, n_folds: int = 5, seed: int) -> list[list[Split]]:
    """Split rows in two ways: leave one glass out, and folds of random rows (which leak)."""
    return [leave_one_replica_out(replicas), random_row_folds(y, n_folds, seed=seed)]


def cross_validated_accuracy(
    X: Floats, y: ArrayLike, splits: Sequence[Split], make_estimator: MakeEstimator | Sequence[MakeEstimator]
) -> dict[str, float | bool]:
    """Compute the cross-validated accuracy of any estimator, the same in all splits or one for each, on any columns.

    Returns ``accuracy`` (tested rows pooled), ``std`` (over splits, each weighted by its rows), ``n_rows`` tested,
    ``leaking``.
    """
    labels = check_two_classes(y, "rows")
    values = out_of_fold(X, labels, splits, make_estimator)
    first = make_estimator if callable(make_estimator) else make_estimator[0]
    right = (values > threshold_of(first())) == labels
    by_split = [right[split.test] for split in splits]
    return {
        "accuracy": float(np.concatenate(by_split).mean()),
        "std": float(spread_over_splits([part.mean() for part in by_split], [len(part) for part in by_split])),
        "n_rows": sum(map(len, by_split)),
        "leaking": any(split.leaking for split in splits),
    }


def learning_curve_by_replica(
    X: Floats,
    y: ArrayLike,
    replicas: ArrayLike,
    *,
    make_estimator: MakeEstimator | None = None,
    numbers: Sequence[int] | None = None,
    n_draws: int = 3,
    seed: int,
) -> pd.DataFrame:
    """Compute the accuracy on a left-out glass against the number of glasses that train.

    Figure 6 of Rottler and Ortner (2024). Every glass tests in turn, with each number of others drawn `n_draws` times.
    Default estimator: logistic regression, C = 1.

    Returns
    -------
    DataFrame
        ``n_replicas``, ``n_rows`` (that train, mean), ``accuracy`` (of the tested rows of all glasses together, mean
        over draws), ``std`` (over tested glasses and draws, each by its rows), ``train_accuracy`` (mean), ``leaking``
        (false).
    """
    names = np.asarray(replicas).astype(str)
    splits = leave_one_replica_out(names)
    most = len(splits) - 1
    sizes = range(1, most + 1) if numbers is None else numbers
    if n_draws < 1 or not len(sizes) or not 1 <= min(sizes) <= max(sizes) <= most:
        raise InputError(
            f"{n_draws} draws of {list(sizes)} training glasses: give at least 1 draw, 1 to {most} glasses"
        )

    def draw(split: Split, number: float, random: np.random.Generator) -> NDArray[np.intp]:
        """Draw the rows of `number` training glasses."""
        others = np.unique(names[split.train])
        return split.train[np.isin(names[split.train], random.choice(others, int(number), replace=False))]

    return _curve(X, y, splits, sizes, draw, "n_replicas", make_estimator, n_draws, seed)


def learning_curve_by_rows(
    X: Floats,
    y: ArrayLike,
    splits: Sequence[Split],
    *,
    make_estimator: MakeEstimator | Sequence[MakeEstimator] | None = None,
    fractions: Sequence[float] = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0),
    n_draws: int = 3,
    seed: int,
) -> pd.DataFrame:
    """Compute the accuracy against the fraction of the training rows of each split, drawn by class.

    Returns the columns of `learning_curve_by_replica`, with ``fraction`` for ``n_replicas``. `splits` are by glass, or
    of random rows for comparison (``leaking`` is then true).
    """
    labels = check_two_classes(y, "rows")
    if n_draws < 1 or not len(fractions) or not 0 < min(fractions) <= max(fractions) <= 1:
        raise InputError(f"{n_draws} draws of fractions {list(fractions)}: give at least 1 draw, fractions up to 1")

    def draw(split: Split, fraction: float, random: np.random.Generator) -> NDArray[np.intp]:
        """Draw a fraction of the training rows of each class."""
        classes = [split.train[labels[split.train] == value] for value in (0, 1)]
        sizes = [max(1, round(fraction * len(rows))) for rows in classes]
        drawn = [random.choice(rows, size, replace=False) for rows, size in zip(classes, sizes)]
        return np.sort(np.concatenate(drawn))

    return _curve(X, y, splits, fractions, draw, "fraction", make_estimator, n_draws, seed)


def _curve(
    X: Floats,
    y: ArrayLike,
    splits: Sequence[Split],
    sizes: Sequence[float],
    draw: Callable[[Split, float, np.random.Generator], NDArray[np.intp]],
    name: str,
    make_estimator: MakeEstimator | Sequence[MakeEstimator] | None,
    n_draws: int,
    seed: int,
) -> pd.DataFrame:
    """Train each split on draws of each size: a row per size.

    A draw has its own random stream, whatever other sizes there are.
    """
    labels = check_two_classes(y, "rows")
    make = logistic(1.0) if make_estimator is None else make_estimator
    rows = []
    for size in sizes:
        results = []
        for number, split in enumerate(splits):
            for repeat in range(n_draws):
                random = np.random.default_rng([seed, number, repeat, round(1e6 * size)])
                make_one = make if callable(make) else make[number]
                results.append(_fit_and_test(X, labels, draw(split, size, random), split, make_one))
        n_rows, train, test = np.array(results).T
        tested = np.repeat([len(split.test) for split in splits], n_draws)
        pooled, std = np.average(test, weights=tested), float(spread_over_splits(test, tested))
        rows.append((size, n_rows.mean(), pooled, std, train.mean()))
    curve = pd.DataFrame(rows, columns=[name, "n_rows", "accuracy", "std", "train_accuracy"])
    curve["leaking"] = any(split.leaking for split in splits)
    return curve


def _fit_and_test(
    X: Floats, y: NDArray[np.int64], train: NDArray[np.intp], split: Split, make: MakeEstimator
) -> tuple[int, float, float]:
    """Fit on the drawn rows: their number, and the accuracy on them and on the test rows."""
    check_two_classes(y[train], f"training rows with {split.name} left out")
    estimator = make().fit(X[train], y[train])
    threshold = threshold_of(estimator)
    accuracies = [
        float(((indicator_values(estimator, X[rows]) > threshold) == y[rows]).mean()) for rows in (train, split.test)
    ]
    return len(train), accuracies[0], accuracies[1]
