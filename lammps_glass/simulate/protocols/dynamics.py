"""Dynamics: a run at a temperature or at constant energy, with frames at logarithmic and at even times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import NonNegativeInt, PositiveFloat, PositiveInt
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.base import segments_of
from lammps_glass.simulate.protocols.segmented import Segmented
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import ATOM_STEPS, Work
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    import pandas as pd

_ENSEMBLES = ("nve", "nvt", "npt")


@dataclass(frozen=True, kw_only=True)
class Dynamics(Segmented):
    """Heat a configuration, hold it, then follow its dynamics; positions of the frames are unwrapped.

    Velocities are drawn with zero momentum by the run's seed, so that runs of one source with different seeds are an
    isoconfigurational ensemble where nothing is heated or held before. Inherent structures come from the frames by
    `Inherent`.

    Parameters
    ----------
    steps
        Length of the production run, in MD steps; frames count from its start.
    temperature
        In the temperature unit of the glass.
    ensemble
        Of the production run: ``nve``, ``nvt`` or ``npt`` (Nose-Hoover; isotropic barostat, needs `pressure`).
    pressure
        In pressure units of the glass, held during heating, equilibration and in ``npt``; None keeps the box.
    heating
        MD steps of a linear rise from `start_temperature`, where velocities are drawn: for a glass at 0 K.
    equilibration
        MD steps at `temperature` after it.
    linear_every
        MD steps between even frames; 0: none.
    log_block
        Steps of a block, at whose start logarithmic frames begin again: each block is an origin of short times. It
        divides `steps`; 0: a single block.
    per_octave
        Logarithmic frames from one power of 2 to the next (a power of 2); 0: none.
    velocities
        Whether frames have velocities (``vx vy vz``).
    """

    name: ClassVar[str] = "dynamics"

    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("temperature",))

    steps: PositiveInt = 100_000
    temperature: PositiveFloat = 0.5
    ensemble: str = "nvt"
    pressure: float | None = None
    heating: NonNegativeInt = 0
    start_temperature: PositiveFloat | None = None
    equilibration: NonNegativeInt = 0
    linear_every: NonNegativeInt = 10_000
    log_block: NonNegativeInt = 0
    per_octave: NonNegativeInt = 2
    velocities: bool = False
    thermostat_damping: PositiveFloat = 1.0
    barostat_damping: PositiveFloat = 10.0
    segment_steps: int = 100_000
    thermo_every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ensemble not in _ENSEMBLES:
            raise InputError(f"{self.name}: ensemble = {self.ensemble!r} must be one of {', '.join(_ENSEMBLES)}")
        if self.ensemble == "npt" and self.pressure is None:
            raise InputError(f"{self.name}: ensemble = 'npt' needs a pressure: set pressure = 0.0 or another number")
        if (self.heating > 0) != (self.start_temperature is not None):
            raise InputError(
                f"{self.name}: heating = {self.heating} and start_temperature = {self.start_temperature} belong "
                "together: set both, or neither"
            )
        if self.log_block and self.steps % self.log_block:
            raise InputError(f"{self.name}: steps = {self.steps} is not a multiple of log_block = {self.log_block}")
        if self.per_octave & (self.per_octave - 1):
            raise InputError(f"{self.name}: per_octave = {self.per_octave} must be a power of 2 (1, 2, 4 ...) or 0")
        if not (self.per_octave or self.linear_every):
            raise InputError(f"{self.name}: linear_every = 0 and per_octave = 0 leave no frames: set one of them")

    @property
    def block(self) -> int:
        """MD steps between starts of logarithmic frames; the whole run without `log_block`."""
        return self.log_block or self.steps

    @property
    def frame_steps(self) -> tuple[int, ...]:
        """Steps of the frames, counted from the start of the production run."""
        offsets = {0}
        if self.per_octave:
            at, interval = 0, 1
            while at < self.block:
                offsets.add(at)
                interval = max(1, (1 << max(0, at.bit_length() - 1)) // self.per_octave)
                at += interval
        steps = {start + offset for start in range(0, self.steps, self.block) for offset in offsets}
        return tuple(sorted(steps | {self.steps} | set(range(0, self.steps, self.linear_every or self.steps))))

    @property
    def lengths(self) -> tuple[int, int, int]:
        """Segments of heating, of equilibration and of the production run."""
        heating, held, moved = (
            segments_of(steps, self.segment_steps) for steps in (self.heating, self.equilibration, self.steps)
        )
        return heating, held, moved

    @property
    def n_segments(self) -> int:
        """Segments of at most `segment_steps` of all three parts."""
        return sum(self.lengths)

    def variables(self, seed: int) -> dict[str, Value]:
        """Add ensembles, segments of the parts, blocks of frames, and the seed of the velocities."""
        options = self.options()
        start = options.pop("start_temperature")
        heating, held, _ = self.lengths
        return {
            **options,
            "pressure": self.pressure or 0.0,
            "preparation_ensemble": "nvt" if self.pressure is None else "npt",
            "drawn_temperature": start or self.temperature,
            "velocities": int(self.velocities),
            "heating_segments": heating,
            "equilibration_segments": held,
            "log_block": self.block,
            "log_frames": int(self.per_octave > 0),
            "per_octave": self.per_octave or 1,
            "linear_every": self.linear_every or self.steps,
            "velocity_seed": self.seed_of(seed, "velocities"),
        }

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """All three parts."""
        steps = self.heating + self.equilibration + self.steps
        return Work(n_particles, {ATOM_STEPS: float(n_particles * steps)}, len(self.frame_steps))

    def shortened(self, steps: int) -> Self:
        """Drop heating and equilibration, keep four even frames, one a segment."""
        quarter = max(1, steps // 4)
        return replace(
            self, steps=4 * quarter, heating=0, start_temperature=None, equilibration=0, linear_every=quarter,
            log_block=0, per_octave=0, segment_steps=quarter,
        )  # fmt: skip

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """Join the segments; steps before the production run are negative, ``phase`` names the part."""
        heating, held, _ = self.lengths
        tables = [thermo.tables(plan.log(segment))[0] for segment in range(1, plan.n_segments + 1)]
        before = self.heating + self.equilibration
        for number, table in enumerate(tables):
            if number < heating + held:
                table["step"] -= before
        joined = thermo.join(tables)
        joined["phase"] = "production"
        joined.loc[joined["step"] < 0, "phase"] = "equilibration"
        joined.loc[joined["step"] < -self.equilibration, "phase"] = "heating"
        return joined

    def frame_files(self, plan: Plan) -> Iterator[Dump]:
        """Dumps of the segments of the production run."""
        first = plan.n_segments - self.lengths[2] + 1
        return (Dump(plan.segments / f"{segment}.dump") for segment in range(first, plan.n_segments + 1))
