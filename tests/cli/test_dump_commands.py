"""The commands on dumps, from a dump of another origin to one that OVITO opens."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from lammps_glass import Snapshot, descriptors, labels as labels_of_package, learn
from lammps_glass.tables import read_metadata

THRESHOLD = 0.005


@pytest.fixture(scope="module")
def model(rows, labels, tmp_path_factory):
    from lammps_glass.cli import main

    path = tmp_path_factory.mktemp("model") / "loose.model"
    words = ["train", rows, "--labels", labels, "--threshold", THRESHOLD, "--indicator", "looseness", "--species", "A"]
    assert main([str(word) for word in [*words, "--test-replica", "c", "-o", path, "--quiet"]]) == 0
    return path


def test_describe_has_a_row_per_particle_and_frame(rows, trajectories):
    table = pd.read_parquet(rows)
    assert list(table.columns[:4]) == ["replica", "step", "particle", "species"]
    assert len(table) == 3 * 3 * 256
    assert sorted(table["replica"].unique()) == ["a", "b", "c"]  # the folders of the files
    one = table[(table["replica"] == "b") & (table["step"] == 100)]
    snapshot = Snapshot.read(trajectories[1], frame=1).with_species(("A", "B"))
    expected = descriptors.Interstices().compute(snapshot)
    np.testing.assert_array_equal(one.iloc[:, 4:].to_numpy(), expected)  # the same numbers, only stored
    np.testing.assert_array_equal(one["particle"], snapshot.ids)
    np.testing.assert_array_equal(one["species"].astype(str), snapshot.species_of_particles)


def test_rows_say_how_they_were_made(rows):
    metadata = read_metadata(rows)
    assert metadata["descriptor"] == "interstices"
    assert metadata["parameters"] == {"radii": {"A": 0.5, "B": 0.3}, "face_threshold": 0.0}
    assert metadata["glass"] == "kob-andersen"


def test_settings_reach_the_descriptor(run, trajectories, tmp_path):
    words = ["describe", trajectories[0], "-d", "interstices", "--glass", "kob-andersen", "--last", "--replica", "x"]
    out = run(*words, "--set", "radii.A=0.6", "--set", "radii.B=0.3", "-o", tmp_path / "r.parquet", "--json")
    assert out.json["snapshots"] == 1
    metadata = read_metadata(tmp_path / "r.parquet")
    assert metadata["parameters"]["radii"] == {"A": 0.6, "B": 0.3}
    table = pd.read_parquet(tmp_path / "r.parquet")
    assert set(table["replica"]) == {"x"}
    assert set(table["step"]) == {200}


def test_labels_are_those_of_the_function(labels, trajectories):
    table = pd.read_parquet(labels)
    assert list(table.columns) == ["replica", "step", "particle", "species", "n_neighbors", "d2min", "lag"]
    assert sorted(table["step"].unique()) == [0, 100]  # the last frame has no label
    first, second = (Snapshot.read(trajectories[2], frame=k) for k in (1, 2))
    one = table[(table["replica"] == "c") & (table["step"] == 100)]
    np.testing.assert_array_equal(one["d2min"], labels_of_package.d2min(first, second, r_max=1.5))


def test_sum_is_mean_times_neighbors(run, dumps, tmp_path):
    path = dumps.trajectory(tmp_path / "t.lammpstrj", 9)
    for name, more in (("mean", []), ("sum", ["--sum"])):
        words = ["label", "d2min", path, path, "--lag", 2, "--r-max", 1.6, "-o", tmp_path / f"{name}.parquet", *more]
        assert run(*words).status == 0
    mean, total = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("mean", "sum"))
    # One multiplication apart: a few units in the last place.
    np.testing.assert_allclose(total["d2min"], mean["d2min"] * mean["n_neighbors"], rtol=1e-14)


def test_any_label_of_two_snapshots(run, dumps, tmp_path):
    path, out = dumps.trajectory(tmp_path / "t.lammpstrj", 9), tmp_path / "strain.csv"
    words = ["label", "von_mises_strain", path, path, "--lag", 1]
    assert run(*words, "--set", "r_max=1.6", "-o", out).status == 0
    table = pd.read_csv(out)
    assert list(table.columns) == ["replica", "step", "particle", "species", "von_mises_strain", "lag"]
    first, second = (Snapshot.read(path, frame=k) for k in (0, 1))
    one = table[table["step"] == 0]
    expected = labels_of_package.von_mises_strain(first, second, r_max=1.6)
    np.testing.assert_array_equal(one["von_mises_strain"], expected)  # CSV holds the shortest text of each number
    for name, more, reason in (
        ("von_mises_strain", [], "needs --r-max"),
        ("von_mises_strain", ["--r-max", 1.6, "--sum"], "reduce"),
        ("von_mises_strain", ["--r-max", 1.6, "--set", "lags=[2]"], "lags"),
        ("d2min", ["--r-max", -1], "r_max = -1.0 must be a number above 0"),
        ("largest-jump", ["--r-max", 1.6], "label largest-jump is of runs"),
        ("d2mim", ["--r-max", 1.6], "did you mean 'd2min'"),
    ):
        outcome = run("label", name, path, path, "--lag", 1, *more, "-o", tmp_path / "refused.parquet")
        assert outcome.status == 2, outcome
        assert reason in outcome.err


def test_two_files_are_paired_by_order(run, dumps, tmp_path):
    first, second = (dumps.trajectory(tmp_path / f"{k}.lammpstrj", k) for k in (4, 4))
    assert run("label", "d2min", first, second, "--r-max", 1.6, "-o", tmp_path / "l.parquet").status == 0
    table = pd.read_parquet(tmp_path / "l.parquet")
    assert sorted(table["step"].unique()) == [0, 100, 200]
    assert np.abs(table["d2min"]).max() < 1e-24  # each frame against itself: nothing moved, round-off squared


def test_train_scores_left_out_replicas(model):
    _, metadata = learn.load(model)
    assert metadata["split"] == "replicas c"
    assert metadata["species"] == ["A"]
    assert 0 < metadata["scores"]["prevalence"] < 1
    assert {"balanced_accuracy", "auc", "train.auc"} <= set(metadata["scores"])


def test_random_split_is_labelled_as_leaking(run, rows, labels, tmp_path):
    words = [
        "train",
        rows,
        "--labels",
        labels,
        "--threshold",
        THRESHOLD,
        "--indicator",
        "looseness",
        "--split",
        "random",
    ]
    out = run(*words, "-o", tmp_path / "m")
    assert out.status == 0
    assert "LEAKS" in out.out
    scores = learn.load(tmp_path / "m")[1]["scores"]
    assert all(name.startswith(("random_split.", "train.")) for name in scores)


def test_training_twice_gives_the_same_bytes(run, rows, labels, tmp_path):
    words = ["train", rows, "--labels", labels, "--threshold", THRESHOLD, "--indicator", "looseness", "--seed", 5]
    for name in "12":
        assert run(*words, "-o", tmp_path / name).status == 0
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize("name", ["loose.lammpstrj", "loose.lammpstrj.gz", "dump.loose"])
def test_ovito_opens_what_predict_writes(run, model, trajectories, tmp_path, name):
    from ovito.io import import_file

    assert run("predict", model, trajectories[2], "-o", tmp_path / name).status == 0
    pipeline = import_file(str(tmp_path / name), input_format="lammps/dump")
    assert pipeline.source.num_frames == 3
    data = pipeline.compute(1)
    order = np.argsort(np.asarray(data.particles["Particle Identifier"]))
    shown = np.asarray(data.particles["looseness"])[order]
    snapshot = Snapshot.read(trajectories[2], frame=1).with_species(("A", "B"))
    of_a = snapshot.species_of_particles == "A"
    estimator, _ = learn.load(model)
    expected = estimator.predict_proba(descriptors.Interstices().compute(snapshot)[of_a])[:, 1]
    # Written with 17 digits: read back to the last bit or the one beside it.
    np.testing.assert_allclose(shown[of_a], expected, rtol=1e-15)
    assert np.isnan(shown[~of_a]).all()  # the indicator was trained on A only


def test_an_indicator_that_gives_distances(run, rows, labels, trajectories, tmp_path):
    words = ["--threshold", THRESHOLD, "--indicator", "integrated-defect", "--species", "A", "--test-replica", "c"]
    output, dump = tmp_path / "igd.model", tmp_path / "igd.dump"
    scored = run("train", rows, "--labels", labels, *words, "--set", "C=2", "-o", output, "--json").json["scores"]
    assert run("predict", output, trajectories[2], "--last", "-o", dump).status == 0
    estimator, _ = learn.load(output)
    snapshot = Snapshot.read(trajectories[2], frame=-1).with_species(("A", "B"))
    of_a = snapshot.species_of_particles == "A"
    expected = estimator.decision_function(descriptors.Interstices().compute(snapshot)[of_a])
    shown = Snapshot.read(dump).properties["integrated_defect"]
    np.testing.assert_allclose(shown[of_a], expected, rtol=1e-15)  # 17 digits are written
    # The edge is a distance of 0, not the 0.5 of a probability.
    table, label = pd.read_parquet(rows), pd.read_parquet(labels)
    joined = learn.join(table, label, labels_without_row="drop").table
    joined = joined[(joined["replica"] == "c") & (joined["species"] == "A")]
    loose = learn.binary_labels(joined["d2min"], THRESHOLD)
    predicted = estimator.decision_function(learn.matrix(joined, learn.feature_columns(table)))
    assert scored["recall"] == ((predicted > 0) & (loose == 1)).sum() / loose.sum()


def test_predict_for_every_species_on_request(run, model, trajectories, tmp_path):
    words = ["predict", model, trajectories[0], "--last", "--species", "A", "--species", "B", "-o", tmp_path / "o.dump"]
    assert run(*words).status == 0
    values = Snapshot.read(tmp_path / "o.dump").properties["looseness"]
    assert ((values > 0) & (values < 1)).all()


def test_dry_run_writes_nothing(run, rows, labels, model, trajectories, tmp_path):
    for words in (
        ["describe", trajectories[0], "-d", "interstices"],
        ["label", "d2min", trajectories[0], trajectories[0], "--lag", 1, "--r-max", 2.0],
        ["train", rows, "--labels", labels, "--threshold", THRESHOLD, "--indicator", "looseness"],
        ["predict", model, trajectories[0]],
        ["render", "quench", "--glass", "kob-andersen"],
    ):
        assert run(*words, "-o", tmp_path / "out.dump", "--dry-run").status == 0, words
    assert list(tmp_path.iterdir()) == []


def test_render_prints_the_deck_of_the_protocol(run):
    from lammps_glass import glasses
    from lammps_glass.simulate.protocols import Creep

    out = run(
        "render", "creep", "--glass", "kob-andersen", "--set", "stress=0.7", "--set", "n_particles=500", "--seed", 3
    )
    assert out.out == Creep(stress=0.7).deck(glasses.KobAndersen(n_particles=500), 3)


def test_render_prepares_a_folder(run, tmp_path):
    words = ["render", "quench", "--glass", "kob-andersen", "--set", "glass.n_particles=300", "-o", tmp_path / "q"]
    assert run(*words).status == 0
    assert {"in.lmp", "start.data"} <= {path.name for path in (tmp_path / "q").iterdir()}


@pytest.mark.parametrize("family", ["glasses", "protocols", "descriptors", "indicators", "studies"])
def test_list_names_every_entry(run, family):
    listed = run("list", family, "--json").json
    assert listed
    assert all(entry["name"] and entry["summary"] for entry in listed)
    plain = run("list", family).out
    assert all(entry["name"] in plain for entry in listed)


def test_doctor_finds_this_installation_in_order(run):
    out = run("doctor", "--json")
    states = {entry["part"]: entry["state"] for entry in json.loads(out.out)}
    assert states["lammps"] == states["python"] == states["kernel cache"] == "ok"
    assert states["libsvm-official"] == states["potentials"] == "ok"
    assert out.status == 0


@pytest.mark.parametrize("fault", ["libsvm-official", "potentials"])
def test_doctor_misses_what_would_stop_a_study(fault, monkeypatch):
    """Without LIBSVM the study igd ends at its first machine; without the default table no metal glass starts."""
    import sys

    from lammps_glass.cli.checks import run_checks
    from lammps_glass.errors import InputError
    from lammps_glass.interactions import tables

    def gone(*_args, **_options):
        raise InputError("cu-zr-2007: no such file")

    if fault == "potentials":
        monkeypatch.setattr(tables, "find_table", gone)
    else:
        monkeypatch.setitem(sys.modules, "libsvm", None)
    states = {result.name: result.state for result in run_checks()}
    assert states[fault] == "missing"
