"""Estimate the cost of a study: cases, core-hours, memory, disk and the longest case of each stage.

Seconds come from finished cases of the stage where there are any, else from the rates of a calibration run (source
``probe``), else from rates that the operations state; each with its uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from lammps_glass.simulate.work import Work
from lammps_glass.workflow.calibration import PARTICLES
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.throughput import Rate, examples, glass_of, measurable, rate_key, rates, work_of

Source = Literal["finished", "probe", "stated", "unknown"]

#: Relative uncertainty of seconds from rates that an operation states: another machine, other sizes.
STATED = 1.0
#: Seconds a particle depend on the size of the box (caches, ghosts): added once for every factor of ten.
PER_DECADE = 0.25
#: Memory of LAMMPS and of one snapshot in Python, bytes a particle, beyond the small case (neighbour lists and rows).
PARTICLE_BYTES = 4000.0


@dataclass
class StagePlan:
    """Estimate for one stage: seconds of a case on its own, their relative uncertainty, bytes; None where unknown."""

    stage: str
    runs: str
    ranks: int
    cases: int
    done: int
    source: Source
    seconds: float | None = None
    longest: float | None = None
    uncertainty: float | None = None
    core_hours: float | None = None
    memory: float | None = None
    disk: float | None = None
    disk_labels: float | None = None
    atom_steps: float = 0.0
    slurm: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyPlan:
    """All stages and their sums; `hours` is how long `cores` take if they are never idle."""

    study: str
    preset: str
    cores: int
    stages: tuple[StagePlan, ...]

    @property
    def core_hours(self) -> float:
        """Sum over the stages with a known time."""
        return sum(stage.core_hours or 0.0 for stage in self.stages)

    @property
    def core_hours_error(self) -> float:
        """Sum of the uncertainties of the stages, which do not average out: one machine's rates are behind all."""
        return sum((stage.core_hours or 0.0) * (stage.uncertainty or 0.0) for stage in self.stages)

    def as_json(self) -> dict[str, Any]:
        """Return sums and stages as JSON values."""
        return {
            "study": self.study,
            "preset": self.preset,
            "cores": self.cores,
            "cases": sum(stage.cases for stage in self.stages),
            "core_hours": self.core_hours,
            "core_hours_error": self.core_hours_error,
            "hours": self.core_hours / self.cores,
            "disk": sum(stage.disk or 0.0 for stage in self.stages),
            "disk_labels": sum(stage.disk_labels or 0.0 for stage in self.stages),
            "memory": max((stage.memory or 0.0 for stage in self.stages), default=0.0),
            "stages": [asdict(stage) for stage in self.stages],
        }


def plan(study: Study, *, cores: int | None = None, fresh: bool = False) -> StudyPlan:
    """Estimate what `study` costs; measure this machine's rates first unless the cache has them (or with `fresh`)."""
    planner = _Planner(study, rates(study, fresh=fresh))
    stages = tuple(planner.stage(stage) for stage in study.stages)
    return StudyPlan(study.name, study.preset, cores or study.file.engine.cores, stages)


class _Planner:
    """Estimate one stage after another, in their order: the work of a case depends on the cases that it reads."""

    def __init__(self, study: Study, measured: Mapping[str, Rate]) -> None:
        self.study, self.measured = study, measured
        self.works: dict[tuple[str, int], Work] = {}

    def stage(self, stage: Stage) -> StagePlan:
        """Estimate a stage."""
        works = [self._work(case) for case in stage.cases]
        finished = [m for case in stage.cases if (m := self._manifest(case)) is not None]
        estimate = StagePlan(
            stage.name, stage.operation.runs, stage.table.ranks, len(stage.cases), len(finished), "unknown"
        )
        estimate.atom_steps = sum(work.parts.get("atom_steps", 0.0) for work in works)
        rates = self._rates(stage)
        rated = [(rates[glass], w) for c, w in zip(stage.cases, works) if (glass := glass_of(c)) in rates]
        if rated:
            self._from_rates(stage, estimate, rated)
        if finished:
            self._from_finished(estimate, finished)
        if estimate.seconds is not None:
            estimate.core_hours = estimate.seconds * estimate.cases * estimate.ranks / 3600
        estimate.slurm = self._slurm(estimate)
        return estimate

    def _work(self, case: CaseId) -> Work:
        reads = {port: [self.works[c.id] for c in cases] for port, cases in self.study.graph.reads(case).items()}
        work = work_of(self.study, case, self.study.parameters(case), self.study.glass(case), reads)
        self.works[case.id] = work
        return work

    def _manifest(self, case: CaseId) -> Manifest | None:
        folder = self.study.store.folder(case)
        return Manifest.read(folder) if (folder / "manifest.json").is_file() and self.study.is_done(case) else None

    def _rates(self, stage: Stage) -> dict[str, Rate]:
        """Return the known rates of a stage by glass."""
        if measurable(stage):
            keys = {glass: rate_key(self.study, case) for glass, case in examples(stage).items()}
            return {glass: self.measured[key] for glass, key in keys.items() if key in self.measured}
        stated = Rate({name: (rate, STATED) for name, rate in stage.operation.rates.items()})
        return dict.fromkeys(examples(stage), stated) if stage.operation.work else {}

    def _from_rates(self, stage: Stage, estimate: StagePlan, rated: list[tuple[Rate, Work]]) -> None:
        if not any(rate.seconds.get(part) for rate, work in rated for part in work.parts):
            return
        each = [_seconds(rate, work) for rate, work in rated]
        estimate.source = "probe" if measurable(stage) else "stated"
        estimate.seconds = sum(seconds for seconds, _ in each) / len(each)
        estimate.longest = max(seconds for seconds, _ in each)
        size = max(work.n_particles for _, work in rated)
        extrapolated = PER_DECADE * math.log10(max(1.0, size / PARTICLES))
        estimate.uncertainty = sum(error for _, error in each) / max(sum(s for s, _ in each), 1e-9) + extrapolated
        largest = max((rate.memory for rate in self.measured.values()), default=0.0)
        needs = [(rate.memory or largest) + work.memory + PARTICLE_BYTES * work.n_particles for rate, work in rated]
        estimate.memory = max(needs)
        if any(rate.frame_bytes for rate, _ in rated):
            estimate.disk = sum(rate.frame_bytes * work.n_particles * work.snapshots for rate, work in rated)
            estimate.disk_labels = 0.0

    def _from_finished(self, estimate: StagePlan, finished: list[Manifest]) -> None:
        seconds = [manifest.seconds for manifest in finished]
        mean = sum(seconds) / len(seconds)
        estimate.source, estimate.seconds, estimate.longest = "finished", mean, max(seconds)
        estimate.uncertainty = (max(seconds) - min(seconds)) / (2 * mean) if mean else 0.0
        estimate.memory = float(max(manifest.peak_memory for manifest in finished))
        sizes = [(name, item["bytes"]) for manifest in finished for name, item in manifest.products.items()]
        scale = estimate.cases / len(finished)
        estimate.disk = scale * sum(size for _, size in sizes)
        estimate.disk_labels = scale * sum(size for name, size in sizes if not name.startswith("frames."))

    def _slurm(self, estimate: StagePlan) -> dict[str, str]:
        """Return the options of the stage's job array."""
        table = self.study.file.engine.slurm
        options = {name: str(getattr(table, name)) for name in ("account", "partition", "qos") if getattr(table, name)}
        options |= {"time": table.time, "mem-per-cpu": table.mem_per_core, "ntasks": str(estimate.ranks)}
        options["array"] = f"0-{estimate.cases - 1}%{table.max_running}"
        return options | {k: str(v) for k, v in table.stages.get(estimate.stage, {}).items() if k != "launcher"}


def _seconds(rate: Rate, work: Work) -> tuple[float, float]:
    """Return the seconds of a case and their uncertainty."""
    parts = [(*rate.seconds[name], amount) for name, amount in work.parts.items() if name in rate.seconds]
    seconds = sum(value * amount for value, _, amount in parts)
    return rate.start + seconds, sum(value * spread * amount for value, spread, amount in parts)
