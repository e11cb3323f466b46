"""Starts of glasses: random positions, sites of a named lattice with random species, or a snapshot in a file."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.hashing import file_digest
from lammps_glass.snapshots import Cell, Snapshot

#: The start that is no lattice: positions drawn at random.
RANDOM = "random"
_FCC = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
#: Sites of the cubic cell of each lattice, in fractions of its edge.
LATTICES = {
    "sc": np.array([[0.0, 0.0, 0.0]]),
    "bcc": np.array([[0, 0, 0], [0.5, 0.5, 0.5]]),
    "fcc": np.array(_FCC),
    "diamond": np.concatenate([_FCC, np.array(_FCC) + 0.25]),
}


def random_positions(
    counts: Mapping[str, int], density: float, species: Sequence[str], units: str, random: np.random.Generator
) -> Snapshot:
    """Draw random positions in a cube at `density`, species shuffled."""
    n_particles = sum(counts.values())
    length = (n_particles / density) ** (1 / 3)
    types = np.repeat(np.arange(len(species)), [counts[name] for name in species])
    random.shuffle(types)
    positions = length * random.random((n_particles, 3))
    return Snapshot(Cell.orthogonal([length] * 3), positions, types, tuple(species), units=units)


def lattice(
    name: str,
    counts: Mapping[str, int],
    density: float,
    species: Sequence[str],
    units: str,
    random: np.random.Generator,
) -> Snapshot:
    """Fill a cube at `density` with cells of a lattice of `LATTICES`, species at random.

    Surplus sites are left empty at random. A crystal to be melted: random positions hold overlaps that tables are not
    made for.
    """
    basis, n_particles = LATTICES[name], sum(counts.values())
    cells = int(np.ceil((n_particles / len(basis) - 1e-9) ** (1 / 3)))
    length = (n_particles / density) ** (1 / 3)
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + basis).reshape(-1, 3) * (length / cells)
    kept = np.sort(random.permutation(len(sites))[:n_particles])
    types = random.permutation(np.repeat(np.arange(len(species)), [counts[name] for name in species]))
    return Snapshot(Cell.orthogonal([length] * 3), sites[kept], types, tuple(species), units=units)


def snapshot_file(start: str | Path, sha256: str = "") -> tuple[Path, str, Snapshot]:
    """Read the snapshot of a start that names a file; also return its absolute path and its checksum.

    Raises
    ------
    InputError
        There is no such file, it is no snapshot, or it has another checksum than `sha256`.
    """
    path = Path(start).expanduser().resolve()
    if not path.is_file():
        raise InputError(f"start = {str(start)!r}: neither a file nor one of {', '.join([RANDOM, *LATTICES])}")
    actual = file_digest(path)
    if sha256 and actual != sha256:
        raise InputError(f"start: {path}: sha256 is {actual[:12]}..., not {sha256[:12]}...: the file has been changed")
    return path, actual, _read(path, actual)


@functools.lru_cache(maxsize=4)
def _read(path: Path, sha256: str) -> Snapshot:
    """Read a snapshot once for all glasses that start from it; `sha256` tells a changed file from the first."""
    return Snapshot.read(path)
