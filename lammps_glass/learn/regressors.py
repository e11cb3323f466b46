"""Regressions of a number for each particle beside `RidgeRegression`: ARD, boosted trees, and a small network."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin

from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import Floats, predict_rows, regression_rows


class _Standardised(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """A regression on columns and target standardised by the training rows; constant columns become 0."""

    def _standardise(self, X: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        values, target = regression_rows(self, X, y)
        self.mean_, self.target_mean_ = values.mean(axis=0), float(target.mean())
        deviation = values.std(axis=0)
        self.scale_ = np.where(deviation > 1e-10 * np.abs(self.mean_), deviation, np.inf)
        self.target_scale_ = float(target.std()) or 1.0
        return (values - self.mean_) / self.scale_, (target - self.target_mean_) / self.target_scale_

    def _rows(self, X: ArrayLike) -> Floats:
        rows: Floats = (predict_rows(self, X) - self.mean_) / self.scale_
        return rows

    def _numbers(self, standardised: Floats) -> Floats:
        numbers: Floats = self.target_mean_ + self.target_scale_ * np.asarray(standardised, dtype=float)
        return numbers


class ARDRegression(_Standardised):
    """Bayesian linear regression with automatic relevance determination: irrelevant columns lose their weight.

    Parameters
    ----------
    max_iter
        Most iterations.
    threshold_lambda
        Precision of a weight above which it is dropped, of standardised columns.

    Attributes
    ----------
    coef_ : (n_features,)
        Weights of standardised columns, in deviations of the target.

    References
    ----------
    D. J. C. MacKay, Neural Comput. 4, 415 (1992); `sklearn.linear_model.ARDRegression`.
    """

    def __init__(self, max_iter: int = 300, threshold_lambda: float = 1e4) -> None:
        self.max_iter = max_iter
        self.threshold_lambda = threshold_lambda

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) numbers."""
        from sklearn.linear_model import ARDRegression as Regression

        rows, target = self._standardise(X, y)
        fitted = Regression(max_iter=self.max_iter, threshold_lambda=self.threshold_lambda).fit(rows, target)
        self.coef_, self.intercept_, self.n_iter_ = fitted.coef_, float(fitted.intercept_), int(fitted.n_iter_)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_rows,) numbers."""
        return self._numbers(self._rows(X) @ self.coef_ + self.intercept_)


class BoostedTrees(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Gradient-boosted regression trees (XGBoost).

    Parameters
    ----------
    n_trees, depth, learning_rate
        Number and depth of the trees, and the part of each that is added.
    subsample, columns
        Fractions of rows and of columns that a tree sees.
    random_state
        Of the samples.

    References
    ----------
    T. Chen and C. Guestrin, Proc. 22nd ACM SIGKDD, 785 (2016).
    """

    def __init__(
        self,
        n_trees: int = 300,
        depth: int = 4,
        learning_rate: float = 0.05,
        subsample: float = 0.5,
        columns: float = 0.5,
        random_state: int = 0,
    ) -> None:
        self.n_trees = n_trees
        self.depth = depth
        self.learning_rate = learning_rate
        self.subsample = subsample
        self.columns = columns
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) numbers."""
        import xgboost

        values, target = regression_rows(self, X, y)
        options = {
            "max_depth": self.depth, "eta": self.learning_rate, "subsample": self.subsample,
            "colsample_bytree": self.columns, "seed": int(np.random.RandomState(self.random_state).randint(2**31)),
            "nthread": 1, "tree_method": "hist", "base_score": float(target.mean()),
        }  # fmt: skip
        booster = xgboost.train(options, xgboost.DMatrix(values, target), self.n_trees)
        self.model_ = booster.save_raw("json").decode()
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_rows,) numbers."""
        import xgboost

        values = predict_rows(self, X)
        booster = xgboost.Booster()
        booster.load_model(bytearray(self.model_.encode()))
        return np.asarray(booster.predict(xgboost.DMatrix(values)), dtype=float)


class SmallNetwork(_Standardised):
    """A small multilayer perceptron (scikit-learn), as the literature trains on coarse-grained structure.

    Parameters
    ----------
    layers
        Number of units of each hidden layer.
    penalty
        Of the squared weights (scikit-learn's ``alpha``).
    max_iter
        Most passes through the rows; training ends before when a tenth of the rows, kept aside, gains no more.
    random_state
        Of the first weights and of the batches.

    References
    ----------
    G. Jung, G. Biroli and L. Berthier, Phys. Rev. Lett. 130, 238202 (2023); `sklearn.neural_network.MLPRegressor`.
    """

    def __init__(
        self, layers: Sequence[int] = (10, 10), penalty: float = 1e-2, max_iter: int = 100, random_state: int = 0
    ) -> None:
        self.layers = layers
        self.penalty = penalty
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) numbers."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor

        rows, target = self._standardise(X, y)
        network: Any = MLPRegressor(
            hidden_layer_sizes=tuple(self.layers), alpha=self.penalty, max_iter=self.max_iter,
            random_state=self.random_state, early_stopping=len(rows) >= 100,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `max_iter` is a choice
            network.fit(rows, target)
        self.weights_, self.offsets_ = list(network.coefs_), list(network.intercepts_)
        self.n_iter_ = int(network.n_iter_)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_rows,) numbers."""
        values = self._rows(X)
        for number, (weights, offsets) in enumerate(zip(self.weights_, self.offsets_, strict=True), start=1):
            values = values @ weights + offsets
            if number < len(self.weights_):
                values = np.maximum(values, 0.0)
        if values.shape[1] != 1:
            raise InputError("small network: the network gives more than one number a row")
        return self._numbers(values[:, 0])
