"""The indicator `Activity`: probability of being active, by one logistic regression with Tikhonov's penalty."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags

from lammps_glass.errors import InputError
from lammps_glass.learn.block_penalty import Blocks, column_factors
from lammps_glass.learn.easy_ensemble import MAX_ITERATIONS
from lammps_glass.learn.estimator import fit_rows, predict_rows


class Activity(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""Probability that a particle is active: a logistic regression on standardised features.

    .. math:: a(x) = \frac{1}{1 + \exp(-w \cdot z(x) - b)}

    with z the features standardised by mean and deviation of the training rows and w from the regression with
    Tikhonov's penalty |w|^2 / 2C (eq. 11 and the section on results of Rottler and Ortner (2024)). The rows should be
    balanced (as many active as inactive particles): all of them are used. The paper does not print C; scikit-learn's
    default, 1, is taken. Features are standardised, since the penalty would otherwise depend on their sizes, which
    differ between body orders.

    Parameters
    ----------
    C
        Inverse strength of the penalty.
    blocks
        Number of columns and factor of each block of columns, in their order, such as ``[[20, 1.0], [154, 0.3]]``:
        standardised columns are multiplied by the factor, so that weights of a smaller one are penalised more, and 0
        leaves a block out. None: 1 for all.

    Attributes
    ----------
    classes_ : (2,)
        The two labels, sorted.
    scaler_ : StandardScaler
    coef_ : (n_features,)
        w, per standardised feature, factors included.
    intercept_ : float
        b.
    n_features_in_ : int

    Raises
    ------
    InputError
        One class only among the rows, a value that is not finite, C not positive, blocks of other columns.
    """

    def __init__(self, C: float = 1.0, blocks: Blocks | None = None) -> None:
        self.C = C
        self.blocks = blocks

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) labels of two classes."""
        if not 0 < self.C < np.inf:
            raise InputError(f"activity: C = {self.C}: give a positive number")
        values, encoded = fit_rows(self, X, y)
        factors = 1.0 if self.blocks is None else column_factors(self.blocks, values.shape[1])
        self.scaler_ = StandardScaler().fit(values)
        columns = factors * self.scaler_.transform(values)
        fitted = LogisticRegression(C=self.C, max_iter=MAX_ITERATIONS).fit(columns, encoded)
        self.coef_, self.intercept_ = factors * fitted.coef_[0], float(fitted.intercept_[0])
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute (n_rows,) w . z + b, positive for the second class."""
        values = predict_rows(self, X)
        result: NDArray[np.float64] = self.scaler_.transform(values) @ self.coef_ + self.intercept_
        return result

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict (n_rows, 2) probabilities; the second column is the activity."""
        active = expit(self.decision_function(X))
        return np.column_stack([1.0 - active, active])

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """Predict (n_rows,) labels: the second class where its probability is above one half."""
        active = self.decision_function(X) > 0
        labels: NDArray[np.generic] = self.classes_[active.astype(np.intp)]
        return labels
