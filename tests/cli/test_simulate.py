"""`simulate`: a record as the Python API makes it, resumed, kept, and refused in one line."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot, simulate
from lammps_glass.cli import main
from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate import EngineOptions, Record
from lammps_glass.simulate.protocols import Quench
from lammps_glass.simulate.run import run_segment

QUENCH = {"liquid": 300, "cooling": 300, "segment_steps": 150, "thermo_every": 50}
GLASS = ["--glass", "kob-andersen", "--set", "n_particles=200"]
SET = [word for key, value in QUENCH.items() for word in ("--set", f"{key}={value}")]


@pytest.fixture(scope="module")
def quenched(tmp_path_factory) -> Path:
    """The folder of a quench that the command has made."""
    folder = tmp_path_factory.mktemp("runs") / "glasses" / "1"  # neither folder exists
    assert main(["simulate", "quench", *GLASS, *SET, "--seed", "4", "-o", str(folder), "--quiet"]) == 0
    return folder


def _bytes(folder: Path) -> dict[str, bytes]:
    """All files but the log, which has times."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "log.lammps"}


def refused(outcome, *words: str, status: int = 2) -> None:
    assert outcome.status == status, outcome
    assert outcome.out == ""
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line, (word, line)


def test_the_record_is_that_of_the_function(quenched, tmp_path):
    record = simulate.quench(KobAndersen(n_particles=200), seed=4, directory=tmp_path / "api", **QUENCH)
    assert _bytes(quenched) == _bytes(record.directory)
    assert Record.open(quenched).protocol == record.protocol


def test_an_interrupted_run_is_resumed_with_the_same_bits(run, quenched, tmp_path):
    glass, folder = KobAndersen(n_particles=200), tmp_path / "cut"
    protocol = Quench(**QUENCH)
    plan = protocol.prepare(glass, 4, folder)
    for segment in (1, 2):
        run_segment(protocol, plan, segment, EngineOptions())
    words = ["simulate", "quench", *GLASS, *SET, "--seed", 4, "-o", folder]
    assert "would resume" in run(*words, "--dry-run").out
    assert run(*words, "--json").json["state"] == "resumed"
    assert _bytes(folder) == _bytes(quenched)


def test_a_finished_run_is_not_run_again(run, quenched):
    before = {path: path.stat().st_mtime_ns for path in quenched.iterdir()}
    outcome = run("simulate", "quench", *GLASS, *SET, "--seed", 4, "-o", quenched, "--replace")
    assert outcome.status == 0
    assert "nothing to do" in outcome.out
    assert {path: path.stat().st_mtime_ns for path in quenched.iterdir()} == before


def test_other_parameters_are_named_and_replaced_on_demand_only(run, quenched, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(quenched, folder)
    (folder / "notes.txt").write_text("mine")
    words = ["simulate", "quench", *GLASS, *SET, "-o", folder, "--set", "cooling=450", "--set", "glass.density=1.1"]
    before = _bytes(folder)
    refused(
        run(*words), "protocol.cooling = 300, now 450", "glass.density = 1.2, now 1.1", "seed = 4, now 1", "--replace"
    )
    assert "would replace" in run(*words, "--replace", "--dry-run").out
    refused(run("simulate", "creep", "--start", quenched, "-o", folder), "protocol quench, now creep")
    assert _bytes(folder) == before
    assert run(*words, "--replace", "--json").json["state"] == "replaced"
    assert Record(folder).identity["protocol"]["options"]["cooling"] == 450
    assert Record(folder).identity["seed"] == 1  # the default
    assert (folder / "notes.txt").read_text() == "mine"


def test_products_of_the_replaced_run_do_not_stay(run, quenched, tmp_path):
    shear = [
        "--set",
        "max_strain=2e-3",
        "--set",
        "strain_step=5e-4",
        "--set",
        "block_strain=1e-3",
        "--set",
        "r_max=2.0",
    ]
    shear += ["--set", "segment_steps=2"]
    folder = tmp_path / "run"
    assert run("simulate", "aqs", "--start", quenched, *shear, "-o", folder).status == 0
    assert (folder / "d2min.parquet").is_file()
    assert run("simulate", "inherent", "--start", quenched, "-o", folder, "--replace").status == 0
    assert not (folder / "d2min.parquet").exists()


def test_starts_from_a_record_and_from_a_file_are_the_same(run, quenched, tmp_path):
    words = ["simulate", "creep", "--set", "steps=60", "--set", "snapshot_every=30"]
    out = run(*words, "--start", quenched, "-o", tmp_path / "a", "--json").json
    assert (out["glass"], out["n_particles"], out["frames"], out["seed"]) == ("kob-andersen", 200, 3, 1)
    from_file = ["--start", quenched / "final.lammpstrj.gz", *GLASS]
    assert run(*words, *from_file, "-o", tmp_path / "b").status == 0
    a, b = (Record(tmp_path / name) for name in "ab")
    np.testing.assert_array_equal(a.final.positions, b.final.positions)
    assert a.identity == b.identity


def test_a_protocol_of_frames_takes_all_frames_of_a_file(run, dumps, tmp_path):
    path = dumps.trajectory(tmp_path / "t.lammpstrj", 3)
    words = ["simulate", "inherent", "--glass", "kob-andersen", "--start", path, "-o", tmp_path / "i"]
    assert run(*words, "--dry-run", "--json").json["segments"] == 3
    assert not (tmp_path / "i").exists()
    assert run(*words, "--json").json["frames"] == 3
    assert Record(tmp_path / "i").steps == [0, 100, 200]
    assert Record(tmp_path / "i").thermo["converged"].all()


def test_types_name_the_species_of_a_data_file(run, quenched, tmp_path):
    """Type 1 is B: named so, the start is that of the record, as its energy shows."""
    final = Record(quenched).final
    swapped = Snapshot(final.cell, final.positions, 1 - final.types, ("B", "A"), ids=final.ids)
    swapped.write(tmp_path / "start.data")
    words = ["simulate", "inherent", "--start", tmp_path / "start.data", *GLASS, "--types", "B,A", "-o", tmp_path / "i"]
    energy = run(*words, "--json").json["energy_per_particle"]
    assert energy == pytest.approx(Record(quenched).thermo["pe"].iloc[-1] / 200, rel=1e-8)  # minimised again


DATA = """four atoms

{n} atoms
2 atom types

0 {edge} xlo xhi
0 {edge} ylo yhi
0 {edge} zlo zhi

Masses

1 {first}
2 {second}

Atoms # atomic

{rows}
"""


@pytest.fixture
def metal(tmp_path) -> Callable[[str, str], Path]:
    """Write a data file of Cu and Zr on cubic sites with masses by type; type 1 is every other particle."""

    def write(first: str, second: str) -> Path:
        sites = 2.7 * np.stack(np.meshgrid(*[np.arange(6)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        rows = "\n".join(f"{i} {1 + i % 2} {x} {y} {z}" for i, (x, y, z) in enumerate(sites.tolist(), start=1))
        path = tmp_path / "in.data"
        path.write_text(DATA.format(n=len(sites), edge=16.2, first=first, second=second, rows=rows))
        return path

    return write


@pytest.mark.parametrize(
    "words",
    [
        ["describe", "{path}", "-d", "pair-entropy", "--glass", "cu-zr", "-o", "{out}"],
        ["label", "d2min", "{path}", "{path}", "--r-max", 3.85, "--glass", "cu-zr", "-o", "{out}"],
        ["simulate", "inherent", "--start", "{path}", "--glass", "cu-zr", "-o", "{out}"],
        ["simulate", "aqs", "--start", "{path}", "--glass", "cu-zr", "-o", "{out}"],
        ["render", "aqs", "--start", "{path}", "--glass", "cu-zr", "-o", "{out}"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_masses_of_a_data_file_are_compared_wherever_it_enters(run, metal, tmp_path, words):
    """Zr is type 1: refused by the masses, until --types says so; --types against the masses is refused again."""
    out = tmp_path / "out.parquet"
    path = metal("91.224", "63.546")
    words = [str(word).format(path=path, out=out) for word in words]
    for more in ([], ["--types", "Cu,Zr"]):
        refused(run(*words, *more), "in.data", "has the mass", "--types")
        assert not out.exists()
    assert run(*words, "--types", "Zr,Cu", *(["--dry-run"] if words[0] == "simulate" else [])).status == 0


@pytest.mark.parametrize(
    ("words", "reasons"),
    [
        (["aqs", *GLASS, "--set", "r_max=2.0"], ["aqs starts from a configuration", "--start"]),
        (["relax", *GLASS], ["relax starts from frames", "--start"]),
        (["creep"], ["no glass is named", "--glass", "--start"]),
        (["crep", *GLASS], ["did you mean 'creep'"]),
        (["quench", "--glass", "cu-zr"], ["melt-quench"]),
        (["melt-quench", *GLASS], ["metal units"]),
        (["quench", *GLASS, "--set", "coling=3"], ["--set coling=3", "protocol.cooling"]),
        (["quench", *GLASS, "--set", "cooling=-3"], ["cooling = -3"]),
        (["quench", "--glass", "kob-andersen", "--set", "n_particles=20"], ["too small for the cutoff"]),
        (["creep", *GLASS, "--start", "none.dump"], ["none.dump: no such file"]),
        (["creep", "--start", "empty"], ["empty", "no run has made"]),
        (["creep", "--start", "{quenched}", "--glass", "cu-zr"], ["units"]),
        (["aqs", "--start", "{quenched}", "--glass", "cu-zr"], ["{quenched}", "snapshot has units 'lj'"]),
        (["aqs", "--start", "copper.data", *GLASS], ["copper.data", "species Cu is not one"]),  # not: give r_max
        (["creep", "--start", "{quenched}", "--types", "A,B"], ["--types"]),
        (["creep", "--start", "{quenched}", "--set", "steps=0"], ["steps = 0"]),
    ],
)
def test_bad_input_creates_nothing(run, quenched, tmp_path, monkeypatch, words, reasons):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    copper = Snapshot(Cell.orthogonal([9.0] * 3), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 0], ("Cu",))
    copper.write(tmp_path / "copper.data")
    words = [word.format(quenched=quenched) for word in words]
    reasons = [reason.format(quenched=quenched) for reason in reasons]
    refused(run("simulate", *words, "-o", "deep/out"), *reasons)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copper.data", "empty"]


def test_folders_that_cannot_be_taken(run, quenched, tmp_path):
    words = ["simulate", "creep", "--start", quenched, "-o"]
    refused(run(*words, quenched, "--replace"), "cannot start from its own folder")
    (tmp_path / "file").write_text("")
    refused(run(*words, tmp_path / "file"), "not a folder")
    refused(run(*words, tmp_path / "file" / "deep"), "not a folder")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "in.lmp").write_text("units lj")
    refused(run(*words, tmp_path / "other", "--replace"), "in.lmp", "choose another")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["in.lmp"]


def test_two_processes_do_not_share_a_folder(run, quenched, tmp_path):
    from lammps_glass.workflow.locks import Lock

    with Lock(tmp_path / "run" / ".lock") as lock:
        assert lock.acquire()
        refused(run("simulate", "creep", "--start", quenched, "-o", tmp_path / "run"), "another process")
    assert os.listdir(tmp_path / "run") == []
