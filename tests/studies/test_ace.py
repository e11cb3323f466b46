"""The study end to end at preset smoke, through the command line, its checks, and its parts on made-up tables."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from expected import figure_ids, require_dynamics, require_figures

from lammps_glass import learn
from lammps_glass.analysis import Equilibration
from lammps_glass.descriptors import ACE
from lammps_glass.errors import InputError
from lammps_glass.labels import CLASS, LabelColumn
from lammps_glass.products import Labels, Relaxation
from lammps_glass.studies.ace import RECIPE
from lammps_glass.studies.ace.analysis import borders_of, preparation
from lammps_glass.studies.ace.paper import CASES, figures_of
from lammps_glass.workflow import Study
from lammps_glass.workflow.reading import find_study


def reproduce(out: Path, *options: str) -> dict:
    command = [sys.executable, "-m", "lammps_glass", "reproduce", "ace", "--preset", "smoke", "--cores", "2", *options]
    done = subprocess.run([*command, "--out", str(out), "--quiet"], capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads((out / "summary.json").read_text())


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("studies") / "smoke"
    return out, reproduce(out)


def product_of(study: Study, stage: str, conditions: dict):
    return study.product(next(case for case in study.stage(stage).cases if case.conditions == conditions))


def frames_of(record) -> dict:
    return {frame.step: frame for frame in record.frames()}


def test_every_figure_of_the_paper_has_a_specification():
    assert [spec.id for spec in RECIPE.figures] == figure_ids("ace")


def test_every_figure_of_all_six_cases_is_there(smoke):
    require_figures(RECIPE, *smoke)


@pytest.mark.parametrize("glass", ["polymer", "kob-andersen", "wahnstrom"])
def test_particles_of_each_liquid_are_followed_by_quantile_of_their_predicted_activity(smoke, glass):
    require_dynamics(*smoke, glass=glass)


def test_scores_of_all_six_cases(smoke):
    _, summary = smoke
    for glass, drive in CASES:
        own = {n.removeprefix(f"{glass}.{drive}."): v for n, v in summary["scores"].items() if f"{glass}.{drive}" in n}
        assert own["accuracy.low"] <= own["accuracy"] <= own["accuracy.high"]
        for name in ("first_feature", "pairs", "triples", "svm.accuracy", "baseline.density.accuracy"):
            assert 0 <= own[name] <= 1
        assert ("like_pairs" in own) == (glass != "polymer")
        assert -1 <= own["pearson"] <= 1
        assert -1 <= own["baseline.density_coordination.pearson"] <= 1
    mean = np.mean([summary["scores"][f"{glass}.{drive}.accuracy"] for glass, drive in CASES])
    assert summary["scores"]["accuracy"] == pytest.approx(mean, abs=1e-9)


def test_numbers_are_those_of_the_run_that_was_looked_at(smoke):
    scores = smoke[1]["scores"]
    # Twice 5 % of the A particles, rounded, in three replicas: 13 of 260, 10 of 205, 6 of 128; nothing random decides.
    rows = [scores[f"{glass}.thermal.n_rows"] for glass in ("polymer", "kob-andersen", "wahnstrom")]
    assert rows == [78, 60, 36]
    # Another compiler leads to other trajectories: six sets of liquids (two seeds, three glasses) gave 0.921 to 0.938.
    assert scores["kob-andersen.thermal.propensity_correlation"] == pytest.approx(0.921, abs=0.03)
    # Runs of 5 in units of tau_alpha, which was 4.7 and 6.1 for two seeds.
    assert scores["kob-andersen.thermal.tau_alpha"] == pytest.approx(4.73, rel=0.5)


def test_the_baseline_stands_in_every_curve(smoke):
    out, summary = smoke
    for figure, series in (("3", "curve"), ("5", "basis"), ("6", "rows"), ("7", "curve")):
        for case in (f"{glass}_{drive}" for glass, drive in CASES):
            table = pd.read_csv(out / summary["figures"][f"{figure}_{case}"]["table"])
            assert (table[series] == "density and coordination").sum() >= 1, (figure, case)


def test_rows_are_balanced_and_described_before_the_events(smoke):
    out, _ = smoke
    study = Study.read(out)
    for case in study.stage("describe").cases:
        rows = study.product(case).table.read()
        active = rows[CLASS] == 1
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
        rows = product_of(study, "describe", {**sheared.conditions, "glass": "kob-andersen", "r_cut": 4.0}).table.read()
        if sheared.conditions["glass"] != "kob-andersen" or rows.empty:
            continue
        frames = frames_of(study.product(sheared))
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
        rows = study.product(case).table.read()
        if not (rows[CLASS] == 1).any() or case.conditions["glass"] == "polymer":
            continue
        frames = frames_of(product_of(study, "aqs", case.conditions))
        row = rows[rows[CLASS] == 1].iloc[0]
        later = min(step for step in frames if step > row["step"])
        expected = least_squares_d2min(frames[row["step"]], frames[later], row["particle"])
        assert row["d2min"] == pytest.approx(expected, rel=1e-4)  # stored in float32, frames with ten digits
        assert row["step_d2min"] == row["d2min"]
        checked += 1
    assert checked


def test_thermal_labels_are_the_extremes_of_the_mean_over_runs(smoke):
    out, _ = smoke
    study = Study.read(out)
    case = study.stage("label_thermal").cases[0]
    labels = study.product(case)
    table = labels.table.read()
    runs = [study.product(run) for run in study.graph.reads(case)["records"]]
    ends = [list(run.frames()) for run in runs]
    for _, row in table.iloc[[0, 100]].iterrows():
        each = [least_squares_d2min(frames[0], frames[-1], row["particle"]) for frames in ends]
        assert row["d2min"] == pytest.approx(np.mean(each), rel=1e-4)
    count = round(0.05 * len(table))
    ordered = table.sort_values("d2min", kind="stable")["particle"]
    assert set(table.loc[table[CLASS] == 1, "particle"]) == set(ordered.tail(count))
    assert set(table.loc[table[CLASS] == 0, "particle"]) == set(ordered.head(count))
    assert labels.metadata["runs"] == len(runs) == 3
    assert (table["propensity"] > 0).all()


def test_the_indicator_can_be_used_elsewhere(smoke):
    out, _ = smoke
    found = sorted(out.rglob("activity.indicator"))
    assert found
    estimator, metadata = learn.load(found[0])
    assert metadata["descriptor"] == "ace"
    assert estimator.n_features_in_ == len(metadata["columns"])
    assert ACE(**metadata["parameters"]).feature_names == metadata["columns"]


def test_borders_of_figures_are_those_of_the_features(smoke):
    """The lines of the paper: 20 and 224 features of one species, 10, 20 and 174 of two."""
    polymer, mixture = ACE(("A",), n_max=20, max_degree=18), ACE()
    assert [(mark.value, mark.label) for mark in borders_of(polymer)] == [
        (20, "3-body from here"), (224, "4-body from here"),
    ]  # fmt: skip
    assert [(mark.value, mark.label) for mark in borders_of(mixture)] == [
        (10, "A-B from here"), (20, "3-body from here"), (174, "4-body from here"),
    ]  # fmt: skip
    out, _ = smoke
    marks = product_of(Study.read(out), "analyse", {}).specifications()["3_polymer_thermal"].paper_marks
    assert [mark.value for mark in marks] == [20, 224]


# -- one glass, another glass ------------------------------------------------------------------------------------------


def test_one_glass_alone_gives_the_numbers_that_it_has_among_others(smoke, tmp_path):
    """Seeds follow from stage and conditions: what else a study runs changes nothing."""
    _, together = smoke
    alone = reproduce(tmp_path / "one", "--set", 'conditions.glass=["kob-andersen"]', "--set", "conditions.r_cut=[4.0]")
    assert alone["status"] == "complete"
    assert list(alone["figures"]) == ["1", *(i for i in figure_ids("ace") if "kob-andersen" in i)]
    of_glass = ("kob-andersen", "dynamics.kob-andersen")
    expected = {name: value for name, value in together["scores"].items() if name.startswith(of_glass)}
    assert any(name.startswith(of_glass[1]) for name in expected)
    assert {name: value for name, value in alone["scores"].items() if name != "accuracy"} == expected


def test_another_glass_is_validated_and_has_figures_of_its_own(tmp_path):
    text = find_study("ace").read_text(encoding="utf-8")
    text = text.replace('wahnstrom = { name = "wahnstrom"', 'soft = { name = "kob-andersen"').replace(
        "wahnstrom", "soft"
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = Study.read(tmp_path / "study.toml", "smoke")
    study.check_conditions()
    assert study.stage("quench").over["glass"] == ("polymer", "kob-andersen", "soft")
    stages = study.wired_stages()
    made = [spec.id for spec in RECIPE.figures if RECIPE.makes(spec, stages)]
    assert made == [identity for identity in figure_ids("ace") if "wahnstrom" not in identity]
    assert not any("soft" in sentence for sentence in RECIPE.deviations(stages))
    specs = figures_of("soft", "thermal")
    assert [spec.id for spec in specs] == [f"{number}_soft_thermal" for number in range(2, 8)]
    assert all("soft, thermal" in spec.title for spec in specs)


def test_a_study_of_heat_alone_reports_nothing_of_shear(tmp_path):
    """Without the stages of the shear: validated, and its report says nothing of strain steps."""
    text = find_study("ace").read_text(encoding="utf-8").split("[by.drive.shear")[0]
    head, _, rest = text.partition("# ---- shear")
    rest = rest[rest.index("# ---- features") :]
    text = (head + rest).replace('["isoconfigurational", "aqs"]', '"isoconfigurational"')
    text = text.replace('["label_thermal", "label_shear"]', '"label_thermal"').replace(', "shear"]', "]")
    text = text.replace("fast_quench = { pressure = 1.0 }\n", "")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = Study.read(tmp_path / "study.toml")
    study.check_conditions()
    assert not any("strain" in sentence for sentence in RECIPE.deviations(study.wired_stages()))


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({}, ("chosen by the log loss", "one of 0, 0.1, 0.3, 1"), ()),
        ({"stages.selection.order_factors": [1.0]}, ("chosen by the log loss",), ("a factor",)),
        ({"stages.selection.C": 1.0}, ("training rows: C = 1;",), ("chosen by", "a factor")),
    ],
)
def test_the_penalty_that_ran_is_said(settings, said, unsaid):
    sentences = RECIPE.deviations(Study.read("ace", "smoke", None, settings).wired_stages())
    (sentence,) = [sentence for sentence in sentences if "strength C of the penalty" in sentence]
    assert all(words in sentence for words in said)
    assert not any(words in sentence for words in unsaid)


# -- what is refused before anything runs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "wahnstrom.stages.isoconfigurational.temperature", 0.9,
            r"stages\.isoconfigurational, which starts from stages\.equilibrate: .*temperature = 0\.9 differs",
        ),
        (
            "polymer.stages.equilibrate.pressure", 2.0,
            r"stages\.equilibrate, which starts from stages\.quench: .*pressure = 2 differs from pressure = 1",
        ),
        (
            "kob-andersen.stages.equilibrate.pressure", 1.0,
            r"stages\.quench\.pressure = None differs from stages\.equilibrate\.pressure = 1",
        ),
        (
            "wahnstrom.stages.quench.temperature", 0.9,
            r"stages\.quench\.temperature = 0\.9 differs from stages\.equilibrate\.temperature = 0\.8",
        ),
    ],
)  # fmt: skip
def test_stages_that_disagree_are_refused(key, value, message):
    with pytest.raises(InputError, match=message):
        Study.read("ace", "smoke", None, {f"by.glass.{key}": value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("label_shear.label.window", 0.5, r"stages\.aqs: max_strain = 0.08 .* is not a multiple of window = 0.5"),
        ("label_shear.label.avalanche", 2.0, "avalanche = 2 is a fraction"),
        ("label_shear.label.threshold", -2.0, r"threshold = -2\.0 must be a number above 0"),
        ("label_thermal.extremes", 0.6, r"extremes = 0\.6 must be above 0 and at most 0\.5"),
        ("relaxation.q", -1.0, "q = -1 must be above 0"),
        (
            "label_thermal.quantity",
            "d2mim",
            "unknown quantity of label isoconfigurational 'd2mim': did you mean 'd2min'",
        ),
        ("map.quantity", "spread", "unknown quantity of label isoconfigurational 'spread'"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_runs(key, value, message):
    with pytest.raises(InputError, match=message):
        Study.read("ace", "smoke", None, {f"stages.{key}": value})


@pytest.mark.parametrize("field", ["block_strain", "snapshot_every"])
def test_a_strain_step_that_is_not_seen_is_refused(field):
    """Labels of several steps at once, or rows whose configuration is not stored."""
    message = rf"stages\.label_shear\.reads\.records: stages\.aqs: {field} = 0\.002 is not strain_step = 0\.001"
    with pytest.raises(InputError, match=message):
        Study.read("ace", "smoke", None, {f"stages.aqs.{field}": 0.002})


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({"label_thermal.reads.records": "quench"}, "stages.quench: protocol quench stores no frames"),
        ({"label_shear.reads.records": "flow"}, r"stages.flow: block_strain = 0.01 is not strain_step"),
        ({"relaxation.reads.liquid": "quench"}, "stages.quench runs quench, which holds no liquid"),
        ({"body_order.reads.rows": "label_shear"}, "writes Labels, the port needs Rows; offered by describe"),
        ({"selection.over": ["glass", "drive"]}, r"stages.selection.over: without r_cut its cases would mix rows"),
        ({"describe.descriptor": "ace"}, r"stages.describe.descriptor: .* needs a joined descriptor of ace and local"),
        (
            {f"{stage}.over": ["glass", "replica"] for stage in ("fast_quench", "flow", "aqs")},
            "labels isoconfigurational, and the same case reads aqs",
        ),
    ],
)
def test_stages_that_are_wired_wrongly_are_refused(sets, message):
    with pytest.raises(InputError, match=message) as caught:
        Study.read("ace", "smoke", None, {f"stages.{key}": value for key, value in sets.items()})
    assert "\n" not in str(caught.value)


# -- parts -------------------------------------------------------------------------------------------------------------


def write_labels(folder: Path, columns: dict) -> Labels:
    """Labels of three particles of a run of 400 steps."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = Labels(folder)
    table = pd.DataFrame({"replica": "1", "step": 0, "particle": [1, 2, 3], "species": "A", **columns})
    meaning = [LabelColumn(name, name) for name in columns]
    labels.write([table], meaning, label="made up", parameters={}, species=["A"], runs=3, steps=400)
    return labels


def test_a_replica_that_did_not_relax_counts_as_the_slowest(tmp_path):
    """Median of 2, 4 and longer than the run: 4, not 3; of 2 and two that are longer: unknown."""
    labels = write_labels(tmp_path / "labels", {"d2min": [1.0, 2.0, 4.0], "propensity": [1.0, 2.0, 3.0]})

    def prepared(*times):
        relaxations = []
        for k, tau in enumerate(times):
            relaxation = Relaxation(tmp_path / f"{len(list(tmp_path.iterdir()))}", conditions={"replica": k})
            relaxation.directory.mkdir()
            relaxation.write(Equilibration(None, tau, held=9.0), temperature=1.0, timestep=0.005)
            relaxations.append(relaxation)
        return preparation([labels], relaxations)

    assert prepared(2.0, None, 4.0).scores["tau_alpha"] == 4.0
    assert prepared(2.0, 2.0, 4.0).scores["run_over_tau"] == 1.0  # 400 steps of 0.005
    unknown = prepared(2.0, None, None)
    assert math.isnan(unknown.scores["tau_alpha"])
    assert "tau_alpha longer than half" in unknown.text
    assert "replica 1 not equilibrated" in unknown.faults[1]


def test_a_case_of_which_nothing_is_known_has_no_note(tmp_path):
    assert preparation([write_labels(tmp_path, {"d2min": [1.0, 2.0, 3.0]})], []).text == ""
