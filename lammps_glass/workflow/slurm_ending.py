"""Find how an array task ended, without accounting: from the exit status that its script left, or the lack of one."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lammps_glass.errors import tail
from lammps_glass.workflow.slurm_submit import exit_file
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.store import TOKEN
from lammps_glass.workflow.study import Study

#: What a shell returns for a child ended by SIGTERM: somebody ended the job, not the case.
TERMINATED = 128 + signal.SIGTERM
#: Statuses of our own process: 0 to 4 are a chunk that came to its end, more is a signal.
LAST_OWN_STATUS = 127


@dataclass(frozen=True)
class Ending:
    """The end of a task: `code` is None when the batch script could not even leave its status."""

    code: int | None
    output: str = ""
    began: bool = True

    @property
    def interrupted(self) -> bool:
        """Whether the job was ended from outside: cancelled, at its time limit, or with its node."""
        return self.code is None or self.code == TERMINATED

    @property
    def cancelled(self) -> bool:
        """Whether somebody cancelled the job: the step daemon says so in its output, or it left the queue unbegun."""
        notices = [line for line in self.output.splitlines() if "CANCELLED AT" in line]
        return self.interrupted and ("DUE TO" not in notices[-1] if notices else not self.began)

    @property
    def crashed(self) -> bool:
        """Whether the process was ended by a signal that it caused itself (or for its memory)."""
        return not self.interrupted and self.code is not None and self.code > LAST_OWN_STATUS

    @property
    def reason(self) -> str:
        """One line on the end, for the failure record."""
        if self.cancelled:
            return "the Slurm job was cancelled: the same command runs the case again"
        if "DUE TO TIME LIMIT" in self.output:
            return (
                "the Slurm job came to its time limit and the case had not got on: raise time in "
                "[engine.slurm] or [engine.slurm.STAGE]; the same command runs the case again"
            )
        if self.interrupted or self.code is None:
            return "the Slurm job is gone (node lost, preempted or killed): the same command runs the case again"
        if self.crashed:
            with suppress(ValueError):
                return f"the process ended with signal {signal.Signals(self.code - 128).name}"
        return f"the process ended with exit status {self.code}"


def exit_status(folder: Path, task: str) -> int | None:
    """Read the status that the task's script left; None when there is none (yet)."""
    try:
        return int(exit_file(folder, task).read_text())
    except (OSError, ValueError):
        return None


def read_ending(folder: Path, task: str) -> Ending:
    """Read how `task` ended, once Slurm does not list it any more."""
    path = folder / f"{task}_0_log.err"
    return Ending(exit_status(folder, task), tail(path), began=path.is_file())


def progress(study: Study, case: CaseId) -> int:
    """Count the segments (or other state files) of unfinished tries of a case."""
    parent = study.store.folder(case).parent
    return sum(1 for _ in parent.glob(f".tmp-{case.stage}-{TOKEN}/segments/*"))
