"""Run one case here and now: lock, work in a temporary folder, commit; a failure leaves its reason beside the case."""

from __future__ import annotations

import datetime
import errno
import math
import os
import platform
import socket
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from lammps_glass import __version__
from lammps_glass.errors import InputError, LammpsGlassError, SimulationError, last_lines, tail
from lammps_glass.workflow import mpi
from lammps_glass.workflow.locks import wait_for
from lammps_glass.workflow.manifest import Manifest, inventory
from lammps_glass.workflow.ownership import take_folder
from lammps_glass.workflow.processes import forget_peak_memory, peak_memory
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.store import sync_tree
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.threads import one_thread

#: Boosted trees, their explanation and search, and the other SOAP.
LEARNERS = ("libsvm-official", "xgboost", "shap", "optuna", "dscribe")
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
        largest = max(files, key=lambda path: path.stat().st_size, default=folder)
        name = getattr(error, "filename", None) or largest
        log, deck = getattr(error, "log_tail", ""), getattr(error, "deck", "")
        message = f"{name}: {cause}: make room (or raise the limit) and run it again"
        raise DiskFullError(message, log_tail=log, deck=deck) from error


def versions() -> dict[str, str]:
    """Return the versions of this package, of LAMMPS, Python and the libraries that make numbers."""
    installed = {"lammps_glass": __version__, "python": platform.python_version()}
    for name in ("lammps", "numpy", "scipy", "ovito", "scikit-learn", "imbalanced-learn", "numba", *LEARNERS):
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = "site"
    return installed


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def run_case(study: Study, case: CaseId, *, wait: float = math.inf) -> Manifest:
    """Run a case of a study, in a folder that is new or this study's; see `run_in_folder`."""
    take_folder(study.file, study.out, exact=True)
    return run_in_folder(study, case, wait=wait)


def run_in_folder(study: Study, case: CaseId, *, wait: float = 0.0) -> Manifest:
    """Run `case` unless it is done, and return its manifest; wait up to `wait` seconds for a process that runs it.

    Raises
    ------
    NotReadyError
        An input is not there yet.
    InputError
        Another process is running the case (after `wait` seconds), or the operation refused its input.
    SimulationError
        The simulation failed; the reason is kept in ``<stage>.failed.json``.
    """
    study.input_hashes(case)
    if study.is_done(case):
        return study.store.require_manifest(case)
    lock = study.store.lock(case)
    if not wait_for(lock, wait):
        holder = lock.holder()
        raise InputError(
            f"{case.name}/{case.stage} is being run by process {holder.get('pid')} on {holder.get('host')}"
        )
    with lock:
        study.forget()
        if study.is_done(case):
            return study.store.require_manifest(case)
        study.check_inputs(case)
        return _run_locked(study, case, study.input_hashes(case))


def _run_locked(study: Study, case: CaseId, inputs: dict[str, str]) -> Manifest:
    earlier = study.store.failure(case) or {}
    attempt = int(earlier.get("attempt", 0)) + 1
    key = study.key(case, inputs)
    started, clock = _now(), time.perf_counter()
    forget_peak_memory()
    with study.store.work(case, study.resume_key(case, inputs)) as folder:
        try:
            with naming_full_disk(folder):
                memory = execute(study, case, folder)
        except Exception as error:
            reason = failure_reason(error, folder, key, attempt)
            study.store.record_failure(case, {**reason, "transient": isinstance(error, DiskFullError)})
            raise
        with naming_full_disk(folder):
            sync_tree(folder)
        manifest = Manifest(
            study=study.name,
            stage=case.stage,
            case=case.name,
            conditions=dict(case.conditions),
            params=study.params(case),
            params_hash=study.params_hash(case),
            inputs=inputs,
            key=key,
            seed=study.seed(case),
            ranks=study.stage(case.stage).table.ranks,
            products=inventory(folder),
            versions=versions(),
            seconds=round(time.perf_counter() - clock, 3),
            peak_memory=max(memory, peak_memory()),
            started=started,
            finished=_now(),
            host=socket.gethostname(),
            job=os.environ.get("SLURM_JOB_ID", ""),
            attempt=attempt,
        )
        study.store.commit(case, folder, manifest)
    return manifest


def execute(study: Study, case: CaseId, folder: Path) -> int:
    """Run the operation of `case` in `folder`; return the peak memory (bytes) of its MPI ranks, 0 without ranks."""
    view, sources = study.view(case, folder), study.sources(case)
    stage = study.stage(case.stage)
    if stage.table.ranks > 1:
        launcher = mpi.launcher_words(study.file.engine, case.stage)
        return mpi.run_ranks(launcher, stage.table.ranks, view, sources)
    with one_thread():
        stage.operation.run(view, sources)
    return 0


def failure_reason(error: BaseException, folder: Path, key: str, attempt: int) -> dict[str, Any]:
    """Return the record of a failure: one line, the status, tails of the log and of an unforeseen traceback."""
    status = error.exit_status if isinstance(error, LammpsGlassError) else 1
    log = error.log_tail if isinstance(error, SimulationError) else ""
    log = log or tail(folder / "log.lammps")
    return {
        "reason": f"{type(error).__name__}: {error}" if status == 1 else str(error),
        "status": status,
        "log": log,
        # The reason of a foreseen error is enough; a traceback is for the others.
        "stderr": last_lines("".join(traceback.format_exception(error))) if status == 1 else "",
        "deck": str(folder / "in.lmp") if (folder / "in.lmp").is_file() else "",
        "key": key,
        "attempt": attempt,
        "time": _now(),
    }
