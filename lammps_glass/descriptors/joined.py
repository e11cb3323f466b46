"""Several descriptors joined into one, columns side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Self

import numpy as np

from lammps_glass.descriptors.base import Descriptor, Material, RunFolder, SimulatedDescriptor
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


class Joined(Descriptor):
    """The columns of several descriptors, one after the other, for an indicator that learns from all of them.

    Parameters
    ----------
    parts
        Name of each descriptor in the registry -> its options, such as ``{"radial-gaussians": {"width": 0.2},
        "pair-entropy": {}}``. Columns come in this order.

    Notes
    -----
    If a part needs simulations, `lammps_glass.simulate.describe` runs them; all parts are then of the inherent
    structure of the snapshot, the one that is simulated.

    References
    ----------
    Yang et al. (2021), section II C: one vector from all families of descriptors.
    """

    name = "joined"

    def __init__(self, parts: Mapping[str, Mapping[str, object]] = MappingProxyType({})) -> None:
        self.parts = parts
        names = self.feature_names
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"joined: two of {', '.join(parts)} have a column {twice}")

    @property
    def members(self) -> list[Descriptor]:
        """The descriptors, in order."""
        from lammps_glass.descriptors import REGISTRY

        if not isinstance(self.parts, Mapping) or not self.parts or self.name in self.parts:
            parts = ", ".join(self.parts) if isinstance(self.parts, Mapping) else repr(self.parts)
            raise InputError(
                f"joined: parts are {parts or 'none'}: give each descriptor with its options, such as "
                "--set parts.pair-entropy={}"
            )
        return [REGISTRY.build(name, options) for name, options in self.parts.items()]

    @property
    def protocol(self) -> str:
        """The protocols that the parts need, for messages; empty when a snapshot is enough."""
        return ", ".join(filter(None, (getattr(member, "protocol", "") for member in self.members)))

    @property
    def feature_names(self) -> list[str]:
        """Columns of the parts, one part after the other."""
        return [name for member in self.members for name in member.feature_names]

    @property
    def species_needed(self) -> tuple[str, ...]:
        """Species of all parts."""
        return tuple(dict.fromkeys(name for member in self.members for name in member.species_needed))

    def of_records(self, glass: Material, records: Sequence[RunFolder]) -> Self:
        """Return the joined descriptor whose parts fit runs that there are; see `SimulatedDescriptor.of_records`."""
        fitted = {}
        for member in self.members:
            if isinstance(member, SimulatedDescriptor) and (runs := _runs_of(member, records)):
                member = member.of_records(glass, runs)
            fitted[member.name] = member.get_params()
        return type(self)(fitted)

    def from_simulations(self, snapshot: Snapshot, glass: Material, records: Sequence[RunFolder]) -> Floats:
        """(n_particles, n_features) float64; parts that need simulations from the records of their protocols.

        Raises
        ------
        InputError
            A part needs records of which there is none.
        """
        return np.hstack(
            [
                member.from_simulations(snapshot, glass, _runs_of(member, records))
                if isinstance(member, SimulatedDescriptor)
                else member.compute(snapshot)
                for member in self.members
            ]
        )

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when a part's default lengths are in another unit than those of `units`."""
        for member in self.members:
            member.require_units(units)

    def check_glass(self, glass: Material) -> None:
        """Raise `InputError` when a part cannot be of `glass`."""
        for member in self.members:
            member.check_glass(glass)

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_features) float64; a part that needs simulations says so in an `InputError`."""
        return np.hstack([member.compute(snapshot) for member in self.members])


def _runs_of(member: Descriptor, records: Sequence[RunFolder]) -> list[RunFolder]:
    """Return the records of the protocol that a descriptor needs."""
    return [record for record in records if record.protocol.name == getattr(member, "protocol", "")]
