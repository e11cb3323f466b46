"""The purified atomic cluster expansion (ACE): invariant sums over neighbours, pairs and triples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.descriptors.ace.descriptor import ACE

__all__ = ["ACE"]


def __getattr__(name: str) -> Any:
    """Import the class when it is first used: its kernels need numba."""
    if name == "ACE":
        from lammps_glass.descriptors.ace.descriptor import ACE

        return ACE
    raise AttributeError(f"module 'lammps_glass.descriptors.ace' has no attribute {name!r}")
