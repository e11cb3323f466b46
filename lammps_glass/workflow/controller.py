"""`reproduce`: hold the folder, run what is missing, publish tables, figures, summary and report."""

from __future__ import annotations

from typing import Any

from lammps_glass.errors import InputError
from lammps_glass.workflow.ledger import Ledger
from lammps_glass.workflow.local import LocalEngine
from lammps_glass.workflow.locks import Lock
from lammps_glass.workflow.progress import Progress
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.summary import publish


def hold(study: Study) -> Lock:
    """The controller's lock of the folder.

    Raises
    ------
    InputError
        Another controller holds it; the message says who.
    """
    lock = Lock(study.out / ".controller.lock")
    if not lock.acquire():
        holder = lock.holder()
        raise InputError(
            f"{study.out}: a controller is at work there (process {holder.get('pid')} on {holder.get('host')}): "
            "wait for it, or stop it first"
        )
    return lock


def reproduce(
    study: Study,
    *,
    engine: str = "local",
    cores: int | None = None,
    retry_failed: bool = False,
    quiet: bool = False,
) -> dict[str, Any]:
    """Run a whole study from where it stopped; returns the summary that is also written to ``summary.json``."""
    if engine != "local":
        raise InputError(f"--engine {engine}: unknown engine; known are local")
    study.claim(exact=False)
    with hold(study):
        study.store.sweep()
        ledger = Ledger(study, retry_failed=retry_failed)
        at_once = cores or study.file.engine.cores
        with Progress(ledger, at_once, quiet=quiet) as progress:
            LocalEngine(study, ledger, at_once, study.file.engine.chunk_seconds, progress.show).run()
        return publish(study)
