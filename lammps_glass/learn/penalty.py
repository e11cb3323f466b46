"""Choice of the penalty of logistic regressions inside the training replicas of each split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.nested_subsets import Floats, standardized
from lammps_glass.learn.newton import RidgeLogistic
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.splits import Split, replica_folds

#: Values of C that are tried.
GRID = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
#: C where none can be chosen: a split with a single training replica.
FALLBACK = 1.0


@dataclass(frozen=True)
class Penalties:
    """Values of C chosen for the first n columns of an ordering, in each split and on all rows.

    Attributes
    ----------
    numbers
        Numbers of columns, ascending.
    by_split
        (n_splits, n_numbers) C chosen among the training replicas of each split.
    overall
        (n_numbers,) C chosen among all replicas, for an estimator that is fitted to all rows.
    losses
        Table: ``split`` (name; ``all``), ``n_features``, ``C``, ``loss`` (log loss a row of left-out replicas),
        ``chosen``.
    """

    numbers: tuple[int, ...]
    by_split: Floats
    overall: Floats
    losses: pd.DataFrame

    def of_split(self, split: int, number: int) -> float:
        """Return C of a split for `number` columns: that of the next of `numbers`, or of the last one."""
        return float(self.by_split[split, self._index(number)])

    def of_all(self, number: int) -> float:
        """Return C of all rows for `number` columns."""
        return float(self.overall[self._index(number)])

    def _index(self, number: int) -> int:
        return min(int(np.searchsorted(self.numbers, number)), len(self.numbers) - 1)


def choose_penalties(
    X: Floats,
    y: ArrayLike,
    replicas: ArrayLike,
    splits: Sequence[Split],
    numbers: Sequence[int],
    *,
    grid: Sequence[float] = GRID,
    n_folds: int = 5,
    seed: int,
) -> Penalties:
    """Choose C for each split by the log loss of left-out replicas among those that train.

    The rows that a split tests take no part in its choice. Training replicas are divided into `n_folds` folds (fewer
    where there are fewer); of C with equal losses the smallest is taken. The loss, not the accuracy, decides: it varies
    smoothly with C where rows are few.

    Parameters
    ----------
    X, y, replicas
        (n_rows, n_features), (n_rows,) 0 or 1, and (n_rows,) names.
    splits
        By replica.
    numbers
        Numbers of first columns that a choice is made for, such as the ends of the blocks of features.
    grid
        Values of C.

    Raises
    ------
    InputError
        A value of C or a number of columns is not positive, a split is of random rows, or one class is missing.
    """
    labels, names = check_two_classes(y, "rows"), np.asarray(replicas, dtype=np.str_)
    counts = tuple(sorted(set(map(int, numbers))))
    if not counts or counts[0] < 1 or counts[-1] > X.shape[1] or not len(grid) or min(grid) <= 0:
        raise InputError(f"choice of C: numbers of features {counts[:3]} ..., C of {list(grid)}: all must be positive")
    if any(split.leaking for split in splits):
        raise InputError("choice of C: splits must be by replica, these are of random rows")
    values = sorted(map(float, grid))
    tables, chosen = [], []
    for name, rows in [*((split.name, split.train) for split in splits), ("all", np.arange(len(labels)))]:
        losses = _losses(X, labels, names, rows, counts, values, n_folds, seed)
        best = np.full(len(counts), FALLBACK if len(values) > 1 else values[0])
        if losses is not None:
            best = np.array(values)[np.argmin(losses, axis=0)]
            tables += [
                (name, number, C, losses[i, k], best[k] == C)
                for k, number in enumerate(counts)
                for i, C in enumerate(values)
            ]
        chosen.append(best)
    table = pd.DataFrame(tables, columns=["split", "n_features", "C", "loss", "chosen"])
    return Penalties(counts, np.array(chosen[:-1]), chosen[-1], table)


def _losses(
    X: Floats, y: NDArray[np.int64], replicas: NDArray[np.str_], rows: NDArray[np.intp], numbers: Sequence[int],
    grid: Sequence[float], n_folds: int, seed: int,
) -> Floats | None:  # fmt: skip
    """Return (n_grid, n_numbers) log losses a row of replicas left out of `rows`; None with a single replica."""
    n_replicas = len(set(replicas[rows].tolist()))
    if n_replicas < 2:
        return None
    total = np.zeros((len(grid), len(numbers)))
    for fold in replica_folds(replicas[rows], min(n_folds, n_replicas), seed=seed):
        split = Split(fold.name, rows[fold.train], rows[fold.test], leaking=False)
        labels = check_two_classes(y[split.train], f"training rows with {split.name} left out")
        train, test = standardized(X, split)
        for i, C in enumerate(grid):
            model = RidgeLogistic(labels, C)
            for k, number in enumerate(numbers):
                model.extend(train[:, :number])
                value = model.decision(test[:, :number])
                total[i, k] += float((np.logaddexp(0.0, value) - y[split.test] * value).sum())
    return total / len(rows)
