"""Run a whole study: hold its folder, run what is missing, publish tables, figures, summary and report."""

from __future__ import annotations

import logging
import shlex
from collections import Counter
from collections.abc import Sequence
from functools import partial

from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.workflow.cleaning import drop_trajectories, remove, trajectories
from lammps_glass.workflow.folder import check_folder, differences, take_folder
from lammps_glass.workflow.local import LocalEngine
from lammps_glass.workflow.locks import Lock
from lammps_glass.workflow.progress import Progress
from lammps_glass.workflow.slurm import SlurmEngine
from lammps_glass.workflow.slurm_queue import require_slurm
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.summary import Summary, publish
from lammps_glass.workflow.task_table import TaskTable

ENGINES = ["local", "slurm"]
LOGGER = logging.getLogger("lammps_glass.workflow")


def hold(study: Study) -> Lock:
    """Take the controller's lock of the folder.

    Raises
    ------
    InputError
        Another controller holds it; the message names its process.
    """
    lock = Lock(study.out / ".controller.lock")
    if not lock.acquire():
        raise InputError(
            f"{study.out}: another `reproduce` runs there ({lock.holder_name}): wait for it, or stop it first"
        )
    return lock


def verify_all(study: Study) -> None:
    """Compare the checksums of every finished case; warn of damaged ones, which are removed."""
    for case in study.all_cases():
        if fault := study.verify(case):
            LOGGER.warning("%s: %s/%s is run again", fault, case.name, case.stage)


def warn_of_versions(study: Study) -> None:
    """Warn of finished cases that another version of this package made: they are kept, as they may hold weeks of MD."""
    from lammps_glass import __version__

    message = "%d cases were made by lammps-glass %s, this is %s: they are kept; `--rerun STAGE` makes them anew"
    versions = Counter(done.version for case in study.all_cases() if (done := study.done(case)) is not None)
    for version, count in versions.items():
        if version != __version__:
            LOGGER.warning(message, count, version, __version__)


def refuse_losses(study: Study) -> None:
    """Refuse parameters with which finished cases of the folder would be run again.

    Raises
    ------
    InputError
        Naming every difference, and how many finished cases of which stages it concerns.
    """
    path = study.out / "study.toml"
    if not path.is_file():
        return
    earlier = Study.read(study.out)
    differing = differences(earlier.file, study.file)
    if not differing:
        return
    changed = {(case.stage, case.name) for case in study.all_cases() if not study.is_done(case)}
    finished = [case for case in earlier.all_cases() if (case.stage, case.name) in changed and earlier.is_done(case)]
    if finished:
        lost = Counter(case.stage for case in finished)
        stages = ", ".join(f"{count} of {stage}" for stage, count in lost.items())
        raise InputError(
            f"{study.out}: made with other parameters ({'; '.join(differing)}): finished cases would be run again: "
            f"{stages}; choose another --out, go on with `lammps-glass reproduce {shlex.quote(str(study.out))}` as it "
            "was, or give --replace"
        )


def reproduce(
    study: Study,
    *,
    engine: str = "local",
    cores: int | None = None,
    retry_failed: bool = False,
    rerun: Sequence[str] = (),
    verify: bool = False,
    replace: bool = False,
    quiet: bool = False,
    cancel_on_interrupt: bool = False,
) -> Summary:
    """Run a whole study from where it stopped; return the summary, which is also written to ``summary.json``.

    Parameters
    ----------
    cores
        Cases at once; default: the study file's.
    retry_failed
        Run cases again that failed before with the same parameters.
    rerun
        Stages whose finished cases are removed and run again.
    verify
        Compare the checksums of all products first, and run damaged cases again.
    replace
        Run finished cases again that were made with other parameters than the study has now.
    cancel_on_interrupt
        On an interrupt, cancel the Slurm jobs, which otherwise go on.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    if engine == "slurm":
        require_slurm()
    chosen = [study.stage(name) for name in rerun]
    study.check_conditions()
    check_folder(study.file, study.out, exact=False)
    with hold(study):
        if not replace:
            refuse_losses(study)
        take_folder(study.file, study.out, exact=False)
        study.store.sweep()
        for stage in chosen:
            for case in stage.cases:
                study.store.discard(case)
        study.forget()
        if verify:
            verify_all(study)
        tasks = TaskTable(study, retry_failed=retry_failed)
        warn_of_versions(study)  # after the task table has looked at every case: nothing is read twice
        if study.file.study.keep == "labels":
            remove(study, list(trajectories(study, study.all_cases())))  # left by a killed controller
            tasks.on_done = partial(drop_trajectories, study)
        options = study.file.engine
        at_once = options.slurm.max_running if engine == "slurm" else cores or options.cores
        with Progress(tasks, at_once, quiet=quiet) as progress:
            if engine == "slurm":
                SlurmEngine(study, tasks, progress.show, cancel_on_interrupt=cancel_on_interrupt).run()
            else:
                LocalEngine(study, tasks, at_once, options.chunk_seconds, progress.show).run()
        return publish(study)
