"""Labels: two or more snapshots to one number per particle."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.labels.extremes import extreme_fractions
    from lammps_glass.labels.jumps import LargestJumps, active_and_inactive, block_values, calm_blocks, largest_jump
    from lammps_glass.labels.nonaffine import d2min, d2min_with_neighbors
    from lammps_glass.labels.strain import strain_tensor, von_mises_strain

REGISTRY = Registry(
    "label",
    [
        Entry(
            "d2min",
            "lammps_glass.labels.nonaffine:d2min",
            "non-affine squared displacement of a particle's neighbourhood between two snapshots",
            "length^2",
        ),
        Entry(
            "von_mises_strain",
            "lammps_glass.labels.strain:von_mises_strain",
            "shear invariant of the local Green-Lagrange strain between two snapshots",
            "1",
        ),
    ],
)

_EXPORTS = {
    "LargestJumps": "jumps",
    "active_and_inactive": "jumps",
    "block_values": "jumps",
    "calm_blocks": "jumps",
    "d2min": "nonaffine",
    "d2min_with_neighbors": "nonaffine",
    "extreme_fractions": "extremes",
    "largest_jump": "jumps",
    "strain_tensor": "strain",
    "von_mises_strain": "strain",
}
__all__ = [
    "REGISTRY", "LargestJumps", "active_and_inactive", "block_values", "calm_blocks", "d2min", "d2min_with_neighbors",
    "extreme_fractions", "largest_jump", "strain_tensor", "von_mises_strain",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a label when it is first used: kernels (numba) must not slow down ``lammps-glass --help``."""
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"lammps_glass.labels.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module 'lammps_glass.labels' has no attribute {name!r}")
