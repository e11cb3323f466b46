"""Submit cases as a job array: chunks, Slurm's options of a stage, and the submission by submitit."""

from __future__ import annotations

import io
import logging
import math
import os
import re
import shlex
import uuid
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, TypeVar

from lammps_glass.errors import InputError
from lammps_glass.operations.simulation import NAME as SIMULATE
from lammps_glass.workflow.schema import SlurmTable
from lammps_glass.workflow.slurm_jobs import Array
from lammps_glass.workflow.task_table import StageCounts
from lammps_glass.workflow.threads import ONE_THREAD

Item = TypeVar("Item")

#: A shell file of the user's own that every task reads first; a study file may name only harmless lines.
SETUP_VARIABLE = "LAMMPS_GLASS_SLURM_SETUP"


def chunk_size(counts: StageCounts, n_ready: int, chunk_seconds: float, max_running: int, max_tasks: int) -> int:
    """Return the number of cases of a task: `chunk_seconds` of work, once some have ended; at most `max_tasks`."""
    if counts.mean_seconds is not None:
        size = int(chunk_seconds / max(counts.mean_seconds, 1e-3))
    else:
        size = 1 if counts.runs == SIMULATE else math.ceil(n_ready / max_running)
    return max(1, min(size, n_ready), math.ceil(n_ready / max_tasks))


def cut(items: Sequence[Item], size: int) -> list[list[Item]]:
    """Cut into consecutive pieces of `size` items; the last may be shorter."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def minutes(time: str) -> int:
    """Convert ``[D-]HH:MM:SS`` to whole minutes, rounded up, at least one."""
    match = re.fullmatch(r"(?:(\d+)-)?(\d{1,2}):(\d{2}):(\d{2})", time)
    if match is None:
        raise InputError(f"time {time!r}: write HH:MM:SS or D-HH:MM:SS")
    days, hours, mins, seconds = (int(part or 0) for part in match.groups())
    return max(1, (days * 24 + hours) * 60 + mins + math.ceil(seconds / 60))


def exit_file(folder: Path, task: str) -> Path:
    """Return the path where the batch script of a task leaves its exit status."""
    return folder / f"{task}.exit"


def setup_lines(folder: Path, slurm: SlurmTable, stage: str) -> list[str]:
    """Return the shell lines before the task: they keep its exit status, set one thread a rank, and add the site's own.

    Slurm's accounting may be off and its memory is short: the exit status is kept in a file, and a task without one was
    ended from outside.
    """
    task = "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"
    lines = [
        f"_ended={shlex.quote(str(folder))}/{task}.exit",
        'rm -f "$_ended"',
        "trap 'echo $? > \"$_ended\"' EXIT",
        "trap 'exit 143' TERM",
        "export " + " ".join(f"{name}={value}" for name, value in ONE_THREAD.items()),
    ]
    if script := os.environ.get(SETUP_VARIABLE):
        if not Path(script).is_file():
            raise InputError(f"${SETUP_VARIABLE}: {script}: no such file")
        lines.append(f"source {shlex.quote(str(Path(script).resolve()))}")
    return lines + list(slurm.of(stage).setup)


def parameters(slurm: SlurmTable, stage: str, ranks: int, folder: Path) -> dict[str, Any]:
    """Return submitit's parameters for the tasks of a stage."""
    options = slurm.of(stage)
    named = {name: getattr(options, name) for name in ("account", "partition", "qos", "constraint", "gres")}
    # No srun around the task: ranks start steps of their own. The signal before the time limit, which submitit always
    # asks for, would end those ranks; SIGCONT to the batch shell does nothing.
    further: dict[str, Any] = {"ntasks": ranks, "signal": "B:CONT@10"}
    if options.reservation:
        further["reservation"] = options.reservation
    return {
        "time": minutes(options.time),
        "nodes": options.nodes,
        "cpus_per_task": 1,
        "mem_per_cpu": options.mem_per_core,
        "setup": setup_lines(folder, slurm, stage),
        "use_srun": False,
        "wckey": None,
        "additional_parameters": further,
        **{name: value for name, value in named.items() if value},
    }


def new_array(study: str, stage: str, tasks: list[list[str]], parallelism: int) -> Array:
    """Make an array with a job name that no other has."""
    return Array(f"{study}-{stage}-{uuid.uuid4().hex[:8]}", stage, tasks, parallelism)


def submit(array: Array, directory: Path, folder: Path, options: dict[str, Any]) -> str:
    """Submit `array` for the study in `directory`; return the job's id.

    Raises
    ------
    InputError
        `sbatch` refused; the message is Slurm's.
    """
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    from lammps_glass.workflow.slurm_task import run_task

    logging.getLogger("submitit").setLevel(logging.CRITICAL)
    executor = submitit.SlurmExecutor(folder, max_num_timeout=0)
    executor.update_parameters(job_name=array.name, array_parallelism=array.parallelism, **options)
    try:
        with redirect_stderr(io.StringIO()):  # submitit prints the message that it raises
            jobs = executor.map_array(run_task, *zip(*((str(directory), array.stage, names) for names in array.tasks)))
    except (FailedJobError, FailedSubmissionError) as error:
        lines = re.findall(r"sbatch: (?:error: )?(.*)", str(error)) or str(error).splitlines()[-1:]
        raise InputError(f"sbatch refused stage {array.stage}: {'; '.join(lines)}; see [engine.slurm]") from error
    return str(jobs[0].job_id).partition("_")[0]
