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
    than the deviation; equations that are added must have the same origin. Rows whose residuals are correlated are
    added with their covariance: all sums are then those of generalised least squares.

    Parameters
    ----------
    origin
        (n_columns,), such as the means of the first block.
    """

    def __init__(self, origin: Floats) -> None:
        self.origin = np.array(origin, dtype=float)
        n_columns = len(self.origin)
        self.n_rows, self.weight, self.target, self.square = 0, 0.0, 0.0, 0.0
        self.columns = np.zeros(n_columns)
        self.products = np.zeros((n_columns, n_columns))
        self.with_target = np.zeros(n_columns)

    def add_rows(self, X: Floats, y: Floats, covariance: Floats | None = None) -> Self:
        """Add rows (n_rows, n_columns) and targets (n_rows,).

        Parameters
        ----------
        covariance
            (n_rows, n_rows) of the residuals of these rows, overwritten; independent ones of variance 1 by default.

        Raises
        ------
        InputError
            The covariance is not positive definite.
        """
        shifted, constant = X - self.origin, np.ones(len(y))
        if covariance is not None:
            shifted, y, constant = _whitened(covariance, shifted, y)
        self.n_rows += len(y)
        self.weight += float(constant @ constant)
        self.target += float(constant @ y)
        self.square += float(y @ y)
        self.columns += constant @ shifted
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
        for name in ("n_rows", "weight", "target", "square", "columns", "products", "with_target"):
            setattr(result, name, getattr(self, name) + sign * getattr(other, name))
        return result

    def deviations(self) -> Floats:
        """(n_columns,) standard deviations of the columns; 0 for a constant one."""
        mean = self.columns / self.weight
        squares = np.diag(self.products) - self.weight * (mean * mean)
        scale = np.sqrt(np.maximum(squares, 0.0) / self.weight)
        floor = 1e-10 * (np.abs(mean) + np.abs(self.origin))
        return np.asarray(np.where(scale > floor, scale, 0.0))

    def fits(
        self, penalties: Sequence[float], scales: Floats | None = None, deviations: Floats | None = None
    ) -> list[LinearFit]:
        """Fit by least squares with the penalty times the sum of the squared weights of standardised columns.

        Parameters
        ----------
        penalties
            One fit each.
        scales
            (n_columns,) factors that divide the weights in the penalty: a column of a smaller one is penalised more.
        deviations
            (n_columns,) that standardise the columns; those of these equations by default.
        """
        from scipy.linalg import cho_factor, cho_solve

        if self.n_rows < 2:
            raise InputError(f"regression: {self.n_rows} rows, at least 2 are needed")
        mean, target = self.columns / self.weight, self.target / self.weight
        covariance = self.products - self.weight * np.outer(mean, mean)
        slope = self.with_target - self.weight * target * mean
        deviation = self.deviations() if deviations is None else deviations
        unit = np.where(deviation > 0.0, deviation, np.inf)  # a constant column gets no weight
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
        """Sum the squared errors of a fit over these rows, by the inverse of the covariance of correlated ones."""
        offset = fit.intercept + float(fit.weights @ self.origin)
        weights = fit.weights
        error = weights @ self.products @ weights - 2 * weights @ self.with_target + 2 * offset * weights @ self.columns
        return float(error + self.square - 2 * offset * self.target + self.weight * offset**2)


def _whitened(covariance: Floats, X: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return rows, targets and a column of ones times the inverse of the Cholesky factor of the covariance."""
    from scipy.linalg import LinAlgError, cholesky, solve_triangular

    try:
        factor = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError as error:
        raise InputError("regression: the covariance of the residuals is not positive definite") from error
    everything = np.column_stack([X, y, np.ones(len(y))])
    white = solve_triangular(factor, everything, lower=True, overwrite_b=True, check_finite=False)
    return white[:, :-2], white[:, -2], white[:, -1]


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
