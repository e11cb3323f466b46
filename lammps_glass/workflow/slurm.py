"""Run cases on a Slurm cluster: a job array per stage, each task a chunk of cases; manifests show which are done.

The controller may be killed at any time: what was submitted goes on, and the next controller finds it again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lammps_glass.errors import InputError
from lammps_glass.workflow import precompile, slurm_queue
from lammps_glass.workflow.failures import fits_failure, record_failure
from lammps_glass.workflow.slurm_jobs import TERMINATED, Array, Ending, JobBook, exit_file, exit_status, read_ending
from lammps_glass.workflow.slurm_submit import chunk_size, cut, parameters, submit
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.task_table import TaskTable
from lammps_glass.workflow.workers import Worker, end_all

#: Seconds between two looks: short while things happen, longer while nothing changes.
FIRST_POLL, LONGEST_POLL, GROWTH = 1.0, 15.0, 1.3
#: Looks in a row without a task in the queue before it counts as ended: shared file systems show files late.
LOOKS = 2


@dataclass
class Task:
    """An open array task: the cases it has not finished, and the segments of each when it was submitted."""

    array: Array
    index: int
    cases: list[CaseId]
    segments: dict[tuple[str, int], int] = field(default_factory=dict)
    missed: int = 0

    @property
    def id(self) -> str:
        """Name of the task in Slurm."""
        return self.array.task_id(self.index)


class SlurmEngine:
    """Submit what the task table has ready, and wait for manifests, until nothing is left.

    Parameters
    ----------
    on_change
        Called after every look, for the progress display.
    cancel_on_interrupt
        Whether Ctrl-C cancels the jobs; they go on otherwise.
    """

    def __init__(
        self,
        study: Study,
        tasks: TaskTable,
        on_change: Callable[[], None] = lambda: None,
        *,
        cancel_on_interrupt: bool = False,
    ) -> None:
        self.study, self.tasks, self.on_change = study, tasks, on_change
        self.cancel_on_interrupt = cancel_on_interrupt
        self.options = study.file.engine.slurm
        self.home = study.out.resolve() / ".engine"
        self.folder = self.home / "slurm"
        self.open: list[Task] = []
        self._ready_since: dict[str, float] = {}
        self._compiling: Worker | None = None

    def run(self) -> None:
        """Run until nothing is ready and nothing runs; on an interrupt the jobs stay, unless `cancel_on_interrupt`."""
        self.home.mkdir(exist_ok=True)
        os.chmod(self.home, 0o700)
        self.folder.mkdir(exist_ok=True)
        self.max_array = slurm_queue.max_array()
        self.book = JobBook(self.home)
        try:
            self._attach()
            self._precompile()
            pause = FIRST_POLL
            while not self.tasks.is_over or self.open:
                changed = self._collect()
                changed = self._launch() or changed
                self.on_change()
                pause = FIRST_POLL if changed else min(pause * GROWTH, LONGEST_POLL)
                if not self.tasks.is_over or self.open:
                    time.sleep(pause)
        except KeyboardInterrupt:
            self._interrupted()
            raise
        finally:
            end_all([self._compiling] if self._compiling else [])

    def _precompile(self) -> None:
        """Compile the kernels into the user's cache, before many tasks would each do it."""
        if not self.tasks.is_over and not precompile.kernels_are_compiled():
            self._compiling = Worker(self.study.out, self.home / "precompile.log")
            self._compiling.send(None)

    # -- what was submitted before ---------------------------------------------------------------------------------

    def _attach(self) -> None:
        """Take up the arrays of an earlier controller: their cases run, as long as Slurm lists the tasks."""
        if not self.book.arrays:
            return
        queue = slurm_queue.queue()
        if queue is None:
            raise InputError("squeue gives no answer, and jobs of this study may be in the queue: try again later")
        self.book.adopt((task, name) for task, (_, name) in queue.items())
        for array in self.book.arrays:
            ready = self.tasks.ready(array.stage) if array.stage in self.tasks.stages else []
            by_name = {case.name: case for case in ready}
            for index in array.open_tasks:
                self._take_up(array, index, [by_name[name] for name in array.tasks[index] if name in by_name])
        # An array that ended while nobody watched says how by its exit files; one cancelled then is simply run again.
        for task in list(self.open):
            if task.id not in queue:
                ending = read_ending(self.folder, task.id)
                self._settle(task, Ending(TERMINATED) if ending.interrupted else ending, watched=False)
        self.book.save()

    def _take_up(self, array: Array, index: int, cases: list[CaseId]) -> Task:
        """Count a task as open and its cases as running."""
        task = Task(array, index, cases)
        self.open.append(task)
        for case in cases:
            self.tasks.start(case)
        return task

    # -- what has ended --------------------------------------------------------------------------------------------

    def _collect(self) -> bool:
        """Settle what has ended: manifests first, then the queue. Return whether something has."""
        if not self.open:
            return False
        queue = slurm_queue.queue()
        changed = False
        for task in list(self.open):
            state = queue.get(task.id, ("", ""))[0] if queue is not None else "UNKNOWN"
            task.missed = 0 if state else task.missed + 1
            if state != "PENDING":
                changed = self._pass_on(task) or changed
            if self._is_over(task):
                self._settle(task, read_ending(self.folder, task.id))
                changed = True
        if changed:
            self.book.save()
        return changed

    def _is_over(self, task: Task) -> bool:
        """Whether the task has ended; SIGTERM may also mean that Slurm puts it back, which only the queue tells."""
        return task.missed >= LOOKS or exit_status(self.folder, task.id) not in (None, TERMINATED)

    def _pass_on(self, task: Task) -> bool:
        """Finish the cases of the task that are done; return whether there are any."""
        done = [case for case in task.cases if self.study.is_done(case)]
        for case in done:
            task.cases.remove(case)
            self.tasks.finish(case)
        return bool(done)

    def _settle(self, task: Task, ending: Ending, *, watched: bool = True) -> None:
        """Record the end of a task: from manifests first, then failure records, then from how it ended."""
        self.open.remove(task)
        task.array.over.append(task.index)
        running = True
        for case in task.cases:
            if self.tasks.settle(case):
                continue
            if fits_failure(self.study, case, transient=False):
                self.tasks.finish(case, failed=True)
            else:
                self._settle_open(task, case, ending, running, watched)
                running = False  # cases of a chunk run in order: only the first open one had begun
        exit_file(self.folder, task.id).unlink(missing_ok=True)
        (self.folder / f"{task.id}_submitted.pkl").unlink(missing_ok=True)

    def _settle_open(self, task: Task, case: CaseId, ending: Ending, running: bool, watched: bool) -> None:
        """Let a case without products or a failure record fail, or give it another try."""
        got_on = running and self._segments(case) > task.segments.get(case.id, 0)
        crashed = ending.crashed and running
        failed = crashed or (ending.cancelled and watched)
        if not failed and (not watched or not running or (ending.interrupted and got_on)):
            self.tasks.put_back(case)
        elif failed or not self.tasks.try_again(case):
            status = -1 if ending.code is None else ending.code
            record_failure(self.study, case, ending.reason, status=status, output=ending.output, transient=not crashed)
            self.tasks.finish(case, failed=True)

    def _segments(self, case: CaseId) -> int:
        """Count the segments (or other state files) of unfinished tries of a case."""
        return sum(1 for folder in self.study.store.unfinished(case) for _ in folder.glob("segments/*"))

    # -- what comes next -------------------------------------------------------------------------------------------

    def _launch(self) -> bool:
        """Submit an array for every stage whose ready cases have gathered."""
        submitted = False
        for stage in self.study.stages:
            ready = self.tasks.ready(stage.name)
            room = self.options.max_running - self.book.may_run
            if ready and room > 0 and self._gathered(stage.name):
                submitted = self._submit(stage.name, ready, room) or submitted
        return submitted

    def _gathered(self, stage: str) -> bool:
        """Whether to submit now: no other case of the stage will be ready soon, or the first has waited long enough."""
        since = self._ready_since.setdefault(stage, time.monotonic())
        patient = time.monotonic() - since < self.study.file.engine.chunk_seconds
        return not (self.tasks.stages[stage].by_state["waiting"] and self.open and patient)

    def _chunks(self, stage: str, ready: list[CaseId]) -> list[list[list[CaseId]]]:
        """Return arrays of chunks; a case that has another try is alone in its task."""
        alone = [[case] for case in ready if case.id in self.tasks.retried]
        others = [case for case in ready if case.id not in self.tasks.retried]
        chunk_seconds, max_running = self.study.file.engine.chunk_seconds, self.options.max_running
        size = chunk_size(self.tasks.stages[stage], max(1, len(others)), chunk_seconds, max_running, self.max_array)
        return cut([*alone, *cut(others, size)], self.max_array)

    def _submit(self, stage: str, ready: list[CaseId], room: int) -> bool:
        options = parameters(self.options, stage, self.study.stage(stage).table.ranks, self.folder)
        for chunks in self._chunks(stage, ready):
            names = [[case.name for case in chunk] for chunk in chunks]
            array = Array.named(self.study.name, stage, names, min(len(chunks), max(1, room)))
            self.book.add(array)
            try:
                array.job = submit(array, self.study.out.resolve(), self.folder, options)
            except InputError:
                self.book.arrays.remove(array)
                self.book.save()
                if not self.open:
                    raise
                return False  # a limit on submitted jobs: try again when some have ended
            self.book.save()
            for index, chunk in enumerate(chunks):
                task = self._take_up(array, index, list(chunk))
                task.segments = {case.id: self._segments(case) for case in chunk}
            room -= array.may_run
            if room <= 0:
                break
        self._ready_since.pop(stage, None)
        return True

    def _interrupted(self) -> None:
        jobs = [array.job for array in self.book.arrays if array.job]
        names = " ".join(jobs)
        if jobs and self.cancel_on_interrupt:
            slurm_queue.cancel(jobs)
            print(f"cancelled the Slurm jobs {names}", file=sys.stderr)
        elif jobs:
            message = f"the Slurm jobs {names} stay and go on; the same command finds them again"
            print(f"{message}; `scancel {names}` cancels them", file=sys.stderr)
