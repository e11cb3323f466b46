"""A comparison on small sets whose labels are known functions of structure; sets that are refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from lammps_glass import descriptors
from lammps_glass.cli.app import run
from lammps_glass.comparison import compare, preview, read_comparison, read_set
from lammps_glass.comparison.publish import main_rows, publish, verdicts
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersen
from lammps_glass.testing.samples import binary_snapshot

FILE = """
title = "small"
cores = 1
train = ""
test = ""
[glass]
name = "kob-andersen"
[labels.moved]
column = "propensity"
halves = ["half_1", "half_2"]
[descriptors]
density = { name = "local-density", r_cut = 1.4, shell = 1.1 }
faces = { name = "voronoi" }
[entries]
"coordination" = { columns = "density", indicator = "none", pick = "coordination" }
"density" = { columns = ["density"] }
"faces" = { columns = ["faces"], indicator = { name = "ridge-regression", penalty = 10.0 } }
"both" = { columns = ["faces", "density"] }
"logistic" = { columns = ["density"], indicator = "activity", max_rows = 150 }
[published."others"]
label = "moved"
within = 0.9
source = "a paper"
data = "their data"
"""


def configuration(folder, seed, noise=0.5, n_cells=5, **extra):
    """A file whose runs are the coordination of each particle with noise; returns its arrays."""
    snapshot = binary_snapshot(seed, n_cells=n_cells)
    exact = descriptors.LocalDensity(r_cut=1.4, shell=1.1).compute(snapshot)[:, 1]
    runs = 2 + exact + noise * np.random.default_rng(seed).normal(size=(8, len(snapshot)))
    arrays = {
        "positions": snapshot.positions, "types": snapshot.types, "box": np.diag(snapshot.cell.matrix), "runs": runs,
        **extra,
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    np.savez(folder / f"c{seed}.npz", **arrays)
    return arrays


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    for seed in range(4):
        configuration(tmp_path / "train", seed)
    for seed in (20, 21):
        configuration(tmp_path / "test", seed)
    return path


def read(file, *sets, test=False):
    folder = file.parent
    settings = [f"train={folder / 'train'}", *([f"test={folder / 'test'}"] if test else []), *sets]
    return read_comparison(file, settings)


def test_left_out_scores_find_what_the_label_is_made_of(file, tmp_path):
    found = compare(read(file), tmp_path / "out")
    table = found.table.set_index("entry")
    exact = 1 / np.sqrt(1 + 0.25 / 8 / table_variance(tmp_path))
    assert table.loc["coordination", "within"] == pytest.approx(exact, abs=0.03)  # 500 particles: 1 / sqrt(500)
    assert table.loc["coordination", "ceiling_within"] == pytest.approx(exact, abs=0.03)
    assert table.loc["density", "within"] == pytest.approx(table.loc["coordination", "within"], abs=0.02)
    assert table.loc["faces", "within"] < table.loc["density", "within"]
    learned = table[table["kind"].isin(["learned", "not learned"])]
    best = learned["within"].max()
    assert learned["behind"].fillna(0).to_numpy() == pytest.approx(best - learned["within"].to_numpy(), abs=1e-12)
    assert learned["behind"].isna().sum() == 1  # that of the best one
    assert table.loc["faces", "behind_low"] <= table.loc["faces", "behind"] <= table.loc["faces", "behind_high"]
    second = learned["within"].drop(learned["within"].idxmax()).idxmax()
    assert f"behind by {learned.loc[second, 'behind']:.3f} (" in verdicts(found.table)[0]
    assert abs(table.loc["null: permuted labels", "within"]) < 0.15
    assert table.loc["null: species", "within"] < 0.3
    assert table.loc["logistic", "auc"] > 0.9
    assert table.loc["others", "kind"] == "published"
    by_descriptor = found.importance[found.importance["entry"] == "both"].set_index("descriptor")["decrease_within"]
    assert by_descriptor["density"] > 0.3 > by_descriptor["faces"]


def table_variance(tmp_path):
    """Variance of the exact label, mean over the training configurations."""
    made = descriptors.LocalDensity(r_cut=1.4, shell=1.1)
    return np.mean([made.compute(binary_snapshot(seed, n_cells=5))[:, 1].var() for seed in range(4)])


def test_ridge_entries_are_those_of_scikit_learn_with_each_configuration_left_out(file, tmp_path):
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    found = compare(read(file, "nulls=false"), tmp_path / "out")
    parts = []
    for seed in range(4):
        X = descriptors.Voronoi().compute(binary_snapshot(seed, n_cells=5))
        with np.load(tmp_path / "train" / f"c{seed}.npz") as archive:
            parts.append((X, archive["runs"].mean(axis=0)))
    scores = []
    for k in range(4):
        X, y = (np.concatenate([p[i] for j, p in enumerate(parts) if j != k]) for i in (0, 1))
        scaled = StandardScaler().fit(X)
        predicted = Ridge(10.0).fit(scaled.transform(X), y).predict(scaled.transform(parts[k][0]))
        scores.append(np.corrcoef(predicted, parts[k][1])[0, 1])
    row = found.table.set_index("entry").loc["faces"]
    assert row["within"] == pytest.approx(np.mean(scores), rel=1e-8)
    assert row["within_low"] <= row["within"] <= row["within_high"]


def test_entries_with_correlated_residuals_are_generalised_least_squares(file, tmp_path):
    settings = ["nulls=false", "entries.faces.correlation_length=0.8", "entries.faces.correlated=0.6"]
    row = compare(read(file, *settings), tmp_path / "out").table.set_index("entry").loc["faces"]
    parts = []
    for seed in range(4):
        snapshot = binary_snapshot(seed, n_cells=5)
        X = descriptors.Voronoi().compute(snapshot)
        with np.load(tmp_path / "train" / f"c{seed}.npz") as archive:
            y = archive["runs"].mean(axis=0)
        apart = snapshot.cell.minimum_image(snapshot.positions[:, None] - snapshot.positions)
        inverse = np.linalg.inv(0.6 * np.exp(-np.linalg.norm(apart, axis=2) / 0.8) + 0.4 * np.eye(len(y)))
        parts.append((np.column_stack([X, np.ones(len(y))]), y, inverse))
    scores = []
    for k, (left_out, y, _) in enumerate(parts):
        others = [part for j, part in enumerate(parts) if j != k]
        deviations = np.concatenate([Z for Z, _, _ in others])[:, :-1].std(axis=0)
        system = sum(Z.T @ K @ Z for Z, _, K in others) + np.diag([*(10.0 * deviations**2), 0.0])
        weights = np.linalg.solve(system, sum(Z.T @ K @ y for Z, y, K in others))
        scores.append(np.corrcoef(left_out @ weights, y)[0, 1])
    assert row["within"] == pytest.approx(np.mean(scores), rel=1e-8)


def test_a_mean_averages_the_predictions_of_other_entries(file, tmp_path):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    file.write_text(file.read_text().replace("[published", '"mean" = { mean_of = ["faces", "density"] }\n[published'))
    out = tmp_path / "out"
    penalty = 'entries.density.indicator={name="ridge-regression", penalty=10.0}'
    found = compare(read(file, "nulls=false", penalty, test=True), out)
    publish(found, out)
    made = {descriptors.Voronoi(): [], descriptors.LocalDensity(r_cut=1.4, shell=1.1): []}
    labels = []
    for folder, seeds in (("train", range(4)), ("test", (20, 21))):
        for seed in seeds:
            for descriptor, rows in made.items():
                rows.append(descriptor.compute(binary_snapshot(seed, n_cells=5)))
            with np.load(tmp_path / folder / f"c{seed}.npz") as archive:
                labels.append(archive["runs"].mean(axis=0))
    models = [
        make_pipeline(StandardScaler(), Ridge(10.0)).fit(np.concatenate(rows[:4]), np.concatenate(labels[:4]))
        for rows in made.values()
    ]
    scores = []
    for k in (4, 5):
        predicted = [model.predict(rows[k]) for model, rows in zip(models, made.values())]
        scores.append(np.corrcoef(sum(predicted), labels[k])[0, 1])
    row = found.table.set_index(["entry", "scored_on"]).loc[("mean", "test")]
    assert row["within"] == pytest.approx(np.mean(scores), rel=1e-8)
    assert row["n_features"] == sum(rows[0].shape[1] for rows in made.values())
    assert "mean_of = [" in (out / "cards" / "mean.toml").read_text()
    with pytest.raises(InputError, match="two entries or more"):
        read(file, 'entries.mean.mean_of=["faces"]')
    with pytest.raises(InputError, match="two entries or more"):
        read(file, 'entries.mean.mean_of=["faces", "coordination"]')  # which learns nothing
    with pytest.raises(InputError, match="faces, logistic predict in different units"):
        read(file, 'entries.mean.mean_of=["faces", "logistic"]')
    with pytest.raises(InputError, match="unknown entry above it 'logistics'"):
        read(file, 'entries.mean.mean_of=["faces", "logistics"]')


def test_the_test_set_is_scored_and_everything_is_written(file, tmp_path):
    out = tmp_path / "out"
    found = compare(read(file, test=True), out)
    page = publish(found, out)
    table = pd.read_csv(out / "compare.csv").set_index("entry")
    assert list(table.columns[:12]) == [
        "label", "drive", "n_features", "within", "within_low", "within_high", "pooled", "auc", "ceiling_within",
        "ceiling_pooled", "seconds_describe", "seconds_fit",
    ]  # fmt: skip
    assert table.loc["density", "scored_on"] == "test"
    assert np.isfinite(table.loc["density", "within_left_out"])
    assert "others" not in table.index  # published: shown on the page and in all_scores.csv
    assert table.index.is_unique
    text = page.read_text()
    assert "density is best" in text or "coordination is best" in text or "both is best" in text
    assert "Published, not measured here" in text
    assert (out / "cards" / "others.toml").read_text().count("published, not measured") == 1
    assert found.checksums["train"] in (out / "cards" / "density.toml").read_text()
    assert (out / "compare.png").stat().st_size > 10_000


def test_rows_of_one_table_are_scored_in_one_place(file, tmp_path):
    """With a single test configuration its mean ranks nothing: no score, and not that of left-out ones in its stead."""
    (tmp_path / "test" / "c21.npz").unlink()
    table = main_rows(compare(read(file, test=True), tmp_path / "out")).set_index("entry")
    assert set(table["scored_on"]) == {"test"}
    assert np.isnan(table.loc["null: configuration mean", "pooled"])
    assert table.loc["null: configuration mean", "pooled_left_out"] > 0
    left_out = main_rows(compare(read(file), tmp_path / "again"))
    assert set(left_out["scored_on"]) == {"left out"}


def test_a_second_run_makes_nothing_again_and_gives_the_same_numbers(file, tmp_path):
    out = tmp_path / "out"
    first = compare(read(file), out)
    kept = {path: path.stat().st_mtime_ns for path in (out / "kept").rglob("*") if path.is_file()}
    again = compare(read(file), out)
    assert {path: path.stat().st_mtime_ns for path in (out / "kept").rglob("*") if path.is_file()} == kept
    pd.testing.assert_frame_equal(first.table, again.table)


def test_formats_hold_the_same_configuration(tmp_path):
    arrays = configuration(tmp_path / "npz", 3)
    glass = KobAndersen()
    (reference,) = read_set(tmp_path / "npz", glass, "train")
    np.testing.assert_allclose(reference.columns["half_1"], arrays["runs"][:4].mean(axis=0))
    table = pd.DataFrame(arrays["positions"], columns=["x", "y", "z"])
    table = table.assign(species=np.array(["A", "B"])[arrays["types"]], propensity=arrays["runs"].mean(axis=0))
    (tmp_path / "parquet").mkdir()
    lengths = dict(zip(("box_x", "box_y", "box_z"), arrays["box"]))
    table.assign(**lengths).to_parquet(tmp_path / "parquet" / "one.parquet")
    moved = np.zeros((8, len(table), 3))
    moved[:, :, 0] = arrays["runs"]
    (tmp_path / "runs").mkdir()
    np.savez(
        tmp_path / "runs" / "one.npz", initial_positions=arrays["positions"], positions=arrays["positions"] + moved,
        types=np.array(["A", "B"])[arrays["types"]], box=arrays["box"][0], units="lj",
    )  # fmt: skip
    (tmp_path / "extxyz").mkdir()
    reference.snapshot.with_properties(propensity=arrays["runs"].mean(axis=0)).write(tmp_path / "extxyz" / "one.extxyz")
    for folder in ("parquet", "runs", "extxyz"):
        (other,) = read_set(tmp_path / folder, glass, "train")
        np.testing.assert_allclose(other.snapshot.positions, arrays["positions"], atol=1e-7)
        np.testing.assert_array_equal(other.snapshot.species_of_particles, reference.snapshot.species_of_particles)
        np.testing.assert_allclose(other.columns["propensity"], reference.columns["propensity"], rtol=1e-6)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"types": np.zeros(125, dtype=int)}, "particles by species"),
        ({"box": np.full(3, 9.0)}, "its box differs"),
        ({"units": "metal"}, "units are metal"),
        ({"half_1": np.zeros(7)}, "labels of other particles"),
        ({"types": np.full(125, 5)}, "types from 5 to 5"),
    ],
)
def test_configurations_that_disagree_are_refused(file, tmp_path, extra, message):
    configuration(tmp_path / "train", 9, **extra)
    with pytest.raises(InputError, match=message):
        compare(read(file), tmp_path / "out")


def test_a_single_configuration_is_refused_and_a_test_set_makes_it_enough(file, tmp_path):
    for seed in (1, 2, 3):
        (tmp_path / "train" / f"c{seed}.npz").unlink()
    with pytest.raises(InputError, match="one configuration: none can be left out"):
        compare(read(file), tmp_path / "out")
    with pytest.raises(InputError, match="give the penalty"):
        compare(read(file, test=True), tmp_path / "out")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("labels=3", "labels = 3: it must be a table"),
        ("descriptors=[1]", r"descriptors = \[1\]: it must be a table"),
        ('seed="one"', "seed = 'one' must be a whole number"),
        ("cores=1.5", "cores = 1.5 must be a whole number"),
    ],
)
def test_keys_of_another_type_are_one_line(file, setting, message):
    with pytest.raises(InputError, match=message):
        read(file, setting)


def test_test_configurations_must_not_train(file, tmp_path):
    (tmp_path / "test" / "again.npz").write_bytes((tmp_path / "train" / "c0.npz").read_bytes())
    with pytest.raises(InputError, match="must not hold what trains"):
        compare(read(file, test=True), tmp_path / "out")


def test_a_ceiling_that_cannot_be_estimated_is_said(file, tmp_path):
    found = compare(read(file, 'labels.moved.halves=["no", "such"]', "nulls=false"), tmp_path / "out")
    assert np.isnan(found.table["ceiling_within"].iloc[0])
    said = "the ceiling is not known: the files have no no"
    assert f"moved of train: {said}" in found.notes
    assert said in verdicts(found.table)[0]
    assert found.table["no_ceiling"].iloc[0] == "the files have no no"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('train=""', "no configurations: give --set train"),
        ("train=/no/such/folder", "no such folder"),
        ("colour=3", "unknown key 'colour'"),
        ('entries.faces.columns=["face"]', "did you mean 'faces'"),
        ("labels.moved.column=moved", "unknown label 'moved'"),
        ("labels.moved.species=C", "unknown species 'C'"),
        ('descriptors.faces={name="vibrational"}', "runs simulations"),
        ("entries.coordination.pick=nothing", "unknown column 'nothing'"),
        ("entries.both.prior={face=2.0}", "prior.face"),
        ("entries.both.correlation_length=-1.0", "correlation_length = -1"),
        ("entries.both.correlated=1.0", "correlated = 1.0 must be"),
        ("entries.logistic.indicator={name='activity', D=1.0}", "entries.logistic.indicator: unknown option"),
    ],
)
def test_faults_of_the_file_are_one_line(file, tmp_path, capsys, setting, message):
    settings = ["--set", f"train={tmp_path / 'train'}", "--set", setting]
    words = ["compare", str(file), "-o", str(tmp_path / "out"), *settings]
    assert run([*words, "--dry-run"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


def test_correlated_residuals_of_another_learner_are_refused(file, tmp_path):
    with pytest.raises(InputError, match="leave correlation_length out"):
        compare(read(file, "entries.logistic.correlation_length=1.0"), tmp_path / "out")


def test_the_command_prints_the_table_and_says_which_is_best(file, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["compare", str(file), "-o", str(out), "--set", f"train={tmp_path / 'train'}"]
    assert run([*arguments, "--dry-run", "--json"]) == 0
    assert not out.exists()
    rows = {row["entry"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["coordination"]["n_features"] == 1
    assert rows["both"]["n_features"] == rows["faces"]["n_features"] + rows["density"]["n_features"]
    assert rows["logistic"]["indicator"] == "activity"
    assert run([*arguments, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["entry"] for row in rows} >= {"coordination", "density", "null: species"}
    assert run(arguments) == 0
    assert "is best" in capsys.readouterr().out


def test_bundled_files_are_valid(tmp_path):
    assert read_comparison("demo").sets.keys() == {"liquid", "glass"}
    assert read_comparison("demo", preset="smoke").sets["glass"].preset == "smoke"
    for name in ("demo", "planes"):
        rows = preview(read_comparison(name), tmp_path / "out")
        assert all(row["n_features"] > 0 for row in rows)
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="bundled are"):
        read_comparison("no-such")
