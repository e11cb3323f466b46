"""`NormalEquations`: sums over rows that a linear regression needs, added block by block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import Floats

#: Penalties that are tried, on standardised columns.
PENALTIES = (1.0, 5.0, 25.0, 125.0, 625.0, 3000.0, 15000.0)


class LinearFit(NamedTuple):
    """A line ``X @ weights + intercept``.

    Attributes
    ----------
    weights
        (n_columns,), of the columns as they are.
    intercept
        Constant.
    scale
        (n_columns,) deviation of each column in the training rows; ``weights * scale`` compare columns.
    """

    weights: Floats
    intercept: float
    scale: Floats

    def predict(self, X: Floats) -> Floats:
        """Predict (n_rows,)."""
        result: Floats = X @ self.weights + self.intercept
        return result


class Link(NamedTuple):
    """A polynomial of a linear prediction, held constant beyond the predictions that it was fitted to.

    Attributes
    ----------
    coefficients
        Highest power first.
    low, high
        Range of the predictions of the training rows.
    """

    coefficients: Floats
    low: float
    high: float

    def __call__(self, predicted: Floats) -> Floats:
        """Map linear predictions (n,) to numbers."""
        return np.asarray(np.polyval(self.coefficients, np.clip(predicted, self.low, self.high)), dtype=np.float64)


def fit_link(predicted: Floats, target: Floats, degree: int) -> Link:
    """Fit a polynomial of some degree from linear predictions to targets, by least squares."""
    if degree == 1:
        return Link(np.array([1.0, 0.0]), -np.inf, np.inf)
    low, high = float(predicted.min()), float(predicted.max())
    return Link(np.polyfit(predicted, target, degree), low, high)


class NormalEquations:
    """Number of rows, sums and products of columns and target; equations of several blocks of rows add up.

    Columns are measured from `origin`, values typical of them, so that no digits are lost where a mean is much larger
    than the deviation; equations that are added must have the same origin.

    Parameters
    ----------
    origin
        (n_columns,), such as the means of the first block.
    """

    def __init__(self, origin: Floats) -> None:
        self.origin = np.array(origin, dtype=float)
        n_columns = len(self.origin)
        self.n_rows, self.target, self.square = 0, 0.0, 0.0
        self.columns = np.zeros(n_columns)
        self.products = np.zeros((n_columns, n_columns))
        self.with_target = np.zeros(n_columns)

    def add_rows(self, X: Floats, y: Floats) -> Self:
        """Add rows (n_rows, n_columns) and targets (n_rows,)."""
        shifted = X - self.origin
        self.n_rows += len(y)
        self.target += float(y.sum())
        self.square += float(y @ y)
        self.columns += shifted.sum(axis=0)
        self.products += shifted.T @ shifted
        self.with_target += shifted.T @ y
        return self

    def __add__(self, other: NormalEquations) -> NormalEquations:
        """Return the equations of the rows of both."""
        return self._combined(other, 1)

    def __sub__(self, other: NormalEquations) -> NormalEquations:
        """Return the equations without the rows of `other`, which must be among them."""
        return self._combined(other, -1)

    def _combined(self, other: NormalEquations, sign: int) -> NormalEquations:
        if not np.array_equal(self.origin, other.origin):
            raise ValueError("normal equations with different origins do not add up")
        result = NormalEquations(self.origin)
        for name in ("n_rows", "target", "square", "columns", "products", "with_target"):
            setattr(result, name, getattr(self, name) + sign * getattr(other, name))
        return result

    def fits(self, penalties: Sequence[float], scales: Floats | None = None) -> list[LinearFit]:
        """Fit by least squares with the penalty times the sum of the squared weights of standardised columns.

        Parameters
        ----------
        penalties
            One fit each.
        scales
            (n_columns,) factors that divide the weights in the penalty: a column of a smaller one is penalised more.
        """
        from scipy.linalg import cho_factor, cho_solve

        if self.n_rows < 2:
            raise InputError(f"regression: {self.n_rows} rows, at least 2 are needed")
        mean, target = self.columns / self.n_rows, self.target / self.n_rows
        covariance = self.products - self.n_rows * np.outer(mean, mean)
        slope = self.with_target - self.n_rows * target * mean
        scale = np.sqrt(np.maximum(np.diag(covariance), 0.0) / self.n_rows)
        floor = 1e-10 * (np.abs(mean) + np.abs(self.origin))
        deviation = np.where(scale > floor, scale, 0.0)
        unit = np.where(scale > floor, scale, np.inf)  # a constant column gets no weight
        if scales is not None:
            unit = unit / scales
        covariance /= unit
        covariance /= unit[:, None]
        slope = slope / unit
        fits = []
        for penalty in penalties:
            system = covariance + penalty * np.eye(len(unit))
            weights = cho_solve(cho_factor(system, overwrite_a=True, check_finite=False), slope) / unit
            intercept = target - float(weights @ (mean + self.origin))
            fits.append(LinearFit(weights, intercept, deviation))
        return fits

    def squared_error(self, fit: LinearFit) -> float:
        """Sum the squared errors of a fit over these rows."""
        offset = fit.intercept + float(fit.weights @ self.origin)
        weights = fit.weights
        error = weights @ self.products @ weights - 2 * weights @ self.with_target + 2 * offset * weights @ self.columns
        return float(error + self.square - 2 * offset * self.target + self.n_rows * offset**2)


def choose_penalty(
    by_replica: Sequence[NormalEquations], penalties: Sequence[float] = PENALTIES, scales: Floats | None = None
) -> float:
    """Choose the penalty with the smallest squared error on left-out replicas, each left out once.

    Parameters
    ----------
    by_replica
        Equations of the rows of each replica, two at least.
    penalties
        Tried.
    scales
        As in `NormalEquations.fits`.

    Raises
    ------
    InputError
        There is one replica only.
    """
    if len(by_replica) < 2:
        raise InputError("the penalty is chosen by leaving replicas out: one replica only; give two, or the penalty")
    everything = total(by_replica)
    errors = np.zeros(len(penalties))
    for left_out in by_replica:
        fits = (everything - left_out).fits(penalties, scales)
        errors += [left_out.squared_error(fit) for fit in fits]
    return float(penalties[int(np.argmin(errors))])


def total(equations: Iterable[NormalEquations]) -> NormalEquations:
    """Add equations of one origin."""
    first, *others = equations
    for other in others:
        first = first + other
    return first
