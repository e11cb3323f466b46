"""Studies without code: the example at preset smoke from the command line, and other combinations of parts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.resources import data_path
from lammps_glass.workflow import Study, reproduce

#: In units of a reduced glass.
GAUSSIANS = {"centers": [1.0, 1.5], "width": 0.2, "by_species": True}
EXAMPLE = data_path("examples", "own", "study.toml")
FIGURES = {"classes", "accuracy", "roc", "label_by_indicator", "importance", "map"}
FITS = [
    (descriptor, indicator) for descriptor in ("interstices", "ace") for indicator in ("integrated-defect", "activity")
]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory) -> tuple[Path, dict, str]:
    """Folder, summary and last words of the example at preset smoke."""
    out = tmp_path_factory.mktemp("own") / "out"
    words = [sys.executable, "-m", "lammps_glass", "reproduce", str(EXAMPLE), "--preset", "smoke", "--out", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr
    return out, json.loads((out / "summary.json").read_text()), done.stdout


def predictions(out: Path, descriptor: str, indicator: str) -> pd.DataFrame:
    """The predictions of all replicas with their classes by the definition: the 5 % that jumped most in each."""
    study = Study.read(out)
    parts = []
    for case in study.stage("predict").cases:
        if (case.conditions["descriptor"], case.conditions["indicator"]) == (descriptor, indicator):
            table = study.product(case).read()
            largest = table["largest_jump"].nlargest(round(0.05 * len(table))).index
            parts.append(table.assign(label=table.index.isin(largest).astype(int)))
    return pd.concat(parts, ignore_index=True)


def test_every_generic_figure_is_drawn(smoke):
    out, summary, _ = smoke
    assert summary["status"] == "complete"
    assert set(summary["figures"]) == FIGURES
    for name, figure in summary["figures"].items():
        assert (out / figure["file"]).stat().st_size > 2000, name
        assert figure["ours"], name
        assert len(pd.read_csv(out / figure["table"])) > 0, name


@pytest.mark.parametrize(("descriptor", "indicator"), FITS)
def test_scores_are_those_of_the_predictions(smoke, descriptor, indicator):
    out, summary, _ = smoke
    table = predictions(out, descriptor, indicator)
    threshold = 0.0 if indicator == "integrated-defect" else 0.5
    values = table[f"{descriptor}_{indicator}"]
    assert table["label"].sum() == 3 * 12
    prefix = f"{descriptor}.{indicator}"
    assert summary["scores"][f"{prefix}.auc"] == pytest.approx(roc_auc_score(table["label"], values), abs=1e-9)
    accuracies = pd.read_csv(out / "figures" / "accuracy.csv").set_index(["indicator", "replica"])
    for replica, rows in table.groupby("replica"):
        by_hand = balanced_accuracy_score(rows["label"], values[rows.index] > threshold)
        shown = accuracies.loc[(f"{descriptor} + {indicator}", int(replica)), "balanced_accuracy"]
        assert shown == pytest.approx(by_hand, abs=1e-9)
    low, high = (summary["scores"][f"{prefix}.auc.{end}"] for end in ("low", "high"))
    assert low <= summary["scores"][f"{prefix}.auc"] <= high


def test_no_indicator_saw_the_replica_that_it_predicts(smoke):
    study = Study.read(smoke[0])
    for case in study.stage("fold").cases:
        metadata = study.product(case).metadata
        assert sorted(metadata["training_replicas"]) == sorted({"1", "2", "3"} - {str(case.conditions["left_out"])})


def test_a_pinned_score(smoke):
    """Trajectories are the same to the bit on one machine; on another, chaos makes other glasses of the same kind.

    The standard error of an AUC near 0.6 with 36 particles of class 1 among 720 is 0.05 (Hanley and McNeil 1982).
    """
    assert smoke[1]["scores"]["interstices.integrated-defect.auc"] == pytest.approx(0.621, abs=0.15)


def test_a_null_that_knows_the_species_knows_nothing(smoke):
    """Only A is labelled: one species, so that every particle is alike."""
    assert smoke[1]["scores"]["baseline.species.auc"] == 0.5
    assert smoke[1]["scores"]["baseline.species.balanced_accuracy"] == 0.5


def test_indicators_of_all_replicas_are_published(smoke):
    names = {path.name for path in (smoke[0] / "indicators").iterdir()}
    assert names == {f"descriptor-{d}_indicator-{i}_{i}.indicator" for d, i in FITS}
    for path in (smoke[0] / "indicators").iterdir():
        metadata = learn.load(path)[1]
        assert metadata["training_replicas"] == ["1", "2", "3"]
        assert metadata["descriptor"] in path.name


def test_nothing_speaks_of_a_paper(smoke):
    out, _, printed = smoke
    report = (out / "report.html").read_text()
    assert "paper" not in printed
    assert "paper" not in report.lower()
    assert '<th scope="col">value</th>' in report
    assert "<dt>Ours" not in report
    assert "results (preset smoke)" in printed


def learning(classes: str, fit: str = "", score: str = "", configurations: str = "") -> str:
    """Return the stages from rows to figures.

    Parameters
    ----------
    classes
        Keys of both ``fold`` and ``score``.
    fit, score
        Further keys of each.
    configurations
        Stage with the configurations for the figures.
    """
    shown = f', configurations = "{configurations}"' if configurations else ""
    return f"""
[stages.fold]
run = "fit"
reads = {{ rows = "rows" }}
over = ["left_out"]
{classes}
{fit}

[stages.predict]
run = "predict"
reads = {{ rows = "rows", indicators = "fold" }}
over = ["replica"]

[stages.score]
run = "score"
reads = {{ predictions = "predict", indicators = "fold"{shown} }}
{classes}
{score}

[stages.figures]
run = "draw"
reads = {{ findings = "score" }}
"""


#: Small studies; stages that simulate come first and are shared by the variations of a study.
CREEP = """
[study]
name = "own"
replicas = 3

[glass]
name = "kob-andersen"
n_particles = 200

[stages.quench]
run = "simulate"
protocol = "quench"
over = ["replica"]
liquid = 200
cooling = 300

[stages.creep]
run = "simulate"
protocol = "creep"
reads = { start = "quench" }
over = ["replica"]
stress = 0.5
steps = 800
snapshot_every = 100
segment_steps = 400

[stages.label]
run = "label"
label = { name = "d2min", r_max = 2.0, lags = [1, 2, 4] }
reads = { records = "creep" }
over = ["replica"]

[stages.rows]
run = "describe"
descriptor = { name = "radial-gaussians", centers = [0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8], width = 0.1 }
reads = { configurations = "creep", labels = "label" }
over = ["replica"]
""" + learning("fraction = 0.1", score="n_resamples = 50", configurations="creep")
THERMAL = """
[study]
name = "own"
replicas = 2

[glass]
name = "wahnstrom"
n_particles = 250

[conditions]
run = [1, 2]

[stages.quench]
run = "simulate"
protocol = "quench"
over = ["replica"]
liquid = 200
cooling = 300

[stages.moves]
run = "simulate"
protocol = "isoconfigurational"
reads = { start = "quench" }
over = ["replica", "run"]
steps = 300
snapshot_every = 300
temperature = 1.0
thermo_every = 50

[stages.label]
run = "label"
label = "isoconfigurational"
reads = { records = "moves" }
over = ["replica"]

[stages.rows]
run = "describe"
descriptor = { name = "radial-gaussians", centers = [0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8], width = 0.1 }
reads = { configurations = "moves", labels = "label" }
over = ["replica"]
""" + learning(
    'fraction = 0.2\nquantity = "propensity"',
    fit='indicator = { name = "looseness", n_estimators = 4 }',
    score="n_resamples = 20",
    configurations="moves",
)
METAL = """
[study]
name = "own"
replicas = 2

[glass]
name = "cu-zr"
n_particles = 250

[stages.quench]
run = "simulate"
protocol = "melt-quench"
over = ["replica"]
rate = 4e15
melt = 80
liquid = 40

[stages.shear]
run = "simulate"
protocol = "aqs"
reads = { start = "quench" }
over = ["replica"]
max_strain = 0.02
strain_step = 1e-3
block_strain = 1e-3

[stages.label]
run = "label"
label = "largest-jump"
reads = { records = "shear" }
over = ["replica"]

[stages.rows]
run = "describe"
descriptor = "pair-entropy"
reads = { configurations = "shear", labels = "label" }
over = ["replica"]
""" + learning("fraction = 0.1", fit='indicator = "integrated-defect"')


@pytest.fixture(scope="module")
def creep(tmp_path_factory):
    """``creep(name, settings)``: a variation of CREEP, with the simulations that the first one ran: folder, summary."""
    folder = tmp_path_factory.mktemp("creep")
    (folder / "study.toml").write_text(CREEP)

    def run(name: str, settings: dict[str, object]) -> tuple[Path, dict]:
        out = folder / name
        if not out.exists() and name != "first":
            shutil.copytree(run("first", {})[0], out)
        return out, reproduce(Study.read(folder / "study.toml", None, out, settings), cores=1, quiet=True, replace=True)

    return run


def test_several_lags_give_a_figure_of_time(creep):
    out, summary = creep("first", {})
    assert set(summary["figures"]) == {*FIGURES, "time"}
    table = pd.read_csv(out / "figures" / "time.csv")
    assert table["time"].tolist() == [100, 200, 400]
    study = Study.read(out)
    pooled = pd.concat([study.product(case).read() for case in study.stage("predict").cases])
    expected = [pooled["activity"].corr(pooled[f"lag_{lag}"], method="spearman") for lag in (1, 2, 4)]
    np.testing.assert_allclose(table["correlation"], expected, atol=1e-12)
    # one indicator alone: its scores are bare
    assert {"auc", "auc.low", "balanced_accuracy", "baseline.species.auc"} <= set(summary["scores"])


def test_another_seed_gives_other_scores(creep, tmp_path):
    (tmp_path / "study.toml").write_text(CREEP)
    sets = {"study.seed": 2, "study.replicas": 2, "stages.creep.steps": 400}
    scores = []
    for seed in (1, 2):
        sets["study.seed"] = seed
        study = Study.read(tmp_path / "study.toml", None, tmp_path / str(seed), sets)
        scores.append(reproduce(study, cores=1, quiet=True)["scores"])
    assert scores[0]["auc"] != scores[1]["auc"]


def test_a_random_split_leaks_and_says_so(creep):
    out, summary = creep("random", {"stages.fold.split": "random"})
    assert {name for name in summary["scores"] if name.endswith("auc")} == {"random_split.auc", "baseline.species.auc"}
    for name in ("accuracy", "roc", "label_by_indicator", "map", "time"):
        assert "LEAKS" in summary["figures"][name]["note"] + summary["figures"][name]["ours"], name
        assert "saw nothing" not in summary["figures"][name]["note"], name
    study = Study.read(out)
    for case in study.stage("predict").cases:  # every row is predicted, by the machine that left it out
        assert study.product(case).read()["activity"].notna().all()


def test_a_threshold_instead_of_a_fraction(creep):
    sets = {f"stages.{stage}": threshold(stage) for stage in ("fold", "score")}
    out, summary = creep("threshold", sets)
    table = pd.concat([Study.read(out).product(c).read() for c in Study.read(out).stage("predict").cases])
    known = table["lag_1"].dropna()
    assert summary["scores"]["prevalence"] == pytest.approx((known > 0.002).mean(), abs=1e-12)
    assert "above 0.002" in summary["figures"]["classes"]["ours"]


def threshold(stage: str) -> dict[str, object]:
    import tomllib

    table = tomllib.loads(CREEP)["stages"][stage]
    return {**{key: value for key, value in table.items() if key != "fraction"}, "threshold": 0.002}


def test_classes_other_than_those_trained_are_a_warning(creep):
    _, summary = creep("other", {"stages.score.fraction": 0.2})
    assert "fraction = 0.1 and 0.2" in summary["warnings"]["classes"]


def test_a_joined_descriptor_has_the_features_of_both(creep):
    descriptor = {
        "name": "joined",
        "parts": {"radial-gaussians": GAUSSIANS, "pair-entropy": {"cutoffs": [1.5, 2.0]}},
    }
    out, summary = creep("joined", {"stages.rows.descriptor": descriptor})
    families = Study.read(out).product(Study.read(out).case("rows", 0)).families
    assert set(families) == {"radial-gaussians", "pair-entropy"}
    assert len(families["pair-entropy"]) == 2
    assert summary["status"] == "complete"


def test_thermal_glass_with_the_ensemble(tmp_path):
    """Wahnstrom, propensity of two runs, Gaussians, the ensemble of logistic regressions: its weights are a mean."""
    (tmp_path / "study.toml").write_text(THERMAL)
    summary = reproduce(Study.read(tmp_path / "study.toml", None, tmp_path / "out"), cores=1, quiet=True)
    assert summary["status"] == "complete"
    assert set(summary["figures"]) == FIGURES
    assert "propensity" in summary["figures"]["label_by_indicator"]["ours"] + (tmp_path / "out/report.html").read_text()
    assert len(pd.read_csv(tmp_path / "out" / "figures" / "importance.csv")) >= 10
    assert 0 <= summary["scores"]["auc"] <= 1


@pytest.mark.parametrize("text", [CREEP, THERMAL, METAL], ids=["creep", "thermal", "metal"])
def test_combinations_are_valid(text, tmp_path):
    (tmp_path / "study.toml").write_text(text)
    study = Study.read(tmp_path / "study.toml", None, tmp_path / "out")
    study.check_conditions()
    assert len(study.stages) == 8


@pytest.mark.parametrize(
    ("text", "conditions", "label", "message"),
    [
        (THERMAL, {"run": [1]}, "propensity", "label propensity is a mean .* reads 1: a single run"),
        (THERMAL, {"run": [1]}, {"name": "classes", "of": "propensity"}, "label propensity .* reads 1: a single run"),
        (THERMAL, {"run": [1, 2]}, "mobility", "label mobility needs one trajectory a replica, it reads 2"),
    ],
)
def test_the_number_of_runs_is_checked_before_anything_runs(text, conditions, label, message, tmp_path):
    (tmp_path / "study.toml").write_text(text)
    settings = {"conditions": conditions, "stages.label.label": label}
    with pytest.raises(InputError, match=r"stages\.label\.reads\.records: " + message):
        Study.read(tmp_path / "study.toml", None, tmp_path / "out", settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"stages.fold.reads": {"rows": "label"}},
            "stages.fold.reads.rows: stage label writes Labels, the port needs Rows",
        ),
        ({"stages.label.label": "largest-jumps"}, "stages.label.label: .*did you mean 'largest-jump'"),
        ({"stages.fold.indicator": {"name": "activity", "D": 1.0}}, "stages.fold.indicator: unknown option .* 'D'"),
        ({"stages.fold.threshold": 0.1}, "stages.fold: classes need either a threshold or a fraction"),
        ({"stages.score.thickness": -1.0}, "stages.score: thickness = -1"),
        ({"stages.score.n_resamples": 0}, "stages.score: n_resamples = 0"),
    ],
)
def test_faults_are_found_before_anything_runs(settings, message, tmp_path):
    (tmp_path / "study.toml").write_text(CREEP)
    with pytest.raises(InputError, match=message):
        Study.read(tmp_path / "study.toml", None, tmp_path / "out", settings)
