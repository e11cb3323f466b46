"""Run one case here and now: lock, work in a temporary folder, commit; a failure leaves its reason beside the case."""

from __future__ import annotations

import datetime
import math
import os
import platform
import socket
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from lammps_glass import __version__
from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.product import Product
from lammps_glass.workflow import mpi
from lammps_glass.workflow.failures import naming_full_disk, record_error
from lammps_glass.workflow.folder import take_folder
from lammps_glass.workflow.locks import wait_for
from lammps_glass.workflow.manifest import Manifest, inventory
from lammps_glass.workflow.processes import forget_peak_memory, one_thread, peak_memory
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.store import sync_tree
from lammps_glass.workflow.study import Study

#: Distributions that make numbers.
LIBRARIES = ("lammps", "numpy", "scipy", "ovito", "scikit-learn", "imbalanced-learn", "numba")
LEARNERS = ("libsvm-official", "xgboost", "shap", "optuna", "dscribe")


def versions() -> dict[str, str]:
    """Return the versions of this package, of LAMMPS, Python and the libraries that make numbers."""
    installed = {"lammps_glass": __version__, "python": platform.python_version()}
    for name in (*LIBRARIES, *LEARNERS):
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
        raise InputError(f"{case.name}/{case.stage} is being run by {lock.holder_name}")
    with lock:
        study.forget()
        if study.is_done(case):
            return study.store.require_manifest(case)
        study.check_inputs(case)
        return _run_locked(study, case, study.input_hashes(case))


def _run_locked(study: Study, case: CaseId, inputs: dict[str, str]) -> Manifest:
    key, attempt = study.key(case, inputs), study.store.attempt(case)
    started, clock = _now(), time.perf_counter()
    forget_peak_memory()
    with study.store.work(case, study.resume_key(case, inputs)) as folder:
        try:
            with naming_full_disk(folder):
                memory = execute(study, case, folder)
        except Exception as error:
            record_error(study, case, error)
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
    """Run the operation of `case` in `folder`; see `run_operation`."""
    return run_operation(study, study.stage(case.stage), study.view(case, folder), study.sources(case))


def run_operation(study: Study, stage: Stage, view: Case[object], sources: Mapping[str, Sequence[Product]]) -> int:
    """Run the operation of a stage on a case and what it reads; return the peak memory (bytes) of MPI ranks, else 0."""
    if stage.table.ranks > 1:
        launcher = mpi.launcher_words(study.file.engine, stage.name)
        return mpi.run_ranks(launcher, stage.table.ranks, view, sources)
    with one_thread():
        stage.operation.run(view, sources)
    return 0
