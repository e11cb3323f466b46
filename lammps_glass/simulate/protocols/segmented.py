"""`Segmented`, `Holding`: base classes of protocols of molecular dynamics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lammps_glass.errors import UnconvergedError
from lammps_glass.glasses.checks import PositiveFloat, PositiveInt
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.base import Protocol, segments_of
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import ATOM_STEPS, Work

if TYPE_CHECKING:
    import pandas as pd


_AT_ROUND_OFF = "more iterations do not help, as the force falls no further: raise force_tolerance"
_ENOUGH = 10  # rows of the log in half a minimisation


def check_minimum(log: Path, run: int, tolerance: float, owner: str) -> None:
    """Raise `SimulationError` unless minimisation `run` of a log ended by reaching its force tolerance."""
    table, minimum = thermo.tables(log)[run], thermo.minima(log)[run]
    thermo.require_finite(table, owner)
    force = float(table["fmax"].iloc[-1])
    if minimum.at_limit or force > tolerance:
        raise UnconvergedError(
            f"{owner}: minimisation stopped ({minimum.criterion}) at a largest force of {force:.3g}, "
            f"tolerance {tolerance:.3g}: "
            + (_AT_ROUND_OFF if minimum.at_limit and _falls_no_further(table["fmax"]) else minimum.advice())
        )


def _falls_no_further(forces: pd.Series[float]) -> bool:
    """Whether the largest force in the second half of a minimisation is hardly below that in the first half."""
    middle = len(forces) // 2
    return middle >= _ENOUGH and bool(forces.iloc[middle:].min() > 0.5 * forces.iloc[:middle].min())


@dataclass(frozen=True, kw_only=True)
class Segmented(Protocol):
    """Molecular dynamics in segments of `segment_steps`; bitwise identity of trajectories depends on these."""

    segment_steps: PositiveInt
    thermo_every: PositiveInt

    def check_segment(self, log: Path, segment: int) -> None:
        """Raise `SimulationError` when a number of the thermodynamic output is not finite."""
        for table in thermo.tables(log):
            thermo.require_finite(table, f"{self.name}, segment {segment}")

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """Join the output of the segments."""
        return thermo.read(*(plan.log(segment) for segment in range(1, plan.n_segments + 1)))

    def frame_files(self, plan: Plan) -> Iterator[Dump]:
        """Dumps of the segments, none for a protocol without frames."""
        n_dumps = plan.n_segments if self.has_frames else 0
        return (Dump(plan.segments / f"{segment}.dump") for segment in range(1, n_dumps + 1))

    def final_file(self, plan: Plan) -> Dump:
        """The configuration that the last segment ended with."""
        return Dump(plan.segments / "final.dump")


@dataclass(frozen=True, kw_only=True)
class Holding(Segmented):
    """`steps` of dynamics under constant conditions, with a frame every `snapshot_every` steps, step 0 included."""

    steps: PositiveInt
    temperature: PositiveFloat
    snapshot_every: PositiveInt
    thermostat_damping: PositiveFloat = 1.0
    barostat_damping: PositiveFloat = 10.0
    segment_steps: int = 100_000
    thermo_every: int = 100

    @property
    def n_segments(self) -> int:
        """Number of segments of at most `segment_steps`."""
        return segments_of(self.steps, self.segment_steps)

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """Molecular dynamics alone."""
        return Work(n_particles, {ATOM_STEPS: float(n_particles * self.steps)}, self.steps // self.snapshot_every + 1)

    def shortened(self, steps: int) -> Self:
        """Keep four frames, one a segment."""
        quarter = max(1, steps // 4)
        return replace(self, steps=4 * quarter, snapshot_every=quarter, segment_steps=quarter)

    def variables(self, seed: int) -> dict[str, Value]:
        """Add the seed of the velocities."""
        return {**self.options(), "velocity_seed": self.seed_of(seed, "velocities")}
