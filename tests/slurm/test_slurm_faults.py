"""What one cannot ask of a real cluster: refusals, lost nodes, no accounting, no answer; all on the fake Slurm."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from driving import running, wait_until
from slurm_runs import failures, jobs, nap_starts, run, set_naps, start_run, started, write_part
from submitit.slurm.slurm import SlurmInfoWatcher

# -- the fake itself: submitit, which knows the real one, reads its states ---------------------------------------------


def submit(folder, script: str, *options: str) -> str:
    path = folder / "script.sh"
    path.write_text(f"#!/bin/bash\n#SBATCH --output={folder}/%A_%a.log\n{script}\n")
    command = ["sbatch", "--parsable", "--job-name=j", *options, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def queue_of(job: str, *options: str) -> list[str]:
    command = ["squeue", "-h", "-j", job, *options, "-o", "%i %T"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_states_of_the_fake(fake_slurm, tmp_path):
    fake_slurm.accounting, fake_slurm.cpus, fake_slurm.kill_wait = True, 5, 600.0
    fake_slurm.requeue = False
    trapped = tmp_path / "trapped"
    ends = f'0) exit 0;; 1) exit 3;; 2) kill -9 $$;; 4) trap "" TERM; touch {trapped};;'
    script = f"case $SLURM_ARRAY_TASK_ID in {ends} esac\nsleep 60 &\nwait\nsleep 60"
    job = submit(tmp_path, script, "--array=0-7%5", "--time=1")
    assert wait_until(lambda: fake_slurm.states(job)[:3] == ["COMPLETED", "FAILED", "FAILED"], 30)
    assert wait_until(lambda: len(queue_of(job)) == 5, 30)
    assert queue_of(job, "-r") == [f"{job}_{index} RUNNING" for index in range(3, 8)]
    assert wait_until(trapped.exists, 30)
    fake_slurm.lose_node(f"{job}_3")
    subprocess.run(["scancel", f"{job}_4"], check=True)  # ignores SIGTERM, and is killed
    assert f"{job}_4 COMPLETING" in queue_of(job, "-r")
    later = submit(tmp_path, "true", f"--dependency=afterany:{job}")
    assert fake_slurm.states(later) == ["PENDING"]
    fake_slurm.kill_wait, fake_slurm.minute = 0.5, 1.0  # what was looked at above lasts however slow the machine is
    assert wait_until(lambda: fake_slurm.states(later) == ["COMPLETED"], 60)
    watcher = SlurmInfoWatcher()
    watcher.register_job(f"{job}_0")
    ended = ["COMPLETED", "FAILED", "FAILED", "NODE_FAIL", "CANCELLED", "TIMEOUT", "TIMEOUT", "TIMEOUT"]
    assert [watcher.get_state(f"{job}_{index}", mode="force") for index in range(8)] == ended
    assert queue_of(job) == []
    assert "CANCELLED AT" in (tmp_path / f"{job}_4.log").read_text()
    assert "DUE TO TIME LIMIT" in (tmp_path / f"{job}_7.log").read_text()


def test_no_more_tasks_of_the_fake_at_once_than_array_and_cpus_allow(fake_slurm, tmp_path):
    fake_slurm.cpus = 3
    arrays = [submit(tmp_path, "sleep 60", f"--array=0-3%{limit}") for limit in (2, 4)]
    assert wait_until(lambda: fake_slurm.states(arrays[1]).count("RUNNING") == 1, 5)
    assert fake_slurm.states(arrays[0]).count("RUNNING") == 2
    assert fake_slurm.states(arrays[1]) == ["RUNNING", "PENDING", "PENDING", "PENDING"]
    subprocess.run(["scancel", *arrays], check=True)
    assert wait_until(lambda: set(fake_slurm.states(arrays[0]) + fake_slurm.states(arrays[1])) == {"CANCELLED"}, 5)


# -- refused -----------------------------------------------------------------------------------------------------------


def test_refused_job_is_one_line(fake_slurm, nap_file, tmp_path):
    fake_slurm.refusal = "Batch job submission failed: Invalid account or account/partition combination specified"
    done = run(nap_file, tmp_path / "run")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "stage nap" in line
    assert fake_slurm.refusal in line
    assert line.endswith("see [engine.slurm]")
    assert jobs(tmp_path / "run") == {}


def test_limit_on_submitted_tasks_is_waited_for(fake_slurm, tmp_path):
    """Two naps fill the limit: another stage, refused at first, is submitted when one has ended."""
    fake_slurm.max_tasks = 2
    file = write_part(tmp_path / "naps.toml", "nap", item=2)
    with file.open("a") as stream:
        stream.write('\n[stages.doze]\nrun = "nap"\nover = { item = 1 }\n')
    done = run(file, tmp_path / "run", "--set", "engine.slurm.max_running=4")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert fake_slurm.n_refused > 0
    assert [len(job.tasks) for job in fake_slurm.jobs.values()] == [2, 1]


# -- lost --------------------------------------------------------------------------------------------------------------


def test_task_of_a_lost_node_that_slurm_puts_back_runs_again(fake_slurm, nap_file, tmp_path, trace):
    """It keeps its id, and is not submitted once more; its lock is of the run before."""
    set_naps(nap_file, 2)
    out = tmp_path / "run"
    controller = started(nap_file, out, "nap")
    job = jobs(out)["nap"]
    assert wait_until(lambda: nap_starts(trace) == [1], 60)
    fake_slurm.lose_node(job)
    _, err = controller.communicate(timeout=60)
    assert controller.returncode == 0, err
    assert nap_starts(trace) == [1, 1]
    assert list(fake_slurm.jobs) == [int(job)]
    assert fake_slurm.states(job) == ["COMPLETED"]


def test_task_of_a_lost_node_is_submitted_once_more_and_then_fails_for_now(fake_slurm, nap_file, tmp_path):
    fake_slurm.requeue = False
    set_naps(nap_file, 60)
    out = tmp_path / "run"
    controller = started(nap_file, out, "nap")
    first = jobs(out)["nap"]
    fake_slurm.lose_node(first)
    assert wait_until(lambda: jobs(out).get("nap", first) != first and running(out), 60)
    fake_slurm.lose_node(jobs(out)["nap"])
    _, err = controller.communicate(timeout=60)
    assert controller.returncode == 3, err
    (failure,) = failures(out, "nap")
    assert "the Slurm job is gone (node lost, preempted or killed)" in failure["reason"]
    assert failure["transient"]


def test_a_killed_process_fails_its_case_without_accounting(fake_slurm, nap_file, tmp_path):
    """Kill a process as the kernel does for memory; there is no `sacct` here, elsewhere it says that it is disabled."""
    (fake_slurm.bin / "sacct").unlink()
    out = tmp_path / "run"
    done = run(nap_file, out, "--set", 'stages.nap.fault="kill"', "--set", "stages.nap.at=1")
    assert done.returncode == 3, done.stderr
    (failure,) = failures(out, "nap")
    assert "SIGKILL" in failure["reason"]
    assert "the last line of the log" in failure["log"]


# -- the controller ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_controller_killed_before_it_read_the_id_finds_the_job_by_its_name(fake_slurm, nap_file, tmp_path, trace):
    """Slow, as the tasks of that job wait a minute for what submitit would have given them, and have another try."""
    fake_slurm.answer_delay = 60.0
    out = tmp_path / "run"
    controller = start_run(nap_file, out)
    assert wait_until(lambda: fake_slurm.jobs, 60)
    os.killpg(controller.pid, signal.SIGKILL)
    controller.communicate()
    assert jobs(out) == {}
    fake_slurm.answer_delay = 0.0
    controller = start_run(nap_file, out)
    assert wait_until(lambda: jobs(out) == {"nap": "1"}, 60)
    _, err = controller.communicate(timeout=180)
    assert controller.returncode == 0, err
    assert fake_slurm.states("1") == ["FAILED"]
    assert nap_starts(trace) == [1]


def test_squeue_that_does_not_answer(fake_slurm, nap_file, tmp_path, trace):
    """Jobs are not taken for ended; a new controller, which cannot tell, starts nothing."""
    set_naps(nap_file, 4)
    out = tmp_path / "run"
    controller = started(nap_file, out, "nap")
    fake_slurm.unreachable = True
    looks = fake_slurm.looks
    assert wait_until(lambda: fake_slurm.looks > looks + 3, 30)  # more than a task may be missing
    assert controller.poll() is None
    controller.kill()
    controller.communicate()
    done = run(nap_file, out)
    assert done.returncode == 2
    assert "squeue gives no answer" in done.stderr
    fake_slurm.unreachable = False
    done = run(nap_file, out)
    assert done.returncode == 0, done.stderr
    assert nap_starts(trace) == [1]
