"""Small snapshots and trajectories for the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lammps_glass.snapshots import Cell, Snapshot


def binary_snapshot(
    seed: int, species: Sequence[str] = ("A", "B"), spacing: float = 1.2 ** (-1 / 3), n_cells: int = 4
) -> Snapshot:
    """Make a disordered snapshot: sites of a cubic lattice, each displaced by up to a fifth of the spacing, periodic.

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


@dataclass(frozen=True)
class MemoryTrajectory:
    """A trajectory in memory, for labels.

    Parameters
    ----------
    snapshots
        The frames, in order of step.
    directory
        For messages.
    """

    snapshots: tuple[Snapshot, ...]
    directory: Path = Path("memory")

    @property
    def steps(self) -> list[int]:
        """Steps of the frames."""
        return [snapshot.step for snapshot in self.snapshots]

    def frames(self) -> Iterator[Snapshot]:
        """Iterate over the frames."""
        return iter(self.snapshots)


def random_walk(start: Snapshot, seed: int, n_frames: int = 5, step: float = 0.15) -> MemoryTrajectory:
    """Make a trajectory of particles that walk at random from `start`, a frame every ten time steps.

    Parameters
    ----------
    step
        Deviation of a particle's displacement between two frames along an axis, in units of the mean distance
        (volume / n_particles)^(1/3).
    """
    random = np.random.default_rng(seed)
    length = step * start.spacing
    moves = length * random.normal(size=(n_frames, len(start), 3))
    moves[0] = 0.0
    positions = start.positions + np.cumsum(moves, axis=0)
    return MemoryTrajectory(tuple(start.replace(positions=p, step=10 * k) for k, p in enumerate(positions)))
