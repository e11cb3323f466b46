"""Save support vector machines as LIBSVM's model text, with the standardisation as JSON.

LIBSVM prints support vectors with eight digits; here they are printed so that the same numbers are read back, in the
format of its ``svm-predict``. They are read here and not by LIBSVM, whose C code trusts the lengths in a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.learn.integrated_defect import IntegratedDefect

MODEL, SCALER = "model.libsvm", "scaler.json"


def members(estimator: IntegratedDefect) -> dict[str, bytes]:
    """Encode an estimator as two files: the machine as text, and everything else as JSON."""
    state = {
        "parameters": {name: _plain(value) for name, value in estimator.get_params().items()},
        "classes": estimator.classes_.tolist(),
        "mean": estimator.mean_.tolist(),
        "scale": estimator.scale_.tolist(),
    }
    if hasattr(estimator, "feature_names_in_"):
        state["feature_names"] = [str(name) for name in estimator.feature_names_in_]
    return {MODEL: _model_text(estimator).encode(), SCALER: json.dumps(state, sort_keys=True).encode()}


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _model_text(estimator: IntegratedDefect) -> str:
    weights, vectors = estimator.dual_coef_, estimator.support_vectors_
    positive = int((weights > 0).sum())
    lines = [
        "svm_type c_svc",
        "kernel_type rbf",
        f"gamma {float(estimator.gamma)!r}",
        "nr_class 2",
        f"total_sv {len(weights)}",
        f"rho {-float(estimator.intercept_)!r}",
        "label 1 -1",
        f"nr_sv {positive} {len(weights) - positive}",
        "SV",
    ]
    for weight, vector in zip(weights.tolist(), vectors.tolist()):
        lines.append(" ".join([repr(weight), *(f"{number}:{value!r}" for number, value in enumerate(vector, 1))]))
    return "\n".join(lines) + "\n"


def from_members(stored: Mapping[str, bytes]) -> IntegratedDefect:
    """Decode the two files that `members` wrote; files that do not fit together are an `InputError`."""
    state = json.loads(stored[SCALER])
    estimator = IntegratedDefect(**state["parameters"])
    estimator.mean_, estimator.scale_ = (np.asarray(state[name], dtype=np.float64) for name in ("mean", "scale"))
    estimator.classes_ = np.asarray(state["classes"])
    estimator.n_features_in_ = len(estimator.mean_)
    if "feature_names" in state:
        estimator.feature_names_in_ = np.asarray(state["feature_names"], dtype=object)
    _read_model(estimator, stored[MODEL].decode())
    arrays = (estimator.mean_, estimator.scale_, estimator.dual_coef_, estimator.support_vectors_)
    if len(estimator.classes_) != 2 or len(estimator.scale_) != len(estimator.mean_):
        raise InputError("its standardisation does not fit its classes or features")
    if not all(np.isfinite(array).all() for array in arrays) or not np.isfinite(estimator.intercept_):
        raise InputError("a number in it is not finite")
    return estimator


def _read_model(estimator: IntegratedDefect, text: str) -> None:
    head, _, body = text.partition("\nSV\n")
    header = dict(line.split(" ", 1) for line in head.splitlines())
    expected = {"svm_type": "c_svc", "kernel_type": "rbf", "nr_class": "2", "label": "1 -1"}
    for name, value in expected.items():
        if header.get(name) != value:
            raise InputError(f"{name} of its LIBSVM text is {header.get(name)}, expected {value}")
    if float(header["gamma"]) != estimator.gamma:
        raise InputError("gamma of its LIBSVM text is not that of its parameters")
    lines = [line.split() for line in body.splitlines()]
    if len(lines) != int(header["total_sv"]):
        raise InputError(f"its LIBSVM text has {len(lines)} support vectors instead of {header['total_sv']}")
    vectors = np.zeros((len(lines), estimator.n_features_in_))
    for row, words in zip(vectors, lines):
        for word in words[1:]:
            number, _, value = word.partition(":")
            if not 1 <= int(number) <= len(row):
                raise InputError(f"its LIBSVM text has feature {number} of {len(row)}")
            row[int(number) - 1] = float(value)
    estimator.support_vectors_ = vectors
    estimator.dual_coef_ = np.array([float(words[0]) for words in lines])
    estimator.intercept_ = -float(header["rho"])
