"""Softness: signed distance to the hyperplane of a linear support vector machine."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import fit_rows, predict_rows


class Softness(ClassifierMixin, BaseEstimator):
    r"""Softness of a particle: signed distance to the plane that best divides rearranging from other particles.

    .. math:: S(x) = (w \cdot z(x) + b) / |w|

    with z the standardised features and w, b of a linear support vector machine (squared hinge loss, classes weighted
    to the same total). S is positive for a particle that is likely to rearrange.

    Parameters
    ----------
    C
        Inverse strength of the penalty on |w|^2.

    References
    ----------
    E. D. Cubuk, S. S. Schoenholz, J. M. Rieser, B. D. Malone, J. Rottler, D. J. Durian, E. Kaxiras and A. J. Liu,
    Phys. Rev. Lett. 114, 108001 (2015).
    """

    units = "signed distance"

    def __init__(self, C: float = 0.1) -> None:
        self.C = C

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) labels of two classes."""
        if not 0 < self.C < np.inf:
            raise InputError(f"softness: C = {self.C}: give a positive number")
        values, encoded = fit_rows(self, X, y)
        self.scaler_ = StandardScaler().fit(values)
        # dual=False draws no random numbers
        machine = LinearSVC(C=self.C, dual=False, class_weight="balanced", max_iter=10_000)
        machine.fit(self.scaler_.transform(values), encoded)
        norm = np.linalg.norm(machine.coef_[0]) or 1.0
        self.coef_, self.intercept_ = machine.coef_[0] / norm, float(machine.intercept_[0] / norm)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """(n_rows,) softness."""
        values = predict_rows(self, X)
        return self.scaler_.transform(values) @ self.coef_ + self.intercept_

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """(n_rows,) labels: the second class where the softness is positive."""
        soft = self.decision_function(X) > 0
        return self.classes_[soft.astype(np.intp)]
