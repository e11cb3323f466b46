"""Descriptors of states that a snapshot leads to: its inherent structure and its cage state."""

from __future__ import annotations

import numpy as np

from lammps_glass.descriptors.composite import NO_PARTS, Parts, StaticComposite, positive_count
from lammps_glass.descriptors.configuration import Configuration, ConfigurationDescriptor
from lammps_glass.descriptors.radial_gaussians import positive_length
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.units import UnitDefaults


class Rattle(ConfigurationDescriptor):
    """Distance of each particle from its place in the inherent structure, ``|r - r_inherent|``.

    The mean displacement of all particles is taken out: a minimisation keeps it only to rounding.
    """

    name = "rattle"
    needs_model = False

    def __init__(self) -> None:
        pass

    @property
    def feature_names(self) -> list[str]:
        """One column."""
        return ["rattle"]

    def of_configuration(self, configuration: Configuration) -> Floats:
        """Return (n_particles, 1), in length units; of the snapshot as it was given, whatever state is shown."""
        return distances_between(configuration.thermal, configuration.inherent)[:, None]


def distances_between(first: Snapshot, second: Snapshot) -> Floats:
    """(n_particles,) lengths of the displacements between two states of one snapshot, less their mean."""
    moves = first.cell.minimum_image(second.positions - first.positions)
    moves -= moves.mean(axis=0)
    lengths: Floats = np.sqrt(np.einsum("ij,ij->i", moves, moves))
    return lengths


class _State(StaticComposite, ConfigurationDescriptor):
    """Columns of other descriptors in a state of the configuration."""

    needs_glass = True

    prefix = ""

    @property
    def feature_names(self) -> list[str]:
        """Columns of the parts, with the name of the state before them."""
        return [f"{self.prefix} {column}" for column in self.part_columns] if self.parts else []


class Inherent(_State):
    """Columns of other descriptors, computed in the inherent structure of the snapshot.

    Parameters
    ----------
    parts
        Descriptors, name -> options. A part that describes the snapshot as it was given, such as `Rattle`, still does.
    """

    name = "inherent"
    needs_model = False
    prefix = "inherent"

    def __init__(self, parts: Parts = NO_PARTS) -> None:
        self.parts = parts
        self.check_parts()

    def of_configuration(self, configuration: Configuration) -> Floats:
        """(n_particles, n_features) float64 of the inherent structure."""
        return self.part_rows(configuration.at(configuration.inherent))


class Cage(_State):
    r"""Distance of each particle from the centre of its cage, and columns of other descriptors in the cage state.

    The cage state is the mean of the positions under Monte Carlo at the temperature of the liquid, with every particle
    kept within `radius` of its place in the snapshot. Columns: ``cage``, the distance between the snapshot and the cage
    state; ``cage inherent``, that between the inherent structure and the cage state; then those of the parts.

    Parameters
    ----------
    temperature
        k_B T in energy units of the glass.
    radius
        Largest distance from the place in the snapshot, in length units.
    sweeps
        Sweeps that are averaged, one trial move a particle each.
    settle
        Sweeps before these, during which the largest move is set for 30 to 50 % accepted ones.
    parts
        Descriptors to compute in the cage state, name -> options.

    Notes
    -----
    Particles move in random directions, with numbers drawn by the seed of the configuration: rows keep the symmetries
    of the snapshot on average. The standard error of a mean position is about that of `sweeps` / 30 independent ones.

    References
    ----------
    R. M. Alkemade, F. Smallenburg and L. Filion, J. Chem. Phys. 158, 134512 (2023).
    """

    name = "cage"
    unit_defaults = UnitDefaults("reduced units", ("temperature", "radius"))
    prefix = "cage"
    stochastic = True

    def __init__(
        self,
        temperature: float = 0.44,
        radius: float = 0.7,
        sweeps: int = 500,
        settle: int = 100,
        parts: Parts = NO_PARTS,
    ) -> None:
        self.temperature = temperature
        self.radius = radius
        self.sweeps = sweeps
        self.settle = settle
        self.parts = parts
        positive_length(self.name, "temperature", temperature)
        positive_length(self.name, "radius", radius)
        positive_count(self.name, "sweeps", sweeps)
        positive_count(self.name, "settle", settle, least=0)
        if parts:
            self.check_parts()

    @property
    def feature_names(self) -> list[str]:
        """The two distances, then the columns of the parts with ``cage`` before them."""
        return ["cage", "cage inherent", *super().feature_names]

    @property
    def species_needed(self) -> tuple[str, ...]:
        """Species of the parts."""
        return super().species_needed if self.parts else ()

    def of_configuration(self, configuration: Configuration) -> Floats:
        """(n_particles, n_features) float64."""
        self.require_units(configuration.material.units)
        state = self.state_of(configuration)
        distances = [distances_between(other, state) for other in (configuration.thermal, configuration.inherent)]
        rows = [np.column_stack(distances)]
        return np.hstack([*rows, self.part_rows(configuration.at(state))] if self.parts else rows)

    def state_of(self, configuration: Configuration) -> Snapshot:
        """Return the cage state of a configuration, made once for equal parameters."""
        parameters = (self.temperature, self.radius, self.sweeps, self.settle, configuration.seed)
        return configuration.state((self.name, *parameters), lambda: self._average(configuration))

    def _average(self, configuration: Configuration) -> Snapshot:
        from lammps_glass.interactions.monte_carlo import cage_positions

        positions, accepted = cage_positions(
            configuration.thermal, configuration.model, self.temperature, radius=self.radius, sweeps=self.sweeps,
            settle=self.settle, step=0.1 * self.radius, seed=configuration.seed,
        )  # fmt: skip
        if not accepted > 0:
            raise InputError(f"cage: no move was accepted at temperature = {self.temperature:g}: check its unit")
        return configuration.thermal.replace(positions=positions, velocities=None)
