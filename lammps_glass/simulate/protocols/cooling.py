"""`Cooling`: base class of protocols that melt a metal, cool the liquid at a rate in K/s, and minimise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveFloat, PositiveInt
from lammps_glass.glasses.glass import Glass
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.protocols.base import StartKind, segments_of
from lammps_glass.simulate.protocols.segmented import Segmented
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import ATOM_STEPS, MINIMISED, Work, minimisations

if TYPE_CHECKING:
    import pandas as pd

_PS = 1e-12  # seconds


@dataclass(frozen=True, kw_only=True)
class Cooling(Segmented):
    """Three phases (melt, liquid, cooling) and a minimisation; metal units.

    Parameters
    ----------
    rate
        Cooling rate, in K/s; with `timestep` it gives the number of steps (`cooling`).
    melt
        Steps of Langevin dynamics at `melt_temperature`, far above melting: B2 does not melt in 8 ps at 2000 K.
    liquid
        Steps at `liquid_temperature`.
    melt_temperature, liquid_temperature, temperature
        In K; cooling goes from the second to the third.
    timestep
        Time step of all three phases, in ps; that of the glass is not used.
    thermostat_damping
        In ps.
    force_tolerance
        Largest force on a particle of the inherent structure, in eV/angstrom.
    max_iterations
        Iterations of each minimisation; reaching this limit in the last is an error.
    """

    starts_from: ClassVar[StartKind] = "either"
    has_frames: ClassVar[bool] = False
    revisable: ClassVar[tuple[str, ...]] = ("force_tolerance", "max_iterations")

    rate: PositiveFloat = 1e13
    melt: PositiveInt = 10_000
    liquid: PositiveInt = 10_000
    melt_temperature: PositiveFloat = 3500.0
    liquid_temperature: PositiveFloat = 2000.0
    temperature: PositiveFloat = 50.0
    timestep: PositiveFloat = 0.002
    thermostat_damping: PositiveFloat = 0.1
    force_tolerance: PositiveFloat = 1e-5
    max_iterations: PositiveInt = 20_000
    segment_steps: int = 100_000
    thermo_every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.temperature < self.liquid_temperature <= self.melt_temperature:
            raise InputError(
                f"{self.name}: temperature = {self.temperature:g} must be below liquid_temperature = "
                f"{self.liquid_temperature:g}, and that at most melt_temperature = {self.melt_temperature:g}"
            )

    @property
    def cooling(self) -> int:
        """Steps from `liquid_temperature` to `temperature`."""
        seconds = (self.liquid_temperature - self.temperature) / self.rate
        return max(1, round(seconds / (self.timestep * _PS)))

    @property
    def phases(self) -> dict[str, int]:
        """Steps of the phases, in order."""
        return {"melt": self.melt, "liquid": self.liquid, "cooling": self.cooling}

    @property
    def n_segments(self) -> int:
        """Segments of the three phases, and one of the minimisation."""
        return sum(segments_of(steps, self.segment_steps) for steps in self.phases.values()) + 1

    def variables(self, seed: int) -> dict[str, Value]:
        """Add the length of cooling, segments of the phases, and seeds."""
        return {
            **self.options(),
            "cooling": self.cooling,
            "melt_segments": segments_of(self.melt, self.segment_steps),
            "liquid_segments": segments_of(self.liquid, self.segment_steps),
            "velocity_seed": self.seed_of(seed, "velocities"),
            "langevin_seed": self.seed_of(seed, "langevin"),
        }

    def check_glass(self, glass: Glass) -> None:
        """Refuse a glass in other than metal units."""
        if glass.units != "metal":
            raise InputError(
                f"{self.name} cools in K/s: it needs a glass in metal units, not {glass.units} ({glass.name})"
            )

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """Molecular dynamics of the three phases and one minimisation."""
        steps = sum(self.phases.values())
        return Work(n_particles, {ATOM_STEPS: float(n_particles * steps), MINIMISED: minimisations(n_particles)}, 1)

    def shortened(self, steps: int) -> Self:
        """Keep the proportions of the phases; cooling is faster."""
        scale = steps / sum(self.phases.values())
        melt, liquid = (max(1, round(length * scale)) for length in (self.melt, self.liquid))
        return replace(self, melt=melt, liquid=liquid, rate=self.rate / scale, segment_steps=max(1, steps // 4))

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """Rows of the phases (``melt``, ``liquid``, ``cooling``), and one of the inherent structure (``minimised``)."""
        import pandas as pd

        moving = thermo.read(*(plan.log(segment) for segment in range(1, plan.n_segments)))
        ends = [self.melt, self.melt + self.liquid]
        moving["phase"] = [list(self.phases)[sum(step > end for end in ends)] for step in moving["step"]]
        inherent = thermo.tables(plan.log(plan.n_segments))[-1].iloc[[-1]].copy()
        inherent["step"] = sum(self.phases.values())
        inherent["phase"] = "minimised"
        return pd.concat([moving, inherent], ignore_index=True)
