"""On a real Slurm: engine, hand-written array and laptop agree; whatever ends a job, the same command finishes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "looseness" / "job_array.sh"
pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(
        shutil.which("sbatch") is None or subprocess.run(["squeue"], capture_output=True, check=False).returncode != 0,
        reason="no Slurm that answers here (sbatch, squeue)",
    ),
]


def by_engine(file, out, *words):
    from driving import command

    return command("reproduce", file, "--out", out, "--engine", "slurm", "--quiet", *words)


def jobs(out):
    path = out / ".engine" / "jobs.json"
    arrays = json.loads(path.read_text())["arrays"] if path.exists() else []
    return {array["stage"]: array["job"] for array in arrays if array["job"]}


def queued(job):
    return subprocess.run(["squeue", "-h", "-r", "-j", job], capture_output=True, text=True, check=False).stdout.strip()


def slow_naps(file, seconds):
    file.write_text(file.read_text().replace("seconds = 0.05", f"seconds = {seconds}"))


def started(file, out, stage, monkeypatch):
    """A controller whose array of `stage` is running."""
    from driving import start, wait_until

    trace = out.with_name("trace")
    trace.touch()
    monkeypatch.setenv("TOY_TRACE", str(trace))
    controller = start("reproduce", file, "--out", out, "--engine", "slurm", "--quiet")
    assert wait_until(lambda: stage in jobs(out) and list(out.glob(f"cases/*/.{stage}.lock")), 180)
    return controller, trace


def nap_starts(trace):
    from driving import starts

    return sorted(e["case"]["item"] for e in starts(trace) if e["stage"] == "nap")


def test_engine_hand_array_and_laptop_make_the_same_products(study_file, tmp_path, monkeypatch):
    from driving import products, reproduce, scores, wait_until

    here, engine, hand = (tmp_path / name for name in ("here", "engine", "hand"))
    assert reproduce(study_file, here).returncode == 0
    told = by_engine(study_file, engine)
    assert told.returncode == 0, told.stderr
    settings = {"STUDY": study_file, "PRESET": "", "OUT": hand, "MEM": "500M", "TIME": "00:10:00", "MAX_TASKS": "3"}
    settings["LAMMPS_GLASS"] = f"{sys.executable} -m lammps_glass"
    lines = subprocess.run(
        [SCRIPT, "quench", "creep", "nap", "pair", "total"],
        env={**os.environ, **{name: str(value) for name, value in settings.items()}},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "nap: job" in lines[2]
    assert "6 cases in 3 tasks" in lines[2]  # above MAX_TASKS: two cases a task
    assert wait_until(lambda: (hand / "cases" / "all" / "total" / "manifest.json").exists(), 150)
    assert products(here) == products(engine) == products(hand)
    assert scores(here) == scores(engine)
    assert (engine / ".engine").stat().st_mode & 0o777 == 0o700
    assert jobs(engine) == {}


def test_cancelled_tasks_fail_for_now_and_the_same_command_finishes(study_file, tmp_path, monkeypatch):
    slow_naps(study_file, 6)
    out = tmp_path / "run"
    controller, _ = started(study_file, out, "nap", monkeypatch)
    job = jobs(out)["nap"]
    subprocess.run(["scancel", f"{job}_0"], check=True)  # an element
    time.sleep(3)
    subprocess.run(["scancel", job], check=True)  # and the whole array
    _, told = controller.communicate(timeout=120)
    assert controller.returncode == 3, told
    failed = [json.loads(p.read_text()) for p in out.glob("cases/*/nap.failed.json")]
    assert len(failed) >= 4
    assert all("cancelled" in f["reason"] and f["transient"] for f in failed)
    slow_naps(study_file, 6)
    told = by_engine(study_file, out)
    assert told.returncode == 0, told.stderr
    assert not list(out.glob("cases/*/*.failed.json"))


def test_a_killed_controller_finds_its_running_array_again(study_file, tmp_path, monkeypatch):
    slow_naps(study_file, 5)
    out = tmp_path / "run"
    controller, trace = started(study_file, out, "nap", monkeypatch)
    controller.send_signal(signal.SIGKILL)
    controller.communicate()
    assert queued(jobs(out)["nap"])  # it goes on
    told = by_engine(study_file, out)
    assert told.returncode == 0, told.stderr
    assert nap_starts(trace) == [1, 2, 3, 4, 5, 6]  # none ran twice


def test_interrupt_leaves_the_jobs_and_says_how_to_cancel_them(study_file, tmp_path, monkeypatch):
    slow_naps(study_file, 60)
    out = tmp_path / "run"
    controller, _ = started(study_file, out, "nap", monkeypatch)
    controller.send_signal(signal.SIGINT)
    _, told = controller.communicate(timeout=60)
    job = jobs(out)["nap"]
    assert controller.returncode == 130
    assert f"`scancel {job}" in told or f" {job}" in told
    assert queued(job)
    from driving import start, wait_until

    again = start("reproduce", study_file, "--out", out, "--engine", "slurm", "--quiet", "--cancel-on-interrupt")
    lock = out / ".controller.lock"
    assert wait_until(lambda: lock.exists() and f'"pid": {again.pid}' in lock.read_text(), 60)
    time.sleep(6)  # it asks the queue next, and attaches
    again.send_signal(signal.SIGINT)
    _, told = again.communicate(timeout=60)
    assert again.returncode == 130
    assert "cancelled the Slurm jobs" in told
    assert wait_until(lambda: not queued(job), 30)


def test_a_task_that_dies_fails_alone(study_file, tmp_path):
    out = tmp_path / "run"
    told = by_engine(study_file, out, "--set", 'stages.nap.fault="segmentation"')
    assert told.returncode == 3, told.stderr
    (failed,) = [json.loads(p.read_text()) for p in out.glob("cases/*/nap.failed.json")]
    assert "SIGSEGV" in failed["reason"]
    assert not failed["transient"]
    assert len(list(out.glob("cases/item-*/pair/manifest.json"))) == 5


@pytest.mark.slow
def test_time_limit_then_more_time(study_file, tmp_path):
    """A case of 150 s in a job of one minute; Slurm ends it late by up to a minute (its own granularity)."""
    out = tmp_path / "run"
    file = study_file.read_text().replace("item = 6", "item = 1").replace("seconds = 0.05", "seconds = 150")
    study_file.write_text(file + '\n[engine.slurm.nap]\ntime = "00:01:00"\n')
    # Slurm may let a job overrun to the next whole minute: the wait is longer than that twice.
    told = by_engine(study_file, out)
    assert told.returncode == 3, told.stderr
    (failed,) = [json.loads(p.read_text()) for p in out.glob("cases/*/nap.failed.json")]
    assert "time limit" in failed["reason"]
    study_file.write_text(file)
    told = by_engine(study_file, out)
    assert told.returncode == 0, told.stderr


def patiently(*words):
    """`driving.command` for what may take a quarter of an hour."""
    from driving import start

    process = start(*words)
    told = process.communicate(timeout=1500)[1]
    assert process.returncode == 0, told


@pytest.mark.slow
def test_time_limit_in_a_simulation_that_gets_on(study_file, tmp_path):
    """A creep of 150 s (at the pace measured first) in jobs of a minute: each goes on from the last one's segments."""
    from driving import products, reproduce, scores

    pace, here, engine = (tmp_path / name for name in ("pace", "here", "engine"))
    one = study_file.read_text().replace("{ replica = 2 }", "{ replica = 1 }").replace("item = 6", "item = 1")
    parts = "steps = 900\nsnapshot_every = 150\nsegment_steps = 150"

    def creep_of(segments):
        assert parts in one
        changed = f"steps = {1000 * segments}\nsnapshot_every = 10000\nsegment_steps = 1000"
        study_file.write_text(one.replace(parts, changed) + '\n[engine.slurm.creep]\ntime = "00:01:00"\n')
        return study_file

    assert reproduce(creep_of(30), pace).returncode == 0
    seconds = json.loads((pace / "cases/replica-1/creep/manifest.json").read_text())["seconds"]
    file = creep_of(round(30 * 150 / seconds))
    patiently("reproduce", file, "--out", engine, "--engine", "slurm", "--quiet")
    ended = [path.read_text() for path in (engine / ".engine/slurm").glob("*_log.err")]
    print(f"{sum('DUE TO TIME LIMIT' in text for text in ended)} jobs came to their time limit")
    assert any("DUE TO TIME LIMIT" in text for text in ended), "the limit was not hit"
    patiently("reproduce", file, "--out", here, "--cores", "1", "--quiet")
    assert products(engine) == products(here)
    assert scores(engine) == scores(here)
