"""The parts of the Slurm engine that need no Slurm: lists of indices, the queue's text, chunks, jobs.json, endings."""

from __future__ import annotations

import os
import pickle
import subprocess

import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.errors import InputError
from lammps_glass.workflow import slurm_queue
from lammps_glass.workflow.schema import SlurmTable
from lammps_glass.workflow.slurm_jobs import Array, Ending, JobBook
from lammps_glass.workflow.slurm_submit import chunk_size, cut, parameters, setup_lines
from lammps_glass.workflow.task_table import StageCounts


def test_queue_text():
    text = "12_3|PENDING|a b|c\n12_1|RUNNING|a\n  9|COMPLETING|single\nslurm_load_jobs error: no\n\n"
    found = slurm_queue.parse_queue(text)
    assert {task: state for task, (state, _) in found.items()} == {
        "12_3": "PENDING",
        "12_1": "RUNNING",
        "9": "COMPLETING",
    }
    assert found["12_3"][1] == "a b|c"


def fake(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_squeue_without_an_answer_is_not_an_empty_queue(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    fake(tmp_path, "squeue", "echo '3_0|RUNNING|x'")
    assert slurm_queue.queue() == {"3_0": ("RUNNING", "x")}
    fake(tmp_path, "squeue", "echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1")
    assert slurm_queue.queue() is None


def test_max_array(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    fake(tmp_path, "scontrol", "echo 'MaxArraySize            = 77'")
    assert slurm_queue.max_array() == 77
    fake(tmp_path, "scontrol", "exit 1")
    assert slurm_queue.max_array() == slurm_queue.DEFAULT_MAX_ARRAY


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    st.integers(1, 30_000),
    st.sampled_from(["simulate", "describe"]),
    st.none() | st.floats(1e-4, 1e4),
    st.integers(1, 2000),
)
def test_chunks_hold_every_case_once_in_one_array(n, kind, mean, max_tasks):
    counts = StageCounts("s", kind, n, seconds=[] if mean is None else [mean])
    size = chunk_size(counts, n, 60.0, 200, max_tasks)
    chunks = cut(range(n), size)
    assert [i for chunk in chunks for i in chunk] == list(range(n))
    assert len(chunks) <= max_tasks
    # More work than chunk_seconds in a task only where the array would have too many tasks otherwise.
    smaller = cut(range(n), size - 1) if size > 1 else []
    assert mean is None or size == 1 or size * mean <= 60.0 or len(smaller) > max_tasks


def test_options_of_a_stage():
    table = SlurmTable.model_validate({"account": "a", "time": "10:00:00", "drive": {"time": "00:30:00", "nodes": 2}})
    options = parameters(table, "drive", 16, "/x y")["additional_parameters"]
    assert (options["time"], options["nodes"], options["ntasks"]) == ("00:30:00", "2", "16")
    assert options["account"] == "a"
    assert parameters(table, "other", 1, "/x")["additional_parameters"]["time"] == "10:00:00"


@pytest.mark.parametrize(
    "change",
    [
        {"setup": ["module load x; rm -rf /"]},
        {"setup": ["export LD_PRELOAD=x"]},
        {"setup": ["export OMP_PLACES=$(id)"]},
        {"setup": ["source /etc/x"]},
        {"setup": ["module load ../x"]},
        {"setup": ["module load x\nid"]},
        {"account": "a\n#SBATCH --wrap=id"},
        {"partition": "$(id)"},
        {"drive": {"time": "24:00"}},
        {"drive": {"unknown": 1}},
        {"drive": {"launcher": "sh -c id"}},
    ],
    ids=str,
)
def test_a_study_file_cannot_make_the_shell_run_a_command(change):
    with pytest.raises(ValueError, match="validation error"):
        SlurmTable.model_validate(change)


@pytest.mark.parametrize(
    ("script", "code"), [("true", 0), ("exit 3", 3), ("kill -SEGV $BASHPID", 139), ("kill -9 $BASHPID", 137)]
)
def test_the_script_leaves_its_exit_status(tmp_path, script, code):
    folder = tmp_path / "with space"
    folder.mkdir()
    lines = [*setup_lines(folder, SlurmTable(), "s"), f"({script})"]
    run = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        env={"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
    assert run.returncode == code
    assert (folder / "7_2.exit").read_text().strip() == str(code)


def test_endings():
    told = "slurmstepd: error: *** JOB 6 ON n CANCELLED AT 2026-01-01T00:00:00 "
    cancelled, late = Ending(143, told + "***"), Ending(None, told + "DUE TO TIME LIMIT ***")
    assert cancelled.cancelled
    assert late.interrupted
    assert not late.cancelled
    assert "time limit" in late.reason
    assert Ending(None, began=False).cancelled  # it was cancelled before it ran
    assert not Ending(None).cancelled  # its node was lost
    assert Ending(139).crashed
    assert "SIGSEGV" in Ending(139).reason
    assert not Ending(3).crashed
    assert not Ending(3).interrupted


def test_job_book_survives_and_finds_arrays_by_name(tmp_path):
    book = JobBook(tmp_path)
    book.add(Array("n1", "s", [["a"], ["b"]], 2))
    book.add(Array("n2", "s", [["c"]], 2))
    again = JobBook(tmp_path)
    again.adopt([("31_0", "n1"), ("31_1", "n1"), ("40", "other")])
    assert [(a.name, a.job) for a in JobBook(tmp_path).arrays] == [("n1", "31")]
    (array,) = again.arrays
    assert [array.task_id(i) for i in array.open_tasks] == ["31_0", "31_1"]
    array.over += [0, 1]
    again.save()
    assert JobBook(tmp_path).arrays == []
    (tmp_path / "jobs.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        JobBook(tmp_path)


def test_the_pickle_of_a_task_holds_names_only():
    cloudpickle = pytest.importorskip("cloudpickle")
    from lammps_glass.workflow.slurm_submit import run_task

    assert len(pickle.dumps(run_task)) == len(cloudpickle.dumps(run_task)) < 100  # by reference: no code
