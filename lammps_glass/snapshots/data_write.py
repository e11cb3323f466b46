"""Write LAMMPS data files in atom style atomic, in full precision; `data` reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.dump_write import has_names, in_lammps_orientation, number_rows
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.snapshots.streams import open_writer

IMAGES = ("ix", "iy", "iz")


def write_data(path: Path, snapshot: Snapshot) -> None:
    """Write `snapshot` in atom style atomic: positions as they are, image flags, velocities, and masses if it has them.

    Masses come from the property ``mass`` (one value for each species); other properties have no place in a data file.
    """
    with open_writer(path) as stream:
        stream.write(data_text(snapshot).encode())


def data_text(snapshot: Snapshot) -> str:
    """The text of the data file that holds `snapshot`."""
    boundary = " ".join("p" if flag else "f" for flag in snapshot.cell.periodic)
    units = f", units = {snapshot.units}" if snapshot.units else ""
    ids = ", ids = rows" if snapshot.ids_from_rows else ""
    text = f"LAMMPS data file of lammps-glass, timestep = {snapshot.step}{units}, boundary = {boundary}{ids}\n\n"
    text += f"{len(snapshot)} atoms\n{len(snapshot.species)} atom types\n\n{_box_lines(snapshot.cell)}"
    if has_names(snapshot):
        text += "\nAtom Type Labels\n\n" + "".join(f"{k} {name}\n" for k, name in enumerate(snapshot.species, 1))
    if "mass" in snapshot.properties:
        text += "\nMasses\n\n" + _mass_lines(snapshot)
    images = [snapshot.properties[name] for name in IMAGES if name in snapshot.properties]
    columns = [snapshot.ids, snapshot.types + 1, *snapshot.positions.T, *(images if len(images) == 3 else [])]
    text += f"\nAtoms # atomic\n\n{number_rows(columns)}"
    if snapshot.velocities is not None:
        text += f"\nVelocities\n\n{number_rows([snapshot.ids, *snapshot.velocities.T])}"
    return text


def _box_lines(cell: Cell) -> str:
    if not in_lammps_orientation(cell):
        rows = [*zip(cell.matrix, ("avec", "bvec", "cvec")), (cell.origin, "abc origin")]
        return "".join(f"{x:.17g} {y:.17g} {z:.17g} {name}\n" for (x, y, z), name in rows)
    upper = cell.origin + np.diag(cell.matrix)
    text = "".join(f"{lo:.17g} {hi:.17g} {k}lo {k}hi\n" for lo, hi, k in zip(cell.origin, upper, "xyz"))
    if not cell.is_orthogonal:
        text += f"{cell.matrix[1, 0]:.17g} {cell.matrix[2, 0]:.17g} {cell.matrix[2, 1]:.17g} xy xz yz\n"
    return text


def _mass_lines(snapshot: Snapshot) -> str:
    text = ""
    for number, name in enumerate(snapshot.species):
        masses = np.unique(snapshot.properties["mass"][snapshot.types == number])
        if len(masses) != 1:
            problem = f"{len(masses)} masses" if len(masses) else "no particle to take its mass from"
            raise InputError(f"species {name} has {problem}: a data file needs one mass a species")
        text += f"{number + 1} {masses[0]:.17g}\n"
    return text
