"""Small snapshots that the checks are made on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.snapshots import Cell, Snapshot


def binary_snapshot(
    seed: int, species: Sequence[str] = ("A", "B"), spacing: float = 1.2 ** (-1 / 3), n_cells: int = 4
) -> Snapshot:
    """A disordered snapshot: sites of a cubic lattice, each moved by up to a fifth of the spacing, in a periodic box.

    Parameters
    ----------
    seed
        Of the displacements.
    species
        Every fifth particle is of the second species, all others of the first; one species is enough.
    spacing
        Of the lattice; no two particles are closer than 0.6 of it. The default is density 1.2.
    n_cells
        Lattice sites along each side.
    """
    random = np.random.default_rng(seed)
    sites = np.stack(np.meshgrid(*[np.arange(n_cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) + 0.5
    positions = spacing * (sites + random.uniform(-0.2, 0.2, size=sites.shape))
    types = (np.arange(len(sites)) % 5 == 0).astype(int) if len(species) > 1 else np.zeros(len(sites), dtype=int)
    return Snapshot(Cell(np.eye(3) * n_cells * spacing), positions, types, tuple(species))
