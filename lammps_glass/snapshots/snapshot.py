"""`Snapshot`: one configuration of particles, the currency of the package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError, ParticleError
from lammps_glass.snapshots.cell import Cell, Column, Columns, Floats

if TYPE_CHECKING:
    from ase import Atoms
    from ovito.data import DataCollection

Integers = NDArray[np.int64]
#: The species of particles of which a file says neither type nor element.
UNKNOWN = "?"


def _no_ids() -> Integers:
    return np.empty(0, dtype=np.int64)


def _increase(ids: Integers) -> bool:
    return bool((ids[1:] > ids[:-1]).all())


def _order(ids: Integers) -> NDArray[np.intp]:
    """The order that sorts the ids; those from 1 to n, as most files have them, are put in their places."""
    lowest = int(ids.min())
    if int(ids.max()) - lowest == len(ids) - 1:
        order = np.zeros(len(ids), dtype=np.intp)
        order[ids - lowest] = np.arange(len(ids))
        if _increase(ids[order]):
            return order
    return np.argsort(ids)


def _readonly(values: Column) -> Column:
    """`values` where nobody can write to them, else a copy: the arrays of the caller stay writable."""
    if not values.flags.writeable and values.flags.owndata and values.flags.c_contiguous:
        return values
    copy = np.array(values, order="C")
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Positions, species and cell of n particles at one step, sorted by particle id.

    Parameters
    ----------
    cell
        The simulation cell.
    positions
        (n, 3) float64, in the length unit of the glass; kept as given, wrapped or not.
    types
        (n,) index of each particle's species in `species`, from 0.
    species
        Names of the species, in the order of LAMMPS's types (which count from 1).
    ids
        (n,) positive, unique particle ids; default 1 ... n. A new snapshot is sorted by id.
    step
        MD step (or strain step) of the configuration.
    velocities
        (n, 3) or None.
    properties
        Further per-particle columns, name -> (n,) or (n, k).
    units
        LAMMPS unit style that the file named (``lj``, ``metal``); None when it named none.
    ids_from_rows
        The file had no ids: those here are row numbers, which may name other particles in another frame.

    Raises
    ------
    InputError
        Shapes disagree, a number is not finite, a type has no species, an id is duplicated.
    """

    cell: Cell
    positions: Floats
    types: Integers
    species: tuple[str, ...]
    ids: Integers = field(default_factory=_no_ids)
    step: int = 0
    velocities: Floats | None = None
    properties: Columns = field(default_factory=dict)
    units: str | None = None
    ids_from_rows: bool = False

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions, dtype=np.float64)
        if positions.ndim != 2 or positions.shape[1] != 3 or len(positions) == 0:
            raise InputError(f"positions have shape {positions.shape}, expected (n_particles, 3) with n_particles >= 1")
        ids = np.asarray(self.ids, dtype=np.int64)
        columns: dict[str, Column] = {
            "positions": positions,
            "types": np.asarray(self.types, dtype=np.int64),
            "ids": ids if ids.size else np.arange(1, len(positions) + 1),
        }
        if self.velocities is not None:
            columns["velocities"] = np.asarray(self.velocities, dtype=np.float64)
        properties = {name: np.asarray(values) for name, values in self.properties.items()}
        self._check(columns, properties)
        self._store(columns, properties)

    def _check(self, columns: Columns, properties: Columns) -> None:
        n_particles = len(columns["positions"])
        for name, values in {**columns, **properties}.items():
            if len(values) != n_particles:
                raise InputError(f"{name} has {len(values)} rows for {n_particles} particles")
        for name in ("positions", "velocities"):
            if name in columns and not np.isfinite(columns[name]).all():
                row = int(np.argmin(np.isfinite(columns[name]).all(axis=1)))
                bad = int(columns["ids"][row])
                raise ParticleError(f"{name} of particle {bad} are not finite (step {self.step})", [bad])
        types = columns["types"]
        if types.min() < 0 or types.max() >= len(self.species):
            raise InputError(f"types run from {types.min()} to {types.max()} but there are {len(self.species)} species")
        if len(set(self.species)) < len(self.species):
            raise InputError(f"a species is duplicated among {', '.join(self.species)}")

    def _store(self, columns: dict[str, Column], properties: dict[str, Column]) -> None:
        ids = columns["ids"]
        if not _increase(ids):
            order = _order(ids)
            ids = ids[order]
            if not _increase(ids):
                duplicated = int(ids[1:][ids[1:] == ids[:-1]][0])
                raise ParticleError(f"particle id {duplicated} is duplicated (step {self.step})", [duplicated])
            columns = {name: values.take(order, axis=0) for name, values in columns.items()}
            for values in columns.values():
                values.setflags(write=False)
            properties = {name: values.take(order, axis=0) for name, values in properties.items()}
        for name, values in columns.items():
            object.__setattr__(self, name, _readonly(values))
        object.__setattr__(self, "properties", {name: np.array(values) for name, values in properties.items()})
        object.__setattr__(self, "species", tuple(self.species))

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def n_particles(self) -> int:
        """Number of particles."""
        return len(self.positions)

    @property
    def number_density(self) -> float:
        """Particles per unit of volume of the cell."""
        return self.n_particles / self.cell.volume

    @property
    def spacing(self) -> float:
        """Mean distance of particles, (volume / n_particles)^(1/3): the edge of a cube that holds one."""
        return float((self.cell.volume / self.n_particles) ** (1 / 3))

    @property
    def species_of_particles(self) -> NDArray[np.str_]:
        """(n,) the name of each particle's species."""
        return np.asarray(self.species, dtype=np.str_)[self.types]

    def replace(self, **changes: object) -> Snapshot:
        """A copy with other fields; the arrays that are not named are shared."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def wrap(self) -> Snapshot:
        """The same configuration with every particle inside the cell along its periodic vectors."""
        return self.replace(positions=self.cell.wrap(self.positions))

    def with_properties(self, **columns: ArrayLike) -> Snapshot:
        """A copy with further per-particle columns."""
        return self.replace(properties={**self.properties, **{k: np.asarray(v) for k, v in columns.items()}})

    def with_species(self, species: Sequence[str]) -> Snapshot:
        """The snapshot in terms of a glass's `species` (a subset of them is valid).

        A snapshot whose types carry no names (``("1", "2")``) takes the glass's names in order; named species are
        matched by name; where a file has neither types nor elements, all are of the only species of the glass.

        Raises
        ------
        InputError
            A species is not one of `species`, there are more types than species, or the file has neither types nor
            elements and there are several species.
        """
        names = tuple(species)
        if self.species == names:
            return self
        if self.species == (UNKNOWN,):
            if len(names) > 1:
                raise InputError(
                    f"cannot assign species {', '.join(names)}: the file has neither a type nor an element column"
                )
            return self.replace(species=names)
        if all(name.isdigit() for name in self.species):
            if max(int(name) for name in self.species) > len(names):
                raise InputError(f"{len(self.species)} particle types, but the glass has species {', '.join(names)}")
            index = np.array([int(name) - 1 for name in self.species])
        else:
            used = [self.species[t] for t in np.unique(self.types)]
            foreign = [name for name in used if name not in names]
            if foreign:
                raise InputError(f"species {', '.join(foreign)} is not one of the glass's species {', '.join(names)}")
            index = np.array([names.index(name) if name in names else 0 for name in self.species])
        return self.replace(types=index[self.types], species=names)

    # -- files and other packages: the work is done in dump.py, data.py and convert.py ----------------------------

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        frame: int = -1,
        types: Sequence[str] | None = None,
        boundary: str | None = None,
        rows_are_particles: bool = False,
    ) -> Snapshot:
        """Read one frame (default the last) of a LAMMPS dump, of a data file, or of a file that ASE reads.

        The frame stands alone; `read_all` also holds the frames of a file to the same particles and species.

        Parameters
        ----------
        path
            The file; dumps and data files may be compressed (``.gz``, ``.zst``).
        frame
            Counts from 0, negative numbers from the end.
        types
            Names of the types 1, 2, ... of a dump or data file.
        boundary
            LAMMPS's boundary styles, such as ``"p p s"``, for a file that does not give them.
        rows_are_particles
            Every frame lists the particles in the same order, though the file has no ids.
        """
        from lammps_glass.snapshots.files import read

        return read(path, frame, types=types, boundary=boundary, rows_are_particles=rows_are_particles)

    @classmethod
    def read_all(
        cls,
        path: str | Path,
        *,
        types: Sequence[str] | None = None,
        boundary: str | None = None,
        rows_are_particles: bool = False,
    ) -> Iterator[Snapshot]:
        """Read the frames of a file one after the other, one at a time in memory; keywords as in `read`."""
        from lammps_glass.snapshots.files import read_all

        return read_all(path, types=types, boundary=boundary, rows_are_particles=rows_are_particles)

    def write(self, path: str | Path) -> None:
        """Write a LAMMPS dump, a data file (``.data``) or an extended XYZ file (``.extxyz``, ``.xyz``).

        The name ends in ``.gz`` or ``.zst`` for a compressed file.
        """
        from lammps_glass.snapshots.files import write

        write(Path(path), [self])

    @classmethod
    def from_ase(cls, atoms: Atoms, species: Mapping[int, str] | None = None, *, step: int | None = None) -> Snapshot:
        """Convert an `ase.Atoms`; `species` maps atomic numbers to names, in their order (default: symbols, sorted).

        The step defaults to ``info["step"]``, else 0.
        """
        from lammps_glass.snapshots.convert import from_ase

        return from_ase(atoms, species, step=step)

    def to_ase(self, numbers: Mapping[str, int] | None = None) -> Atoms:
        """Convert to an `ase.Atoms`; `numbers` maps species to atomic numbers (default: by symbol, else 1, 2, ...)."""
        from lammps_glass.snapshots.convert import to_ase

        return to_ase(self, numbers)

    @classmethod
    def from_ovito(cls, data: DataCollection, *, step: int | None = None) -> Snapshot:
        """Convert an OVITO `DataCollection`."""
        from lammps_glass.snapshots.convert import from_ovito

        return from_ovito(data, step=step)

    def to_ovito(self) -> DataCollection:
        """Convert to an OVITO `DataCollection`."""
        from lammps_glass.snapshots.convert import to_ovito

        return to_ovito(self)
