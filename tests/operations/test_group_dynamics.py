"""Dynamics by group: values join the trajectory of their conditions, and averages are those of the trajectory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lammps_glass import glasses, simulate
from lammps_glass.errors import InputError
from lammps_glass.labels import LabelColumn
from lammps_glass.operations import Case
from lammps_glass.operations.group_dynamics import GroupDynamicsParameters, group_dynamics
from lammps_glass.operations.modes import ModesParameters, modes
from lammps_glass.products import Findings, PredictedColumn, Predictions, Record, Spectra

GLASS = glasses.KobAndersen(n_particles=150)
RUN = {"temperature": 0.8, "start_temperature": 0.4, "heating": 100, "thermostat_damping": 0.05, "linear_every": 0}
COLUMN = PredictedColumn("activity_cold", "activity", 0.5, conditions={"indicator": "activity", "glass": "cold"})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A glass, runs from it with velocities of two seeds, and a value for each of its particles of type A."""
    folder = tmp_path_factory.mktemp("runs")
    glass = simulate.quench(GLASS, liquid=50, cooling=300, seed=1, directory=folder / "quench")
    paths = []
    for seed in (1, 2):
        paths.append(folder / f"run{seed}")
        simulate.dynamics(glass, steps=64, seed=seed, directory=paths[-1], **RUN)
    snapshot = glass.final
    rows = np.flatnonzero(snapshot.species_of_particles == "A")
    values = np.random.default_rng(1).permutation(len(rows)).astype(float)
    table = pd.DataFrame({"replica": "1", "step": snapshot.step, "particle": snapshot.ids[rows], "species": "A"})
    return paths, table.assign(activity_cold=values)


def predictions(folder, table, **conditions) -> Predictions:
    folder.mkdir(parents=True)
    product = Predictions(folder, conditions=conditions)
    product.write([table], [COLUMN], [LabelColumn("unused", "d2min", "", lag=1)][:0])
    return product


def analysed(folder, trajectories, values, spectra=(), **parameters) -> Findings:
    folder.mkdir(parents=True)
    chosen = GroupDynamicsParameters(**{"origin": "start", "observables": ("msd", "fs", "alpha2"), **parameters})
    return group_dynamics(Case("own", "smoke", "page", {}, chosen, GLASS, 1, folder), trajectories, values, spectra)


def recomputed(path, table, n_groups) -> pd.Series:
    """Mean squared displacement of the particles with the highest values, from the dump and the table alone."""
    frames = list(Record(path).frames())
    order = table.sort_values("activity_cold")["particle"].to_numpy()
    ids = order[-len(order) // n_groups :]
    rows = np.searchsorted(frames[0].ids, ids)
    steps = [frame.step - frames[0].step for frame in frames]
    moved = [((frame.positions[rows] - frames[0].positions[rows]) ** 2).sum(axis=1).mean() for frame in frames]
    return pd.Series(moved, index=np.array(steps) * GLASS.timestep)


def test_the_page_holds_what_the_trajectory_says(runs, tmp_path):
    paths, table = runs
    record = Record(paths[0], conditions={"replica": 1, "draw": 1})
    values = predictions(tmp_path / "p", table, replica=1)
    findings = analysed(tmp_path / "a", [record], [values], n_groups=4, section="dynamics")
    shown = pd.read_csv(findings.table_path("dynamics_msd"))
    top = shown[shown["group"] == "4 of 4"].set_index("time")["msd"]
    expected = recomputed(paths[0], table, 4)  # 120 of type A: 30 in a group
    np.testing.assert_allclose(top.index, expected.index)
    np.testing.assert_allclose(top, expected, rtol=1e-9)
    specification = findings.specifications()["dynamics_msd"]
    assert specification.section == "dynamics"
    assert "activity" in specification.series_label
    assert {key.split(".")[0] for key in findings.scores} == {"dynamics"}
    assert all(key.startswith("dynamics.") for key in findings.sizes_file.read())


def test_the_page_says_what_lies_between_the_values_and_the_first_frame(runs, tmp_path):
    """Heated for 100 steps of 0.005 from the glass that has the values: its first frame is no longer that glass."""
    paths, table = runs
    values = predictions(tmp_path / "p", table, replica=1)
    record = Record(paths[0], conditions={"replica": 1})
    text = analysed(tmp_path / "a", [record], [values]).figures_file.read()["msd"]["note"]
    assert "indicator is of the configuration that the run started from" in text
    assert f"heated and held for {100 * GLASS.timestep:g} tau before their first frame" in text
    at_frames = predictions(tmp_path / "q", table.assign(step=0), replica=1)
    text = analysed(tmp_path / "b", [record], [at_frames], origin="step").figures_file.read()["msd"]["note"]
    assert "those at which the indicator was computed" in text


def test_the_boson_peak_by_group_is_that_of_the_mean_density_of_its_particles(runs, tmp_path):
    paths, table = runs
    here = tmp_path / "modes"
    here.mkdir()
    case = Case("own", "smoke", "modes", {"replica": 1}, ModesParameters(lowest=0.3, highest=4.0), GLASS, 1, here)
    spectra = modes(case, Record(paths[0].parent / "quench"))
    record, values = Record(paths[0], conditions={"replica": 1}), predictions(tmp_path / "p", table, replica=1)
    own_spectra = Spectra(here, conditions={"replica": 1})
    findings = analysed(tmp_path / "a", [record], [values], [own_spectra], n_groups=4, observables=("boson-peak",))
    top = table.sort_values("activity_cold")["particle"].to_numpy()[-30:]  # 120 of type A: 30 in a group
    own = spectra.spectra.read().set_index("particle").loc[top].mean().to_numpy() / spectra.frequencies**2
    shown = pd.read_csv(findings.table_path("reduced_vdos"))
    # single precision of the spectra, and a sum in another order
    np.testing.assert_allclose(shown[shown["group"] == "4 of 4"]["reduced"], own, rtol=1e-5)
    highest = own[spectra.frequencies <= spectra.peak_below + 1e-9].max()
    assert findings.scores["boson_peak.4 of 4"] == pytest.approx(highest, rel=1e-5)
    two, more = Record(paths[1], conditions={"replica": 2}), predictions(tmp_path / "q", table, replica=2)
    wanted = {"n_groups": 4, "observables": ("boson-peak",)}
    of_one = analysed(tmp_path / "b", [record, two], [values, more], [own_spectra], **wanted)  # the other has none
    assert of_one.scores == findings.scores
    with pytest.raises(InputError, match="boson-peak needs the spectra"):
        analysed(tmp_path / "c", [two], [more], [own_spectra], **wanted)


def test_other_velocities_give_other_numbers(runs, tmp_path):
    paths, table = runs
    values = predictions(tmp_path / "p", table, replica=1)
    shown = [
        pd.read_csv(analysed(tmp_path / str(k), [Record(path, conditions={"replica": 1})], [values]).table_path("msd"))
        for k, path in enumerate(paths)
    ]
    assert not np.allclose(shown[0]["msd"][1:], shown[1]["msd"][1:], rtol=1e-3)
    assert all(np.isfinite(each["msd"]).all() for each in shown)


def test_each_glass_has_a_page_of_the_values_of_its_conditions(runs, tmp_path):
    paths, table = runs
    names = ("cold", "hot")
    records = [Record(path, conditions={"glass": name, "replica": 1}) for path, name in zip(paths, names)]
    reverse = table.assign(activity_cold=-table["activity_cold"])
    values = [
        predictions(tmp_path / f"p{name}", each, glass=name, drive="thermal", replica=1)
        for name, each in zip(names, (table, reverse))
    ]
    findings = analysed(tmp_path / "a", records, values, n_groups=4, section="dynamics")
    assert set(findings.specifications()) == {f"dynamics_{n}_{o}" for n in names for o in ("msd", "fs", "alpha2")}
    shown = pd.read_csv(findings.table_path("dynamics_hot_msd"))
    lowest = shown[shown["group"] == "1 of 4"]["msd"]
    np.testing.assert_allclose(lowest, recomputed(paths[1], table, 4), rtol=1e-9)
    assert findings.specifications()["dynamics_hot_msd"].title.endswith(": hot")
    with pytest.raises(InputError, match="glass-hot_replica-1 has a trajectory, but no values of activity_cold"):
        analysed(tmp_path / "b", records, values[:1])
    with pytest.raises(InputError, match="but 2 sets of values"):
        analysed(tmp_path / "c", records[:1], [values[0], replace(values[0])])


def test_runs_that_begin_cold_are_warned_of(runs, tmp_path):
    paths, table = runs
    values = predictions(tmp_path / "p", table, replica=1)
    run = simulate.dynamics(
        simulate.quench(GLASS, liquid=50, cooling=300, seed=1, directory=tmp_path / "q"), steps=64, seed=1,
        directory=tmp_path / "cold", thermo_every=8, **{**RUN, "start_temperature": 0.01, "thermostat_damping": 5.0},
    )  # fmt: skip
    cold = Record(run.directory, conditions={"replica": 1})
    warned = analysed(tmp_path / "a", [cold], [values]).warnings_file.read()
    assert "of their temperature" in warned["temperature"]
    good = analysed(tmp_path / "b", [Record(paths[0], conditions={"replica": 1})], [values]).warnings_file.read()
    assert "temperature" not in good
