"""Start child processes that each run one case after another, so that imports are paid once and not for every case."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lammps_glass.workflow.processes import ONE_THREAD
from lammps_glass.workflow.stages import CaseId

#: Seconds between SIGTERM and SIGKILL.
GRACE = 5.0
#: Sent to a worker in place of a stage's name: compile kernels.
PRECOMPILE = "--precompile"


class Worker:
    """A process of `lammps_glass.workflow.child` for the study in `directory`; one thread, a session of its own.

    It reads jobs from a pipe and answers each with a status. When it crashes, only the job at hand is lost.

    Attributes
    ----------
    case, ranks
        The job at hand, or the last one; None is the compilation of kernels.
    status
        The exit status that the last job was answered with; None while it is at work or when it has crashed.
    worked
        Seconds of the jobs that it has answered, without its own start.
    """

    def __init__(self, directory: Path, log: Path) -> None:
        self.log = log
        self.case: CaseId | None = None
        self.ranks = 1
        self.status: int | None = 0
        self.worked = 0.0
        self._log_start = 0
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lammps_glass.workflow.child", str(directory), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env={**os.environ, **ONE_THREAD},
                start_new_session=True,
                bufsize=0,
            )

    def send(self, case: CaseId | None, ranks: int = 1) -> None:
        """Give it a case, or (None) the compilation of kernels.

        The case of a worker that has just crashed is lost, as `take_answer` will show.
        """
        self.case, self.ranks, self.status = case, ranks, None
        self._log_start = self.log.stat().st_size
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write((f"{case.stage} {case.index}\n" if case else f"{PRECOMPILE} 0\n").encode())

    def fileno(self) -> int:
        """Return the number of the answers' pipe, for `wait_for_answers`."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def take_answer(self) -> bool:
        """Read its answer; return False when it has ended without one."""
        line = os.read(self.fileno(), 64)
        if not line:
            self.process.wait()
            return False
        status, seconds = line.split()
        self.status = int(status)
        self.worked += float(seconds)
        return True

    @property
    def ending(self) -> tuple[str, int]:
        """The end of the last job, in words and as a status."""
        if self.status is not None:
            return f"the case ended with status {self.status} and left neither products nor a reason", self.status
        code = self.process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return f"the process ended with {how}", code

    def output(self) -> str:
        """Read the standard error of the last job."""
        with self.log.open("rb") as stream:
            stream.seek(self._log_start)
            return stream.read().decode(errors="replace")

    def retire(self) -> None:
        """Let it end by itself: there will be no more jobs."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Signal the process and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def wait_for_answers(workers: Iterable[Worker], seconds: float) -> list[Worker]:
    """Wait up to `seconds` for the first worker that answers or ends; return all that have."""
    poll = select.poll()
    by_pipe = {worker.fileno(): worker for worker in workers}
    for number in by_pipe:
        poll.register(number, select.POLLIN)
    return [by_pipe[number] for number, _ in poll.poll(1000 * seconds)]


def end_all(workers: Iterable[Worker]) -> None:
    """End workers by SIGTERM, and by SIGKILL those left after the grace time."""
    workers = list(workers)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for worker in workers:
            worker.kill(number)
        end = time.monotonic() + GRACE
        for worker in workers:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(max(0.0, end - time.monotonic()))
    for worker in workers:
        worker.retire()
