"""The engine of one machine: a fresh child process for every chunk of cases, at most `cores` of them at once."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.workflow.ledger import Ledger, StageTally
from lammps_glass.workflow.runner import TAIL_LINES
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study

POLL = 0.05
GRACE = 5.0
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass
class Chunk:
    """A running child and the cases it was given."""

    process: subprocess.Popen[bytes]
    cases: list[CaseId]
    log: Path
    ranks: int = 1


class LocalEngine:
    """Runs what the ledger has ready until nothing is left.

    Parameters
    ----------
    cores
        Children at once; each runs on one thread.
    chunk_seconds
        Work to put into one child, once the stage's pace is known.
    on_change
        Called after every poll, for the progress display.
    """

    def __init__(
        self,
        study: Study,
        ledger: Ledger,
        cores: int,
        chunk_seconds: float = 60.0,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.study, self.ledger, self.cores, self.chunk_seconds = study, ledger, cores, chunk_seconds
        self.on_change = on_change
        self.chunks: list[Chunk] = []
        self.retried: set[tuple[str, int]] = set()
        self.logs = study.out / ".engine" / "logs"
        self._started = 0

    def run(self) -> None:
        """Run until nothing is ready and nothing runs; an interrupt ends the children first."""
        self._check_ranks()
        self.logs.mkdir(parents=True, exist_ok=True)
        os.chmod(self.study.out / ".engine", 0o700)
        try:
            self._warm()
            while not self.ledger.is_over or self.chunks:
                self._collect()
                self._launch()
                self.on_change()
                time.sleep(POLL)
        finally:
            self._end_children()

    def _check_ranks(self) -> None:
        for stage in self.study.stages:
            if stage.table.ranks > self.cores:
                raise InputError(
                    f"{self.study.where}: stages.{stage.name}.ranks = {stage.table.ranks}, more than the cores to use "
                    f"({self.cores}): give a larger --cores, or fewer ranks"
                )

    def _ranks(self, stage: str) -> int:
        """Cores that a case of `stage` takes; the compilation of kernels takes one."""
        return 1 if stage == "--warm" else self.study.stage(stage).table.ranks

    def _free(self) -> int:
        return self.cores - sum(chunk.ranks for chunk in self.chunks)

    def _warm(self) -> None:
        """Compile kernels once, in a child that counts as a task, before others would each compile them."""
        from lammps_glass.studies.warm import kernels_are_warm

        compiled = any(t.kind in ("label", "describe") and t.counts["done"] < t.total for t in self.tallies())
        if compiled and not self.ledger.is_over and not kernels_are_warm():
            self._spawn("--warm", [])

    def tallies(self) -> list[StageTally]:
        return list(self.ledger.tallies.values())

    def _order(self) -> list[str]:
        """Simulations first: the short cases behind them gather into chunks meanwhile."""
        return [t.name for t in sorted(self.tallies(), key=lambda t: t.kind != "simulate") if t.counts["ready"]]

    def _launch(self) -> None:
        for stage in self._order() if self._free() > 0 else []:
            ready = self.ledger.ready(stage)
            if ready and self._ranks(stage) > self._free():
                return  # cores that come free gather for this stage: smaller ones behind it must not take them
            while ready and self._ranks(stage) <= self._free():
                size = self._chunk_size(stage, len(ready))
                chunk, ready = ready[:size], ready[size:]
                for case in chunk:
                    self.ledger.start(case)
                self._spawn(stage, chunk)

    def _chunk_size(self, stage: str, n_ready: int) -> int:
        tally = self.ledger.tallies[stage]
        share = math.ceil(n_ready / (self.cores // self._ranks(stage)))
        if tally.kind == "simulate" and tally.mean_seconds is None:
            return 1
        fitting = share if tally.mean_seconds is None else int(self.chunk_seconds / max(tally.mean_seconds, 1e-3))
        return max(1, min(share, fitting))

    def _spawn(self, stage: str, cases: list[CaseId]) -> None:
        self._started += 1
        log = self.logs / f"{stage.strip('-')}-{os.getpid()}-{self._started}.log"
        indices = ",".join(str(case.index) for case in cases)
        command = [
            sys.executable,
            "-m",
            "lammps_glass.workflow.child",
            str(self.study.out),
            stage,
            indices,
            str(os.getpid()),
        ]
        environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=environment, start_new_session=True
            )
        self.chunks.append(Chunk(process, cases, log, self._ranks(stage)))

    def _collect(self) -> None:
        for chunk in list(self.chunks):
            self._settle(chunk) if chunk.process.poll() is not None else self._settle_done(chunk)

    def _settle_done(self, chunk: Chunk) -> None:
        """Pass on cases that a running chunk has finished already."""
        store = self.study.store
        for case in list(chunk.cases):
            if (store.folder(case) / "manifest.json").exists() and self.study.is_done(case):
                chunk.cases.remove(case)
                self.ledger.finish(case)
            elif store.lock(case).path.exists():
                break  # it runs now: those behind it have not begun

    def _settle(self, chunk: Chunk) -> None:
        """The child has ended: believe manifests first, then failure records, then its exit status."""
        self.chunks.remove(chunk)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(chunk.process.pid, signal.SIGKILL)  # what a killed child had started itself
        self.study.forget(inputs_of=chunk.cases)
        running = next((c for c in chunk.cases if self._held_by(c, chunk.process.pid)), None)
        for case in chunk.cases:
            if self.study.is_done(case):
                self.ledger.finish(case)
            elif not self.study.is_ready(case):
                self.ledger.reconsider(case)
            elif case is running or self._failed(case):
                self._record_death(case, chunk, case is running)
                self.ledger.finish(case, failed=True)
            elif self.study.store.lock(case).is_held():
                self.ledger.put_back(case)  # somebody else runs it, such as an array started by hand
            elif (case.stage, case.index) in self.retried:
                self._record_death(case, chunk, True)
                self.ledger.finish(case, failed=True)
            else:
                self.retried.add((case.stage, case.index))
                self.ledger.put_back(case)

    def _held_by(self, case: CaseId, pid: int) -> bool:
        return self.study.store.lock(case).holder().get("pid") == pid

    def _failed(self, case: CaseId) -> bool:
        failure = self.study.store.failure(case)
        return failure is not None and failure.get("key") == self.study.key(case, self.study.input_hashes(case))

    def _record_death(self, case: CaseId, chunk: Chunk, died: bool) -> None:
        if not died:
            return
        code = chunk.process.returncode
        ending = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        folders = sorted(self.study.store.folder(case).parent.glob(f".tmp-{case.stage}-*/log.lammps"))
        log = folders[-1].read_text(errors="replace").splitlines()[-TAIL_LINES:] if folders else []
        self.study.store.record_failure(
            case,
            {
                "reason": f"the process ended with {ending}",
                "status": code,
                "log": "\n".join(log),
                "stderr": "\n".join(chunk.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]),
                "deck": str(folders[-1].with_name("in.lmp")) if folders else "",
                "key": self.study.key(case, self.study.input_hashes(case)),
                "attempt": int((self.study.store.failure(case) or {}).get("attempt", 0)) + 1,
            },
        )

    def _end_children(self) -> None:
        """SIGTERM, and SIGKILL to whoever is left after the grace time; a second Ctrl-C does not stop this."""
        if threading.current_thread() is threading.main_thread() and self.chunks:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        for kill in (signal.SIGTERM, signal.SIGKILL):
            for chunk in self.chunks:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(chunk.process.pid, kill)
            end = time.monotonic() + GRACE
            for chunk in self.chunks:
                with suppress(subprocess.TimeoutExpired):
                    chunk.process.wait(max(0.0, end - time.monotonic()))
        self.chunks.clear()
