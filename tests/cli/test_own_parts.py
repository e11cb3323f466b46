"""Descriptors that are not packaged (``-d module:Class``), and rows that were made elsewhere."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from lammps_glass.tables import read_metadata

DESCRIPTOR = """
import numpy as np
from lammps_glass.descriptors import Descriptor
from lammps_glass.snapshots.neighbors import pairs_within


class Crowding(Descriptor):
    name = "crowding"

    def __init__(self, r_max=1.6, species=()):
        self.r_max = r_max
        self.species = species

    @property
    def feature_names(self):
        return ["inner", "outer"]

    def compute(self, snapshot):
        return np.stack([np.diff(pairs_within(snapshot, r).offsets) for r in (0.7 * self.r_max, self.r_max)], 1) * 1.0


def function(r_max):
    return r_max


class Other:
    pass
"""
TRAIN = ["--threshold", "0.005", "--indicator", "activity", "--test-replica", "c"]
OWN = ["-d", "crowding:Crowding", "--glass", "kob-andersen"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current folder with the module ``crowding``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    (tmp_path / "crowding.py").write_text(DESCRIPTOR)
    (tmp_path / "broken.py").write_text("import no_such_library")
    yield tmp_path
    for name in ("crowding", "broken"):
        sys.modules.pop(name, None)


def refused(outcome, *words: str) -> None:
    assert outcome.status == 2, outcome
    assert outcome.err.count("\n") == 1, outcome.err
    for word in words:
        assert word in outcome.err, (word, outcome.err)


def test_a_descriptor_of_the_current_folder(run, folder, trajectories, labels):
    assert run("describe", *trajectories, *OWN, "--set", "r_max=1.5", "-o", "rows.parquet").status == 0
    metadata = read_metadata("rows.parquet")
    assert metadata["descriptor"] == "crowding:Crowding"
    assert metadata["parameters"] == {"r_max": 1.5, "species": ["A", "B"]}
    assert list(pd.read_parquet("rows.parquet").columns[4:]) == ["inner", "outer"]
    assert run("train", "rows.parquet", "--labels", labels, *TRAIN, "-o", "model").status == 0
    refused(run("predict", "model", trajectories[2], "-o", "p.lammpstrj"), "crowding:Crowding", "-d crowding:Crowding")
    refused(run("predict", "model", trajectories[2], "-d", "soap", "-o", "p.lammpstrj"), "rows of crowding:Crowding")
    assert run("predict", "model", trajectories[2], "-d", "crowding:Crowding", "-o", "p.lammpstrj").status == 0


def test_a_model_does_not_decide_what_is_imported(run, folder, trajectories, labels):
    """A target in a model, and one that is no descriptor, start nothing."""
    from lammps_glass import learn

    assert run("describe", *trajectories, *OWN, "-o", "rows.parquet").status == 0
    assert run("train", "rows.parquet", "--labels", labels, *TRAIN, "-o", "model").status == 0
    estimator, metadata = learn.load("model")
    (folder / "trap.py").write_text("open('sprung', 'w').close()")
    for target, options in (("trap:Class", {}), ("os:system", {"command": "touch sprung"})):
        learn.save("evil", estimator, {**metadata, "descriptor": target, "parameters": options})
        refused(run("predict", "evil", trajectories[2], "-o", "p.lammpstrj"), target)
    refused(run("predict", "evil", trajectories[2], "-d", "os:system", "-o", "p.lammpstrj"), "not a class derived from")
    assert not (folder / "sprung").exists()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("crowding:Crowd", ("crowding:Crowd", "AttributeError")),
        ("no_such_module:Class", ("No module named 'no_such_module'",)),
        ("broken:Class", ("No module named 'no_such_library'",)),
        ("crowding:function", ("not a class derived from lammps_glass.descriptors.Descriptor",)),
        ("crowding:Other", ("not a class derived from",)),
        ("crowding:", ("not a class derived from",)),
        (":Crowding", (":Crowding",)),
    ],
)
def test_targets_that_are_no_descriptors(run, folder, trajectories, target, words):
    refused(run("describe", trajectories[0], "-d", target, "-o", "rows.parquet"), *words)
    assert not (folder / "rows.parquet").exists()


def test_options_of_an_own_descriptor_are_checked(run, folder, trajectories):
    refused(run("describe", trajectories[0], *OWN, "--set", "r_mx=2", "-o", "r.parquet"), "r_mx", "descriptor.r_max")


@pytest.fixture
def foreign(rows, tmp_path):
    """Rows with the key and three numeric columns, without metadata and species, as another program writes them."""
    table = pd.read_parquet(rows)
    kept = ["replica", "step", "particle", *table.columns[4:7]]

    def write(name: str = "foreign.parquet", **changes):
        changed = table[kept].assign(**changes)
        path = tmp_path / name
        changed.to_csv(path, index=False) if name.endswith(".csv") else changed.to_parquet(path)
        return path

    return write


@pytest.mark.parametrize("name", ["foreign.parquet", "foreign.csv"])
def test_rows_made_elsewhere_train_and_do_not_predict(run, foreign, labels, trajectories, tmp_path, name):
    path = foreign(name)
    columns = list(pd.read_csv(path).columns[3:] if name.endswith("csv") else pd.read_parquet(path).columns[3:])
    trained = run("train", path, "--labels", labels, *TRAIN, "-o", tmp_path / "model")
    assert trained.status == 0, trained
    lines = [line for line in trained.out.splitlines() if "predict" in line]
    assert len(lines) == 1
    assert "cannot describe a snapshot" in lines[0]
    refused(run("predict", tmp_path / "model", trajectories[2], "-o", tmp_path / "p.lammpstrj"), *columns, "train it")
    assert not (tmp_path / "p.lammpstrj").exists()


def test_csv_and_parquet_train_to_the_same_scores(run, foreign, labels, tmp_path):
    scores = []
    for name in ("a.parquet", "a.csv"):
        words = ["train", foreign(name), "--labels", labels, *TRAIN, "--json", "-o", tmp_path / "model"]
        scores.append(run(*words).json["scores"])
    assert scores[0] == pytest.approx(scores[1], rel=1e-9)  # decimals may be read to the last bit but one


def test_a_descriptor_named_for_rows_made_elsewhere(run, rows, labels, trajectories, tmp_path):
    pd.read_parquet(rows).to_parquet(tmp_path / "rows.parquet")
    words = ["train", tmp_path / "rows.parquet", "--labels", labels, *TRAIN, "-o", tmp_path / "model"]
    trained = run(*words, "-d", "interstices", "--glass", "kob-andersen")
    assert trained.status == 0, trained
    assert "cannot describe" not in trained.out
    assert run("predict", tmp_path / "model", trajectories[2], "-o", tmp_path / "p.lammpstrj").status == 0


@pytest.mark.parametrize("name", ["foreign.parquet", "foreign.csv"])
def test_faults_of_rows_made_elsewhere(run, foreign, labels, tmp_path, name):
    words = ["--labels", labels, *TRAIN, "-o", tmp_path / "model"]
    table = pd.read_parquet(foreign())

    def train(path, *more):
        return run("train", path, *words, *more)

    def save(changed):
        path = tmp_path / name
        changed.to_csv(path, index=False) if name.endswith(".csv") else changed.to_parquet(path)
        return path

    refused(train(save(table.drop(columns="step"))), name, "no column step", "replica, step, particle")
    refused(train(save(pd.concat([table, table.head(1)]))), name, "1 keys are duplicated, first replica a")
    refused(train(foreign(name, colour="red")), name, "colour", "not numbers")
    refused(train(save(table.iloc[:, :3])), name, "no feature columns")
    refused(train(save(table.assign(step="first"))), name, "column step is not numeric, first 'first'")
    refused(train(foreign(name), "--species", "A", "--drop-unmatched", "-v", "--label", "x"), "no column x")
    (tmp_path / name).write_bytes(b"\x00\xff")
    refused(train(tmp_path / name), name, "not a readable")
    refused(train(tmp_path / f"none-{name}"), "no such file")


def test_labels_from_csv(run, rows, labels, tmp_path):
    pd.read_parquet(labels).to_csv(tmp_path / "labels.csv", index=False)
    one = run("train", rows, "--labels", labels, *TRAIN, "--json", "-o", tmp_path / "one").json
    two = run("train", rows, "--labels", tmp_path / "labels.csv", *TRAIN, "--json", "-o", tmp_path / "two").json
    assert one["scores"] == pytest.approx(two["scores"], rel=1e-9)
