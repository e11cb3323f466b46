"""Estimate the cost of a study: cases, core-hours, memory, disk and the longest case of each stage.

A stage with finished cases costs what those took. Any other case declares amounts of a few kinds of work, each with a
rate: measured here (source ``probe``), or stated by the operation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal, NamedTuple

from lammps_glass.json_types import JsonObject
from lammps_glass.planning.rates import PARTICLES, Rate, glass_of, measurable, rate_keys, rates, work_of
from lammps_glass.simulate.work import ATOM_STEPS, Work
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.stages import Stage
from lammps_glass.workflow.study import Study

Source = Literal["finished", "probe", "stated", "unknown"]

#: Relative uncertainty of seconds from rates that an operation states: another machine, other sizes.
STATED = 1.0
#: Seconds a particle depend on the size of the box (caches, ghosts): added once for every factor of ten.
PER_DECADE = 0.25
#: Memory of LAMMPS and of one snapshot in Python, bytes a particle, beyond the small case (neighbour lists and rows).
PARTICLE_BYTES = 4000.0


@dataclass(frozen=True)
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

    def as_json(self) -> JsonObject:
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
    measured = rates(study, fresh=fresh)
    by_glass = {at: measured[key] for at, key in rate_keys(study).items() if key in measured}
    works: dict[tuple[str, int], Work] = {}
    stages = []
    for stage in study.stages:
        for case in stage.cases:
            reads = {port: [works[c.id] for c in cases] for port, cases in study.graph.reads(case).items()}
            works[case.id] = work_of(study, case, study.parameters(case), study.glass(case), reads)
        stages.append(_plan_stage(study, stage, works, by_glass))
    return StudyPlan(study.name, study.preset, cores or study.file.engine.cores, tuple(stages))


class Cost(NamedTuple):
    """Cost of one case: seconds and their error, peak memory and disk (bytes; None where unknown)."""

    seconds: float
    error: float
    memory: float
    disk: float | None
    disk_labels: float | None


def _plan_stage(
    study: Study, stage: Stage, works: Mapping[tuple[str, int], Work], by_glass: Mapping[tuple[str, str], Rate]
) -> StagePlan:
    """Sum the costs of the cases of a stage; those without a rate count as the mean of the others."""
    manifests = [m for case in stage.cases if study.is_done(case) and (m := Manifest.read(study.store.folder(case)))]
    amounts = [works[case.id] for case in stage.cases]
    measured: Source = "finished" if manifests else "probe" if measurable(stage) else "stated"
    costs = [_spent(manifest) for manifest in manifests] or _expected(stage, amounts, by_glass)
    slurm = study.file.engine.slurm
    plan = StagePlan(
        stage.name,
        stage.operation.runs,
        stage.table.ranks,
        len(stage.cases),
        len(manifests),
        measured if costs else "unknown",
        atom_steps=sum(work.parts.get(ATOM_STEPS, 0.0) for work in amounts),
        slurm={
            **slurm.batch_options(stage.name, stage.table.ranks),
            "array": f"0-{len(stage.cases) - 1}%{slurm.max_running}",
        },
    )
    return _with_costs(plan, costs, max(work.n_particles for work in amounts)) if costs else plan


def _with_costs(plan: StagePlan, costs: list[Cost], n_particles: int) -> StagePlan:
    """Complete the plan of a stage with the costs of its cases; `n_particles` is the size of the largest."""
    seconds = [cost.seconds for cost in costs]
    mean, scale = sum(seconds) / len(costs), plan.cases / len(costs)
    if plan.done:
        uncertainty = (max(seconds) - min(seconds)) / (2 * mean) if mean else 0.0
    else:
        decades = math.log10(max(1.0, n_particles / PARTICLES))
        uncertainty = sum(cost.error for cost in costs) / max(sum(seconds), 1e-9) + PER_DECADE * decades
    return replace(
        plan,
        seconds=mean,
        longest=max(seconds),
        uncertainty=uncertainty,
        core_hours=mean * plan.cases * plan.ranks / 3600,
        memory=max(cost.memory for cost in costs),
        disk=_total([cost.disk for cost in costs], scale),
        disk_labels=_total([cost.disk_labels for cost in costs], scale),
    )


def _total(sizes: list[float | None], scale: float) -> float | None:
    """Sum the sizes of all cases, which are `scale` times as many; None where none is known."""
    numbers = [size for size in sizes if size is not None]
    return scale * sum(numbers) if numbers else None


def _spent(manifest: Manifest) -> Cost:
    """Return what a finished case has cost."""
    sizes = {name: item["bytes"] for name, item in manifest.products.items()}
    labels = sum(size for name, size in sizes.items() if not name.startswith("frames."))
    return Cost(manifest.seconds, 0.0, float(manifest.peak_memory), sum(sizes.values()), labels)


def _expected(stage: Stage, works: list[Work], by_glass: Mapping[tuple[str, str], Rate]) -> list[Cost]:
    """Return the costs of the cases whose glass has a rate; none where no part of the work has one."""
    largest = max((rate.memory for rate in by_glass.values()), default=0.0)
    stated = Rate({name: (rate, STATED) for name, rate in stage.operation.rates.items()})
    costs, has_rate = [], False
    for case, work in zip(stage.cases, works):
        rate = by_glass.get((stage.name, glass_of(case))) if measurable(stage) else stated
        if rate is None:
            continue
        parts = [(*rate.seconds[name], amount) for name, amount in work.parts.items() if name in rate.seconds]
        has_rate = has_rate or bool(parts)
        memory = (rate.memory or largest) + work.memory + PARTICLE_BYTES * work.n_particles
        disk = rate.frame_bytes * work.n_particles * work.snapshots if rate.frame_bytes else None
        seconds = sum(unit * amount for unit, _, amount in parts)
        error = sum(unit * spread * amount for unit, spread, amount in parts)
        costs.append(Cost(rate.start + seconds, error, memory, disk, None if disk is None else 0.0))
    return costs if has_rate else []
