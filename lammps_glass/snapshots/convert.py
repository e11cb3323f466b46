"""Snapshots to and from ASE and OVITO. Numbers pass unchanged: neither package is asked to convert units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.snapshot import Snapshot

_ASE_OWN = ("numbers", "positions", "momenta", "id", "tags")
_OVITO_OWN = ("Position", "Particle Type", "Particle Identifier", "Velocity", "Velocity Magnitude")


def from_ase(atoms: Any, species: Mapping[int, str] | None = None, *, step: int = 0) -> Snapshot:
    """A snapshot of an `ase.Atoms`.

    Parameters
    ----------
    atoms
        Cell vectors that are missing must be open ones; they are replaced by vectors across the particles.
        The arrays ``id`` (if there) and all numeric arrays of other names are kept.
    species
        Atomic number -> name; species stand in the order of the mapping, used or not. Default: chemical symbols in
        alphabetical order.

    Raises
    ------
    InputError
        An atomic number has no name in `species`, or there are no atoms.
    """
    from ase.data import chemical_symbols

    numbers = np.asarray(atoms.numbers)
    if species is None:
        species = {int(z): chemical_symbols[z] for z in sorted(np.unique(numbers), key=lambda z: chemical_symbols[z])}
    unnamed = sorted({int(z) for z in numbers} - set(species))
    if unnamed:
        raise InputError(f"atomic number {unnamed[0]} has no species: the mapping names {sorted(species)}")
    names = tuple(dict.fromkeys(species.values()))
    index = {z: names.index(name) for z, name in species.items()}
    arrays = {
        name: values for name, values in atoms.arrays.items() if name not in _ASE_OWN and values.dtype.kind in "fiub"
    }
    return Snapshot(
        _cell_of_ase(atoms), atoms.positions, np.array([index[int(z)] for z in numbers], dtype=np.int64), names,
        atoms.arrays.get("id", np.empty(0, dtype=np.int64)), step,
        atoms.get_velocities() if "momenta" in atoms.arrays else None, arrays,
    )  # fmt: skip


def _cell_of_ase(atoms: Any) -> Cell:
    given = np.linalg.norm(atoms.cell.array, axis=1) > 0
    if given.all():
        return Cell(atoms.cell.array, np.ravel(atoms.get_celldisp()), atoms.pbc)
    if (atoms.pbc & ~given).any():
        raise InputError("the ASE cell is periodic along a vector that it does not have: set atoms.cell or atoms.pbc")
    matrix = np.asarray(atoms.cell.complete().array, dtype=float)
    inverse = np.linalg.inv(matrix)
    scaled = atoms.positions @ inverse
    # An open vector spans the particles, with a length unit to spare so that a flat cluster has a volume.
    lengths = np.linalg.norm(matrix, axis=1)
    low = np.where(given, 0.0, scaled.min(axis=0) - 0.5 / lengths)
    high = np.where(given, 1.0, scaled.max(axis=0) + 0.5 / lengths)
    origin = np.where(given.any(), np.ravel(atoms.get_celldisp()), 0.0) + low @ matrix
    return Cell(matrix * (high - low)[:, None], origin, atoms.pbc)


def to_ase(snapshot: Snapshot, numbers: Mapping[str, int] | None = None) -> Any:
    """An `ase.Atoms` with ids in the array ``id`` and the step in ``info["step"]``.

    `numbers` maps species to atomic numbers; by default species that are all chemical symbols take theirs, others
    1, 2, ... in order.
    """
    from ase import Atoms
    from ase.data import atomic_numbers

    if numbers is None:
        symbols = all(name in atomic_numbers for name in snapshot.species)
        numbers = {name: atomic_numbers[name] if symbols else k for k, name in enumerate(snapshot.species, 1)}
    unnumbered = [name for name in snapshot.species if name not in numbers]
    if unnumbered:
        raise InputError(f"species {unnumbered[0]} has no atomic number: the mapping numbers {', '.join(numbers)}")
    table = np.array([numbers[name] for name in snapshot.species])
    atoms = Atoms(
        numbers=table[snapshot.types], positions=snapshot.positions, cell=snapshot.cell.matrix,
        pbc=snapshot.cell.periodic, celldisp=snapshot.cell.origin, info={"step": snapshot.step},
    )  # fmt: skip
    for name, values in {**snapshot.properties, "id": snapshot.ids}.items():
        atoms.set_array(name, np.array(values))
    if snapshot.velocities is not None:
        atoms.set_velocities(snapshot.velocities)
    return atoms


def from_ovito(data: Any, *, step: int | None = None) -> Snapshot:
    """A snapshot of an OVITO `DataCollection`; types without a name are called by their number.

    `step` defaults to the collection's attribute ``Timestep``, else 0.
    """
    if data.particles is None or "Position" not in data.particles or data.cell is None:
        raise InputError("the OVITO data holds no particles in a simulation cell")
    columns = {name: np.array(data.particles[name]) for name in data.particles}
    types, species = _types_of_ovito(data, columns)
    matrix = np.array(data.cell)
    own = {name: values for name, values in columns.items() if name not in _OVITO_OWN and values.dtype.kind in "fiub"}
    return Snapshot(
        Cell(matrix[:, :3].T, matrix[:, 3], np.array(data.cell.pbc)), columns["Position"], types, species,
        columns.get("Particle Identifier", np.empty(0, dtype=np.int64)),
        int(data.attributes.get("Timestep", 0)) if step is None else step, columns.get("Velocity"), own,
    )  # fmt: skip


def _types_of_ovito(data: Any, columns: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if "Particle Type" not in columns:
        return np.zeros(len(columns["Position"]), dtype=np.int64), ("1",)
    numbers = columns["Particle Type"].astype(np.int64)
    names = {kind.id: kind.name for kind in data.particles["Particle Type"].types}
    listed = np.array(sorted(set(names) | set(numbers.tolist())), dtype=np.int64)
    return np.searchsorted(listed, numbers), tuple(names.get(int(k), "") or str(k) for k in listed)


def to_ovito(snapshot: Snapshot) -> Any:
    """An OVITO `DataCollection` with the types named by species and the numeric properties under their own names."""
    from ovito.data import DataCollection, ParticleType

    data = DataCollection()
    matrix = np.column_stack([snapshot.cell.matrix.T, snapshot.cell.origin])
    periodic = snapshot.cell.periodic
    data.create_cell(matrix, pbc=(bool(periodic[0]), bool(periodic[1]), bool(periodic[2])))
    particles = data.create_particles(count=len(snapshot))
    particles.create_property("Position", data=snapshot.positions)
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
