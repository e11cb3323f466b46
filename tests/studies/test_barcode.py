"""The study end to end at preset smoke, run once by the command line: figures, tables, scores, indicators, refusals."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from expected import figure_ids, require_figures

from lammps_glass import learn
from lammps_glass.analysis import voronoi_indices
from lammps_glass.cli.app import run
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.studies.barcode import RECIPE
from lammps_glass.studies.barcode.learning import fit
from lammps_glass.studies.barcode.settings import FitParameters
from lammps_glass.studies.barcode.structures import Structures, kept_frames, record_name, require_runs, write_structures
from lammps_glass.studies.case import Product
from lammps_glass.workflow import Study


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "smoke"
    assert run(["reproduce", "barcode", "--preset", "smoke", "--out", str(out), "--cores", "2", "--quiet"]) == 0
    return out, json.loads((out / "summary.json").read_text())


def test_every_figure_of_the_paper_has_a_specification():
    assert [spec.id for spec in RECIPE.figures] == figure_ids("barcode")


def test_every_stage_and_figure_is_there(smoke):
    require_figures(RECIPE, *smoke)


def test_every_model_is_judged_by_run_by_random_row_and_on_every_set(smoke):
    out, summary = smoke
    errors = pd.read_csv(out / "tables" / "errors.csv")
    judged = {"test", "larger", "cu64zr36", "cu50zr50", "by_run", "random_split"}
    models = {"barcode", "all_environments", "ridge", "voronoi", "composition"}
    assert set(map(tuple, errors[["model", "judged on"]].to_numpy().tolist())) == {
        (m, j) for m in models for j in judged
    }
    scores = summary["scores"]
    n_particles = summary["sizes"]["particles"]
    assert scores["rmse_mev_per_atom"] == pytest.approx(1000 * scores["rmse_ev"] / n_particles, rel=1e-6)
    held = pd.read_parquet(out / "cases" / "all" / "learn" / "predicted.parquet")
    for split, where in (("run", "by_run"), ("random", "random_split")):
        mine = held[held["split"] == split]
        assert len(mine) == summary["sizes"]["structures"]["train"]
        for model, prefix in (("barcode", ""), ("ridge", "baseline.ridge.")):
            own = np.sqrt(np.mean((mine[model] - mine["energy"]) ** 2))
            assert scores[f"{prefix}{where}.rmse_ev"] == pytest.approx(own, rel=1e-9)
    # composition and density are the same for all training structures: such a model is the mean of the others
    assert scores["baseline.composition.random_split.rmse_over_std"] == pytest.approx(1.0, abs=0.2)


def test_energies_are_those_of_the_inherent_structures(smoke):
    out, summary = smoke
    study = Study.read(out)
    total = 0
    for stage in ("encode", "shear_encode"):
        case = study.stage(stage).cases[0]
        folder = study.store.folder(case)
        table = pd.read_parquet(folder / "structures.parquet")
        thermo = pd.read_parquet(folder.parent / stage.replace("encode", "inherent") / "thermo.parquet")
        np.testing.assert_array_equal(table["energy"], thermo["pe"].iloc[1:])
        counts = np.load(folder / "counts.npy")
        np.testing.assert_allclose(counts.sum(axis=1) / table["n_particles"], table["coverage"])
        total += len(table)
    assert summary["sizes"]["structures"]["train"] == 36
    assert total == 6 + 4


def test_training_structures_are_made_of_their_own_environments(smoke):
    """Every particle of a scanned structure is similar to an environment, or has founded one."""
    out, summary = smoke
    assert summary["scores"]["coverage.train"] == 1.0
    assert 0 < summary["scores"]["coverage"] <= 1
    library = learn.EnvironmentLibrary.load(out / "cases" / "all" / "environments" / "library.npz")
    assert len(library) == summary["scores"]["environments"]
    # representatives of one structure have the index that OVITO gives them there, and Kasper's rule makes their group
    inherent = Study.read(out).stage("inherent").cases
    store = Study.read(out).store
    records = {record_name(found): found for found in (Product(dict(c.conditions), store.folder(c)) for c in inherent)}
    name, step = library.structures[0].rsplit("/", 1)
    frame = next(frame for frame in kept_frames(records[name]) if frame.step == int(step))
    indices = voronoi_indices(frame)
    mine = [at for at, structure in enumerate(library.structures) if structure == library.structures[0]]
    assert len(mine) > 1
    for at in mine:
        assert library.voronoi[at] == indices[np.searchsorted(frame.ids, library.particles[at])]
    for index, group in zip(library.voronoi, library.kasper):
        faces = [int(number) for number in index.split(",")]
        kasper = faces[0] == 0 and not any(faces[4:]) and 2 * faces[1] + faces[2] == 12
        assert group == ("kasper" if kasper else "other")


def test_barcodes_of_the_figures_sum_to_one(smoke):
    out, _ = smoke
    table = pd.read_csv(out / "figures" / "2.csv")
    for panel in ("lowest", "median", "highest"):
        assert table[table["panel"] == panel]["y"].sum() == pytest.approx(1.0)
    sums = pd.read_csv(out / "figures" / "7a.csv")
    by_group = [part["sum"].to_numpy() for _, part in sums.groupby("series")]
    np.testing.assert_allclose(np.sum(by_group, axis=0), 1.0)


def test_no_run_of_the_test_set_was_trained_on(smoke):
    out, _ = smoke
    records = {}
    for stage in ("quench", "test_quench"):
        finals = [Snapshot.read(path) for path in out.glob(f"cases/*/{stage}/final.lammpstrj.gz")]
        records[stage] = {frame.positions.tobytes() for frame in finals}
    assert len(records["quench"]) == 6
    assert not records["quench"] & records["test_quench"]


def test_a_single_run_cannot_be_split(tmp_path):
    table = pd.DataFrame({"run": "replica-1", "energy": [-1.0, -2.0], "n_particles": 4})
    voronoi = pd.DataFrame({"row": [0, 1], "index": "0,0,12,0", "count": 4})
    write_structures(tmp_path, Structures(table, np.ones((2, 3)), np.ones((2, 5)), voronoi))
    case = SimpleNamespace(
        stage="learn", seed=1, parameters=FitParameters(), inputs=lambda stage: [SimpleNamespace(path=tmp_path)]
    )
    with pytest.raises(InputError, match=r"one run \(replica-1\).*more replicas or rates"):
        fit(case)
    with pytest.raises(InputError, match=r"stages\.scan: .*one run \(x\)"):
        require_runs("scan", ["x", "x"])


@pytest.mark.parametrize("name", ["barcode", "ridge"])
def test_the_studys_indicator_judges_a_bare_dump(smoke, tmp_path, name):
    out, _ = smoke
    study = Study.read(out)
    case = study.stage("test_inherent").cases[0]
    dump = study.store.folder(case) / "final.lammpstrj.gz"
    encoded = study.store.folder(study.stage("test_encode").cases[0])
    assert case.conditions == study.stage("test_encode").cases[0].conditions
    output = tmp_path / "judged.lammpstrj.gz"
    assert run(["predict", str(out / "indicators" / f"{name}.indicator"), str(dump), "-o", str(output)]) == 0
    values = Snapshot.read(output).properties[name]
    estimator, _ = learn.load(out / "indicators" / f"{name}.indicator")
    if name == "ridge":  # linear: the mean over the particles is the prediction for the structure, of its mean vector
        # rows of SOAP, their stored mean and the dump are rounded: 1e-4 eV an atom is far below the 6 meV of the spread
        expected = estimator.predict(np.load(encoded / "soap.npy")[-1:])[0]
        assert values.mean() == pytest.approx(expected, abs=1e-4)
        return
    counts = np.load(encoded / "counts.npy")[-1]
    shares = estimator.barcodes((counts / counts.sum())[None])
    present = counts[estimator.columns_] > 0
    worth = estimator.model_.shap_values(shares)[0][0][present].sum()
    assert (~np.isnan(values)).sum() == counts[estimator.columns_].sum() > 0
    assert np.nansum(values) == pytest.approx(worth, abs=1e-4)  # test and training structures are of one size


def test_dumps_that_are_no_glass_of_this_kind_are_refused(smoke, tmp_path, capsys):
    out, _ = smoke
    frame = Snapshot.read(next(out.glob("cases/*/test_inherent/final.lammpstrj.gz")))
    other = frame.replace(species=("Ni", "Zr"))
    wide = frame.replace(cell=Cell(1.6 * frame.cell.matrix), positions=1.6 * (frame.positions - frame.cell.origin))
    for name, snapshot, said in (("other", other, "species Ni"), ("wide", wide, "is similar to any of the")):
        snapshot.write(tmp_path / f"{name}.lammpstrj")
        wanted = tmp_path / f"{name}-judged.lammpstrj"
        indicator = str(out / "indicators" / "barcode.indicator")
        assert run(["predict", indicator, str(tmp_path / f"{name}.lammpstrj"), "-o", str(wanted)]) == 2
        assert said in capsys.readouterr().err
        assert not wanted.exists()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("stages.shear.strain=0.1", "steady flow needs at least 0.2"),
        ("stages.analyse.steady_from=0.9", "stages.analyse.steady_from"),
        ("stages.analyse.steady_from=0.01", "steady_from = 0.01 must be at least 0.2"),
        ("stages.analyse.nearest=0", "nearest = 0 must be at least 1"),
        ("stages.environments.threshold=2.0", "stages.environments: threshold = 2 must be above 0 and below 1"),
        ("stages.environments.fraction=0.0", "fraction = 0 must be above 0 and 1 at most"),
        ('stages.environments.form="other"', "form: unknown name 'other'"),
        ("stages.scan.amounts=[2.0]", "amounts = 2 must be above 0 and 1 at most"),
        ("stages.scan.amounts=[]", "no amount of the training runs"),
        ("stages.scan.cases=0", "cases = 0 must be at least 1"),
        ('stages.learn.shap="foo"', "shap: unknown name 'foo'"),
        ("stages.learn.n_trials=0", "n_trials = 0 must be at least 1"),
        ("stages.learn.n_environments=0", "n_environments = 0 must be at least 1"),
        ("stages.learn.n_folds=1", "n_folds = 1 must be at least 2"),
        ("stages.encode.strain_r_max=-1.0", "strain_r_max = -1 must be above 0"),
        ('stages.scan.form="half"', "stages.scan.form"),
        ("glass.n_particles=128", "too small for the cutoff"),
    ],
)
def test_stages_that_disagree_are_refused_before_anything_runs(setting, said, tmp_path):
    with pytest.raises(InputError, match=said):
        Study.read("barcode", "smoke", tmp_path / "out", [setting])
    assert not (tmp_path / "out").exists()
