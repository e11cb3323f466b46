"""Run the cases of an array task; its pickle holds the names that are the arguments here, and nothing else."""

from __future__ import annotations

import signal
import sys


def run_task(directory: str, stage: str, names: list[str]) -> None:
    """Run the named cases of a stage one after the other, as ``lammps-glass run`` does each.

    A case that the study file no longer has is skipped. Ends the process with the status of a failed case.
    """
    # submitit ignores SIGTERM, so that a cancelled task would go on until it is killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from lammps_glass.workflow.child import read_folder, run_cases  # also a failing import then ends the task

    study = read_folder(directory)
    indices = {case.name: case.index for case in study.stage(stage).cases}
    status = run_cases(study, stage, [indices[name] for name in names if name in indices])
    if status:
        sys.exit(status)
