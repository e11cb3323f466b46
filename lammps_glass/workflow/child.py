"""Run cases as a worker's process: ``python -m lammps_glass.workflow.child DIR PARENT`` reads lines ``STAGE INDEX``."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from lammps_glass.errors import LammpsGlassError
from lammps_glass.workflow.precompile import precompile_kernels
from lammps_glass.workflow.processes import watch_parent
from lammps_glass.workflow.runner import run_in_folder
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.workers import PRECOMPILE


def run_cases(study: Study, stage: str, indices: Iterable[int]) -> int:
    """Run cases one after the other; a failed one, whose reason is recorded, does not stop the others.

    Returns
    -------
    int
        Status of the last case that failed, else 0.
    """
    status = 0
    for index in indices:
        try:
            study.forget()
            run_in_folder(study, study.case(stage, index), wait=5.0)
        except LammpsGlassError as error:
            print(error, file=sys.stderr)
            status = error.exit_status
        except Exception:
            traceback.print_exc()
            status = 1
    return status


def serve(directory: str) -> None:
    """Answer each line of standard input with the status of its case, until the controller closes the pipe.

    The two pipes move to numbers that no process started here inherits: what a case prints goes to the log, and a
    launcher of ranks reads nothing.
    """
    jobs, answers = os.fdopen(os.dup(0), encoding="ascii"), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    study: Study | None = None
    for line in iter(jobs.readline, ""):
        stage, index = line.split()
        study = study or Study.read(Path(directory))
        started = time.monotonic()
        if stage == PRECOMPILE:
            precompile_kernels()
            status = 0
        else:
            status = run_cases(study, stage, [int(index)])
        sys.stdout.flush()
        os.write(answers, f"{status} {time.monotonic() - started:.3f}\n".encode())


def main(arguments: list[str]) -> None:
    """Serve the study in a folder until its controller is gone."""
    directory, parent = arguments
    watch_parent(int(parent))
    serve(directory)


if __name__ == "__main__":
    main(sys.argv[1:])
