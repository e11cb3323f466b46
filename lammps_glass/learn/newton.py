"""Ridge logistic regression by Newton's method, with warm starts and the Hessian that feature selection needs."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

Floats = NDArray[np.float64]

MAX_STEPS = 100
# Newton's decrement estimates how far the loss lies above its minimum: converged below 1e-10 C for each row.
_TOLERANCE = 1e-10
#: Rows in a block of weighted sums.
_BLOCK = 1024


class RidgeLogistic:
    r"""Minimise :math:`\tfrac12 |w|^2 + C \sum_i \ln(1 + e^{-s_i (w \cdot z_i + b)})`, s = -1 or 1, b free.

    The same objective as scikit-learn's ``LogisticRegression(C)``. It begins without columns `z` (n_rows, n_features);
    `add` and `extend` take more of them, and start from the solution without them.
    """

    def __init__(self, y: NDArray[np.int64], C: float) -> None:
        self.y, self.C = y.astype(np.float64), C
        self.columns: Floats = np.empty((len(y), 0))
        mean = float(np.clip(self.y.mean(), 1e-6, 1 - 1e-6))
        self.weights: Floats = np.array([np.log(mean / (1 - mean))])
        self.solve()

    def add(self, columns: Floats, start: Floats | None = None) -> None:
        """Add columns (n_rows, n_new), with weights `start` (n_new,) to begin with (default 0), and solve."""
        self.extend(np.hstack([self.columns, columns]), start)

    def extend(self, columns: Floats, start: Floats | None = None) -> None:
        """Replace the columns by an array that begins with them, and solve; the array is kept, not copied."""
        n_new = columns.shape[1] - self.columns.shape[1]
        self.columns = columns
        self.weights = np.concatenate([self.weights, np.zeros(n_new) if start is None else start])
        self.solve()

    @property
    def probability(self) -> Floats:
        """Probability (n_rows,) of class 1."""
        result: Floats = expit(self.decision(self.columns))
        return result

    def decision(self, columns: Floats, weights: Floats | None = None) -> Floats:
        """Compute (n,) w . z + b of any rows, at the solution or at `weights` (the intercept first)."""
        at = self.weights if weights is None else weights
        result: Floats = columns @ at[1:] + at[0]
        return result

    def weighted_products(self, weight: Floats, z: Floats) -> Floats:
        """Sum weight (n_rows,) x column x `z` (n_rows, m) over the rows: (1 + n_features, m), the intercept first.

        Rows are taken in blocks, so that no weighted copy of all of them is made.
        """
        result = np.zeros((1 + self.columns.shape[1], z.shape[1]))
        for start in range(0, len(z), _BLOCK):
            rows = slice(start, start + _BLOCK)
            weighted = z[rows] * weight[rows, None]
            result[0] += weighted.sum(axis=0)
            result[1:] += self.columns[rows].T @ weighted
        return result

    def hessian(self, probability: Floats) -> Floats:
        """Compute the second derivatives of the objective: (1 + n_features,) squared, the intercept first."""
        weight = probability * (1.0 - probability)
        result = np.empty((len(self.weights),) * 2)
        result[:, 1:] = self.weighted_products(weight, self.columns)
        result[1:, 0], result[0, 0] = result[0, 1:], weight.sum()
        result *= self.C
        result.flat[:: len(result) + 1] += np.concatenate([[1e-12 * len(self.y)], np.ones(len(result) - 1)])
        return result

    def solve(self) -> None:
        """Minimise by Newton steps, each halved while the objective does not fall."""
        loss = self.loss(self.weights)
        for _ in range(MAX_STEPS):
            probability = self.probability
            residual = probability - self.y
            slopes = self.C * (self.columns.T @ residual) + self.weights[1:]
            gradient = np.concatenate([[self.C * residual.sum()], slopes])
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
        """Take the step, shortened until the loss falls enough, and return the loss reached."""
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
        """Compute the objective at `weights` (1 + n_features,), the intercept first."""
        value = self.decision(self.columns, weights)
        rows = np.logaddexp(0.0, value) - self.y * value
        return float(0.5 * weights[1:] @ weights[1:] + self.C * rows.sum())
