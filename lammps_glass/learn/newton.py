"""Ridge logistic regression by Newton's method: warm starts and the curvature that feature selection needs."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

Floats = NDArray[np.float64]

MAX_STEPS = 100
# Newton's decrement estimates how far the loss lies above its minimum: below 1e-10 of a row's worth it is there.
_TOLERANCE = 1e-10


class RidgeLogistic:
    r"""Minimise :math:`\tfrac12 |w|^2 + C \sum_i \ln(1 + e^{-s_i (w \cdot z_i + b)})`, s = -1 or 1, b free.

    The same objective as scikit-learn's ``LogisticRegression(C)``, in the columns `z` (n_rows, n_features) given so
    far; `add` takes more of them and starts from the solution without them.
    """

    def __init__(self, y: NDArray[np.int64], C: float) -> None:
        self.y, self.C = y.astype(np.float64), C
        self.design = np.ones((len(y), 1))
        mean = float(np.clip(self.y.mean(), 1e-6, 1 - 1e-6))
        self.weights: Floats = np.array([np.log(mean / (1 - mean))])
        self.solve()

    def add(self, columns: Floats, start: Floats | None = None) -> None:
        """Columns (n_rows, n_new) more, with weights `start` (default 0) to begin with; then solve."""
        self.design = np.hstack([self.design, columns])
        self.weights = np.concatenate([self.weights, np.zeros(columns.shape[1]) if start is None else start])
        self.solve()

    @property
    def probability(self) -> Floats:
        """(n_rows,) of class 1."""
        result: Floats = expit(self.design @ self.weights)
        return result

    def decision(self, columns: Floats) -> Floats:
        """(n,) w . z + b of other rows."""
        result: Floats = columns @ self.weights[1:] + self.weights[0]
        return result

    def hessian(self, probability: Floats) -> Floats:
        """(1 + n_features,) squared: second derivatives of the objective, the intercept first."""
        weighted = self.design * (probability * (1.0 - probability))[:, None]
        result: Floats = self.C * (self.design.T @ weighted)
        result.flat[:: len(result) + 1] += np.concatenate([[1e-12 * len(self.y)], np.ones(len(result) - 1)])
        return result

    def solve(self) -> None:
        """Newton steps, each halved while the objective does not fall."""
        loss = self.loss(self.weights)
        for _ in range(MAX_STEPS):
            probability = self.probability
            gradient = self.C * (self.design.T @ (probability - self.y))
            gradient[1:] += self.weights[1:]
            step = cho_solve(cho_factor(self.hessian(probability)), gradient)
            decrement = float(gradient @ step)
            if decrement <= _TOLERANCE * self.C * len(self.y):
                return
            reached = self._descend(step, loss, decrement)
            if reached >= loss:  # no step is short enough: this is the minimum to rounding
                return
            loss = reached
        warnings.warn(f"logistic regression not converged in {MAX_STEPS} Newton steps", RuntimeWarning, stacklevel=2)

    def _descend(self, step: Floats, loss: float, decrement: float) -> float:
        size = 1.0
        for _ in range(50):
            weights = self.weights - size * step
            reached = self.loss(weights)
            if reached <= loss - 1e-4 * size * decrement:
                self.weights = weights
                return reached
            size /= 2.0
        return loss

    def loss(self, weights: Floats) -> float:
        """The objective at `weights` (1 + n_features,), the intercept first."""
        value = self.design @ weights
        rows = np.logaddexp(0.0, value) - self.y * value
        return float(0.5 * weights[1:] @ weights[1:] + self.C * rows.sum())
