"""Fitting: which rows train, what is left out, what is saved, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rows_of_replicas import GLASS, case, table, write_rows

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.operations.fit import FitParameters, fit, labelled_rows, left_out_rows, random_fold

PARAMETERS = FitParameters(fraction=0.2)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    return [write_rows(folder, replica) for replica in (1, 2, 3)]


def test_the_left_out_replica_trains_nothing(rows, tmp_path):
    """Another replica 2 gives the same machine; another replica 1 does not."""
    fitted = fit(case(tmp_path / "a", PARAMETERS, left_out=2), rows)
    assert fitted.metadata["training_replicas"] == ["1", "3"]
    assert fitted.metadata["left_out"] == "2"
    changed = [write_rows(tmp_path / "changed", replica) for replica in (1, 2, 3)]
    for replica, same in ((2, True), (1, False)):
        read = changed[replica - 1].table
        metadata = read.metadata
        read.write(read.read().assign(first=lambda t: -t["first"]), metadata)
        others = [changed[k] if k == replica - 1 else rows[k] for k in range(3)]
        again = fit(case(tmp_path / f"b{replica}", PARAMETERS, left_out=2), others)
        assert np.array_equal(again.load()[0].coef_, fitted.load()[0].coef_) == same


def test_without_left_out_all_replicas_train(rows, tmp_path):
    metadata = fit(case(tmp_path, PARAMETERS), rows).metadata
    assert metadata["training_replicas"] == ["1", "2", "3"]
    assert metadata["left_out"] is None
    assert metadata["training_rows"] == 3 * 80
    assert metadata["training_rows_of_class_1"] == 3 * 2 * 8  # a fifth of 40 particles, of two configurations each


def test_the_feature_that_decides_gets_the_weight(rows, tmp_path):
    estimator, metadata = fit(case(tmp_path, PARAMETERS, left_out=1), rows).load()
    assert metadata["columns"] == ["first", "second"]
    first, second = np.abs(estimator.coef_)
    assert first > 5 * second


def test_ranking_keeps_the_feature_that_decides(rows, tmp_path):
    parameters = FitParameters(fraction=0.2, n_features=1, ranking_rows=10)
    assert fit(case(tmp_path, parameters), rows).metadata["columns"] == ["first"]


def test_only_known_labels_train(rows, tmp_path):
    """With lag 2 the last configuration of each replica has no labels."""
    assert len(labelled_rows(rows, "lag_2")) == 3 * 40
    metadata = fit(case(tmp_path, FitParameters(fraction=0.2, lag=2)), rows).metadata
    assert metadata["label"]["name"] == "lag_2"
    assert metadata["training_rows"] == 3 * 40


def test_what_is_saved_describes_the_rows_and_the_glass(rows, tmp_path):
    saved = fit(case(tmp_path, PARAMETERS, seed=7, left_out=3), rows)
    metadata = saved.metadata
    assert (metadata["indicator"], metadata["glass"], metadata["seed"]) == ("activity", "kob-andersen", 7)
    assert metadata["glass_options"] == GLASS.options()
    assert (metadata["fraction"], metadata["threshold"], metadata["split"]) == (0.2, None, "replica")
    assert metadata["families"] == {"one": ["first"], "two": ["second"]}
    assert saved.path.name == "activity.indicator"


def test_balanced_rows_are_as_many_of_each_class(rows, tmp_path, monkeypatch):
    """Unless the indicator draws them itself, or the parameters say otherwise."""
    seen = []

    def recorded(estimator, X, y, fit=learn.Activity.fit):
        seen.append(np.bincount(y).tolist())
        return fit(estimator, X, y)

    monkeypatch.setattr(learn.Activity, "fit", recorded)
    fit(case(tmp_path / "a", PARAMETERS), rows)
    fit(case(tmp_path / "b", FitParameters(fraction=0.2, balanced=False)), rows)
    monkeypatch.setattr(learn.Activity, "draws_balanced_rows", True, raising=False)
    fit(case(tmp_path / "c", PARAMETERS), rows)
    assert seen == [[48, 48], [192, 48], [192, 48]]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"threshold": 1e9}, "0 of 240 training rows are of class 1 .above 1e.09."), ({"threshold": -1e9}, "240 of 240")],
)
def test_rows_of_one_class_are_refused(rows, tmp_path, options, message):
    with pytest.raises(InputError, match=f"stages.fold: {message}"):
        fit(case(tmp_path, FitParameters(**options)), rows)


def test_a_replica_that_is_not_there(rows, tmp_path):
    with pytest.raises(InputError, match=r"stages.fold.over: left_out = 4 is not a replica"):
        fit(case(tmp_path, PARAMETERS, left_out=4), rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_features": -1}, "n_features = -1"),
        ({"ranking_rows": 1}, "ranking_rows = 1"),
        ({"split": "rows"}, "split = 'rows' must be one of replica, random"),
    ],
)
def test_parameters_are_checked(options, message):
    with pytest.raises(InputError, match=message):
        FitParameters(fraction=0.2, **options)


def test_left_out_rows_of_a_random_split_are_a_partition(rows, tmp_path):
    pooled = labelled_rows(rows, "lag_1")
    parts = [left_out_rows(case(tmp_path, PARAMETERS, left_out=k), pooled, "random") for k in (1, 2, 3)]
    assert (np.sum(parts, axis=0) == 1).all()
    for k, part in zip("123", parts):  # rows of every replica are in every part, which is the leak
        assert set(pooled.loc[part, "replica"]) == {"1", "2", "3"}, k
    assert not left_out_rows(case(tmp_path, PARAMETERS), pooled, "random").any()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.integers(0, 10_000))
def test_a_random_fold_is_a_function_of_the_key_alone(n_folds, seed):
    pooled = pd.concat([table(1), table(2)], ignore_index=True)
    names = [str(k) for k in range(n_folds)]
    folds = random_fold(pooled, names)
    order = np.random.default_rng(seed).permutation(len(pooled))[: 1 + seed % len(pooled)]
    assert (random_fold(pooled.iloc[order].assign(first=0.0), names) == folds[order]).all()
    assert set(folds) <= set(names)


def test_random_folds_are_of_about_equal_size():
    pooled = pd.concat([table(k, 500, (0, 1, 2)) for k in range(4)])
    counts = pd.Series(random_fold(pooled, ["a", "b", "c"])).value_counts()
    assert (abs(counts - 2000) < 5 * np.sqrt(6000 * 2 / 9)).all()  # five standard deviations of a binomial
