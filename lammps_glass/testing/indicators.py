"""The contract of indicators."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from lammps_glass import learn
from lammps_glass.json_types import Options
from lammps_glass.learn.estimator import Estimator
from lammps_glass.testing.checking import require, run_checks


@dataclass(frozen=True)
class _Subject:
    """An indicator's class and the options that it is built with."""

    indicator: type
    options: Options

    def build(self) -> Estimator:
        """Build the indicator, unfitted."""
        estimator: Estimator = self.indicator(**self.options)
        return estimator


def check_indicator(indicator: type, options: Options | None = None, *, of_particles: bool = True) -> None:
    """Check an indicator against the contract of its family.

    It passes scikit-learn's own checks; equal rows give equal fits and are not changed; it gives a number a row; saved
    and loaded, without executing anything in the file, it gives the same numbers and the same bytes.

    Parameters
    ----------
    indicator
        The class.
    options
        Options to build it with; small ones make the checks quick.
    of_particles
        Whether a fit gives a number for each row; False for one that learns from whole structures.

    Raises
    ------
    AssertionError
        The first check that fails, with what was wrong.
    """
    checks = [_scikit_learn, _repetition, *([_values] if of_particles else []), _saving]
    run_checks(f"indicator {indicator.__name__}", checks, _Subject(indicator, dict(options or {})))


def two_classes(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw (300, 4) rows and classes: one in five is of class 1, shifted by one deviation in every feature."""
    random = np.random.default_rng(seed)
    y = (np.arange(300) % 5 == 0).astype(np.int64)
    return random.normal(size=(300, 4)) + y[:, None], y


def _output(estimator: Estimator, X: NDArray[np.float64]) -> NDArray[np.float64]:
    values = estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else estimator.predict(X)
    return np.asarray(values, dtype=float)


def _scikit_learn(subject: _Subject) -> None:
    check_estimator(subject.build(), on_skip=None)


def _repetition(subject: _Subject) -> None:
    X, y = two_classes()
    kept = X.copy()
    first = subject.build().fit(X, y)
    require(np.array_equal(_output(clone(first).fit(X, y), X), _output(first, X)), "a second fit gives other numbers")
    require(np.array_equal(X, kept), "fit or predict changes the rows")


def _values(subject: _Subject) -> None:
    X, y = two_classes()
    values = learn.indicator_values(subject.build().fit(X, y), X)
    require(np.shape(values) == (len(X),), f"the indicator has shape {np.shape(values)}, not one number a row")
    require(np.ptp(values[np.isfinite(values)]) > 0, "all rows have the same value")


def _saving(subject: _Subject) -> None:
    X, y = two_classes()
    metadata = {"features": ["a", "b"]}
    trusted = (subject.indicator,)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("first", "second", "again")]
        for path in paths[:2]:
            learn.save(path, subject.build().fit(X, y), metadata, trusted=trusted)
        loaded, stored = learn.load(paths[0], trusted=trusted)
        require(stored == metadata, f"metadata {metadata} come back as {stored}")
        fitted = subject.build().fit(X, y)
        require(np.array_equal(_output(loaded, X), _output(fitted, X)), "a loaded indicator gives other numbers")
        learn.save(paths[2], loaded, metadata, trusted=trusted)
        require(len({path.read_bytes() for path in paths}) == 1, "equal fits are not saved to equal bytes")
