"""The activity and its curves against scikit-learn, blind search, and rows with planted features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import minimize
from scipy.stats import norm
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn.nested_subsets import spread_over_splits, standardize
from lammps_glass.learn.newton import RidgeLogistic
from lammps_glass.learn.splits import Split


def unit_columns(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def planted(n=600, n_features=30, weights=((7, 1.5), (3, 1.0), (20, 0.6)), seed=0, correlated=0.3):
    """Balanced rows whose class depends on three of many correlated features; six glasses."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, n_features)) + correlated * random.normal(size=(n, 1))
    X *= np.geomspace(0.1, 10, n_features)  # features of very different sizes, as those of ACE
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    score = sum(weight * z[:, column] for column, weight in weights) + random.logistic(size=n)
    return X, (score > np.median(score)).astype(int), np.repeat([f"g{i}" for i in range(6)], n // 6)


def oracle(Z, y, C):
    """scipy's minimum of the objective as the docstring has it, written out."""

    def loss(w):
        signed = (2 * y - 1) * (Z @ w[1:] + w[0])
        return 0.5 * w[1:] @ w[1:] + C * np.log1p(np.exp(-signed)).sum()

    return minimize(loss, np.zeros(Z.shape[1] + 1), method="BFGS", options={"gtol": 1e-7}).x


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_newton_finds_the_minimum_however_columns_come(C):
    X, y, _ = planted(n=300, n_features=8, weights=((2, 2.0),))
    Z = unit_columns(X)
    at_once, one_by_one = RidgeLogistic(y, C), RidgeLogistic(y, C)
    at_once.add(Z)
    for column in range(8):
        one_by_one.add(Z[:, [column]], np.array([5.0]))  # a poor start on purpose
    # The decrement stops at 1e-10 of the loss, so weights are right to about 1e-5; BFGS with numerical gradients alike.
    np.testing.assert_allclose(at_once.weights, one_by_one.weights, atol=1e-5)
    np.testing.assert_allclose(at_once.weights, oracle(Z, y, C), atol=2e-4)


def test_standardising_takes_moments_of_the_training_rows_only():
    X, _, _ = planted(n=90, n_features=4, weights=((1, 1.0),))
    train, test = np.column_stack([np.full(60, 3.7), X[:60]]), np.column_stack([np.full(30, 3.7), X[60:]])
    expected = (X[60:] - X[:60].mean(axis=0)) / X[:60].std(axis=0)
    standardize(train, test)
    # sums in another order: rounding of 60 terms
    np.testing.assert_allclose(train[:, 1:], unit_columns(X[:60]), atol=1e-13)
    np.testing.assert_allclose(test[:, 1:], expected, atol=1e-13)
    np.testing.assert_allclose(np.concatenate([train[:, 0], test[:, 0]]), 0.0, atol=1e-13)


def test_second_derivatives_are_those_of_the_loss_for_more_rows_than_a_block():
    """Central differences of the gradient, itself from those of the loss: 1e-4 of the largest entry."""
    X, y, _ = planted(n=5000, n_features=3, weights=((1, 1.0),))
    model = RidgeLogistic(y, 0.3)
    model.extend(unit_columns(X))
    found, h = model.hessian(model.probability), 1e-3
    unit = h * np.eye(4)

    def loss(step):
        return model.loss(model.weights + step)

    numbers = [[(loss(a + b) - loss(a - b) - loss(b - a) + loss(-a - b)) / (4 * h * h) for b in unit] for a in unit]
    np.testing.assert_allclose(found, numbers, atol=1e-4 * np.abs(found).max())


def test_newton_stays_finite_where_classes_separate():
    Z = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    model = RidgeLogistic(np.array([0, 0, 1, 1]), 1e6)
    model.add(Z)
    assert np.isfinite(model.weights).all()
    np.testing.assert_array_equal(model.probability > 0.5, [False, False, True, True])


def test_activity_is_the_standardised_regression():
    X, y, _ = planted()
    model = learn.Activity(C=0.5).fit(X, y)
    reference = learn.logistic(0.5)().fit(X, y)
    # The same solver and rows: rounding only.
    np.testing.assert_allclose(model.predict_proba(X), reference.predict_proba(X), atol=1e-12)
    newton = RidgeLogistic(y, 0.5)
    newton.add(unit_columns(X))
    # lbfgs stops at a gradient of 1e-4 of a sum of 600 rows.
    np.testing.assert_allclose(model.coef_, newton.weights[1:], atol=5e-3)
    scaled = learn.Activity(C=0.5).fit(X * np.arange(1, 31), y)
    np.testing.assert_allclose(scaled.coef_, model.coef_, atol=1e-6)  # units of a feature do not matter
    with pytest.raises(InputError, match="C = 0"):
        learn.Activity(C=0).fit(X, y)
    with pytest.raises(InputError, match="one class only"):
        learn.Activity().fit(X, np.ones(600))


def test_blocks_of_activity_are_columns_scaled_by_hand():
    X, y, _ = planted()
    blocks = [[5, 1.0], [15, 0.2], [10, 0.0]]
    factors = np.repeat([1.0, 0.2, 0.0], [5, 15, 10])
    model = learn.Activity(C=0.5, blocks=blocks).fit(X, y)
    newton = RidgeLogistic(y, 0.5)
    newton.add(factors * unit_columns(X))
    # lbfgs stops at a gradient of 1e-4 of a sum of 600 rows.
    np.testing.assert_allclose(model.coef_, factors * newton.weights[1:], atol=5e-3)
    assert (model.coef_[20:] == 0).all()
    split = Split("a", np.arange(300), np.arange(300, 600), leaking=False)
    curve = learn.accuracy_by_body_order(X, y, ["a"] * 30, [split], numbers=[30], C=learn.Penalty(0.5, blocks))
    half = learn.Activity(C=0.5, blocks=blocks).fit(X[:300], y[:300])
    assert curve["accuracy"].item() == np.mean(half.predict(X[300:]) == y[300:])
    for wrong in ([[5, 1.0]], [[30, -1.0]], [[30.0, 1.0]], [[30]], [[30, np.nan]], "all"):
        with pytest.raises(InputError, match="blocks = "):
            learn.Activity(blocks=wrong).fit(X, y)


def test_curve_in_body_order_steps_where_the_signal_enters():
    X, y, replicas = planted(weights=((12, 2.5),))
    blocks = ["2-body"] * 10 + ["3-body"] * 20
    splits = learn.leave_one_replica_out(replicas)
    curve = learn.accuracy_by_body_order(X, y, blocks, splits, numbers=[1, 5, 12, 13, 30])
    assert curve["n_features"].tolist() == [1, 5, 10, 12, 13, 30]  # the end of a block is added
    assert curve["block"].tolist() == ["2-body"] * 3 + ["3-body"] * 3
    assert curve["ends_block"].tolist() == [False, False, True, False, False, True]
    accuracy = curve.set_index("n_features")["accuracy"]
    # Only correlation with column 12 before it is there; it adds far more than four standard errors of 0.02.
    assert accuracy[13] > accuracy[12] + 0.08
    assert accuracy[30] == pytest.approx(accuracy[13], abs=0.06)
    assert not curve["leaking"].any()


def test_a_prefix_is_a_fresh_fit():
    X, y, replicas = planted(n=240)
    splits = learn.leave_one_replica_out(replicas)
    curve = learn.accuracy_by_body_order(X, y, ["all"] * 30, splits, numbers=[4, 11])
    for number, accuracy in zip(curve["n_features"], curve["accuracy"]):
        alone = learn.cross_validated_accuracy(X[:, :number], y, splits, learn.logistic(1.0))
        # lbfgs and Newton may differ on a row at the very edge: one of 240.
        assert accuracy == pytest.approx(alone["accuracy"], abs=1.01 / 240)


def test_all_components_are_all_features():
    X, y, replicas = planted(n=240)
    splits = learn.leave_one_replica_out(replicas)
    components = learn.accuracy_by_components(X, y, splits, numbers=[1, 30])
    features = learn.accuracy_by_body_order(X, y, ["all"] * 30, splits, numbers=[30])
    # A rotation leaves the penalty as it is; one row at the edge may fall to the other side by rounding.
    assert components["accuracy"].iloc[-1] == pytest.approx(features["accuracy"].iloc[-1], abs=1.01 / 240)
    assert components["train_accuracy"].iloc[-1] == pytest.approx(features["train_accuracy"].iloc[-1], abs=1.01 / 200)


def test_selection_recovers_what_was_planted():
    X, y, replicas = planted(n=1200)
    selection = learn.forward_selection(X, y, 5)
    assert set(selection.order[:3]) == {3, 7, 20}
    assert selection.order[0] == 7
    assert selection.gains[2] > 3 * selection.gains[3]
    splits = learn.leave_one_replica_out(replicas)
    curve = learn.accuracy_by_forward_selection(X, y, splits, 5)
    assert curve["picked"].tolist() == selection.order
    assert (curve["split_fraction"][:3] == 1).all()
    body_order = learn.accuracy_by_body_order(X, y, ["all"] * 30, splits, numbers=[3, 30])
    assert curve["accuracy"][2] > body_order["accuracy"][0] + 0.1
    # 1200 rows: standard error of a difference of alike predictions below 0.01.
    assert curve["accuracy"][2] > body_order["accuracy"].iloc[-1] - 0.02


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 1000))
def test_each_pick_is_the_best_refit(seed):
    """The pick has, of all refits, the smallest loss, or one so near that the quadratic estimate may err."""
    X, y, _ = planted(n=200, n_features=6, weights=((1, 1.0), (4, 0.7)), seed=seed)
    Z = unit_columns(X)
    order = learn.forward_selection(X, y, 3).order
    before = 0.0
    for step in range(3):
        kept, losses = order[:step], {}
        for column in set(range(6)) - set(kept):
            model = RidgeLogistic(y, 1.0)
            model.add(Z[:, [*kept, column]])
            losses[column] = model.loss(model.weights)
        gains = {column: 200 * np.log(2) - loss for column, loss in losses.items()}
        best = max(gains.values())
        # A Newton step from weight 0 errs on a large gain, in about the same way for all columns: 20 %. Gains that
        # differ by 0.5, the mean gain of a column of noise (half of chi^2 of one degree), do not tell columns apart.
        assert gains[order[step]] - before >= 0.8 * (best - before) - 0.5
        before = gains[order[step]]


def test_selection_predicts_as_well_as_blind_search():
    X, y, replicas = planted(n=360, n_features=12, weights=((2, 1.0), (9, 0.8), (5, 0.5)))
    fresh_X, fresh_y, _ = planted(n=3000, n_features=12, weights=((2, 1.0), (9, 0.8), (5, 0.5)), seed=99)
    folds = [(split.train, split.test) for split in learn.leave_one_replica_out(replicas)]
    blind = SequentialFeatureSelector(LogisticRegression(), n_features_to_select=4, cv=folds)
    blind.fit(unit_columns(X), y)
    chosen = [learn.forward_selection(X, y, 4).order, np.flatnonzero(blind.get_support()).tolist()]
    ours, theirs = (
        np.mean(learn.Activity().fit(X[:, columns], y).predict(fresh_X[:, columns]) == fresh_y) for columns in chosen
    )
    # Same rows of 3000, alike predictions: standard error of the difference about 0.006.
    assert ours >= theirs - 0.012


def test_constant_and_copied_columns_come_last_and_harm_nothing():
    X, y, _ = planted(n=300, n_features=5, weights=((2, 2.0),))
    X = np.column_stack([np.full(300, 3.7), X, X[:, 2]])
    order = learn.forward_selection(X, y, 7).order
    assert order[0] in (3, 6)
    assert order[-1] == 0
    assert sorted(order) == list(range(7))


def test_ard_finds_a_line_and_does_not_mind_units():
    X, _, replicas = planted(n=600)
    random = np.random.default_rng(5)
    z = (X[:, 4] - X[:, 4].mean()) / X[:, 4].std()
    target = z + random.normal(size=600)
    splits = learn.leave_one_replica_out(replicas)
    curve = learn.ard_pearson(X, target, splits, numbers=[2, 5, 30])
    # Signal and noise of equal variance: 1 / sqrt 2, standard error 0.02 of 600 rows.
    assert curve["pearson"][1] == pytest.approx(np.sqrt(0.5), abs=0.08)
    assert curve["pearson"][0] < 0.35
    assert curve["pearson"][2] == pytest.approx(curve["pearson"][1], abs=0.03)
    assert curve["n_kept"][2] < 25  # most of 29 columns of noise are dropped
    small = learn.ard_pearson(X, 1e-4 * target, splits, numbers=[5])
    assert small["pearson"][0] == pytest.approx(curve["pearson"][1], abs=1e-6)
    for wrong in (np.ones(600), np.full(600, np.nan), target[:5]):
        with pytest.raises(InputError, match="target"):
            learn.ard_pearson(X, wrong, splits)


def test_linear_machine_is_nearly_the_same_and_random_folds_leak():
    X, y, replicas = planted()
    by_glass, by_rows = learn.glass_and_random_splits(y, replicas, seed=0)
    found = [learn.cross_validated_accuracy(X, y, by_glass, make) for make in (learn.Activity, learn.linear_svm(1.0))]
    assert found[0]["accuracy"] == pytest.approx(found[1]["accuracy"], abs=0.03)
    assert found[0]["n_rows"] == 600
    # Twins of each row in its own glass, labels of noise: a memory of rows helps with random folds only.
    random = np.random.default_rng(2)
    base = random.normal(size=(300, 200))
    twins, names = np.repeat(base, 2, axis=0), np.repeat([f"g{i}" for i in range(6)], 100)
    labels = np.repeat(np.arange(300) % 2, 2)
    honest, leaking = learn.glass_and_random_splits(labels, names, seed=0)
    # 300 independent rows: standard error 0.03, four of them.
    assert learn.cross_validated_accuracy(twins, labels, honest, learn.Activity)["accuracy"] == pytest.approx(
        0.5, abs=0.12
    )
    scored = learn.cross_validated_accuracy(twins, labels, leaking, learn.Activity)
    assert scored["accuracy"] > 0.75
    assert scored["leaking"]
    assert [split.leaking for split in by_rows] == [True] * 5


def test_curves_pool_the_rows_of_unlike_glasses():
    """With all rows a learning curve ends where the other curves do, for glasses of 20 and of 290 rows."""
    X, y, _ = planted()
    replicas = np.repeat(["small", "a", "b"], [20, 290, 290])
    splits = learn.leave_one_replica_out(replicas)
    whole = learn.learning_curve_by_rows(X, y, splits, fractions=[1.0], n_draws=2, seed=0).iloc[0]
    assert isinstance(whole["std"], float)  # an array in a column is no table that can be stored
    direct = learn.cross_validated_accuracy(X, y, splits, learn.logistic(1.0))
    by_order = learn.accuracy_by_body_order(X, y, ["all"] * X.shape[1], splits, C=1.0).iloc[-1]
    for name in ("accuracy", "std"):
        assert whole[name] == pytest.approx(direct[name], abs=1e-12)
        assert by_order[name] == pytest.approx(direct[name], abs=5e-3)  # two solvers: a row at the boundary may flip


def test_spread_counts_a_split_by_its_rows():
    assert spread_over_splits([0.0, 1.0], [1, 1]) == pytest.approx(0.5)
    assert spread_over_splits([0.0, 1.0], [1, 3]) == pytest.approx(np.std([0.0, 1.0, 1.0, 1.0]))


def test_learning_curves_rise_to_the_best_there_is():
    random = np.random.default_rng(8)
    y = np.arange(1200) % 2
    X = random.normal(size=(1200, 40))
    X[:, 0] += 2.0 * y
    replicas = np.repeat([f"g{i}" for i in range(6)], 200)
    glasses = learn.learning_curve_by_replica(X, y, replicas, numbers=[1, 5], n_draws=2, seed=0)
    assert glasses["n_rows"].tolist() == [200, 1000]
    # Shift 2: Phi(1) = 0.841 at best; standard error 0.011 of 1200 rows. 40 columns of noise cost 0.02 of 200 rows.
    assert glasses["accuracy"][1] == pytest.approx(norm.cdf(1), abs=0.045)
    assert glasses["accuracy"][0] < glasses["accuracy"][1]
    assert glasses["train_accuracy"][0] > glasses["train_accuracy"][1]
    splits = learn.leave_one_replica_out(replicas)
    rows = learn.learning_curve_by_rows(X, y, splits, fractions=[0.1, 1.0], n_draws=1, seed=0)
    assert rows["n_rows"].tolist() == [100, 1000]
    assert rows["accuracy"][1] == pytest.approx(glasses["accuracy"][1], abs=1e-12)
    alone = learn.learning_curve_by_rows(X, y, splits, fractions=[0.1], n_draws=1, seed=0)
    assert alone.iloc[0].to_dict() == rows.iloc[0].to_dict()


def test_bad_input_is_one_line():
    X, y, replicas = planted(n=60)
    splits = learn.leave_one_replica_out(replicas)
    calls = [
        (lambda: learn.accuracy_by_body_order(X, y, ["a"] * 3, splits), "block names for 30"),
        (lambda: learn.accuracy_by_body_order(X, y, ["a", *["b"] * 28, "a"], splits), "interrupted"),
        (lambda: learn.accuracy_by_components(X, y, splits, numbers=[31]), "31 features of 30"),
        (lambda: learn.forward_selection(X, y, 31), "31 features to select of 30"),
        (lambda: learn.ard_pearson(X, X[:, 0], splits, numbers=[0]), "numbers from 1 to 30"),
        (lambda: learn.learning_curve_by_replica(X, y, replicas, numbers=[6], seed=0), "1 to 5 glasses"),
        (lambda: learn.learning_curve_by_rows(X, y, splits, fractions=[1.5], seed=0), "fractions up to 1"),
    ]
    for call, words in calls:
        with pytest.raises(InputError, match=words) as error:
            call()
        assert "\n" not in str(error.value)
