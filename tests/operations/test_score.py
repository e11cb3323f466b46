"""Scores of predictions: against scikit-learn, and in the cases where something is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rows_of_replicas import COLUMNS, case, table, write_rows
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from lammps_glass.errors import InputError
from lammps_glass.operations.fit import FitParameters, fit
from lammps_glass.operations.pooled import Entry
from lammps_glass.operations.score import ScoreParameters, baseline_scores, score
from lammps_glass.operations.score_figures import linear_weights
from lammps_glass.products import PredictedColumn, Predictions, Record, SavedIndicator

ACTIVITY = PredictedColumn("activity", "activity", 0.5, conditions={"indicator": "activity"})
PARAMETERS = ScoreParameters(fraction=0.2, n_resamples=50)


def write(folder, replica: int, column: PredictedColumn = ACTIVITY, **changes) -> Predictions:
    """Predictions of a replica: a noisy step of its first feature."""
    directory = folder / f"predictions-{replica}"
    directory.mkdir(parents=True)
    rows = table(replica)
    noise = np.random.default_rng(100 + replica).normal(size=len(rows))
    rows = rows.assign(activity=1 / (1 + np.exp(-rows["first"] - noise)), **changes).drop(columns=["first", "second"])
    predictions = Predictions(directory, conditions={"replica": replica})
    predictions.write([rows], [column], COLUMNS)
    return predictions


def run(tmp_path, predictions, parameters=PARAMETERS, **ports):
    return score(case(tmp_path / "score", parameters, stage="score"), predictions, **ports)


@pytest.fixture
def three(tmp_path):
    return [write(tmp_path, replica) for replica in (1, 2, 3)]


def by_hand(predictions) -> pd.DataFrame:
    """Rows of known labels with their classes: the eight largest of forty particles of each configuration."""
    rows = pd.concat([product.read() for product in predictions], ignore_index=True)
    ranks = rows.groupby(["replica", "step"])["lag_1"].rank(ascending=False)
    return rows.assign(label=(ranks <= 8).astype(int))


def test_scores_are_those_of_scikit_learn(three, tmp_path):
    scores = run(tmp_path, three).scores
    rows = by_hand(three)
    assert scores["auc"] == pytest.approx(roc_auc_score(rows["label"], rows["activity"]), abs=1e-9)
    expected = balanced_accuracy_score(rows["label"], rows["activity"] > 0.5)
    assert scores["balanced_accuracy"] == pytest.approx(expected, abs=1e-9)
    assert scores["auc.low"] <= scores["auc"] <= scores["auc.high"]
    assert scores["prevalence"] == pytest.approx(0.2)


def test_figures_hold_what_was_predicted(three, tmp_path):
    findings = run(tmp_path, three)
    assert set(findings.specifications()) == {"classes", "accuracy", "roc", "label_by_indicator", "time"}
    rows = by_hand(three)
    accuracy = pd.read_csv(findings.table_path("accuracy"), dtype={"replica": str}).set_index("replica")
    for replica, part in rows.groupby("replica"):
        assert accuracy.loc[replica, "auc"] == pytest.approx(roc_auc_score(part["label"], part["activity"]))
    curve = pd.read_csv(findings.table_path("roc"))
    assert np.trapezoid(curve["true"], curve["false"]) == pytest.approx(findings.scores["auc"], abs=0.01)  # 201 points
    classes = pd.read_csv(findings.table_path("classes")).groupby("particles")["count"].sum()
    assert classes.to_dict() == {"all": 240, "class 1 (bars)": 48}
    means = pd.read_csv(findings.table_path("label_by_indicator"))
    assert means["value"].iloc[-1] > means["value"].iloc[0]
    assert len(means) == 10


def test_a_label_of_few_known_rows_is_scored_on_these(three, tmp_path):
    findings = run(tmp_path, three, ScoreParameters(fraction=0.2, lag=2, n_resamples=20))
    assert findings.sizes_file.read() == {"replicas": 3, "rows": 120}
    assert "time" in findings.specifications()  # two lags of one quantity


def test_one_replica_has_scores_without_intervals(tmp_path):
    findings = run(tmp_path, [write(tmp_path, 1)])
    assert "auc" in findings.scores
    assert not any(name.endswith((".low", ".high")) or name.startswith("baseline") for name in findings.scores)
    assert "at least 2" in findings.warnings_file.read()["scores of activity have no intervals"]


def test_replicas_of_one_class_are_left_out_where_both_are_needed(tmp_path):
    predictions = [write(tmp_path, 1), *(write(tmp_path, replica, lag_1=-1.0) for replica in (2, 3, 4))]
    findings = run(tmp_path, predictions, ScoreParameters(threshold=1.0, n_resamples=50))
    assert set(pd.read_csv(findings.table_path("accuracy"))["replica"]) == {1}
    assert "auc" in findings.scores
    assert not any(name.startswith("baseline") for name in findings.scores)


@pytest.mark.parametrize("threshold", [1e6, -1e6])
def test_particles_of_one_class_are_refused(three, tmp_path, threshold):
    with pytest.raises(InputError, match=r"stages.score: (0|240) of 240 predicted particles are of class 1 .above"):
        run(tmp_path, three, ScoreParameters(threshold=threshold))


def test_indicators_that_saw_every_replica_are_refused(tmp_path):
    column = PredictedColumn("activity", "activity", 0.5, training_replicas=("1", "2"))
    with pytest.raises(InputError, match=r"stages.score: every indicator was trained on all replicas"):
        run(tmp_path, [write(tmp_path, 1, column)])


def test_scores_that_leak_say_so(tmp_path):
    column = PredictedColumn("activity", "activity", 0.5, leaking=True, conditions={"indicator": "activity"})
    findings = run(tmp_path, [write(tmp_path, replica, column) for replica in (1, 2)])
    assert {"random_split.auc", "random_split.balanced_accuracy"} <= set(findings.scores)
    assert "auc" not in findings.scores
    stored = findings.figures_file.read()
    assert "activity (LEAKS)" in stored["roc"]["ours"]
    assert stored["accuracy"]["note"].startswith("LEAKS")


def test_the_null_knows_the_species_and_nothing_else():
    """Where all of B and none of A are of class 1 it is perfect; where the species says nothing it is at chance."""
    rows = pd.concat([table(replica) for replica in (1, 2, 3)], ignore_index=True)
    known = rows.assign(label=(rows["species"] == "B").astype(int), indicator=0.0)
    assert baseline_scores(Entry(ACTIVITY, known)) == {"balanced_accuracy": 1.0, "auc": 1.0}
    alone = rows.assign(species="A", label=(rows["first"] > 0.5).astype(int))
    assert baseline_scores(Entry(ACTIVITY, alone)) == {"balanced_accuracy": 0.5, "auc": 0.5}


def test_weights_are_those_of_linear_indicators():
    class Linear:
        coef_ = np.array([1.0, -2.0])

    class Ensemble:
        coef_ = np.array([[1.0, -2.0], [3.0, 2.0]])

    class Other:
        coef_ = np.ones(5)

    assert linear_weights(Linear(), 2).tolist() == [1.0, -2.0]
    assert linear_weights(Ensemble(), 2).tolist() == [2.0, 0.0]
    for none in (Other(), object()):
        assert linear_weights(none, 2) is None


def test_importance_is_of_the_folds_that_are_linear(three, tmp_path):
    rows = [write_rows(tmp_path, replica) for replica in (1, 2, 3)]
    fits = []
    for left_out in (1, 2, 3):
        run_of = case(tmp_path / f"fit{left_out}", FitParameters(fraction=0.2), left_out=left_out)
        fit(run_of, rows)
        fits.append(SavedIndicator(run_of.directory, conditions={"left_out": left_out}))
    findings = run(tmp_path, three, indicators=fits)
    shown = pd.read_csv(findings.table_path("importance"))
    weights = np.abs([one.load()[0].coef_ for one in fits])
    assert shown["feature"].tolist() == ["first", "second"]
    np.testing.assert_allclose(shown["mean"], weights.mean(axis=0))
    np.testing.assert_allclose(shown["std"], weights.std(axis=0, ddof=1))
    assert findings.warnings_file.read() == {}


def test_classes_other_than_those_trained_are_a_warning(three, tmp_path):
    rows = [write_rows(tmp_path, replica) for replica in (1, 2)]
    fitted = fit(case(tmp_path / "fit", FitParameters(threshold=0.5, lag=2)), rows)
    warning = run(tmp_path, three, indicators=[fitted]).warnings_file.read()["classes"]
    assert warning == (
        "indicators were trained and are scored with lag = 2 and 1; threshold = 0.5 and None; fraction = None and 0.2"
    )


def test_a_configuration_that_no_record_holds_is_a_warning(three, tmp_path):
    record = Record(tmp_path, conditions={"replica": 7})
    findings = run(tmp_path, three, configurations=[record])
    assert "map" not in findings.specifications()
    assert "holds step" in findings.warnings_file.read()["no map"]


@pytest.mark.parametrize(("name", "value"), [("n_resamples", 0), ("thickness", 0.0), ("thickness", float("nan"))])
def test_parameters_are_checked(name, value):
    with pytest.raises(InputError, match=f"{name} = "):
        ScoreParameters(fraction=0.1, **{name: value})
