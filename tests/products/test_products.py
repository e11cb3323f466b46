"""Products: declared files, what is written comes back, and what is missing or wrong is named."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass import glasses, learn
from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.figures.spec import FigureSpec, Mark, Panel
from lammps_glass.product import File, JsonFile, Product, TableFile
from lammps_glass.products import (
    Findings,
    LabelColumn,
    Labels,
    PredictedColumn,
    PredictedTrajectory,
    Predictions,
    Rows,
    SavedIndicator,
    SnapshotsFile,
)
from lammps_glass.products.keys import key_columns, of_particles, rows_in, rows_of_species
from lammps_glass.products.labels import select_column
from lammps_glass.testing import binary_snapshot

COLUMNS = (
    LabelColumn("lag_1", "d2min", "length^2", lag=1, steps=100),
    LabelColumn("xy", "jump", "length^2", details={"plane": "xy"}),
)


class Base(Product):
    numbers = TableFile("numbers.parquet")


class Derived(Base):
    facts = JsonFile("facts.json", optional=True)
    start = SnapshotsFile("start.lammpstrj.gz")
    other = File("other.bin")


def table(n: int = 6) -> pd.DataFrame:
    keys = pd.DataFrame({"replica": "1", "step": np.repeat([0, 10], n // 2), "particle": np.arange(n) + 1})
    return keys.assign(species="A", lag_1=np.linspace(0, 1, n), xy=np.where(np.arange(n) % 2, np.nan, 2.0))


# -- Product ---------------------------------------------------------------------------------------------------------


def test_files_are_declared_by_the_class_and_its_bases():
    assert list(Derived.files()) == ["numbers", "facts", "start", "other"]
    assert Derived.files()["facts"].optional
    assert isinstance(Derived.numbers, TableFile)


def test_a_product_is_complete_when_every_required_file_is_there(tmp_path):
    product = Derived(tmp_path)
    for name in ("numbers.parquet", "start.lammpstrj.gz", "other.bin"):
        with pytest.raises(NotReadyError, match=f"{name} is not there: Derived is incomplete"):
            product.check()
        (tmp_path / name).touch()
    assert product.check() is product
    assert not product.facts.exists
    product.facts.write({"b": 1, "a": 2})
    assert product.facts.exists


def test_conditions_name_the_replica_and_do_not_tell_products_apart(tmp_path):
    assert Base(str(tmp_path)) == Base(tmp_path, conditions={"replica": 3})
    assert Base(tmp_path, conditions={"replica": 3}).replica == "3"
    assert Base(tmp_path).replica == "all"
    with pytest.raises(AttributeError):
        Base(tmp_path).directory = tmp_path  # type: ignore[misc]


def test_tables_come_back_with_their_metadata(tmp_path):
    numbers = Base(tmp_path).numbers
    with numbers.writer({"unit": "1"}) as writer:
        for step, group in table().groupby("step"):
            writer.write(group.assign(step=step))
    pd.testing.assert_frame_equal(numbers.read(), table(), check_dtype=False)
    assert [len(group) for group in numbers.groups()] == [3, 3]
    assert list(numbers.read(["particle", "xy"])) == ["particle", "xy"]
    assert numbers.columns == list(table())
    assert numbers.metadata["unit"] == "1"


numbers = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(values=st.dictionaries(st.text(), json_values, max_size=4))
def test_json_comes_back_and_equal_values_give_equal_bytes(values, tmp_path_factory):
    facts = Derived(tmp_path_factory.mktemp("json")).facts
    facts.write(values)
    assert facts.read() == values
    first = facts.path.read_bytes()
    facts.write(dict(reversed(values.items())))
    assert facts.path.read_bytes() == first


def test_json_that_is_none(tmp_path):
    facts = Derived(tmp_path).facts
    with pytest.raises(InputError, match=r"facts.json: not a readable JSON file"):
        facts.read()
    facts.path.write_text("{")
    with pytest.raises(InputError, match=r"facts.json: not a readable JSON file"):
        facts.read()
    with pytest.raises(ValueError, match="JSON compliant"):
        facts.write({"a": float("nan")})


def test_snapshots_come_back_to_the_last_digit(tmp_path):
    start = Derived(tmp_path).start
    snapshots = [binary_snapshot(seed).replace(step=seed) for seed in (0, 1)]
    start.write(snapshots)
    for read, written in zip(start.read(), snapshots, strict=True):
        assert np.array_equal(read.positions, written.positions)
        assert read.step == written.step
    start.write(snapshots[0])
    assert len(list(start.read())) == 1


# -- Labels, Rows, Predictions -----------------------------------------------------------------------------------------


def write_labels(folder) -> Labels:
    labels = Labels(folder)
    groups = (group for _, group in table().groupby("step"))
    labels.write(groups, COLUMNS, label="d2min", parameters={"r_max": 2.0}, species=["A"], runs=3)
    return labels


def test_labels_come_back_with_the_meaning_of_their_columns(tmp_path):
    labels = write_labels(tmp_path)
    assert labels.check().label_columns == COLUMNS
    assert labels.label_column() == COLUMNS[0]
    assert labels.label_column(plane="xy") == COLUMNS[1]
    assert labels.label_column(lag=1, unit="length^2") == COLUMNS[0]
    assert (labels.metadata["label"], labels.metadata["species"], labels.metadata["runs"]) == ("d2min", ["A"], 3)
    assert [int(group["step"].iloc[0]) for group in labels.groups()] == [0, 10]


def test_a_column_that_is_not_there_lists_those_that_are(tmp_path):
    with pytest.raises(InputError, match=r"no label with plane = yz; there are d2min, lag 1; jump, xy"):
        write_labels(tmp_path).label_column(plane="yz")
    with pytest.raises(InputError, match=r"here: no label with lag = 1; there are none"):
        select_column([], "here", lag=1)


def test_labels_without_their_columns_are_not_written(tmp_path):
    with pytest.raises(InputError, match="label d2min: its table has no column xy"):
        Labels(tmp_path).write([table().drop(columns="xy")], COLUMNS, label="d2min", parameters={}, species=["A"])
    assert not (tmp_path / "labels.parquet").exists()


def test_rows_come_back_in_the_order_of_the_descriptor(tmp_path):
    rows = Rows(tmp_path)
    shuffled = table().assign(b=1.0, weight=2.0, a=3.0)[["a", "xy", "weight", "b", *table().columns[:5]]]
    rows.write(
        shuffled,
        descriptor="joined",
        parameters={"parts": {}},
        glass="kob-andersen",
        species=["A"],
        families={"one": ["b"], "two": ["a"]},
        labels=COLUMNS,
        first_step=10,
    )
    assert rows.table.columns == ["replica", "step", "particle", "species", "lag_1", "xy", "weight", "b", "a"]
    assert rows.features == ["b", "a"]
    assert rows.label_columns == COLUMNS
    assert rows.label_column(plane="xy").name == "xy"
    assert rows.first_step == 10
    assert rows.description == {
        "descriptor": "joined", "parameters": {"parts": {}}, "species": ["A"], "families": {"one": ["b"], "two": ["a"]},
    }  # fmt: skip
    assert rows.check()  # samples may be absent


def test_samples_of_rows_are_told_apart_by_label_and_threshold(tmp_path):
    rows = Rows(tmp_path)
    keys = table()[["replica", "step", "particle"]]
    parts = [keys.assign(label="", threshold=0.0), keys.head(2).assign(label="lag_1", threshold=0.5)]
    rows.samples.write(pd.concat(parts))
    assert len(rows.sample()) == 6
    assert list(rows.sample("lag_1", 0.5)) == [("1", 0, 1), ("1", 0, 2)]
    assert len(rows.sample("lag_1", 0.6)) == 0


def test_predictions_come_back_with_the_meaning_of_their_columns(tmp_path):
    columns = (
        PredictedColumn("a", "activity", 0.5),
        PredictedColumn("b", "softness", 0.0, ("1", "2"), leaking=True, conditions={"plane": "xy"}),
    )
    predictions = Predictions(tmp_path)
    groups = (group.assign(a=0.1, b=0.2) for _, group in table().groupby("step"))
    predictions.write(groups, columns, COLUMNS, note="n")
    assert predictions.check().predicted_columns == columns
    assert predictions.label_columns == COLUMNS
    assert predictions.label_column(lag=1).name == "lag_1"
    assert predictions.metadata["note"] == "n"
    assert list(predictions.read(["a"])) == ["a"]
    assert len(list(predictions.groups())) == 2


# -- Findings, SavedIndicator ------------------------------------------------------------------------------------------


def test_findings_come_back(tmp_path):
    spec = FigureSpec(
        "own", "Title", "panels", "x", "y", error=("low", "high"),
        paper_marks=(Mark("slope", 2.0, "two", (1.0, 2.0)), Mark("y", 0.5)),
        panels=(Panel("a", "line", (0.0, 0.0, 1.0, 1.0)),),
    )  # fmt: skip
    numbers = pd.DataFrame({"x": [1.0], "y": [2.0]})
    with Findings(tmp_path) as findings:
        findings.figure("listed", numbers, "one")
        findings.figure(spec, numbers, "two", note="n")
        findings.score({"auc": 0.1234567890123456, "nothing": float("nan")})
        findings.score({"auc": 1}, "baseline")
        findings.size(replicas=3)
        findings.warn("subject", "text")
        assert findings.scores == {"auc": 0.123456789012, "baseline.auc": 1.0}
    again = Findings(tmp_path).check()
    assert again.figures_file.read()["listed"] == {"ours": "one", "note": ""}
    assert again.specifications() == {"own": spec}
    assert again.scores_file.read() == {"auc": 0.123456789012, "baseline.auc": 1.0}
    assert (again.sizes_file.read(), again.warnings_file.read()) == ({"replicas": 3}, {"subject": "text"})
    pd.testing.assert_frame_equal(pd.read_csv(again.table_path("own")), numbers)


def test_findings_that_fail_leave_no_summary(tmp_path):
    with pytest.raises(InputError, match="figure a: its table is empty"), Findings(tmp_path) as findings:
        findings.figure("a", pd.DataFrame({"x": []}), "nothing")
    with pytest.raises(NotReadyError, match="Findings is incomplete"):
        Findings(tmp_path).check()


def test_a_saved_indicator_comes_back_with_its_glass(tmp_path):
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 2))
    estimator = learn.Activity().fit(X, (X[:, 0] > 0).astype(int))
    saved = SavedIndicator(tmp_path)
    with pytest.raises(NotReadyError, match="0 saved indicators, expected one"):
        saved.load()
    saved.save("activity", estimator, glasses.KobAndersen(n_particles=500), 7, {"columns": ["a", "b"]})
    loaded, metadata = saved.load()
    assert np.array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
    assert (metadata["indicator"], metadata["glass"], metadata["seed"]) == ("activity", "kob-andersen", 7)
    assert metadata["glass_options"]["n_particles"] == 500
    assert metadata["columns"] == ["a", "b"]
    saved.save("other", estimator, glasses.KobAndersen(), 7, {})
    with pytest.raises(NotReadyError, match="2 saved indicators, expected one"):
        saved.load()


# -- keys --------------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), n=st.integers(0, 64))
def test_rows_are_joined_onto_a_snapshot_by_particle(seed, n):
    """Ids with gaps, rows in any order: each value comes to its particle, others have none."""
    random = np.random.default_rng(seed)
    snapshot = binary_snapshot(0)
    snapshot = snapshot.replace(ids=np.sort(random.choice(500, len(snapshot), replace=False)) + 1)
    chosen = random.permutation(len(snapshot))[:n]
    rows = key_columns(snapshot, "1", chosen).assign(value=snapshot.ids[chosen] * 1.0)
    assert np.array_equal(rows_in(snapshot, rows), chosen)
    values = of_particles(snapshot, rows, "value")
    assert np.array_equal(values[chosen], snapshot.ids[chosen])
    assert np.isnan(np.delete(values, chosen)).all()


def test_rows_of_another_snapshot_are_refused():
    snapshot = binary_snapshot(0)
    rows = key_columns(snapshot, "1")
    assert rows["species"].value_counts().to_dict() == {"A": 51, "B": 13}
    with pytest.raises(InputError, match="the table holds step 5, the snapshot is step 0"):
        rows_in(snapshot, rows.assign(step=5))
    for particle in (0, 65, 1000):
        with pytest.raises(InputError, match=f"step 0: the snapshot has no particle {particle}"):
            rows_in(snapshot, rows.head(1).assign(particle=particle))


def test_rows_of_a_species():
    snapshot = binary_snapshot(0)
    assert len(rows_of_species(snapshot, None)) == 64
    assert (snapshot.species_of_particles[rows_of_species(snapshot, "B")] == "B").all()
    with pytest.raises(InputError, match="no species 'C': the snapshot has A, B"):
        rows_of_species(snapshot, "C")


def test_a_predicted_trajectory_skips_early_configurations(tmp_path):
    snapshots = [binary_snapshot(2, n_cells=2).replace(step=step) for step in (0, 5, 10)]
    predictions = Predictions(tmp_path)
    tables = [key_columns(s, "1", np.arange(0, 8, 2)).assign(p=s.step + np.arange(4.0)) for s in snapshots]
    predictions.write(tables, [PredictedColumn("p", "activity", 0.5)])
    trajectory = PredictedTrajectory(SimpleNamespace(frames=lambda: iter(snapshots)), predictions, "p", first_step=5)
    frames, values = trajectory.streams()
    for step, frame, of_frame in zip((5, 10), frames, values, strict=True):
        assert frame.step == step
        assert of_frame[::2].tolist() == [step + k for k in range(4)]
        assert np.isnan(of_frame[1::2]).all()
