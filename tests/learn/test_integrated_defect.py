"""The integrated defect against LIBSVM itself and toys with known answers; its grid, its scores, its power factor."""

from __future__ import annotations

import io
import math
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn.svm_library import load_libsvm

KNOWN = {"deadline": None, "derandomize": True}


def ring(n=600, seed=0):
    """Class 1 outside a circle in two of three dimensions: nothing for a plane, all for a Gaussian kernel."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3))
    return X, (np.hypot(X[:, 0], X[:, 1]) > 1.5).astype(int)


def members(path):
    """The inner members of a saved integrated defect."""
    with zipfile.ZipFile(path) as outer, zipfile.ZipFile(io.BytesIO(outer.read("estimator.libsvm"))) as inner:
        return {name: inner.read(name) for name in inner.namelist()}


def test_libsvm_reads_our_text_and_gives_the_same_distances(tmp_path):
    load_libsvm()
    from libsvm.svmutil import svm_load_model, svm_predict

    X, y = ring()
    model = learn.IntegratedDefect(gamma=0.3).fit(X, y)
    learn.save(tmp_path / "saved", model)
    text = tmp_path / "model.txt"
    text.write_bytes(members(tmp_path / "saved")["model.libsvm"])
    theirs = svm_load_model(str(text))
    assert theirs.get_labels() == [1, -1]
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    values = np.array(svm_predict([], z.tolist(), theirs, "-q")[2])[:, 0]
    # The same sum of about 200 terms below C in another order: 1e-13; 1e-9 is what was asked for.
    np.testing.assert_allclose(model.decision_function(X), values, rtol=0, atol=1e-9)
    loaded, _ = learn.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.decision_function(X), model.decision_function(X))


def test_blocks_of_rows_do_not_change_the_sum(monkeypatch):
    X, y = ring()
    model = learn.IntegratedDefect().fit(X, y)
    whole = model.decision_function(X)
    monkeypatch.setattr("lammps_glass.learn.integrated_defect._BLOCK", 7 * len(model.dual_coef_))
    # Products of other shapes may sum in another order: rounding of weights up to C = 4.
    np.testing.assert_allclose(model.decision_function(X), whole, rtol=0, atol=1e-11)


def test_distance_is_positive_for_class_one_whatever_row_comes_first():
    X, y = ring()
    distances = []
    for order in (np.argsort(y, kind="stable"), np.argsort(-y, kind="stable")):
        model = learn.IntegratedDefect(gamma=0.3, balanced=False).fit(X[order], y[order])
        assert (model.dual_coef_ > 0).any()
        distances.append(model.decision_function(X))
        assert np.mean((distances[-1] > 0) == y) > 0.95
    # LIBSVM stops when its conditions hold to 1e-3, so two orders differ by a few of that.
    np.testing.assert_allclose(*distances, rtol=0, atol=0.02)


def test_two_points_have_a_known_solution():
    """Two rows at +-1: alpha = 1 / (1 - K) each and b = 0, while alpha < C; both lie at distance +-1."""
    X, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
    model = learn.IntegratedDefect(C=100.0, gamma=0.5, tolerance=1e-9).fit(X, y)
    alpha = 1.0 / (1.0 - math.exp(-0.5 * 4.0))
    np.testing.assert_allclose(np.sort(model.dual_coef_), [-alpha, alpha], rtol=1e-7)  # the tolerance of the solver
    np.testing.assert_allclose(model.decision_function(X), [-1.0, 1.0], atol=1e-7)
    expected = alpha * (math.exp(-0.5 * 0.25) - math.exp(-0.5 * 2.25))
    assert model.decision_function([[0.5]])[0] == pytest.approx(expected, abs=1e-7)


def test_a_separable_toy_keeps_its_margin():
    """Rows at least 1 from the edge of class: with large C no training row lies inside the margin."""
    random = np.random.default_rng(3)
    X = random.uniform(-4, 4, size=(300, 2))
    X = X[np.abs(X[:, 0]) > 1]
    model = learn.IntegratedDefect(C=1e4, gamma=0.1, balanced=False).fit(X, X[:, 0] > 0)
    signed = model.decision_function(X) * np.sign(X[:, 0])
    assert signed.min() == pytest.approx(1.0, abs=5e-3)  # a few of LIBSVM's tolerance of 1e-3


def test_exclusive_or_needs_the_kernel():
    random = np.random.default_rng(1)
    X = random.normal(size=(800, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    train, test = slice(0, 400), slice(400, None)
    wide = learn.IntegratedDefect(C=100.0, gamma=0.5).fit(X[train], y[train])
    plane = learn.logistic(1.0)().fit(X[train], y[train])
    assert np.mean(wide.predict(X[test]) == y[test]) > 0.9
    # No plane separates it: 1/2 with a standard error of 0.025 of 400 rows; four of them.
    assert np.mean(plane.predict(X[test]) == y[test]) == pytest.approx(0.5, abs=0.1)


def test_balanced_takes_all_positives_and_one_draw():
    X, y = ring(seed=2)
    few = np.flatnonzero(y)[:40]
    kept = np.sort(np.concatenate([few, np.flatnonzero(y == 0)]))
    X, y = X[kept], y[kept]
    first, again, other = (learn.IntegratedDefect(random_state=seed).fit(X, y) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.decision_function(X), again.decision_function(X))
    assert np.abs(first.decision_function(X) - other.decision_function(X)).max() > 0.01
    assert len(first.dual_coef_) <= 80
    assert len(learn.IntegratedDefect(balanced=False).fit(X, y).dual_coef_) >= len(first.dual_coef_) * 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X, np.zeros_like(y)), "hold one class only"),
        (lambda X, y: (np.where(X > 1, np.nan, X), y), "contains NaN.*leave out"),
    ],
)
def test_bad_rows_are_one_line(change, words):
    with pytest.raises(InputError, match=words) as error:
        learn.IntegratedDefect().fit(*change(*ring()))
    assert "\n" not in str(error.value)


def test_bad_options_and_columns_are_one_line():
    X, y = ring()
    for options in ({"C": 0.0}, {"gamma": math.inf}, {"random_state": -1}, {"random_state": None}):
        with pytest.raises(InputError, match=f"{next(iter(options))} = "):
            learn.IntegratedDefect(**options).fit(X, y)
    with pytest.raises(ValueError, match="X has 2 features, but IntegratedDefect is expecting 3"):
        learn.IntegratedDefect().fit(X, y).predict(X[:, :2])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"label 1 -1", b"label -1 1"),
        (b"total_sv ", b"total_sv 1"),
        (b" 3:", b" 9:"),
        (b"kernel_type rbf", b"kernel_type linear"),
        (b"rho ", b"rho nan"),
    ],
)
def test_a_damaged_text_is_refused(tmp_path, monkeypatch, old, new):
    path = tmp_path / "saved"
    from lammps_glass.learn import svm_text

    whole = svm_text.members

    def damaged(estimator):
        stored = whole(estimator)
        assert old in stored[svm_text.MODEL]
        return {**stored, svm_text.MODEL: stored[svm_text.MODEL].replace(old, new)}

    monkeypatch.setattr(svm_text, "members", damaged)
    learn.save(path, learn.IntegratedDefect().fit(*ring()))
    with pytest.raises(InputError, match="not a saved indicator of this package"):
        learn.load(path)


def clustered(n_replicas=5, n_clusters=24, size=10, seed=0, signal=0.0):
    """Clusters that share features and label, as particles of one event do; all is noise but for `signal`."""
    random = np.random.default_rng(seed)
    parts = []
    for replica in range(n_replicas):
        centres = random.normal(size=(n_clusters, 3))
        label = np.arange(n_clusters) % 3 == 0
        centres[label, 0] += signal
        rows = np.repeat(centres, size, axis=0) + 0.05 * random.normal(size=(n_clusters * size, 3))
        parts.append(
            pd.DataFrame(rows, columns=list("abc")).assign(replica=str(replica), label=np.repeat(label, size) * 1)
        )
    table = pd.concat(parts, ignore_index=True)
    species = np.where(random.random(len(table)) < 0.5, "Cu", "Zr")
    return table.assign(step=0, particle=np.arange(len(table)), species=species)


def test_random_folds_leak_and_samples_do_not():
    table = clustered()
    X, y = table[list("abc")].to_numpy(), table["label"].to_numpy()
    cells = [(5, 1)]
    honest = learn.svm_grid_cells(X, y, table["replica"], cells, seed=0)
    leaking = learn.svm_grid_cells(X, y, None, cells, seed=0)
    # 40 positive clusters and about 80 others, independent of their features: 0.5 within four times 0.06.
    assert honest["accuracy"][0] == pytest.approx(0.5, abs=0.24)
    assert leaking["accuracy"][0] > 0.9
    assert (bool(honest["leaking"][0]), bool(leaking["leaking"][0])) == (False, True)


def test_parts_of_the_grid_are_the_whole_and_its_best_is_taken():
    table = clustered(n_replicas=3, n_clusters=12, signal=3.0)
    X, y = table[list("abc")].to_numpy(), table["label"].to_numpy()
    cells = [(c, g) for c in (-5, 0, 3) for g in (-12, -3)]
    whole = learn.svm_grid_cells(X, y, table["replica"], cells, size_per_class=60, seed=4)
    for number, (log2_c, log2_gamma) in enumerate(cells):
        alone = learn.svm_grid_cell(
            X, y, table["replica"], log2_c=log2_c, log2_gamma=log2_gamma, size_per_class=60, seed=4
        )
        assert alone == whole.iloc[number].to_dict()
    assert set(whole["n_rows"]) == {120}
    choice = learn.choose_svm(whole)
    assert choice.accuracy == whole["accuracy"].max() > 0.8
    assert "best of 6 cells" in choice.note


def test_features_that_say_nothing_score_one_half_where_replicas_differ_in_prevalence():
    """A machine that learned how many of the other replica rearrange would score 0.2 here: 0.5 within five times 0.018
    (800 rows)."""
    random = np.random.default_rng(0)
    replicas = np.repeat(["a", "b"], 400)
    y = np.where(np.arange(800) % 5 == 0, replicas == "a", replicas == "b").astype(int)
    found = learn.svm_grid_cells(random.normal(size=(800, 3)), y, replicas, [(0, -3)], seed=0)
    assert found["accuracy"][0] == pytest.approx(0.5, abs=0.09)


def test_ties_take_the_smaller_c_then_the_smaller_gamma():
    cells = [(2, -5), (1, 3), (1, -7), (0, 0)]
    table = pd.DataFrame(cells, columns=["log2_c", "log2_gamma"])
    table = table.assign(accuracy=[0.8, 0.8, 0.8, 0.7], n_folds=3, leaking=False)
    assert learn.choose_svm(table)[:2] == (2.0, 2.0**-7)
    with pytest.raises(InputError, match="duplicated"):
        learn.choose_svm(pd.concat([table, table]))


def test_without_inner_folds_the_given_numbers_are_kept_and_said():
    table = clustered(n_replicas=2)
    split = learn.last_replica_out(table["replica"])
    inner = table["replica"].iloc[split.train]
    assert not learn.can_cross_validate(inner)
    with pytest.raises(InputError, match="at least 2 replicas"):
        learn.svm_grid_cells(
            table[["a"]].to_numpy()[split.train], table["label"].iloc[split.train], inner, [(0, 0)], seed=0
        )
    choice = learn.choose_svm(None)
    assert (choice.C, choice.gamma) == (4.0, 0.03125)
    assert "fewer than three replicas" in choice.note


def test_the_last_replica_is_last_by_number():
    names = [f"r{number}" for number in (10, 2, 9, 1)]
    split = learn.last_replica_out(names)
    assert split.test.tolist() == [0]
    assert not split.leaking


def test_families_baseline_and_draws_on_planted_rows():
    table = clustered(signal=3.0)
    table.loc[table["label"] == 1, "species"] = "Zr"
    splits = learn.leave_one_replica_out(table["replica"])
    families = {"good": ["a"], "noise": ["b", "c"]}
    found = learn.family_predictions(table, families, splits, seed=0)
    assert len(found) == len(table)
    scored = learn.score_table(found, ["igd", "good", "noise", "species_only"], n_resamples=50, seed=0)
    accuracy = scored.set_index("predictor")["balanced_accuracy"]
    # Shift 3: Phi(1.5) = 0.933 at best; the positives are 40 clusters: standard error 0.04.
    assert accuracy["good"] > 0.8
    assert accuracy["noise"] < 0.7
    # All positives are Zr and half of the others: (1 + 1/2) / 2, standard error 0.01 of 800 rows.
    assert accuracy["species_only"] == pytest.approx(0.75, abs=0.04)
    power = scored.set_index("predictor")["chi"]
    assert power["good"] > power["noise"]
    assert {"accuracy", "precision", "recall", "auc", "auc.low", "chi.low"} <= set(scored.columns)
    alone = learn.defect_predictions(table, ["a"], splits, seed=0)
    np.testing.assert_array_equal(alone["igd"], found["good"])
    draws = learn.scores_by_draw(table, ["a"], splits, n_draws=2, seed=0)
    assert draws["auc"][0] == learn.scores(alone["label"], alone["igd"], 0.0)["auc"]
    assert draws["auc"][0] != draws["auc"][1]
    one = learn.family_predictions(table, families, [learn.last_replica_out(table["replica"])], seed=0)
    assert "auc.low" not in learn.score_table(one, ["igd"], seed=0)
    with pytest.raises(InputError, match="families"):
        learn.family_predictions(table, {"igd": ["a"]}, splits, seed=0)


def test_distances_in_deviations_of_each_machine_can_be_pooled():
    """Each machine by itself, its spread a plain standard deviation over all rows of the samples that train."""
    table = clustered(signal=3.0)
    splits = learn.leave_one_replica_out(table["replica"])
    chosen = {"igd": (1.0, 0.1), "good": (100.0, 0.5)}
    families = {"good": ["a"], "noise": ["b", "c"]}
    found = learn.family_predictions(table, families, splits, chosen=chosen, in_deviations=True, seed=3)
    columns = {"igd": ["a", "b", "c"], **families}
    X, y = table[["a", "b", "c"]], table["label"].to_numpy()
    for name in columns:
        C, gamma = chosen.get(name, (4.0, 0.03125))
        for split in splits:
            values = X[columns[name]].to_numpy()
            machine = learn.IntegratedDefect(C, gamma, random_state=3).fit(values[split.train], y[split.train])
            own = machine.decision_function(values[split.train])
            unit = np.sqrt(np.mean((own - own.mean()) ** 2))
            # rounding of a mean over 600 rows
            expected = machine.decision_function(values[split.test]) / unit
            np.testing.assert_allclose(found[name].to_numpy()[split.test], expected, rtol=1e-9, atol=1e-12)


def test_power_factor_by_hand():
    """100 rows: 4 of the top 5 and 1 of the lowest 5 rearrange: chi = 4; turned over it is the same, and falls."""
    values, active = np.arange(100.0), np.zeros(100, dtype=int)
    active[[95, 96, 97, 98, 2, 50]] = 1
    found = learn.power_factor(active, values)
    assert (found.chi, found.p_top, found.p_low, found.n_each, found.falling) == (4.0, 0.8, 0.2, 5, False)
    assert math.isnan(found.low)
    turned = learn.power_factor(active, -values)
    assert (turned.chi, turned.falling) == (4.0, True)
    active[2] = 0
    assert learn.power_factor(active, values).chi == math.inf
    replicas = np.arange(100) % 4
    interval = learn.power_factor(active, values, replicas, n_resamples=50)
    assert interval.low <= interval.high == math.inf
    with pytest.raises(InputError, match="fraction"):
        learn.power_factor(active, values, fraction=0.6)


def test_power_factor_of_ties_is_the_mean_over_their_orders():
    random = np.random.default_rng(0)
    values, active = random.integers(0, 4, 200).astype(float), random.integers(0, 2, 200)
    found = learn.power_factor(active, values, fraction=0.1)
    tops = [active[np.lexsort([random.random(200), values])][-20:].mean() for _ in range(2000)]
    # 2000 orders of a share of 20 with deviation 0.11: standard error 0.0025, four of them.
    assert found.p_top == pytest.approx(np.mean(tops), abs=0.01)


@settings(max_examples=25, **KNOWN)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.1, 0.25]))
def test_power_factor_knows_only_the_order(seed, fraction):
    random = np.random.default_rng(seed)
    values, active = random.normal(size=120), np.arange(120) % 3 == 0
    plain = learn.power_factor(active * 1, values, fraction=fraction)
    np.testing.assert_equal(tuple(learn.power_factor(active * 1, np.exp(values), fraction=fraction)), tuple(plain))
    size = plain.n_each
    order = np.argsort(values)
    assert plain.p_top == pytest.approx(active[order[-size:]].mean())
    assert plain.p_low == pytest.approx(active[order[:size]].mean())
