"""What is done to a glass: one module, one deck in ``inputs/`` and one line here per protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.simulate.protocols.anneal import Anneal
    from lammps_glass.simulate.protocols.base import Protocol
    from lammps_glass.simulate.protocols.creep import Creep
    from lammps_glass.simulate.protocols.melt_quench import MeltQuench
    from lammps_glass.simulate.protocols.quench import Quench
    from lammps_glass.simulate.protocols.relax import Relax

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
        Entry("anneal", f"{_HERE}.anneal:Anneal", "hold at a temperature, fixed box or pressure", "of the glass"),
        Entry("creep", f"{_HERE}.creep:Creep", "constant compressive stress along z", "of the glass"),
        Entry("relax", f"{_HERE}.relax:Relax", "inherent structures of frames under a load", "of the glass"),
    ],
)

_EXPORTS = {
    "Anneal": "anneal",
    "Creep": "creep",
    "MeltQuench": "melt_quench",
    "Protocol": "base",
    "Quench": "quench",
    "Relax": "relax",
}
__all__ = ["REGISTRY", "Anneal", "Creep", "MeltQuench", "Protocol", "Quench", "Relax"]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
