"""Accuracy on nested subsets of the features, the first n of an ordering: by body order, by principal components."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.block_penalty import Floats, Penalty
from lammps_glass.learn.newton import RidgeLogistic
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.splits import Split

#: From the training rows, their labels and the test rows (standardised) to the columns of both, in the order in which
#: subsets take them.
Ordering = Callable[[Floats, NDArray[np.int64], Floats], tuple[Floats, Floats]]
#: C or the penalty of all regressions, or from the number of a split and a number of features to the penalty.
Strength = float | Penalty | Callable[[int, int], Penalty]


def spread_over_splits(values: ArrayLike, sizes: ArrayLike) -> NDArray[np.float64]:
    """Compute the standard deviation over splits (first axis), each weighted by the number of rows that it tests.

    The pooled score weights them so too: the score of a glass with a handful of rows is mostly chance.
    """
    by_split, weights = np.asarray(values, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    mean = np.average(by_split, axis=0, weights=weights)
    return np.asarray(np.sqrt(np.average((by_split - mean) ** 2, axis=0, weights=weights)))


def standardize(train: Floats, test: Floats) -> None:
    """Standardise both arrays in place, by mean and deviation of the training rows; constant columns become 0."""
    mean = train.mean(axis=0)
    for values in (train, test):
        values -= mean
    scale = np.sqrt(np.einsum("ij,ij->j", train, train) / len(train))
    # A constant column has a deviation of rounding, not of 0.
    scale = np.where(scale > 1e-12 * np.maximum(np.abs(mean), 1e-300), scale, np.inf)
    for values in (train, test):
        values /= scale


def standardized(X: Floats, split: Split) -> tuple[Floats, Floats]:
    """Copy the training rows and the test rows of a split, and `standardize` them."""
    train, test = X[split.train], X[split.test]
    standardize(train, test)
    return train, test


def curve_numbers(n_features: int, ends: Sequence[int] = (), *, one_by_one: int = 20, n_more: int = 15) -> list[int]:
    """Choose numbers of features for a curve: each of the first, geometric steps to the last, and all of `ends`."""
    first = range(1, min(one_by_one, n_features) + 1)
    more = np.geomspace(len(first), n_features, n_more + 1).round().astype(int).tolist()
    return sorted({*first, *more, *ends})


def accuracy_of_nested_subsets(
    X: Floats,
    y: ArrayLike,
    splits: Sequence[Split],
    ordering: Ordering,
    numbers: Sequence[int],
    *,
    C: Strength = 1.0,
) -> pd.DataFrame:
    """Compute the accuracy of logistic regressions on the first n columns of an ordering, for each n of `numbers`.

    Within a split each fit starts from the one before, with weights 0 for the columns added.

    Parameters
    ----------
    X, y
        (n_rows, n_features) and (n_rows,) 0 or 1.
    splits
        Which rows train and which test.
    ordering
        Orders the columns of each split by its training rows.
    C
        Inverse strength of the penalty, or a `Penalty`; or a function from the number of a split and a number of
        features to it (`penalty.Penalties.of_split`).

    Returns
    -------
    DataFrame
        ``n_features``, ``accuracy`` (tested rows of all splits pooled), ``std`` (`spread_over_splits`),
        ``train_accuracy``, ``leaking``.

    Raises
    ------
    InputError
        A number is not positive or larger than the number of columns, or one class is missing.
    """
    labels = check_two_classes(y, "rows")
    counts = sorted(set(numbers))
    penalties = [penalties_of(C, number, counts) for number in range(len(splits))]
    least = min((penalty.C for of_split in penalties for penalty in of_split), default=1.0)
    if not len(splits) or not counts or counts[0] < 1 or least <= 0:
        raise InputError(
            f"{len(splits)} splits, numbers of features {counts[:3]} ..., C = {least}: all must be positive"
        )
    results = [
        _correct_predictions(X, labels, split, ordering, counts, of_split)
        for split, of_split in zip(splits, penalties, strict=True)
    ]
    right = np.array([correct for correct, _ in results])
    train = np.array([accuracies for _, accuracies in results])
    sizes = np.array([len(split.test) for split in splits])
    return pd.DataFrame(
        {
            "n_features": counts,
            "accuracy": right.sum(axis=0) / sizes.sum(),
            "std": spread_over_splits(right / sizes[:, None], sizes),
            "train_accuracy": train.mean(axis=0),
            "leaking": any(split.leaking for split in splits),
        }
    )


def penalties_of(C: Strength, split: int, numbers: Sequence[int]) -> list[Penalty]:
    """Return the penalty of a split for each number of features."""
    if callable(C):
        return [C(split, number) for number in numbers]
    return [C if isinstance(C, Penalty) else Penalty(C)] * len(numbers)


def _correct_predictions(
    X: Floats,
    y: NDArray[np.int64],
    split: Split,
    ordering: Ordering,
    numbers: Sequence[int],
    penalties: Sequence[Penalty],
) -> tuple[list[int], list[float]]:
    """For each number, count the test rows that are right, and compute the accuracy of the training rows."""
    labels = check_two_classes(y[split.train], f"training rows with {split.name} left out")
    z_train, z_test = standardized(X, split)
    train, test = ordering(z_train, labels, z_test)
    if numbers[-1] > train.shape[1]:
        raise InputError(f"{numbers[-1]} features of {train.shape[1]}: give smaller numbers of features")
    model = RidgeLogistic(labels, penalties[0].C)
    right, accuracies = [], []
    for number, penalty in zip(numbers, penalties, strict=True):
        model.C = penalty.C
        model.extend(penalty.scaled(train[:, :number]))
        value = model.decision(penalty.scaled(test[:, :number]))
        right.append(int(((value > 0) == y[split.test]).sum()))
        accuracies.append(float(((model.probability > 0.5) == labels).mean()))
    return right, accuracies


def accuracy_by_body_order(
    X: Floats,
    y: ArrayLike,
    blocks: Sequence[Hashable],
    splits: Sequence[Split],
    *,
    numbers: Sequence[int] | None = None,
    C: Strength = 1.0,
) -> pd.DataFrame:
    """Compute the accuracy against the number of features in body order (figure 3 of Rottler and Ortner 2024).

    Parameters
    ----------
    X, y
        (n_rows, n_features), columns in body order, and (n_rows,) 0 or 1, balanced.
    blocks
        (n_features,) name of the block of each column, such as ``2-body A``, ``2-body B``, ``3-body``; the curve has a
        point where a block ends.
    splits
        By independent glass, or of random rows (``leaking`` is then true).
    numbers
        Numbers of features, default `curve_numbers`; the ends of the blocks are always added.

    Returns
    -------
    DataFrame
        As `accuracy_of_nested_subsets`, with ``block`` (of the last feature) and ``ends_block``.
    """
    names = list(blocks)
    if len(names) != X.shape[1]:
        raise InputError(f"{len(names)} block names for {X.shape[1]} features: give one a feature")
    ends = [number for number in range(1, len(names) + 1) if number == len(names) or names[number] != names[number - 1]]
    if len(ends) != len(set(names)):
        raise InputError("a block of features is interrupted by another: sort the features by block")
    counts = curve_numbers(len(names), ends) if numbers is None else [*numbers, *ends]
    curve = accuracy_of_nested_subsets(X, y, splits, lambda train, _, test: (train, test), counts, C=C)
    curve["block"] = [str(names[number - 1]) for number in curve["n_features"]]
    curve["ends_block"] = curve["n_features"].isin(ends)
    return curve


def accuracy_by_components(
    X: Floats, y: ArrayLike, splits: Sequence[Split], *, numbers: Sequence[int] | None = None, C: Strength = 1.0
) -> pd.DataFrame:
    """Compute the accuracy against the number of principal components, largest variance first.

    Figure 5 of Rottler and Ortner (2024). The components are those of the standardised training rows of each split, and
    keep their variance (no whitening): all of them give the same regression as all features.
    """
    n_most = min(X.shape[1], *(len(split.train) for split in splits))
    counts = curve_numbers(n_most) if numbers is None else numbers
    return accuracy_of_nested_subsets(X, y, splits, _components, counts, C=C)


def _components(train: Floats, y: NDArray[np.int64], test: Floats) -> tuple[Floats, Floats]:
    """Project both on the principal axes of the training rows."""
    axes = np.linalg.eigh(train.T @ train)[1][:, ::-1]
    return train @ axes, test @ axes
