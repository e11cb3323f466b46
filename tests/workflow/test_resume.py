"""What is run again, and what is not; how many at once; and twenty thousand cases."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import toy
from driving import products, reproduce as reproduce_command, run_here, starts

from lammps_glass.errors import InputError
from lammps_glass.workflow import Study, reproduce
from lammps_glass.workflow.folder import take_folder
from lammps_glass.workflow.locks import Lock
from lammps_glass.workflow.manifest import Manifest, inventory
from lammps_glass.workflow.task_table import TaskTable

STAGES = ["nap", "pair"]


@pytest.fixture
def light(tmp_path) -> Path:
    """The toy without simulations."""
    text = toy.STUDY
    for name in ("quench", "creep"):
        head, _, tail = text.partition(f"[stages.{name}]")
        text = head + tail[tail.index("[stages.") :]
    path = tmp_path / "light.toml"
    path.write_text(text[: text.index("[stages.total]")] + text[text.index("[presets") :])
    return path


@pytest.fixture
def done(light, tmp_path, trace) -> Path:
    run_here(tmp_path / "out", light)
    trace.write_text("")
    return tmp_path / "out"


def ran(trace: Path) -> dict[str, int]:
    stages = [event["stage"] for event in starts(trace)]
    return {stage: stages.count(stage) for stage in STAGES if stage in stages}


def test_nothing_changed_nothing_runs(done, light, trace):
    run_here(done, light)
    assert ran(trace) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("stages.pair.shift=2", {"pair": 6}),
        ("stages.nap.n_bytes=101", {"nap": 6, "pair": 6}),
        ("stages.nap.seconds=0.02", {"nap": 6}),  # its products come out equal: the readers stay
        ("study.seed=4", {"nap": 6, "pair": 6}),
        ("engine.chunk_seconds=9.0", {}),
        ("stages.nap.over={ item = 7 }", {"nap": 1}),
    ],
)
def test_a_change_runs_what_reads_it(change, expected, done, light, trace):
    run_here(done, light, change, replace=True)
    assert ran(trace) == expected


def refusal(done: Path, light: Path, *sets: str) -> str | None:
    """Return the line with which `reproduce` refuses changes, which must leave the folder as it is; None otherwise."""

    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in done.rglob("*") if path.is_file()}

    before = files()
    process = reproduce_command(light, done, *(word for text in sets for word in ("--set", text)))
    if process.returncode == 0:
        return None
    assert process.returncode == 2
    assert files() == before
    (line,) = process.stderr.splitlines()
    return line


def test_changes_that_would_run_finished_cases_again_are_refused(done, light, trace):
    """One line names every difference, and the finished cases by stage."""
    line = refusal(done, light, "stages.nap.n_bytes=101", "stages.pair.shift=2")
    assert line is not None
    for text in (
        "stages.nap.n_bytes = (none), now 101",
        "stages.pair.shift = (none), now 2",
        "6 of nap, 6 of pair",
        "--replace",
    ):
        assert text in line
    line = refusal(done, light, "stages.pair.shift=2")
    assert line is not None
    assert "run again: 6 of pair;" in line
    assert starts(trace) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("stages.nap.over={ item = 7 }", {"nap": 1}),  # more cases
        ("stages.pair.over={ item = 5 }", {}),  # fewer: nothing is run again
        ("engine.cores=1", {}),
    ],
)
def test_changes_that_run_no_finished_case_again_go_on(change, expected, done, light, trace):
    assert refusal(done, light, change) is None
    assert ran(trace) == expected


def test_a_finished_folder_goes_on_with_its_own_parameters(light, tmp_path, trace):
    """Also when the preset that it was made with has changed in the meantime."""
    out = tmp_path / "out"
    reproduce(Study.read(light, "many", out), cores=2, quiet=True)
    trace.write_text("")
    light.write_text(light.read_text().replace("seconds = 0.05", "seconds = 0.05\nn_bytes = 7"))
    assert reproduce_command(out, out).returncode == 0
    assert ran(trace) == {}
    with pytest.raises(InputError, match=r"stages\.nap\.n_bytes = \(none\), now 7.*6 of nap"):
        reproduce(Study.read(light, "many", out), cores=2, quiet=True)


def test_rerun_of_a_stage_of_a_study_that_has_grown(done, light, trace):
    run_here(done, light, "stages.nap.over={ item = 7 }", rerun=["pair"])
    assert ran(trace) == {"nap": 1, "pair": 6}


def test_raised_version_runs_again_and_new_package_only_warns(done, light, trace, monkeypatch, caplog):
    caplog.set_level(logging.WARNING, "lammps_glass")
    monkeypatch.setattr("lammps_glass.__version__", "99.0")
    run_here(done, light)
    assert ran(trace) == {}
    assert "they are kept" in caplog.text
    monkeypatch.setitem(toy.RECIPE.operations, "pair", replace(toy.pair, version=2))
    assert [len(Study.read(light, None, done).missing(stage)) for stage in STAGES] == [0, 6]


def test_rerun_of_a_stage(done, light, trace):
    before = products(done)
    run_here(done, light, rerun=["nap"])
    assert ran(trace) == {"nap": 6}
    assert products(done) == before


def test_never_more_tasks_than_cores_and_one_thread_each(light, tmp_path, trace):
    run_here(tmp_path / "out", light, "stages.nap.seconds=0.2")
    alive = most = 0
    for event in map(json.loads, trace.read_text().splitlines()):
        if event["stage"] == "nap":
            alive += 1 if event["event"] == "start" else -1
            most = max(most, alive)
            assert event["threads"] == ["1"] * 4
    assert most == 2


def nap_processes(trace: Path) -> list[int]:
    return [event["pid"] for event in starts(trace) if event["stage"] == "nap"]


def test_a_worker_takes_case_after_case_until_it_is_old_or_one_failed(light, tmp_path, trace):
    study = Study.read(light, None, tmp_path / "one", ["engine.chunk_seconds=60.0"])
    reproduce(study, cores=1, quiet=True)
    assert len(nap_processes(trace)) == 6
    assert len({event["pid"] for event in starts(trace)}) == 1
    trace.write_text("")
    reproduce(Study.read(light, None, tmp_path / "old", ["engine.chunk_seconds=0.01"]), cores=1, quiet=True)
    assert len(set(nap_processes(trace))) == 6
    trace.write_text("")
    sets = ["engine.chunk_seconds=60.0", "stages.nap.fault=raise"]  # the third case
    reproduce(Study.read(light, None, tmp_path / "bad", sets), cores=1, quiet=True)
    first, second, third, *others = nap_processes(trace)
    assert first == second == third
    assert len(set(others)) == 1
    assert others[0] != third


def test_stages_with_like_names_leave_each_other_alone(light, tmp_path):
    """`.tmp-nap-*` matches the working folder of a stage called `nap-long`, which must not be swept away."""
    text = light.read_text()
    start = text.index("[stages.nap]")
    block = text[start : text.index("[stages.pair]")]
    light.write_text(text[:start] + block.replace("stages.nap", "stages.nap-long") + text[start:])
    study = Study.read(light, None, tmp_path / "out")
    with study.store.work(study.case("nap-long", 0), "key") as other, study.store.work(study.case("nap", 0), "key"):
        assert other.exists()


def test_lock_of_a_dead_process_is_taken_over_and_of_a_living_one_is_not(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    holder = {**second.holder(), "pid": 2**22 - 1}
    (tmp_path / "lock").write_text(json.dumps(holder))
    third = Lock(tmp_path / "lock")
    assert third.acquire()
    second.release()
    assert third.holder()["token"] == third.token, "who lost the lock must not release the new holder's"
    third.release()
    assert list(tmp_path.iterdir()) == []


def _written(path: Path, silent: float, **holder: object) -> Lock:
    """A lock of another host, whose last heartbeat was `silent` seconds ago."""
    path.write_text(json.dumps({"host": "elsewhere", "pid": 1, "token": "t", **holder}))
    os.utime(path, (time.time() - silent,) * 2)
    return Lock(path)


def test_a_requeued_job_takes_over_its_own_lock(tmp_path, monkeypatch):
    """Slurm gives the same job another node: its lock from before names a host where nobody can be asked."""
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "2")
    before = {"job": "17", "restart": 1}
    for other in ({"job": "17", "restart": 2}, {"job": "18", "restart": 0}, {"job": "", "restart": 0}):
        assert not _written(tmp_path / "lock", 0.0, **other).acquire(), other
    lock = _written(tmp_path / "lock", 0.0, **before)
    assert lock.acquire()
    assert (lock.holder()["job"], lock.holder()["restart"]) == ("17", 2)
    lock.release()
    monkeypatch.delenv("SLURM_RESTART_COUNT")  # the job's first run: nothing of its own can be old
    assert not _written(tmp_path / "lock", 0.0, job="17", restart=0).acquire()


@pytest.mark.parametrize(
    ("script", "silent", "stale"),
    [
        ("echo RUNNING", 100, False),
        ("echo PENDING", 100, True),  # put back into the queue: that run of it has ended
        ("true", 100, True),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", 100, True),
        ("echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1", 100, False),
        ("true", 60, False),  # two heartbeats late: nobody is asked yet
        ("echo RUNNING", 700, True),  # ten minutes: whatever Slurm says, the process hangs
    ],
)
def test_silent_lock_of_a_slurm_job(script, silent, stale, tmp_path, monkeypatch):
    squeue = tmp_path / "bin" / "squeue"
    squeue.parent.mkdir()
    squeue.write_text(f"#!/bin/sh\n{script}\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(squeue.parent), prepend=os.pathsep)
    assert _written(tmp_path / "lock", silent, job="17").is_stale() == stale


@pytest.fixture
def finished(light, tmp_path):
    """Folder of a light study of ``2 n`` cases, all done."""

    def make(n: int) -> Path:
        file, out = tmp_path / f"{n}.toml", tmp_path / f"out-{n}"
        file.write_text(light.read_text().replace("item = 6", f"item = {n}"))
        study = Study.read(file, None, out)
        take_folder(study.file, study.out, exact=False)
        for case in study.all_cases():
            _finish(study, case)
        return out

    return make


@pytest.mark.study
def test_twenty_thousand_cases(finished):
    """All are listed and found done; how long that takes is measured in benchmarks/bench_workflow.py."""
    out = finished(10_000)
    study = Study.read(out)
    cases = list(study.all_cases())
    assert len(cases) == 20_000
    assert all(study.is_done(case) for case in cases)
    table = TaskTable(Study.read(out))
    assert {name: table.stages[name].by_state["done"] for name in STAGES} == {"nap": 10_000, "pair": 10_000}


def test_work_of_status_grows_as_the_cases(finished):
    """Calls are counted, not seconds: a machine may be busy. Ten times the cases, at most eleven times the calls."""

    def calls(out: Path) -> int:
        events: Counter[str] = Counter()
        sys.setprofile(lambda frame, event, argument: events.update([event]))
        try:
            TaskTable(Study.read(out))
        finally:
            sys.setprofile(None)
        return events["call"] + events["c_call"]

    few, many = finished(100), finished(1000)
    calls(few)  # what is imported on the way is not counted
    ratio = calls(many) / calls(few)
    assert 1 < ratio < 11


def _finish(study, case) -> None:
    """What a finished case leaves, without the work and without fsync."""
    folder = study.store.folder(case)
    folder.mkdir(parents=True)
    (folder / "value.json").write_text(str(case.index))
    inputs = study.input_hashes(case)
    texts = dict.fromkeys(["params_hash", "started", "finished", "host"], "")
    numbers = {"seed": 1, "ranks": 1, "seconds": 0.1, "peak_memory": 1}
    names = {"study": "toy", "stage": case.stage, "case": case.name, "conditions": dict(case.conditions)}
    manifest = Manifest(
        **names,
        **texts,
        **numbers,
        params=study.params(case),
        inputs=inputs,
        key=study.key(case, inputs),
        products=inventory(folder),
        versions={},
    )
    manifest.write(folder)
