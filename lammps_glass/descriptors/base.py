"""Base classes of descriptors: parameters in the constructor, `compute(snapshot)`, named features."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from lammps_glass.errors import InputError
from lammps_glass.json_types import Options
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    from lammps_glass.descriptors.configuration import Configuration
    from lammps_glass.interactions import Model

#: Function that minimises the energy of a snapshot at fixed box.
Relax = Callable[[Snapshot], Snapshot]


class Material(Protocol):
    """The part of a glass (`lammps_glass.glasses.Glass`) that a simulated descriptor reads."""

    units: ClassVar[str]
    species: ClassVar[tuple[str, ...]]
    masses: ClassVar[tuple[float, ...]]

    @property
    def timestep(self) -> float:
        """MD time step, in time units of `units`."""

    def model(self) -> Model:
        """Build the interactions in compiled code."""

    def require_model(self, owner: str) -> None:
        """Raise `InputError` when there are no compiled interactions, which `owner` needs."""


class RunFolder(Protocol):
    """The part of a record (`lammps_glass.simulate.Record`) that a simulated descriptor reads."""

    @property
    def directory(self) -> Path:
        """Folder of the run's products."""

    @property
    def protocol(self) -> Any:
        """Protocol that ran, with its fields; descriptors do not import simulations."""


def check_species(owner: str, species: object) -> None:
    """Raise `InputError` unless `species` is a list of different names."""
    if isinstance(species, str) or not isinstance(species, Sequence) or not species:
        raise InputError(f"species of {owner} is {species!r}: it must be a list of names, such as ('A', 'B')")
    if not all(isinstance(name, str) and name for name in species) or len(set(species)) < len(species):
        raise InputError(f"species of {owner} is {species!r}: names must be different and not empty")


def types_of(snapshot: Snapshot, species: Sequence[str], descriptor: str) -> Integers:
    """Index (n_particles,) the species of each particle among those that a descriptor is made for.

    Raises
    ------
    InputError
        A species is foreign, or the types have numbers for names: their order need not be that of `species`.
    """
    if all(name.isdigit() and name not in species for name in snapshot.species):
        raise InputError(
            f"{descriptor} is set up for the species {', '.join(species)} (step {snapshot.step}), and the types "
            f"{', '.join(snapshot.species)} have no names: name the glass, or the types (--types {','.join(species)})"
        )
    try:
        return snapshot.with_species(species).types
    except InputError as error:
        raise InputError(
            f"{descriptor} is set up for the species {', '.join(species)} (step {snapshot.step}): {error}; name the "
            "glass, or set `species` to those of the snapshot"
        ) from error


class Descriptor(ABC):
    """A function of one snapshot that gives one row of features per particle.

    A subclass takes its parameters as keywords, stores each under its own name as it was given, and raises
    `InputError` in the constructor for a value that cannot be. Nothing else is stored: `compute` leaves no state
    behind.
    """

    name: ClassVar[str]
    """Name in the registry and on the command line."""

    unit_defaults: ClassVar[UnitDefaults | None] = None
    """Parameters whose defaults are numbers in certain units; None where there are none."""

    needs_glass: ClassVar[bool] = False
    """Whether rows need the glass of a snapshot; see `lammps_glass.descriptors.configuration`."""

    directional: ClassVar[bool] = False
    """Whether columns belong to directions of space, so that a rotation changes them."""

    of_box: ClassVar[bool] = False
    """Whether rows depend on the whole box, such as on its vibrations: those of a repeated box differ."""

    partial: ClassVar[bool] = False
    """Whether some particles may have no row, NaN, such as those that were not asked for."""

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
        """Compute (n_particles, n_features) float64, rows in the order of the snapshot."""

    def of_configuration(self, configuration: Configuration) -> Floats:
        """Compute (n_particles, n_features) float64 of the state that a configuration shows."""
        return self.compute(configuration.snapshot)

    def of_glass(self, snapshot: Snapshot, glass: Material, relax: Relax, seed: int = 0) -> Floats:
        """Compute (n_particles, n_features) float64 of a snapshot of a glass.

        Parameters
        ----------
        glass
            Its interactions are there for descriptors that need them.
        relax
            Function that minimises the energy of a snapshot at fixed box; called when the inherent structure is needed.
        seed
            Of descriptors that draw random numbers.
        """
        from lammps_glass.descriptors.configuration import Configuration

        return self.of_configuration(Configuration(snapshot, glass, relax, seed))

    def of_particles(self, particles: Sequence[int]) -> Self:
        """Return the descriptor for particles with these ids, whose rows alone are then needed.

        One whose cost is that of single particles computes no others, and gives NaN for them; most compute all.
        """
        return self

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when a default is used in other units than its own (`unit_defaults`).

        `units` is LAMMPS's unit style of a snapshot or glass; unknown units (None) pass.
        """
        if self.unit_defaults is not None:
            self.unit_defaults.require_given(self.name, self, units)

    def check_glass(self, glass: Material) -> None:  # noqa: B027  (most descriptors are of any glass)
        """Raise `InputError` when this descriptor cannot be of `glass`, such as for want of compiled interactions."""

    def get_params(self, deep: bool = True) -> Options:
        """Return the parameters of the constructor by name, as scikit-learn has it (`deep` changes nothing)."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: object) -> Self:
        """Change parameters; an unknown name or a bad value is an `InputError` and leaves all as they were."""
        names = self._parameter_names()
        for name in params:
            if name not in names:
                raise unknown_name(f"parameter of descriptor {self.name}", name, names)
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

    `lammps_glass.simulate.describe` runs the protocol and calls `from_simulations`; where the stages of a study have
    run it, `of_records` fits the descriptor to them. Descriptors import neither glasses nor simulations: `Material` and
    `RunFolder` are what they read of them.
    """

    protocol: ClassVar[str]
    """Name of the protocol in its registry, and in the descriptor's own entry."""

    one_seed: ClassVar[bool] = False
    """Whether all runs have the same seed, as they are parts of one simulation; else each has its own."""

    @abstractmethod
    def runs(self, glass: Material) -> list[Options]:
        """List the options of the protocol for each simulation that the rows need."""

    @abstractmethod
    def of_records(self, glass: Material, records: Sequence[RunFolder]) -> Self:
        """Return this descriptor with the parameters of runs that there are, so that its rows can be made of them.

        Parameters
        ----------
        glass
            Glass of the runs.
        records
            Of the protocol, one at least.
        """

    @abstractmethod
    def from_simulations(self, snapshot: Snapshot, glass: Material, records: Sequence[RunFolder]) -> Floats:
        """Compute (n_particles, n_features) float64 of an inherent structure, from the records of `runs` on it."""

    def summary(self, records: Sequence[RunFolder]) -> str:
        """Summarise the simulations of a snapshot in one line for the user; empty: nothing to say."""
        return ""

    def compute(self, snapshot: Snapshot) -> Floats:
        """Refuse to work on a snapshot alone.

        Raises
        ------
        InputError
            Always, with the way to make the rows.
        """
        raise InputError(
            f"{self.name} needs simulations of a glass, not a snapshot alone: call simulate.describe(descriptor, "
            f"snapshot, glass), or from_simulations with records of the protocol {self.protocol}"
        )
