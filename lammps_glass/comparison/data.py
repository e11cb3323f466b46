"""Sets of configurations with labels that others made: a file each, npz, extxyz or Parquet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.glasses import Glass
from lammps_glass.hashing import file_digest
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.cell import Floats

SUFFIXES = (".npz", ".extxyz", ".parquet")
#: Column of the mean distance moved, made of the runs of a file that has them.
PROPENSITY = "propensity"
_BOX = ("box_x", "box_y", "box_z")


@dataclass(frozen=True, eq=False)
class LabelledConfiguration:
    """A configuration with numbers for its particles.

    Parameters
    ----------
    name
        Of the file, without its suffix: the replica.
    path
        The file.
    checksum
        SHA-256 of the file.
    snapshot
        Positions, species and cell.
    columns
        Name -> (n_particles,) numbers, NaN where a particle has none.
    """

    name: str
    path: Path
    checksum: str
    snapshot: Snapshot
    columns: Mapping[str, Floats]


def read_set(folder: str | Path, glass: Glass, where: str) -> list[LabelledConfiguration]:
    """Read every configuration of a folder, in the natural order of the names of the files.

    Parameters
    ----------
    glass
        Glass of the configurations: its species in the order of integer types, its units.
    where
        Key of the folder, for messages.

    Raises
    ------
    InputError
        The folder is missing or has no configuration; a file is not one; configurations differ in their species, cell
        or number of particles, or hold the same particles twice.
    """
    directory = Path(folder).expanduser()
    if not directory.is_dir():
        raise InputError(f"{where} = {str(folder)!r}: no such folder: give the folder of the configurations")
    paths = sorted((p for p in directory.iterdir() if p.suffix in SUFFIXES), key=lambda p: _natural(p.name))
    if not paths:
        raise InputError(f"{where} = {str(folder)!r}: it has no file that ends in {', '.join(SUFFIXES)}")
    configurations = [read_configuration(path, glass) for path in paths]
    _require_alike(configurations)
    return configurations


def read_configuration(path: Path, glass: Glass) -> LabelledConfiguration:
    """Read one configuration, with whatever numbers the file has for its particles."""
    readers = {".npz": _read_npz, ".extxyz": _read_extxyz, ".parquet": _read_parquet}
    checksum = file_digest(path)
    try:
        snapshot, columns = readers[path.suffix](path, glass)
        snapshot = glass.check(snapshot)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: not a configuration with labels: {error}") from error
    n_particles = len(snapshot)
    for name, values in columns.items():
        if values.shape != (n_particles,):
            raise InputError(
                f"{path}: {name} has shape {values.shape} for {n_particles} particles: labels of other particles"
            )
    return LabelledConfiguration(path.stem, path, checksum, snapshot, columns)


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Split a name into numbers and text, so that 10 comes after 9."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name) if part]


def _require_alike(configurations: Sequence[LabelledConfiguration]) -> None:
    first = configurations[0]
    seen: dict[str, Path] = {}
    for other in configurations:
        if other.checksum in seen:
            raise InputError(f"{other.path}: the same configuration as {seen[other.checksum]}: remove one of them")
        seen[other.checksum] = other.path
        counts = [np.bincount(c.snapshot.types, minlength=8).tolist() for c in (first, other)]
        if counts[0] != counts[1]:
            raise InputError(
                f"{other.path}: {counts[1]} particles by species, and {first.path.name} has {counts[0]}: one set holds "
                "configurations of one system"
            )
        if not np.allclose(first.snapshot.cell.matrix, other.snapshot.cell.matrix, rtol=1e-3):
            raise InputError(
                f"{other.path}: its box differs from that of {first.path.name}: one set holds configurations of one "
                "system (and of one unit of length)"
            )


# -- formats -----------------------------------------------------------------------------------------------------------

_Read = tuple[Snapshot, dict[str, Floats]]


def _read_npz(path: Path, glass: Glass) -> _Read:
    """Read ``positions`` (or ``initial_positions``), ``types``, ``box``, and labels or runs.

    ``runs`` are (n_runs, n_particles) distances moved. Where the file has ``initial_positions``, ``positions`` are
    those at the end of each run.
    """
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    if "units" in arrays and str(arrays["units"]) != glass.units:
        raise InputError(f"its units are {arrays['units']}, those of glass {glass.name} are {glass.units}")
    missing = [name for name in ("positions", "types", "box") if name not in arrays]
    if missing:
        raise InputError(f"it has no {', '.join(missing)}: it holds {', '.join(arrays) or 'nothing'}")
    runs = arrays.get("runs")
    start = arrays["positions"]
    if "initial_positions" in arrays:
        start, ends = arrays["initial_positions"], arrays["positions"]
        runs = np.linalg.norm(ends - start, axis=-1)
    snapshot = _snapshot(start, arrays["types"], arrays["box"], glass)
    columns = {
        name: np.asarray(values, dtype=float)
        for name, values in arrays.items()
        if name not in ("positions", "initial_positions", "types", "box", "units", "runs", "ids")
        and values.dtype.kind in "fiub"
        and values.ndim == 1
    }
    return snapshot, {**({} if runs is None else columns_of_runs(runs)), **columns}


def columns_of_runs(runs: Floats) -> dict[str, Floats]:
    """Return the mean over runs (n_runs, n_particles), and the means over both halves of them if there are two runs."""
    distances = np.asarray(runs, dtype=float)
    if distances.ndim != 2 or not len(distances):
        raise InputError(f"runs have shape {distances.shape}: give (n_runs, n_particles)")
    half = len(distances) // 2
    columns = {PROPENSITY: distances.mean(axis=0)}
    if half:
        columns |= {"half_1": distances[:half].mean(axis=0), "half_2": distances[half : 2 * half].mean(axis=0)}
    return columns


def _snapshot(positions: Floats, types: NDArray[np.generic], box: Floats, glass: Glass) -> Snapshot:
    lengths = np.asarray(box, dtype=float)
    cell = Cell(lengths) if lengths.shape == (3, 3) else Cell.orthogonal(np.broadcast_to(lengths, 3))
    if types.dtype.kind in "US":
        names = sorted(set(types.astype(str).tolist()))
        order = [name for name in glass.species if name in names] + [n for n in names if n not in glass.species]
        index = {name: number for number, name in enumerate(order)}
        return Snapshot(cell, positions, np.array([index[str(name)] for name in types]), tuple(order))
    numbers = np.asarray(types, dtype=np.int64)
    if numbers.size and numbers.min() == 1 and numbers.max() == len(glass.species):
        numbers = numbers - 1  # counted from 1
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(glass.species):
        raise InputError(
            f"types from {numbers.min()} to {numbers.max()}: glass {glass.name} has the species "
            f"{', '.join(glass.species)}, which are 0 to {len(glass.species) - 1}"
        )
    return Snapshot(cell, positions, numbers, glass.species)


def _read_extxyz(path: Path, glass: Glass) -> _Read:
    snapshot = Snapshot.read(path)
    columns = {
        name: np.asarray(values, dtype=float)
        for name, values in snapshot.properties.items()
        if values.dtype.kind in "fiub" and values.ndim == 1
    }
    return snapshot, columns


def _read_parquet(path: Path, glass: Glass) -> _Read:
    """Read a table with ``x``, ``y``, ``z``, ``species`` or ``type``, ``box_x``, ``box_y``, ``box_z``, and labels."""
    from lammps_glass.tables import read_table

    table = read_table(path)
    species = next((name for name in ("species", "type") if name in table), "species")
    missing = [name for name in ("x", "y", "z", species, *_BOX) if name not in table]
    if missing:
        raise InputError(f"it has no column {', '.join(missing)}: it has {', '.join(table.columns)}")
    box = table[list(_BOX)].to_numpy(dtype=float)
    if len(np.unique(box, axis=0)) != 1:
        raise InputError(f"{', '.join(_BOX)} differ between its rows: a file holds one configuration")
    kinds = table[species].to_numpy()
    kinds = kinds.astype(str) if kinds.dtype.kind not in "iu" else kinds
    positions = np.ascontiguousarray(table[["x", "y", "z"]].to_numpy(dtype=float))
    used = {"x", "y", "z", "species", "type", *_BOX, "replica", "step", "particle"}
    columns = {
        str(name): table[name].to_numpy(dtype=float)
        for name in table.columns
        if name not in used and table[name].dtype.kind in "fiub"
    }
    return _snapshot(positions, kinds, box[0], glass), columns
