"""Report a failed command: one line on stderr, and the exit status."""

from __future__ import annotations

import sys
import traceback

from lammps_glass.errors import LammpsGlassError, SimulationError

INTERRUPTED = 130


def report_fault(error: BaseException, *, debug: bool) -> int:
    """Print an error on stderr, and return the exit status: 2, 3, 4 (by class), 130 (interrupted), 1 (unexpected)."""
    if debug:
        traceback.print_exception(error)
    line, status = _describe(error)
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    if isinstance(error, SimulationError):
        _print_simulation(error)
    return status


def _describe(error: BaseException) -> tuple[str, int]:
    """Return the line and the exit status of an error."""
    if isinstance(error, LammpsGlassError):
        return str(error), error.exit_status
    if isinstance(error, MemoryError):
        return f"out of memory ({error}): use fewer particles, or smaller settings", 2
    # Aborts and usage errors of the option parser are recognised by name and attributes: typer has a copy of click from
    # 0.16 on, so that no class is common to all versions.
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return "interrupted", INTERRUPTED
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        return f"{error.format_message()} (try --help)", 2
    return f"{type(error).__name__}: {error} (run again with --debug for the traceback)", 1


def _print_simulation(error: SimulationError) -> None:
    """Print the last lines of the log, and the path of the deck."""
    if error.log_tail:
        print("last lines of the log:", file=sys.stderr)
        for line in error.log_tail.splitlines():
            print(f"  {line}", file=sys.stderr)
    if error.deck:
        print(f"deck: {error.deck}", file=sys.stderr)
