"""Cage state: mean positions under Monte Carlo in which every particle stays near where it started."""

from __future__ import annotations

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.interactions import monte_carlo_kernels as kernels
from lammps_glass.interactions.model import Model
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import build_grid
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.snapshots.snapshot import Integers, Snapshot

_SAMPLES = 1 << 13  # an energy is then within 1e-4 of the well's depth
_SKIN = 0.5  # of the cutoff: neighbours are found again when a particle is half of it from where they were found


def energy_tables(model: Model, density_limit: float) -> kernels.EnergyTables:
    """Sample the energies of a model for linear interpolation in the square of the distance.

    Parameters
    ----------
    density_limit
        Largest density of the embedding's table; not used for a pair potential.
    """
    n = len(model.species)
    limit = model.r_cut**2
    squares = np.linspace(0.0, limit, _SAMPLES + 1)
    distances = np.sqrt(np.maximum(squares, squares[1] * 1e-2))
    pair = np.empty((n, n, len(squares)))
    density = np.empty((n, n, len(squares)))
    embedded = False
    for a in range(n):
        for b in range(n):
            ends = np.full(len(squares), a), np.full(len(squares), b)
            terms = model.pairs(*ends, distances)
            pair[a, b] = terms.energy[:, 0]
            if terms.at_first is not None:
                embedded = True
                density[a, b] = terms.at_first[:, 0]
    grid = np.linspace(0.0, density_limit, _SAMPLES + 1)
    embedding = [model.embedding(np.full(len(grid), a), grid)[:, 0] for a in range(n)] if embedded else np.zeros((n, 2))
    return kernels.EnergyTables(
        _SAMPLES / limit, limit, np.ascontiguousarray(pair), density if embedded else np.zeros((n, n, 0)),
        _SAMPLES / density_limit, np.ascontiguousarray(embedding),
    )  # fmt: skip


def cage_positions(
    snapshot: Snapshot,
    model: Model,
    temperature: float,
    *,
    radius: float,
    sweeps: int,
    settle: int,
    step: float,
    seed: int,
) -> tuple[Floats, float]:
    """Average the positions over restricted Monte Carlo, from a configuration of a liquid or glass.

    Parameters
    ----------
    snapshot
        The configuration; it is the origin of every particle's sphere.
    model
        Interactions.
    temperature
        In energy units (k_B T).
    radius
        Largest distance of a particle from its place in the snapshot, in length units.
    sweeps
        Sweeps that are averaged, one trial move a particle each.
    settle
        Sweeps before.
    step
        Half the side of the cube that a move is drawn from; changed during `settle` until 30 to 50 % are accepted.
    seed
        Of the random numbers.

    Returns
    -------
    (n_particles, 3) mean positions, unwrapped, and the fraction of accepted moves.

    Raises
    ------
    InputError
        A number is not positive.

    References
    ----------
    R. M. Alkemade, F. Smallenburg and L. Filion, J. Chem. Phys. 158, 134512 (2023).
    """
    for name, value in (("temperature", temperature), ("radius", radius), ("step", step), ("sweeps", sweeps)):
        if not np.isfinite(value) or value <= 0:
            raise InputError(f"cage state: {name} = {value:g} must be above 0")
    typed = snapshot.with_species(model.species)
    # particles that are near in space are near in memory
    order = build_grid(typed.cell, typed.positions, 1.5 / typed.number_density ** (1 / 3)).order
    configuration = Snapshot(typed.cell, typed.positions[order], typed.types[order], typed.species)
    origins = np.array(configuration.positions)
    walk = _Walk(configuration, model, 1.0 / temperature)
    random = np.random.default_rng(seed)
    accepted = 0
    for number in range(settle + sweeps):
        fraction = walk.sweep(origins, step, radius, random.random((len(origins), 4)))
        if number >= settle:
            accepted += round(fraction * len(origins))
        elif number < settle - 1:
            step *= 1.1 if fraction > 0.5 else 0.9 if fraction < 0.3 else 1.0
            step = min(step, 0.3 * radius)
        else:
            walk.total[:], walk.n_sweeps = 0.0, 0
    mean = np.empty_like(origins)
    mean[order] = walk.total / walk.n_sweeps
    return mean, accepted / (sweeps * len(origins))


def _cutoffs(tables: kernels.EnergyTables) -> Floats:
    """(n_types, n_types) distance beyond which neither energy nor density of a pair differs from 0."""
    acts = tables.pair != 0.0
    if tables.density.size:
        acts |= (tables.density != 0.0) | (tables.density != 0.0).transpose(1, 0, 2)
    last = acts.shape[2] - np.argmax(acts[:, :, ::-1], axis=2)
    cutoffs: Floats = np.sqrt(np.where(acts.any(axis=2), last, 0) / tables.inverse_step)
    return cutoffs


class _Walk:
    """Positions, their running mean, and neighbours that are found again when a particle has left half the skin."""

    def __init__(self, snapshot: Snapshot, model: Model, beta: float) -> None:
        self.snapshot, self.r_cut, self.beta = snapshot, model.r_cut, beta
        self.types: Integers = np.array(snapshot.types, dtype=np.int64)
        self.positions = np.array(snapshot.positions)
        self.total, self.n_sweeps = np.zeros_like(self.positions), 0
        self.tables = energy_tables(model, 1.0)
        self.cutoffs = _cutoffs(self.tables)
        self._find(self.positions.copy())
        self.density: Floats = np.zeros(0)
        if self.tables.density.size:
            self.density = kernels.densities(self.positions, self.types, self.neighbors, self.tables)
            self.tables = energy_tables(model, 4.0 * float(self.density.max()) or 1.0)

    def _find(self, centres: Floats) -> None:
        """Find the pairs that may interact while every particle is within half the skin of its centre."""
        pairs = pairs_within(self.snapshot.replace(positions=centres), self.r_cut * (1 + _SKIN))
        limits = (self.cutoffs + _SKIN * self.r_cut) ** 2
        offsets, indices, turns = kernels.near_pairs(*pairs, centres, self.types, limits, self.snapshot.cell.inverse)
        reach = np.abs(turns).max(axis=0, initial=0)
        span = 2 * reach + 1
        images = ((turns[:, 0] + reach[0]) * span[1] + turns[:, 1] + reach[1]) * span[2] + turns[:, 2] + reach[2]
        lattice = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1).reshape(-1, 3)
        self.neighbors = (
            offsets, indices, images.astype(np.int32),
            np.ascontiguousarray(lattice @ self.snapshot.cell.matrix),
        )  # fmt: skip
        self.centres = centres

    def _farthest(self, centres: Floats) -> float:
        moves = self.positions - centres
        return float(np.sqrt(np.einsum("ij,ij->i", moves, moves).max()))

    def sweep(self, origins: Floats, step: float, radius: float, draws: Floats) -> float:
        """Try to move every particle once; return the fraction that moved."""
        reach = 0.5 * _SKIN * self.r_cut - np.sqrt(3.0) * step
        if self._farthest(self.centres) > reach:
            mean = self.total / max(self.n_sweeps, 1)
            self._find(mean if self.n_sweeps and self._farthest(mean) <= reach else self.positions.copy())
        trial = (self.beta, step, radius, draws)
        state = (self.positions, origins, self.types, self.neighbors, self.tables)
        if self.density.size:
            count = kernels.sweep_embedded(*state, self.density, *trial)
        else:
            count = kernels.sweep_pairs(*state, self.cutoffs**2, *trial)
        self.total += self.positions
        self.n_sweeps += 1
        return float(count) / len(origins)
