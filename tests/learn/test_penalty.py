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
from lammps_glass.learn import Penalty

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


def scaled_losses(X, y, glasses, rows, number, orders, factor, C):
    """Log loss of each left-out glass by scikit-learn, on columns scaled by hand; (n_glasses,)."""
    losses = []
    for left_out in sorted(set(glasses[rows])):
        train, test = rows[glasses[rows] != left_out], rows[glasses[rows] == left_out]
        z = StandardScaler().fit(X[train]).transform(X)[:, :number] * factor ** orders[:number].astype(float)
        model = LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(z[train], y[train])
        losses.append(log_loss(y[test], model.predict_proba(z[test]), normalize=False, labels=[0, 1]))
    return np.array(losses) / len(rows)


def test_factors_of_orders_are_columns_scaled_by_hand():
    """Fewer rows than columns: the regressions are solved in the space of the rows."""
    X, y, glasses = sample(rows=20, n_features=90)
    orders = np.repeat([0, 1, 2], [5, 25, 60])
    splits = learn.leave_one_replica_out(glasses)
    factors = (0.0, 0.3, 1.0)
    chosen = learn.choose_penalties(
        X, y, glasses, splits, [5, 30, 90], grid=GRID, orders=orders, factors=factors, seed=0
    )
    k = {5: 0, 30: 1, 90: 2}
    for split, (name, rows, *_) in enumerate(splits):
        for number in (30, 90):
            by_factor = {}
            for factor in factors:
                by_C = [scaled_losses(X, y, glasses, rows, number, orders, factor, C) for C in GRID]
                of_split = chosen.losses[(chosen.losses["split"] == name) & (chosen.losses["n_features"] == number)]
                table = of_split[of_split["factor"] == factor]
                np.testing.assert_allclose(table["loss"], [losses.sum() for losses in by_C], rtol=1e-5)
                best = int(np.argmin([losses.sum() for losses in by_C]))
                by_factor[factor] = GRID[best], by_C[best]
            least = min(factors, key=lambda factor: by_factor[factor][1].sum())
            within = []
            for factor in factors:
                excess = by_factor[factor][1] - by_factor[least][1]
                if excess.sum() <= np.sqrt(len(excess)) * excess.std(ddof=1):
                    within.append(factor)
            C = by_factor[within[0]][0]
            assert chosen.by_split[split, k[number]].tolist() == [C, within[0]]
        # without columns of a higher order there is nothing to choose but C
        assert chosen.by_split[split, 0, 1] == 1.0
        assert chosen.one_for_all.by_split[split, 1, 1] == 1.0


def test_one_penalty_for_all_is_the_choice_without_factors():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    options = {"grid": GRID, "seed": 0}
    alone = learn.choose_penalties(X, y, glasses, splits, [5, 30], **options)
    both = learn.choose_penalties(
        X, y, glasses, splits, [5, 30], orders=np.repeat([0, 1], [5, 25]), factors=(0.1, 1.0), **options
    )
    np.testing.assert_array_equal(both.one_for_all.by_split, alone.by_split)
    np.testing.assert_array_equal(both.one_for_all.overall, alone.overall)
    assert alone.one_for_all is None


def test_columns_that_say_nothing_are_left_out_and_those_that_do_are_kept():
    """Thirty columns of noise beside two that tell the classes; then one of these is of a higher order."""
    X, y, glasses = sample(n_glasses=6, rows=200)
    splits = learn.leave_one_replica_out(glasses)
    noise = np.where(np.arange(30) < 5, 0, 1)
    without = learn.choose_penalties(X, y, glasses, splits, [30], orders=noise, factors=(0.0, 1.0), seed=0)
    assert (without.by_split[:, 0, 1] == 0.0).all()
    assert without.of_all(30).blocks == ((5, 1.0), (25, 0.0))
    needed = np.where(np.arange(30) < 3, 0, 1)  # column 3 is left out with the others
    needs = learn.choose_penalties(X, y, glasses, splits, [30], orders=needed, factors=(0.0, 1.0), seed=0)
    assert (needs.by_split[:, 0, 1] == 1.0).all()


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
    by_split = np.array([[[1.0, 1.0], [0.1, 1.0]], [[2.0, 1.0], [0.2, 0.5]]])
    orders = (0,) * 5 + (1,) * 20 + (2,) * 15
    penalties = learn.Penalties((5, 30), by_split, np.array([[3.0, 1.0], [0.3, 0.1]]), None, orders)
    assert [penalties.of_split(1, n).C for n in (1, 5, 6, 30, 40)] == [2.0, 2.0, 0.2, 0.2, 0.2]
    assert penalties.of_split(1, 5).blocks is None
    assert penalties.of_split(1, 7).blocks == ((5, 1.0), (2, 0.5))
    assert penalties.of_split(1, 30).blocks == ((5, 1.0), (20, 0.5), (5, 0.25))
    assert [penalties.of_all(n).C for n in (4, 6)] == [3.0, 0.3]


def test_curves_take_the_choices_split_by_split():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    chosen = learn.choose_penalties(X, y, glasses, splits, [5, 30], grid=GRID, seed=0)
    curve = learn.accuracy_by_body_order(X, y, ["a"] * 5 + ["b"] * 25, splits, numbers=[3], C=chosen.of_split)
    for number in (3, 5, 30):
        makers = [learn.logistic(chosen.of_split(k, number).C) for k in range(len(splits))]
        expected = learn.cross_validated_accuracy(X[:, :number], y, splits, makers)["accuracy"]
        assert curve.set_index("n_features").loc[number, "accuracy"] == pytest.approx(expected, abs=1e-12)
    fixed = learn.accuracy_by_body_order(X, y, ["a"] * 5 + ["b"] * 25, splits, C=lambda split, number: Penalty(0.1))
    constant = learn.accuracy_by_body_order(X, y, ["a"] * 5 + ["b"] * 25, splits, C=0.1)
    np.testing.assert_array_equal(fixed["accuracy"], constant["accuracy"])
    selected = learn.accuracy_by_forward_selection(X, y, splits, 3, C=lambda split, number: Penalty(0.1), overall_C=0.1)
    np.testing.assert_array_equal(
        selected["accuracy"], learn.accuracy_by_forward_selection(X, y, splits, 3, C=0.1)["accuracy"]
    )


def test_a_stronger_penalty_is_chosen_where_most_features_say_nothing():
    X, y, glasses = sample(n_features=200)
    few = learn.choose_penalties(X, y, glasses, learn.leave_one_replica_out(glasses), [4, 200], seed=0)
    assert few.of_all(200).C < few.of_all(4).C


def test_a_single_training_glass_leaves_no_choice():
    X, y, glasses = sample(n_glasses=2)
    splits = learn.leave_one_replica_out(glasses)
    chosen = learn.choose_penalties(X, y, glasses, splits, [30], grid=GRID, seed=0)
    assert chosen.by_split.tolist() == [[[1.0, 1.0]], [[1.0, 1.0]]]
    assert set(chosen.losses["split"]) == {"all"}
    given = learn.choose_penalties(X, y, glasses, splits, [30], grid=(0.3,), seed=0)
    assert given.by_split[:, 0, 0].tolist() == [0.3, 0.3]


def test_faults_are_named():
    X, y, glasses = sample()
    splits = learn.leave_one_replica_out(glasses)
    with pytest.raises(InputError, match="splits must be by replica"):
        learn.choose_penalties(X, y, glasses, learn.random_row_folds(y, 3, seed=0), [3], seed=0)
    for numbers, grid in (([0], GRID), ([31], GRID), ([], GRID), ([3], ()), ([3], (0.0,))):
        with pytest.raises(InputError, match="all must be positive"):
            learn.choose_penalties(X, y, glasses, splits, numbers, grid=grid, seed=0)
    for factors in ((), (0.5,), (-0.1, 1.0), (1.0, 2.0)):
        with pytest.raises(InputError, match=r"factors .* from 0 to 1, 1 among them"):
            learn.choose_penalties(X, y, glasses, splits, [3], factors=factors, seed=0)
    for orders in ([0, 1], np.full(30, -1), np.zeros(30)):
        with pytest.raises(InputError, match="give a whole number from 0 a column"):
            learn.choose_penalties(X, y, glasses, splits, [3], orders=orders, seed=0)
    with pytest.raises(InputError, match="without blocks"):
        learn.accuracy_by_forward_selection(X, y, splits, 3, C=Penalty(1.0, [(30, 0.5)]))
