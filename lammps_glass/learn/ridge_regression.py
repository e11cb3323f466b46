"""`RidgeRegression`: a number for each particle, linear in standardised columns, with a penalty chosen by replicas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin

from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import Floats, predict_rows, regression_rows
from lammps_glass.learn.normal_equations import PENALTIES, Link, NormalEquations, choose_penalty, fit_link, total

_BLOCK = 8192  # rows of the normal equations at a time


class RidgeRegression(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""Linear regression with a penalty on the weights of standardised columns, by streamed normal equations.

    .. math:: \min_{w, b} \sum_i (y_i - w \cdot z_i - b)^2 + \lambda |w|^2

    with z the columns standardised by mean and deviation of the training rows. Memory grows with the square of the
    number of columns, not with the rows.

    Parameters
    ----------
    penalty
        :math:`\lambda`; None chooses among `penalties` by leaving one replica out.
    penalties
        Tried where `penalty` is None.
    link
        Degree of the polynomial that maps the linear prediction to the number, fitted to the training rows in a second
        step: 1 leaves the prediction linear, 3 lets a skewed label rise faster than the line.
    folds
        Number of parts of the rows, in their order, that stand for replicas where `fit` is not given any.

    Attributes
    ----------
    penalty_ : float
    coef_, scale_ : (n_features,)
        Weights of the columns as they are, and the deviation of each column; their product compares columns.
    intercept_ : float
    link_, range_
        Coefficients of the polynomial, highest power first, and the predictions between which it holds.
    n_features_in_ : int

    Raises
    ------
    InputError
        A value is not finite, a penalty is not positive, or there is one replica only and `penalty` is None.

    References
    ----------
    A. E. Hoerl and R. W. Kennard, Technometrics 12, 55 (1970).
    """

    def __init__(
        self, penalty: float | None = None, penalties: Sequence[float] = PENALTIES, folds: int = 5, link: int = 1
    ) -> None:
        self.penalty = penalty
        self.penalties = penalties
        self.folds = folds
        self.link = link

    def fit(self, X: ArrayLike, y: ArrayLike, replicas: ArrayLike | None = None) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) numbers.

        Parameters
        ----------
        replicas
            (n_rows,) replica of each row, for the choice of the penalty.
        """
        values, target = regression_rows(self, X, y)
        groups = self._groups(len(target), replicas)
        origin = values[:_BLOCK].mean(axis=0)
        self._solve([_equations(values[groups == g], target[groups == g], origin) for g in np.unique(groups)])
        link = fit_link(values @ self.coef_ + self.intercept_, target, self.link)
        self.link_, self.range_ = link.coefficients, np.array([link.low, link.high])
        return self

    def _groups(self, n_rows: int, replicas: ArrayLike | None) -> np.ndarray:
        if replicas is None:
            return np.arange(n_rows) * min(self.folds, n_rows) // n_rows
        groups = np.asarray(replicas)
        if groups.shape != (n_rows,):
            raise InputError(f"ridge regression: {groups.shape} replicas of {n_rows} rows")
        return groups

    def _solve(self, by_replica: Sequence[NormalEquations]) -> Self:
        if isinstance(self.link, bool) or not isinstance(self.link, int | np.integer) or not 1 <= self.link <= 5:
            raise InputError(f"ridge regression: link = {self.link!r} must be a whole number from 1 to 5")
        tried = [self.penalty] if self.penalty is not None else list(self.penalties)
        if not tried or not all(np.isfinite(value) and value > 0 for value in tried):
            raise InputError(f"ridge regression: penalty = {tried} must be positive")
        self.penalty_ = float(tried[0]) if len(tried) == 1 else choose_penalty(by_replica, tried)
        (fit,) = total(by_replica).fits([self.penalty_])
        self.coef_, self.intercept_, self.scale_ = fit.weights, fit.intercept, fit.scale
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_rows,) numbers."""
        values = predict_rows(self, X)
        return Link(self.link_, *self.range_)(values @ self.coef_ + self.intercept_)


def _equations(values: Floats, target: Floats, origin: Floats) -> NormalEquations:
    equations = NormalEquations(origin)
    for first in range(0, len(target), _BLOCK):
        equations.add_rows(values[first : first + _BLOCK], target[first : first + _BLOCK])
    return equations
