"""Show the progress of a run: a row per stage in a terminal, a line a minute elsewhere, nothing when quiet."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

from lammps_glass.workflow.task_table import TaskTable

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


class Progress:
    """Show the progress of cases on `cores`; `show` may be called often and draws rarely."""

    def __init__(self, tasks: TaskTable, cores: int, *, quiet: bool = False) -> None:
        self.tasks, self.cores, self.quiet = tasks, cores, quiet
        self._live: Live | None = None
        self._last = self._reported = time.monotonic()

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(self._table(), console=Console(stderr=True), refresh_per_second=2, transient=False)
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
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

    @property
    def _elapsed(self) -> str:
        return duration(time.monotonic() - self.tasks.started)

    def _report(self) -> None:
        """Write a line to the log file, and to standard error where it is not a terminal."""
        self._reported = time.monotonic()
        stages = self.tasks.stages.values()
        done, failed = (sum(stage.by_state[state] for stage in stages) for state in ("done", "failed"))
        busy = ", ".join(f"{s.name} {s.by_state['done']}/{s.total}" for s in stages if s.by_state["running"])
        cases = f"{done} of {sum(stage.total for stage in stages)} cases done, {failed} failed"
        line = f"{self._elapsed}: {cases}; running: {busy or 'nothing'}"
        LOGGER.info(line, extra={"shown": True})
        if self._live is None and not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def _table(self) -> Table:
        from rich.table import Table

        stages = list(self.tasks.stages.values())
        left = [None if s.seconds_left is None else s.seconds_left / self.cores for s in stages]
        estimates = [seconds for seconds in left if seconds is not None]
        remaining = duration(sum(estimates) if estimates else None)
        title = (
            f"{self.tasks.study.name}: {self._elapsed} elapsed, estimated remaining {remaining} (stages seen so far)"
        )
        table = Table(title=title)
        for heading in ("stage", "done", "running", "failed", "a case takes", "left"):
            table.add_column(heading, justify="left" if heading == "stage" else "right")
        for stage, seconds in zip(stages, left):
            running, failed = (str(stage.by_state[state] or "") for state in ("running", "failed"))
            done = f"{stage.by_state['done']}/{stage.total}"
            table.add_row(stage.name, done, running, failed, duration(stage.mean_seconds), duration(seconds))
        return table
