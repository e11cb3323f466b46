"""Progress on screen: one line a stage in a terminal, one line a minute elsewhere, nothing when quiet."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType
from typing import Any

from lammps_glass.workflow.task_table import StageCounts, TaskTable

LOGGER = logging.getLogger(__name__)
REDRAW = 0.5
LINE_EVERY = 60.0


def duration(seconds: float | None) -> str:
    """``1 h 02 min``, ``3 min 20 s``, ``12 s``; a dash when unknown."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def time_left(table: TaskTable, cores: int) -> float | None:
    """Seconds to go on `cores` for the stages whose pace is known; None while none is."""
    known = [left for t in table.stages.values() if (left := t.seconds_left) is not None]
    return sum(known) / cores if known else None


class Progress:
    """Show the progress of a task table; `show` may be called often and draws rarely."""

    def __init__(self, table: TaskTable, cores: int, *, quiet: bool = False) -> None:
        self.table, self.cores, self.quiet = table, cores, quiet
        self._live: Any = None
        self._last = self._reported = time.monotonic()

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(self._table(), console=Console(stderr=True), refresh_per_second=2, transient=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.update(self._table())
            self._live.stop()
        self._report()

    def show(self) -> None:
        """Draw, if enough time has passed; every minute the line also goes to the log file."""
        now = time.monotonic()
        if self._live is not None and now - self._last >= REDRAW:
            self._last = now
            self._live.update(self._table())
        if now - self._reported >= LINE_EVERY:
            self._report()

    def _report(self) -> None:
        """The line for the log file, and for a screen that is no terminal."""
        self._reported = time.monotonic()
        line = self._line()
        LOGGER.info(line, extra={"shown": True})
        if self._live is None and not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def _line(self) -> str:
        stages = self.table.stages.values()
        done, total = sum(t.by_state["done"] for t in stages), sum(t.total for t in stages)
        failed = sum(t.by_state["failed"] for t in stages)
        busy = ", ".join(f"{t.name} {t.by_state['done']}/{t.total}" for t in stages if t.by_state["running"])
        elapsed = duration(time.monotonic() - self.table.started)
        return f"{elapsed}: {done} of {total} cases done, {failed} failed; running: {busy or 'nothing'}"

    def _table(self) -> Any:
        from rich.table import Table

        elapsed = duration(time.monotonic() - self.table.started)
        remaining = duration(time_left(self.table, self.cores))
        table = Table(
            title=f"{self.table.study.name}: {elapsed} elapsed, estimated remaining {remaining} (stages seen so far)"
        )
        for heading in ("stage", "done", "running", "failed", "a case takes", "left"):
            table.add_column(heading, justify="left" if heading == "stage" else "right")
        for counts in self.table.stages.values():
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
