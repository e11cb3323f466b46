"""Measure this machine's rates for the parts of a study, in a process of its own, and keep them in the user's cache.

The process runs simulations, labels and rows of the study at reduced size, for seconds; its memory and start are a
case's. The rates are kept by machine, package version and what was run.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from lammps_glass.errors import InputError, LammpsGlassError, SimulationError
from lammps_glass.files import atomic_path
from lammps_glass.glasses import Glass
from lammps_glass.hashing import digest
from lammps_glass.operations.case import Case
from lammps_glass.product import Product
from lammps_glass.resources import cache_dir
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.simulate.work import ATOM_STEPS, BARRIERS, MINIMISED, Work, loop_times
from lammps_glass.workflow.folder import resolved_text
from lammps_glass.workflow.precompile import kernels_are_compiled, precompile_kernels
from lammps_glass.workflow.processes import ONE_THREAD, peak_memory
from lammps_glass.workflow.runner import run_operation, versions
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.study import Study

LOGGER = logging.getLogger(__name__)

#: Raised when something else is measured: older rates are not used then.
VERSION = 6
#: Size of the miniature. Four segments of 250 steps give the spread of the rate; a second of dynamics for each glass.
PARTICLES, STEPS = 500, 1000
#: A rate of one run of seconds is never known better than this.
SMALLEST_SPREAD = 0.15


@dataclass(frozen=True)
class Rate:
    """Measured cost of one operation or protocol on this machine.

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


def measurable(stage: Stage) -> bool:
    """Whether a calibration run can run the stage: a protocol, or an operation whose work has parts without a rate."""
    return stage.simulates or (stage.operation.work is not None and not stage.operation.rates)


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


def rate_keys(study: Study) -> dict[tuple[str, str], str]:
    """Return (stage, glass) -> `rate_key` of all that a calibration run measures, in the order of the stages."""
    return {
        (stage.name, glass): rate_key(study, case)
        for stage in study.stages
        if measurable(stage)
        for glass, case in examples(stage).items()
    }


def run_keys(study: Study) -> dict[tuple[str, str], str]:
    """Return (stage, glass) -> `rate_key` of all that a calibration run runs, in the order of the stages.

    Beside what it measures it runs what that reads: stages whose rates are stated, where they can be shortened.
    """
    measured = [case for stage in study.stages if measurable(stage) for case in examples(stage).values()]
    read = {source.stage for case in measured for source in study.reads(case)}
    return {
        (stage.name, glass): rate_key(study, case)
        for stage in study.stages
        for glass, case in examples(stage).items()
        if measurable(stage) or (stage.name in read and hasattr(study.parameters(case), "shortened"))
    }


def work_of(study: Study, case: CaseId, parameters: object, glass: Glass, reads: Mapping[str, list[Work]]) -> Work:
    """Return the work of a case with these parameters and glass, as its protocol or operation declares it."""
    stage = study.stage(case.stage)
    if isinstance(parameters, Protocol):
        sources = [work for works in reads.values() for work in works]
        declared = parameters.work(glass.n_particles, sources[0].snapshots if sources else 1)
    else:
        work = stage.operation.work
        declared = work(parameters, glass.counts(), reads) if work else Work(glass.n_particles)
    return replace(declared, conditions=dict(case.conditions), glass=glass)


def cache_path(study: Study) -> Path:
    """Return the path of the file that keeps the rates of this study on this machine."""
    identity = {
        "machine": [platform.node(), platform.machine(), os.cpu_count()],
        "versions": {**versions(), "probe": VERSION},
        "keys": sorted(set(rate_keys(study).values())),
    }
    return cache_dir() / f"rates-{digest(identity)[:16]}.json"


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
        (Path(folder) / "study.toml").write_text(resolved_text(study.file), encoding="utf-8")
        command = [sys.executable, "-m", __name__, folder, str(path)]
        done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise SimulationError(f"measuring the speed of this machine failed: {last}")


# -- in the process that measures -------------------------------------------------------------------------------------


class Measured(NamedTuple):
    """A case that has run: its product and work, for the cases that read it, and its rate."""

    product: Product
    work: Work
    rate: Rate


class Miniature:
    """Run the first case of each glass of each stage at reduced size, in the order of the stages; equal keys once."""

    def __init__(self, study: Study) -> None:
        self.study, self.keys = study, run_keys(study)
        self.measured: dict[str, Measured] = {}
        self.failures: dict[str, str] = {}

    def run(self) -> dict[str, Rate]:
        """Measure all stages; return rates by `rate_key`."""
        for (name, glass), key in self.keys.items():
            stage = self.study.stage(name)
            case = examples(stage)[glass]
            needed = itertools.chain.from_iterable(self._sources(case).values())
            if key not in self.measured and all(source in self.measured for source in needed):
                try:
                    self.measured[key] = self._example(stage, case)
                except Exception as error:  # a stage that cannot run at this size is planned without a time
                    self.failures[f"{name} {glass}".strip()] = " ".join(str(error).split())
        wanted = set(rate_keys(self.study).values())
        return {key: measured.rate for key, measured in self.measured.items() if key in wanted}

    def _sources(self, case: CaseId) -> dict[str, list[str]]:
        """Return port -> keys of what stands for the cases that `case` reads through it; equal keys once."""
        reads = self.study.graph.reads(case).items()
        return {
            port: list(dict.fromkeys(self.keys.get((c.stage, glass_of(c)), "") for c in cases)) for port, cases in reads
        }

    def _example(self, stage: Stage, example: CaseId) -> Measured:
        case = self._case(example, f"{example.stage}-{glass_of(example)}")
        reads = {port: [self.measured[key] for key in keys] for port, keys in self._sources(example).items()}
        sources = {port: [one.product for one in read] for port, read in reads.items()}
        works = {port: [one.work for one in read] for port, read in reads.items()}
        first, busy = self._run(stage, case, sources)
        work = work_of(self.study, example, case.parameters, case.glass, works)
        if stage.simulates:
            rate = _simulation_rate(case.directory, work, first, busy)
        else:  # a second run shows the work without what the first one loads
            again = self._case(example, f"{example.stage}-{glass_of(example)}-again")
            seconds, _ = self._run(stage, again, sources)
            parts = {name: (seconds / amount, 0.3) for name, amount in work.parts.items() if amount}
            rate = Rate(parts, max(0.0, first - seconds))
        product = stage.operation.writes(case.directory, conditions=case.conditions)
        return Measured(product, work, replace(rate, memory=float(peak_memory())))

    def _case(self, case: CaseId, name: str) -> Case[object]:
        """Return the case at reduced size, with a folder of its own."""
        view = self.study.view(case, self.study.out / "probe" / name)
        view.directory.mkdir(parents=True)
        parameters = view.parameters.shortened(STEPS) if hasattr(view.parameters, "shortened") else view.parameters
        return replace(view, glass=reduced(view.glass), parameters=parameters)

    def _run(self, stage: Stage, case: Case[object], sources: dict[str, list[Product]]) -> tuple[float, float]:
        """Return the seconds of a run, and the fraction of the elapsed time that this process had its core.

        Time that other processes took on that core does not count.
        """
        clock, cpu = time.perf_counter(), time.process_time()
        run_operation(self.study, stage, case, sources)
        wall, busy = time.perf_counter() - clock, time.process_time() - cpu
        fraction = min(1.0, busy / wall) if stage.table.ranks == 1 else 1.0
        return wall * fraction, fraction


def reduced(glass: Glass) -> Glass:
    """Return `glass` with at most `PARTICLES` particles, or with as many as its cutoff needs."""
    n_particles = min(glass.n_particles, PARTICLES)
    while n_particles < glass.n_particles:
        try:
            candidate = replace(glass, n_particles=n_particles)
            candidate.initial(1)
            return candidate
        except InputError:
            n_particles *= 2
    return glass


def _simulation_rate(directory: Path, work: Work, seconds: float, busy: float) -> Rate:
    """Return the rate of a simulation that took `seconds`, from LAMMPS's loop times and its trajectory."""
    import numpy as np

    parts: dict[str, tuple[float, float]] = {}
    times, minimised = loop_times(directory / "log.lammps"), work.parts.get(MINIMISED)
    if times.dynamics and work.parts.get(ATOM_STEPS):
        each = np.array([spent / amount for spent, amount in times.dynamics])
        mean = busy * sum(spent for spent, _ in times.dynamics) / sum(amount for _, amount in times.dynamics)
        spread = float(each.std() / each.mean() / np.sqrt(len(each)))  # over the segments
        parts[ATOM_STEPS] = (mean, max(SMALLEST_SPREAD, spread))
    if minimised:
        # Between minimisations LAMMPS builds lists and moves boxes outside of its loops: that grows with them. The
        # number of iterations differs between snapshots by a factor of two.
        parts[MINIMISED] = ((busy * times.minimising if parts else seconds) / minimised, 0.4)
    if searched := work.parts.get(BARRIERS):
        parts[BARRIERS] = (seconds / searched, 0.5)  # trials for an accepted event differ by as much
    start = max(0.0, seconds - sum(unit * work.parts[name] for name, (unit, _) in parts.items()))
    stored = sum(path.stat().st_size for path in directory.glob("frames.*"))
    return Rate(parts, start, stored / (work.n_particles * work.snapshots) if work.snapshots else 0.0)


def main(arguments: list[str]) -> int:
    """Measure what the study in a folder (first argument) runs, and write the rates to a file (second)."""
    study, path = Study.read(Path(arguments[0]) / "study.toml", out=arguments[0]), Path(arguments[1])
    try:
        if not kernels_are_compiled():
            precompile_kernels()
        miniature = Miniature(study)
        rates = {key: asdict(rate) for key, rate in miniature.run().items()}
    except LammpsGlassError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    with atomic_path(path) as draft:
        draft.write_text(json.dumps({"rates": rates, "failures": miniature.failures}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
