"""The contract of every indicator of this package, and that the contract fails for broken ones."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass import learn
from lammps_glass.learn import Activity
from lammps_glass.testing import check_indicator

#: Boosting a tenth as many trees ten times as fast: the contract is about the interface.
OPTIONS = {"barcode": {"used_folds": 1, "learning_rate": 0.3}}


@pytest.mark.parametrize("name", learn.REGISTRY.bundled)
def test_contract(name):
    # a barcode's particles have values with the library of environments that it was learned with
    check_indicator(learn.REGISTRY[name].load(), OPTIONS.get(name), of_particles=name != "barcode")
    assert learn.REGISTRY[name].units


class Noisy(Activity):
    """Other numbers at every fit."""

    def decision_function(self, X):
        values = super().decision_function(X)
        return values + 1e-3 * np.random.default_rng().normal(size=len(values))


class Greedy(Activity):
    """Changes the rows that it is given."""

    def predict_proba(self, X):
        values = super().predict_proba(X)
        if isinstance(X, np.ndarray) and X.flags.writeable:
            X[:] = 0.0
        return values


class Unsavable(Activity):
    """Holds an object of a type that no file may name."""

    def fit(self, X, y):
        super().fit(X, y)
        self.neighbors_ = KNeighborsClassifier().fit(self.scaler_.transform(X), y)
        return self


class Forgetful(Activity):
    """Leaves out of a file what it predicts with."""

    def __getstate__(self):
        return {**super().__getstate__(), "coef_": np.zeros_like(self.coef_)}


class Constant(ClassifierMixin, BaseEstimator):
    """The same for every row, which scikit-learn's checks allow only for what says so: `poor_score`."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def fit(self, X, y):
        from sklearn.utils.multiclass import check_classification_targets

        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        check_is_fitted(self)
        return np.full(len(validate_data(self, X, reset=False)), self.classes_[0])


class Unchecked(Activity):
    """Takes rows of any width."""

    def predict_proba(self, X):
        check_is_fitted(self)
        active = np.full(len(np.asarray(X)), 0.5)
        return np.stack([1 - active, active], 1)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Noisy, "scikit learn|other numbers"),
        (Greedy, "scikit learn|changes the rows"),
        (Unsavable, "cannot be saved: it holds the type sklearn"),
        (Forgetful, "other numbers|scikit learn"),
        (Constant, "same value"),
        (Unchecked, "scikit learn"),
    ],
)
def test_broken_indicators_fail(broken, message):
    with pytest.raises(AssertionError, match=message):
        check_indicator(broken)


def test_a_class_that_is_no_plug_in_is_saved_only_where_it_is_trusted(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 2))
    fitted = Forgetful().fit(X, X[:, 0] > 0)
    from lammps_glass.errors import InputError

    with pytest.raises(InputError, match="Forgetful, which no indicator"):
        learn.save(tmp_path / "model", fitted)
    learn.save(tmp_path / "model", fitted, trusted=[Forgetful])
    with pytest.raises(InputError, match="Forgetful, which no indicator"):
        learn.load(tmp_path / "model")
    assert isinstance(learn.load(tmp_path / "model", trusted=[Forgetful])[0], Forgetful)
    with pytest.raises(InputError, match="it holds the type"):
        learn.save(tmp_path / "other", LogisticRegression(C=np.cos), trusted=[Forgetful])
