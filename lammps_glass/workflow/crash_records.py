"""What is kept of a case whose process could not say itself why it ended; the engines tell the reason."""

from __future__ import annotations

from lammps_glass.errors import last_lines, tail
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.store import TOKEN
from lammps_glass.workflow.study import Study


def record_crash(study: Study, case: CaseId, reason: str, *, status: int, output: str, transient: bool = False) -> None:
    """Write ``failed.json``: reason, status, tails of log and output; a transient reason lets the case run again."""
    store = study.store
    logs = sorted(store.folder(case).parent.glob(f".tmp-{case.stage}-{TOKEN}/log.lammps"))
    store.record_failure(
        case,
        {
            "reason": reason,
            "status": status,
            "log": tail(logs[-1]) if logs else "",
            "stderr": last_lines(output),
            "deck": str(logs[-1].with_name("in.lmp")) if logs else "",
            "key": study.key(case, study.input_hashes(case)),
            "attempt": int((store.failure(case) or {}).get("attempt", 0)) + 1,
            "transient": transient,
        },
    )


def fits_failure(study: Study, case: CaseId, *, transient: bool = True) -> bool:
    """Whether there is a reason of a failure of the case with the parameters and inputs that it has now.

    Without `transient` only reasons of the case's own count: those do not let it run again by itself.
    """
    failure = study.store.failure(case)
    if failure is None or (failure.get("transient") and not transient):
        return False
    return bool(failure.get("key") == study.key(case, study.input_hashes(case)))
