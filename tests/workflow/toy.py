"""A toy study: short sleeps and sums beside a real quench and creep of 108 particles, and faults on demand.

It is installed for a test as a plug-in would be: `install` writes the metadata of a distribution whose entry point in
the group ``lammps_glass.studies`` names `RECIPE`, into a folder that PYTHONPATH holds, so that child processes know it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lammps_glass.errors import SimulationError
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.product import JsonFile, Product
from lammps_glass.products import Findings, Record
from lammps_glass.resources import data_root
from lammps_glass.studies.recipe import Recipe

HERE = Path(__file__).resolve().parent

STUDY = """
[study]
name = "toy"
seed = 3
replicas = 2

[glass]
name = "kob-andersen"
n_particles = 108
r_cut = 2.2

[stages.quench]
run = "simulate"
protocol = "quench"
over = ["replica"]
liquid = 300
cooling = 300
segment_steps = 150

[stages.creep]
run = "simulate"
protocol = "creep"
reads = { start = "quench" }
over = ["replica"]
stress = 0.3
steps = 900
snapshot_every = 150
segment_steps = 150

[stages.nap]
run = "nap"
over = { item = 6 }
seconds = 0.05

[stages.pair]
run = "pair"
reads = { naps = "nap" }
over = { item = 6 }

[stages.total]
run = "total"
reads = { runs = "creep", pairs = "pair" }

[presets.many.stages]
nap = { seconds = 0.01 }

[engine]
cores = 2
chunk_seconds = 1.0
"""


def install(folder: Path) -> None:
    """Write the plug-in's metadata into `folder`."""
    info = folder / "toy-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[lammps_glass.studies]\ntoy = toy:RECIPE\n")


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """`install`, with this process and those it starts knowing of it."""
    import pytest  # not in the children, which import this module for its operations

    install(folder)
    paths = [str(folder), str(HERE), str(data_root()), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        yield


def trace(case: Case[Any], event: str) -> None:
    """A line in the file that ``TOY_TRACE`` names: what ran when, in which process, with how many threads."""
    if path := os.environ.get("TOY_TRACE"):
        words = {"event": event, "stage": case.stage, "case": dict(case.conditions), "pid": os.getpid()}
        threads = [os.environ.get(f"{name}_NUM_THREADS") for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")]
        line = json.dumps({**words, "time": time.monotonic(), "threads": threads}) + "\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, line.encode())
        os.close(descriptor)


def _fail(fault: str, directory: Path) -> None:
    if fault == "raise":
        raise ValueError("a toy that breaks")
    if fault == "simulation":
        raise SimulationError("atoms lost", log_tail="the last line", deck="in.lmp")
    if fault == "memory":
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        np.ones((2**20, 2**12)).sum()
    if fault == "segmentation":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == "abort":
        os.abort()
    if fault == "kill":
        (directory / "log.lammps").write_text("the last line of the log\n")
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Nap:
    """Sleep `seconds`, then write `n_bytes`; `fault` strikes the case of number `at`."""

    seconds: float = 0.05
    n_bytes: int = 100
    fault: str = ""
    at: int = 3


class Value(Product):
    """A number, and bytes without meaning beside it."""

    value = JsonFile("value.json")


@operation()
def nap(case: Case[Nap]) -> Value:
    trace(case, "start")
    parameters = case.parameters
    if parameters.fault and case.conditions["item"] == parameters.at:
        _fail(parameters.fault, case.directory)
    (case.directory / "half.bin").write_bytes(bytes(parameters.n_bytes))
    time.sleep(parameters.seconds)
    value = Value(case.directory)
    value.value.write({"value": case.seed % 1000})
    trace(case, "end")
    return value


@dataclass(frozen=True)
class Pair:
    """Add `shift`, then round down to a multiple of `grain`."""

    shift: int = 1
    grain: int = 1


@operation()
def pair(case: Case[Pair], naps: Value) -> Value:
    trace(case, "start")
    number = naps.value.read()["value"] + case.parameters.shift
    value = Value(case.directory)
    value.value.write({"value": number // case.parameters.grain})
    return value


@operation()
def total(case: Case[NoParameters], runs: Sequence[Record], pairs: Sequence[Value]) -> Findings:
    trace(case, "start")
    with Findings(case.directory) as findings:
        findings.score({"sum": sum(product.value.read()["value"] for product in pairs)})
        for record in runs:
            findings.score({f"height.{record.replica}": float(record.final.cell.matrix[2, 2])})
    return findings


RECIPE = Recipe(
    name="toy",
    title="A toy",
    citation="nobody",
    operations={"nap": nap, "pair": pair, "total": total},
)
