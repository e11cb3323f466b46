"""What the indicators of two classes share: checked rows, encoded classes, and the value that is thresholded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass.errors import InputError


def fit_rows(estimator: Any, X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Checked (n_rows, n_features) values and (n_rows,) classes as 0 and 1; sets ``classes_`` of the estimator.

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


def predict_rows(estimator: Any, X: ArrayLike) -> NDArray[np.float64]:
    """Checked (n_rows, n_features) values for a fitted estimator."""
    check_is_fitted(estimator)
    values: NDArray[np.float64] = _validated(estimator, X, reset=False)
    return values


def _validated(estimator: Any, X: ArrayLike, **options: Any) -> Any:
    try:
        return validate_data(estimator, X, dtype=np.float64, **options)
    except ValueError as error:
        # scikit-learn explains at length which of its estimators take NaN; ours have no such choice.
        first = str(error).splitlines()[0]
        if "NaN" in first or "infinity" in first:
            raise InputError(f"{first.rstrip('.')}: leave out the rows without a value") from error
        raise


def indicator_values(estimator: Any, X: ArrayLike) -> NDArray[np.float64]:
    """(n_rows,) the number that an indicator gives: probability, else signed distance, else its prediction.

    One that judges particles by the whole structure (`Barcode`) is given all rows of one structure.
    """
    if hasattr(estimator, "particle_values"):
        values: NDArray[np.float64] = estimator.particle_values(X)
    elif hasattr(estimator, "predict_proba"):
        values = estimator.predict_proba(X)[:, 1]
    elif hasattr(estimator, "decision_function"):
        values = estimator.decision_function(X)
    else:
        values = estimator.predict(X)
    return values


def threshold_of(estimator: Any) -> float:
    """Above this value of `indicator_values` a row is of the second class: 0.5 of a probability, 0 of a distance."""
    return 0.5 if hasattr(estimator, "predict_proba") else 0.0
