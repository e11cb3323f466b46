"""Snapshots of particles in cells: in memory, in files, and to and from other packages."""

from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.snapshot import Snapshot

__all__ = ["Cell", "Snapshot"]
