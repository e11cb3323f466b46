"""The study end to end at preset smoke: every figure of the list, honest tables, and numbers that follow the seed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from expected import figure_ids, require_dynamics, require_figures

from lammps_glass.errors import InputError
from lammps_glass.resources import data_path
from lammps_glass.studies.looseness import RECIPE
from lammps_glass.workflow import Study, reproduce, run_case


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("studies") / "smoke"
    study = Study.read("looseness", "smoke", out)
    return out, reproduce(study, cores=2, quiet=True)


def test_every_figure_of_the_paper_has_a_specification():
    assert [spec.id for spec in RECIPE.figures] == figure_ids("looseness")


def test_every_stage_and_figure_is_there(smoke):
    out, summary = smoke
    require_figures(RECIPE, out, summary)
    assert "</html>" in (out / "report.html").read_text(encoding="utf-8")
    assert json.loads((out / "summary.json").read_text()) == summary


def test_particles_are_followed_by_quantile_of_their_looseness(smoke):
    require_dynamics(*smoke)
    assert {"dynamics_reduced_vdos", "dynamics_boson_peak"} <= set(smoke[1]["further_figures"])


def test_scores_are_shares_and_the_scan_knows_its_leak(smoke):
    out, summary = smoke
    for name in ("balanced_accuracy", "auc", "recall", "precision", "f1_weighted", "random_split.auc"):
        assert 0 <= summary["scores"][name] <= 1
    low, high = (summary["scores"][f"balanced_accuracy.{end}"] for end in ("low", "high"))
    assert low <= summary["scores"]["balanced_accuracy"] <= high
    with (out / "figures" / "4A.csv").open() as stream:
        assert {row["folds"] for row in csv.DictReader(stream)} >= {"random rows"}


def test_confusion_counts_every_labelled_particle(smoke):
    out, _ = smoke
    study = Study.read(out)
    labelled = 0
    for case in study.stage("label").cases:
        table = pd.read_parquet(study.store.folder(case) / "labels.parquet")
        labelled += int((table["lag_1"].notna() & (table["step"] > 0)).sum())
    # 3 replicas of 400 particles of type A at 5 snapshots after the load that have a next one
    assert labelled == 3 * 400 * 5
    assert pd.read_csv(out / "figures" / "5C.csv")["count"].sum() == labelled


def test_no_indicator_saw_the_replica_it_judges(smoke):
    from lammps_glass import learn

    out, _ = smoke
    study = Study.read(out)
    for case in study.stage("fold").cases:
        _, metadata = learn.load(study.store.folder(case) / "indicators" / "looseness.indicator")
        assert str(case.conditions["left_out"]) not in metadata["training_replicas"]
        assert len(metadata["training_replicas"]) == 2


def test_the_strain_of_2c_is_that_of_the_relaxed_boxes(smoke):
    from lammps_glass.snapshots import Snapshot

    out, _ = smoke
    study = Study.read(out)
    case = study.case("relax", 0)
    last = list(Snapshot.read_all(study.store.folder(case) / "frames.lammpstrj.gz"))[-1]
    glass = Snapshot.read(study.store.folder(study.case("quench", 0)) / "final.lammpstrj.gz")
    strain = 1 - last.cell.matrix[2, 2] / glass.cell.matrix[2, 2]
    table = pd.read_csv(out / "figures" / "2C.csv")
    row = table[(table["replica"] == "1") & (table["time"] == last.step)]
    # the log prints box lengths with at least six digits: 1e-6 relative
    assert row["strain"].item() == pytest.approx(strain, abs=2e-6)


def test_the_studys_indicator_predicts_a_bare_dump(smoke, tmp_path):
    """`predict` with the published indicator gives what the study's own fold would: a looseness for type A."""
    from lammps_glass.cli.app import run
    from lammps_glass.snapshots import Snapshot

    out, _ = smoke
    dump = out / "cases" / "replica-1" / "relax" / "frames.lammpstrj.gz"
    output = tmp_path / "predicted.lammpstrj.gz"
    assert (
        run(["predict", str(out / "indicators" / "looseness.indicator"), str(dump), "--last", "-o", str(output)]) == 0
    )
    snapshot = Snapshot.read(output)
    of_a = snapshot.species_of_particles == "A"
    assert ((snapshot.properties["looseness"][of_a] >= 0) & (snapshot.properties["looseness"][of_a] <= 1)).all()


def test_another_seed_makes_another_glass_and_the_same_seed_the_same(tmp_path):
    """Two hundred particles, cooled in a moment: the first stage alone, from three empty folders."""
    sets = ["glass.n_particles=200", "stages.quench.liquid=200", "stages.quench.cooling=500"]
    products = []
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        study = Study.read("looseness", "smoke", tmp_path / folder, [*sets, f"study.seed={seed}"])
        manifest = run_case(study, study.case("quench", 0))
        products.append(manifest.products["final.lammpstrj.gz"]["sha256"])
    assert products[0] == products[1] != products[2]


@pytest.mark.parametrize(
    ("setting", "keys"),
    [
        ("stages.creep.stress=0.4", ("stages.relax", "stages.creep", "stress = 0.5 differs from stress = 0.4")),
        ("stages.fold.threshold=0.2", ("stages.fold.threshold", "stages.learn.threshold")),
        ("stages.learn.threshold=0.17", ("stages.learn.threshold", "stages.describe.thresholds")),
        ("stages.label.lags=[2,4]", ("stages.label.lags",)),
        ('stages.describe.species="B"', ("stages.describe.species", "stages.label.species")),
    ],
)
def test_stages_that_disagree_are_refused_before_anything_runs(setting, keys, tmp_path):
    with pytest.raises(InputError) as caught:
        Study.read("looseness", "smoke", tmp_path / "out", [setting])
    assert all(key in str(caught.value) for key in keys)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_bounds_of_the_demo(tmp_path):
    """The bounds a reduced run must keep (standard error of the balanced accuracy 0.02 to 0.03)."""
    summary = reproduce(Study.read("looseness", "demo", tmp_path / "demo"), cores=2, quiet=True)
    scores = summary["scores"]
    assert scores["balanced_accuracy"] >= 0.64
    assert scores["auc"] >= 0.69
    assert scores["inherent.strain_r2"] >= 0.90
    assert scores["scan.balanced_accuracy_at_0.15"] > scores["scan.balanced_accuracy_at_0.05"]
    assert scores["random_split.balanced_accuracy"] > scores["balanced_accuracy"]


def test_the_example_goes_on_where_the_command_stopped(smoke, capsys):
    """`examples/looseness/reproduce.py` on the finished folder runs nothing again and finds the same scores."""
    import runpy

    from lammps_glass.resources import data_path

    out, summary = smoke
    example = runpy.run_path(str(data_path("examples", "looseness", "reproduce.py")))
    example["main"]("smoke", str(out))
    printed = capsys.readouterr().out.split()
    assert f"{summary['scores']['balanced_accuracy']:.3f}" in printed
    assert "quench" not in printed


def test_a_glass_without_compiled_interactions_goes_without_its_modes(tmp_path):
    glass = data_path("examples", "glasses", "harmonic-spheres", "glass.toml")
    sets = [f'glass="{glass}"']
    with pytest.raises(InputError, match=r"compiled interactions.*--set stages\.modes=false leaves the stage out"):
        Study.read("looseness", "smoke", tmp_path, sets)
    study = Study.read("looseness", "smoke", tmp_path, [*sets, "stages.modes=false"])
    assert "modes" not in [stage.name for stage in study.stages]
    assert study.stage("analyse_dynamics").sources == ["dynamics", "predict_start"]
