"""Predictions of an entry for configurations that did not train it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lammps_glass.comparison.scores import is_class, top_classes
from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import Estimator, indicator_values
from lammps_glass.learn.normal_equations import LinearFit, Link, NormalEquations, fit_link, total
from lammps_glass.learn.ridge_regression import RidgeRegression
from lammps_glass.operations.parts import IndicatorPart
from lammps_glass.snapshots.cell import Floats

Matrix = Callable[[int], Floats]
"""Function from the number of a configuration to its rows (n_particles, n_columns)."""
Covariance = Callable[[int], Floats]
"""Function from the number of a configuration to the covariance (n_particles, n_particles) of its residuals."""


@dataclass
class Predicted:
    """Predictions of an entry.

    Parameters
    ----------
    left_out
        (n,) of each training configuration, by a fit without it.
    apply
        Function from rows to predictions, of the fit to all training configurations.
    fold
        Function from (configuration, rows) to predictions, of the fit without that configuration.
    seconds
        Processor time of the fit to all training configurations.
    weights
        (n_columns,) weights of standardised columns of that fit, for a linear one.
    notes
        Choices that were made, such as the penalty.
    """

    left_out: list[Floats]
    apply: Callable[[Floats], Floats]
    fold: Callable[[int, Floats], Floats]
    seconds: float
    weights: Floats | None = None
    notes: dict[str, float] = field(default_factory=dict)


def take_column(rows: Matrix, n_configurations: int, column: int, sign: int) -> Predicted:
    """Take a column as the prediction: nothing is learned."""

    def value(X: Floats) -> Floats:
        """Return the column with its sign."""
        picked: Floats = sign * X[:, column]
        return picked

    return Predicted([value(rows(k)) for k in range(n_configurations)], value, lambda k, X: value(X), 0.0)


def fit_entry(
    part: IndicatorPart,
    rows: Matrix,
    labels: Sequence[Floats],
    *,
    seed: int,
    fraction: float,
    max_rows: int,
    leave_out: bool,
    scales: Floats | None = None,
    covariance: Covariance | None = None,
) -> Predicted:
    """Fit an indicator to all configurations, and to all but each of them.

    Parameters
    ----------
    part
        The indicator.
    rows, labels
        Of each training configuration.
    seed
        Of random numbers and of the draw of rows.
    fraction
        Of the particles of a configuration in class 1, for indicators that learn classes.
    max_rows
        Rows of a fit; 0 takes all.
    leave_out
        Whether to leave configurations out; without it `Predicted.left_out` is empty.
    scales
        (n_columns,) prior deviation of the weight of each standardised column, for a ridge regression; 1 by default.
    covariance
        Of the residuals, for a ridge regression; independent by default.

    Raises
    ------
    InputError
        A single configuration, where one must be left out; a covariance, and another indicator.
    """
    if leave_out and len(labels) < 2:
        raise InputError("one training configuration: none can be left out for honest scores; give more, or a test set")
    estimator = part.build(seed)
    if isinstance(estimator, RidgeRegression) and not max_rows:
        return _ridge(estimator, rows, labels, leave_out, scales, covariance)
    if covariance is not None:
        raise InputError("residuals correlate in ridge-regression without max_rows alone: leave correlation_length out")
    return _general(part, rows, labels, seed, fraction, max_rows, leave_out)


# -- ridge regression: sums over rows, combined ------------------------------------------------------------------------


@dataclass
class _Sums:
    """Normal equations of each configuration.

    Parameters
    ----------
    plain
        Of independent residuals: they standardise the columns and give the errors of predictions.
    fitted
        Of correlated ones, which are solved; `plain` where there is no covariance.
    scales
        As in `fit_entry`.
    """

    plain: list[NormalEquations]
    fitted: list[NormalEquations]
    scales: Floats | None

    def __post_init__(self) -> None:
        self.totals = total(self.plain), total(self.fitted)

    def fits(self, penalties: Sequence[float], *left_out: int) -> list[LinearFit]:
        """Fit to all configurations but some."""
        plain, fitted = self.totals
        for k in left_out:
            fitted = fitted - self.fitted[k]
        if self.fitted is self.plain:
            return fitted.fits(penalties, self.scales)
        for k in left_out:
            plain = plain - self.plain[k]
        return fitted.fits(penalties, self.scales, plain.deviations())

    def errors(self, k: int, fits: Sequence[LinearFit]) -> Floats:
        """(n_fits,) squared errors on a configuration."""
        return np.array([self.plain[k].squared_error(fit) for fit in fits])


def _sums(rows: Matrix, labels: Sequence[Floats], scales: Floats | None, covariance: Covariance | None) -> _Sums:
    first = rows(0)
    origin = first.mean(axis=0)
    plain, fitted = [], []
    for k, target in enumerate(labels):
        X = rows(k) if k else first
        plain.append(NormalEquations(origin).add_rows(X, target))
        if covariance is not None:
            fitted.append(NormalEquations(origin).add_rows(X, target, covariance(k)))
    return _Sums(plain, fitted or plain, scales)


def _ridge(
    estimator: RidgeRegression, rows: Matrix, labels: Sequence[Floats], leave_out: bool, scales: Floats | None,
    covariance: Covariance | None,
) -> Predicted:  # fmt: skip
    start = time.process_time()
    sums = _sums(rows, labels, scales, covariance)
    penalties = [estimator.penalty] if estimator.penalty is not None else list(estimator.penalties)
    one_penalty = len(penalties) == 1 or len(labels) < 2
    if one_penalty and len(penalties) > 1:
        raise InputError("ridge regression: one training configuration: give the penalty, it cannot be chosen")
    chosen = penalties[0]
    if not one_penalty:
        errors = np.sum([sums.errors(k, sums.fits(penalties, k)) for k in range(len(labels))], axis=0)
        chosen = penalties[int(np.argmin(errors))]
    final = sums.fits([chosen])[0]
    seconds = time.process_time() - start
    folds: list[LinearFit] = []
    if leave_out:
        by_fold = [chosen] * len(labels) if one_penalty else _nested_choice(sums, penalties)
        folds = [sums.fits([penalty], k)[0] for k, penalty in enumerate(by_fold)]
    links = _links([*folds, final], rows, labels, estimator.link)

    def fold(k: int, X: Floats) -> Floats:
        """Predict by the fit without configuration k."""
        return links[k](folds[k].predict(X))

    return Predicted(
        [fold(k, rows(k)) for k in range(len(folds))], lambda X: links[-1](final.predict(X)), fold, seconds,
        final.weights * final.scale, {"penalty": chosen},
    )  # fmt: skip


def _links(fits: Sequence[LinearFit], rows: Matrix, labels: Sequence[Floats], degree: int) -> list[Link]:
    """Fit the link of each fold, without its own configuration, and that of the last fit, to all of them."""
    if degree == 1:
        return [fit_link(labels[0], labels[0], 1)] * len(fits)
    predicted = [[fit.predict(X) for fit in fits] for X in map(rows, range(len(labels)))]
    links = []
    for number in range(len(fits)):
        members = [k for k in range(len(labels)) if k != number or number == len(fits) - 1]
        values = np.concatenate([predicted[k][number] for k in members])
        links.append(fit_link(values, np.concatenate([labels[k] for k in members]), degree))
    return links


def _nested_choice(sums: _Sums, penalties: Sequence[float]) -> list[float]:
    """Choose the penalty for each left-out configuration among the others alone: each of them left out as well.

    The fit without two configurations serves the choice for both.
    """
    n = len(sums.plain)
    if n < 3:  # of two, one is left: nothing to choose with
        return [penalties[len(penalties) // 2]] * n
    errors = np.zeros((n, len(penalties)))
    for a in range(n):
        for b in range(a):
            fits = sums.fits(penalties, a, b)
            errors[a] += sums.errors(b, fits)
            errors[b] += sums.errors(a, fits)
    return [float(penalties[k]) for k in np.argmin(errors, axis=1)]


# -- any estimator ----------------------------------------------------------------------------------------------------


def learns_classes(estimator: Estimator) -> bool:
    """Return whether an estimator predicts probabilities or distances of classes, not the label itself."""
    return (
        hasattr(estimator, "classes_")
        or getattr(estimator, "_estimator_type", "") == "classifier"
        or hasattr(type(estimator), "predict_proba")
        or hasattr(type(estimator), "decision_function")
    )


def _general(
    part: IndicatorPart, rows: Matrix, labels: Sequence[Floats], seed: int, fraction: float, max_rows: int,
    leave_out: bool,
) -> Predicted:  # fmt: skip
    seconds = [0.0]

    def fitted(members: Sequence[int]) -> Estimator:
        """Fit to the rows of some configurations."""
        estimator = part.build(seed)
        random = np.random.default_rng([seed, *members])
        classifier = learns_classes(estimator)
        X, y = [], []
        for k in members:
            target = labels[k]
            if classifier and not is_class(target):
                target = top_classes(target, fraction)
            drawn = np.arange(len(target))
            if classifier and not getattr(estimator, "draws_balanced_rows", False):
                drawn = _balanced(target, random)
            if max_rows:
                drawn = np.sort(random.permutation(drawn)[: max(1, max_rows // len(members))])
            X.append(rows(k)[drawn])
            y.append(target[drawn].astype(np.int64) if classifier else target[drawn])
        start = time.process_time()
        estimator.fit(np.vstack(X), np.concatenate(y))
        seconds[0] = time.process_time() - start
        return estimator

    everything = list(range(len(labels)))
    folds = [fitted([j for j in everything if j != k]) for k in everything] if leave_out else []
    final = fitted(everything)
    return Predicted(
        [indicator_values(fold, rows(k)) for k, fold in enumerate(folds)],
        lambda X: indicator_values(final, X),
        lambda k, X: indicator_values(folds[k], X),
        seconds[0],
    )


def _balanced(classes: Floats, random: np.random.Generator) -> np.ndarray:
    """Draw all rows of the rarer class and as many of the other, in order."""
    parts = [np.flatnonzero(classes == value) for value in (0.0, 1.0)]
    fewest = min(len(part) for part in parts)
    return np.sort(np.concatenate([random.permutation(part)[:fewest] for part in parts]))


def permuted_rows(X: Floats, columns: slice, seed: Mapping[str, int] | int) -> Floats:
    """Return rows with some columns permuted together between particles."""
    changed = X.copy()
    order = np.random.default_rng(seed).permutation(len(X))  # type: ignore[arg-type]
    changed[:, columns] = X[order, columns]
    return changed
