"""Anneal: constant temperature, at fixed box or under an isotropic pressure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.simulate.protocols.quench import Quench
from lammps_glass.simulate.protocols.segmented import Holding
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True, kw_only=True)
class Anneal(Holding):
    """Hold at `temperature` by Nose-Hoover dynamics; inherent structures come from its frames by `Relax`.

    Parameters
    ----------
    steps
        Length, in MD steps.
    temperature
        In the temperature unit of the glass; velocities are drawn at it, with zero momentum.
    pressure
        None keeps the box; a number is held by an isotropic barostat, in pressure units of the glass.
    snapshot_every
        Steps between frames; the first frame is step 0.
    """

    name: ClassVar[str] = "anneal"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("temperature",))

    steps: int = 100_000
    temperature: float = 0.4
    pressure: float | None = None
    snapshot_every: int = 10_000

    def check_start(self, start: Protocol) -> None:
        """Refuse a quench under another pressure, when both runs are under one."""
        if isinstance(start, Quench) and self.pressure is not None and start.pressure is not None:
            self.require_equal("pressure", start)

    def variables(self, seed: int) -> dict[str, Value]:
        """Add the ensemble: ``nvt`` at fixed box, ``npt`` under a pressure."""
        ensemble = "nvt" if self.pressure is None else "npt"
        return {**super().variables(seed), "pressure": self.pressure or 0.0, "ensemble": ensemble}
