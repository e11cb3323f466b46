"""Run cases on this machine, in workers that take one case after another: at most `cores` cases or ranks at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lammps_glass.errors import InputError
from lammps_glass.operations.simulation import NAME as SIMULATE
from lammps_glass.workflow import precompile
from lammps_glass.workflow.crash_records import fits_failure, record_crash
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.task_table import TaskTable
from lammps_glass.workflow.workers import PRECOMPILE, Worker, end_all, wait_for_answers

#: Longest time between two looks at the display, s.
POLL = 0.25


@dataclass
class Task:
    """A worker's job: a case, or (None) the compilation of kernels."""

    worker: Worker
    case: CaseId | None
    ranks: int = 1


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
        self.running: list[Task] = []
        self.idle: list[Worker] = []
        self.leaving: list[Worker] = []
        self.retried: set[tuple[str, int]] = set()
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

    def _free(self) -> int:
        """Return the number of cores without a task."""
        return self.cores - sum(task.ranks for task in self.running)

    def _precompile(self) -> None:
        """Compile kernels once, in a worker that counts as a task, before others would each compile them."""
        stages = self.tasks.stages.values()
        needed = any(s.runs in ("label", "describe") and s.by_state["done"] < s.total for s in stages)
        if needed and not self.tasks.is_over and not precompile.kernels_are_compiled():
            self._give(None, PRECOMPILE)

    # -- cases that start --------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        """Give cases to free cores; simulations, the longest, come first."""
        for counts in sorted(self.tasks.stages.values(), key=lambda stage: stage.runs != SIMULATE):
            ranks = self.study.stage(counts.name).table.ranks
            while counts.by_state["ready"]:
                if ranks > self._free():
                    return  # cores that come free gather for this stage: smaller ones behind it must not take them
                case = self.tasks.next_ready(counts.name)
                self.tasks.start(case)
                self._give(case, case.stage, case.index, ranks)

    def _give(self, case: CaseId | None, stage: str, index: int = 0, ranks: int = 1) -> None:
        worker = self.idle.pop() if self.idle else self._new_worker()
        worker.send(stage, index)
        self.running.append(Task(worker, case, ranks))

    def _new_worker(self) -> Worker:
        self._started += 1
        return Worker(self.study.out, self.logs / f"worker-{os.getpid()}-{self._started}.log")

    # -- cases that end ----------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Wait for a worker that answers or ends, and settle its case."""
        ended = wait_for_answers((task.worker for task in self.running), POLL)
        for task in [task for task in self.running if task.worker in ended]:
            self.running.remove(task)
            alive = task.worker.take_answer()
            if task.case is not None:
                self._settle(task.case, task.worker, alive)
            self._keep(task.worker, alive)
        self.leaving = [worker for worker in self.leaving if worker.process.poll() is None]

    def _keep(self, worker: Worker, alive: bool) -> None:
        """Use a worker again, unless it is dead, old, or ran a case that failed: it may not be what it was."""
        if alive and worker.status == 0 and worker.worked < self.chunk_seconds:
            self.idle.append(worker)
            return
        if not alive:
            worker.kill()  # what a dead worker had started itself
        worker.retire()
        self.leaving.append(worker)

    def _settle(self, case: CaseId, worker: Worker, alive: bool) -> None:
        """Record the end of a case: from its manifest first, then its failure record, then the end of the worker."""
        if self.study.is_done(case):
            self.tasks.finish(case)
            return
        self.study.forget(inputs_of=[case])
        lock = self.study.store.lock(case)
        began = not alive and lock.holder().get("pid") == worker.process.pid
        if self.study.is_done(case):
            self.tasks.finish(case)
        elif not self.study.is_ready(case):
            self.tasks.reconsider(case)
        elif alive and fits_failure(self.study, case):
            self.tasks.finish(case, failed=True)
        elif not began and lock.is_held():
            self.tasks.put_back(case)  # another process runs it, such as an array started by hand
        elif not began and case.id not in self.retried:
            self.retried.add(case.id)
            self.tasks.put_back(case)
        else:
            reason, status = worker.ending
            record_crash(self.study, case, reason, status=status, output=worker.output())
            self.tasks.finish(case, failed=True)

    def _end_workers(self) -> None:
        """End all workers; a second Ctrl-C does not stop this."""
        workers = [task.worker for task in self.running]
        if threading.current_thread() is threading.main_thread() and workers:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_all([*workers, *self.idle, *self.leaving])
        self.running.clear()
