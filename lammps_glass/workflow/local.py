"""The engine of one machine: workers that take case after case, at most `cores` cases (or ranks of them) at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lammps_glass.errors import InputError
from lammps_glass.operations.simulation import NAME as SIMULATE
from lammps_glass.workflow.crash_records import fits_failure, record_crash
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.task_table import StageCounts, TaskTable
from lammps_glass.workflow.workers import PRECOMPILE, Worker, end_all, wait_for_answers

#: Longest time between two looks at the display, s.
POLL = 0.25


@dataclass
class Task:
    """What a worker does now: a case, or nothing but compiling kernels."""

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
        table: TaskTable,
        cores: int,
        chunk_seconds: float = 60.0,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.study, self.table, self.cores, self.chunk_seconds = study, table, cores, chunk_seconds
        self.on_change = on_change
        self.tasks: list[Task] = []
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
            self._warm()
            while not self.table.is_over or self.tasks:
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
        return self.cores - sum(task.ranks for task in self.tasks)

    def _warm(self) -> None:
        """Compile kernels once, in a worker that counts as a task, before others would each compile them."""
        from lammps_glass.workflow.precompile import kernels_are_compiled

        compiled = any(t.runs in ("label", "describe") and t.by_state["done"] < t.total for t in self._tallies())
        if compiled and not self.table.is_over and not kernels_are_compiled():
            self._give(None, PRECOMPILE)

    def _tallies(self) -> list[StageCounts]:
        return list(self.table.stages.values())

    # -- giving out ------------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        """Give cases to free cores; simulations, the longest, come first."""
        for counts in sorted(self._tallies(), key=lambda t: t.runs != SIMULATE):
            ranks = self.study.stage(counts.name).table.ranks
            while counts.by_state["ready"]:
                if ranks > self._free():
                    return  # cores that come free gather for this stage: smaller ones behind it must not take them
                case = self.table.next_ready(counts.name)
                self.table.start(case)
                self._give(case, case.stage, case.index, ranks)

    def _give(self, case: CaseId | None, stage: str, index: int = 0, ranks: int = 1) -> None:
        worker = self.idle.pop() if self.idle else self._new_worker()
        worker.send(stage, index)
        self.tasks.append(Task(worker, case, ranks))

    def _new_worker(self) -> Worker:
        self._started += 1
        return Worker(self.study.out, self.logs / f"worker-{os.getpid()}-{self._started}.log")

    # -- taking back -----------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Wait for an answer or a death, and pass on what it means."""
        ended = wait_for_answers((task.worker for task in self.tasks), POLL)
        for task in [task for task in self.tasks if task.worker in ended]:
            self.tasks.remove(task)
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
        """A case has ended: believe its manifest first, then its failure record, then the end of the worker."""
        if self.study.is_done(case):
            self.table.finish(case)
            return
        self.study.forget(inputs_of=[case])
        lock = self.study.store.lock(case)
        began = not alive and lock.holder().get("pid") == worker.process.pid
        if self.study.is_done(case):
            self.table.finish(case)
        elif not self.study.is_ready(case):
            self.table.reconsider(case)
        elif alive and fits_failure(self.study, case):
            self.table.finish(case, failed=True)
        elif not began and lock.is_held():
            self.table.put_back(case)  # somebody else runs it, such as an array started by hand
        elif not began and (case.stage, case.index) not in self.retried:
            self.retried.add((case.stage, case.index))
            self.table.put_back(case)
        else:
            reason, status = worker.ending
            record_crash(self.study, case, reason, status=status, output=worker.output())
            self.table.finish(case, failed=True)

    def _end_workers(self) -> None:
        """End all workers; a second Ctrl-C does not stop this."""
        workers = [task.worker for task in self.tasks]
        if threading.current_thread() is threading.main_thread() and workers:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_all([*workers, *self.idle, *self.leaving])
        self.tasks.clear()
