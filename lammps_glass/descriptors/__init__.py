"""Descriptors: one snapshot to one row of features per particle."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.descriptors.ace import ACE
    from lammps_glass.descriptors.base import Descriptor
    from lammps_glass.descriptors.interstices import Interstices

REGISTRY = Registry(
    "descriptor",
    [
        Entry(
            "interstices",
            "lammps_glass.descriptors.interstices:Interstices",
            "60 statistics of the free distances, areas and volumes between a particle and its Voronoi neighbours",
            "1",
        ),
        Entry(
            "ace",
            "lammps_glass.descriptors.ace:ACE",
            "rotation-invariant sums over neighbours, pairs and triples of them, purified: 574 for two species",
            "1",
        ),
    ],
)

_EXPORTS = {"ACE": "ace", "Descriptor": "base", "Interstices": "interstices"}
__all__ = ["ACE", "REGISTRY", "Descriptor", "Interstices"]


def __getattr__(name: str) -> Any:
    """Import a descriptor when it is first used: kernels (numba) must not slow down ``lammps-glass --help``."""
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"lammps_glass.descriptors.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module 'lammps_glass.descriptors' has no attribute {name!r}")
