"""`OwnGlass`: base class of glasses whose species, units and interactions are fields, for a file or a call."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lammps_glass.errors import InputError, located
from lammps_glass.glasses import gate
from lammps_glass.glasses.checks import PositiveFloat, number, whole
from lammps_glass.glasses.glass import Glass
from lammps_glass.glasses.starts import LATTICES, RANDOM, lattice, snapshot_file
from lammps_glass.json_types import Json, Options

if TYPE_CHECKING:
    from lammps_glass.snapshots import Cell, Snapshot

#: Time step and skin of each style of units, where a glass gives none.
TIMESTEPS = {"lj": 0.005, "metal": 0.002, "real": 1.0}
SKINS = {"lj": 0.3, "metal": 0.6, "real": 0.6}
#: Particles of a glass that gives no number.
N_PARTICLES = 1000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SPECIES = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


@dataclass(frozen=True, kw_only=True)
class OwnGlass(Glass):
    """A glass of one's own: everything about it is a field.

    Parameters (besides those of `Glass`)
    -------------------------------------
    name
        Any name that no registered glass has; for messages, decks and reports.
    units
        ``lj``, ``metal`` or ``real``.
    species
        Names of the species, in the order of LAMMPS's types.
    masses
        One for each species, in their order or by name, or one for all.
    n_particles
        Default 1000, or those of the start.
    composition
        Fractions by name, or the fraction of the last of two species; empty: equal fractions, or those of the start.
    density
        Default that of the start, if this is a file; needed otherwise.
    timestep, skin
        Default that of `TIMESTEPS` and `SKINS` for the units.
    nearest_distance
        About the distance of nearest neighbours: snapshots in other units are found by it, and the glass gate scales
        with it. Default the distance by the density.
    radii
        By name, for descriptors that need them.
    start
        ``random``, a lattice (``sc``, ``bcc``, ``fcc``, ``diamond``), or the path of a snapshot.
    start_checksum
        sha256 that the file of the start must have; it becomes that of the file.
    gate
        Limits of the glass gate by name; those that are not given are general ones (`gate.LIMITS`, `gate.LENGTHS`).
        False accepts every sample.

    Raises
    ------
    InputError
        A field is missing, not of its kind, or contradicts another; the box is below twice the cutoff.
    """

    potential: ClassVar[str] = ""

    name: str = "own"  # type: ignore[misc]
    units: str = ""  # type: ignore[misc]
    species: tuple[str, ...] = ()  # type: ignore[misc]
    masses: float | tuple[float, ...] | Mapping[str, float] = ()  # type: ignore[misc,assignment]
    n_particles: int = None  # type: ignore[assignment]
    composition: float | Mapping[str, float] = field(default_factory=dict)
    density: float = None  # type: ignore[assignment]
    timestep: float = None  # type: ignore[assignment]
    skin: float = None  # type: ignore[assignment]
    nearest_distance: PositiveFloat = None  # type: ignore[misc,assignment]
    radii: Mapping[str, float] = field(default_factory=dict)
    start: str = RANDOM
    start_checksum: str = ""
    gate: bool | Mapping[str, Any] = True

    def __post_init__(self) -> None:
        self._check_names()
        self.set(masses=by_species(self.name, "masses", self.masses, self.species))
        if self.radii:
            radii = by_species(self.name, "radii", self.radii, self.species)
            self.set(radii=dict(zip(self.species, radii, strict=True)))
        snapshot = self._read_start()
        self._fill(snapshot)
        super().__post_init__()
        if snapshot is not None:
            self._check_start(snapshot)
        self.set(gate=gate.checked(self.name, self.gate))
        self.require_size(self.start_cell)

    def set(self, **values: object) -> None:
        """Set fields while the glass is built."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_names(self) -> None:
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            raise InputError(f"name = {self.name!r} of a glass is not a name: use letters, digits, '_', '.' and '-'")
        if self.units not in TIMESTEPS:
            wrong = f"units = {self.units!r} are none of" if self.units else "units: missing:"
            raise InputError(f"{self.name}: {wrong} {', '.join(TIMESTEPS)}")
        species: object = self.species
        if isinstance(species, str) or not isinstance(species, Sequence) or not species:
            raise InputError(f"{self.name}: species: missing: a list of names, in the order of LAMMPS's types")
        for name in species:
            if not (isinstance(name, str) and _SPECIES.fullmatch(name)):
                raise InputError(f"{self.name}: species {name!r} is not a name: a letter, then letters, digits and '_'")
            if list(species).count(name) > 1:
                raise InputError(f"{self.name}: species {name} is named twice")
        self.set(species=tuple(species))

    # -- the start ----------------------------------------------------------------------------------------------------

    def _read_start(self) -> Snapshot | None:
        """Read the snapshot of the start; None for one that is made."""
        start: object = self.start
        self.set(start=str(start) if isinstance(start, Path) else start)
        for name in ("start", "start_checksum"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{self.name}: {name} = {getattr(self, name)!r} must be text")
        if self._is_made or (self.start_checksum and not Path(self.start).is_file() and self.n_particles):
            return None  # what has run goes on without the file that it started from
        try:
            path, checksum, snapshot = snapshot_file(self.start, self.start_checksum)
            with located(f"start: {path}"):
                snapshot = snapshot.with_species(self.species)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from error
        self.set(start=str(path), start_checksum=checksum)
        return snapshot

    @property
    def _is_made(self) -> bool:
        """Whether the start is made, not read."""
        return self.start == RANDOM or self.start in LATTICES

    def _fill(self, snapshot: Snapshot | None) -> None:
        """Fill in what the start, the units or the density decide."""
        counts = {} if snapshot is None else _counts(snapshot)
        defaults: dict[str, float] = {
            "n_particles": sum(counts.values()) or N_PARTICLES,
            "timestep": TIMESTEPS[self.units],
            "skin": SKINS[self.units],
        }
        given: float | None = self.density
        if given is not None:
            density = number(self.name, "density", given, above=0.0)
        elif snapshot is not None:
            density = snapshot.number_density
        else:
            raise InputError(f"{self.name}: density: missing: particles per cubic length unit of the start")
        defaults |= {"density": density, "nearest_distance": density ** (-1 / 3)}
        composition = self.composition
        if isinstance(composition, Mapping) and not composition:
            n = len(self.species)
            total = sum(counts.values())
            composition = {name: counts[name] / total if total else 1 / n for name in self.species}
        self.set(composition=composition)
        self.set(**{name: value for name, value in defaults.items() if getattr(self, name) is None})

    def _check_start(self, snapshot: Snapshot) -> None:
        """Refuse a start that contradicts the fields."""
        self.check(snapshot)
        counts = _counts(snapshot)
        for name, given, there in (
            ("n_particles", self.n_particles, len(snapshot)),
            ("composition", self.counts(), {name: counts.get(name, 0) for name in self.species}),
        ):
            if given != there:
                raise InputError(f"{self.name}: {name} is {given}, in {self.start} {there}: leave it out")
        # 1e-6: a density that was written with six digits
        if not math.isclose(self.density, snapshot.number_density, rel_tol=1e-6):
            raise InputError(
                f"{self.name}: density is {self.density:g}, in {self.start} {snapshot.number_density:g}: leave it out"
            )

    @property
    def start_cell(self) -> Cell:
        """Cell of the start."""
        if self._is_made or not Path(self.start).is_file():
            return super().start_cell
        return snapshot_file(self.start, self.start_checksum)[2].cell

    def initial(self, seed: int) -> Snapshot:
        """Make the start with this seed, or return the snapshot in its file, which is the same for every seed."""
        if self.start == RANDOM:
            return super().initial(seed)
        if self.start in LATTICES:
            random = self.random(seed)
            return lattice(self.start, self.counts(), self.density, self.species, self.units, random)
        whole("initial", "seed", seed, minimum=0)
        return self.check(snapshot_file(self.start, self.start_checksum)[2]).replace(units=self.units, velocities=None)

    # -- limits and options ----------------------------------------------------------------------------------------

    def gate_limits(self) -> dict[str, Json]:
        """Return the limits of the glass gate: those of `gate`, the others general ones; none when it is off."""
        limits = super().gate_limits()
        if self.gate is False:
            return {**limits, **gate.OFF}
        return {**limits, **self.gate} if isinstance(self.gate, Mapping) else limits

    def interaction_variables(self) -> dict[str, float]:
        """Return the range of the interactions: the lines themselves hold their numbers."""
        return {"r_cut": float(self.r_cut)}

    def options(self) -> Options:
        """Return the fields as JSON values: `glasses.build` makes an equal glass of them."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: _plain(value) for name, value in {**values, "composition": self.fractions}.items()}


def _counts(snapshot: Snapshot) -> dict[str, int]:
    counted = np.bincount(snapshot.types, minlength=len(snapshot.species)).tolist()
    return dict(zip(snapshot.species, counted, strict=True))


def by_species(owner: str, key: str, values: object, species: Sequence[str]) -> tuple[float, ...]:
    """Arrange positive numbers by species, from one for all, a list in their order, or a table by name."""
    if isinstance(values, Mapping):
        foreign = [str(name) for name in values if name not in species]
        if foreign:
            raise InputError(f"{owner}: {key} names {', '.join(foreign)}; species are {', '.join(species)}")
        if missing := [name for name in species if name not in values]:
            raise InputError(f"{owner}: {key}: missing for {', '.join(missing)}")
        values = [values[name] for name in species]
    elif isinstance(values, str) or not isinstance(values, Sequence):
        values = [number(owner, key, values, above=0.0)] * len(species)
    if len(values) != len(species):
        fault = f"{len(values)} values for" if values else "missing: one for each of"
        raise InputError(f"{owner}: {key}: {fault} {', '.join(species)}")
    return tuple(
        number(owner, f"{key} of {name}", value, above=0.0) for name, value in zip(species, values, strict=True)
    )


def _plain(value: object) -> Json:
    """Convert tuples to lists, deep, so that the value equals what JSON gives back."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value  # type: ignore[return-value]
