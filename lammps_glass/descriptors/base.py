"""What every descriptor is: parameters in the constructor, `compute(snapshot)`, named features."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


class Descriptor(ABC):
    """One snapshot to one row per particle.

    A subclass takes its parameters as keywords, stores each under its own name as it was given, and raises
    `InputError` in the constructor for a value that cannot be. Nothing else is stored: `compute` leaves no state
    behind.
    """

    name: ClassVar[str]
    """Name in the registry and on the command line."""

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
