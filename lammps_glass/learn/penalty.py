"""Choice of the penalty of logistic regressions inside the training replicas of each split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.block_penalty import Floats, Penalty
from lammps_glass.learn.nested_subsets import standardized
from lammps_glass.learn.newton import RidgeLogistic
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.splits import Split, replica_folds

#: Values of C that are tried.
GRID = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
#: C where none can be chosen: a split with a single training replica.
FALLBACK = 1.0
#: Principal axes of the training columns are left out whose sum of squares, times C, is below it.
_LEAST = 1e-4


@dataclass(frozen=True)
class Penalties:
    """Penalties chosen for the first n columns of an ordering, in each split and on all rows.

    Attributes
    ----------
    numbers
        Numbers of columns, ascending.
    by_split
        (n_splits, n_numbers, 2) C and factor chosen among the training replicas of each split.
    overall
        (n_numbers, 2) those chosen among all replicas, for an estimator that is fitted to all rows.
    losses
        Table: ``split`` (name; ``all``), ``n_features``, ``factor``, ``C``, ``loss`` (log loss a row of left-out
        replicas), ``chosen``.
    orders
        (n_features,) order of each column: its factor is that of the choice to the power of the order.
    one_for_all
        The choice of C alone, with the factor 1; None where no other factor was tried.
    """

    numbers: tuple[int, ...]
    by_split: Floats
    overall: Floats
    losses: pd.DataFrame
    orders: tuple[int, ...]
    one_for_all: Penalties | None = None

    def of_split(self, split: int, number: int) -> Penalty:
        """Return the penalty of a split for `number` columns: that of the next of `numbers`, or of the last one."""
        return self._penalty(self.by_split[split], number)

    def of_all(self, number: int) -> Penalty:
        """Return the penalty of all rows for `number` columns."""
        return self._penalty(self.overall, number)

    def _penalty(self, chosen: Floats, number: int) -> Penalty:
        C, factor = chosen[min(int(np.searchsorted(self.numbers, number)), len(self.numbers) - 1)].tolist()
        if factor == 1.0:
            return Penalty(C)
        return Penalty(C, tuple((len(list(same)), factor**order) for order, same in groupby(self.orders[:number])))


def choose_penalties(
    X: Floats,
    y: ArrayLike,
    replicas: ArrayLike,
    splits: Sequence[Split],
    numbers: Sequence[int],
    *,
    grid: Sequence[float] = GRID,
    orders: ArrayLike | None = None,
    factors: Sequence[float] = (1.0,),
    n_folds: int = 5,
    seed: int,
) -> Penalties:
    """Choose the penalty for each split by the log loss of left-out replicas among those that train.

    The rows that a split tests take no part in its choice. Training replicas are divided into `n_folds` folds (fewer
    where there are fewer); of C with equal losses the smallest is taken. The loss, not the accuracy, decides: it varies
    smoothly with C where rows are few.

    With several `factors`, columns of a higher order are penalised more: multiplied by ``factor ** order``. Each factor
    has its best C; the smallest factor is taken whose loss exceeds the least one by no more than the standard error of
    their difference over the left-out replicas: what a few replicas cannot tell from chance does not count as a gain.

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
    orders
        (n_features,) order of each column, from 0, such as its body order less that of the first; 0 by default.
    factors
        From 0, which leaves out all columns but those of order 0, to 1, which penalises all alike.

    Raises
    ------
    InputError
        A value of C or a number of columns is not positive, a factor or an order is out of range, a split is of random
        rows, or one class is missing.

    References
    ----------
    L. Breiman, J. Friedman, C. J. Stone and R. A. Olshen, Classification and Regression Trees (Wadsworth, 1984),
    section 3.4.3, for the rule of one standard error.
    """
    labels, names = check_two_classes(y, "rows"), np.asarray(replicas, dtype=np.str_)
    counts = tuple(sorted(set(map(int, numbers))))
    if not counts or counts[0] < 1 or counts[-1] > X.shape[1] or not len(grid) or min(grid) <= 0:
        raise InputError(f"choice of C: numbers of features {counts[:3]} ..., C of {list(grid)}: all must be positive")
    if any(split.leaking for split in splits):
        raise InputError("choice of C: splits must be by replica, these are of random rows")
    powers = np.zeros(X.shape[1], dtype=np.int64) if orders is None else np.asarray(orders)
    if powers.shape != (X.shape[1],) or powers.dtype.kind not in "iu" or powers.min() < 0:
        raise InputError(f"choice of the penalty: orders of shape {powers.shape}: give a whole number from 0 a column")
    if 1.0 not in factors or not all(0 <= factor <= 1 for factor in factors):
        raise InputError(f"choice of the penalty: factors {list(factors)}: give numbers from 0 to 1, 1 among them")
    tried = _Tried(X, labels, names, powers, counts, sorted(map(float, grid)), sorted(map(float, factors)))
    of_rows = [*((split.name, split.train) for split in splits), ("all", np.arange(len(labels)))]
    losses = [(name, tried.losses(rows, n_folds, seed)) for name, rows in of_rows]
    alone = tried.chosen(losses, [1.0])
    return alone if len(tried.factors) == 1 else tried.chosen(losses, tried.factors, alone)


class _Tried:
    """Log losses of regressions with every C and factor; what is fitted to the same rows twice is fitted once."""

    def __init__(
        self, X: Floats, y: NDArray[np.int64], replicas: NDArray[np.str_], orders: NDArray[np.int64],
        numbers: tuple[int, ...], grid: list[float], factors: list[float],
    ) -> None:  # fmt: skip
        self.X, self.y, self.replicas, self.orders = X, y, replicas, orders
        self.numbers, self.grid, self.factors = numbers, grid, factors
        self._known: dict[bytes, Floats] = {}

    def losses(self, rows: NDArray[np.intp], n_folds: int, seed: int) -> Floats | None:
        """Return (n_folds, n_factors, n_grid, n_numbers) log losses, a row of `rows`, of each fold of its replicas.

        The sum over folds is the loss a row. None with a single replica.
        """
        n_replicas = len(set(self.replicas[rows].tolist()))
        if n_replicas < 2:
            return None
        losses = []
        for fold in replica_folds(self.replicas[rows], min(n_folds, n_replicas), seed=seed):
            test = rows[fold.test]
            value = self._decisions(rows[fold.train], fold.name)[..., test]
            losses.append((np.logaddexp(0.0, value) - self.y[test] * value).sum(axis=-1) / len(rows))
        return np.array(losses)

    def _decisions(self, rows: NDArray[np.intp], left_out: str) -> Floats:
        """Return (n_factors, n_grid, n_numbers, n_rows) decisions for all rows of regressions on some."""
        if (key := rows.tobytes()) not in self._known:
            labels = check_two_classes(self.y[rows], f"training rows with {left_out} left out")
            others = np.setdiff1d(np.arange(len(self.y)), rows)
            train, test = standardized(self.X, Split(left_out, rows, others, leaking=False))
            result = np.full((len(self.factors), len(self.grid), len(self.numbers), len(self.y)), np.nan)
            for f, k in self._combinations():
                scales = self.factors[f] ** self.orders[: self.numbers[k]].astype(np.float64)
                kept = np.flatnonzero(scales)
                columns, tested, squares = _on_axes(train[:, kept] * scales[kept], test[:, kept] * scales[kept])
                model = RidgeLogistic(labels, self.grid[0])
                for i, C in enumerate(self.grid):  # each starts from the solution with the C before
                    n_axes = int(np.count_nonzero(C * squares > _LEAST))
                    model.C = C
                    model.extend(columns[:, :n_axes])
                    result[f, i, k, others] = model.decision(tested[:, :n_axes])
            # Without columns of a higher order all factors are one.
            plain = [k for k, number in enumerate(self.numbers) if not self.orders[:number].any()]
            result[:, :, plain] = result[self.factors.index(1.0)][:, plain]
            self._known[key] = result
        return self._known[key]

    def _combinations(self) -> Iterator[tuple[int, int]]:
        for f, factor in enumerate(self.factors):
            for k, number in enumerate(self.numbers):
                if factor == 1.0 or self.orders[:number].any():
                    yield f, k

    def chosen(
        self, losses: Sequence[tuple[str, Floats | None]], factors: Sequence[float], alone: Penalties | None = None
    ) -> Penalties:
        """Choose among some of the factors, for each set of rows by its losses."""
        numbers = [self.factors.index(factor) for factor in factors]
        chosen, tables = [], []
        for name, of_rows in losses:
            if of_rows is None:
                chosen.append([(FALLBACK if len(self.grid) > 1 else self.grid[0], 1.0)] * len(self.numbers))
                continue
            best = [self._best(of_rows[..., k][:, numbers], factors) for k in range(len(self.numbers))]
            chosen.append(best)
            tables += [
                (name, number, factor, C, of_rows[:, f, i, k].sum(), best[k] == (C, factor))
                for k, number in enumerate(self.numbers)
                for f, factor in zip(numbers, factors, strict=True)
                for i, C in enumerate(self.grid)
            ]
        table = pd.DataFrame(tables, columns=["split", "n_features", "factor", "C", "loss", "chosen"])
        array = np.array(chosen)
        return Penalties(self.numbers, array[:-1], array[-1], table, tuple(self.orders.tolist()), alone)

    def _best(self, losses: Floats, factors: Sequence[float]) -> tuple[float, float]:
        """Choose C and factor from (n_folds, n_factors, n_grid) losses; of equal factors 1."""
        strengths = losses.sum(axis=0).argmin(axis=1)
        by_fold = losses[:, np.arange(len(factors)), strengths]
        best = len(factors) - 1 - int(by_fold.sum(axis=0)[::-1].argmin())
        excess = by_fold - by_fold[:, [best]]
        error = np.sqrt(len(losses)) * excess.std(axis=0, ddof=1)
        taken = best if not excess.any() else int(np.flatnonzero(excess.sum(axis=0) <= error)[0])
        return self.grid[strengths[taken]], factors[taken]


def _on_axes(train: Floats, test: Floats) -> tuple[Floats, Floats, Floats]:
    """Rotate both arrays to the principal axes of the training rows; return the sum of squares on each axis too.

    A rotation leaves a penalised regression as it is. On an axis with the sum of squares s, the penalty holds the
    prediction of a row down to about C s / sqrt(n_rows) at most: axes of small s need no weight.
    """
    axes = np.linalg.svd(train, full_matrices=False)[2] if len(train) < train.shape[1] else _axes_of(train)
    rotated = train @ axes.T
    return rotated, test @ axes.T, np.einsum("ij,ij->j", rotated, rotated)


def _axes_of(columns: Floats) -> Floats:
    """Return the principal axes (n_columns, n_columns) as rows, the largest first."""
    axes: Floats = np.linalg.eigh(columns.T @ columns)[1][:, ::-1].T
    return axes
