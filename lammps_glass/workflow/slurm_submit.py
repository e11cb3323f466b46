"""Submit cases as a job array by submitit: chunks, Slurm's options of a stage, and what a task runs."""

from __future__ import annotations

import io
import logging
import math
import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import TypedDict, TypeVar

from lammps_glass.errors import InputError
from lammps_glass.operations.simulation import NAME as SIMULATE
from lammps_glass.workflow.processes import ONE_THREAD
from lammps_glass.workflow.schema import SlurmTable
from lammps_glass.workflow.slurm_jobs import Array
from lammps_glass.workflow.task_table import StageCounts

Item = TypeVar("Item")

#: A shell file of the user's own that every task reads first; a study file may name only harmless lines.
SETUP_VARIABLE = "LAMMPS_GLASS_SLURM_SETUP"


class SubmitOptions(TypedDict):
    """Parameters of submitit's `SlurmExecutor`."""

    cpus_per_task: int
    setup: list[str]
    use_srun: bool
    wckey: None
    additional_parameters: dict[str, str]


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


def parameters(slurm: SlurmTable, stage: str, ranks: int, folder: Path) -> SubmitOptions:
    """Return submitit's parameters for the tasks of a stage."""
    # No srun around the task: ranks start steps of their own. The signal before the time limit, which submitit always
    # asks for, would end those ranks; SIGCONT to the batch shell does nothing.
    return {
        "cpus_per_task": 1,
        "setup": setup_lines(folder, slurm, stage),
        "use_srun": False,
        "wckey": None,
        "additional_parameters": {**slurm.batch_options(stage, ranks), "signal": "B:CONT@10"},
    }


def submit(array: Array, directory: Path, folder: Path, options: SubmitOptions) -> str:
    """Submit `array` for the study in `directory`; return the job's id.

    Raises
    ------
    InputError
        `sbatch` refused; the message is Slurm's.
    """
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

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


def run_task(directory: str, stage: str, names: list[str]) -> None:
    """Run the named cases of a stage one after the other, as ``lammps-glass run`` does each.

    The pickle of a task holds these arguments and nothing else. A case that the study file no longer has is skipped.
    Ends the process with the status of a failed case.
    """
    # submitit ignores SIGTERM, so that a cancelled task would go on until it is killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from lammps_glass.workflow.child import run_cases  # also a failing import then ends the task
    from lammps_glass.workflow.study import Study

    study = Study.read(Path(directory))
    indices = {case.name: case.index for case in study.stage(stage).cases}
    if status := run_cases(study, stage, [indices[name] for name in names if name in indices]):
        sys.exit(status)
