"""Local yield stress of particles; computed by `lammps_glass.interactions.local_yield`."""

from __future__ import annotations

from lammps_glass.interactions.local_yield import local_yield_stress

__all__ = ["local_yield_stress"]
