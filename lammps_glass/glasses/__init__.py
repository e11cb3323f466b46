"""What is simulated: model glasses with their composition, density, potential and reference temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.glasses.cu_zr import CuZr
    from lammps_glass.glasses.fene_polymer import FenePolymer
    from lammps_glass.glasses.glass import Glass
    from lammps_glass.glasses.kob_andersen import KobAndersen, KobAndersenSmooth
    from lammps_glass.glasses.wahnstrom import Wahnstrom

REGISTRY = Registry(
    "glass",
    [
        Entry(
            "kob-andersen",
            "lammps_glass.glasses.kob_andersen:KobAndersen",
            "80:20 binary Lennard-Jones mixture, energy shifted to zero at 2.5",
            "lj",
        ),
        Entry(
            "kob-andersen-smooth",
            "lammps_glass.glasses.kob_andersen:KobAndersenSmooth",
            "80:20 binary Lennard-Jones mixture, smoothed to zero between 2.2 and 2.5",
            "lj",
        ),
        Entry(
            "wahnstrom",
            "lammps_glass.glasses.wahnstrom:Wahnstrom",
            "50:50 binary Lennard-Jones mixture, smoothed to zero between 2.2 and 2.5",
            "lj",
        ),
        Entry(
            "fene-polymer",
            "lammps_glass.glasses.fene_polymer:FenePolymer",
            "bead-spring chains, Lennard-Jones shifted to zero at 2.25, FENE bonds",
            "lj",
        ),
        Entry(
            "cu-zr",
            "lammps_glass.glasses.cu_zr:CuZr",
            "Cu-Zr metallic glass of any composition, EAM table of LAMMPS or another",
            "metal",
        ),
    ],
)

_EXPORTS = {
    "CuZr": "cu_zr",
    "FenePolymer": "fene_polymer",
    "Glass": "glass",
    "KobAndersen": "kob_andersen",
    "KobAndersenSmooth": "kob_andersen",
    "Wahnstrom": "wahnstrom",
}
__all__ = ["REGISTRY", "CuZr", "FenePolymer", "Glass", "KobAndersen", "KobAndersenSmooth", "Wahnstrom"]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
