"""The bead-spring polymer glass: chains of Lennard-Jones beads joined by FENE springs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses.chains import BOND, bonds_of_chains, push_apart, random_walks, require_chains
from lammps_glass.glasses.checks import Bound, PositiveFloat, whole
from lammps_glass.glasses.glass import Glass
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.grid import Integers


@dataclass(frozen=True, kw_only=True)
class FenePolymer(Glass):
    """Linear chains of `chain_length` beads: Lennard-Jones shifted to zero at `r_cut`, FENE bonds (lj units).

    Bonds follow from the ids, so that dumps need not hold them: beads 1 to `chain_length` are the first chain in
    order, the next `chain_length` the second, and so on.

    Parameters (besides those of `Glass`)
    -------------------------------------
    n_particles
        A whole number of chains.
    density
        Of the start; the study cools at pressure 1, to 1.04 at T = 0.47.
    chain_length
        Beads of a chain.
    bond_stiffness, bond_extent
        K and R0 of ``-K/2 R0^2 ln(1 - (r / R0)^2)``, to which the repulsive core of a bond is added; bonded beads
        have no other Lennard-Jones interaction.

    Raises
    ------
    InputError
        `n_particles` is not a multiple of `chain_length`.

    References
    ----------
    K. Kremer and G. S. Grest, J. Chem. Phys. 92, 5057 (1990); cutoff, size and pressure of Rottler and Ortner (2024),
    section 2.2. Time step, K and R0 are not printed there.
    """

    name: ClassVar[str] = "fene-polymer"
    species: ClassVar[tuple[str, ...]] = ("A",)
    masses: ClassVar[tuple[float, ...]] = (1.0,)
    units: ClassVar[str] = "lj"
    potential: ClassVar[str] = "fene-polymer"
    atom_style: ClassVar[str] = "bond"
    nearest_distance: ClassVar[float] = 0.97
    reference_temperatures: ClassVar[Mapping[str, float]] = {"liquid": 1.0, "mode_coupling": 0.45, "glass": 0.1}

    n_particles: int = 30000
    composition: float | Mapping[str, float] = field(default_factory=lambda: {"A": 1.0})
    density: float = 0.9
    timestep: float = 0.005
    r_cut: float = 2.25
    skin: float = 0.3
    suffix: str = "opt"
    chain_length: Annotated[int, Bound(minimum=2)] = 20
    bond_stiffness: PositiveFloat = 30.0
    bond_extent: Annotated[float, Bound(above=BOND)] = 1.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_particles % self.chain_length:
            raise InputError(
                f"{self.name}: n_particles = {self.n_particles} is not a multiple of chain_length = {self.chain_length}"
            )

    def bonds(self, snapshot: Snapshot) -> Integers:
        """(m, 2) ids of bonded beads, from the ids alone."""
        return bonds_of_chains(snapshot.ids, self.chain_length)

    def check(self, snapshot: Snapshot) -> Snapshot:
        """Check as for every glass, and that ids make whole chains with bonds shorter than `bond_extent`.

        Raises
        ------
        InputError
            An id is missing, the last chain is cut, molecules of the file are not the chains, or a bond is broken or
            too long.
        """
        beads = super().check(snapshot)
        require_chains(beads.ids, self.chain_length, self.name)
        self._check_molecules(beads)
        self._check_lengths(beads)
        return beads

    def _check_molecules(self, snapshot: Snapshot) -> None:
        """Raise `InputError` when molecules of the file (column ``mol``) are not the chains."""
        molecules = snapshot.properties.get("mol")
        if molecules is None or not np.any(molecules):
            return
        chains = (snapshot.ids - 1) // self.chain_length
        pairs = len(np.unique(np.column_stack([chains, molecules]), axis=0))
        if pairs != len(np.unique(chains)) or pairs != len(np.unique(molecules)):
            sizes = np.unique(np.unique(molecules, return_counts=True)[1])
            raise InputError(
                f"molecules of {', '.join(map(str, sizes[:3].tolist()))} beads are not chains of {self.chain_length} "
                "with consecutive ids: set chain_length to theirs"
            )

    def _check_lengths(self, snapshot: Snapshot) -> None:
        pairs = self.bonds(snapshot) - 1
        ends = snapshot.positions[pairs]
        lengths = np.linalg.norm(snapshot.cell.minimum_image(ends[:, 1] - ends[:, 0]), axis=1)
        longest = int(np.argmax(lengths))
        if lengths[longest] >= self.bond_extent:
            a, b = pairs[longest] + 1
            raise InputError(
                f"the bond of beads {a} and {b} is {lengths[longest]:.4g} long, a FENE bond breaks at "
                f"{self.bond_extent:g}: the chains are broken, or the beads are numbered in another order"
            )

    def initial(self, seed: int) -> Snapshot:
        """Draw random walks that start anywhere in a cube at `density`, pushed apart (`chains.push_apart`)."""
        edge = (self.n_particles / self.density) ** (1 / 3)
        cell = Cell.orthogonal([edge] * 3)
        self.require_size(cell)
        random = np.random.default_rng([whole("initial", "seed", seed, minimum=0), self.n_particles])
        walks = random_walks(random, self.n_particles // self.chain_length, self.chain_length, edge)
        positions = push_apart(walks, self.chain_length, edge)
        types = np.zeros(self.n_particles, dtype=int)
        return Snapshot(cell, positions, types, self.species, units=self.units)

    def interaction_variables(self) -> dict[str, float]:
        """Cutoff, and K and R0 of the FENE bonds."""
        return {
            "r_cut": float(self.r_cut),
            "bond_stiffness": float(self.bond_stiffness),
            "bond_extent": float(self.bond_extent),
        }
