"""Grid search for C and gamma of the integrated defect; cells of the grid can be computed separately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.integrated_defect import PAPER_C, PAPER_GAMMA, Problem, kernel_sum, problem, train_machine
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.sampling import balanced_samples
from lammps_glass.learn.selection import sample_folds
from lammps_glass.learn.splits import Split


class SvmChoice(NamedTuple):
    """C and gamma, their cross-validated accuracy (NaN if there was none), and a note on how they were chosen."""

    C: float
    gamma: float
    accuracy: float
    note: str


class _Fold(NamedTuple):
    """Training set of a fold, its standardised test rows, and which of them are of class 1."""

    training: Problem
    z: NDArray[np.float64]
    class_1: NDArray[np.bool_]


def can_cross_validate(replicas: ArrayLike) -> bool:
    """Decide whether the training replicas can be split into inner folds: there must be two (three with the test)."""
    return len(set(np.asarray(replicas).astype(str).tolist())) >= 2


def svm_grid_cells(
    X: NDArray[np.float64],
    y: ArrayLike,
    replicas: ArrayLike | None,
    cells: Sequence[tuple[float, float]],
    *,
    n_folds: int = 5,
    size_per_class: int | None = None,
    tolerance: float = 1e-3,
    seed: int,
) -> pd.DataFrame:
    """Compute the cross-validated accuracy of cells of the grid (figure 4 of Yang et al. 2021).

    Cells do not depend on each other: any part of the grid gives the same numbers as the whole. The rows are one
    balanced sample, the same for every cell. The training rows of a fold are balanced once more: replicas differ in how
    many particles rearrange, and a machine that learns the prevalence of the others is systematically wrong on one with
    few.

    Parameters
    ----------
    X, y
        (n_rows, n_features) values and (n_rows,) 0 or 1, of the training replicas.
    replicas
        (n_rows,): folds are of whole replicas, at most as many as there are. None: folds of random rows, which leak
        (rows of one event train and test).
    cells
        Pairs (log2 C, log2 gamma).
    size_per_class
        Rows of each class; None takes all of the smaller class.

    Returns
    -------
    DataFrame
        A row per cell: ``log2_c``, ``log2_gamma``, ``accuracy`` (of the pooled predictions), ``std`` (over folds),
        ``n_folds``, ``n_rows``, ``leaking``.

    Raises
    ------
    InputError
        Fewer than two replicas, a class missing in the rows or in a fold's training rows, or no cells.
    """
    if not len(cells):
        raise InputError("the grid has no cells: give pairs of log2 C and log2 gamma")
    labels = check_two_classes(y, "rows of the grid")
    drawn = balanced_samples(labels, 1, size_per_class, seed=seed).indices[0]
    names = None if replicas is None else np.asarray(replicas)[drawn]
    splits = sample_folds(labels[drawn], names, n_folds, seed)
    folds = [_fold(X[drawn], labels[drawn], split, seed) for split in splits]
    leaking = any(split.leaking for split in splits)
    rows = [
        (*cell, *_accuracy(folds, 2.0 ** cell[0], 2.0 ** cell[1], tolerance), len(folds), len(drawn), leaking)
        for cell in cells
    ]
    columns = ["log2_c", "log2_gamma", "accuracy", "std", "n_folds", "n_rows", "leaking"]
    return pd.DataFrame(rows, columns=columns)


def svm_grid_cell(
    X: NDArray[np.float64],
    y: ArrayLike,
    replicas: ArrayLike | None,
    *,
    log2_c: float,
    log2_gamma: float,
    n_folds: int = 5,
    size_per_class: int | None = None,
    seed: int,
) -> dict[str, float]:
    """Compute one cell of the grid, as a dict; see `svm_grid_cells`."""
    table = svm_grid_cells(
        X, y, replicas, [(log2_c, log2_gamma)], n_folds=n_folds, size_per_class=size_per_class, seed=seed
    )
    return {str(name): value for name, value in table.iloc[0].to_dict().items()}


def _fold(X: NDArray[np.float64], y: NDArray[np.int64], split: Split, seed: int) -> _Fold:
    """Make a fold: rows standardised by the training rows, and a balanced training set, as for `IntegratedDefect`.

    LIBSVM's copy of the rows is used by all cells.
    """
    check_two_classes(y[split.train], f"training rows with {split.name} left out")
    mean, scale = X[split.train].mean(axis=0), X[split.train].std(axis=0)
    scale[scale == 0] = 1.0
    z = (X - mean) / scale
    balanced = split.train[balanced_samples(y[split.train], 1, seed=seed).indices[0]]
    return _Fold(problem(z[balanced], y[balanced]), z[split.test], y[split.test] == 1)


def _accuracy(folds: Sequence[_Fold], C: float, gamma: float, tolerance: float) -> tuple[float, float]:
    """Compute the accuracy of a cell on the pooled test rows, and its standard deviation over the folds."""
    right, size = [], []
    for fold in folds:
        vectors, weights, intercept = train_machine(fold.training, C, gamma, tolerance)
        predicted = kernel_sum(fold.z, vectors, weights, gamma) + intercept > 0
        right.append(int((predicted == fold.class_1).sum()))
        size.append(len(fold.class_1))
    return sum(right) / sum(size), float(np.std(np.divide(right, size)))


def choose_svm(table: pd.DataFrame | None, *, C: float = PAPER_C, gamma: float = PAPER_GAMMA) -> SvmChoice:
    """Choose the best cell of a whole grid; of equal ones the smaller C, then the smaller gamma.

    Without a grid (None: fewer than three replicas, or one with a single class, leave no inner fold) `C` and `gamma`
    are returned, with a note.
    """
    if table is None:
        reason = "no inner fold is left (fewer than three replicas, or one that holds one class only)"
        note = f"no grid, since {reason}: C = {C:g} and gamma = {gamma:g} as given"
        return SvmChoice(C, gamma, float("nan"), note)
    twice = table.duplicated(["log2_c", "log2_gamma"])
    if table.empty or twice.any():
        raise InputError(f"the grid has {len(table)} cells, {int(twice.sum())} of them duplicated: join its parts once")
    best = table[table["accuracy"] == table["accuracy"].max()].sort_values(["log2_c", "log2_gamma"]).iloc[0]
    leaks = ", from folds of random rows (LEAKS)" if best["leaking"] else ""
    note = f"best of {len(table)} cells: accuracy {best['accuracy']:.3f} over {best['n_folds']} folds{leaks}"
    return SvmChoice(2.0 ** best["log2_c"], 2.0 ** best["log2_gamma"], float(best["accuracy"]), note)
