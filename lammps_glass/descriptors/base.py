"""What every descriptor is: parameters in the constructor, `compute(snapshot)`, named features."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers

#: LAMMPS's unit styles -> the unit of length.
LENGTH_UNITS = {"lj": "reduced", "metal": "angstrom", "real": "angstrom"}


def types_of(snapshot: Snapshot, species: Sequence[str], descriptor: str) -> Integers:
    """(n_particles,) index of each particle's species among those that a descriptor is made for."""
    try:
        return snapshot.with_species(species).types
    except InputError as error:
        raise InputError(
            f"{descriptor} is set up for the species {', '.join(species)} (step {snapshot.step}): {error}; name the "
            "glass, or set `species` to those of the snapshot"
        ) from error


class Descriptor(ABC):
    """One snapshot to one row per particle.

    A subclass takes its parameters as keywords, stores each under its own name as it was given, and raises
    `InputError` in the constructor for a value that cannot be. Nothing else is stored: `compute` leaves no state
    behind.
    """

    name: ClassVar[str]
    """Name in the registry and on the command line."""

    default_length: ClassVar[tuple[str, str] | None] = None
    """Parameter whose default is a length and the unit of that default, ``"angstrom"`` or ``"reduced"``."""

    @property
    @abstractmethod
    def feature_names(self) -> list[str]:
        """Unique names of the columns of `compute`, in order."""

    @property
    def species_needed(self) -> tuple[str, ...]:
        """Species that the parameters name; empty when any species will do."""
        return ()

    @abstractmethod
    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_features) float64, rows in the order of the snapshot."""

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when the default of `default_length` is used with lengths in another unit.

        `units` is LAMMPS's unit style of a snapshot or glass; unknown units (None) pass.
        """
        if self.default_length is None or units not in LENGTH_UNITS:
            return
        parameter, unit = self.default_length
        value = getattr(self, parameter)
        default = inspect.signature(type(self).__init__).parameters[parameter].default
        if LENGTH_UNITS[units] != unit and value is default:  # an equal value that is given is another object
            raise InputError(
                f"{self.name}: the default of {parameter} is in {unit}, but lengths in {units} units are "
                f"{LENGTH_UNITS[units]}: give {parameter} (and the other lengths) in them"
            )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters of the constructor by name, as scikit-learn has it (`deep` changes nothing)."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; an unknown name or a bad value is an `InputError` and leaves all as they were."""
        known = self._parameter_names()
        for name in params:
            if name not in known:
                raise unknown_name(f"parameter of descriptor {self.name}", name, known)
        changed = type(self)(**{**self.get_params(), **params})
        self.__dict__.update(changed.__dict__)
        return self

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_params().items())})"


class SimulatedDescriptor(Descriptor):
    """A descriptor of an inherent structure that needs simulations: rows are made of the records of a protocol.

    `lammps_glass.simulate.describe` runs the protocol and calls `from_simulations`; a study whose stages have run it
    calls `from_simulations` itself. Descriptors do not import simulations: glass and records are taken as they come.
    """

    protocol: ClassVar[str]
    """Name of the protocol in its registry, and in the descriptor's own entry."""

    @abstractmethod
    def runs(self, glass: Any) -> list[dict[str, Any]]:
        """Options of the protocol for each simulation that the rows need, for a glass."""

    @abstractmethod
    def from_simulations(self, snapshot: Snapshot, glass: Any, records: Sequence[Any]) -> Floats:
        """(n_particles, n_features) float64 of an inherent structure, from the records of `runs` on it."""

    def compute(self, snapshot: Snapshot) -> Floats:
        """Not from a snapshot alone.

        Raises
        ------
        InputError
            Always: says how the rows are made.
        """
        raise InputError(
            f"{self.name} needs simulations of a glass, not a snapshot alone: call simulate.describe(descriptor, "
            f"snapshot, glass), or from_simulations with records of the protocol {self.protocol}"
        )
