"""Accuracy against number of features: in body order, of principal components, and in any other order."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.newton import RidgeLogistic
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.splits import Split

Floats = NDArray[np.float64]
#: Training rows, their labels and the test rows, all features standardised by the training rows -> the columns of both
#: in the order they are added.
Ordering = Callable[[Floats, NDArray[np.int64], Floats], tuple[Floats, Floats]]


def spread_over_splits(values: ArrayLike, sizes: ArrayLike) -> NDArray[np.float64]:
    """Standard deviation over splits (first axis), each weighted by the rows that it tests.

    As the pooled score weights them: a glass with a handful of rows is right or wrong by chance.
    """
    known, weights = np.asarray(values, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    mean = np.average(known, axis=0, weights=weights)
    return np.asarray(np.sqrt(np.average((known - mean) ** 2, axis=0, weights=weights)))


def standardize(train: Floats, test: Floats) -> None:
    """Both in place, by mean and deviation of the training rows; a constant column becomes 0."""
    mean = train.mean(axis=0)
    for values in (train, test):
        values -= mean
    scale = np.sqrt(np.einsum("ij,ij->j", train, train) / len(train))
    # A constant column has a deviation of rounding, not of 0.
    scale = np.where(scale > 1e-12 * np.maximum(np.abs(mean), 1e-300), scale, np.inf)
    for values in (train, test):
        values /= scale


def standardized(X: Floats, split: Split) -> tuple[Floats, Floats]:
    """Copies of the training rows and of the test rows of a split, after `standardize`."""
    train, test = X[split.train], X[split.test]
    standardize(train, test)
    return train, test


def curve_numbers(n_features: int, ends: Sequence[int] = (), *, one_by_one: int = 20, n_more: int = 15) -> list[int]:
    """Numbers of features of a curve: each of the first, then ever wider steps to the last, and all of `ends`."""
    first = range(1, min(one_by_one, n_features) + 1)
    more = np.geomspace(len(first), n_features, n_more + 1).round().astype(int).tolist()
    return sorted({*first, *more, *ends})


def accuracy_of_prefixes(
    X: Floats,
    y: ArrayLike,
    splits: Sequence[Split],
    ordering: Ordering,
    numbers: Sequence[int],
    *,
    C: float = 1.0,
) -> pd.DataFrame:
    """Accuracy of logistic regressions on the first n columns of an ordering, for each n of `numbers`.

    Within a split each fit starts from the one before, with weights 0 for the columns added.

    Returns
    -------
    DataFrame
        ``n_features``, ``accuracy`` (tested rows of all splits pooled), ``std`` (`spread_over_splits`),
        ``train_accuracy``, ``leaking``.
    """
    labels = check_two_classes(y, "rows")
    wanted = sorted(set(numbers))
    if not len(splits) or not wanted or wanted[0] < 1 or C <= 0:
        raise InputError(f"{len(splits)} splits, numbers of features {wanted[:3]} ..., C = {C}: all must be positive")
    results = [_one_split(X, labels, split, ordering, wanted, C) for split in splits]
    right = np.array([found[0] for found in results])
    train = np.array([found[1] for found in results])
    sizes = np.array([len(split.test) for split in splits])
    return pd.DataFrame(
        {
            "n_features": wanted,
            "accuracy": right.sum(axis=0) / sizes.sum(),
            "std": spread_over_splits(right / sizes[:, None], sizes),
            "train_accuracy": train.mean(axis=0),
            "leaking": any(split.leaking for split in splits),
        }
    )


def _one_split(
    X: Floats, y: NDArray[np.int64], split: Split, ordering: Ordering, numbers: Sequence[int], C: float
) -> tuple[list[int], list[float]]:
    """For each number: how many test rows are right, and the share of training rows that are."""
    own = check_two_classes(y[split.train], f"training rows with {split.name} left out")
    z_train, z_test = standardized(X, split)
    train, test = ordering(z_train, own, z_test)
    if numbers[-1] > train.shape[1]:
        raise InputError(f"{numbers[-1]} features of {train.shape[1]}: ask for fewer")
    model = RidgeLogistic(own, C)
    right, shares = [], []
    for number in numbers:
        model.take(train[:, :number])
        right.append(int(((model.decision(test[:, :number]) > 0) == y[split.test]).sum()))
        shares.append(float(((model.probability > 0.5) == own).mean()))
    return right, shares


def accuracy_by_body_order(
    X: Floats,
    y: ArrayLike,
    blocks: Sequence[Hashable],
    splits: Sequence[Split],
    *,
    numbers: Sequence[int] | None = None,
    C: float = 1.0,
) -> pd.DataFrame:
    """Accuracy against number of features in their own order (figure 3 of Rottler and Ortner 2024).

    Parameters
    ----------
    X, y
        (n_rows, n_features), columns in body order, and (n_rows,) 0 or 1, balanced.
    blocks
        (n_features,) name of the block of each column, such as ``2-body A``, ``2-body B``, ``3-body``: where a block
        ends the curve has a point, for the vertical lines of the figure.
    splits
        By independent glass, or of random rows (then ``leaking`` is true).
    numbers
        Default: `curve_numbers`. The ends of the blocks are always added.

    Returns
    -------
    DataFrame
        As `accuracy_of_prefixes`, with ``block`` (of the last feature) and ``ends_block``.
    """
    names = list(blocks)
    if len(names) != X.shape[1]:
        raise InputError(f"{len(names)} block names for {X.shape[1]} features: give one a feature")
    ends = [number for number in range(1, len(names) + 1) if number == len(names) or names[number] != names[number - 1]]
    if len(ends) != len(set(names)):
        raise InputError("a block of features is interrupted by another: sort the features by block")
    wanted = curve_numbers(len(names), ends) if numbers is None else [*numbers, *ends]
    curve = accuracy_of_prefixes(X, y, splits, lambda train, _, test: (train, test), wanted, C=C)
    curve["block"] = [str(names[number - 1]) for number in curve["n_features"]]
    curve["ends_block"] = curve["n_features"].isin(ends)
    return curve


def accuracy_by_components(
    X: Floats, y: ArrayLike, splits: Sequence[Split], *, numbers: Sequence[int] | None = None, C: float = 1.0
) -> pd.DataFrame:
    """Accuracy against number of principal components of the standardised features, largest variance first.

    Figure 5 of Rottler and Ortner (2024). Components are those of each split's training rows and keep their variance
    (no whitening), so that with all of them the regression is that of all features.
    """
    n_most = min(X.shape[1], *(len(split.train) for split in splits))
    wanted = curve_numbers(n_most) if numbers is None else numbers
    return accuracy_of_prefixes(X, y, splits, _components, wanted, C=C)


def _components(train: Floats, y: NDArray[np.int64], test: Floats) -> tuple[Floats, Floats]:
    """Scores of both on the principal axes of the training rows."""
    axes = np.linalg.eigh(train.T @ train)[1][:, ::-1]
    return train @ axes, test @ axes
