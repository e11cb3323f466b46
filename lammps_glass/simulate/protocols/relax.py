"""Relax: inherent structures of the frames of a trajectory under a load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lammps_glass.errors import SimulationError
from lammps_glass.glasses.checks import PositiveFloat
from lammps_glass.simulate import thermo
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.simulate.protocols.creep import Creep
from lammps_glass.simulate.protocols.framewise import Framewise
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True, kw_only=True)
class Relax(Framewise):
    """Relax box and positions of each frame to pressures (0, 0, `stress`), then positions alone.

    Parameters (besides those of `Framewise`)
    -----------------------------------------
    stress
        Compressive stress along z, in pressure units of the glass.
    box_tolerance
        Largest force on a particle, and on the box as LAMMPS counts it, while the box relaxes. The load is then met
        within 1e-3 (1000 particles; 1e-3 here costs 1.7 times the time and meets it within 1e-4).
    max_move, max_strain
        Largest move of a particle, and largest relative change of the volume, in one line search.
    pressure_tolerance
        Largest deviation of the pressure along x, y and z from the load in the end. Particles that fall into another
        minimum when they are relaxed at the relaxed box leave a deviation: up to 0.03 in 3 of 90 frames of
        Kob-Andersen glass (1000 particles). The table of the run has the pressures of every frame.

    References
    ----------
    The optimised configurations of Wu and Ruiz Pestana, Front. Mater. 10, 1272355 (2023), section 2.1.
    """

    name: ClassVar[str] = "relax"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("stress", "pressure_tolerance"))

    stress: float = 0.5
    box_tolerance: PositiveFloat = 1e-2
    max_move: PositiveFloat = 0.1
    max_strain: PositiveFloat = 1e-3
    pressure_tolerance: PositiveFloat = 0.1

    def check_start(self, start: Protocol) -> None:
        """Refuse frames of a creep under another stress: no minimum under this one belongs to them."""
        if isinstance(start, Creep):
            self.require_equal("stress", start)

    def check_segment(self, log: Path, segment: int) -> None:
        """Check convergence, and that the pressures are those of the load."""
        super().check_segment(log, segment)
        self._check_load(log, self._step_of(log, segment))

    def _check_load(self, log: Path, step: int) -> None:
        last = thermo.tables(log)[-1].iloc[-1]
        for name, load in (("pxx", 0.0), ("pyy", 0.0), ("pzz", self.stress)):
            if abs(float(last[name]) - load) > self.pressure_tolerance:
                raise SimulationError(
                    f"relax, frame of step {step}: {name} ended at {float(last[name]):.3g}, the load is {load:g}, "
                    f"tolerance {self.pressure_tolerance:g}: lower box_tolerance or allow more iterations"
                )
