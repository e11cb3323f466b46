"""Show the progress of a run: a row per stage in a terminal, a line a minute elsewhere, nothing when quiet."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from lammps_glass.workflow.task_table import StageCounts, TaskTable

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

LOGGER = logging.getLogger(__name__)
REDRAW = 0.5
LINE_EVERY = 60.0


def duration(seconds: float | None) -> str:
    """Format seconds as ``1 h 02 min``, ``3 min 20 s``, ``12 s``; a dash when unknown."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def time_left(tasks: TaskTable, cores: int) -> float | None:
    """Estimate the seconds to go on `cores` for the stages with a finished case; None while there is none."""
    seconds = [left for counts in tasks.stages.values() if (left := counts.seconds_left) is not None]
    return sum(seconds) / cores if seconds else None


class Progress:
    """Show the progress of cases; `show` may be called often and draws rarely."""

    def __init__(self, tasks: TaskTable, cores: int, *, quiet: bool = False) -> None:
        self.tasks, self.cores, self.quiet = tasks, cores, quiet
        self._live: Live | None = None
        self._last = self._reported = time.monotonic()

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(self._shown(), console=Console(stderr=True), refresh_per_second=2, transient=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.update(self._shown())
            self._live.stop()
        self._report()

    def show(self) -> None:
        """Draw, if enough time has passed; every minute the line also goes to the log file."""
        now = time.monotonic()
        if self._live is not None and now - self._last >= REDRAW:
            self._last = now
            self._live.update(self._shown())
        if now - self._reported >= LINE_EVERY:
            self._report()

    def _report(self) -> None:
        """Write a line to the log file, and to standard error where it is not a terminal."""
        self._reported = time.monotonic()
        line = self._line()
        LOGGER.info(line, extra={"shown": True})
        if self._live is None and not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def _line(self) -> str:
        stages = self.tasks.stages.values()
        done, total = sum(s.by_state["done"] for s in stages), sum(s.total for s in stages)
        failed = sum(s.by_state["failed"] for s in stages)
        busy = ", ".join(f"{s.name} {s.by_state['done']}/{s.total}" for s in stages if s.by_state["running"])
        elapsed = duration(time.monotonic() - self.tasks.started)
        return f"{elapsed}: {done} of {total} cases done, {failed} failed; running: {busy or 'nothing'}"

    def _shown(self) -> Table:
        from rich.table import Table

        elapsed = duration(time.monotonic() - self.tasks.started)
        remaining = duration(time_left(self.tasks, self.cores))
        table = Table(
            title=f"{self.tasks.study.name}: {elapsed} elapsed, estimated remaining {remaining} (stages seen so far)"
        )
        for heading in ("stage", "done", "running", "failed", "a case takes", "left"):
            table.add_column(heading, justify="left" if heading == "stage" else "right")
        for counts in self.tasks.stages.values():
            table.add_row(*self._row(counts))
        return table

    def _row(self, counts: StageCounts) -> tuple[str, ...]:
        left = counts.seconds_left
        return (
            counts.name,
            f"{counts.by_state['done']}/{counts.total}",
            str(counts.by_state["running"] or ""),
            str(counts.by_state["failed"] or ""),
            duration(counts.mean_seconds),
            duration(None if left is None else left / self.cores),
        )
