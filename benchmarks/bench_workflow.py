"""What the workflow adds: `reproduce` against the same calls in a bare loop; 20 000 cases, `status` and `--help`.

    python benchmarks/bench_workflow.py [--study looseness] [--preset smoke] [--rounds 1] [--cases 20000]

The bare loop is one Python process that calls each case's protocol or operation in a plain folder (beside a file of
its parameters, which analyses read): no checksum, no lock, no fsync. It runs first once unmeasured, so that both find
compiled kernels. Then the two run in turn, each as a process of its own, start included; wall seconds and the CPU
seconds of the process and all it started are printed, as other work on the machine stretches the wall. The bounds are
for the CPU seconds. `--help` is the quickest of five.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from side_by_side import require

from lammps_glass.workflow import Study
from lammps_glass.workflow.folder import take_folder
from lammps_glass.workflow.manifest import Manifest, inventory
from lammps_glass.workflow.processes import ONE_THREAD

RATIO, LISTED, STATUS, HELP = 1.25, 5.0, 3.0, 0.5

BARE = """
import json
import sys
from lammps_glass.workflow import Study
from lammps_glass.workflow.runner import execute
from lammps_glass.hashing import canonical

study = Study.read(sys.argv[1], sys.argv[2], sys.argv[3])
for case in study.all_cases():
    directory = study.store.folder(case)
    directory.mkdir(parents=True)
    values = {"params": json.loads(canonical(study.params(case))), "seed": study.seed(case)}
    (directory / "manifest.json").write_text(json.dumps(values))
    execute(study, case, directory)
"""

Seconds = tuple[float, float]


def timed(command: list[str]) -> Seconds:
    """Wall and CPU seconds of a command and of all that it started and waited for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, **ONE_THREAD}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_fresh_folder(command: Callable[[str], list[str]]) -> Seconds:
    with tempfile.TemporaryDirectory() as folder:
        return timed(command(f"{folder}/run"))


def overhead(study: str, preset: str, rounds: int) -> float:
    """Print both, round by round; returns the ratio of the medians of CPU seconds."""

    def bare(out: str) -> list[str]:
        return [sys.executable, "-c", BARE, study, preset, out]

    def reproduce(out: str) -> list[str]:
        words = ["reproduce", study, "--preset", preset, "--out", out, "--cores", "1", "--quiet"]
        return [sys.executable, "-m", "lammps_glass", *words]

    in_fresh_folder(bare)
    found: dict[str, list[Seconds]] = {"bare loop": [], "reproduce --cores 1": []}
    for _ in range(rounds):
        for (name, times), command in zip(found.items(), (bare, reproduce), strict=True):
            times.append(in_fresh_folder(command))
            print(f"{name:<24} wall {times[-1][0]:7.1f} s   CPU {times[-1][1]:7.1f} s", flush=True)
    (bare_wall, bare_cpu), (wall, cpu) = ([statistics.median(t) for t in zip(*times)] for times in found.values())
    print(f"wall of reproduce / wall of the bare loop: {wall / bare_wall:.3f}")
    return float(cpu / bare_cpu)


def make_finished(study: Study) -> None:
    """What finished cases leave, without the work: a product of a few bytes and a manifest that fits."""
    take_folder(study.file, study.out, exact=False)
    empty: dict[str, Any] = dict.fromkeys(["params_hash", "started", "finished", "host"], "")
    for case in study.all_cases():
        folder = study.store.folder(case)
        folder.mkdir(parents=True)
        (folder / "value.json").write_text(str(case.index))
        inputs = study.input_hashes(case)
        Manifest(
            study=study.name,
            stage=case.stage,
            case=case.name,
            conditions=dict(case.conditions),
            params=study.params(case),
            inputs=inputs,
            key=study.key(case, inputs),
            seed=1,
            ranks=1,
            products=inventory(folder),
            versions={},
            seconds=0.1,
            peak_memory=1,
            **empty,
        ).write(folder)


MANY = """
[study]
name = "own"
[glass]
name = "kob-andersen"
n_particles = 500
[stages.quench]
run = "simulate"
protocol = "quench"
over = {{ replica = {half} }}
[stages.relax]
run = "simulate"
protocol = "relax"
reads = {{ start = "quench" }}
over = {{ replica = {half} }}
"""


def many_cases(n_cases: int) -> tuple[float, float]:
    """CPU seconds to list and check finished cases, and of the command `status` on them, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "many.toml", Path(folder) / "run"
        file.write_text(MANY.format(half=n_cases // 2))
        make_finished(Study.read(file, None, out))
        begin = time.process_time()
        study = Study.read(out)
        assert sum(study.is_done(case) for case in study.all_cases()) == n_cases
        listed = time.process_time() - begin
        wall, status = timed([sys.executable, "-m", "lammps_glass", "status", str(out)])
        answer = subprocess.run(
            [sys.executable, "-m", "lammps_glass", "status", str(out), "--json"], check=True, capture_output=True
        )
        assert [stage["done"] for stage in json.loads(answer.stdout)["stages"]] == [n_cases // 2] * 2
        print(f"status of {n_cases} cases: wall {wall:.2f} s")
        return listed, status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", default="looseness")
    parser.add_argument("--preset", default="smoke")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cases", type=int, default=20_000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "lammps_glass", "--help"]
    require("--help, wall s", min(timed(command)[0] for _ in range(5)), HELP)
    listed, status = many_cases(options.cases)
    require(f"{options.cases} cases listed and checked, CPU s", listed, LISTED)
    require(f"status of {options.cases} cases, CPU s", status, STATUS)
    ratio = overhead(options.study, options.preset, options.rounds)
    require("CPU of reproduce / CPU of the bare loop", ratio, RATIO)


if __name__ == "__main__":
    main()
