"""Quench: a glass from random positions, by melting, cooling and minimising."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveFloat, PositiveInt
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.protocols.base import StartKind, segments_of
from lammps_glass.simulate.protocols.segmented import Segmented, check_minimum
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import ATOM_STEPS, MINIMISED, Work, minimisations

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.glasses import Glass


@dataclass(frozen=True, kw_only=True)
class Quench(Segmented):
    """Push random positions apart, hold the liquid, cool it at fixed box or pressure, and minimise.

    For glasses in reduced units; one in metal units is refused: `MeltQuench` cools at a rate in K/s.

    Parameters
    ----------
    liquid
        Steps of Langevin dynamics at `liquid_temperature`.
    cooling
        Steps of the Nose-Hoover ramp from `liquid_temperature` to `temperature`; the glass lags behind the thermostat
        by its damping time.
    liquid_temperature, temperature
        In the temperature unit of the glass.
    pressure
        None keeps the box; a number is held by an isotropic barostat while liquid and while cooling. The
        inherent structure is that of the last box.
    thermostat_damping, barostat_damping
        In time units of the glass, for both phases.
    force_tolerance
        Largest force on a particle of the inherent structure.
    max_iterations
        Iterations of the last minimisation; reaching this limit is an error.

    References
    ----------
    Wu and Ruiz Pestana, Front. Mater. 10, 1272355 (2023), section 2.1; its lengths are the defaults.
    """

    name: ClassVar[str] = "quench"
    revisable: ClassVar[tuple[str, ...]] = ("force_tolerance", "max_iterations")
    starts_from: ClassVar[StartKind] = "either"
    has_frames: ClassVar[bool] = False

    liquid: PositiveInt = 50_000
    cooling: PositiveInt = 10_000
    liquid_temperature: PositiveFloat = 3.0
    temperature: PositiveFloat = 0.1
    pressure: float | None = None
    thermostat_damping: PositiveFloat = 1.0
    barostat_damping: PositiveFloat = 10.0
    push_steps: PositiveInt = 500
    force_tolerance: PositiveFloat = 1e-5
    max_iterations: PositiveInt = 50_000
    segment_steps: int = 100_000
    thermo_every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temperature > self.liquid_temperature:
            raise InputError(
                f"quench: temperature = {self.temperature:g} is above liquid_temperature = {self.liquid_temperature:g}"
            )

    @property
    def liquid_segments(self) -> int:
        """Segments of the liquid."""
        return segments_of(self.liquid, self.segment_steps)

    @property
    def n_segments(self) -> int:
        """One segment to push particles apart, those of liquid and cooling, and one of the minimisation."""
        return 1 + self.liquid_segments + segments_of(self.cooling, self.segment_steps) + 1

    def variables(self, seed: int) -> dict[str, Value]:
        """Add the ensemble, segments of the liquid, and seeds."""
        return {
            **self.options(),
            "pressure": 0.0 if self.pressure is None else self.pressure,
            "ensemble": "nvt" if self.pressure is None else "npt",
            "liquid_segments": self.liquid_segments,
            "velocity_seed": self.seed_of(seed, "velocities"),
            "langevin_seed": self.seed_of(seed, "langevin"),
        }

    def check_glass(self, glass: Glass) -> None:
        """Refuse a glass in metal units."""
        if glass.units == "metal":
            raise InputError(
                f"quench is for reduced units: {glass.name} is in metal units, and its temperatures would be a few "
                "kelvin; use melt-quench, which melts the crystal and cools at a rate in K/s"
            )

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """Molecular dynamics of all phases and one minimisation."""
        steps = self.push_steps + self.liquid + self.cooling
        return Work(n_particles, {ATOM_STEPS: float(n_particles * steps), MINIMISED: minimisations(n_particles)}, 1)

    def shortened(self, steps: int) -> Self:
        """Keep the proportions of the phases, as a liquid rebuilds its neighbour lists more often than a glass."""
        scale = steps / (self.liquid + self.cooling)
        liquid, cooling = (max(1, round(length * scale)) for length in (self.liquid, self.cooling))
        return replace(self, liquid=liquid, cooling=cooling, segment_steps=max(1, steps // 4))

    def check_segment(self, log: Path, segment: int) -> None:
        """Check that every number is finite and that the last minimisation converged."""
        if segment == self.n_segments:
            check_minimum(log, 0, self.force_tolerance, "quench, inherent structure")
        elif segment > 1:  # the first pushes overlapping particles apart: its energies may be anything
            super().check_segment(log, segment)

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """Rows of the phases ``liquid`` and ``cooling``, and one of the inherent structure (``minimised``)."""
        import pandas as pd

        moving = thermo.read(*(plan.log(segment) for segment in range(2, plan.n_segments)))
        moving["phase"] = moving["step"].gt(self.liquid).map({False: "liquid", True: "cooling"})
        inherent = thermo.tables(plan.log(plan.n_segments))[0].iloc[[-1]].copy()
        inherent["step"] = self.liquid + self.cooling
        inherent["phase"] = "minimised"
        return pd.concat([moving, inherent], ignore_index=True)
