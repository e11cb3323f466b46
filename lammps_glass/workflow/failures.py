"""Record why a case failed, in ``STAGE.failed.json`` beside its folder: its error, or how its process ended."""

from __future__ import annotations

import datetime
import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lammps_glass.errors import LammpsGlassError, SimulationError, last_lines, tail
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class DiskFullError(SimulationError):
    """No space was left for a product; the next `reproduce` tries again without being asked."""


@contextmanager
def naming_full_disk(folder: Path) -> Iterator[None]:
    """Turn "no space left" and "file too large", which name no file, into an error that does."""
    try:
        yield
    except (OSError, SimulationError) as error:
        # LAMMPS repeats the system's message; other errors pass through
        messages = [os.strerror(code) for code in FULL if getattr(error, "errno", code) == code]
        cause = next((text for text in messages if text in str(error)), None)
        if cause is None:
            raise
        files = [path for path in folder.rglob("*") if path.is_file()]
        name = getattr(error, "filename", None) or max(files, key=lambda path: path.stat().st_size, default=folder)
        message = f"{name}: {cause}: make room (or raise the limit) and run it again"
        raise DiskFullError(
            message, log_tail=getattr(error, "log_tail", ""), deck=getattr(error, "deck", "")
        ) from error


def record_error(study: Study, case: CaseId, error: Exception) -> None:
    """Record the error of a case: one line and, of an unforeseen one, the end of its traceback."""
    foreseen = isinstance(error, LammpsGlassError)
    record_failure(
        study,
        case,
        str(error) if foreseen else f"{type(error).__name__}: {error}",
        status=error.exit_status if isinstance(error, LammpsGlassError) else 1,
        log=getattr(error, "log_tail", ""),
        output="" if foreseen else "".join(traceback.format_exception(error)),
        transient=isinstance(error, DiskFullError),
    )


def record_failure(
    study: Study, case: CaseId, reason: str, *, status: int, log: str = "", output: str = "", transient: bool = False
) -> None:
    """Record a failed case: reason, status, tails of log and output; a transient reason lets the case run again."""
    logs = sorted(path / "log.lammps" for path in study.store.unfinished(case) if (path / "log.lammps").is_file())
    decks = sorted(path / "in.lmp" for path in study.store.unfinished(case) if (path / "in.lmp").is_file())
    study.store.record_failure(
        case,
        {
            "reason": reason,
            "status": status,
            "log": log or (tail(logs[-1]) if logs else ""),
            "stderr": last_lines(output),
            "deck": str(decks[-1]) if decks else "",
            "key": study.key(case, study.input_hashes(case)),
            "attempt": study.store.attempt(case),
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "transient": transient,
        },
    )


def fits_failure(study: Study, case: CaseId, *, transient: bool = True) -> bool:
    """Whether the case has failed with its parameters and inputs of today; `transient` counts transient reasons too."""
    failure = study.store.failure(case)
    if failure is None or (failure.get("transient") and not transient):
        return False
    return failure.get("key") == study.key(case, study.input_hashes(case))
