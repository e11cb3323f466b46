"""Predictions: each replica by the machine that left it out; kept rows and configurations described anew agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rows_of_replicas import GLASS, case, write_rows

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.operations import NoParameters
from lammps_glass.operations.describe import DescribeParameters, describe
from lammps_glass.operations.fit import FitParameters, fit
from lammps_glass.operations.label import LabelParameters, label
from lammps_glass.operations.parts import DescriptorPart, LabelPart
from lammps_glass.operations.predict import predict
from lammps_glass.products import Record, SavedIndicator

GAUSSIANS = DescribeParameters(DescriptorPart("radial-gaussians", {"centers": [1.0, 1.2, 1.5], "width": 0.2}))


@pytest.fixture(scope="module")
def folds(tmp_path_factory):
    """Rows of three replicas, and the machine that left out each."""
    folder = tmp_path_factory.mktemp("folds")
    rows = [write_rows(folder, replica) for replica in (1, 2, 3)]
    return rows, [fitted(folder / str(k), rows, left_out=k) for k in (1, 2, 3)]


def fitted(folder, rows, split="replica", conditions=None, **own) -> SavedIndicator:
    run = case(folder, FitParameters(fraction=0.2, split=split), **own)
    fit(run, rows)
    return SavedIndicator(folder, conditions={**(conditions or {}), **own})


def test_each_replica_is_predicted_by_the_machine_that_left_it_out(folds, tmp_path):
    rows, indicators = folds
    predictions = predict(case(tmp_path, NoParameters(), replica=2), indicators, rows[1])
    (column,) = predictions.predicted_columns
    assert (column.name, column.threshold, column.training_replicas, column.leaking) == ("activity", 0.5, (), False)
    table, features = predictions.read(), rows[1].table.read()
    expected = indicators[1].load()[0].predict_proba(features[["first", "second"]].to_numpy())[:, 1]
    np.testing.assert_array_equal(table["activity"], expected)
    assert list(table) == ["replica", "step", "particle", "species", "lag_1", "lag_2", "activity"]
    assert table[["step", "particle"]].equals(features[["step", "particle"]])
    assert predictions.label_columns == rows[1].label_columns


def test_a_machine_of_all_replicas_stands_in_a_column_that_says_so(folds, tmp_path):
    rows, indicators = folds
    whole = fitted(tmp_path / "whole", rows)
    predictions = predict(case(tmp_path / "p", NoParameters(), replica=1), [*indicators, whole], rows[0])
    columns = {column.name: column.training_replicas for column in predictions.predicted_columns}
    assert columns == {"activity": (), "activity_all_replicas": ("1", "2", "3")}
    assert not np.array_equal(predictions.read()["activity"], predictions.read()["activity_all_replicas"])


def test_indicators_of_other_conditions_get_columns_of_their_own(folds, tmp_path):
    rows, _ = folds
    named = [fitted(tmp_path / n, rows, conditions={"descriptor": n}, left_out=1) for n in ("one", "two")]
    predictions = predict(case(tmp_path / "p", NoParameters(), replica=1), named, rows[0])
    columns = {column.name: dict(column.conditions) for column in predictions.predicted_columns}
    assert columns == {f"activity_{n}": {"indicator": "activity", "descriptor": n} for n in ("one", "two")}


def test_of_a_random_split_each_row_is_predicted_by_the_machine_that_left_it_out(folds, tmp_path):
    rows, _ = folds
    indicators = [fitted(tmp_path / str(k), rows, split="random", left_out=k) for k in (1, 2, 3)]
    predictions = predict(case(tmp_path / "p", NoParameters(), replica=1), indicators, rows[0])
    (column,) = predictions.predicted_columns
    assert column.leaking
    values = predictions.read()["activity"]
    features = learn.matrix(rows[0].table.read(), ["first", "second"])
    each = np.array([learn.indicator_values(one.load()[0], features) for one in indicators])
    assert values.notna().all()
    assert (each == values.to_numpy()).any(axis=0).all()
    used = (each == values.to_numpy()).argmax(axis=0)
    assert set(used) == {0, 1, 2}


def test_a_replica_that_no_machine_left_out(folds, tmp_path):
    rows, indicators = folds
    with pytest.raises(InputError, match=r"stages.fold: no indicator has left replica 3 out"):
        predict(case(tmp_path, NoParameters(), replica=3), indicators[:2], rows[2])


def test_something_to_predict_must_be_wired(folds, tmp_path):
    with pytest.raises(InputError, match=r"stages.fold.reads: wire rows, or labels and configurations"):
        predict(case(tmp_path, NoParameters(), replica=1), folds[1])


def test_configurations_without_labels_are_predicted_as_a_whole(tmp_path):
    """The last configuration of a glass that no run has followed yet; of the species that trained alone."""
    from lammps_glass import simulate

    rows = [write_rows(tmp_path, replica, species=("A",)) for replica in (1, 2)]
    run = simulate.quench(GLASS, liquid=50, cooling=50, seed=1, directory=tmp_path / "quench")
    glass = Record(run.directory, conditions={"replica": 1})
    described = describe(case(tmp_path / "rows", GAUSSIANS, replica=1), [glass])
    indicator = fitted(tmp_path / "fit", rows, left_out=1)
    estimator, metadata = indicator.load()
    about = {**metadata, **described.description, "columns": described.features[:2], "species": ["A"]}
    learn.save(indicator.path, estimator, about)
    predictions = predict(case(tmp_path / "p", NoParameters(), replica=1), [indicator], configurations=[glass])
    table = predictions.read()
    assert list(table) == ["replica", "step", "particle", "species", "activity"]
    of_a = glass.final.species_of_particles == "A"
    assert table["particle"].tolist() == glass.final.ids[of_a].tolist()
    features = described.table.read()[described.features[:2]].to_numpy()[of_a]
    np.testing.assert_array_equal(table["activity"], learn.indicator_values(estimator, features))
    assert predictions.label_columns == ()


def test_rows_and_configurations_give_equal_predictions(tmp_path):
    """Of rows that were kept, and of the same particles described when they are predicted."""
    from lammps_glass import simulate

    rows, labels, records = [], [], []
    for replica in (1, 2):
        glass = simulate.quench(GLASS, liquid=50, cooling=50, seed=replica, directory=tmp_path / f"quench{replica}")
        options = {"steps": 150, "snapshot_every": 50, "segment_steps": 150, "stress": 0.5}
        made = simulate.creep(glass, seed=replica, directory=tmp_path / f"creep{replica}", **options)
        records.append(Record(made.directory, conditions={"replica": replica}))
        d2min = LabelParameters(LabelPart("d2min", {"r_max": 2.0}), species="A")
        labels.append(label(case(tmp_path / f"label{replica}", d2min, replica=replica), records[-1:]))
        run = case(tmp_path / f"rows{replica}", GAUSSIANS, replica=replica)
        rows.append(describe(run, records[-1:], labels[-1]))
    indicator = fitted(tmp_path / "fit", rows, left_out=1)
    one = predict(case(tmp_path / "a", NoParameters(), replica=1), [indicator], rows[0]).read()
    run = case(tmp_path / "b", NoParameters(), replica=1)
    two = predict(run, [indicator], labels=labels[0], configurations=records[:1]).read()
    labelled = two[two["lag_1"].notna()].reset_index(drop=True)
    pd.testing.assert_frame_equal(labelled, one, check_exact=True)
    assert len(two) == len(one) + 120  # the last configuration is predicted too; it has no label
