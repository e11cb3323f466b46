"""Creep: constant compressive stress along z at constant temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lammps_glass.simulate.protocols.segmented import Holding
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True, kw_only=True)
class Creep(Holding):
    """Creep under pressure `stress` along z and zero along x and y, by three independent barostats; orthogonal box.

    Parameters
    ----------
    steps
        Length, in MD steps.
    temperature
        In the temperature unit of the glass; velocities are drawn at it, with zero momentum.
    stress
        Compressive stress along z (positive compresses), in pressure units of the glass.
    snapshot_every
        Steps between frames; the first frame is step 0, the unloaded start.
    thermostat_damping, barostat_damping
        In time units of the glass.
    segment_steps
        Steps of a segment; a run resumes at segments, and bitwise identity depends on their borders.

    References
    ----------
    Wu and Ruiz Pestana, Front. Mater. 10, 1272355 (2023), section 2.1; its values are the defaults.
    """

    name: ClassVar[str] = "creep"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("temperature", "stress"))

    steps: int = 10_000_000
    temperature: float = 0.1
    stress: float = 0.5
    snapshot_every: int = 10_000
