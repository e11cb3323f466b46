"""Sequential forward selection of features for logistic regression, by the score test instead of refits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve

from lammps_glass.errors import InputError
from lammps_glass.learn.nested_subsets import Ordering, Strength, accuracy_of_nested_subsets, penalties_of, standardize
from lammps_glass.learn.newton import RidgeLogistic
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.splits import Split

Floats = NDArray[np.float64]


class Selection(NamedTuple):
    """Columns in the order of their selection, and the expected gain in log-likelihood of each."""

    order: list[int]
    gains: list[float]


def forward_selection(X: Floats, y: ArrayLike, n_features: int, *, C: float = 1.0) -> Selection:
    r"""Select columns one by one, each the one with the largest gain in likelihood that a Newton step expects.

    With the regression on the selected columns S solved, the expected gain of column j is

    .. math:: \frac{g_j^2}{2 (h_{jj} - h_{jS} H_{SS}^{-1} h_{Sj})}

    of the penalised log-likelihood: g and h are its derivatives at weight 0 (Rao's score test). One product gives the
    gains of all columns, and only the best is fitted, starting from the solution before it: a selection costs about one
    Newton step, where a wrapper search fits every column in every fold.

    Parameters
    ----------
    X, y
        (n_rows, n_features) and (n_rows,) 0 or 1: the rows that train, and no others.
    n_features
        Number of columns to select; a column that is constant, or a sum of selected ones, comes last.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        One class is missing, or there are fewer columns than `n_features`.
    """
    labels = check_two_classes(y, "rows of the selection")
    if not 1 <= n_features <= X.shape[1]:
        raise InputError(f"{n_features} features to select of {X.shape[1]}: give a number from 1 to {X.shape[1]}")
    z = np.array(X, dtype=np.float64)
    standardize(z, z[:0])
    return _select(z, labels, n_features, C)


def _select(z: Floats, y: NDArray[np.int64], n_features: int, C: float) -> Selection:
    """Select from standardised columns, see `forward_selection`."""
    model = RidgeLogistic(y, C)
    free = np.ones(z.shape[1], dtype=bool)
    order: list[int] = []
    gains: list[float] = []
    for _ in range(n_features):
        gain, start = _screen(model, z)
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        free[best] = False
        order.append(best)
        gains.append(float(gain[best]))
        model.add(z[:, [best]], start[[best]])
    return Selection(order, gains)


def _screen(model: RidgeLogistic, z: Floats) -> tuple[Floats, Floats]:
    """Compute the expected gain (n_features,) of each column, and the weight at which it is reached."""
    probability = model.probability
    gradient = z.T @ (model.y - probability)
    weight = probability * (1.0 - probability)
    diagonal = np.einsum("i,ij,ij->j", weight, z, z) + 1.0 / model.C
    cross = model.weighted_products(weight, z)
    solved = cho_solve(cho_factor(model.hessian(probability) / model.C), cross)
    # The penalty keeps the curvature at 1/C at least; rounding must not take it away.
    curvature = np.maximum(diagonal - np.einsum("sj,sj->j", cross, solved), 1.0 / model.C)
    return gradient**2 / (2.0 * curvature), gradient / curvature


def accuracy_by_forward_selection(
    X: Floats,
    y: ArrayLike,
    splits: Sequence[Split],
    n_features: int,
    *,
    numbers: Sequence[int] | None = None,
    C: Strength = 1.0,
    overall_C: float | None = None,
) -> pd.DataFrame:
    """Compute the accuracy against the number of selected features (figure 5 of Rottler and Ortner 2024).

    Each split selects on its own training rows: a selection that had seen the test rows would score too well.

    Parameters
    ----------
    C
        As in `accuracy_of_nested_subsets`, one for all columns; a split selects with that of all `n_features`.
    overall_C
        Of the selection on all rows; default `C`, where that is a number, else 1.

    Raises
    ------
    InputError
        As in `accuracy_of_nested_subsets`; or the penalty has blocks, which a selection takes apart.

    Returns
    -------
    DataFrame
        As `accuracy_of_nested_subsets`; ``picked`` is the column that `forward_selection` of all rows adds at this
        number, ``split_fraction`` the fraction of splits whose own selection holds it by then.
    """
    orders: list[list[int]] = []
    ordering = _selected(n_features, C, orders)
    counts = list(range(1, n_features + 1)) if numbers is None else numbers
    curve = accuracy_of_nested_subsets(X, y, splits, ordering, counts, C=C)
    of_all = (C if isinstance(C, float | int) else 1.0) if overall_C is None else overall_C
    overall = forward_selection(X, y, n_features, C=of_all).order
    curve["picked"] = [overall[number - 1] for number in curve["n_features"]]
    curve["split_fraction"] = [
        np.mean([picked in order[:number] for order in orders])
        for picked, number in zip(curve["picked"], curve["n_features"])
    ]
    return curve


def _selected(n_features: int, C: Strength, orders: list[list[int]]) -> Ordering:
    """Return an ordering by forward selection, which appends the order of each split to `orders`, split by split."""

    def ordering(train: Floats, y: NDArray[np.int64], test: Floats) -> tuple[Floats, Floats]:
        """Order the columns by forward selection on the training rows."""
        (penalty,) = penalties_of(C, len(orders), [n_features])
        if penalty.blocks is not None:
            raise InputError("forward selection: give one penalty for all columns, without blocks")
        order = _select(train, y, n_features, penalty.C).order
        orders.append(order)
        return train[:, order], test[:, order]

    return ordering
