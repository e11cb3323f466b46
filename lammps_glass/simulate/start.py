"""Start of a run: data files in full precision, checksums of configurations, seeds."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots.grid import Integers


def write_data(path: Path, snapshot: Snapshot, bonds: Integers | None = None, atom_style: str = "atomic") -> None:
    """Write a data file of ids, types and positions (%.17g: read back exactly); masses come with the interactions.

    `bonds` (m, 2) are ids; with any, every particle has molecule 1, as no interaction asks for molecules. With the
    atom style ``angle`` two bonds that follow each other make an angle. With ``charge`` and ``full`` every charge is 0:
    interactions set them by type.
    """
    bonded = bonds is not None and len(bonds) > 0
    style = atom_style if bonded or atom_style == "charge" else "atomic"
    style = "bond" if bonded and style not in ("angle", "full") else style
    molecule, charge = " 1" if bonded else "", " 0" if style in ("charge", "full") else ""
    angles = _angles(bonds) if bonds is not None and style == "angle" else []
    lines = [
        "configuration of lammps-glass",
        "",
        f"{len(snapshot)} atoms",
        f"{len(snapshot.species)} atom types",
        *([f"{len(bonds)} bonds", "1 bond types"] if bonds is not None and bonded else []),
        *([f"{len(angles)} angles", "1 angle types"] if angles else []),
        *_cell_lines(snapshot.cell),
        "",
        f"Atoms # {style}",
        "",
    ]
    columns = np.column_stack([snapshot.ids, snapshot.types + 1]).tolist()
    rows = zip(columns, snapshot.positions.tolist(), strict=True)
    lines += [f"{i}{molecule} {kind}{charge} {x:.17g} {y:.17g} {z:.17g}" for (i, kind), (x, y, z) in rows]
    if bonds is not None and bonded:
        lines += ["", "Bonds", "", *(f"{number} 1 {a} {b}" for number, (a, b) in enumerate(bonds.tolist(), start=1))]
    if angles:
        lines += ["", "Angles", "", *(f"{number} 1 {a} {b} {c}" for number, (a, b, c) in enumerate(angles, start=1))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _angles(bonds: Integers) -> list[tuple[int, int, int]]:
    """List the ids of two bonds in a row that share a particle."""
    pairs = bonds.tolist()
    return [(a, b, c) for (a, b), (start, c) in pairwise(pairs) if b == start]


def _cell_lines(cell: Cell) -> list[str]:
    if np.any(np.triu(cell.matrix, 1)) or np.any(np.diag(cell.matrix) <= 0):
        raise InputError("LAMMPS needs cell vectors a along x and b in the xy plane: rotate the snapshot first")
    low, high = cell.origin, cell.origin + np.diag(cell.matrix)
    lines = [f"{a:.17g} {b:.17g} {n}lo {n}hi" for a, b, n in zip(low, high, "xyz", strict=True)]
    if not cell.is_orthogonal:
        (xy, xz, yz) = (cell.matrix[1, 0], cell.matrix[2, 0], cell.matrix[2, 1])
        lines.append(f"{xy:.17g} {xz:.17g} {yz:.17g} xy xz yz")
    return lines


def checksum(snapshot: Snapshot) -> str:
    """Return the sha256 of cell, ids, types and positions."""
    digest = hashlib.sha256()
    for array in (snapshot.cell.matrix, snapshot.cell.origin, snapshot.ids, snapshot.types, snapshot.positions):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def joint_checksum(checksums: list[str]) -> str:
    """Return the sha256 of several configurations from their checksums, in order."""
    return hashlib.sha256("\n".join(checksums).encode()).hexdigest()


def lammps_seed(seed: int, *names: object) -> int:
    """Derive a seed for LAMMPS from the seed of a run and the names of its use.

    LAMMPS takes seeds from 1 to 900 000 000, and decks add the number of the segment to it: the result is at most
    800 000 000. `hashing.derive_seed` gives the seed of a case instead, any positive 32-bit integer, from the
    canonical JSON of study seed, stage and conditions. The two stay apart because their ranges differ, and because
    either in place of the other would change every trajectory.
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 800_000_000 + 1


def require_start(snapshot: Snapshot, glass: Glass, owner: str) -> Snapshot:
    """Return `snapshot` with the species of `glass`, after checking that the protocol `owner` can start from it.

    Raises
    ------
    InputError
        The snapshot is not of the glass, or its cell is open, too small, or not in LAMMPS's orientation.
    """
    snapshot = glass.check(snapshot)
    require_periodic(snapshot, owner)
    glass.require_size(snapshot.cell)
    _cell_lines(snapshot.cell)
    return snapshot


def require_periodic(snapshot: Snapshot, owner: str) -> None:
    """Raise `InputError` for a cell with an open boundary."""
    if not snapshot.cell.periodic.all():
        directions = ", ".join(n for n, on in zip("xyz", snapshot.cell.periodic, strict=True) if not on)
        raise InputError(
            f"{owner} needs a cell that is periodic in every direction; this one is open along {directions}"
        )
