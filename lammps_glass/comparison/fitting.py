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

    Raises
    ------
    InputError
        A single configuration, where one must be left out.
    """
    if leave_out and len(labels) < 2:
        raise InputError("one training configuration: none can be left out for honest scores; give more, or a test set")
    estimator = part.build(seed)
    if isinstance(estimator, RidgeRegression) and not max_rows:
        return _ridge(estimator, rows, labels, leave_out, scales)
    return _general(part, rows, labels, seed, fraction, max_rows, leave_out)


# -- ridge regression: sums over rows, combined ------------------------------------------------------------------------


def _ridge(
    estimator: RidgeRegression, rows: Matrix, labels: Sequence[Floats], leave_out: bool, scales: Floats | None
) -> Predicted:
    start = time.process_time()
    first = rows(0)
    equations = []
    for k, target in enumerate(labels):
        equations.append(NormalEquations(first.mean(axis=0)).add_rows(rows(k) if k else first, target))
    penalties = [estimator.penalty] if estimator.penalty is not None else list(estimator.penalties)
    one_penalty = len(penalties) == 1 or len(labels) < 2
    if one_penalty and len(penalties) > 1:
        raise InputError("ridge regression: one training configuration: give the penalty, it cannot be chosen")
    everything = total(equations)
    chosen, errors = penalties[0], None
    if not one_penalty:
        errors = _errors_of_left_out(equations, everything, penalties, scales)
        chosen = penalties[int(np.argmin(errors))]
    final = everything.fits([chosen], scales=scales)[0]
    seconds = time.process_time() - start
    folds: list[LinearFit] = []
    if leave_out:
        by_fold = [chosen] * len(labels)
        if not one_penalty:
            by_fold = _nested_choice(equations, everything, penalties, scales)
        folds = [
            (everything - left_out).fits([penalty], scales=scales)[0]
            for left_out, penalty in zip(equations, by_fold, strict=True)
        ]
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


def _errors_of_left_out(
    equations: Sequence[NormalEquations], everything: NormalEquations, penalties: Sequence[float],
    scales: Floats | None,
) -> Floats:  # fmt: skip
    """(n_penalties,) squared errors on configurations, each left out once."""
    errors = np.zeros(len(penalties))
    for left_out in equations:
        errors += [left_out.squared_error(fit) for fit in (everything - left_out).fits(penalties, scales=scales)]
    return errors


def _nested_choice(
    equations: Sequence[NormalEquations], everything: NormalEquations, penalties: Sequence[float],
    scales: Floats | None,
) -> list[float]:  # fmt: skip
    """Choose the penalty for each left-out configuration among the others alone: each of them left out as well.

    The fit without two configurations serves the choice for both.
    """
    n = len(equations)
    if n < 3:  # of two, one is left: nothing to choose with
        return [penalties[len(penalties) // 2]] * n
    errors = np.zeros((n, len(penalties)))
    for a in range(n):
        for b in range(a):
            fits = (everything - equations[a] - equations[b]).fits(penalties, scales=scales)
            errors[a] += [equations[b].squared_error(fit) for fit in fits]
            errors[b] += [equations[a].squared_error(fit) for fit in fits]
    return [float(penalties[k]) for k in np.argmin(errors, axis=1)]


# -- any estimator ----------------------------------------------------------------------------------------------------


def _general(
    part: IndicatorPart, rows: Matrix, labels: Sequence[Floats], seed: int, fraction: float, max_rows: int,
    leave_out: bool,
) -> Predicted:  # fmt: skip
    seconds = [0.0]

    def fitted(members: Sequence[int]) -> Estimator:
        """Fit to the rows of some configurations."""
        estimator = part.build(seed)
        random = np.random.default_rng([seed, *members])
        classifier = hasattr(estimator, "classes_") or getattr(estimator, "_estimator_type", "") == "classifier"
        classifier = classifier or hasattr(type(estimator), "predict_proba")
        classifier = classifier or hasattr(type(estimator), "decision_function")
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
