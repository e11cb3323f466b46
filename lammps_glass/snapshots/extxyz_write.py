"""Write extended XYZ files in full precision (ASE's writer keeps eight decimals), for ASE, OVITO and `ase_files`.

The comment line holds the cell, its origin, the boundaries, the step, the units, and as ``species`` the names of the
species in their order: names that are not chemical symbols stand as the elements 1, 2, ... in the rows.
"""

from __future__ import annotations

import re

import numpy as np
from ase.data import chemical_symbols

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Column, Floats
from lammps_glass.snapshots.convert import numbers_of_species
from lammps_glass.snapshots.dump_write import number_rows
from lammps_glass.snapshots.snapshot import Snapshot

_LARGEST = 2**31 - 1
_KINDS = {"f": "R", "i": "I", "u": "I", "b": "I"}


def extxyz_text(snapshot: Snapshot, *, with_units: bool = True) -> str:
    """Format the frame of an extended XYZ file that holds `snapshot`; every frame has the units.

    Characters that have a meaning in the comment line are replaced by underscores in the names of properties.
    """
    columns: dict[str, Column] = {} if snapshot.ids_from_rows else {"id": snapshot.ids}
    if snapshot.velocities is not None:
        columns["velocities"] = snapshot.velocities
    if any(re.search(r'[,"]', name) for name in snapshot.species):
        raise InputError(f"species {snapshot.species}: a name in an extended XYZ file has no comma and no quote")
    for name, values in snapshot.properties.items():
        plain = re.sub(r"[^\w.()+-]", "_", name)
        if plain in ("species", "pos", *columns) or values.dtype.kind not in _KINDS or values.ndim > 2:
            raise InputError(f"property {name!r} ({values.dtype}): an extended XYZ file cannot hold it; rename it")
        if values.dtype.kind in "iu" and np.abs(values).max() > _LARGEST:
            raise InputError(f"{name} holds numbers above {_LARGEST}, which readers of extended XYZ files do not take")
        columns[plain] = values
    widths = {name: 1 if values.ndim == 1 else values.shape[1] for name, values in columns.items()}
    properties = "species:S:1:pos:R:3" + "".join(
        f":{name}:{_KINDS[values.dtype.kind]}:{widths[name]}" for name, values in columns.items()
    )
    comment = {
        "Lattice": _quoted(snapshot.cell.matrix.ravel()),
        "Origin": _quoted(snapshot.cell.origin),
        "pbc": '"' + " ".join("FT"[flag] for flag in snapshot.cell.periodic.astype(int)) + '"',
        "Properties": properties,
        "step": str(snapshot.step),
        **({"units": snapshot.units} if snapshot.units else {}),
        "species": f'"{",".join(snapshot.species)}"',
    }
    numbers = numbers_of_species(snapshot.species)
    symbols = np.array([chemical_symbols[numbers[name]] for name in snapshot.species])[snapshot.types]
    parts = [symbols, *snapshot.positions.T]
    for values in columns.values():
        parts += [values] if values.ndim == 1 else list(values.T)
    line = " ".join(f"{key}={value}" for key, value in comment.items())
    return f"{len(snapshot)}\n{line}\n{number_rows(parts)}"


def _quoted(values: Floats) -> str:
    return '"' + " ".join(f"{value:.17g}" for value in values.tolist()) + '"'
