"""`EnergyRidge`: ridge regression of energies, the baseline of models of environments."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass.errors import InputError
from lammps_glass.learn.energy_scoring import energy_folds

Floats = NDArray[np.float64]


class EnergyRidge(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""Linear regression with a quadratic penalty, whose strength is chosen by left-out folds.

    .. math:: E(x) = \bar E + w \cdot (x - \bar x), \quad w = \arg\min |y - X w|^2 + \alpha |w|^2

    Features are centred and not scaled: entries of a SOAP vector, or fractions, have one scale. The strength is
    relative to the mean eigenvalue of the training rows' Gram matrix, so that one grid fits all. Fitted on the mean
    SOAP vectors of structures and their energies per particle, it predicts the contribution of one particle from its
    vector.

    Parameters
    ----------
    strengths
        Grid of relative strengths.
    n_folds, random_state
        Number and seed of the folds: of whole groups when `fit` is given groups, else of random rows.

    Attributes
    ----------
    coef_ : (n_features,)
    mean_ : (n_features,)
    intercept_ : float
        The mean energy.
    strength_ : float
    """

    def __init__(
        self,
        strengths: tuple[float, ...] = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),
        n_folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.strengths = strengths
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on (n_structures, n_features) and (n_structures,); folds keep the rows of `groups` together."""
        values, energies = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        if len(values) < 2:
            raise InputError(f"a ridge regression needs at least 2 structures (samples), there is {len(values)} sample")
        folds = energy_folds(len(values), self.n_folds, groups, self.random_state)
        errors = np.zeros(len(self.strengths))
        for fold in folds:
            fitted = _solutions(values[fold.train], energies[fold.train], self.strengths)
            for at, (mean, weights, intercept) in enumerate(fitted):
                predicted = (values[fold.test] - mean) @ weights + intercept
                errors[at] += float(np.sum((predicted - energies[fold.test]) ** 2))
        self.strength_ = float(self.strengths[int(np.argmin(errors))])
        self.mean_, self.coef_, self.intercept_ = _solutions(values, energies, (self.strength_,))[0]
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_rows,) energies."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, reset=False)
        energies: Floats = (values - self.mean_) @ self.coef_ + self.intercept_
        return energies


def _solutions(X: Floats, y: Floats, strengths: tuple[float, ...]) -> list[tuple[Floats, Floats, float]]:
    """Solve for each strength: (mean of the features, weights, mean energy), by one eigenvalue problem of the rows."""
    mean, intercept = X.mean(axis=0), float(y.mean())
    centred = X - mean
    # A column that is constant but for rounding would get a weight of one over that rounding.
    centred[:, np.abs(centred).max(axis=0) <= 1e-9 * np.abs(X).max(axis=0)] = 0.0
    eigenvalues, vectors = np.linalg.eigh(centred @ centred.T)
    scale = float(eigenvalues.clip(min=0.0).mean()) or 1.0  # no feature varies: any strength gives the mean
    along = vectors.T @ (y - intercept)
    return [
        (mean, centred.T @ (vectors @ (along / (eigenvalues.clip(min=0.0) + a * scale))), intercept) for a in strengths
    ]
