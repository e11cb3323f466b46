"""What every indicator of the registry must do: scikit-learn's own checks, repeatable fits, saving and loading."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from lammps_glass import learn

INDICATORS = sorted(learn.REGISTRY)
#: Boosting a tenth as many trees ten times as fast: the contract is about the interface.
FAST = {"barcode": {"used_folds": 1, "learning_rate": 0.3}}


def build(name):
    return learn.REGISTRY.build(name, FAST.get(name))


def rows(seed=0):
    """Rows of two classes, one in five loose, shifted by one deviation in every feature."""
    random = np.random.default_rng(seed)
    y = (np.arange(300) % 5 == 0).astype(np.int64)
    return random.normal(size=(300, 4)) + y[:, None], y


def output(estimator, X):
    return estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else estimator.predict(X)


@parametrize_with_checks([build(name) for name in INDICATORS])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", INDICATORS)
def test_a_fit_is_repeatable_and_leaves_the_rows_alone(name):
    X, y = rows()
    kept = X.copy()
    first = build(name).fit(X, y)
    second = clone(first).fit(X, y)
    np.testing.assert_array_equal(output(first, X), output(second, X))
    np.testing.assert_array_equal(X, kept)


@pytest.mark.parametrize("name", INDICATORS)
def test_saved_and_loaded(name, tmp_path):
    X, y = rows()
    paths = [tmp_path / text for text in ("first", "second", "again")]
    for path in paths[:2]:
        learn.save(path, build(name).fit(X, y), {"features": ["a", "b"]})
    loaded, metadata = learn.load(paths[0])
    assert metadata == {"features": ["a", "b"]}
    np.testing.assert_array_equal(output(loaded, X), output(build(name).fit(X, y), X))
    learn.save(paths[2], loaded, metadata)
    assert len({path.read_bytes() for path in paths}) == 1


@pytest.mark.parametrize("name", INDICATORS)
def test_the_registry_says_what_it_is(name):
    assert learn.REGISTRY[name].summary
    assert learn.REGISTRY[name].units
