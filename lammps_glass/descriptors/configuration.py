"""`Configuration`: a snapshot with its glass, and the states that are made of it; descriptors that need these."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, ClassVar

from lammps_glass.descriptors.base import Descriptor, Material, Relax
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

if TYPE_CHECKING:
    from lammps_glass.interactions import Model

#: Key of the inherent structure among the states of a configuration.
INHERENT = "inherent"


class Configuration:
    """A snapshot of a glass as descriptors see it: as it is, or in a state made of it, such as its inherent structure.

    States are made when they are first asked for and kept, so that several descriptors use one minimisation.

    Parameters
    ----------
    thermal
        The snapshot as it was given.
    material
        Glass of the snapshot.
    relax
        Function that minimises the energy of a snapshot at fixed box.
    seed
        Of descriptors that draw random numbers.
    """

    def __init__(self, thermal: Snapshot, material: Material, relax: Relax, seed: int = 0) -> None:
        self.thermal, self.snapshot = thermal, thermal
        self.material, self.relax, self.seed = material, relax, seed
        self._states: dict[Hashable, Snapshot] = {}

    @property
    def model(self) -> Model:
        """Interactions of the glass in compiled code."""
        return self.material.model()

    @property
    def inherent(self) -> Snapshot:
        """The inherent structure of the snapshot as it was given."""
        return self.state(INHERENT, lambda: self.relax(self.thermal))

    def state(self, key: Hashable, make: Callable[[], Snapshot]) -> Snapshot:
        """Return the state of this key, made the first time."""
        if key not in self._states:
            self._states[key] = make()
        return self._states[key]

    def at(self, snapshot: Snapshot) -> Configuration:
        """Return the same configuration seen in another state: `snapshot` is described, `thermal` stays."""
        other = Configuration(self.thermal, self.material, self.relax, self.seed)
        other.snapshot, other._states = snapshot, self._states
        return other


class ConfigurationDescriptor(Descriptor):
    """A descriptor that needs the glass of a snapshot: its interactions, or a state that they lead to.

    `lammps_glass.simulate.describe` makes the `Configuration`; `compute` refuses a snapshot alone.
    """

    needs_glass = True

    stochastic: ClassVar[bool] = False
    """Whether rows hold random numbers drawn with a seed, so that they keep symmetries on average only."""

    needs_model: ClassVar[bool] = True
    """Whether rows need the compiled interactions of the glass; without them LAMMPS's minima are enough."""

    def check_glass(self, glass: Material) -> None:
        """Raise `InputError` when the glass lacks compiled interactions that are needed."""
        super().check_glass(glass)
        if self.needs_model:
            glass.require_model(self.name)

    @abstractmethod
    def of_configuration(self, configuration: Configuration) -> Floats:
        """Compute (n_particles, n_features) float64 of ``configuration.snapshot``."""

    def compute(self, snapshot: Snapshot) -> Floats:
        """Refuse to work on a snapshot alone.

        Raises
        ------
        InputError
            Always, with the way to make the rows.
        """
        raise InputError(
            f"{self.name} needs the interactions of a glass, not a snapshot alone: name the glass, or call "
            "simulate.describe(descriptor, snapshot, glass)"
        )
