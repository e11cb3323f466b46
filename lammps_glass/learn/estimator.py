"""Types of estimators, their checked input, and the number per particle that an indicator gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass.errors import InputError

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


class Estimator(Protocol):
    """A scikit-learn estimator of rows (n_rows, n_features): an indicator, or a model of energies.

    It may also have ``predict_proba`` (class probabilities), ``decision_function`` (a signed distance, positive for the
    second class) or ``particle_values`` (a value for each particle of a structure, from the rows of all of them): see
    `indicator_values`. Whether a scikit-learn pipeline has these methods depends on its last step, so that they are
    looked up by name.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on values (n_rows, n_features) and targets (n_rows,)."""

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict (n_rows,) targets: classes, or numbers."""


class Classifier(Estimator, Protocol):
    """An estimator of classes with probabilities."""

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Predict (n_rows, n_classes) probabilities, in the order of the sorted classes."""


MakeEstimator = Callable[[], Estimator]
"""A function that returns a new, unfitted estimator."""


def fit_rows(estimator: Any, X: ArrayLike, y: ArrayLike) -> tuple[Floats, Labels]:
    """Check the training rows of a classifier of two classes, and set its ``classes_``.

    Returns
    -------
    (values, classes)
        (n_rows, n_features), and (n_rows,) of 0 and 1.

    Raises
    ------
    InputError
        A value is not finite, or the rows hold one class only or more than two.
    """
    values, labels = _validated(estimator, X, y=y)
    check_classification_targets(labels)
    estimator.classes_, encoded = np.unique(labels, return_inverse=True)
    if len(estimator.classes_) > 2:
        kind = type_of_target(labels)
        raise InputError(f"Only binary classification is supported. The type of the target is {kind}.")
    if len(estimator.classes_) < 2:
        raise InputError(f"the training rows hold one class only ({estimator.classes_[0]}): choose another threshold")
    return values, encoded.astype(np.int64)


def regression_rows(estimator: Any, X: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Check the training rows of a regression: (n_rows, n_features) values and (n_rows,) targets, all finite."""
    values, target = _validated(estimator, X, y=y, y_numeric=True, ensure_min_samples=2)
    return values, np.asarray(target, dtype=np.float64)


def predict_rows(estimator: Estimator, X: ArrayLike) -> Floats:
    """Check that an estimator is fitted, and return the rows (n_rows, n_features) as float64."""
    check_is_fitted(estimator)
    values: Floats = _validated(estimator, X, reset=False)
    return values


def _validated(estimator: Estimator, X: ArrayLike, **options: object) -> Any:
    """Validate data as scikit-learn does, with its message on NaN shortened."""
    try:
        return validate_data(estimator, X, dtype=np.float64, **options)
    except ValueError as error:
        # scikit-learn explains at length which of its estimators take NaN; ours have no such choice.
        first = str(error).splitlines()[0]
        if "NaN" in first or "infinity" in first:
            raise InputError(f"{first.rstrip('.')}: leave out the rows without a value") from error
        raise


def indicator_values(estimator: Estimator, X: ArrayLike) -> Floats:
    """Compute the indicator of each row: its probability of class 1, else its signed distance, else its prediction.

    An estimator with ``particle_values`` (`Barcode`) takes the rows of all particles of one structure.

    Returns
    -------
    (n_rows,)
    """
    if hasattr(estimator, "particle_values"):
        values: Floats = estimator.particle_values(X)
    elif hasattr(estimator, "predict_proba"):
        values = estimator.predict_proba(X)[:, 1]
    elif hasattr(estimator, "decision_function"):
        values = estimator.decision_function(X)
    else:
        values = estimator.predict(X)
    return values


def threshold_of(estimator: Estimator) -> float:
    """Return the value of `indicator_values` above which a row is of class 1: 0.5 of a probability, 0 of a distance."""
    return 0.5 if hasattr(estimator, "predict_proba") else 0.0
