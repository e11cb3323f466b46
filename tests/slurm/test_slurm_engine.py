"""On a fake Slurm, and on a real one: engine and laptop agree; whatever ends a job, the same command finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import products, reproduce, scores, start, wait_until
from slurm_runs import failures, jobs, nap_starts, queued, run, set_naps, start_run, started, write_part

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "looseness" / "job_array.sh"


@pytest.mark.study
def test_engine_and_laptop_make_the_same_products(any_slurm, study_file, tmp_path, monkeypatch):
    monkeypatch.setattr("driving.COMMAND", [sys.executable, "-m", "lammps_glass"])  # as it is, and not the quick one
    here, engine = tmp_path / "here", tmp_path / "engine"
    assert reproduce(study_file, here).returncode == 0
    done = run(study_file, engine)
    assert done.returncode == 0, done.stderr
    assert len(products(here)) > 17  # each of the 17 cases has some
    assert products(here) == products(engine)
    assert scores(here) == scores(engine)
    assert (engine / ".engine").stat().st_mode & 0o777 == 0o700
    assert jobs(engine) == {}


@pytest.mark.study
def test_hand_array_makes_the_same_products(any_slurm, naps_file, tmp_path):
    here, hand = tmp_path / "here", tmp_path / "hand"
    assert reproduce(naps_file, here).returncode == 0
    settings = {"STUDY": naps_file, "PRESET": "", "OUT": hand, "MEM": "500M", "TIME": "00:10:00", "MAX_TASKS": "1"}
    settings["LAMMPS_GLASS"] = f"{sys.executable} -m lammps_glass"
    lines = subprocess.run(
        [SCRIPT, "nap", "pair"],
        env={**os.environ, **{name: str(value) for name, value in settings.items()}},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "nap: job" in lines[0]
    assert "2 cases in 1 tasks" in lines[0]  # above MAX_TASKS: two cases a task
    assert wait_until(lambda: products(hand) == products(here), 150)


def test_cancelled_tasks_fail_for_now_and_the_same_command_finishes(any_slurm, tmp_path):
    file = write_part(tmp_path / "naps.toml", "nap", item=4)
    out = tmp_path / "run"
    controller = started(file, out, "nap", "--set", "engine.slurm.max_running=4", "--set", "stages.nap.seconds=60")
    job = jobs(out)["nap"]
    subprocess.run(["scancel", f"{job}_0"], check=True)  # an element
    assert wait_until(lambda: len(failures(out, "nap")) == 1, 60)
    subprocess.run(["scancel", job], check=True)  # and the whole array
    _, err = controller.communicate(timeout=120)
    assert controller.returncode == 3, err
    assert len(failures(out, "nap")) == 4
    assert all("cancelled" in failure["reason"] and failure["transient"] for failure in failures(out, "nap"))
    done = run(file, out, "--set", "engine.slurm.max_running=1")
    assert done.returncode == 0, done.stderr
    assert not failures(out, "nap")


def test_a_killed_controller_finds_its_running_array_again(any_slurm, naps_file, tmp_path, trace):
    """One nap runs and the other waits, where there is one core."""
    if any_slurm:
        any_slurm.cpus = 1
    set_naps(naps_file, 3)
    out = tmp_path / "run"
    controller = started(naps_file, out, "nap")
    controller.send_signal(signal.SIGKILL)
    controller.communicate()
    assert queued(jobs(out)["nap"])  # it goes on
    done = run(naps_file, out)
    assert done.returncode == 0, done.stderr
    assert nap_starts(trace) == [1, 2]  # none ran twice


def test_interrupt_leaves_the_jobs_and_says_how_to_cancel_them(any_slurm, nap_file, tmp_path):
    set_naps(nap_file, 60)
    out = tmp_path / "run"
    controller = started(nap_file, out, "nap")
    controller.send_signal(signal.SIGINT)
    _, err = controller.communicate(timeout=60)
    job = jobs(out)["nap"]
    assert controller.returncode == 130
    assert f"`scancel {job}`" in err
    assert queued(job)
    looks = any_slurm.looks if any_slurm else 0
    again = start_run(nap_file, out, "--cancel-on-interrupt")
    if any_slurm:  # it asks the queue, and attaches, and asks again
        assert wait_until(lambda: any_slurm.looks > looks + 1, 60)
    else:
        lock = out / ".controller.lock"
        assert wait_until(lambda: lock.exists() and f'"pid": {again.pid}' in lock.read_text(), 60)
        time.sleep(6)
    again.send_signal(signal.SIGINT)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 130
    assert f"cancelled the Slurm jobs {job}" in err
    assert wait_until(lambda: not queued(job), 30)


def test_a_task_that_dies_fails_alone(any_slurm, naps_file, tmp_path):
    out = tmp_path / "run"
    done = run(naps_file, out, "--set", 'stages.nap.fault="segmentation"', "--set", "stages.nap.at=1")
    assert done.returncode == 3, done.stderr
    (failure,) = failures(out, "nap")
    assert "SIGSEGV" in failure["reason"]
    assert not failure["transient"]
    assert [path.parts[-3] for path in out.glob("cases/*/pair/manifest.json")] == ["item-2"]


def check_time_limit_then_more_time(file: Path, out: Path, seconds: float, then: Callable[[], None]) -> None:
    """A nap of `seconds` in a job of one minute, which is less; and again as `file` says, after `then`."""
    set_naps(file, seconds)
    text = file.read_text()
    file.write_text(text + '\n[engine.slurm.nap]\ntime = "00:01:00"\n')
    done = run(file, out)
    assert done.returncode == 3, done.stderr
    (failure,) = failures(out, "nap")
    assert "time limit" in failure["reason"]
    then()
    file.write_text(text)
    done = run(file, out)
    assert done.returncode == 0, done.stderr


def test_time_limit_then_more_time(fake_slurm, nap_file, tmp_path):
    fake_slurm.minute = 1.0
    check_time_limit_then_more_time(nap_file, tmp_path / "run", 2, lambda: setattr(fake_slurm, "minute", 60.0))


@pytest.mark.slurm
@pytest.mark.slow
def test_real_time_limit_then_more_time(real_slurm, nap_file, tmp_path):
    """Slurm lets a job overrun to the next whole minute: the nap is longer than that twice."""
    check_time_limit_then_more_time(nap_file, tmp_path / "run", 150, lambda: None)


@pytest.mark.study
def test_time_limit_in_a_simulation_that_gets_on(fake_slurm, tmp_path):
    """A creep that comes to its limit twice goes on from the segments of the job before; the products are identical."""
    here, engine = tmp_path / "here", tmp_path / "engine"
    file = write_part(tmp_path / "creep.toml", "quench", "creep", replica=1)
    changes = {"steps": 20_000, "snapshot_every": 10_000, "segment_steps": 1_000}
    sets = [word for name, value in changes.items() for word in ("--set", f"stages.creep.{name}={value}")]
    controller = start_run(file, engine, *sets)
    limited: list[str] = []

    def segments() -> int:
        return len(list(engine.glob("cases/*/.tmp-creep-*/segments/*.restart")))

    while len(limited) < 2:
        behind = segments()
        assert wait_until(lambda: segments() > behind, 60), "no segment was written"  # noqa: B023
        assert jobs(engine)["creep"] not in limited, "the case was not submitted again"
        limited.append(jobs(engine)["creep"])
        fake_slurm.reach_time_limit(limited[-1])
        assert wait_until(lambda: fake_slurm.states(limited[-1]) == ["TIMEOUT"], 30)
    _, err = controller.communicate(timeout=120)
    assert controller.returncode == 0, err
    assert reproduce(file, here, *sets).returncode == 0
    assert products(engine) == products(here)


def patiently(*words):
    """`driving.command` for what may take a quarter of an hour."""
    process = start(*words)
    err = process.communicate(timeout=1500)[1]
    assert process.returncode == 0, err


@pytest.mark.slurm
@pytest.mark.slow
def test_real_time_limit_in_a_simulation_that_gets_on(real_slurm, study_file, tmp_path):
    """A creep of 150 s (at the pace measured first) in jobs of a minute: each goes on from the last one's segments."""
    pace, here, engine = (tmp_path / name for name in ("pace", "here", "engine"))
    one = study_file.read_text().replace("replicas = 2", "replicas = 1").replace("item = 6", "item = 1")
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
