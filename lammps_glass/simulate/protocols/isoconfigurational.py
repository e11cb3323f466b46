"""Isoconfigurational: one run of an ensemble with the same initial positions and different velocities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses.checks import PositiveFloat, PositiveInt
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.anneal import Anneal
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.simulate.protocols.segmented import check_minimum
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import ATOM_STEPS, MINIMISED, Work, minimisations
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Isoconfigurational(Protocol):
    """Run at constant energy and store inherent structures.

    Velocities are drawn at `temperature` with zero momentum by the run's seed; positions are those of the source, so
    that runs of one source with different seeds are the isoconfigurational ensemble. The frames of the record are
    inherent structures of steps 0, `snapshot_every`, ...; the first is the same in every run of the ensemble.
    The mean over the runs of a label between the first frame and a later one is the propensity.

    Parameters
    ----------
    steps
        Length, in MD steps; a multiple of `snapshot_every`.
    temperature
        Temperature of the velocities, in the temperature unit of the glass: that of the liquid of the positions.
    snapshot_every
        Steps between inherent structures; also the length of a segment.
    force_tolerance
        Largest force on a particle of an inherent structure.
    max_iterations
        Of each minimisation; reaching it is an error.
    energy_tolerance
        Largest change of the total energy over the run, as a fraction of the kinetic energy at its start.

    References
    ----------
    Widmer-Cooper, Harrowell and Fynewever, Phys. Rev. Lett. 93, 135701 (2004); Rottler and Ortner (2024), section 2.2.
    """

    name: ClassVar[str] = "isoconfigurational"
    revisable: ClassVar[tuple[str, ...]] = ("max_iterations",)
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("temperature",))

    steps: PositiveInt = 200_000
    temperature: PositiveFloat = 0.5
    snapshot_every: PositiveInt = 200_000
    force_tolerance: PositiveFloat = 1e-5
    max_iterations: PositiveInt = 50_000
    energy_tolerance: PositiveFloat = 0.05
    thermo_every: PositiveInt = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps % self.snapshot_every:
            raise InputError(
                f"{self.name}: steps = {self.steps} is not a multiple of snapshot_every = {self.snapshot_every}"
            )

    def check_start(self, start: Protocol) -> None:
        """Refuse a liquid at another temperature: velocities would not be those of its equilibrium."""
        if isinstance(start, Anneal):
            self.require_equal("temperature", start)

    @property
    def n_segments(self) -> int:
        """One segment for each inherent structure."""
        return 1 + self.steps // self.snapshot_every

    def variables(self, seed: int) -> dict[str, Value]:
        """Add the seed of the velocities."""
        return {**self.options(), "velocity_seed": self.seed_of(seed, "velocities")}

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """The dynamics, and a minimisation at each inherent structure."""
        minimised = minimisations(n_particles, self.n_segments)
        return Work(n_particles, {ATOM_STEPS: float(n_particles * self.steps), MINIMISED: minimised}, self.n_segments)

    def shortened(self, steps: int) -> Self:
        """Keep four intervals between inherent structures."""
        quarter = max(1, steps // 4)
        return replace(self, steps=4 * quarter, snapshot_every=quarter)

    def check_segment(self, log: Path, segment: int) -> None:
        """Check the inherent structure, and the drift of the total energy from the start of the run."""
        check_minimum(log, -1, self.force_tolerance, f"{self.name}, inherent structure {segment}")
        start = _dynamics(log.parent / "1.log").iloc[0]
        moving = _dynamics(log)
        thermo.require_finite(moving, f"{self.name}, segment {segment}")
        drift = float(np.abs(moving["etotal"] - start["etotal"]).max()) / float(start["ke"])
        if drift > self.energy_tolerance:
            raise SimulationError(
                f"{self.name}: the total energy changed by {drift:.3g} of the kinetic energy until step "
                f"{int(moving['step'].iloc[-1])}, tolerance {self.energy_tolerance:g}: take a shorter time step"
            )

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """The dynamics, and the energy of the inherent structure (``inherent``) at the steps where one was made."""
        logs = [plan.log(segment) for segment in range(1, plan.n_segments + 1)]
        table = thermo.join([_dynamics(log) for log in logs])
        minima = {k * self.snapshot_every: float(_minimum(log)["pe"]) for k, log in enumerate(logs)}
        return table.assign(inherent=table["step"].map(minima).astype(float))

    def frame_files(self, plan: Plan) -> Iterator[Dump]:
        """The inherent structures in order."""
        return (Dump(plan.segments / f"{segment}.dump") for segment in range(1, plan.n_segments + 1))

    def final_file(self, plan: Plan) -> Dump:
        """The last inherent structure."""
        return Dump(plan.segments / f"{plan.n_segments}.dump")


def _dynamics(log: Path) -> pd.DataFrame:
    return thermo.tables(log)[0]


def _minimum(log: Path) -> pd.Series[float]:
    return thermo.tables(log)[-1].iloc[-1]
