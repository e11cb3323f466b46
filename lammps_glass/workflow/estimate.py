"""What a study would cost: cases, core-hours, memory, disk and the longest case of each stage; runs nothing of it.

Seconds come from finished cases of the stage where there are any, else from the probe's rates, else from rates that
the study's operations state; each with its uncertainty.
"""

from __future__ import annotations

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
#: Seconds a particle depend on the size of the box (caches, ghosts): added once for every factor of ten from the probe.
PER_DECADE = 0.25
#: Memory of LAMMPS and of one snapshot in Python, bytes a particle, beyond the small case (neighbour lists and rows).
PARTICLE_BYTES = 4000.0


@dataclass
class StagePlan:
    """One stage. Seconds are of a case on its own; `uncertainty` is relative; bytes are None where nothing is known."""

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
        return sum(stage.core_hours or 0.0 for stage in self.stages)

    @property
    def core_hours_error(self) -> float:
        """Uncertainties of the stages added up: they share the machine, so that they do not average out."""
        return sum((stage.core_hours or 0.0) * (stage.uncertainty or 0.0) for stage in self.stages)

    def as_json(self) -> dict[str, Any]:
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
    """What `study` costs; measures this machine's rates first unless the cache has them (or with `fresh`)."""
    planner = _Planner(study, rates(study, fresh=fresh))
    stages = tuple(planner.stage(stage) for stage in study.stages)
    return StudyPlan(study.name, study.preset, cores or study.file.engine.cores, stages)


class _Planner:
    def __init__(self, study: Study, measured: Mapping[str, Rate]) -> None:
        self.study, self.measured = study, measured
        self.works: dict[tuple[str, int], Work] = {}

    def stage(self, stage: Stage) -> StagePlan:
        works = [self._work(stage, case) for case in stage.cases]
        finished = [m for case in stage.cases if (m := self._manifest(case)) is not None]
        made = StagePlan(
            stage.name,
            stage.operation.protocol or stage.operation.name,
            stage.table.ranks,
            len(stage.cases),
            len(finished),
            "unknown",
        )
        made.atom_steps = sum(work.parts.get("atom_steps", 0.0) for work in works)
        known = self._rates(stage)
        rated = [(known[glass], w) for c, w in zip(stage.cases, works) if (glass := glass_of(c)) in known]
        if rated:
            self._from_rates(stage, made, rated)
        if finished:
            self._from_finished(made, finished)
        if made.seconds is not None:
            made.core_hours = made.seconds * made.cases * made.ranks / 3600
        made.slurm = self._slurm(made)
        return made

    def _work(self, stage: Stage, case: CaseId) -> Work:
        read = self.study.graph.reads(case)
        reads = {port: [self.works[c.stage, c.index] for c in cases] for port, cases in read.items()}
        work = work_of(self.study, case, self.study.parameters(case), self.study.glass(case), reads)
        self.works[case.stage, case.index] = work
        return work

    def _manifest(self, case: CaseId) -> Manifest | None:
        folder = self.study.store.folder(case)
        return Manifest.read(folder) if (folder / "manifest.json").is_file() and self.study.is_done(case) else None

    def _rates(self, stage: Stage) -> dict[str, Rate]:
        """Rates by glass, of those that are known."""
        if measurable(stage):
            found = {glass: self.measured.get(rate_key(self.study, case)) for glass, case in examples(stage).items()}
            return {glass: rate for glass, rate in found.items() if rate is not None}
        stated = Rate({name: (rate, STATED) for name, rate in stage.operation.rates.items()})
        return dict.fromkeys(examples(stage), stated) if stage.operation.work else {}

    def _from_rates(self, stage: Stage, made: StagePlan, rated: list[tuple[Rate, Work]]) -> None:
        import math

        if not any(rate.seconds.get(part) for rate, work in rated for part in work.parts):
            return
        each = [_seconds(rate, work) for rate, work in rated]
        made.source = "probe" if measurable(stage) else "stated"
        made.seconds = sum(seconds for seconds, _ in each) / len(each)
        made.longest = max(seconds for seconds, _ in each)
        size = max(work.n_particles for _, work in rated)
        extrapolated = PER_DECADE * math.log10(max(1.0, size / PARTICLES))
        made.uncertainty = sum(error for _, error in each) / max(sum(s for s, _ in each), 1e-9) + extrapolated
        largest = max((rate.memory for rate in self.measured.values()), default=0.0)
        needs = [(rate.memory or largest) + work.memory + PARTICLE_BYTES * work.n_particles for rate, work in rated]
        made.memory = max(needs)
        if any(rate.frame_bytes for rate, _ in rated):
            made.disk = sum(rate.frame_bytes * work.n_particles * work.snapshots for rate, work in rated)
            made.disk_labels = 0.0

    def _from_finished(self, made: StagePlan, finished: list[Manifest]) -> None:
        seconds = [manifest.seconds for manifest in finished]
        mean = sum(seconds) / len(seconds)
        made.source, made.seconds, made.longest = "finished", mean, max(seconds)
        made.uncertainty = (max(seconds) - min(seconds)) / (2 * mean) if mean else 0.0
        made.memory = float(max(manifest.peak_memory for manifest in finished))
        sizes = {name: 0 for name in ("all", "labels")}
        for manifest in finished:
            for name, item in manifest.products.items():
                sizes["all"] += int(item["bytes"])
                sizes["labels"] += 0 if name.startswith("frames.") else int(item["bytes"])
        made.disk, made.disk_labels = (size / len(finished) * made.cases for size in sizes.values())

    def _slurm(self, made: StagePlan) -> dict[str, str]:
        """The options of the stage's job array, with the time that its longest case asks for."""
        table = self.study.file.engine.slurm
        options = {name: str(getattr(table, name)) for name in ("account", "partition", "qos") if getattr(table, name)}
        options |= {"time": table.time, "mem-per-cpu": table.mem_per_core, "ntasks": str(made.ranks)}
        options["array"] = f"0-{made.cases - 1}%{table.max_running}"
        return options | {k: str(v) for k, v in table.stages.get(made.stage, {}).items() if k != "launcher"}


def _seconds(rate: Rate, work: Work) -> tuple[float, float]:
    """Seconds of a case and their uncertainty."""
    known = [(rate.seconds[name], amount) for name, amount in work.parts.items() if name in rate.seconds]
    seconds = sum(value * amount for (value, _), amount in known)
    return rate.start + seconds, sum(value * spread * amount for (value, spread), amount in known)
