"""The study end to end at preset smoke, through the command line, and its parts on made-up tables."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from expected import figure_ids, require_figures

from lammps_glass import learn
from lammps_glass.descriptors import ACE
from lammps_glass.errors import InputError
from lammps_glass.simulate import Record
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.studies.ace import RECIPE
from lammps_glass.studies.ace.notes import thermal_notes
from lammps_glass.studies.ace.pictures import short_name
from lammps_glass.studies.ace.settings import DRIVES, GLASSES, blocks
from lammps_glass.studies.ace.shear import _active_by_mean, _rows_of_windows, _said
from lammps_glass.studies.ace.thermal import equilibration_warning, relaxation_time
from lammps_glass.tables import TableWriter
from lammps_glass.workflow import Study


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("studies") / "smoke"
    command = [sys.executable, "-m", "lammps_glass", "reproduce", "ace", "--preset", "smoke", "--cores", "2"]
    done = subprocess.run([*command, "--out", str(out), "--quiet"], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return out, json.loads((out / "summary.json").read_text())


def test_every_figure_of_the_paper_has_a_specification():
    assert [spec.id for spec in RECIPE.figures] == figure_ids("ace")


def test_every_figure_of_all_six_cases_is_there(smoke):
    require_figures(RECIPE, *smoke)


def test_scores_of_all_six_cases(smoke):
    _, summary = smoke
    for glass in GLASSES:
        for drive in DRIVES:
            own = {
                n.removeprefix(f"{glass}.{drive}."): v for n, v in summary["scores"].items() if f"{glass}.{drive}" in n
            }
            assert own["accuracy.low"] <= own["accuracy"] <= own["accuracy.high"]
            for name in ("first_feature", "pairs", "triples", "svm.accuracy", "baseline.density.accuracy"):
                assert 0 <= own[name] <= 1
            assert ("like_pairs" in own) == (glass != "polymer")
            assert -1 <= own["pearson"] <= 1
            assert -1 <= own["baseline.density_coordination.pearson"] <= 1
    mean = np.mean([summary["scores"][f"{glass}.{drive}.accuracy"] for glass in GLASSES for drive in DRIVES])
    assert summary["scores"]["accuracy"] == pytest.approx(mean, abs=1e-9)


def test_the_baseline_stands_in_every_curve(smoke):
    out, summary = smoke
    for figure, series in (("3", "curve"), ("5", "basis"), ("6", "rows"), ("7", "curve")):
        for case in (f"{glass}_{drive}" for glass in GLASSES for drive in DRIVES):
            table = pd.read_csv(out / summary["figures"][f"{figure}_{case}"]["table"])
            assert (table[series] == "density and coordination").sum() >= 1, (figure, case)


def test_rows_are_balanced_and_described_before_the_events(smoke):
    out, _ = smoke
    study = Study.read(out)
    for case in study.stage("describe").cases:
        rows = pd.read_parquet(study.store.folder(case) / "rows.parquet")
        active = rows["label"] == 1
        assert active.sum() == len(rows) - active.sum()
        assert rows["species"].isin(["A"]).all()
        lowest = rows.loc[active, "d2min"].to_numpy().min(initial=np.inf)  # a quiet glass has no rows
        assert lowest >= rows.loc[~active, "d2min"].to_numpy().max(initial=-np.inf)
        if case.conditions["drive"] == "shear":
            assert lowest > 0.6
            assert set(rows.loc[~active, "step"]) <= set(rows.loc[active, "step"])


def test_a_row_of_features_is_that_of_the_snapshot_before_the_step(smoke):
    """Recomputed from the sheared record itself, with another selection of features."""
    out, _ = smoke
    study, name = Study.read(out), "3-body A[n=1 l=1] B[n=1 l=1]"
    shown = 0
    for sheared in study.stage("aqs").cases:
        wanted = {**sheared.conditions, "glass": "kob-andersen", "r_cut": 4.0}
        case = next(c for c in study.stage("describe").cases if c.conditions == wanted)
        rows = pd.read_parquet(study.store.folder(case) / "rows.parquet")
        if sheared.conditions["glass"] != "kob-andersen" or rows.empty:
            continue
        frames = {frame.step: frame for frame in Record(study.store.folder(sheared)).frames()}
        for _, row in rows.iloc[[0, -1]].iterrows():
            values = ACE(r_cut=4.0, features=[name]).compute(frames[row["step"]])[:, 0]
            # the same sums in another order of features
            assert values[np.searchsorted(frames[row["step"]].ids, row["particle"])] == pytest.approx(
                row[name], rel=1e-10
            )
            shown += 1
    assert shown


def least_squares_d2min(before, after, particle, r_max=2.5):
    """D2min as a sum, of one particle (id), by numpy's least squares over nearest images."""
    vectors = []
    for snapshot in (before, after):
        centre = int(np.searchsorted(snapshot.ids, particle))
        apart = (snapshot.positions - snapshot.positions[centre]) @ np.linalg.inv(snapshot.cell.matrix)
        vectors.append((apart - np.rint(apart)) @ snapshot.cell.matrix)
    distance = np.linalg.norm(vectors[0], axis=1)
    near = (distance < r_max) & (distance > 0)
    start, end = vectors[0][near], vectors[1][near]
    return float(((end - start @ np.linalg.lstsq(start, end, rcond=None)[0]) ** 2).sum())


def test_d2min_of_shear_is_of_the_step_that_begins_with_the_row(smoke):
    """From the frames of the sheared record: the row's frame and the next one."""
    out, _ = smoke
    study, checked = Study.read(out), 0
    for case in study.stage("label_shear").cases:
        rows = pd.read_parquet(study.store.folder(case) / "labels.parquet")
        if not (rows["label"] == 1).any() or case.conditions["glass"] == "polymer":
            continue
        sheared = next(c for c in study.stage("aqs").cases if c.conditions == case.conditions)
        frames = {frame.step: frame for frame in Record(study.store.folder(sheared)).frames()}
        row = rows[rows["label"] == 1].iloc[0]
        later = min(step for step in frames if step > row["step"])
        expected = least_squares_d2min(frames[row["step"]], frames[later], row["particle"])
        assert row["d2min"] == pytest.approx(expected, rel=1e-4)  # stored in float32, frames with ten digits
        checked += 1
    assert checked


def test_thermal_labels_are_the_extremes_of_the_mean_over_runs(smoke):
    out, _ = smoke
    study = Study.read(out)
    case = study.stage("label_thermal").cases[0]
    table = pd.read_parquet(study.store.folder(case) / "labels.parquet")
    runs = [c for c in study.stage("isoconfigurational_polymer").cases if c.conditions["replica"] == 1]
    ends = [list(Record(study.store.folder(run)).frames()) for run in runs]
    for _, row in table.iloc[[0, 100]].iterrows():
        each = [least_squares_d2min(frames[0], frames[-1], row["particle"]) for frames in ends]
        assert row["d2min"] == pytest.approx(np.mean(each), rel=1e-4)
    said = json.loads((study.store.folder(case) / "relaxation.json").read_text())
    count = round(0.05 * len(table))
    ordered = table.sort_values("d2min", kind="stable")["particle"]
    assert set(table.loc[table["label"] == 1, "particle"]) == set(ordered.tail(count))
    assert set(table.loc[table["label"] == 0, "particle"]) == set(ordered.head(count))
    assert said["runs"] == 3
    assert (table["propensity"] > 0).all()


def test_the_indicator_can_be_used_elsewhere(smoke):
    out, _ = smoke
    found = sorted(out.rglob("activity.indicator"))
    assert found
    estimator, metadata = learn.load(found[0])
    assert metadata["descriptor"] == "ace"
    assert estimator.n_features_in_ == len(metadata["columns"])


def test_stages_that_disagree_are_refused():
    with pytest.raises(InputError, match=r"isoconfigurational_wahnstrom\.temperature = 0\.9 is not"):
        Study.read("ace", "smoke", None, {"stages.isoconfigurational_wahnstrom.temperature": 0.9})
    with pytest.raises(
        InputError, match=r"quench_polymer\.pressure = 1 is not stages\.equilibrate_polymer\.pressure = 2"
    ):
        Study.read("ace", "smoke", None, {"stages.equilibrate_polymer.pressure": 2.0})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("label_shear.window", 0.5, "max_strain = 0.08 is not a multiple of stages.label_shear.window = 0.5"),
        ("label_shear.avalanche", 2.0, "avalanche = 2 is a share"),
        ("label_shear.threshold", -2.0, "threshold = -2 must be above 0"),
        ("label_thermal.q", -1.0, "q = -1 must be above 0"),
        ("label_thermal.quantity", "d2mim", "unknown quantity of label_thermal 'd2mim': did you mean 'd2min'"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_runs(key, value, said):
    with pytest.raises(InputError, match=said):
        Study.read("ace", "smoke", None, {f"stages.{key}": value})


@pytest.mark.parametrize("field", ["block_strain", "snapshot_every"])
def test_a_strain_step_that_is_not_seen_is_refused(field):
    """Labels of several steps at once, or rows whose configuration is not stored."""
    with pytest.raises(InputError, match=rf"stages\.aqs\.{field} = 0\.002 is not stages\.aqs\.strain_step = 0\.001"):
        Study.read("ace", "smoke", None, {f"stages.aqs.{field}": 0.002})


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "ends"), [
    ({}, {"2-body A": 10, "2-body B": 20, "3-body": 174, "4-body": 574}),
    ({"species": ("A",), "n_max": 20, "max_degree": 18}, {"2-body A": 20, "3-body": 224, "4-body": 1121}),
])  # fmt: skip
def test_blocks_end_where_the_figures_have_their_lines(options, ends):
    assert dict(blocks(ACE(**options).feature_names)) == ends


def walk(scale: float) -> list[Snapshot]:
    """Free flight: all particles move by `scale` a frame in random directions."""
    random = np.random.default_rng(1)
    start, direction = random.uniform(0, 10, (400, 3)), random.normal(size=(400, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    types = np.zeros(400, dtype=int)
    return [
        Snapshot(Cell.orthogonal([10] * 3), start + k * scale * direction, types, ("A",), step=k) for k in range(30)
    ]


def test_relaxation_time_of_free_flight():
    """F_s(t) = sin(q v t) / (q v t) falls to 1/e where its argument is 2.2042 (root by bisection)."""
    low, high = 1.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sin(middle) / middle > np.exp(-1) else (low, middle)
    # linear interpolation between frames 0.1 / q apart in the argument: error of second order, 1e-3
    assert relaxation_time(walk(0.1 / 7.2), 7.2, 0.5) == pytest.approx(0.5 * low / 0.1, rel=2e-3)
    assert relaxation_time(walk(0.01 / 7.2), 7.2, 0.5) is None


def test_liquids_that_may_age_are_named():
    held = {"held": 100.0, "tau_first_half": 5.0}
    assert equilibration_warning({**held, "tau_alpha": 6.0}) == ""
    assert "longer than half" in equilibration_warning({**held, "tau_alpha": None})
    assert "held for 5.0 tau_alpha only" in equilibration_warning({**held, "tau_alpha": 20.0})
    assert "grew from 5 to 9" in equilibration_warning({**held, "tau_alpha": 9.0})


def test_a_replica_that_did_not_relax_counts_as_the_slowest(tmp_path):
    """Median of 2, 4 and longer than the run: 4, not 3; of 2 and two that are longer: unknown."""
    said = {"tau_first_half": None, "held": 9.0, "run_time": 2.0, "runs": 3, "temperature": 1.0}
    labels = pd.DataFrame({"d2min": [1.0, 2.0, 4.0], "propensity": [1.0, 2.0, 3.0]})

    def notes(*times):
        products = []
        for k, tau in enumerate(times):
            folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            (folder / "relaxation.json").write_text(json.dumps(said | {"tau_alpha": tau}))
            labels.to_parquet(folder / "labels.parquet")
            products.append(SimpleNamespace(path=folder, replica=str(k)))
        return thermal_notes(products)

    assert notes(2.0, None, 4.0)["scores"]["tau_alpha"] == 4.0
    unknown = notes(2.0, None, None)
    assert math.isnan(unknown["scores"]["tau_alpha"])
    assert "tau_alpha longer than half" in unknown["note"]


def test_avalanches_do_not_count_as_activity(tmp_path):
    """Two particles, two steps: one moves, then an avalanche moves both; by the mean of ten neighbours none does."""
    thermo = pd.DataFrame({"step": [1, 2], "event": [True, True], "stress": [0.0, 0.0]})
    values, calm = np.array([[0.9, 0.1], [9.0, 9.0]]), np.array([True, False])
    assert _said(thermo, values, calm, 0.6)["active_fraction"] == 0.5
    with TableWriter(tmp_path / "d2min.parquet") as writer:
        for row in values:
            writer.write(pd.DataFrame({"particle": [1, 2], "d2min": row, "n_neighbors": 10}))
    assert _active_by_mean(tmp_path / "d2min.parquet", np.array([1, 2]), calm, 0.6) == 0.0
    assert _active_by_mean(tmp_path / "d2min.parquet", np.array([1, 2]), ~calm, 0.6) == 1.0


def test_classes_are_drawn_in_windows_of_strain():
    """Four particles (the last of another type), three windows of two blocks: one event, nothing, too many events."""
    values = np.array([[9, 1, 2, 9], [0, 1, 2, 0], [0, 1, 2, 9], [0, 1, 2, 0], [9, 9, 2, 0], [0, 9, 2, 0]]) / 10
    values[5, 2] = 5.0  # an avalanche: left out by `calm`
    calm = np.array([True] * 5 + [False])
    majority, said = np.array([True, True, True, False]), {}
    steps, particles = np.arange(6), np.array([11, 12, 13, 14])
    rows = _rows_of_windows(steps, particles, values, majority, calm, 2, 0.6, said)
    assert said == {"windows": 3, "windows_still": 1, "windows_crowded": 1}
    assert rows[["step", "particle", "label"]].to_numpy().tolist() == [[0, 11, 1], [0, 12, 0]]
    assert rows["d2min"].tolist() == [0.9, 0.1]


def test_feature_names_of_the_paper():
    assert short_name("2-body B[n=10 l=0]") == "B10"
    assert short_name("3-body A[n=1 l=1] B[n=3 l=1]") == "3-body A[n=1 l=1] B[n=3 l=1]"
