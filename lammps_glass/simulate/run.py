"""Runs of a deck segment by segment: complete segments stay, others run again, products come last."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError, SimulationError, tail
from lammps_glass.files import atomic_path
from lammps_glass.json_types import changed_keys
from lammps_glass.simulate import frames
from lammps_glass.simulate.engine import Engine, EngineOptions
from lammps_glass.simulate.record import IDENTITY, Identity, Record

if TYPE_CHECKING:
    from lammps_glass.glasses.glass import Glass
    from lammps_glass.simulate.protocols.base import Progress, Protocol, Source


@dataclass(frozen=True)
class Plan:
    """One run: its folder, its number of segments, and its identity.

    `segment_product` is the suffix of the file that the deck renames into place when a segment is complete.
    """

    directory: Path
    protocol: str
    n_segments: int
    identity: Identity
    segment_product: str = "restart"

    @property
    def deck(self) -> Path:
        """Path of the rendered deck."""
        return self.directory / "in.lmp"

    @property
    def segments(self) -> Path:
        """Folder of the files of unfinished runs."""
        return self.directory / "segments"

    def log(self, segment: int) -> Path:
        """Path of a segment's log; segments count from 1."""
        return self.segments / f"{segment}.log"

    def mark(self, segment: int) -> Path:
        """Path of the file that marks a segment as complete."""
        return self.segments / f"{segment}.{self.segment_product}"

    def done(self) -> int:
        """Count the complete segments from the first on."""
        count = 0
        while count < self.n_segments and self.mark(count + 1).is_file() and self.log(count + 1).is_file():
            count += 1
        return count

    def open(self) -> None:
        """Make the folder, or check that it holds this run and no other."""
        if differing := self.differences():
            raise InputError(
                f"{self.directory} holds another run ({'; '.join(differing)}): choose another directory or remove it"
            )
        self.segments.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.identity, sort_keys=True, indent=1) + "\n"
        (self.directory / IDENTITY).write_text(text, encoding="utf-8")

    def differences(self) -> list[str]:
        """List how the run in the folder differs from this one; empty where they are the same, or there is none."""
        path = self.directory / IDENTITY
        if not path.is_file():
            return []
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            return describe_differences(stored, json.loads(json.dumps(self.identity)))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: not the identity of a run ({error}): remove the folder") from error


def describe_differences(stored: Identity, identity: Identity) -> list[str]:
    """List what differs between two runs: ``protocol cooling = OLD, now NEW``, seed, and the start."""
    differing = []
    for part in ("protocol", "glass"):
        old, new = stored[part], identity[part]
        if old["name"] != new["name"]:
            differing.append(f"{part} {old['name']}, now {new['name']}")
        else:
            differing += [f"{part}.{change}" for change in changed_keys(old["options"], new["options"])]
    if stored["seed"] != identity["seed"]:
        differing.append(f"seed = {stored['seed']}, now {identity['seed']}")
    if stored["start"] != identity["start"] and not differing:
        differing.append("it started from another configuration")
    return differing


def execute(
    protocol: Protocol,
    source: Source,
    seed: int,
    directory: Path,
    glass: Glass | None,
    options: EngineOptions,
    progress: Progress | None,
) -> Record:
    """Prepare a run, run the missing segments, and write the products; with MPI, rank 0 handles the files."""

    def prepare() -> Plan | None:
        """Plan the run; None when it is complete."""
        plan = protocol.prepare(source, seed, directory, glass=glass)
        if not Record(directory).is_complete:
            return plan
        shutil.rmtree(plan.segments, ignore_errors=True)
        return None

    plan = options.on_root(prepare)
    if plan is not None:
        for segment in range(options.on_root(plan.done) + 1, plan.n_segments + 1):
            run_segment(protocol, plan, segment, options)
            if progress is not None:
                progress(segment, plan.n_segments)
        options.on_root(lambda: finish(protocol, plan))
    return protocol.record(directory)


def run_segment(protocol: Protocol, plan: Plan, segment: int, options: EngineOptions) -> None:
    """Run one segment in a new LAMMPS instance; one that fails its check is not left marked as complete."""
    log = plan.log(segment)
    with Engine(options, {"first": segment, "last": segment}) as engine:
        engine.run_file(plan.deck, log)
    try:
        options.on_root(lambda: protocol.check_segment(log, segment))
    except SimulationError as error:
        plan.mark(segment).unlink(missing_ok=True)  # on every rank: the first that gets here removes it
        raise SimulationError(str(error), log_tail=tail(log), deck=str(plan.deck)) from error


def finish(protocol: Protocol, plan: Plan) -> None:
    """Join logs, frames and tables of the segments into the products, then remove the segments."""
    from lammps_glass.tables import write_table

    for unfinished in plan.directory.glob(".tmp-*"):  # of a process that was killed while it wrote a product
        shutil.rmtree(unfinished)
    record = Record(plan.directory)
    logs = [plan.log(segment) for segment in range(1, plan.n_segments + 1)]
    with atomic_path(plan.directory / "log.lammps") as path, path.open("wb") as joined:
        joined.writelines(log.read_bytes() for log in logs)
    with atomic_path(record.thermo_path) as path:
        write_table(path, protocol.thermo(plan))
    if protocol.has_frames:
        with atomic_path(record.frames_path) as path:
            frames.join(protocol.frame_files(plan), path)
    protocol.write_products(plan)
    with atomic_path(record.final_path) as path:  # the last product: its presence means that all are there
        frames.join([protocol.final_file(plan)], path, last=True)
    shutil.rmtree(plan.segments)
