"""status, init, validate, clean, and progress where there is no terminal."""

from __future__ import annotations

import json
import logging
import tomllib
from pathlib import Path

import pytest

from lammps_glass.cli.app import run
from lammps_glass.cli.study_state import study_state
from lammps_glass.resources import data_path
from lammps_glass.workflow import Study, progress, run_case
from lammps_glass.workflow.cleaning import Removable, removable, remove
from lammps_glass.workflow.progress import Progress
from lammps_glass.workflow.task_table import TaskTable

SETTINGS = {
    "glass.n_particles": 200,
    "stages.quench.over": {"replica": 1},
    "stages.quench.liquid": 50,
    "stages.quench.cooling": 200,
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose quench of replica 1 is done."""
    study = Study.read("looseness", "smoke", tmp_path_factory.mktemp("study") / "run", SETTINGS)
    run_case(study, study.case("quench", 0))
    return study


def test_status_shows_done_running_and_failed(study, capsys):
    creep = study.case("creep", 0)
    stages = {stage["stage"]: stage for stage in study_state(study)["stages"]}
    assert stages["quench"]["done"] == 1
    assert stages["quench"]["left"] == 0
    assert stages["creep"]["running"] == 0
    lock = study.store.lock(creep)
    assert lock.acquire()
    try:
        stages = {stage["stage"]: stage for stage in study_state(study)["stages"]}
        assert stages["creep"]["running"] == 1
    finally:
        lock.release()
    key = study.key(creep, study.input_hashes(creep))
    study.store.record_failure(creep, {"reason": "atoms lost", "status": 3, "log": "the tail", "key": key})
    assert run(["status", str(study.out), "--watch", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["failed"][0]["reason"] == "atoms lost"
    assert {s["stage"]: s["failed"] for s in found["stages"]}["creep"] == 1
    assert run(["status", str(study.out)]) == 0
    text = capsys.readouterr().out
    assert "atoms lost" in text
    assert "the tail" in text
    study.store.failure_path(creep).unlink()


def test_clean_lists_then_removes_leftovers_and_nothing_that_is_held(study, capsys):
    case = study.store.folder(study.case("creep", 0)).parent
    for name in (".tmp-creep-1/segments", ".old-creep-2", ".tmp-relax-3"):
        (case / name).mkdir(parents=True)
        (case / name / "file").write_bytes(bytes(1000))
    held = study.store.lock(study.case("relax", 0))
    assert held.acquire()
    try:
        assert run(["clean", str(study.out), "--json", "--dry-run"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert [(Path(row["file"]).name, row["size"]) for row in rows] == [
            (".old-creep-2", 1000),
            (".tmp-creep-1", 1000),
        ]
        assert run(["clean", str(study.out)]) == 2, "nobody to ask"
        assert (case / ".old-creep-2").is_dir()
        assert run(["clean", str(study.out), "--yes"]) == 0
    finally:
        held.release()
    assert not (case / ".tmp-creep-1").exists()
    assert (case / ".tmp-relax-3").exists()
    assert study.is_done(study.case("quench", 0))


def _trajectories(study: Study) -> list[Removable]:
    return [item for item in removable(study, frames=True) if item.case == study.case("quench", 0)]


def test_trajectories_go_when_all_who_read_them_are_done(study, monkeypatch):
    case = study.case("quench", 0)
    folder = study.store.folder(case)
    manifest = study.store.require_manifest(case)
    # A trajectory of its own for the quench: the study's smallest finished case stands for any simulation.
    (folder / "frames.lammpstrj.gz").write_bytes(b"frames")
    manifest.products["frames.lammpstrj.gz"] = {"bytes": 6, "sha256": "0"}  # type: ignore[index]
    manifest.write(folder)
    study.forget()
    before = study.products_hash(case)
    assert not _trajectories(study), "its readers are not done"
    done = study.is_done
    monkeypatch.setattr(study, "is_done", lambda one: one.stage != "quench" or done(one))
    items = _trajectories(study)
    assert [item.path.name for item in items] == ["frames.lammpstrj.gz"]
    assert not any(item.case for item in removable(study)), "trajectories go only when asked for"
    remove(study, items)
    assert not (folder / "frames.lammpstrj.gz").exists()
    monkeypatch.undo()
    study.forget()
    assert study.is_done(case)
    assert study.products_hash(case) == before


def test_init_writes_a_commented_file_that_is_valid(tmp_path, capsys):
    name = str(tmp_path / "mine")
    assert run(["init", name]) == 0
    path = tmp_path / "mine.toml"
    bundled = data_path("examples", "looseness", "study.toml")
    assert tomllib.loads(path.read_text()) == tomllib.loads(bundled.read_text()), "comments change no value"
    assert path.read_text().count("  # ") >= 20
    assert run(["validate", str(path)]) == 0
    assert "presets paper, laptop, demo, smoke" in capsys.readouterr().out
    assert run(["init", name]) == 2
    assert "exists already" in capsys.readouterr().err
    assert Study.read(path, "smoke", tmp_path / "run").params(Study.read("looseness", "smoke").case("quench", 0))


@pytest.mark.parametrize("quiet", [False, True])
def test_progress_without_a_terminal_is_a_line_a_minute_and_goes_to_the_log(study, quiet, monkeypatch, capsys, caplog):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    caplog.set_level(logging.INFO, logger="lammps_glass")
    with Progress(TaskTable(study), 2, quiet=quiet) as shown:
        for _ in range(150):  # two and a half minutes, a look a second
            now[0] += 1.0
            shown.show()
        lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (0 if quiet else 2)
    assert len(caplog.records) == 3, "a line a minute, and one at the end"
    assert "cases done" in caplog.text
