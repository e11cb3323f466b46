"""Make model glasses with LAMMPS, disturb them, and learn from structure which particles will rearrange."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lammps_glass import analysis, descriptors, glasses, labels, learn, simulate
    from lammps_glass.snapshots import Cell, Snapshot

_MODULES = ("analysis", "descriptors", "glasses", "interactions", "labels", "learn", "simulate", "workflow")
__all__ = ["Cell", "Snapshot", "analysis", "descriptors", "glasses", "labels", "learn", "simulate"]


def __getattr__(name: str) -> Any:
    """Import a part when it is first used: ``import lammps_glass`` alone stays fast."""
    if name in ("Cell", "Snapshot"):
        return getattr(importlib.import_module("lammps_glass.snapshots"), name)
    if name in _MODULES:
        return importlib.import_module(f"lammps_glass.{name}")
    raise AttributeError(f"module 'lammps_glass' has no attribute {name!r}")
