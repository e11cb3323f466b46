"""Record crashed cases: those whose process ended without a record of its own."""

from __future__ import annotations

from lammps_glass.errors import last_lines, tail
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.store import TOKEN
from lammps_glass.workflow.study import Study


def record_crash(study: Study, case: CaseId, reason: str, *, status: int, output: str, transient: bool = False) -> None:
    """Record a crashed case: reason, status, tails of log and output; a transient reason lets the case run again."""
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
    """Whether the case has failed with the parameters and inputs that it has now; see `transient` of `record_crash`."""
    failure = study.store.failure(case)
    if failure is None or (failure.get("transient") and not transient):
        return False
    return bool(failure.get("key") == study.key(case, study.input_hashes(case)))
