"""Several descriptors joined into one, columns side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from lammps_glass.descriptors.base import Descriptor, Material, RunFolder, SimulatedDescriptor
from lammps_glass.descriptors.composite import NO_PARTS, Composite, Parts
from lammps_glass.descriptors.configuration import Configuration
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


class Joined(Composite):
    """The columns of several descriptors, one after the other, for an indicator that learns from all of them.

    Parameters
    ----------
    parts
        Name of each descriptor in the registry -> its options, such as ``{"radial-gaussians": {"width": 0.2},
        "pair-entropy": {}}``. Columns come in this order. See `Composite` for two parts of one kind.

    Notes
    -----
    If a part needs simulations, `lammps_glass.simulate.describe` runs them; all parts are then of the inherent
    structure of the snapshot, the one that is simulated.

    References
    ----------
    Yang et al. (2021), section II C: one vector from all families of descriptors.
    """

    name = "joined"

    def __init__(self, parts: Parts = NO_PARTS) -> None:
        self.parts = parts
        self.check_parts()

    @property
    def protocol(self) -> str:
        """The protocols that the parts need, for messages; empty when a snapshot is enough."""
        return ", ".join(filter(None, (getattr(member, "protocol", "") for member in self.members)))

    @property
    def feature_names(self) -> list[str]:
        """Columns of the parts, one part after the other."""
        return self.part_columns

    def of_records(self, glass: Material, records: Sequence[RunFolder]) -> Self:
        """Return the joined descriptor whose parts fit runs that there are; see `SimulatedDescriptor.of_records`."""
        members: list[Descriptor] = []
        for member in self.members:
            if isinstance(member, SimulatedDescriptor) and (runs := _runs_of(member, records)):
                member = member.of_records(glass, runs)
            members.append(member)
        return self._of_members(members)

    def of_particles(self, particles: Sequence[int]) -> Self:
        """Return the joined descriptor whose parts are for particles with these ids."""
        return self._of_members([member.of_particles(particles) for member in self.members])

    def _of_members(self, members: Sequence[Descriptor]) -> Self:
        """Return a joined descriptor of the same parts with other parameters."""
        pairs = zip(self.parts, members, strict=True)
        return type(self)({k: m.get_params() if k == m.name else {"name": m.name, **m.get_params()} for k, m in pairs})

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

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_features) float64; a part that needs simulations says so in an `InputError`."""
        return self.part_rows_of(snapshot)

    def of_configuration(self, configuration: Configuration) -> Floats:
        """(n_particles, n_features) float64 of parts of which one needs the glass."""
        return self.part_rows(configuration)


def _runs_of(member: Descriptor, records: Sequence[RunFolder]) -> list[RunFolder]:
    """Return the records of the protocol that a descriptor needs."""
    return [record for record in records if record.protocol.name == getattr(member, "protocol", "")]
