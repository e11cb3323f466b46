"""Measure this machine's speed: run the simulations, labels and rows of a study at reduced size, for seconds.

`lammps_glass.workflow.throughput.rates` starts this as a process of its own, so that its memory and start are a case's.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lammps_glass.errors import InputError, LammpsGlassError
from lammps_glass.files import atomic_path
from lammps_glass.glasses import Glass
from lammps_glass.operations.case import Case
from lammps_glass.product import Product
from lammps_glass.simulate.work import ATOM_STEPS, MINIMISED, Work, loop_times
from lammps_glass.workflow import mpi
from lammps_glass.workflow.precompile import kernels_are_compiled, precompile_kernels
from lammps_glass.workflow.processes import peak_memory
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.throughput import Rate, examples, glass_of, measurable, rate_key, work_of

#: Size of the miniature. Four segments of 250 steps give the spread of the rate; a second of dynamics for each glass.
PARTICLES, STEPS = 500, 1000
#: A rate of one run of seconds is never known better than this.
SMALLEST_SPREAD = 0.15
#: Stage and glass of a case.
Example = tuple[str, str]


def _at(case: CaseId) -> Example:
    return case.stage, glass_of(case)


class Miniature:
    """Run the first case of each glass of each stage at reduced size, in the order of the stages; equal keys once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.folder = study.out / "probe"
        self.products: dict[Example, Product] = {}
        self.works: dict[Example, Work] = {}
        self.rates: dict[str, Rate] = {}
        self.failures: dict[str, str] = {}
        self._first: dict[str, tuple[Product, Work]] = {}

    def run(self) -> dict[str, Rate]:
        """Measure all stages; return rates by `rate_key`."""
        for stage in self.study.stages:
            if measurable(stage):
                for case in examples(stage).values():
                    self._measure(stage, case)
        return self.rates

    def _measure(self, stage: Stage, case: CaseId) -> None:
        key, at = rate_key(self.study, case), _at(case)
        if key in self.rates:  # the first case of a key stands for all, for those that read them too
            self.products[at], self.works[at] = self._first[key]
        elif all(source in self.products for sources in self._sources(case).values() for source in sources):
            try:
                self.rates[key] = self._example(stage, case)
                self._first[key] = self.products[at], self.works[at]
            except Exception as error:  # a stage that cannot run at this size is planned without a time
                self.failures[" ".join(at).strip()] = " ".join(str(error).split())

    def _sources(self, case: CaseId) -> dict[str, list[Example]]:
        """Return port -> one example of every stage that `case` reads through it."""
        reads = self.study.graph.reads(case)
        return {port: list(dict.fromkeys(map(_at, cases))) for port, cases in reads.items() if cases}

    def _example(self, stage: Stage, example: CaseId) -> Rate:
        at, case = _at(example), self._case(example)
        sources = {port: [self.products[s] for s in names] for port, names in self._sources(example).items()}
        wall, busy = self._run(stage, case, sources)
        self.products[at] = stage.operation.writes(case.directory, conditions=case.conditions)
        first = wall
        if not stage.simulates:  # the second run shows the work without what the first one loads
            again = replace(case, directory=case.directory.with_name(f"{case.directory.name}-again"))
            again.directory.mkdir()
            wall, busy = self._run(stage, again, sources)
        reads = {port: [self.works[at] for at in sources] for port, sources in self._sources(example).items()}
        self.works[at] = work_of(self.study, example, case.parameters, case.glass, reads)
        return self._rate(stage, case, self.works[at], (first, wall), busy)

    def _run(self, stage: Stage, case: Case[Any], sources: Mapping[str, Sequence[Product]]) -> tuple[float, float]:
        """Return the seconds of a run, and the fraction of the elapsed time that this process had its core.

        Time that other processes took on that core does not count.
        """
        clock, cpu = time.perf_counter(), time.process_time()
        if stage.table.ranks > 1:
            mpi.run_ranks(mpi.launcher_words(self.study.file.engine, stage.name), stage.table.ranks, case, sources)
        else:
            stage.operation.run(case, sources)
        wall, busy = time.perf_counter() - clock, time.process_time() - cpu
        fraction = min(1.0, busy / wall) if stage.table.ranks == 1 else 1.0
        return wall * fraction, fraction

    def _case(self, case: CaseId) -> Case[Any]:
        view = self.study.view(case, self.folder / "-".join(_at(case)))
        view.directory.mkdir(parents=True)
        glass = reduced(view.glass)
        parameters = view.parameters.shortened(STEPS) if hasattr(view.parameters, "shortened") else view.parameters
        return replace(view, glass=glass, parameters=parameters)

    @staticmethod
    def _rate(stage: Stage, case: Case[Any], work: Work, seconds: tuple[float, float], busy: float) -> Rate:
        parts: dict[str, tuple[float, float]]
        if stage.simulates:
            parts = dict(_loop_rates(case.directory / "log.lammps", work, busy))
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


def _loop_rates(log: Path, work: Work, busy: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """Return rates of dynamics (with their spread over the segments) and of minimisations, from LAMMPS's loop times."""
    import numpy as np

    times = loop_times(log)
    if times.dynamics and work.parts.get(ATOM_STEPS):
        each = np.array([seconds / amount for seconds, amount in times.dynamics])
        mean = busy * sum(s for s, _ in times.dynamics) / sum(a for _, a in times.dynamics)
        spread = float(each.std() / each.mean() / np.sqrt(len(each)))
        yield ATOM_STEPS, (mean, max(SMALLEST_SPREAD, spread))
    if work.parts.get(MINIMISED):
        # The number of iterations differs between snapshots by a factor of two.
        yield MINIMISED, (busy * times.minimising / work.parts[MINIMISED], 0.4)


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
