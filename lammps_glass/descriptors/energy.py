"""`Energy`: potential energy of each particle."""

from __future__ import annotations

import numpy as np

from lammps_glass.descriptors.configuration import Configuration, ConfigurationDescriptor
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


class Energy(ConfigurationDescriptor):
    """Potential energy of a particle: half of that of its pairs, and its energy of embedding.

    Parameters
    ----------
    column
        Name of a per-particle column of the snapshot's file to take instead, such as ``c_pe``, for a glass without
        compiled interactions.
    """

    name = "energy"

    def __init__(self, column: str | None = None) -> None:
        self.column = column
        if column is not None and (not isinstance(column, str) or not column):
            raise InputError(f"energy: column = {column!r} must be the name of a column of the file")

    @property
    def feature_names(self) -> list[str]:
        """One column."""
        return ["energy"]

    @property
    def needs_glass(self) -> bool:  # type: ignore[override]
        """Whether the energy follows from the interactions of a glass."""
        return self.column is None

    @property
    def needs_model(self) -> bool:  # type: ignore[override]
        """Whether the energy follows from compiled interactions."""
        return self.column is None

    def compute(self, snapshot: Snapshot) -> Floats:
        """Return (n_particles, 1): the column of the file.

        Raises
        ------
        InputError
            No column is named, or the snapshot has no such column of numbers.
        """
        if self.column is None:
            raise InputError(
                "energy needs the interactions of a glass, not a snapshot alone: name the glass, or with column=... a "
                f"column of the file (there are {', '.join(snapshot.properties) or 'none'})"
            )
        if self.column not in snapshot.properties:
            raise InputError(
                f"energy: the snapshot (step {snapshot.step}) has no column {self.column}: there are "
                f"{', '.join(snapshot.properties) or 'none'}"
            )
        values = np.asarray(snapshot.properties[self.column], dtype=float)
        if values.shape != (len(snapshot),) or not np.isfinite(values).all():
            raise InputError(f"energy: column {self.column} (step {snapshot.step}) is not one finite number a particle")
        return values[:, None]

    def of_configuration(self, configuration: Configuration) -> Floats:
        """Return (n_particles, 1) in energy units of the glass."""
        if self.column is not None:
            return self.compute(configuration.snapshot)
        from lammps_glass.interactions import System

        return System(configuration.snapshot, configuration.model).particle_energies()[:, None]
