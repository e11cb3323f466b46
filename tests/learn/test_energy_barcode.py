"""Energy models: SHAP that adds up, scaled weights, the barcode's own particles, the ridge, folds, files, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from sklearn.linear_model import Ridge

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn.energy_model import PAPER_ROWS

QUICK = {"learning_rate": 0.2, "used_folds": 1}


def data(n_rows=80, n_environments=60, n_particles=200, seed=0):
    """Fractions of environments and an energy that five of them make, in eV about -1000; runs of eight rows."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.full(n_environments, 2.0), size=n_rows)
    counts = np.array([random.multinomial(n_particles, row) for row in shares])
    energies = -1000 + counts[:, :5] @ np.array([1.0, -0.8, 0.6, -0.5, 0.4])
    return counts / n_particles, energies, np.arange(n_rows) // 8


@pytest.fixture(scope="module")
def fitted():
    X, y, runs = data()
    return learn.EnergyModel(**QUICK).fit(X, y, runs), X, y


def test_shap_values_add_up_to_the_prediction(fitted):
    model, X, _ = fitted
    values, base = model.shap_values(X)
    # trees are in single precision: sums of hundreds of leaves of order 1 round to about 1e-5
    np.testing.assert_allclose(values.sum(axis=1) + base, model.predict(X), atol=2e-4)
    background, base = model.shap_values(X[:7], "interventional", X)
    np.testing.assert_allclose(background.sum(axis=1) + base, model.predict(X[:7]), atol=2e-4)
    # the base of the interventional kind is the mean prediction of the background, by definition
    assert base == pytest.approx(model.predict(X).mean(), abs=2e-4)


def test_path_dependent_shap_is_xgboosts_own(fitted):
    model, X, _ = fitted
    own = model.booster_.predict(xgboost.DMatrix(X), pred_contribs=True)
    values, base = model.shap_values(X)
    np.testing.assert_allclose(values, own[:, :-1], atol=1e-4)
    assert base == pytest.approx(own[0, -1] + model.offset_, abs=2e-4)


def test_it_learns_and_the_five_matter_most(fitted):
    model, X, y = fitted
    assert np.sqrt(np.mean((model.predict(X) - y) ** 2)) < 0.5 * y.std()
    importance = np.abs(model.shap_values(X)[0]).mean(axis=0)
    assert len(set(np.argsort(-importance)[:5]) & set(range(5))) >= 4


def test_weights_of_rows_are_scaled_with_the_training_size():
    model = learn.EnergyModel()
    assert model.booster_parameters(PAPER_ROWS)["min_child_weight"] == pytest.approx(82.011109)
    assert model.booster_parameters(80)["min_child_weight"] == pytest.approx(0.82011109)
    # unscaled, 80 rows cannot be split: every prediction is the mean
    X, y, runs = data()
    stuck = learn.EnergyModel(min_child_weight=82.0 * PAPER_ROWS / 80, **QUICK).fit(X, y, runs)
    assert np.ptp(stuck.predict(X)) < 1e-3


def test_a_fold_weighs_the_rows_that_train_in_it(monkeypatch):
    X, y, runs = data()
    given = []
    monkeypatch.setattr(
        xgboost, "cv", lambda parameters, *_, **__: given.append(parameters) or {"test-rmse-mean": [1.0]}
    )
    learn.EnergyModel(n_folds=5).validate(X, y, runs)  # ten runs of eight rows: 64 rows train in each of five folds
    assert given[0]["min_child_weight"] == pytest.approx(82.011109 * 64 / PAPER_ROWS)


def test_same_seed_same_trees_and_another_seed_others():
    X, y, runs = data()
    one, two, other = (learn.EnergyModel(random_state=s, **QUICK).fit(X, y, runs).predict(X) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_the_search_begins_with_the_papers_best_and_stays_in_its_ranges():
    from lammps_glass.learn.energy_search import RANGES

    X, y, runs = data(40)
    best, trials = learn.search_energy_model(X, y, runs, n_trials=2, seed=3, used_folds=1, max_rounds=40)
    paper = learn.EnergyModel()
    for name, (low, high) in RANGES.items():
        assert trials[name].iloc[0] == pytest.approx(getattr(paper, name))
        assert trials[name].between(low, high).all()
    assert trials["rmse"].min() == trials.loc[trials["learning_rate"] == best["learning_rate"], "rmse"].item()
    again, _ = learn.search_energy_model(X, y, runs, n_trials=2, seed=3, used_folds=1, max_rounds=40)
    assert again == best


@pytest.mark.parametrize(("n_trials", "at_random"), [(1, 1), (2, 1), (3, 1), (10, 3), (50, 10)])
def test_a_third_of_a_search_is_random_at_most(n_trials, at_random, monkeypatch):
    import optuna

    X, y, runs = data(40)
    given, sampler = [], optuna.samplers.TPESampler

    def spy(**options):
        given.append(options["n_startup_trials"])
        return sampler(**options)

    monkeypatch.setattr(optuna.samplers, "TPESampler", spy)
    monkeypatch.setattr(learn.EnergyModel, "validate", lambda self, *_: (1, self.gamma))
    _, trials = learn.search_energy_model(X, y, runs, n_trials=n_trials, seed=3)
    assert given == [at_random]
    assert len(trials) == n_trials


def library(n_environments=60, n_features=80, seed=2):
    rows = np.random.default_rng(seed).normal(size=(n_environments, n_features))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return learn.EnvironmentLibrary(
        rows, ["one/1"] * n_environments, list(range(n_environments)), 0.84, definition={"r_cut": 5.0}
    )


@pytest.fixture(scope="module")
def barcode():
    X, y, runs = data()
    return learn.Barcode(n_environments=10, **QUICK).fit(X, y, runs).attach(library(), 200)


def test_barcodes_sum_to_one_over_the_most_important(barcode):
    X, _, _ = data()
    bars = barcode.barcodes(X)
    assert bars.shape == (80, 10)
    np.testing.assert_allclose(bars.sum(axis=1), 1.0)
    chosen = X[:, barcode.columns_]
    np.testing.assert_allclose(bars, chosen / chosen.sum(axis=1, keepdims=True))
    order = barcode.ranking_[barcode.columns_]
    assert (np.diff(order) <= 0).all()
    assert order.min() >= np.delete(barcode.ranking_, barcode.columns_).max()


def test_a_particle_has_the_shap_value_of_its_environment_over_its_count(barcode):
    X, _, _ = data()
    counts = np.round(200 * X[0]).astype(int)
    rows = np.repeat(barcode.library_.vectors, counts, axis=0).astype(float)
    foreign = np.eye(80)[:2]  # similar to no environment
    values = barcode.particle_values(np.vstack([rows, foreign]))
    environment = np.concatenate([np.repeat(np.arange(60), counts), [-1, -1]])
    worth = barcode.model_.shap_values(barcode.barcodes(X[:1]))[0] * len(environment) / 200  # trained on 200 particles
    for place, column in enumerate(barcode.columns_):
        mine = environment == column
        if mine.any():
            np.testing.assert_allclose(values[mine], worth[0, place] / mine.sum(), atol=1e-9)
    uncovered = ~np.isin(environment, barcode.columns_)
    assert np.isnan(values[uncovered]).all()
    assert not np.isnan(values[~uncovered]).any()
    present = counts[barcode.columns_] > 0
    assert np.nansum(values) == pytest.approx(worth[0, present].sum(), abs=1e-6)


def test_the_values_of_particles_do_not_change_when_the_structure_is_repeated(barcode):
    X, _, _ = data()
    rows = np.repeat(barcode.library_.vectors, np.round(200 * X[3]).astype(int), axis=0).astype(float)
    once, twice = barcode.particle_values(rows), barcode.particle_values(np.vstack([rows, rows]))
    assert np.nanmax(np.abs(once)) > 0
    np.testing.assert_allclose(twice, np.concatenate([once, once]), rtol=1e-12)


def test_saved_with_its_library_it_judges_the_same(barcode, tmp_path):
    X, _, _ = data()
    learn.save(tmp_path / "barcode", barcode, {"indicator": "barcode"})
    loaded, _ = learn.load(tmp_path / "barcode")
    np.testing.assert_array_equal(loaded.predict(X), barcode.predict(X))
    rows = barcode.library_.vectors
    np.testing.assert_array_equal(loaded.particle_values(rows), barcode.particle_values(rows))
    learn.save(tmp_path / "again", loaded, {"indicator": "barcode"})
    assert (tmp_path / "again").read_bytes() == (tmp_path / "barcode").read_bytes()
    learn.save(tmp_path / "full", barcode.full_, {})
    np.testing.assert_array_equal(learn.load(tmp_path / "full")[0].predict(X), barcode.full_.predict(X))


def test_ridge_is_scikit_learns_at_its_strength():
    X, y, runs = data()
    model = learn.EnergyRidge().fit(X, y, runs)
    centred = X - X.mean(axis=0)
    alpha = model.strength_ * np.linalg.eigvalsh(centred @ centred.T).clip(min=0).mean()
    other = Ridge(alpha=alpha, solver="svd").fit(X, y)
    # two solvers of one linear system of condition 1e5 in double precision
    np.testing.assert_allclose(model.predict(X), other.predict(X), rtol=1e-8)
    assert np.sqrt(np.mean((model.predict(X) - y) ** 2)) < 0.2 * y.std()


def test_ridge_gives_no_weight_to_what_is_constant():
    """Composition and density are the same for all training structures, up to rounding: a model of them is the mean."""
    random = np.random.default_rng(0)
    X = np.tile([0.44, 0.0582], (30, 1)) * (1 + 1e-15 * random.integers(-2, 3, (30, 2)))
    y = random.normal(size=30)
    np.testing.assert_allclose(learn.EnergyRidge().fit(X, y).predict([[0.36, 0.06]]), y.mean(), rtol=1e-12)


def test_folds_keep_runs_together_and_random_ones_say_that_they_leak():
    runs = np.arange(40) // 4
    for fold in learn.energy_folds(40, 5, runs, 0):
        assert not set(runs[fold.train]) & set(runs[fold.test])
        assert not fold.leaking
    parts = learn.energy_folds(40, 5, None, 0)
    assert sorted(np.concatenate([fold.test for fold in parts]).tolist()) == list(range(40))
    assert all(fold.leaking for fold in parts)


def test_scores_of_a_known_error():
    true, sizes = np.array([-10.0, -12.0, -14.0]), np.array([2, 2, 2])
    found = learn.energy_scores(true, true + 0.5, sizes)
    assert found["rmse_ev"] == pytest.approx(0.5)
    assert found["rmse_mev_per_atom"] == pytest.approx(250.0)
    assert found["bias_mev_per_atom"] == pytest.approx(250.0)
    assert found["rmse_over_std"] == pytest.approx(0.25 / np.std(true / 2))
    mean = learn.energy_scores(true, np.full(3, true.mean()), sizes)
    assert mean["rmse_over_std"] == pytest.approx(1.0)


def test_bad_input_is_one_line(barcode):
    X, y, runs = data()
    with pytest.raises(InputError, match=r"none of the 10 environments"):
        barcode.predict(np.where(np.isin(np.arange(60), barcode.columns_), 0.0, X[:1]))
    with pytest.raises(InputError, match="attach"):
        learn.Barcode(n_environments=10, **QUICK).fit(X, y, runs).particle_values(library().vectors)
    with pytest.raises(InputError, match="library of 5 environments does not fit a barcode of 60"):
        barcode.attach(library(5), 200)
    with pytest.raises(InputError, match="give the number of particles"):
        barcode.attach(library(), 0)
    with pytest.raises(InputError, match="background"):
        barcode.model_.shap_values(barcode.barcodes(X), "interventional")
    with pytest.raises(InputError, match="at least 2 replicas"):
        learn.EnergyModel(**QUICK).fit(X, y, np.zeros(len(y)))
    with pytest.raises(InputError, match="at least one trial"):
        learn.search_energy_model(X, y, runs, n_trials=0, seed=0)
