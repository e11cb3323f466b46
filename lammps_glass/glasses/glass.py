"""`Glass`: the material of a simulation, apart from the protocol that it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses import gate
from lammps_glass.glasses.checks import (
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    check_fields,
    fractions_of,
    require_masses,
    require_scale,
    whole,
)  # fmt: skip
from lammps_glass.glasses.starts import random_positions
from lammps_glass.interactions.potentials import potential_file
from lammps_glass.json_types import Json, Options
from lammps_glass.snapshots import Cell, Snapshot

if TYPE_CHECKING:
    from lammps_glass.interactions import Model
    from lammps_glass.snapshots.grid import Integers


@dataclass(frozen=True, kw_only=True)
class Glass:
    """A glass former: composition, density, potential and the numerical choices that change its trajectories.

    Parameters
    ----------
    n_particles
        Number of particles of a glass made from random positions.
    composition
        Fraction of the last of two species, or a mapping species -> fraction (sums to 1, or to 100 per cent).
    density
        Number density of the start, in particles per cubic length unit.
    timestep
        MD time step, in the time unit of `units`.
    r_cut
        Range of the interactions, in length units.
    skin
        Thickness of the neighbour lists' shell beyond `r_cut`, in length units; bitwise identity depends on it.
    suffix
        LAMMPS accelerator suffix (``opt``, ``off``, ...); bitwise identity depends on it.

    Raises
    ------
    InputError
        A field is not a number or out of range, or the composition does not fit the species.
    """

    name: ClassVar[str]
    species: ClassVar[tuple[str, ...]]
    masses: ClassVar[tuple[float, ...]]
    units: ClassVar[str]
    potential: ClassVar[str]
    nearest_distance: ClassVar[float]
    atom_style: ClassVar[str] = "atomic"
    reference_temperatures: ClassVar[Mapping[str, float]] = {}

    n_particles: PositiveInt
    composition: float | Mapping[str, float]
    density: PositiveFloat
    timestep: PositiveFloat
    r_cut: PositiveFloat
    skin: NonNegativeFloat
    suffix: str = "opt"

    def __post_init__(self) -> None:
        check_fields(self.name, self)
        fractions_of(self.name, self.composition, self.species)

    @property
    def fractions(self) -> dict[str, float]:
        """Fraction of the particles by species; sums to 1."""
        return fractions_of(self.name, self.composition, self.species)

    def counts(self) -> dict[str, int]:
        """Count the particles by species: rounded so that they sum to `n_particles` (largest remainder)."""
        exact = {name: fraction * self.n_particles for name, fraction in self.fractions.items()}
        counts = {name: int(np.floor(value + 1e-9)) for name, value in exact.items()}
        by_remainder = sorted(self.species, key=lambda name: counts[name] - exact[name])
        for name in by_remainder[: self.n_particles - sum(counts.values())]:
            counts[name] += 1
        return counts

    def initial(self, seed: int) -> Snapshot:
        """Draw random positions in a cube at `density`, species shuffled; the same for the same seed."""
        self.require_size(self.start_cell)
        return random_positions(self.counts(), self.density, self.species, self.units, self.random(seed))

    @property
    def start_cell(self) -> Cell:
        """The cube of `n_particles` at `density`."""
        return Cell.orthogonal([(self.n_particles / self.density) ** (1 / 3)] * 3)

    def random(self, seed: int) -> np.random.Generator:
        """Return the random numbers of the start with this seed."""
        return np.random.default_rng([whole("initial", "seed", seed, minimum=0), self.n_particles])

    @property
    def largest_r_cut(self) -> float:
        """Largest distance of an interaction, in length units: `r_cut`, unless it is in units of something else."""
        return self.r_cut

    def require_size(self, cell: Cell) -> None:
        """Raise `InputError` when a particle of `cell` would interact with two images of the same neighbour."""
        heights, r_cut = cell.heights[cell.periodic], self.largest_r_cut
        if heights.size and heights.min() < 2 * r_cut * (1 - 1e-9):
            smallest = int(np.ceil((2 * r_cut) ** 3 * self.density))
            raise InputError(
                f"glass {self.name}: a box of {heights.min():.4g} between opposite faces is too small for the cutoff "
                f"{r_cut:g} (twice it is needed): use at least {smallest} particles at density {self.density:g}"
            )

    def check(self, snapshot: Snapshot) -> Snapshot:
        """Return `snapshot` with the species of this glass, after checking that it can be one of it.

        Raises
        ------
        InputError
            A species is foreign, the snapshot has other units, distances of another length unit, or masses that are not
            those of its species (a data file whose types are in another order).
        """
        if snapshot.units is not None and snapshot.units != self.units:
            raise InputError(
                f"snapshot has units {snapshot.units!r}, glass {self.name} needs {self.units!r}: convert it first"
            )
        renamed = snapshot.with_species(self.species)
        require_masses(renamed, self.name, self.masses)
        require_scale(renamed, self.name, self.nearest_distance, self.units)
        return renamed

    def gate_limits(self) -> dict[str, Json]:
        """Return the limits of the glass gate by name (fields of `analysis.GateLimits`, range and bins of g(r)).

        Those that are not named are the defaults of the gate, which are Cu-Zr's.
        """
        return gate.general(self.nearest_distance)

    def bonds(self, snapshot: Snapshot) -> Integers:
        """List the bonds as (m, 2) ids of their particles; none for most glasses."""
        return np.empty((0, 2), dtype=np.int64)

    def interaction_variables(self) -> dict[str, float]:
        """Return the numbers that ``interactions.lmp`` refers to by name."""
        return {"r_cut": float(self.r_cut)}

    def interactions(self) -> str:
        """Write the LAMMPS lines that define masses and interactions."""
        return self.mass_lines() + self.pair_lines()

    def mass_lines(self) -> str:
        """Write the LAMMPS lines of the masses."""
        return "".join(f"mass            {i} {mass:.17g}\n" for i, mass in enumerate(self.masses, start=1))

    def pair_lines(self) -> str:
        """Write the LAMMPS lines of pairs and bonds; by default those in the folder of the potential."""
        return potential_file(self.potential, "interactions.lmp", type(self)).read_text(encoding="utf-8")

    def model(self) -> Model:
        """Build the interactions in compiled code: energies, forces and Hessians without LAMMPS."""
        raise InputError(f"glass {self.name} has no compiled interactions: its Hessian and modes are not available")

    def require_model(self, owner: str) -> None:
        """Raise `InputError` when this glass has no compiled interactions, which `owner` needs."""
        if type(self).model is Glass.model:
            raise InputError(
                f"{owner} needs compiled interactions, which glass {self.name} has not: leave it out, or give "
                "the glass a setfl table or Lennard-Jones parameters"
            )

    def options(self) -> Options:
        """Return the fields as JSON values: ``REGISTRY.build(glass.name, glass.options())`` makes an equal glass."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "composition": self.fractions}
