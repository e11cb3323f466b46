"""Scores against closed forms and scikit-learn, leaks, selection of features, and files that attack."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy.stats import norm
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer

from lammps_glass import learn
from lammps_glass.errors import InputError


def gaussians(n=40_000, shift=1.0, prevalence=0.05, seed=0):
    random = np.random.default_rng(seed)
    y = (random.random(n) < prevalence).astype(np.int64)
    return random.normal(size=n) + shift * y, y


def predictions(n_replicas=6, n=500, seed=1):
    value, y = gaussians(n_replicas * n, prevalence=0.1, seed=seed)
    names = np.repeat([f"r{i}" for i in range(n_replicas)], n)
    # Rounded, so that ties between loose and tight rows occur.
    return pd.DataFrame({"replica": names, "label": y, "probability": norm.cdf(value - 0.5).round(2)})


def test_scores_of_two_gaussians():
    value, y = gaussians()
    result = learn.scores(y, norm.cdf(value - 0.5))
    # AUC = Phi(shift / sqrt 2), recalls at the midpoint Phi(shift / 2). 2000 loose rows: standard error 0.010 of a
    # recall and below 0.007 of the AUC; four of them.
    assert result["auc"] == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.028)
    assert result["recall"] == pytest.approx(norm.cdf(0.5), abs=0.041)
    assert result["specificity"] == pytest.approx(norm.cdf(0.5), abs=0.01)
    assert result["prevalence"] == y.mean()


def test_scores_are_those_of_scikit_learn():
    table = predictions()
    y, predicted = table["label"], table["probability"] > 0.5
    result = learn.scores(y, table["probability"])
    expected = {
        "balanced_accuracy": metrics.balanced_accuracy_score(y, predicted),
        "f1_weighted": metrics.f1_score(y, predicted, average="weighted"),
        "recall": metrics.recall_score(y, predicted),
        "precision": metrics.precision_score(y, predicted),
        "specificity": metrics.recall_score(y, predicted, pos_label=0),
        "auc": metrics.roc_auc_score(y, table["probability"]),
    }
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, abs=1e-12), name
    np.testing.assert_array_equal(learn.confusion(y, table["probability"]), metrics.confusion_matrix(y, predicted))


def test_scores_by_replica_are_those_of_each_alone():
    random = np.random.default_rng(3)
    table = pd.DataFrame({"replica": np.repeat(["1", "2", "3"], 50), "label": random.integers(0, 2, 150)})
    table["probability"] = 0.5 * table["label"] + 0.6 * random.random(150)
    table.loc[table["replica"] == "3", "label"] = 0
    scored = learn.scores_by_replica(table).set_index("replica")
    for name in ("1", "2"):
        own = table[table["replica"] == name]
        assert scored.loc[name].to_dict() == learn.scores(own["label"], own["probability"])
    assert scored.loc["3", "prevalence"] == 0
    assert scored.loc["3"].drop("prevalence").isna().all()


def test_one_class_is_refused_in_one_line():
    with pytest.raises(InputError, match="test rows: no particle of 3 is of class 1"):
        learn.scores([0, 0, 0], [0.1, 0.2, 0.3])
    with pytest.raises(InputError, match="not finite"):
        learn.scores([0, 1], [0.1, np.nan])


@pytest.mark.parametrize("name", ["auc", "balanced_accuracy", "f1_weighted", "precision"])
def test_fast_intervals_are_those_of_the_plain_bootstrap(name):
    table = predictions()
    flat = learn.score_with_intervals(table, n_resamples=60, seed=3)
    plain = learn.bootstrap_by_replica(
        table, lambda t: learn.scores(t["label"], t["probability"])[name], n_resamples=60, seed=3
    )
    # The same resamples, summed in another order.
    assert (flat[f"{name}.low"], flat[f"{name}.high"]) == pytest.approx((plain.low, plain.high), abs=1e-10)
    assert flat[f"{name}.low"] <= flat[name] <= flat[f"{name}.high"]


def leaky_rows():
    """Noise features with noise labels, in which every row of a replica has a near twin in the same replica."""
    random = np.random.default_rng(4)
    base = pd.DataFrame(random.normal(size=(600, 3)), columns=list("abc"))
    base["label"] = (random.random(600) < 0.3).astype(int)
    base["replica"] = np.repeat([f"r{i}" for i in range(6)], 100)
    table = pd.concat([base, base.assign(a=base["a"] + 1e-6)], ignore_index=True)
    return table.assign(step=0, particle=np.arange(len(table)), d2min=table["label"] * 1.0)


def test_random_rows_leak_and_replicas_do_not():
    table = leaky_rows()
    honest = learn.leave_one_replica_out_predictions(table, list("abc"), lambda: KNeighborsClassifier(1))
    leaking = learn.random_row_predictions(table, list("abc"), lambda: KNeighborsClassifier(1), seed=0)
    accuracy = [learn.scores(t["label"], t["probability"])["balanced_accuracy"] for t in (honest, leaking)]
    # Nothing can be learned: 0.5, standard error 0.03 of 180 independent loose rows. The twin trains 4 times of 5.
    assert accuracy[0] == pytest.approx(0.5, abs=0.12)
    assert accuracy[1] > 0.8
    assert leaking["leaking"].all()
    assert not honest["leaking"].any()


def test_easy_ensemble_is_the_mean_of_its_members_for_any_number_of_processes():
    value, y = gaussians(3000)
    X = np.column_stack([value, np.random.default_rng(1).normal(size=3000)])
    model, parallel = (learn.EasyEnsemble(n_jobs=n).fit(X, y) for n in (1, 2))
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    members = [member.predict_proba(Z)[:, 1] for member in model.ensemble_.estimators_]
    assert len(members) == 10
    # Rounding of sums of ten terms.
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], np.mean(members, axis=0), atol=1e-12)
    np.testing.assert_array_equal(model.predict_proba(X), parallel.predict_proba(X))
    with pytest.raises(InputError, match="one class only"):
        learn.EasyEnsemble().fit(X, np.zeros(3000))


def selection_rows():
    random = np.random.default_rng(7)
    y = (random.random(1200) < 0.25).astype(int)
    X = random.normal(size=(1200, 4))
    X[:, 2] += 2.0 * y
    return X, y, np.repeat([f"r{i}" for i in range(6)], 200)


def test_selection_finds_the_one_feature_that_matters():
    X, y, replicas = selection_rows()
    ranking = learn.rank_features(X, y, list("abcd"), n_samples=2, n_estimators=10, seed=0)
    assert ranking["feature"][0] == "c"
    assert ranking["mean_rank"].sum() == 1 + 2 + 3 + 4
    order = ["abcd".index(name) for name in ranking["feature"]]
    splits = learn.leave_one_replica_out(replicas)
    counts = [learn.right_by_number_of_features(X[:, order], y, split, n_samples=2, seed=0) for split in splits]
    assert all((c["class_1"] == y[split.test].sum()).all() for c, split in zip(counts, splits))
    curve = learn.accuracy_by_number_of_features(counts)
    # Phi(1) = 0.841 for shift 2 at the midpoint; 300 loose rows: standard error 0.014, four of them.
    assert curve["balanced_accuracy"][0] == pytest.approx(norm.cdf(1), abs=0.055)
    table = learn.choose_c(X, y, replicas, grid=(1e-3, 1.0), n_samples=2, seed=0)
    assert table["chosen"].sum() == 1
    assert table["balanced_accuracy"].max() == pytest.approx(norm.cdf(1), abs=0.055)
    with pytest.raises(InputError, match="grid"):
        learn.choose_c(X, y, replicas, grid=(-1.0,), seed=0)


def test_threshold_scan_uses_one_size_and_shows_both_folds():
    table = leaky_rows()
    table["d2min"] = np.abs(table["a"]).round(3)
    scan = learn.threshold_scan({10: table}, list("abc"), [1.0, 1.5, 9.0], n_samples=2, seed=0)
    assert list(scan["leaking"]) == [False, True] * 3
    fractions = learn.class_fractions({10: table["d2min"]}, [1.0, 1.5, 9.0])
    assert fractions["n_class_1"][1] == (table["d2min"] > 1.5).sum()
    assert set(scan["size_per_class"]) == {fractions["n_class_1"][1], 0}
    assert scan["balanced_accuracy"].isna().tolist() == [False] * 4 + [True] * 2
    with pytest.raises(InputError, match="no threshold leaves 20 particles"):
        learn.threshold_scan({10: table}, list("abc"), [9.0], seed=0)


class Bomb:
    """Writes a file when a pickle of it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def archive(path, member_data, compression=zipfile.ZIP_STORED):
    header = {"format": "lammps-glass indicator", "version": 1, "member": "estimator.skops", "metadata": {}}
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("metadata.json", json.dumps(header))
        file.writestr("estimator.skops", member_data)


def foreign_schema(**node):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("schema.json", json.dumps({"protocol": 2, "_skops_version": "0.16.0", **node}))
    return buffer.getvalue()


def test_attacks_are_refused_and_do_nothing(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "attack"
    text = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(str(trace))}
    attacks = [
        pickle.dumps(Bomb(trace)),
        skops.io.dumps(FunctionTransformer(func=np.sin)),
        foreign_schema(__class__="system", __module__="os", __loader__="FunctionNode", content="system"),
        foreign_schema(
            __class__="EasyEnsemble", __module__="lammps_glass.learn.easy_ensemble", __loader__="MethodNode"
        ),
        foreign_schema(
            __class__="dict", __module__="builtins", __loader__="ObjectNode", content=[{**text, "__module__": "os"}]
        ),
    ]
    for attack in attacks:
        for write in (archive, lambda p, data: p.write_bytes(data)):
            write(path, attack)
            with pytest.raises(InputError, match="attack: not a saved indicator") as error:
                learn.load(path)
            assert "\n" not in str(error.value)
    assert not trace.exists()


def test_damaged_compressed_and_foreign_files(tmp_path):
    X, y = gaussians(500)
    good, bad = tmp_path / "good", tmp_path / "bad"
    learn.save(good, learn.EasyEnsemble(n_estimators=2).fit(X[:, None], y))
    data = good.read_bytes()
    for broken in (b"", b"text", data[: len(data) // 2], data[:200] + b"\0" * 50 + data[250:]):
        bad.write_bytes(broken)
        with pytest.raises(InputError, match="not a saved indicator"):
            learn.load(bad)
    archive(bad, b"0" * 1000, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="compressed"):
        learn.load(bad)
    with pytest.raises(InputError, match="no such file"):
        learn.load(tmp_path / "missing")


def test_saving_refuses_what_it_could_not_load(tmp_path):
    with pytest.raises(InputError, match="cannot be saved: it holds the type"):
        learn.save(tmp_path / "x", FunctionTransformer(func=np.sin))
    with pytest.raises(InputError, match="metadata is not JSON"):
        learn.save(tmp_path / "x", LogisticRegression(), {"value": float("nan")})
    assert list(tmp_path.iterdir()) == []
