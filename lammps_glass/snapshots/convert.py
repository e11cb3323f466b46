"""Snapshots to and from ASE and OVITO. Numbers pass unchanged: neither package is asked to convert units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell, Column, Columns
from lammps_glass.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    from ase import Atoms
    from ovito.data import DataCollection

_ASE_OWN = ("numbers", "positions", "momenta", "velocities", "vel", "id", "tags")
_ASE_STEPS = ("step", "Timestep", "timestep")
_OVITO_OWN = ("Position", "Particle Type", "Particle Identifier", "Velocity", "Velocity Magnitude")


def from_ase(
    atoms: Atoms, species: Mapping[int, str] | None = None, *, step: int | None = None, default_step: int = 0
) -> Snapshot:
    """Convert an `ase.Atoms` to a snapshot.

    Parameters
    ----------
    atoms
        Cell vectors that are missing must be open ones; they are replaced by vectors across the particles.
        The arrays ``id`` (if there) and all numeric arrays of other names are kept; so are step and units of ``info``.
    species
        Atomic number -> name; species are in the order of the mapping, used or not. Default: those that our extended
        XYZ files name, else chemical symbols in alphabetical order.
    step
        Default: ``info["step"]``, else `default_step`.

    Raises
    ------
    InputError
        An atomic number has no name in `species`, or there are no atoms.
    """
    from ase.data import chemical_symbols

    numbers = np.asarray(atoms.numbers)
    info = {**atoms.info, **_pairs_of_database(atoms.info)}
    if species is None and (named := _named_species(info, numbers)):
        species = named
    if species is None:
        species = {int(z): chemical_symbols[z] for z in sorted(np.unique(numbers), key=lambda z: chemical_symbols[z])}
    unnamed = sorted({int(z) for z in numbers} - set(species))
    if unnamed:
        raise InputError(f"atomic number {unnamed[0]} has no species: the mapping names {sorted(species)}")
    names = tuple(dict.fromkeys(species.values()))
    index = {z: names.index(name) for z, name in species.items()}
    arrays = {
        name: values.astype(np.int64) if values.dtype.kind == "i" else values
        for name, values in atoms.arrays.items()
        if name not in _ASE_OWN and values.dtype.kind in "fiub"
    }
    return Snapshot(
        _cell_of_ase(atoms, info), atoms.positions, np.array([index[int(z)] for z in numbers], dtype=np.int64), names,
        atoms.arrays.get("id", np.empty(0, dtype=np.int64)), _step_of(info, default_step) if step is None else step,
        _velocities_of_ase(atoms), arrays, str(info["units"]) if info.get("units") else None,
    )  # fmt: skip


def _pairs_of_database(info: Mapping[str, object]) -> Mapping[str, object]:
    """The key-value pairs of a row of an ASE database, which become one entry of ``info``."""
    pairs = info.get("key_value_pairs", {})
    return pairs if isinstance(pairs, Mapping) else {}


def _step_of(info: Mapping[str, object], default: int) -> int:
    """The step of ``info``, a whole number of 64 bits under one of its usual names."""
    for name in _ASE_STEPS:
        value = info.get(name)
        if isinstance(value, int | float | np.number) and abs(float(value)) < 2**63 and float(value).is_integer():
            return int(value)
    return default


def _named_species(info: Mapping[str, ArrayLike], numbers: Column) -> dict[int, str]:
    """Atomic number -> name, where ``info["species"]`` names all species of the atoms (see `extxyz_write`)."""
    value = info.get("species", "")
    # ASE reads names that are numbers as numbers, and T and F as true and false.
    words = ["FT"[v] if isinstance(v, bool) else str(v) for v in np.ravel(value).tolist()]
    names = [name for word in words for name in word.split(",") if name]
    try:
        named = {z: name for name, z in numbers_of_species(names).items()}
    except InputError:
        return {}
    return named if {int(z) for z in numbers} <= set(named) else {}


def _velocities_of_ase(atoms: Atoms) -> NDArray[np.float64] | None:
    for name in ("velocities", "vel"):
        if name in atoms.arrays and atoms.arrays[name].shape == (len(atoms), 3):
            return np.asarray(atoms.arrays[name], dtype=float)
    return np.asarray(atoms.get_velocities()) if "momenta" in atoms.arrays else None


def numbers_of_species(species: Sequence[str]) -> dict[str, int]:
    """Atomic number of each species: species that are all chemical symbols have theirs, others 1, 2, ... in order."""
    from ase.data import atomic_numbers

    symbols = all(name in atomic_numbers for name in species)
    if not symbols and len(species) > len(atomic_numbers) - 1:
        raise InputError(f"{len(species)} species: more than there are chemical elements to stand for them")
    return {name: atomic_numbers[name] if symbols else number for number, name in enumerate(species, 1)}


def _cell_of_ase(atoms: Atoms, info: Mapping[str, ArrayLike]) -> Cell:
    present = np.linalg.norm(atoms.cell.array, axis=1) > 0
    if present.all():
        origin = np.ravel(info["Origin"]) if np.size(info.get("Origin", ())) == 3 else np.ravel(atoms.get_celldisp())
        return Cell(atoms.cell.array, origin, atoms.pbc)
    if (atoms.pbc & ~present).any():
        raise InputError("the ASE cell is periodic along a vector that it does not have: set atoms.cell or atoms.pbc")
    matrix = np.asarray(atoms.cell.complete().array, dtype=float)
    inverse = np.linalg.inv(matrix)
    scaled = atoms.positions @ inverse
    # An open vector spans the particles, with a length unit to spare so that a flat cluster has a volume.
    lengths = np.linalg.norm(matrix, axis=1)
    low = np.where(present, 0.0, scaled.min(axis=0) - 0.5 / lengths)
    high = np.where(present, 1.0, scaled.max(axis=0) + 0.5 / lengths)
    origin = np.where(present.any(), np.ravel(atoms.get_celldisp()), 0.0) + low @ matrix
    return Cell(matrix * (high - low)[:, None], origin, atoms.pbc)


def to_ase(snapshot: Snapshot, numbers: Mapping[str, int] | None = None) -> Atoms:
    """Convert to an `ase.Atoms` with ids in the array ``id``, step and units in ``info``.

    `numbers` maps species to atomic numbers; by default species that are all chemical symbols take theirs, others
    1, 2, ... in order.
    """
    from ase import Atoms

    if numbers is None:
        numbers = numbers_of_species(snapshot.species)
    unnumbered = [name for name in snapshot.species if name not in numbers]
    if unnumbered:
        raise InputError(f"species {unnumbered[0]} has no atomic number: the mapping numbers {', '.join(numbers)}")
    table = np.array([numbers[name] for name in snapshot.species])
    info = {"step": snapshot.step, **({"units": snapshot.units} if snapshot.units else {})}
    atoms = Atoms(
        numbers=table[snapshot.types], positions=snapshot.positions, cell=snapshot.cell.matrix,
        pbc=snapshot.cell.periodic, celldisp=snapshot.cell.origin, info=info,
    )  # fmt: skip
    ids = {} if snapshot.ids_from_rows else {"id": snapshot.ids}
    for name, values in {**snapshot.properties, **ids}.items():
        atoms.set_array(name, np.array(values))
    if snapshot.velocities is not None:
        atoms.set_velocities(snapshot.velocities)
    return atoms


def from_ovito(data: DataCollection, *, step: int | None = None) -> Snapshot:
    """Convert an OVITO `DataCollection` to a snapshot; types without a name are called by their number.

    `step` defaults to the collection's attribute ``Timestep``, else 0.
    """
    if data.particles is None or "Position" not in data.particles or data.cell is None:
        raise InputError("the OVITO data holds no particles in a simulation cell")
    columns = {name: np.array(data.particles[name]) for name in data.particles}
    types, species = _types_of_ovito(data, columns)
    matrix = np.array(data.cell)
    properties = {
        name: values for name, values in columns.items() if name not in _OVITO_OWN and values.dtype.kind in "fiub"
    }
    return Snapshot(
        Cell(matrix[:, :3].T, matrix[:, 3], np.array(data.cell.pbc)), columns["Position"], types, species,
        columns.get("Particle Identifier", np.empty(0, dtype=np.int64)),
        int(data.attributes.get("Timestep", 0)) if step is None else step, columns.get("Velocity"), properties,
        ids_from_rows="Particle Identifier" not in columns,
    )  # fmt: skip


def _types_of_ovito(data: DataCollection, columns: Columns) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if "Particle Type" not in columns:
        return np.zeros(len(columns["Position"]), dtype=np.int64), ("1",)
    numbers = columns["Particle Type"].astype(np.int64)
    kinds: Any = data.particles["Particle Type"]
    names = {kind.id: kind.name for kind in kinds.types}
    listed = np.array(sorted(set(names) | set(numbers.tolist())), dtype=np.int64)
    return np.searchsorted(listed, numbers), tuple(names.get(int(k), "") or str(k) for k in listed)


def to_ovito(snapshot: Snapshot) -> DataCollection:
    """Convert to an OVITO `DataCollection` with types named by species and numeric properties under their names."""
    from ovito.data import DataCollection, ParticleType

    data = DataCollection()
    matrix = np.column_stack([snapshot.cell.matrix.T, snapshot.cell.origin])
    periodic = snapshot.cell.periodic
    data.create_cell(matrix, pbc=(bool(periodic[0]), bool(periodic[1]), bool(periodic[2])))
    particles = data.create_particles(count=len(snapshot))
    particles.create_property("Position", data=snapshot.positions)
    if not snapshot.ids_from_rows:
        particles.create_property("Particle Identifier", data=snapshot.ids)
    types = particles.create_property("Particle Type", data=(snapshot.types + 1).astype(np.int32))
    for number, name in enumerate(snapshot.species, 1):
        types.types.append(ParticleType(id=number, name=name))
    if snapshot.velocities is not None:
        particles.create_property("Velocity", data=snapshot.velocities)
    for name, values in snapshot.properties.items():
        if values.dtype.kind in "fiub":
            particles.create_property(name, data=values.astype(np.float64 if values.dtype.kind == "f" else np.int64))
    data.attributes["Timestep"] = snapshot.step
    return data
