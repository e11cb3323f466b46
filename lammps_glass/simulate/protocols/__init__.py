"""What is done to a glass: one module, one deck in ``inputs/`` and one line here per protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.simulate.protocols.anneal import Anneal
    from lammps_glass.simulate.protocols.aqs import AQS
    from lammps_glass.simulate.protocols.base import Protocol
    from lammps_glass.simulate.protocols.constant_volume_cooling import ConstantVolumeCooling
    from lammps_glass.simulate.protocols.creep import Creep
    from lammps_glass.simulate.protocols.inherent import Inherent
    from lammps_glass.simulate.protocols.isoconfigurational import Isoconfigurational
    from lammps_glass.simulate.protocols.melt_quench import MeltQuench
    from lammps_glass.simulate.protocols.quench import Quench
    from lammps_glass.simulate.protocols.relax import Relax
    from lammps_glass.simulate.protocols.shear import Shear
    from lammps_glass.simulate.protocols.vibrate import Vibrate

_HERE = "lammps_glass.simulate.protocols"

REGISTRY = Registry(
    "protocol",
    [
        Entry(
            "quench", f"{_HERE}.quench:Quench", "melt, cool and minimise a random start at fixed box", "of the glass"
        ),
        Entry(
            "melt-quench",
            f"{_HERE}.melt_quench:MeltQuench",
            "melt a crystal, cool it at a rate in K/s at zero pressure, relax box and positions",
            "metal",
        ),
        Entry(
            "constant-volume-cooling",
            f"{_HERE}.constant_volume_cooling:ConstantVolumeCooling",
            "melt a crystal, cool it at a rate in K/s at fixed volume (of a first run), minimise",
            "metal",
        ),
        Entry("anneal", f"{_HERE}.anneal:Anneal", "hold at a temperature, fixed box or pressure", "of the glass"),
        Entry(
            "aqs",
            f"{_HERE}.aqs:AQS",
            "athermal quasi-static shear in a plane, with D2min by blocks of strain",
            "of the glass",
        ),
        Entry("creep", f"{_HERE}.creep:Creep", "constant compressive stress along z", "of the glass"),
        Entry("relax", f"{_HERE}.relax:Relax", "inherent structures of frames under a load", "of the glass"),
        Entry("inherent", f"{_HERE}.inherent:Inherent", "inherent structures of frames at fixed box", "of the glass"),
        Entry(
            "isoconfigurational",
            f"{_HERE}.isoconfigurational:Isoconfigurational",
            "one run from given positions with new velocities at constant energy, and its inherent structures",
            "of the glass",
        ),
        Entry("shear", f"{_HERE}.shear:Shear", "constant shear rate at a temperature (SLLOD)", "of the glass"),
        Entry(
            "vibrate",
            f"{_HERE}.vibrate:Vibrate",
            "mean squared displacement of each particle from the inherent structure at a temperature",
            "of the glass",
        ),
    ],
)

_EXPORTS = {
    "AQS": "aqs",
    "Anneal": "anneal",
    "ConstantVolumeCooling": "constant_volume_cooling",
    "Creep": "creep",
    "Inherent": "inherent",
    "Isoconfigurational": "isoconfigurational",
    "MeltQuench": "melt_quench",
    "Protocol": "base",
    "Quench": "quench",
    "Relax": "relax",
    "Shear": "shear",
    "Vibrate": "vibrate",
}
__all__ = [
    "AQS",
    "REGISTRY",
    "Anneal",
    "ConstantVolumeCooling",
    "Creep",
    "Inherent",
    "Isoconfigurational",
    "MeltQuench",
    "Protocol",
    "Quench",
    "Relax",
    "Shear",
    "Vibrate",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
