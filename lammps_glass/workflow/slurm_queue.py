"""Ask Slurm, without accounting: `squeue`, `scancel` and the largest array."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable

from lammps_glass.errors import InputError

#: Slurm's own default of MaxArraySize: array indices are below it.
DEFAULT_MAX_ARRAY = 1001
TIMEOUT = 60.0


def require_slurm() -> None:
    """Raise `InputError` where Slurm's commands are missing."""
    for program in ("sbatch", "squeue", "scancel"):
        if shutil.which(program) is None:
            raise InputError(f"--engine slurm: no {program} on the PATH: start it on a login node of a Slurm cluster")


def _run(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run a command of Slurm; None when it did not answer."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None


def _ask(*command: str) -> str | None:
    """Return the standard output of a command of Slurm; None when it failed or did not answer."""
    answer = _run(*command)
    return answer.stdout if answer is not None and answer.returncode == 0 else None


def parse_queue(text: str) -> dict[str, tuple[str, str]]:
    """Parse lines ``id|state|name`` into task (``12`` or ``12_3``) -> (state, job name); skip other lines."""
    lines = re.findall(r"^\s*(\d+(?:_\d+)?)\|([^|\n]*)\|(.*)$", text, re.M)
    return {task: (state, name) for task, state, name in lines}


def queue() -> dict[str, tuple[str, str]] | None:
    """Return this user's tasks that Slurm lists; None when `squeue` gives no answer."""
    answer = _ask("squeue", "--noheader", "--array", "--user", str(os.getuid()), "--format", "%i|%T|%j")
    return None if answer is None else parse_queue(answer)


def is_running(job: str) -> bool | None:
    """Whether Slurm lists `job` as something else than pending; None when `squeue` is missing or fails otherwise."""
    if not job.isdigit() or shutil.which("squeue") is None:
        return None
    answer = _run("squeue", "--noheader", "--jobs", job, "--format", "%T")
    if answer is None:
        return None
    if answer.returncode != 0:  # Slurm has forgotten it, or does not answer at all
        return False if "Invalid job id" in answer.stderr else None
    return any(state.strip() not in ("", "PENDING") for state in answer.stdout.splitlines())


def max_array() -> int:
    """Return how many tasks one array may have: MaxArraySize, as indices start at 0."""
    answer = _ask("scontrol", "show", "config") or ""
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", answer, re.M)
    return max(1, int(match.group(1)) if match else DEFAULT_MAX_ARRAY)


def cancel(jobs: Iterable[str]) -> None:
    """Cancel jobs, arrays as a whole."""
    _ask("scancel", *jobs)
