"""SOAP: the smooth overlap of atomic positions, on an exactly orthonormal radial basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.descriptors.soap.descriptor import SOAP

__all__ = ["SOAP"]


def __getattr__(name: str) -> Any:
    """Import the class when it is first used: its kernels need numba."""
    if name == "SOAP":
        from lammps_glass.descriptors.soap.descriptor import SOAP

        return SOAP
    raise AttributeError(f"module 'lammps_glass.descriptors.soap' has no attribute {name!r}")
