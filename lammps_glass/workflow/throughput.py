"""Keep this machine's rates for the parts of a study: measured once by `calibration`, in a process of its own.

They are kept in the user's cache folder, by machine, package version and what was run.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from lammps_glass.errors import SimulationError
from lammps_glass.glasses import Glass
from lammps_glass.resources import cache_dir
from lammps_glass.simulate.work import Work
from lammps_glass.workflow.runner import versions
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.threads import ONE_THREAD
from lammps_glass.workflow.values import digest

LOGGER = logging.getLogger(__name__)

#: To be increased when `calibration` measures something else: rates under an older number are not used.
VERSION = 4


@dataclass(frozen=True)
class Rate:
    """What one operation or protocol costs on this machine, as measured.

    Attributes
    ----------
    seconds
        Name of a part of the work (see `Work`) -> (seconds for one unit of it, relative uncertainty).
    start
        Seconds of a case besides its parts: the start of the process, imports, reading.
    frame_bytes
        Bytes on disk for each particle of a snapshot that is written.
    memory
        Peak memory of the process, in bytes.
    """

    seconds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    start: float = 0.0
    frame_bytes: float = 0.0
    memory: float = 0.0


def glass_of(case: CaseId) -> str:
    """Return the condition ``glass`` of a case; empty where its stage runs over no glass."""
    return str(case.conditions.get("glass", ""))


def examples(stage: Stage) -> dict[str, CaseId]:
    """Return the first case of each glass of a stage: cases that differ in other conditions count as equally fast."""
    first: dict[str, CaseId] = {}
    for case in stage.cases:
        first.setdefault(glass_of(case), case)
    return first


def rate_key(study: Study, case: CaseId) -> str:
    """Hash what the speed of a case depends on: cases with equal keys share one measurement."""
    stage, parameters = study.stage(case.stage), study.parameters(case)
    dependence = {
        "runs": [stage.operation.name, stage.operation.protocol],
        "settings": {name: getattr(parameters, name) for name in getattr(parameters, "sets_rate", ())},
        "ranks": stage.table.ranks,
        "glass": {k: v for k, v in study.glass(case).options().items() if k != "n_particles"},
        "study": study.name,
    }
    return digest(dependence)


def cache_path(study: Study) -> Path:
    """Return the path of the file that keeps the rates of this study on this machine."""
    measured = [stage for stage in study.stages if measurable(stage)]
    identity = {
        "machine": [platform.node(), platform.machine(), os.cpu_count()],
        "versions": {**versions(), "probe": VERSION},
        "keys": sorted({rate_key(study, case) for stage in measured for case in examples(stage).values()}),
    }
    return cache_dir() / f"rates-{digest(identity)[:16]}.json"


def measurable(stage: Stage) -> bool:
    """Whether a calibration run can run the stage: a protocol, or an operation whose work has parts without a rate."""
    return stage.simulates or (stage.operation.work is not None and not stage.operation.rates)


def rates(study: Study, *, fresh: bool = False) -> dict[str, Rate]:
    """Return rates by `rate_key`, from the cache or measured now.

    Raises
    ------
    SimulationError
        The calibration run failed; the message holds its last line.
    """
    path = cache_path(study)
    if fresh or not path.is_file():
        _measure(study, path)
    measured = json.loads(path.read_text(encoding="utf-8"))
    for stage, reason in measured["failures"].items():
        LOGGER.warning("stage %s was not measured (`plan --fresh` tries again): %s", stage, reason)
    return {key: Rate(**values) for key, values in measured["rates"].items()}


def _measure(study: Study, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="lammps-glass-probe-") as folder:
        file = Path(folder) / "study.toml"
        file.write_text(tomli_w.dumps(study.file.model_dump(exclude_none=True, mode="json")), encoding="utf-8")
        command = [sys.executable, "-m", "lammps_glass.workflow.calibration", folder, str(path)]
        done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise SimulationError(f"measuring the speed of this machine failed: {last}")


def work_of(study: Study, case: CaseId, parameters: Any, glass: Glass, reads: Mapping[str, list[Work]]) -> Work:
    """Return the work of a case with these parameters and glass, as its protocol or operation declares it."""
    stage = study.stage(case.stage)
    if stage.simulates:
        sources = [work for works in reads.values() for work in works]
        declared: Work = parameters.work(glass.n_particles, sources[0].snapshots if sources else 1)
    else:
        work = stage.operation.work
        declared = work(parameters, glass.counts(), reads) if work else Work(glass.n_particles)
    return replace(declared, conditions=dict(case.conditions))
