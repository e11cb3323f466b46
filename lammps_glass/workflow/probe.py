"""The speed of this machine at what a study runs: its own simulations, labels and rows, in miniature, for seconds.

``measure`` starts a process of its own (so that its memory and its start are those of a case) and keeps what it found
in the user's cache folder, by machine, package version and what was run.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lammps_glass.errors import InputError, LammpsGlassError, SimulationError
from lammps_glass.resources import cache_dir
from lammps_glass.simulate.work import ATOM_STEPS, MINIMISED, Work, loop_times
from lammps_glass.studies.case import Case, Product
from lammps_glass.workflow.operations import find_operation
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.threads import ONE_THREAD
from lammps_glass.workflow.values import digest

LOGGER = logging.getLogger(__name__)

#: Size of the miniature. Four segments of 250 steps give the spread of the rate; a second of dynamics for each glass.
PARTICLES, STEPS = 500, 1000
#: A rate of one run of seconds is never known better than this.
SMALLEST_SPREAD = 0.15
#: Raised when the probe measures something else: rates of an older one are not used.
VERSION = 3


@dataclass(frozen=True)
class Rate:
    """What was measured of one thing that stages run.

    `seconds` by part: (seconds a unit, relative uncertainty); `start` is what a case takes besides; `frame_bytes` is
    the disk of a particle in a snapshot, `memory` the peak of the process, both in bytes.
    """

    seconds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    start: float = 0.0
    frame_bytes: float = 0.0
    memory: float = 0.0


def rate_key(study: Study, stage: Stage) -> str:
    """Names what a stage runs as far as its speed depends on it: stages with equal keys share one measurement."""
    glass = {k: v for k, v in study.glass(stage.cases[0]).options().items() if k != "n_particles"}
    parameters, _ = study.parameters(stage.cases[0])
    what = {
        "kind": stage.kind,
        "runs": stage.table.protocol or stage.table.operation,
        "settings": {name: getattr(parameters, name) for name in getattr(parameters, "sets_rate", ())},
        "ranks": stage.table.ranks,
        "glass": glass,
        "study": study.name,
    }
    return digest(what)


def cache_path(study: Study) -> Path:
    """Where the rates of this study's things on this machine are kept."""
    from lammps_glass.workflow.runner import versions

    what = {
        "machine": [platform.node(), platform.machine(), os.cpu_count()],
        "versions": {**versions(), "probe": VERSION},
        "keys": sorted({rate_key(study, stage) for stage in study.stages if measurable(study, stage)}),
    }
    return cache_dir() / f"rates-{digest(what)[:16]}.json"


def measurable(study: Study, stage: Stage) -> bool:
    """Whether a probe can run the stage: a protocol, or an operation whose work has parts without a rate."""
    if stage.kind == "simulate":
        return True
    operation = find_operation(stage.table.operation or "", study.recipe, stage.name)
    return operation.work is not None and not operation.rates


def rates(study: Study, *, fresh: bool = False) -> dict[str, Rate]:
    """Rates by `rate_key`, from the cache or measured now.

    Raises
    ------
    SimulationError
        The probe's process failed; the message holds its last line.
    """
    path = cache_path(study)
    if fresh or not path.is_file():
        _measure(study, path)
    found = json.loads(path.read_text(encoding="utf-8"))
    for stage, reason in found["failures"].items():
        LOGGER.warning("stage %s was not measured (`plan --fresh` tries again): %s", stage, reason)
    return {key: Rate(**values) for key, values in found["rates"].items()}


def _measure(study: Study, path: Path) -> None:
    import tomli_w

    with tempfile.TemporaryDirectory(prefix="lammps-glass-probe-") as folder:
        file = Path(folder) / "study.toml"
        file.write_text(tomli_w.dumps(study.file.model_dump(exclude_none=True, mode="json")), encoding="utf-8")
        command = [sys.executable, "-m", __name__, folder, str(path)]
        done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise SimulationError(f"the probe of this machine's speed failed: {last}")


# -- in the probe's process --------------------------------------------------------------------------------------------


class Miniature:
    """Runs the first case of each stage in small, in the order of the stages; stages with equal keys once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.folder = study.out / "probe"
        self.products: dict[str, Product] = {}
        self.works: dict[str, Work] = {}
        self.rates: dict[str, Rate] = {}
        self.failures: dict[str, str] = {}
        self._first: dict[str, tuple[Product, Work]] = {}

    def _read(self, stage: Stage) -> list[str]:
        """The stages that the first case reads cases of: of another glass's stages it reads none."""
        return [name for name, cases in self.study.graph.reads(stage.cases[0]).items() if cases]

    def run(self) -> dict[str, Rate]:
        for stage in self.study.stages:
            if not measurable(self.study, stage):
                continue
            key = rate_key(self.study, stage)
            if key in self.rates:  # the first stage of a key stands for all, for those that read them too
                self.products[stage.name], self.works[stage.name] = self._first[key]
            elif all(name in self.products for name in self._read(stage)):
                try:
                    self.rates[key] = self._stage(stage)
                    self._first[key] = self.products[stage.name], self.works[stage.name]
                except Exception as error:  # what cannot run in small is planned without a time
                    self.failures[stage.name] = " ".join(str(error).split())
        return self.rates

    def _stage(self, stage: Stage) -> Rate:
        case = self._case(stage.cases[0])
        wall, share = self._run(stage, case)
        self.products[stage.name] = Product(case.conditions, case.directory)
        first = wall
        if stage.kind != "simulate":  # the second run shows the work without what the first one loads
            again = replace(case, directory=case.directory.with_name(f"{stage.name}-again"))
            again.directory.mkdir()
            wall, share = self._run(stage, again)
        return self._rate(stage, case, (first, wall), share)

    def _run(self, stage: Stage, case: Case) -> tuple[float, float]:
        """Seconds of a run, and the share of them that this process had its core.

        A probe that shares its core with others would find them in its rates: only its own seconds count.
        """
        clock, cpu = time.perf_counter(), time.process_time()
        if stage.kind == "simulate":
            self._simulate(stage, case)
        else:
            find_operation(stage.table.operation or "", self.study.recipe, stage.name).run(case)
        wall, busy = time.perf_counter() - clock, time.process_time() - cpu
        share = min(1.0, busy / wall) if stage.table.ranks == 1 else 1.0
        return wall * share, share

    def _case(self, case: CaseId) -> Case:
        view = self.study.view(case, self.folder / case.stage)
        view.directory.mkdir(parents=True)
        after = {name: (self.products[name],) for name in self._read(self.study.stage(case.stage))}
        glass = small(view.glass)
        parameters = view.parameters.shortened(STEPS) if hasattr(view.parameters, "shortened") else view.parameters
        return replace(view, glass=glass, parameters=parameters, after=after)

    def _simulate(self, stage: Stage, case: Case) -> None:
        from lammps_glass.workflow import mpi, operations

        if stage.table.ranks == 1:
            operations.simulate(case.parameters, case.glass, case.after, case.seed, case.directory)
            return
        launcher = mpi.launcher_words(self.study.file.engine, stage.name)
        ranks = stage.table.ranks
        mpi.run_ranks(launcher, ranks, case.parameters, case.glass, case.after, case.seed, case.directory)

    def _rate(self, stage: Stage, case: Case, seconds: tuple[float, float], share: float) -> Rate:
        from lammps_glass.workflow.runner import peak_memory

        work = work_of(self.study, stage, case.parameters, case.glass, {s: [self.works[s]] for s in case.after})
        self.works[stage.name] = work
        parts: dict[str, tuple[float, float]]
        if stage.kind == "simulate":
            parts = dict(_loop_rates(case.directory / "log.lammps", work, share))
            if set(parts) == {MINIMISED}:
                # Between minimisations LAMMPS builds lists and moves boxes outside of its loops: that grows with them.
                parts = {MINIMISED: (seconds[0] / work.parts[MINIMISED], parts[MINIMISED][1])}
            start = max(0.0, seconds[0] - sum(parts[name][0] * work.parts[name] for name in parts))
        else:
            parts = {name: (seconds[1] / amount, 0.3) for name, amount in work.parts.items() if amount}
            start = max(0.0, seconds[0] - seconds[1])
        stored = sum(path.stat().st_size for path in case.directory.glob("frames.*"))
        per_frame = stored / (work.n_particles * work.snapshots) if work.snapshots else 0.0
        return Rate(parts, start, per_frame, float(peak_memory()))


def small(glass: Any) -> Any:
    """`glass` with at most `PARTICLES` particles, or with as many as its cutoff needs."""
    n_particles = min(glass.n_particles, PARTICLES)
    while n_particles < glass.n_particles:
        candidate = replace(glass, n_particles=n_particles)
        try:
            candidate.initial(1)
            return candidate
        except InputError:
            n_particles *= 2
    return glass


def work_of(study: Study, stage: Stage, parameters: Any, glass: Any, reads: Mapping[str, list[Work]]) -> Work:
    """What one case of `stage` asks of a machine, as its protocol or operation declares it."""
    if stage.kind == "simulate":
        sources = [work for works in reads.values() for work in works]
        declared: Work = parameters.work(glass.n_particles, sources[0].snapshots if sources else 1)
        return declared
    operation = find_operation(stage.table.operation or "", study.recipe, stage.name)
    return operation.work(parameters, glass.counts(), reads) if operation.work else Work(glass.n_particles)


def _loop_rates(log: Path, work: Work, share: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """Rates of dynamics (with their spread over the segments) and of minimisations, from LAMMPS's loop times."""
    import numpy as np

    times = loop_times(log)
    if times.dynamics and work.parts.get(ATOM_STEPS):
        each = np.array([seconds / amount for seconds, amount in times.dynamics])
        mean = share * sum(s for s, _ in times.dynamics) / sum(a for _, a in times.dynamics)
        spread = float(each.std() / each.mean() / np.sqrt(len(each)))
        yield ATOM_STEPS, (mean, max(SMALLEST_SPREAD, spread))
    if work.parts.get(MINIMISED):
        # The number of iterations differs between snapshots by a factor of two.
        yield MINIMISED, (share * times.minimising / work.parts[MINIMISED], 0.4)


def main(arguments: list[str]) -> int:
    """``FOLDER PATH``: measure what the study in FOLDER runs and write the rates to PATH."""
    from lammps_glass.studies.warm import kernels_are_warm, warm_kernels

    study, path = Study.read(Path(arguments[0]) / "study.toml", out=arguments[0]), Path(arguments[1])
    try:
        if not kernels_are_warm():
            warm_kernels()
        miniature = Miniature(study)
        found = {key: asdict(rate) for key, rate in miniature.run().items()}
    except LammpsGlassError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"rates": found, "failures": miniature.failures}), encoding="utf-8")
    draft.replace(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
