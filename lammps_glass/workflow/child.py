"""The process of a chunk: ``python -m lammps_glass.workflow.child DIR STAGE 0,1,2`` runs these cases of one stage."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from lammps_glass.errors import LammpsGlassError


def watch_parent(parent: int) -> None:
    """End this process when its parent is gone: a killed controller leaves no child behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)  # with all that this process has started
        os._exit(143)

    threading.Thread(target=watch, daemon=True).start()


def run_chunk(directory: str, stage: str, indices: list[int]) -> int:
    """Run cases one after the other; a failed one (its reason is kept beside it) does not stop the others."""
    from lammps_glass.workflow.runner import run_case
    from lammps_glass.workflow.study import Study

    study = Study.read(Path(directory))  # a path: the folder may be called like a bundled study
    status = 0
    for index in indices:
        try:
            study.forget()
            run_case(study, study.case(stage, index), wait=5.0)
        except LammpsGlassError as error:
            print(error, file=sys.stderr)
            status = error.exit_status
        except Exception:
            traceback.print_exc()
            status = 1
    return status


def main(arguments: list[str]) -> int:
    directory, stage, indices, parent = arguments
    watch_parent(int(parent))
    if stage == "--warm":
        from lammps_glass.studies.warm import warm_kernels

        warm_kernels()
        return 0
    return run_chunk(directory, stage, [int(index) for index in indices.split(",")])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
