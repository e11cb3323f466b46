"""Kills, faults of cases, full disks, damaged products, and two at work on one folder."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import toy
from driving import (
    command,
    processes,
    products,
    reproduce,
    run_here,
    running,
    scores,
    start,
    starts,
    unsound,
    wait_until,
)

from lammps_glass.errors import NotReadyError
from lammps_glass.workflow import Study, run_case

pytestmark = pytest.mark.study

#: Without the molecular dynamics: for tests of the bookkeeping.
SHORT = [
    "stages.quench.liquid=1",
    "stages.quench.cooling=1",
    "stages.quench.over={ replica = 1 }",
    "stages.creep.steps=2",
    "stages.creep.snapshot_every=1",
    "stages.creep.over={ replica = 1 }",
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "toy.toml").write_text(toy.STUDY)
    done = reproduce(folder / "toy.toml", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture
def copied(undisturbed, tmp_path) -> Path:
    """A finished run that a test may damage."""
    shutil.copytree(undisturbed, tmp_path / "out")
    return tmp_path / "out"


def test_one_core_gives_what_two_give(undisturbed, study_file, tmp_path):
    assert reproduce(study_file, tmp_path / "out", cores=1).returncode == 0
    assert products(tmp_path / "out") == products(undisturbed)
    assert scores(tmp_path / "out") == scores(undisturbed)


# -- kills -------------------------------------------------------------------------------------------------------------


def kill_once(study: Path, out: Path, rng: random.Random, victim: str) -> bool:
    """Start, kill `victim` while a case runs, and look at what is left; False when no case was running any more."""
    controller = start("reproduce", study, "--out", out, "--quiet", "--retry-failed")
    at_work = ranks_of if victim == "rank" else running
    wait_until(lambda: at_work(out) or controller.poll() is not None, 60)
    end = time.monotonic() + (rng.uniform(0.0, 0.5) if victim == "rank" else rng.uniform(0.1, 1.5))
    while time.monotonic() < end and controller.poll() is None:
        time.sleep(0.01)
    if not wait_until(lambda: at_work(out) or controller.poll() is not None, 60) or not (held := at_work(out)):
        controller.communicate()
        return False
    target = controller.pid if victim == "controller" else rng.choice(held)[1]
    try:
        os.kill(target, signal.SIGKILL)
    except ProcessLookupError:
        controller.communicate()
        return False
    assert not unsound(out)
    if victim == "controller":
        assert wait_until(lambda: not processes(out), 5), [p.cmdline() for p in processes(out)]
    controller.communicate(timeout=600)  # ranks wait busily: on a full machine they crawl
    assert wait_until(lambda: not processes(out), 5)
    assert not unsound(out)
    return True


def ranks_of(out: Path) -> list[tuple[str, int]]:
    """Like `running`, for the MPI ranks of cases."""
    ranks = []
    for process in processes(out):
        with suppress(psutil.Error):  # it may end between two looks
            if "lammps_glass.workflow.mpi" in process.cmdline():
                ranks.append(("", process.pid))
    return ranks


def kills(
    undisturbed: Path, study: Path, out: Path, number: int, seed: int, victims: tuple[str, ...] = ("controller", "task")
) -> None:
    rng = random.Random(seed)
    hits = 0
    for _ in range(4 * number):
        if hits == number:
            break
        hits += kill_once(study, out, rng, victims[hits % len(victims)])
        if (out / "summary.json").is_file() and json.loads((out / "summary.json").read_text())["status"] == "complete":
            assert products(out) == products(undisturbed)
            shutil.rmtree(out)  # finished between two kills: the rest of the kills hit a new run
    assert hits == number
    done = reproduce(study, out, "--retry-failed")
    assert done.returncode == 0, done.stderr
    assert products(out) == products(undisturbed)
    assert scores(out) == scores(undisturbed)


def test_three_kills(undisturbed, study_file, tmp_path):
    kills(undisturbed, study_file, tmp_path / "out", 3, seed=1)


@pytest.mark.slow
def test_twenty_kills(study_file, tmp_path):
    """The creeps on two ranks each, so that a rank may be the victim too."""
    pytest.importorskip("mpi4py", reason="ranks need mpi4py: pip install 'lammps-glass[mpi]'")
    study_file.write_text(toy.STUDY.replace("stress = 0.3", "stress = 0.3\nranks = 2"))
    assert reproduce(study_file, tmp_path / "undisturbed").returncode == 0
    kills(tmp_path / "undisturbed", study_file, tmp_path / "out", 20, 2, ("controller", "task", "rank"))


KILL_IN_COMMIT = """
import os, signal, sys
from lammps_glass.workflow import Study, run_case, store
store.commit_hook = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == sys.argv[3] else None
study = Study.read(sys.argv[1], None, sys.argv[2])
run_case(study, study.case("nap", 0))
"""


@pytest.mark.parametrize("step", ["written", "synced", "manifest", "set aside", "renamed"])
def test_killed_at_each_step_of_the_commit(step, undisturbed, study_file, tmp_path):
    out = tmp_path / "out"
    if step == "set aside":  # there is something to set aside: a folder that another version made
        study = Study.read(study_file, None, out, ["stages.nap.n_bytes=7"])
        run_case(study, study.case("nap", 0))
        shutil.copy(undisturbed / "study.toml", out / "study.toml")
    done = subprocess.run([sys.executable, "-c", KILL_IN_COMMIT, str(study_file), str(out), step], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not unsound(out)
    assert (out / "cases/item-1/nap").exists() == (step == "renamed")
    study = Study.read(study_file, None, out)
    study.store.sweep()
    run_case(study, study.case("nap", 0))
    folder = study.store.folder(study.case("nap", 0))
    assert {p.name for p in folder.parent.iterdir()} == {"nap"}
    expected = {k: v for k, v in products(undisturbed).items() if k.startswith("cases/item-1/nap/")}
    assert products(out) == expected


def test_interrupt_ends_everything(study_file, tmp_path):
    out = tmp_path / "out"
    controller = start("reproduce", study_file, "--out", out, "--set", "stages.nap.seconds=60")
    assert wait_until(lambda: len(running(out)) == 2, 60)
    sent = time.monotonic()
    controller.send_signal(signal.SIGINT)
    _, err = controller.communicate(timeout=20)
    assert time.monotonic() - sent < 10
    assert controller.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not processes(out)
    assert not unsound(out)


# -- two on one folder -------------------------------------------------------------------------------------------------


def test_second_controller_is_told_who_holds_the_folder(study_file, tmp_path):
    out = tmp_path / "out"
    words = [*(w for s in SHORT for w in ("--set", s)), "--set", "stages.nap.seconds=1.0"]
    first = start("reproduce", study_file, "--out", out, "--quiet", *words)
    assert wait_until(lambda: running(out), 60)
    before = (out / "study.toml").read_text()
    second = command("reproduce", study_file, "--out", out, "--set", "stages.nap.seconds=2.0")
    assert second.returncode == 2
    assert f"process {first.pid} on " in second.stderr
    assert (out / "study.toml").read_text() == before, "the children of the first read this file"
    first.kill()
    first.communicate()
    third = reproduce(study_file, out, *words)
    assert third.returncode == 0, third.stderr


def test_two_hand_arrays_run_each_case_once(study_file, tmp_path, trace):
    out = tmp_path / "out"
    loop = 'for i in 0 1 2; do "$@" --case $i || exit; done'
    words = [sys.executable, "-m", "lammps_glass", "run", str(study_file), "--stage", "nap", "--out", str(out)]
    arrays = [subprocess.Popen(["sh", "-c", loop, "sh", *words], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [array.wait(timeout=100) for array in arrays] == [0, 0]
    assert sorted(e["case"]["item"] for e in starts(trace)) == [1, 2, 3]
    assert not unsound(out)


# -- faults of a case --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise", "ValueError: a toy that breaks"),
        ("simulation", "atoms lost"),
        ("memory", "MemoryError"),
        ("segmentation", "signal SIGSEGV"),
        ("abort", "signal SIGABRT"),
        ("kill", "signal SIGKILL"),
    ],
)
def test_a_case_that_dies_fails_alone(fault, reason, study_file, tmp_path, trace):
    out = tmp_path / "out"
    sets = [*SHORT, f"stages.nap.fault={fault}", "stages.nap.seconds=0.01"]
    summary = run_here(out, study_file, *sets)
    assert summary["cases"]["failed"] == ["item-3/nap"]
    assert summary["status"] == "failed"
    failure = json.loads((out / "cases/item-3/nap.failed.json").read_text())
    assert reason in failure["reason"]
    if fault == "kill":
        assert "the last line of the log" in failure["log"]
    done = {(e["stage"], e["case"].get("item")) for e in starts(trace)}
    assert {("pair", i) for i in (1, 2, 4, 5, 6)} <= done
    assert ("pair", 3) not in done
    assert sum(e["stage"] == "nap" and e["case"]["item"] == 3 for e in starts(trace)) == 1
    trace.write_text("")
    run_here(out, study_file, *sets)
    assert not starts(trace), "a failed case is not run again by itself"
    run_here(out, study_file, *sets, retry_failed=True)
    assert [e["case"]["item"] for e in starts(trace)] == [3]
    assert json.loads((out / "cases/item-3/nap.failed.json").read_text())["attempt"] == 2


def test_failed_simulation_is_exit_3_and_status_shows_the_log(study_file, tmp_path):
    out = tmp_path / "out"
    done = reproduce(study_file, out, "--set", "glass.timestep=0.5", "--retry-failed")
    assert done.returncode == 3
    assert "2 cases failed" in done.stderr
    told = json.loads(command("status", out, "--json").stdout)
    failed = told["failed"][0]
    assert failed["case"] == "replica-1/quench"
    assert failed["log"]
    assert Path(failed["deck"]).name == "in.lmp"
    alone = command("run", out, "--stage", "quench", "--case", 0)
    assert alone.returncode == 3
    assert "last lines of the log" in alone.stderr
    assert "deck: " in alone.stderr


# -- full disk ---------------------------------------------------------------------------------------------------------


def _limit(size: int):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_full_disk_names_the_file_and_resumes(study_file, tmp_path):
    out = tmp_path / "out"
    words = ["run", study_file, "--stage", "nap", "--case", 0, "--out", out, "--set", "stages.nap.n_bytes=400000"]
    done = command(*words, preexec_fn=_limit(200_000))
    assert done.returncode == 3, done.stderr
    assert "half.bin" in done.stderr
    assert "File too large" in done.stderr
    assert not unsound(out)
    assert not (out / "cases/item-1/nap").exists()
    assert command(*words).returncode == 0


def test_full_disk_in_a_simulation(study_file, tmp_path, undisturbed):
    """The limit strikes the first file, the data file that the simulation starts from."""
    out = tmp_path / "out"
    words = ["run", study_file, "--stage", "quench", "--case", 0, "--out", out]
    done = command(*words, preexec_fn=_limit(6_000))
    assert done.returncode == 3, done.stderr
    assert not (out / "cases/replica-1/quench").exists()
    again = command(*words)
    assert again.returncode == 0, again.stderr
    assert products(out).items() <= products(undisturbed).items()


def test_full_disk_under_a_dump_that_lammps_writes(study_file, tmp_path):
    """LAMMPS's own message names the dump only by its id."""
    out = tmp_path / "out"
    changes = ["stages.creep.snapshot_every=1", "stages.creep.segment_steps=900"]
    sets = [word for change in changes for word in ("--set", change)]
    assert command("run", study_file, "--stage", "quench", "--case", 0, "--out", out, *sets).returncode == 0
    words = ["run", study_file, "--stage", "creep", "--case", 0, "--out", out, *sets]
    done = command(*words, preexec_fn=_limit(6_000_000))
    assert done.returncode == 3, done.stderr
    assert "/segments/1." in done.stderr.splitlines()[0]
    assert "File too large" in done.stderr
    assert not (out / "cases/replica-1/creep").exists()
    assert json.loads((out / "cases/replica-1/creep.failed.json").read_text())["transient"]
    assert command(*words).returncode == 0


def test_reproduce_tries_again_after_a_full_disk(study_file, tmp_path):
    out = tmp_path / "out"
    sets = [w for s in [*SHORT, "stages.nap.n_bytes=8000000"] for w in ("--set", s)]
    full = command("reproduce", study_file, "--out", out, "--quiet", *sets, preexec_fn=_limit(6_000_000))
    assert full.returncode == 3
    assert not unsound(out)
    again = reproduce(study_file, out, *sets)
    assert again.returncode == 0, again.stderr


# -- damaged products --------------------------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(bytes(data))


DAMAGE = {
    "flipped": lambda folder: _flip(folder / "half.bin"),
    "truncated": lambda folder: (folder / "half.bin").write_bytes(b"0"),
    "lost": lambda folder: (folder / "half.bin").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "empty manifest": lambda folder: (folder / "manifest.json").write_text(""),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_product_is_made_again(damage, copied, undisturbed, study_file, trace):
    DAMAGE[damage](copied / "cases/item-2/nap")
    run_here(copied, study_file, verify=damage == "flipped")
    # made again with equal products, so that its readers, whose inputs are as they were, stay
    assert [(e["stage"], e["case"]["item"]) for e in starts(trace)] == [("nap", 2)]
    assert products(copied) == products(undisturbed)


def test_trajectories_dropped_once_they_were_read(undisturbed, copied, study_file, tmp_path, trace):
    """`keep = "labels"`: from the start, and for a folder that is finished already; nothing is run again for it."""
    expected = products(undisturbed)
    trajectories = [name for name in expected if name.endswith("frames.lammpstrj.gz")]
    assert len(trajectories) == 2
    for out in (tmp_path / "new", copied):
        run_here(out, study_file, 'study.keep="labels"')
        assert not list(out.glob("cases/*/*/frames.*"))
        assert products(out) == expected
        assert not unsound(out)
        assert scores(out) == scores(undisturbed)
    assert not [event for event in starts(trace)[13:]], "6 naps, 6 pairs and the total, of the new folder only"


def test_flipped_byte_is_seen_when_it_is_read(copied, undisturbed, study_file, trace):
    _flip(copied / "cases/item-2/nap/half.bin")
    shutil.rmtree(copied / "cases/item-2/pair")
    study = Study.read(study_file, None, copied)
    _flip(copied / "cases/item-3/nap/half.bin")
    shutil.rmtree(copied / "cases/item-3/pair")
    with pytest.raises(NotReadyError, match=r"half.bin has changed since it was written"):
        run_case(study, study.case("pair", 2))
    trace.write_text("")
    run_here(copied, study_file)
    ran = sorted((e["stage"], e["case"].get("item", 0)) for e in starts(trace))
    assert ran == [("nap", 2), ("nap", 3), ("pair", 2), ("pair", 3)]
    assert products(copied) == products(undisturbed)


def test_no_child_outlives_this_module():
    # other tests of the same run may keep workers of their own (joblib's), which are no cases
    alive = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    assert not [p for p in alive if any("lammps_glass" in word for word in p.cmdline())]
