"""Run cases on this machine, in workers that take one case after another: at most `cores` cases or ranks at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from lammps_glass.errors import InputError
from lammps_glass.operations.simulation import NAME as SIMULATE
from lammps_glass.workflow import precompile
from lammps_glass.workflow.failures import fits_failure, record_failure
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.task_table import TaskTable
from lammps_glass.workflow.workers import Worker, end_all, wait_for_answers

#: Longest time between two looks at the display, s.
POLL = 0.25


class LocalEngine:
    """Run what the task table has ready until nothing is left.

    Parameters
    ----------
    cores
        Cases (or ranks of them) at once; each runs on one thread.
    chunk_seconds
        A worker that has worked so long is replaced by a new process, as is one whose case failed.
    on_change
        Called after every look, for the progress display.
    """

    def __init__(
        self,
        study: Study,
        tasks: TaskTable,
        cores: int,
        chunk_seconds: float = 60.0,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.study, self.tasks, self.cores, self.chunk_seconds = study, tasks, cores, chunk_seconds
        self.on_change = on_change
        self.running: list[Worker] = []
        self.idle: list[Worker] = []
        self.leaving: list[Worker] = []
        self.logs = study.out / ".engine" / "logs"
        self._started = 0

    def run(self) -> None:
        """Run until nothing is ready and nothing runs; an interrupt ends the workers first."""
        self._check_ranks()
        self.logs.mkdir(parents=True, exist_ok=True)
        os.chmod(self.study.out / ".engine", 0o700)
        try:
            self._precompile()
            while not self.tasks.is_over or self.running:
                self._launch()
                self._collect()
                self.on_change()
        finally:
            self._end_workers()

    def _check_ranks(self) -> None:
        for stage in self.study.stages:
            if stage.table.ranks > self.cores:
                raise InputError(
                    f"{self.study.where}: stages.{stage.name}.ranks = {stage.table.ranks}, more than the cores to use "
                    f"({self.cores}): give a larger --cores, or fewer ranks"
                )

    def _precompile(self) -> None:
        """Compile kernels once, in a worker that counts as a case, before others would each compile them."""
        stages = self.tasks.stages.values()
        needed = any(s.runs in ("label", "describe") and s.by_state["done"] < s.total for s in stages)
        if needed and not self.tasks.is_over and not precompile.kernels_are_compiled():
            self._worker().send(None)

    # -- cases that start --------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        """Give cases to free cores; simulations, the longest, come first."""
        for counts in sorted(self.tasks.stages.values(), key=lambda stage: stage.runs != SIMULATE):
            ranks = self.study.stage(counts.name).table.ranks
            while counts.by_state["ready"]:
                if ranks > self.cores - sum(worker.ranks for worker in self.running):
                    return  # cores that come free gather for this stage: smaller ones behind it must not take them
                case = self.tasks.next_ready(counts.name)
                self.tasks.start(case)
                self._worker().send(case, ranks)

    def _worker(self) -> Worker:
        """Return an idle worker, or a new one, among those that run."""
        if self.idle:
            worker = self.idle.pop()
        else:
            self._started += 1
            worker = Worker(self.study.out, self.logs / f"worker-{os.getpid()}-{self._started}.log")
        self.running.append(worker)
        return worker

    # -- cases that end ----------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Wait for workers that answer or end, and settle their cases."""
        for worker in wait_for_answers(self.running, POLL):
            self.running.remove(worker)
            alive = worker.take_answer()
            self._settle(worker, alive)
            # One that is dead, old, or ran a case that failed is not used again: it may not be what it was.
            if alive and worker.status == 0 and worker.worked < self.chunk_seconds:
                self.idle.append(worker)
                continue
            if not alive:
                worker.kill()  # what a dead worker had started itself
            worker.retire()
            self.leaving.append(worker)
        self.leaving = [worker for worker in self.leaving if worker.process.poll() is None]

    def _settle(self, worker: Worker, alive: bool) -> None:
        """Record the end of a case: from its manifest first, then its failure record, then the end of the worker."""
        case = worker.case
        if case is None or self.tasks.settle(case):
            return
        lock = self.study.store.lock(case)
        began = not alive and lock.holder().get("pid") == worker.process.pid
        if alive and fits_failure(self.study, case):
            self.tasks.finish(case, failed=True)
        elif not began and lock.is_held():
            self.tasks.put_back(case)  # another process runs it, such as an array started by hand
        elif began or not self.tasks.try_again(case):
            reason, status = worker.ending
            record_failure(self.study, case, reason, status=status, output=worker.output())
            self.tasks.finish(case, failed=True)

    def _end_workers(self) -> None:
        """End all workers; a second Ctrl-C does not stop this."""
        if threading.current_thread() is threading.main_thread() and self.running:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_all([*self.running, *self.idle, *self.leaving])
        self.running.clear()
