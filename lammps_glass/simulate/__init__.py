"""How it is simulated: LAMMPS in process, decks, and protocols; ``simulate.quench(glass, ...)`` runs one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.simulate.describing import describe
    from lammps_glass.simulate.engine import Engine, EngineOptions
    from lammps_glass.simulate.record import Record
    from lammps_glass.simulate.short import (
        anneal,
        aqs,
        constant_volume_cooling,
        creep,
        inherent,
        isoconfigurational,
        melt_quench,
        quench,
        relax,
        shear,
        vibrate,
    )
    from lammps_glass.simulate.static import energy, forces, minimize

_EXPORTS = {
    "Engine": "engine",
    "EngineOptions": "engine",
    "Record": "record",
    "describe": "describing",
    "anneal": "short",
    "aqs": "short",
    "constant_volume_cooling": "short",
    "creep": "short",
    "inherent": "short",
    "isoconfigurational": "short",
    "quench": "short",
    "relax": "short",
    "shear": "short",
    "vibrate": "short",
    "energy": "static",
    "forces": "static",
    "melt_quench": "short",
    "minimize": "static",
}
__all__ = [
    "Engine", "EngineOptions", "Record", "anneal", "aqs", "constant_volume_cooling", "creep", "describe", "energy",
    "forces", "inherent", "isoconfigurational", "melt_quench", "minimize", "quench", "relax", "shear", "vibrate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
