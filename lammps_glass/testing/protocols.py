"""The contract of protocols: bitwise resume, seeds, decks that run by hand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lammps_glass.glasses import Glass
from lammps_glass.json_types import Options
from lammps_glass.simulate.engine import EngineOptions
from lammps_glass.simulate.protocols.base import Progress, Protocol, Source
from lammps_glass.simulate.record import Record
from lammps_glass.simulate.run import run_segment
from lammps_glass.simulate.thermo import tables
from lammps_glass.testing.checking import require, require_numbers_checked, require_refused, run_checks

#: Files of a run that are not products.
_NOT_PRODUCTS = ("in.lmp", "log.lammps", "start.data")
#: Two ranks sum in another order: the first row of a log deviates by less, relative to the largest value of its column
#: (measured for the protocols of this package: 1e-14; more particles have longer sums).
RANKS_TOLERANCE = 1e-11


class _StopError(Exception):
    """Interrupts a run between segments."""


@dataclass(frozen=True)
class _Subject:
    """A protocol with its start, and its uninterrupted run with seed 1."""

    protocol: Protocol
    source: Source
    glass: Glass
    record: Record
    random: bool
    folder: Path

    def empty(self, name: str) -> Path:
        """Make an empty folder."""
        path = self.folder / name
        path.mkdir()
        return path

    def run(self, seed: int, directory: Path, progress: Progress | None = None) -> Record:
        """Run the protocol."""
        return self.protocol.run(self.source, seed, directory, glass=self.glass, progress=progress)


def check_protocol(
    protocol: type[Protocol],
    options: Options | None,
    source: Source,
    *,
    glass: Glass | None = None,
    random: bool = True,
    programs: bool = True,
) -> None:
    """Check a protocol against the contract of its family; it is run about six times.

    Options make the round trip and bad ones are refused; the deck holds numbers and names only; an interrupted or
    killed run ends with identical products; a finished one is not run again; a folder of another run is refused; seeds
    matter (or do not); the record can be opened again; the deck runs by hand, on one rank and on two.

    Parameters
    ----------
    protocol
        The class.
    options
        Options of a run of seconds with at least three segments.
    source
        Start of the run: a glass, a snapshot or a record.
    glass
        The glass; default that of `source`.
    random
        Whether the run draws random numbers, so that another seed gives another run.
    programs
        Whether to run the deck with ``lmp`` and ``mpiexec``; without them installed, False.

    Raises
    ------
    AssertionError
        The first check that fails, with what was wrong.
    """
    if isinstance(source, Glass | Record):
        glass = glass or (source if isinstance(source, Glass) else source.glass)
    if glass is None:
        raise AssertionError("check_protocol of a snapshot needs glass=...")
    checks = [
        _deck, _interrupted, _killed, _finished, _other_run, _other_seed, _record,
        *([_by_hand, _two_ranks] if programs else []),
    ]  # fmt: skip
    title = f"protocol {getattr(protocol, 'name', protocol.__name__)}"
    with tempfile.TemporaryDirectory() as name:
        subjects: list[_Subject] = []

        def options_and_run(folder: Path) -> None:
            """Check the options and make the uninterrupted run."""
            built = protocol(**(options or {}))
            _check_options(built, glass)
            record = built.run(source, 1, folder / "run", glass=glass)
            subjects.append(_Subject(built, source, glass, record, random, folder))

        run_checks(title, [options_and_run], Path(name))
        run_checks(title, checks, subjects[0])


def _check_options(protocol: Protocol, glass: Glass) -> None:
    options = json.loads(json.dumps(protocol.options()))
    require(type(protocol)(**options) == protocol, f"options {options} build another protocol")
    require_numbers_checked(lambda values: type(protocol)(**values).deck(glass, 1), protocol.options())
    require_refused(lambda: protocol.deck(glass, -1), "seed -1")
    work = protocol.work(glass.n_particles)
    require(work.n_particles == glass.n_particles, f"work() is that of {work.n_particles} particles")


def _products(directory: Path) -> dict[str, bytes]:
    paths = [path for path in directory.iterdir() if path.is_file() and path.name not in _NOT_PRODUCTS]
    return {path.name: path.read_bytes() for path in paths}


def _require_same_products(record: Record, expected: Record, message: str) -> None:
    first, second = _products(record.directory), _products(expected.directory)
    require(first.keys() == second.keys(), f"{message}: products {sorted(first)} instead of {sorted(second)}")
    differing = [name for name in first if first[name] != second[name]]
    require(not differing, f"{message}: different bytes in {', '.join(differing)}")


def _deck(subject: _Subject) -> None:
    """Check that the deck sets every variable that it refers to, to numbers and names only."""
    text = subject.protocol.deck(subject.glass, 1)
    require(text == subject.protocol.deck(subject.glass, 1), "two decks with one seed differ")
    values = dict(re.findall(r"^variable\s+(\w+)\s+index\s+(\S.*)$", text, re.M))
    for name, value in values.items():
        require(re.fullmatch(r"[A-Za-z0-9_.+-]+|\$\{\w+\}", value), f"variable {name} has the value {value!r}")
    defined = set(re.findall(r"^\s*variable\s+(\w+)\s", text, re.M))
    unknown = set(re.findall(r"\$\{(\w+)\}", text)) - defined
    require(not unknown, f"the deck refers to {', '.join(sorted(unknown))}, which it does not set")
    require("interactions.lmp" not in text, "the line 'include interactions.lmp' was not replaced: mind its spaces")


def _interrupted(subject: _Subject) -> None:
    """Check that a run interrupted after each segment ends with identical products."""
    directory, total = subject.empty("interrupted"), 0

    def stop(done: int, segments: int) -> None:
        """Interrupt the run after a segment that is not its last."""
        nonlocal total
        total = segments
        if done < segments:
            raise _StopError

    for _ in range(1000):
        try:
            again = subject.run(1, directory, progress=stop)
            break
        except _StopError:
            continue
    require(total >= 3, f"the run has {total} segments: give options with at least three")
    _require_same_products(again, subject.record, "interrupted after each segment")
    require(not (directory / "segments").exists(), "segments stay after a finished run")


def _killed(subject: _Subject) -> None:
    """Check a run killed inside a segment: log and dump are cut, the restart file is not under its final name."""
    plan = subject.protocol.prepare(subject.source, 1, subject.empty("killed"), glass=subject.glass)
    for segment in (1, 2):
        run_segment(subject.protocol, plan, segment, EngineOptions())
    plan.mark(2).rename(plan.mark(2).with_suffix(".tmp"))
    for path in plan.segments.glob("2.*"):
        if path.suffix not in (".tmp", ".data"):
            path.write_bytes(path.read_bytes()[:-200])
    require(plan.done() == 1, f"{plan.done()} segments count as complete after the second was torn")
    _require_same_products(subject.run(1, plan.directory), subject.record, "killed inside a segment")


def _finished(subject: _Subject) -> None:
    def fail(done: int, segments: int) -> None:
        """Report a segment that should not have run."""
        raise AssertionError("a finished run is run again")

    directory = subject.record.directory
    before = (directory / "final.lammpstrj.gz").stat().st_mtime_ns
    require(subject.run(1, directory, progress=fail) == subject.record, "a finished run gives another record")
    require((directory / "final.lammpstrj.gz").stat().st_mtime_ns == before, "a finished run writes its products again")
    require(not (directory / "segments").exists(), "segments stay after a finished run")


def _other_run(subject: _Subject) -> None:
    before = _products(subject.record.directory)
    require_refused(lambda: subject.run(2, subject.record.directory), "a folder that holds the run of another seed")
    require(_products(subject.record.directory) == before, "a refused run changes the folder")


def _other_seed(subject: _Subject) -> None:
    other = subject.run(2, subject.empty("other-seed"))
    same = np.array_equal(other.final.positions, subject.record.final.positions)
    message = "another seed gives the same run" if same else "another seed gives another run, without random numbers"
    require(same != subject.random, message)


def _record(subject: _Subject) -> None:
    record = subject.record
    stored = record.identity["protocol"]
    require(stored["name"] == subject.protocol.name, f"the record says protocol {stored['name']!r}")
    require(type(subject.protocol)(**stored["options"]) == subject.protocol, "the record builds another protocol")
    require(record.identity["glass"]["options"] == subject.glass.options(), "the record has another glass")
    require(len(record.final) > 0, "the final configuration is empty")
    require(record.thermo["step"].is_monotonic_increasing, "steps of the thermo table do not ascend")
    require(not subject.protocol.has_frames or record.n_frames > 0, "the trajectory has no frame")


def _launch(directory: Path, *words: str) -> None:
    """Run ``lmp -in in.lmp`` in `directory`, launched by `words`."""
    environment = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    command = [*words, "lmp", "-in", "in.lmp", "-screen", "none"]
    for at in {0, len(words)}:
        program = shutil.which(command[at], path=path)
        require(program is not None, f"{command[at]} is not installed: leave it out with programs=False")
        command[at] = str(program)
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    require(done.returncode == 0, f"{' '.join(command)} failed: {(done.stdout + done.stderr).strip()[-400:]}")


def _by_hand(subject: _Subject) -> None:
    """Check that the rendered deck, run by hand, gives the same table."""
    plan = subject.protocol.prepare(subject.source, 1, subject.empty("by-hand"), glass=subject.glass)
    _launch(plan.directory)
    require(plan.done() == plan.n_segments, f"run by hand, {plan.done()} of {plan.n_segments} segments are complete")
    pd.testing.assert_frame_equal(subject.protocol.thermo(plan), subject.record.thermo, check_exact=True)


def _two_ranks(subject: _Subject) -> None:
    """Check that on two ranks the first row of the log agrees to round-off; later rows diverge (chaos), same steps.

    The row is that of the start: already the end of a first minimisation may differ.
    """
    plan = subject.protocol.prepare(subject.source, 1, subject.empty("two-ranks"), glass=subject.glass)
    _launch(plan.directory, "mpiexec", "-n", "2")
    table, expected = subject.protocol.thermo(plan), subject.record.thermo
    require(table["step"].tolist() == expected["step"].tolist(), "on two ranks the table has other steps")
    require(np.isfinite(table["pe"]).all(), "on two ranks an energy is not finite")
    first, alone = tables(plan.log(1))[0], tables(subject.record.directory / "log.lammps")[0]
    for name in alone.columns:
        scale = float(np.abs(alone[name]).max()) or 1.0
        deviation = abs(float(first[name].iloc[0]) - float(alone[name].iloc[0])) / scale
        require(deviation <= RANKS_TOLERANCE, f"on two ranks the first {name} deviates by {deviation:.2g} of {scale:g}")
