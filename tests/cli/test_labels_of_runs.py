"""`label` on runs: labels of the registry, blocks of a shear, and how the values are spread; counts of `train`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lammps_glass import labels as labels_of_package, learn, simulate
from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate import Record
from lammps_glass.tables import read_metadata

STEP = 1e-3
SHEAR = {
    "max_strain": 6 * STEP, "strain_step": STEP, "block_strain": STEP, "snapshot_every": STEP, "r_max": 2.0,
    "segment_steps": 3, "reduce": "sum",
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder with a quench, two shears and two isoconfigurational runs from it."""
    root = tmp_path_factory.mktemp("runs") / "7"
    quenched = simulate.quench(
        KobAndersen(n_particles=200), seed=1, directory=root / "quench", liquid=300, cooling=300, segment_steps=300
    )
    for plane in ("xy", "yz"):
        simulate.aqs(quenched, plane=plane, directory=root / plane, **SHEAR)
    for seed in (1, 2):
        simulate.isoconfigurational(
            quenched, seed=seed, directory=root / f"iso{seed}", steps=40, snapshot_every=20, temperature=0.3
        )
    return root


def refused(outcome, *words: str) -> None:
    assert outcome.status == 2, outcome
    (line,) = outcome.err.splitlines()
    for word in words:
        assert word in line, (word, line)


def test_largest_jump_of_shears(run, runs, tmp_path):
    out = tmp_path / "l.parquet"
    outcome = run("label", "largest-jump", runs / "xy", runs / "yz", "-o", out, "--json")
    table = pd.read_parquet(out)
    planes = {plane: Record.open(runs / plane) for plane in ("xy", "yz")}
    largest = [
        pd.concat(record.blocks()).groupby("particle")["d2min"].max().to_numpy() for record in planes.values()
    ]  # fmt: skip
    np.testing.assert_array_equal(table["jump_xy"], largest[0])
    np.testing.assert_array_equal(table["largest_jump"], np.maximum(*largest))
    assert set(table["replica"]) == {"7"}  # the folder that holds the runs
    assert set(table["step"]) == {0}  # of the shear's first frame
    assert [row["label"] for row in outcome.json["statistics"]] == ["largest_jump", "jump_xy", "jump_yz"]
    for row in outcome.json["statistics"]:
        values = np.sort(table[row["label"]].to_numpy(float))
        assert row["count"] == 200
        assert row["maximum"] == values[-1]
        assert row["median"] == pytest.approx((values[99] + values[100]) / 2, rel=1e-12)
        # linear between order statistics: numpy's own definition, position 0.99 * 199 = 197.01
        assert row["p99"] == pytest.approx(values[197] + 0.01 * (values[198] - values[197]), rel=1e-9)


def test_the_start_gives_the_step(run, runs, tmp_path):
    words = ["label", "largest-jump", runs / "xy", "--replica", "a", "-o", tmp_path / "l.parquet"]
    assert run(*words, "--start", runs / "quench").status == 0
    table = pd.read_parquet(tmp_path / "l.parquet")
    assert set(table["step"]) == {Record(runs / "quench").final.step}
    assert set(table["replica"]) == {"a"}
    assert run("describe", runs / "quench", "-d", "interstices", "-o", tmp_path / "r.parquet").status == 0
    joined = learn.join(pd.read_parquet(tmp_path / "r.parquet").assign(replica="a"), table)
    assert len(joined.table) == 200


def test_only_the_start_of_the_runs_is_taken_as_their_start(run, runs, tmp_path):
    words = ["label", "propensity", runs / "iso1", runs / "iso2", "-o", tmp_path / "l.parquet"]
    # Its inherent structure is the first frame: the thermal configuration before is known by its checksum.
    assert run(*words, "--start", runs / "quench").status == 0
    rounded = tmp_path / "rounded.extxyz"
    next(Record(runs / "iso1").frames()).write(rounded)
    assert run(*words, "--glass", "kob-andersen", "--start", rounded).status == 0
    other = tmp_path / "other"
    simulate.quench(KobAndersen(n_particles=200), seed=2, directory=other, liquid=300, cooling=300)
    for wrong in (other, runs / "xy"):  # another glass, and the same one after a shear: the ids agree
        refused(run(*words, "--start", wrong), "--start is not the configuration", "iso1 started from")


def test_isoconfigurational_runs(run, runs, tmp_path):
    words = ["label", "isoconfigurational", runs / "iso1", runs / "iso2", "-o", tmp_path / "l.parquet"]
    refused(run(*words), "needs --r-max")
    assert run(*words, "--r-max", 2.0).status == 0
    table = pd.read_parquet(tmp_path / "l.parquet")
    frames = [list(Record(runs / name).frames()) for name in ("iso1", "iso2")]
    moved = [np.linalg.norm(run[-1].positions - run[0].positions, axis=1) for run in frames]
    np.testing.assert_allclose(table["propensity"], np.mean(moved, axis=0), rtol=1e-12)
    d2min = [labels_of_package.d2min(run[0], run[-1], r_max=2.0, reduce="sum") for run in frames]
    np.testing.assert_allclose(table["d2min"], np.mean(d2min, axis=0), rtol=1e-12)


def test_propensity_at_a_time_has_halves_and_a_ceiling(run, runs, tmp_path):
    out = tmp_path / "l.parquet"
    words = ["label", "propensity", runs / "iso1", runs / "iso2", "--set", "steps=[20]", "-o", out]
    outcome = run(*words, "--json")
    assert outcome.status == 0, outcome.err  # a distance needs no --r-max
    table = pd.read_parquet(out)
    frames = [list(Record(runs / name).frames()) for name in ("iso1", "iso2")]
    moved = [np.linalg.norm(run[1].positions - run[0].positions, axis=1) for run in frames]
    np.testing.assert_allclose(table["propensity_20"], np.mean(moved, axis=0), rtol=1e-12)
    np.testing.assert_allclose(table["propensity_20_half_2"], moved[1], rtol=1e-12)
    (ceiling,) = outcome.json["ceilings"]
    r = np.corrcoef(*moved)[0, 1]
    assert (ceiling["label"], ceiling["from"], ceiling["repeats"]) == ("propensity_20", "half", 2)
    assert ceiling["ceiling"] == pytest.approx(np.sqrt(2 * r / (1 + r))) if r > 0 else ceiling["ceiling"] is None
    refused(run(*words, "--set", 'measure="d2min"'), "needs --r-max")
    refused(run("label", "propensity", runs / "iso1", "-o", out), "it reads 1", "mobility")


def test_other_labels_of_runs(run, runs, tmp_path):
    out = tmp_path / "l.parquet"
    assert run("label", "mobility", runs / "iso1", "--set", "every=20", "--set", "steps=[20]", "-o", out).status == 0
    assert pd.read_parquet(out)["step"].unique().tolist() == [0, 20]
    outcome = run("label", "mobility", runs / "iso1", "-o", out)
    assert "the noise ceiling is not known: one run" in " ".join(outcome.out.split())
    first, second, _ = Record(runs / "iso1").frames()
    median = np.median(np.linalg.norm(second.positions - first.positions, axis=1))
    assert run("label", "first-passage", runs / "iso1", "--set", f"threshold={median:.17g}", "-o", out).status == 0
    assert pd.read_parquet(out)["first_passage"].value_counts().to_dict() == {20.0: 100, 40.0: 100}
    refused(run("label", "mobility", runs / "xy", "-o", out), "aqs", "needs runs of dynamics")
    refused(run("label", "first-event", runs / "xy", "-o", out), "default of threshold is in angstrom")

    assert "classes of label largest-jump, the default" in run("label", "classes", runs / "xy", "-o", out).out
    of = ["--set", "of.name=first-event", "--set", "of.threshold=0.01", "--set", "smallest=true"]
    outcome = run("label", "classes", runs / "xy", runs / "yz", *of, "--set", "fraction=0.1", "-o", out)
    assert outcome.status == 0, outcome.err
    assert "the default" not in outcome.out
    table = pd.read_parquet(out)
    assert table["class"].sum() == 20
    assert table.loc[table["class"] == 1, "first_event"].max() <= table.loc[table["class"] == 0, "first_event"].min()
    assert "noise ceiling" in outcome.out
    assert [column["name"] for column in read_metadata(out)["columns"]][:3] == ["class", "class_xy", "class_yz"]


def test_blocks_of_a_shear_are_labels_of_d2min(run, runs, tmp_path):
    out = tmp_path / "l.parquet"
    outcome = run("label", "d2min", runs / "xy", "-o", out)
    assert outcome.status == 0
    assert "6 blocks of strain, 1200 rows" in outcome.out
    assert all(word in outcome.out for word in ("count", "median", "p95", "p99", "maximum"))
    table = pd.read_parquet(out)
    frames = list(Record(runs / "xy").frames())
    one = table[table["step"] == 2]
    # The blocks are stored in single precision.
    expected = labels_of_package.d2min(frames[2], frames[3], r_max=2.0, reduce="sum")
    np.testing.assert_allclose(one["d2min"], expected, rtol=1e-6)
    np.testing.assert_array_equal(one["species"].astype(str), frames[2].species_of_particles)
    assert read_metadata(out)["r_max"] == 2.0

    by_frames = ["label", "d2min", runs / "xy", "--lag", 1, "--r-max", 2.0, "--sum", "-o", tmp_path / "f.parquet"]
    assert run(*by_frames).status == 0
    np.testing.assert_allclose(pd.read_parquet(tmp_path / "f.parquet")["d2min"], table["d2min"], rtol=1e-6)


def test_classes_of_strain_steps_train(run, runs, tmp_path):
    """Particles of neither class have no value: `train` leaves them out and says so."""
    values = np.concatenate([block["d2min"].to_numpy() for block in Record.open(runs / "xy").blocks()])
    above = f"threshold={np.quantile(values, 0.97):.6e}"
    words = ["label", "strain-step-activity", runs / "xy", "--set", above, "--set", "avalanche=1.0"]
    outcome = run(*words, "--set", f"window={3 * STEP}", "-o", tmp_path / "l.parquet", "--json")
    assert outcome.status == 0, outcome.err
    table = pd.read_parquet(tmp_path / "l.parquet")
    (counted,) = [row["count"] for row in outcome.json["statistics"] if row["label"] == "class"]
    assert counted == table["class"].notna().sum() < len(table)
    assert run("describe", runs / "xy", "-d", "interstices", "-o", tmp_path / "r.parquet").status == 0
    train = ["train", tmp_path / "r.parquet", "--labels", tmp_path / "l.parquet", "--label", "class"]
    train += ["--threshold", 0.5, "--indicator", "activity", "--split", "random", "-o", tmp_path / "m"]
    trained = run(*train)
    assert trained.status == 0, trained.err
    assert f"{len(table) - counted} rows have no value of class" in trained.out
    counts = learn.load(tmp_path / "m")[1]["counts"]
    assert counts["train_rows"] + counts["test_rows"] == counted
    assert counts["train_class_1"] + counts["test_class_1"] == table["class"].sum()


@pytest.mark.parametrize(
    ("words", "reasons"),
    [
        (["largest-jump", "{runs}/iso1"], ["iso1 (isoconfigurational)", "needs runs of aqs", "d2min_path"]),
        (["propensity", "{runs}/iso1", "{runs}/iso1"], ["iso1", "same positions", "different seeds"]),
        (["isoconfigurational", "{runs}/iso1", "--r-max", "2"], ["it reads 1", "no noise ceiling", "mobility"]),
        (["isoconfigurational", "{runs}/iso1", "{runs}/iso1", "--r-max", "2"], ["same positions", "different seeds"]),
        (["propensity", "{runs}/iso1", "{runs}/iso2", "--steps", "40"], ["--steps pairs", "--set steps=[40]"]),
        (["largest-jump", "{runs}/xy", "--lag", "1"], ["--lag pairs", "leave it out"]),
        (["largest-jump", "{runs}/xy", "{runs}/xy"], ["one shear a plane"]),
        (["largest-jump", "{runs}/xy/final.lammpstrj.gz"], ["not of two snapshots", "folder"]),
        (["largest-jump", "{runs}"], ["run.json"]),
        (["d2min", "{runs}/xy", "--r-max", "1.5"], ["made with r_max = 2", "--lag"]),
        (["d2min", "{runs}/iso1", "--lag", "1"], ["needs --r-max"]),
        (["d2min", "{runs}/xy/frames.lammpstrj.gz", "--r-max", "2"], ["REFERENCE and CURRENT"]),
        (["d2min", "{runs}", "--lag", "1", "--r-max", "2"], ["no run has made"]),
        (["isoconfigurational", "{runs}/xy", "--r-max", "2"], ["dynamics"]),
        (["strain-step-activity", "{runs}/xy", "--set", "window=0.0035"], ["window"]),
    ],
)
def test_bad_input(run, runs, tmp_path, words, reasons):
    outcome = run("label", *(word.format(runs=runs) for word in words), "-o", tmp_path / "l.parquet")
    assert outcome.status in (2, 4), outcome
    assert outcome.err.count("\n") == 1, outcome.err
    for reason in reasons:
        assert reason in outcome.err, outcome.err
    assert list(tmp_path.iterdir()) == []


# -- counts and intervals of `train` -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def six(dumps, tmp_path_factory):
    """Rows and labels of six replicas."""
    from lammps_glass.cli import main

    folder = tmp_path_factory.mktemp("six")
    paths = [dumps.trajectory(folder / name / "t.lammpstrj", seed, 2) for seed, name in enumerate("abcdef")]
    common = ["--glass", "kob-andersen", "--quiet", "-o"]
    assert main(["describe", *map(str, paths), "-d", "interstices", *common, str(folder / "rows.parquet")]) == 0
    for path in paths:
        words = ["label", "d2min", str(path), str(path), "--lag", "1", "--r-max", "1.5"]
        assert main([*words, *common, str(path.with_suffix(".parquet"))]) == 0
    return folder, [word for path in paths for word in ("--labels", str(path.with_suffix(".parquet")))]


def test_intervals_are_over_replicas_where_three_test(run, six, tmp_path):
    folder, labels = six
    words = ["train", folder / "rows.parquet", *labels, "--threshold", 0.005, "--indicator", "activity"]
    tests = [word for name in "abc" for word in ("--test-replica", name)]
    out = run(*words, *tests, "-o", tmp_path / "m", "--json").json
    assert out["interval"] == "5-95 % bootstrap over 3 test replicas"
    scores, counts = out["scores"], out["counts"]
    for name in ("auc", "balanced_accuracy", "recall"):
        assert scores[f"{name}.low"] <= scores[name] <= scores[f"{name}.high"]
    assert "train.auc.low" not in scores
    table = pd.concat([pd.read_parquet(path) for path in labels[1::2]])
    of_test = table["replica"].isin(list("abc"))
    positive = table["d2min"] > 0.005
    assert counts == {
        "train_rows": (~of_test).sum(), "train_class_1": (positive & ~of_test).sum(),
        "test_rows": of_test.sum(), "test_class_1": (positive & of_test).sum(),
    }  # fmt: skip
    # With three replicas of one number each, no resample is beyond the smallest and the largest.
    prevalence = positive[of_test].groupby(table["replica"][of_test]).mean()
    assert prevalence.min() <= scores["prevalence.low"] <= scores["prevalence.high"] <= prevalence.max()


def test_fewer_replicas_have_an_interval_that_says_what_it_is(run, six, tmp_path):
    folder, labels = six
    words = ["train", folder / "rows.parquet", *labels, "--threshold", 0.005, "--indicator", "activity"]
    outcome = run(*words, "--test-replica", "a", "-o", tmp_path / "m")
    assert "bootstrap over particles: too narrow, as replicas differ, and fewer than three test (1)" in " ".join(
        outcome.out.split()
    )
    scores = learn.load(tmp_path / "m")[1]["scores"]
    # The interval of a fraction of n independent rows: 1.64 standard deviations to either side; 500 resamples of 50
    # parts give its width within a quarter or so.
    n, p = 256, scores["prevalence"]
    width = 2 * 1.645 * np.sqrt(p * (1 - p) / n)
    assert scores["prevalence.high"] - scores["prevalence.low"] == pytest.approx(width, rel=0.4)
    dry = run(*words, "--test-replica", "a", "-o", tmp_path / "n", "--dry-run").out
    assert "1280 rows train" in dry
    assert "256 test" in dry


def test_analyse_takes_replica_and_glass_from_the_runs(run, runs, tmp_path):
    """Two runs from one configuration are one replica with the time step of their glass; alone each names itself."""
    out = tmp_path / "out"
    words = ["analyse", "species", runs / "iso1", runs / "iso2", "--by", "species", "--observables", "msd"]
    done = run(*words, "-o", out, "--json")
    assert done.status == 0, done.err
    assert (done.json["sizes"]["trajectories"], done.json["sizes"]["replicas"]) == (2, 1)
    times = pd.read_csv(out / "figures" / "msd.csv")["time"].unique()
    assert times == pytest.approx([0, 20 * KobAndersen().timestep, 40 * KobAndersen().timestep])
    asked = run(*words, "--replica", "a", "--replica", "b", "-o", tmp_path / "two", "--json")
    assert asked.json["sizes"]["replicas"] == 2
