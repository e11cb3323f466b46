"""`Framewise`: base class of protocols that minimise each frame of a trajectory."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses.checks import PositiveFloat, PositiveInt
from lammps_glass.glasses.glass import Glass
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.base import Protocol, Source, StartKind
from lammps_glass.simulate.protocols.segmented import check_minimum
from lammps_glass.simulate.record import Record
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.start import checksum, joint_checksum, require_start, write_data
from lammps_glass.simulate.work import MINIMISED, Work, minimisations
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.checks import require_ids

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Framewise(Protocol):
    """Minimisation of each frame in a fresh LAMMPS state: its result depends on nothing but the frame.

    The frames may come from a `Record`, a dump, one `Snapshot` or any iterable of them.

    Parameters
    ----------
    force_tolerance
        Largest force on a particle at the end, in force units.
    max_iterations
        Iterations of each minimisation; reaching this limit in the last is an error.
    """

    starts_from: ClassVar[StartKind] = "frames"
    draws_random_numbers: ClassVar[bool] = False
    segment_product: ClassVar[str] = "relaxed"

    force_tolerance: PositiveFloat = 1e-5
    max_iterations: PositiveInt = 20_000

    @property
    def n_segments(self) -> int:
        """One segment for a single frame; `prepare` counts the frames."""
        return 1

    def variables(self, seed: int) -> dict[str, Value]:
        """The fields alone: minimisations draw no random numbers."""
        return dict(self.options())

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """One minimisation a frame."""
        return Work(n_particles, {MINIMISED: minimisations(n_particles, snapshots)}, snapshots)

    def prepare(self, source: Source, seed: int, directory: str | Path, *, glass: Glass | None = None) -> Plan:
        """Write the frames as data files and the deck that relaxes them; one frame is held at a time."""
        glass = self._glass_of(source, glass)
        self.deck(glass, seed, 1)
        steps: list[int] = []
        sums: list[str] = []
        with _scratch(Path(directory)) as scratch:
            for number, snapshot in enumerate(self._checked_frames(source, glass), start=1):
                steps.append(snapshot.step)
                sums.append(checksum(snapshot))
                write_data(scratch / f"{number}.data", snapshot, glass.bonds(snapshot))
            plan = self.plan(Path(directory), glass, seed, len(steps), joint_checksum(sums))
            plan.open()  # the folder is this run's from here on
            for path in scratch.iterdir():
                path.replace(plan.segments / path.name)
        (plan.segments / "steps.json").write_text(json.dumps(steps), encoding="utf-8")
        plan.deck.write_text(self.deck(glass, seed, len(steps)), encoding="utf-8")
        return plan

    def checked_plan(self, source: Source, seed: int, directory: str | Path, *, glass: Glass | None = None) -> Plan:
        """Check the frames as `prepare` does, and describe the run; writes nothing."""
        glass = self._glass_of(source, glass)
        self.deck(glass, seed, 1)
        sums = [checksum(snapshot) for snapshot in self._checked_frames(source, glass)]
        return self.plan(Path(directory), glass, seed, len(sums), joint_checksum(sums))

    def _glass_of(self, source: Source, glass: Glass | None) -> Glass:
        """Return `glass`, or that of the record to start from."""
        glass = glass or (source.glass if isinstance(source, Record) else None)
        if glass is None:
            raise InputError(f"{self.name} of snapshots needs glass=..., which says how their particles interact")
        return glass

    def _checked_frames(self, source: Source, glass: Glass) -> Iterator[Snapshot]:
        """Iterate over the frames with the species of the glass; each must be able to be minimised."""
        last: int | None = None
        for frame in frames_of(source):
            snapshot = require_start(frame, glass, self.name)
            if last is not None and frame.step <= last:
                raise InputError(f"{self.name}: the frame of step {frame.step} comes after that of step {last}")
            if last is not None:
                require_ids(frame)  # the record would have ids, which its frames could be compared by
            last = frame.step
            yield snapshot
        if last is None:
            raise InputError(f"{self.name}: there are no frames")

    def check_segment(self, log: Path, segment: int) -> None:
        """Raise `SimulationError` unless the last minimisation of the frame converged."""
        check_minimum(log, -1, self.force_tolerance, f"{self.name}, frame of step {self._step_of(log, segment)}")

    @staticmethod
    def _step_of(log: Path, segment: int) -> int:
        steps: list[int] = json.loads((log.parent / "steps.json").read_text(encoding="utf-8"))
        return steps[segment - 1]

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """One row a frame: step, what the deck prints at the end, iterations, converged."""
        import pandas as pd

        rows: list[dict[str, float]] = []
        for segment, step in enumerate(self._steps(plan), start=1):
            log = plan.log(segment)
            last = thermo.tables(log)[-1].iloc[-1]
            row = {str(name): float(value) for name, value in last.items() if name != "step"}
            converged = row["fmax"] <= self.force_tolerance
            rows.append({"step": step, **row, "iterations": int(last["step"]), "converged": converged})
        table = pd.DataFrame(rows)
        thermo.require_finite(table, self.name)
        return table

    def frame_files(self, plan: Plan) -> Iterator[Dump]:
        """The minima in order of their frames, under the steps of these."""
        return (Dump(plan.mark(segment), step) for segment, step in enumerate(self._steps(plan), start=1))

    def final_file(self, plan: Plan) -> Dump:
        """The minimum of the last frame."""
        return Dump(plan.mark(plan.n_segments), self._steps(plan)[-1])

    def _steps(self, plan: Plan) -> list[int]:
        steps: list[int] = json.loads((plan.segments / "steps.json").read_text(encoding="utf-8"))
        if len(steps) != plan.n_segments:
            raise SimulationError(f"{plan.segments}: {len(steps)} steps for {plan.n_segments} frames")
        return steps


@contextlib.contextmanager
def _scratch(directory: Path) -> Iterator[Path]:
    """Make a folder inside `directory` for files that may not belong there; an empty `directory` is not left behind."""
    new = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".frames-", dir=directory) as folder:
            yield Path(folder)
    except BaseException:
        if new:
            shutil.rmtree(directory, ignore_errors=True)
        raise


def frames_of(source: Source) -> Iterable[Snapshot]:
    """Iterate over the snapshots of a record, a dump, one snapshot or an iterable of them."""
    if isinstance(source, Record):
        return source.frames() if source.frames_path.is_file() else [source.final]
    if isinstance(source, Snapshot):
        return [source]
    if isinstance(source, (str, Path)):
        return Snapshot.read_all(source)
    if isinstance(source, Iterable):
        return source
    raise InputError(f"a protocol of frames starts from a Record, a dump or snapshots, not {type(source).__name__}")
