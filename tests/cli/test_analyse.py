"""The command `analyse`: indicators of four kinds, groups, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from lammps_glass import Cell, Snapshot, analysis
from lammps_glass.snapshots.files import write

N, EDGE = 216, 7.0


@pytest.fixture
def run(run):
    """The command of the folder's fixture, which must end with the status given."""

    def call(*words, status=0):
        done = run(*words)
        assert done.status == status, done.err
        return done

    return call


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    """Two replicas: particles on a lattice that walk, the first half in steps twice as long; a column says which."""
    root = tmp_path_factory.mktemp("walks")
    paths = []
    for name in ("a", "b"):
        generator = np.random.default_rng(ord(name))
        axis = (np.arange(6) + 0.5) * EDGE / 6
        positions = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
        scale = np.where(np.arange(N) < N // 2, 0.1, 0.05)
        frames = []
        for at in range(12):
            snapshot = Snapshot(
                Cell.orthogonal([EDGE] * 3), positions, np.arange(N) % 2, ("A", "B"), step=100 * at
            ).with_properties(speed=scale, fast=(scale > 0.07).astype(float))
            frames.append(snapshot)
            positions = positions + generator.normal(size=(N, 3)) * scale[:, None]
        (root / name).mkdir()
        paths.append(root / name / "frames.lammpstrj")
        write(paths[-1], iter(frames))
    return paths


def _table(folder, name):
    return pd.read_csv(folder / "figures" / f"{name}.csv")


def test_groups_by_a_column_of_the_dump(run, walks, tmp_path):
    out = tmp_path / "out"
    done = run("analyse", "speed", *walks, "--by", "quantile=2", "-o", out, "--timestep", 0.01, "--q", 3.0, "--json")
    assert set(done.json["figures"]) >= {"msd", "alpha2", "fs", "overlap", "chi4", "g", "s", "prediction_spearman"}
    msd = _table(out, "msd")
    for group, scale in (("1 of 2", 0.05), ("2 of 2", 0.1)):
        rows = msd[msd["group"] == group]
        assert rows["time"].tolist() == pytest.approx(np.arange(12))
        assert rows["msd"].iloc[0] == 0
        # 108 particles x 11 origins x 2 replicas of one step: relative error sqrt(2 / 3 / 2376) = 1.7 %
        assert rows["msd"].iloc[1] == pytest.approx(3 * scale**2, rel=0.085)
    fs = _table(out, "fs")
    expected = np.exp(-(3.0**2) * 0.1**2 / 2)
    fast = fs[fs["group"] == "2 of 2"]["fs"]
    assert fast.iloc[0] == 1
    assert fast.iloc[1] == pytest.approx(expected, abs=0.01)
    report = (out / "report.html").read_text()
    assert "<img" in report
    assert "http" not in report.replace("http://www.w3.org", "")
    assert json.loads((out / "summary.json").read_text())["sizes"]["replicas"] == 2
    # among particles of two speeds the ranks of speed and of squared displacement correlate, strongly and at all times
    assert _table(out, "prediction_spearman")["value"].min() > 0.3
    assert _table(out, "prediction_auc")["value"].min() > 0.7


def test_species_and_labels(run, walks, tmp_path):
    run("analyse", "species", *walks, "--by", "species", "-o", tmp_path / "s", "--observables", "msd,fs", "--quiet")
    assert sorted(p.name for p in (tmp_path / "s" / "figures").glob("*.png")) == ["fs.png", "msd.png"]
    msd = _table(tmp_path / "s", "msd")
    frames = list(Snapshot.read_all(walks[0])), list(Snapshot.read_all(walks[1]))
    alone = np.mean([analysis.mean_squared_displacement(each, "B")["msd"] for each in frames], axis=0)
    assert np.allclose(msd[msd["group"] == "B"]["msd"], alone, rtol=1e-9)
    run("analyse", "fast", *walks, "--by", "label", "-o", tmp_path / "l", "--observables", "msd", "--quiet")
    assert set(_table(tmp_path / "l", "msd")["group"]) == {"class 0", "class 1"}


def test_structure_and_van_hove_by_group(run, walks, tmp_path):
    words = ["analyse", "speed", *walks, "--by", "quantile=2", "--observables", "g,s,van-hove", "-o", tmp_path / "o"]
    run(*words, "--quiet")
    tables = {name: _table(tmp_path / "o", name) for name in ("g", "s", "van_hove")}
    assert all(set(table["group"]) == {"1 of 2", "2 of 2"} for table in tables.values())
    frames = [list(Snapshot.read_all(path)) for path in walks]
    fast = np.arange(N // 2)  # the second group: the larger column
    expected = [analysis.structure_factor_around(each[0], {"2 of 2": fast}, 12.0)["s"] for each in frames]
    shown = tables["s"][tables["s"]["group"] == "2 of 2"].sort_values("q")["s"].to_numpy()
    assert np.isfinite(shown).all()
    assert shown.mean() == pytest.approx(np.mean(expected), rel=0.5)  # bins end elsewhere; the level is the same
    van_hove = tables["van_hove"]
    first = van_hove[van_hove["time"] == van_hove["time"].min()]
    most_likely = {name: part.loc[part["probability"].idxmax(), "r"] for name, part in first.groupby("group")}
    assert most_likely["2 of 2"] > 1.5 * most_likely["1 of 2"]  # steps twice as long


def test_further_indicators_stand_beside_the_first_in_the_prediction(run, walks, tmp_path):
    frames = list(Snapshot.read_all(walks[0]))
    generator = np.random.default_rng(3)
    columns = {"noise": generator.random(N), "speed_again": frames[0].properties["speed"]}
    key = [{"replica": name, "step": frame.step, "particle": frame.ids} for name in "ab" for frame in frames]
    table = pd.concat([pd.DataFrame(each | columns) for each in key])
    table.to_csv(tmp_path / "values.csv", index=False)
    words = ["analyse", "speed", *walks, "--by", "quantile=2", "--observables", "prediction", "-o", tmp_path / "o"]
    for name in ("noise", "speed_again"):
        words += ["--indicator", f"{tmp_path / 'values.csv'}:{name}"]
    run(*words, "--indicator", "local-density:coordination", "--origins", 3, "--quiet")
    shown = _table(tmp_path / "o", "prediction_spearman")
    assert list(shown["indicator"].unique()) == ["speed", "noise", "speed_again", "coordination"]
    mean = shown.groupby("indicator")["value"].mean()
    assert mean["speed"] > 0.3
    assert abs(mean["noise"]) < 0.15 < mean["speed_again"]  # 2 x 216 particles: five standard errors 0.24 for one time
    done = run(*words[:-2], "--indicator", "speed", "--replace", status=2)
    assert "two indicators are called speed" in done.err


def test_modes_by_group_need_a_glass_and_are_those_of_its_minimum(run, tmp_path):
    from lammps_glass import glasses, simulate
    from lammps_glass.interactions import modes

    glass = glasses.KobAndersen(n_particles=150)
    record = simulate.quench(glass, liquid=50, cooling=300, seed=1, directory=tmp_path / "quench")
    frame = record.final.with_properties(value=np.arange(150.0))
    write(tmp_path / "one.lammpstrj", iter([frame, frame.replace(step=frame.step + 1)]))
    words = ["analyse", "value", tmp_path / "one.lammpstrj", "--observables", "modes", "--by", "quantile=2"]
    assert "name the glass with --glass" in run(*words, "-o", tmp_path / "none", status=2).err
    run(*words, "--glass", "kob-andersen", "--set", "glass.n_particles=150", "-o", tmp_path / "o", "--quiet")
    shown = _table(tmp_path / "o", "modes").pivot_table(index="frequency", columns="group", values="vdos")
    step = shown.index[1] - shown.index[0]
    assert shown.mean(axis=1).sum() * step == pytest.approx(1, abs=0.01)  # all particles: all modes
    found = modes(simulate.minimize(frame, glass), glass.model(), glass.masses, units="lj")
    broadening = float(found.frequencies[-1]) / 90
    expected = analysis.vibrational_density_of_states(
        found, of=np.arange(75), frequencies=shown.index.to_numpy(), broadening=broadening
    )
    np.testing.assert_allclose(shown["1 of 2"], expected["vdos"], rtol=1e-3, atol=1e-4)  # a second minimisation


def test_compressed_fits_are_flagged(run, tmp_path):
    """Particles that fly: F_s falls as a compressed function of time."""
    generator = np.random.default_rng(5)
    start, velocity = generator.random((N, 3)) * EDGE, generator.normal(size=(N, 3)) * 0.004
    frames = [
        Snapshot(Cell.orthogonal([EDGE] * 3), start + k * velocity, np.zeros(N, int), ("A",), step=k).with_properties(
            value=np.arange(float(N))
        )
        for k in (0, 1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256)
    ]
    write(tmp_path / "fly.lammpstrj", iter(frames))
    words = ["analyse", "value", tmp_path / "fly.lammpstrj", "--by", "quantile=2", "--q", "3.0", "-o", tmp_path / "o"]
    done = run(*words, "--observables", "relaxation", "--origins", 1, "--json", "--quiet")
    table = _table(tmp_path / "o", "relaxation")
    assert table["fit_fault"].str.contains("is above 1: compressed").all()
    assert "above 1" in done.json["figures"]["relaxation"]["ours"]
    assert "beta above 1 is a compressed" in (tmp_path / "o" / "report.html").read_text()
    assert "relaxation fit" in done.json["warnings"]


def test_a_table_holds_at_its_steps_alone(run, walks, tmp_path):
    frames = list(Snapshot.read_all(walks[0]))
    table = pd.DataFrame({"replica": "a", "step": 300, "particle": frames[0].ids, "value": np.arange(N)})
    table.to_csv(tmp_path / "values.csv", index=False)
    words = ["analyse", tmp_path / "values.csv", walks[0], "--by", "quantile=2", "--observables", "msd,prediction"]
    run(*words, "-o", tmp_path / "out", "--quiet")
    msd = _table(tmp_path / "out", "msd")
    moved = ((frames[5].positions - frames[3].positions) ** 2).sum(axis=1)
    assert msd[(msd["group"] == "1 of 2") & (msd["time"] == 200)]["msd"].item() == pytest.approx(moved[: N // 2].mean())
    assert msd["time"].max() == 800
    run(*words, "--from-start", "-o", tmp_path / "start", "--quiet")
    assert _table(tmp_path / "start", "msd")["time"].max() == 1100


def test_a_saved_indicator_is_that_of_predict(run, trajectories, rows, labels, tmp_path):
    model = tmp_path / "loose.model"
    words = ["train", rows, "--labels", labels, "--threshold", 0.005, "--indicator", "looseness", "--species", "A"]
    run(*words, "--test-replica", "c", "-o", model, "--quiet")
    words = ["analyse", model, *trajectories, "--glass", "kob-andersen", "--by", "quantile=2", "--observables", "msd"]
    done = run(*words, "-o", tmp_path / "out", "--json", "--quiet")
    assert done.json["sizes"]["trajectories"] == 3
    # The indicator's own glass names the types, as in `predict`; the duration of a step is the user's to say.
    words = ["analyse", model, *trajectories, "--timestep", 0.01, "--by", "quantile=2", "--observables", "msd"]
    assert run(*words, "-o", tmp_path / "named", "--quiet").status == 0
    pd.testing.assert_frame_equal(_table(tmp_path / "named", "msd"), _table(tmp_path / "out", "msd"))
    run("predict", model, trajectories[0], "-o", tmp_path / "p.lammpstrj", "--quiet")
    predicted = list(Snapshot.read_all(tmp_path / "p.lammpstrj"))
    values = predicted[0].properties["looseness"]
    groups = analysis.ParticleGroups.of_quantiles({0: values}, 2)
    assert (groups.at(0) >= 0).sum() == np.isfinite(values).sum() < len(values)  # species B has no value
    parts = []
    for path in trajectories:
        run("predict", model, path, "-o", tmp_path / "p.lammpstrj", "--quiet")
        frames = list(Snapshot.read_all(tmp_path / "p.lammpstrj"))
        groups = analysis.ParticleGroups.of_quantiles({0: frames[0].properties["looseness"]}, 2)
        parts.append(analysis.dynamics_by_group(frames, groups=groups, timestep=0.005)["msd"])  # the glass's step
    shown = _table(tmp_path / "out", "msd")
    assert np.allclose(shown["msd"], np.mean(parts, axis=0), rtol=1e-9)


def test_a_column_of_a_descriptor(run, walks, tmp_path):
    out = tmp_path / "out"
    run("analyse", "local-density:coordination", *walks, "--origins", 3, "-o", out, "--observables", "msd", "--quiet")
    assert json.loads((out / "summary.json").read_text())["figures"]["msd"]["note"].startswith("2 trajectories")
    assert _table(out, "msd")["group"].nunique() == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "no such file, and no column of the trajectory (it has speed, fast)"),
        (["speed", "--by", "quantile=1"], "quantile=N (N at least 2)"),
        (["speed", "--by", "size"], "must be quantile=N"),
        (["speed", "--observables", "msd,mds"], "--observables mds: there are msd"),
        (["speed", "--q", "-1"], "q = -1 must be above 0"),
        (["speed", "--q", "0.2", "--directions", "box"], "no wave vector of the box near q = 0.2; the first is 0.8976"),
        (["speed", "--timestep", "0"], "--timestep 0 must be above 0"),
        (["speed", "--by", "label"], "not whole numbers from 0 to 1"),
        (["speed", "--observables", "vacf"], "has no velocities"),
        (["local-density:none"], "unknown column 'none'"),
        (["local-density"], "name one of its columns as local-density:COLUMN: local_density, coordination"),
        (["species"], "--by species"),
        (["speed", "--from-start"], "--from-start is for a table"),
        (["species", "--by", "species", "--from-start"], "--from-start is for a table"),
        (["species", "--by", "species", "--species", "C"], "frames.lammpstrj: --species: unknown species 'C'"),
    ],
)
def test_bad_input(run, walks, tmp_path, words, message):
    done = run("analyse", words[0], *walks, *words[1:], "-o", tmp_path / "out", status=2)
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".*"))


def test_other_particles_and_other_replicas_are_refused(run, walks, tmp_path):
    table = pd.DataFrame({"replica": "a", "step": 300, "particle": np.arange(N) + 2, "value": 1.0})
    table.to_csv(tmp_path / "values.csv", index=False)
    done = run("analyse", tmp_path / "values.csv", walks[0], "-o", tmp_path / "out", status=2)
    assert f"given for particle {N + 1}, which the trajectory does not have" in done.err
    done = run("analyse", tmp_path / "values.csv", walks[1], "-o", tmp_path / "out", status=2)
    assert "no values of replica b" in done.err
    table.assign(step=50, particle=table["particle"] - 1).to_csv(tmp_path / "values.csv", index=False)
    done = run("analyse", tmp_path / "values.csv", walks[0], "-o", tmp_path / "out", status=2)
    assert "no frame is at a step of" in done.err


def test_refusals_name_the_file(run, tmp_path):
    """Faults that only the analysis meets: it knows trajectories, the user files."""
    generator = np.random.default_rng(0)

    def refusal(frames, *words, **fields):
        """The message about a dump of these steps and positions, whose rows hold some of the columns."""
        columns = fields.get("columns", "id type x y z")
        text = ""
        for step, positions in frames:
            rows = pd.DataFrame(positions, columns=["x", "y", "z"]).assign(
                id=np.arange(N) + 1, type=np.arange(N) % 2 + 1
            )
            box = f"0 {EDGE}\n" * 3
            text += f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{N}\nITEM: BOX BOUNDS pp pp pp\n{box}"
            text += f"ITEM: ATOMS {columns}\n" + rows[columns.split()].to_csv(sep=" ", header=False, index=False)
        path = tmp_path / "walk.dump"
        path.write_text(text)
        words = ["analyse", *(words or ["species", "--by", "species"]), path, "-o", tmp_path / "out", "--quiet"]
        message = run(*words, status=2).err
        assert message.startswith(f"error: {path}: "), message
        assert message.count("\n") == 1
        assert message.count(str(path)) == 1
        return message

    first = generator.random((N, 3)) * EDGE
    second = first + 0.01 * generator.normal(size=(N, 3))
    far = (first + [0.45 * EDGE, 0, 0]) % EDGE
    assert "step 50 follows step 100" in refusal([(100, first), (50, second)])
    assert "a particle moves 0.4" in refusal([(0, first), (100, far)])
    assert "has no particle ids" in refusal([(0, first), (100, second)], columns="type x y z")
    assert "dynamics need at least two frames" in refusal([(0, first)])
    assert "write the column type or element" in refusal([(0, first)], columns="id x y z")
    words = ["species", "--by", "species", "--species", "A"]
    assert "--types A,B names the types 1, 2" in refusal([(0, first), (100, second)], *words)
    table = pd.DataFrame({"replica": tmp_path.name, "step": [0, 100], "particle": N + 5, "value": 1.0})
    table.to_csv(tmp_path / "values.csv", index=False)
    frames = [(0, first), (100, second)]
    assert f"given for particle {N + 5}" in refusal(frames, tmp_path / "values.csv")


def test_values_of_several_steps_are_not_those_of_a_start(run, walks, tmp_path):
    table = pd.DataFrame({"replica": "a", "step": [7, 8], "particle": 1, "value": 1.0})
    table.to_csv(tmp_path / "values.csv", index=False)
    words = ["analyse", tmp_path / "values.csv", walks[0], "-o", tmp_path / "out"]
    assert "--from-start takes them for its first frame" in run(*words, status=2).err
    assert "values of several steps (7, 8 ...)" in run(*words, "--from-start", status=2).err


def test_a_folder_is_replaced_only_when_told(run, walks, tmp_path):
    out = tmp_path / "out"
    words = ["analyse", "speed", walks[0], "--by", "quantile=2", "--observables", "msd", "-o", out, "--quiet"]
    run(*words)
    assert "--replace" in run(*words, status=2).err
    run(*words, "--replace")
    (out / "summary.json").unlink()
    assert "another origin" in run(*words, "--replace", status=2).err


def test_dry_run_writes_nothing(run, walks, tmp_path):
    done = run("analyse", "speed", *walks, "-o", tmp_path / "out", "--dry-run", "--json")
    assert [row["origins"] for row in done.json] == [12, 12]
    assert not (tmp_path / "out").exists()


def test_two_frames_have_no_susceptibility_and_a_plane_no_dynamics(run, walks, tmp_path):
    frames = list(Snapshot.read_all(walks[0]))[:2]
    write(tmp_path / "two.lammpstrj", frames)
    words = ["analyse", "species", tmp_path / "two.lammpstrj", "--by", "species"]
    done = run(*words, "-o", tmp_path / "o", "--json", "--quiet")
    assert "chi4" not in done.json["figures"]
    assert {"msd", "overlap", "g"} <= set(done.json["figures"])
    assert "chi4 needs several origins" in run(*words, "--observables", "chi4", "-o", tmp_path / "c", status=2).err
    plane = np.random.default_rng(4).random((N, 3)) * [EDGE, EDGE, 0]
    write(tmp_path / "flat.lammpstrj", [frame.replace(positions=plane + 0.01 * at) for at, frame in enumerate(frames)])
    words[2] = tmp_path / "flat.lammpstrj"
    refusal = run(*words, "-o", tmp_path / "f", status=2).err
    assert refusal.startswith(f"error: {words[2]}: all particles lie in one plane")
