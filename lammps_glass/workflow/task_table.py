"""Keep the state of every case: waiting, ready, running, done, failed or blocked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from lammps_glass.workflow.failures import fits_failure
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study

State = Literal["waiting", "ready", "running", "done", "failed", "blocked"]


@dataclass
class StageCounts:
    """Counts by state of one stage, and how long its finished cases took (s)."""

    name: str
    runs: str
    total: int
    by_state: Counter[State] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def mean_seconds(self) -> float | None:
        """Mean duration of the finished cases, s; None before the first one."""
        return sum(self.seconds) / len(self.seconds) if self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """Core-seconds of the cases that are neither done nor failed; None before the first one is done."""
        open_cases = self.total - self.by_state["done"] - self.by_state["failed"] - self.by_state["blocked"]
        if open_cases == 0:
            return 0.0
        return None if self.mean_seconds is None else open_cases * self.mean_seconds


class TaskTable:
    """States of all cases, kept up to date by `finish` and `settle`; a failed case blocks only what reads it."""

    def __init__(self, study: Study, *, retry_failed: bool = False) -> None:
        self.study = study
        #: Called with every case that has come to be done.
        self.on_done: Callable[[CaseId], None] = lambda case: None
        self.state: dict[tuple[str, int], State] = {}
        self.ready_queue: dict[str, dict[int, CaseId]] = {stage.name: {} for stage in study.stages}
        self.open_inputs: dict[tuple[str, int], int] = {}
        self.retried: set[tuple[str, int]] = set()
        self.stages = {s.name: StageCounts(s.name, s.operation.name, len(s.cases)) for s in study.stages}
        self.started = time.monotonic()
        for case in study.all_cases():
            self._enter(case, retry_failed)

    def _enter(self, case: CaseId, retry_failed: bool) -> None:
        """Find the first state of a case, from those of the cases that it reads."""
        states = [self.state[earlier.id] for earlier in self.study.reads(case)]
        self.open_inputs[case.id] = sum(state != "done" for state in states)
        if any(state in ("failed", "blocked") for state in states):
            self._set(case, "blocked")
        elif self.open_inputs[case.id]:
            self._set(case, "waiting")
        elif self.study.is_done(case):
            self._set(case, "done")
        else:
            failed = not retry_failed and fits_failure(self.study, case, transient=False)
            self._set(case, "failed" if failed else "ready")

    def _set(self, case: CaseId, state: State) -> None:
        """Change the state of a case, and with it the counts and the ready queue of its stage."""
        counts = self.stages[case.stage]
        before = self.state.get(case.id)
        if before is not None:
            counts.by_state[before] -= 1
        if before == "ready":
            del self.ready_queue[case.stage][case.index]
        if state == "ready":
            self.ready_queue[case.stage][case.index] = case
        counts.by_state[state] += 1
        self.state[case.id] = state
        if state == "done" and (done := self.study.done(case)) is not None:
            counts.seconds.append(done.seconds)

    # -- cases that may start ----------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing runs and nothing may start."""
        return not any(stage.by_state["ready"] + stage.by_state["running"] for stage in self.stages.values())

    def ready(self, stage: str) -> list[CaseId]:
        """List the cases of a stage that may start now."""
        return list(self.ready_queue[stage].values())

    def next_ready(self, stage: str) -> CaseId:
        """Return the first of `ready`, which must not be empty, in constant time."""
        return next(iter(self.ready_queue[stage].values()))

    def start(self, case: CaseId) -> None:
        """Record that a case runs."""
        self._set(case, "running")

    # -- cases that have ended ---------------------------------------------------------------------------------------

    def put_back(self, case: CaseId) -> None:
        """Record that a case has ended without a result and may start again."""
        self._set(case, "ready")

    def try_again(self, case: CaseId) -> bool:
        """Put a case back that has ended without a reason, and return True; False when it has had its second try."""
        if case.id in self.retried:
            return False
        self.retried.add(case.id)
        self.put_back(case)
        return True

    def settle(self, case: CaseId) -> bool:
        """Record that a case is done, or that it lacks inputs and waits; return False where it is neither."""
        if not self.study.is_done(case):
            self.study.forget(inputs_of=[case])
        if self.study.is_done(case):
            self.finish(case)
        elif not self.study.is_ready(case):
            self._wait_again(case)
        else:
            return False
        return True

    def finish(self, case: CaseId, *, failed: bool = False) -> None:
        """Record the end of a case and pass it on to the cases that read it."""
        self._set(case, "failed" if failed else "done")
        for reader in self.study.readers.get(case.id, []):
            if failed:
                self._block(reader)
            else:
                self._release(reader)
        if not failed:
            self.on_done(case)

    def _block(self, case: CaseId) -> None:
        """Block a case behind a failed one, and those that read it."""
        if self.state[case.id] == "waiting":
            self._set(case, "blocked")
            for reader in self.study.readers.get(case.id, []):
                self._block(reader)

    def _release(self, case: CaseId) -> None:
        """Count one more finished input of a case; with the last one it is ready, or done already."""
        self.open_inputs[case.id] -= 1
        if self.open_inputs[case.id] == 0 and self.state[case.id] == "waiting":
            # Inputs that changed make another key; equal products of re-run inputs leave the case done.
            if self.study.is_done(case):
                self.finish(case)
            else:
                self._set(case, "ready")

    def _wait_again(self, case: CaseId) -> None:
        """Let a case wait for its inputs; those that were done and are damaged run again, and what reads them waits."""
        for earlier in self.study.reads(case):
            if self.state[earlier.id] == "done" and not self.study.is_done(earlier):
                for reader in self.study.readers[earlier.id]:
                    self.open_inputs[reader.id] += 1
                    if self.state[reader.id] == "ready":
                        self._set(reader, "waiting")
                self._set_open(earlier)
        self._set_open(case)

    def _set_open(self, case: CaseId) -> None:
        """Let a case wait, or be ready when all its inputs are done."""
        self.open_inputs[case.id] = sum(self.state[earlier.id] != "done" for earlier in self.study.reads(case))
        self._set(case, "waiting" if self.open_inputs[case.id] else "ready")
