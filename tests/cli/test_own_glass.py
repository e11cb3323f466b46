"""Glasses of one's own by a file: decks, dumps, models that find their glass, and what is refused without a trace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot, learn
from lammps_glass.resources import data_path
from lammps_glass.tables import read_metadata

GLASSES = data_path("examples", "glasses")
SMALL = ["--set", "glass.n_particles=200"]
PLAIN = 'units = "lj"\nspecies = ["A"]\nmasses = 1\nr_cut = 2\ndensity = 1.0\n'
TERNARY = (GLASSES / "ternary" / "glass.toml").read_text()


def refused(outcome, *words: str) -> None:
    assert outcome.status == 2, outcome
    assert outcome.out == ""
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line, (word, line)


def test_render_writes_a_deck_that_lmp_runs(run, tmp_path):
    """Plain lmp, in a folder of its own, with the lines of a file and a table beside it."""
    source = tmp_path / "glass"
    source.mkdir()
    r = np.linspace(0.5, 1.5, 200)
    rows = "\n".join(f"{i} {x:.12g} {(1.5 - x) ** 3:.12g} {3 * (1.5 - x) ** 2:.12g}" for i, x in enumerate(r, start=1))
    (source / "soft.table").write_text(f"# soft\n\nSOFT\nN 200 R 0.5 1.5\n\n{rows}\n")
    (source / "soft.lmp").write_text("pair_style table linear 1000\npair_coeff * * soft.table SOFT\nmass * 1.0\n")
    (source / "glass.toml").write_text(
        'name = "soft"\nunits = "lj"\nspecies = ["A"]\nlines = "soft.lmp"\nr_cut = 1.5\ndensity = 1.0\n'
        "n_particles = 100\n"
    )
    sizes = {"liquid": 100, "cooling": 100, "liquid_temperature": 0.1, "temperature": 0.01}
    words = [word for key, value in sizes.items() for word in ("--set", f"{key}={value}")]
    out = tmp_path / "run"
    assert run("render", "quench", "--glass", source / "glass.toml", *words, "-o", out).status == 0
    assert f"pair_coeff      * * {source / 'soft.table'} SOFT" in (out / "in.lmp").read_text()
    lmp = shutil.which("lmp", path=os.path.dirname(sys.executable))
    done = subprocess.run([lmp, "-in", "in.lmp"], cwd=out, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-500:]
    assert (out / "segments" / "final.dump").is_file()


def test_interstices_of_a_glass_without_radii_say_what_to_write(run, tmp_path):
    (tmp_path / "glass.toml").write_text(
        'name = "bare"\nunits = "metal"\nspecies = ["Cu", "Zr"]\nmasses = [64, 91]\nr_cut = 3.0\ndensity = 0.06\n'
        'lines = ["pair_style lj/cut 3.0", "pair_coeff * * 0.1 2.4"]\nn_particles = 64\nstart = "fcc"\n'
    )
    words = ["describe", tmp_path / "glass.data", "-d", "interstices", "--glass", tmp_path / "glass.toml"]
    Snapshot(Cell.orthogonal([9.0] * 3), np.eye(3), [0, 1, 1], ("Cu", "Zr")).write(tmp_path / "glass.data")
    refused(
        run(*words, "-o", tmp_path / "rows.parquet"),
        "no radius for species Cu, Zr of the glass bare", "radii = {Cu = ..., Zr = ...}", "--set radii.Cu=",
    )  # fmt: skip


def test_a_model_finds_its_glass(run, tmp_path):
    """Trained with a glass.toml and applied without: unnamed types are those of the glass."""
    (tmp_path / "glass.toml").write_text(TERNARY)
    paths = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        sizes = ["--set", "liquid=100", "--set", "cooling=200", *SMALL]
        words = ["quench", "--glass", tmp_path / "glass.toml", *sizes, "--seed", seed + 1, "-o", folder]
        assert run("simulate", *words).status == 0
        paths.append(folder / "final.lammpstrj.gz")
    rows, labels, model = (tmp_path / name for name in ("rows.parquet", "labels.parquet", "model"))
    glass = ["--glass", tmp_path / "glass.toml"]
    assert run("describe", *paths, "-d", "interstices", *glass, "-o", rows).status == 0
    metadata = read_metadata(rows)
    assert (metadata["glass"], metadata["glass_options"]["species"]) == ("ternary", ["A", "B", "C"])
    assert metadata["parameters"]["radii"] == {"A": 0.5, "B": 0.44, "C": 0.47}
    import pandas as pd

    table = pd.read_parquet(rows)[["replica", "step", "particle"]]
    table.assign(d2min=np.random.default_rng(0).random(len(table))).to_parquet(labels)
    words = ["--threshold", "0.5", "--indicator", "activity", "--label", "d2min", "-o", model]
    assert run("train", rows, "--labels", labels, *words).status == 0
    assert learn.load(model)[1]["glass"] == "ternary"
    (tmp_path / "glass.toml").unlink()
    snapshot = Snapshot.read(paths[0])
    unnamed = snapshot.replace(species=("1", "2", "3"))
    unnamed.write(tmp_path / "unnamed.lammpstrj")
    assert run("predict", model, paths[0], "-o", tmp_path / "a.lammpstrj").status == 0
    assert run("predict", model, tmp_path / "unnamed.lammpstrj", "-o", tmp_path / "b.lammpstrj").status == 0
    first, second = (Snapshot.read(tmp_path / f"{name}.lammpstrj") for name in "ab")
    assert np.array_equal(first.properties["activity"], second.properties["activity"])


def test_a_model_whose_table_has_changed_says_so(run, tmp_path):
    from lammps_glass import glasses
    from lammps_glass.interactions.tables import shipped_file

    table = tmp_path / "mine.eam.alloy"
    table.write_bytes(shipped_file("AlCu.eam.alloy").read_bytes())
    glass = glasses.EmbeddedAtomGlass(name="al-cu", table=str(table), density=0.06, n_particles=500)
    estimator = learn.REGISTRY.build("ridge").fit(np.arange(4.0).reshape(2, 2), np.array([0.0, 1.0]))
    metadata = {
        "descriptor": "radial-gaussians", "parameters": {}, "columns": ["a"], "indicator": "ridge", "species": ["Al"],
        "glass": glass.name, "glass_options": glass.options(),
    }  # fmt: skip
    learn.save(tmp_path / "model", estimator, metadata)
    glass.initial(1).write(tmp_path / "x.lammpstrj")
    table.write_text(table.read_text() + "\n")
    words = ["predict", tmp_path / "model", tmp_path / "x.lammpstrj", "-o", tmp_path / "out.lammpstrj"]
    refused(run(*words), "model", "mine.eam.alloy", "another or a damaged table")
    table.unlink()
    refused(run(*words), "model", "mine.eam.alloy", "no such EAM table")
    assert not (tmp_path / "out.lammpstrj").exists()


@pytest.mark.parametrize(
    ("text", "protocol", "words"),
    [
        (TERNARY.replace('["A", "B", "C"]', '["A", "B", "B"]'), "quench", ["species B is named twice"]),
        (TERNARY.replace("masses = 1.0\n", ""), "quench", ["masses: missing"]),
        (TERNARY + "n_particles = 100\n", "quench", ["too small for the cutoff"]),
        (TERNARY, "melt-quench", ["ternary", "metal"]),
        ('table = "NiAlH_jea.eam.alloy"\ndensity = 0.08\n', "quench", ["reduced"]),
        ('table = "NiAlH_jea.eam.alloy"\ndensity = 0.08\nspecies = ["Zr"]\n', "melt-quench", ["no Zr"]),
        ('table = "Si.sw"\ndensity = 0.08\n', "melt-quench", ["not an EAM table"]),
        (
            'lines = ["pair_style zero 2.0", "shell touch pwned"]\n' + PLAIN,
            "quench",
            ["line 2", "shell"],
        ),
        (
            'lines = ["pair_style lj/cutt 2.0"]\n' + PLAIN,
            "quench",
            ["LAMMPS does not take its interactions", "lj/cutt"],
        ),
    ],
)
def test_what_is_refused_leaves_nothing(run, tmp_path, text, protocol, words, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    (tmp_path / "in" / "glass.toml").write_text(text)
    refused(run("simulate", protocol, "--glass", "../in/glass.toml", "-o", "run"), *words)
    refused(run("render", protocol, "--glass", "../in/glass.toml", "-o", "run"), *words)
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "in").iterdir()) == [tmp_path / "in" / "glass.toml"]


def test_a_crystal_is_refused_as_a_start(run, tmp_path):
    """The diamond that silicon starts from, and the same with the gate switched off."""
    glass = tmp_path / "glass.toml"
    lines = (GLASSES / "silicon" / "stillinger-weber.lmp").read_text().splitlines()
    text = (GLASSES / "silicon" / "glass.toml").read_text().replace('"stillinger-weber.lmp"', repr(lines))
    glass.write_text(text)
    assert run("render", "melt-quench", "--glass", glass, "-o", tmp_path / "start").status == 0
    shear = ["simulate", "aqs", "--glass", glass, "--start", tmp_path / "start" / "start.data", "--gate", "--dry-run"]
    lengths = ["--set", "r_max=3.5", "--set", "participation_length=0.1", "--set", "predictor_limit=0.1"]
    refused(run(*shear, *lengths, "-o", tmp_path / "run"), "is not a glass", "100.0 % of the atoms are crystal-like")
    glass.write_text(f"{text}gate = false\n")
    outcome = run(*shear, *lengths, "-o", tmp_path / "run")
    assert outcome.status == 0, outcome
    assert "not tested, as the gate of this glass is switched off" in outcome.out + outcome.err
    assert not (tmp_path / "run").exists()


def test_list_and_unknown_names_point_to_files(run):
    assert "glass.toml" in run("list", "glasses").out
    refused(run("render", "quench", "--glass", "kob-anderson"), "did you mean 'kob-andersen'", "glass.toml")
