"""Interactions in compiled code: energies, forces, Hessians and vibrational modes, and the tables of EAM potentials."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.interactions.eam import EAM
    from lammps_glass.interactions.hessian import Hessian
    from lammps_glass.interactions.lennard_jones import LennardJones
    from lammps_glass.interactions.model import Model
    from lammps_glass.interactions.setfl import Setfl
    from lammps_glass.interactions.system import System
    from lammps_glass.interactions.tables import Table, find_table
    from lammps_glass.interactions.vibrations import Modes, modes

_HOME = {
    "EAM": "eam",
    "Hessian": "hessian",
    "LennardJones": "lennard_jones",
    "Model": "model",
    "Modes": "vibrations",
    "Setfl": "setfl",
    "System": "system",
    "Table": "tables",
    "find_table": "tables",
    "modes": "vibrations",
}
__all__ = [
    "EAM", "Hessian", "LennardJones", "Model", "Modes", "Setfl", "System", "Table", "find_table", "modes",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
