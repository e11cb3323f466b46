"""C chosen inside the training replicas: against scikit-learn, and test rows that must not take part."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lammps_glass import learn
from lammps_glass.errors import InputError

GRID = (1e-3, 1e-1, 10.0)


def sample(seed=1, n_glasses=4, rows=40, n_features=30):
    """Rows of which two features tell the classes, with noise."""
    random = np.random.default_rng(seed)
    glasses = np.repeat([str(k) for k in range(n_glasses)], rows)
    X = random.normal(size=(len(glasses), n_features)) * np.geomspace(1, 100, n_features)
    score = X[:, 0] + X[:, 3] / X[:, 3].std() + random.logistic(size=len(X))
    return X, (score > np.median(score)).astype(int), glasses


def test_losses_and_choices_are_those_of_scikit_learn():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    chosen = learn.choose_penalties(X, y, glasses, splits, [5, 30], grid=GRID, seed=0)
    for name, rows in [*((s.name, s.train) for s in splits), ("all", np.arange(len(y)))]:
        for number in (5, 30):
            expected = []
            for C in GRID:
                total = 0.0
                for left_out in sorted(set(glasses[rows])):  # as many folds as glasses: each is left out alone
                    train, test = rows[glasses[rows] != left_out], rows[glasses[rows] == left_out]
                    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, tol=1e-10, max_iter=10_000))
                    model.fit(X[train][:, :number], y[train])
                    total += log_loss(y[test], model.predict_proba(X[test][:, :number]), normalize=False, labels=[0, 1])
                expected.append(total / len(rows))
            table = chosen.losses[(chosen.losses["split"] == name) & (chosen.losses["n_features"] == number)]
            # both stop at 1e-10 above the minimum of the training loss: the root of that in the weights, 1e-5
            np.testing.assert_allclose(table["loss"], expected, rtol=1e-5)
            assert table.loc[table["chosen"], "C"].tolist() == [GRID[int(np.argmin(expected))]]


def test_rows_that_are_tested_do_not_choose():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    first = learn.choose_penalties(X, y, glasses, splits, [30], grid=GRID, seed=0)
    changed = y.copy()
    changed[splits[0].test] = 1 - changed[splits[0].test]
    other = learn.choose_penalties(X, changed, glasses, splits, [30], grid=GRID, seed=0)
    losses = [p.losses[p.losses["split"] == splits[0].name]["loss"].to_numpy() for p in (first, other)]
    np.testing.assert_array_equal(*losses)
    assert not np.array_equal(
        *(p.losses[p.losses["split"] == splits[1].name]["loss"].to_numpy() for p in (first, other))
    )


def test_each_number_of_features_has_the_choice_of_its_block():
    penalties = learn.Penalties((5, 30), np.array([[1.0, 0.1], [2.0, 0.2]]), np.array([3.0, 0.3]), None)
    assert [penalties.of_split(1, n) for n in (1, 5, 6, 30, 40)] == [2.0, 2.0, 0.2, 0.2, 0.2]
    assert [penalties.of_all(n) for n in (4, 6)] == [3.0, 0.3]


def test_curves_take_the_choices_split_by_split():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    chosen = learn.choose_penalties(X, y, glasses, splits, [5, 30], grid=GRID, seed=0)
    curve = learn.accuracy_by_body_order(X, y, ["a"] * 5 + ["b"] * 25, splits, numbers=[3], C=chosen.of_split)
    for number in (3, 5, 30):
        makers = [learn.logistic(chosen.of_split(k, number)) for k in range(len(splits))]
        expected = learn.cross_validated_accuracy(X[:, :number], y, splits, makers)["accuracy"]
        assert curve.set_index("n_features").loc[number, "accuracy"] == pytest.approx(expected, abs=1e-12)
    fixed = learn.accuracy_by_body_order(X, y, ["a"] * 5 + ["b"] * 25, splits, C=lambda split, number: 0.1)
    constant = learn.accuracy_by_body_order(X, y, ["a"] * 5 + ["b"] * 25, splits, C=0.1)
    np.testing.assert_array_equal(fixed["accuracy"], constant["accuracy"])
    selected = learn.accuracy_by_forward_selection(X, y, splits, 3, C=lambda split, number: 0.1, overall_C=0.1)
    np.testing.assert_array_equal(
        selected["accuracy"], learn.accuracy_by_forward_selection(X, y, splits, 3, C=0.1)["accuracy"]
    )


def test_a_stronger_penalty_is_chosen_where_most_features_say_nothing():
    X, y, glasses = sample(n_features=200)
    few = learn.choose_penalties(X, y, glasses, learn.leave_one_replica_out(glasses), [4, 200], seed=0)
    assert few.of_all(200) < few.of_all(4)


def test_a_single_training_glass_leaves_no_choice():
    X, y, glasses = sample(n_glasses=2)
    splits = learn.leave_one_replica_out(glasses)
    chosen = learn.choose_penalties(X, y, glasses, splits, [30], grid=GRID, seed=0)
    assert chosen.by_split.tolist() == [[1.0], [1.0]]
    assert set(chosen.losses["split"]) == {"all"}
    assert learn.choose_penalties(X, y, glasses, splits, [30], grid=(0.3,), seed=0).by_split.tolist() == [[0.3], [0.3]]


def test_faults_are_named():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    with pytest.raises(InputError, match="splits must be by replica"):
        learn.choose_penalties(X, y, glasses, learn.random_row_folds(y, 3, seed=0), [3], seed=0)
    for numbers, grid in (([0], GRID), ([31], GRID), ([], GRID), ([3], ()), ([3], (0.0,))):
        with pytest.raises(InputError, match="all must be positive"):
            learn.choose_penalties(X, y, glasses, splits, numbers, grid=grid, seed=0)
