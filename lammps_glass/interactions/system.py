"""`System`: energies, forces and Hessians of a snapshot under a model, of all particles or of mobile ones alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.interactions import kernels
from lammps_glass.interactions.model import Model, PairTerms
from lammps_glass.interactions.pairs import mobile_pairs, neighbor_rows
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers
from lammps_glass.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    from lammps_glass.interactions.hessian import Hessian


class _Evaluation(NamedTuple):
    """Energy and its derivatives at one configuration."""

    energy: float
    vectors: Floats  # (p, 3) of the pairs
    distances: Floats  # (p,)
    slopes: Floats  # (p,) dE / d distance
    terms: PairTerms
    sites: Floats  # (n, 3) F, F' and F'' of each particle


class System:
    """A snapshot with interactions; every periodic image interacts, so that small and triclinic boxes are right too.

    Parameters
    ----------
    snapshot
        The configuration; its species are matched to those of the model by name.
    model
        The interactions.
    mobile
        (m,) rows of the particles that move (for instance a sphere around one); the others are held. Default: all.
        Work and memory grow with the mobile ones alone.
    skin
        Pairs up to ``r_cut + skin`` are kept, and found again when a particle has moved by more than half of it.

    Attributes
    ----------
    mobile
        (m,) rows, ascending.
    """

    def __init__(self, snapshot: Snapshot, model: Model, *, mobile: ArrayLike | None = None, skin: float = 0.0) -> None:
        self.snapshot, self.model, self.skin = snapshot.with_species(model.species), model, float(skin)
        self.mobile = _rows(len(snapshot), mobile)
        self._find_pairs(self.snapshot.positions[self.mobile])

    @property
    def positions(self) -> Floats:
        """(m, 3) positions of the mobile particles in the snapshot."""
        positions: Floats = self.snapshot.positions[self.mobile]
        return positions

    def energy(self, positions: ArrayLike | None = None) -> float:
        """Sum the potential energy of the terms that the mobile particles take part in; the whole energy when all are.

        Energies of the same `System` at different positions differ exactly as the whole energies do.
        """
        return self._evaluate(positions).energy

    def particle_energies(self) -> Floats:
        """Compute (m,) energies of the mobile particles: half of that of their pairs, and that of their embedding."""
        here = self._evaluate(None)
        halves, n = 0.5 * here.terms.energy[:, 0], len(self._types)
        energies: Floats = here.sites[:, 0] + np.bincount(self._pairs.first, weights=halves, minlength=n)
        energies += np.bincount(self._pairs.second, weights=halves, minlength=n)
        return energies[: len(self.mobile)]

    def forces(self, positions: ArrayLike | None = None) -> Floats:
        """Compute (m, 3) forces on the mobile particles at `positions` (m, 3; default those of the snapshot)."""
        return self.energy_and_forces(positions)[1]

    def energy_and_forces(self, positions: ArrayLike | None = None) -> tuple[float, Floats]:
        """Evaluate energy and forces together, at the cost of one."""
        energy, vectors, distances, slopes, _, _ = self._evaluate(positions)
        forces = kernels.forces(self._pairs.first, self._pairs.second, vectors, slopes / distances, len(self._types))
        return energy, forces[: len(self.mobile)]

    def pressure(self) -> float:
        """Compute the virial pressure of the snapshot (energy per volume); all particles must be mobile."""
        if len(self.mobile) != len(self.snapshot):
            raise InputError("pressure needs every particle mobile: leave out mobile=...")
        here = self._evaluate(None)
        return float(-(here.slopes * here.distances).sum() / (3.0 * self.snapshot.cell.volume))

    def hessian(self, positions: ArrayLike | None = None) -> Hessian:
        """Differentiate the energy twice by the mobile coordinates, at `positions`."""
        from lammps_glass.interactions.hessian import Hessian

        _, vectors, distances, slopes, terms, sites = self._evaluate(positions)
        first, second = self._pairs.first, self._pairs.second
        curvature = terms.energy[:, 2].copy()
        gradients = np.zeros((len(first), 2))
        if terms.at_first is not None and terms.at_second is not None:
            curvature += sites[first, 1] * terms.at_first[:, 2] + sites[second, 1] * terms.at_second[:, 2]
            gradients = np.column_stack([terms.at_first[:, 1], terms.at_second[:, 1]])
        return Hessian(
            len(self.mobile), first, second, vectors / distances[:, None], curvature, slopes / distances, gradients,
            np.ascontiguousarray(sites[:, 2]),
        )  # fmt: skip

    # -- pairs and their terms ----------------------------------------------------------------------------------------

    def _find_pairs(self, positions: Floats) -> None:
        self._at = np.array(positions)
        everywhere = np.array(self.snapshot.positions)
        everywhere[self.mobile] = positions
        moved = self.snapshot.replace(positions=everywhere)
        self._pairs, grid = mobile_pairs(moved, self.mobile, self.model.r_cut + self.skin)
        self._types: Integers = self.snapshot.types[self._pairs.particles]
        self._held = self._held_density(grid)

    def _held_density(self, grid: Grid) -> Floats:
        """(n,) density that particles which do not move put on each of the system's particles; 0 on mobile ones."""
        m, density = len(self.mobile), np.zeros(len(self._types))
        touched = self._pairs.particles[m:]
        if not len(touched):
            return density
        offsets, indices, vectors = neighbor_rows(grid, touched)
        held = np.ones(len(self.snapshot), dtype=bool)
        held[self.mobile] = False
        site = np.repeat(np.arange(len(touched)), np.diff(offsets))[held[indices]]
        indices, vectors = indices[held[indices]], vectors[held[indices]]
        types = self.snapshot.types
        terms = self.model.pairs(types[touched[site]], types[indices], np.linalg.norm(vectors, axis=1))
        if terms.at_first is not None:
            density[m:] = np.bincount(site, weights=terms.at_first[:, 0], minlength=len(touched))
        return density

    def _evaluate(self, positions: ArrayLike | None) -> _Evaluation:
        vectors = self._vectors(positions)
        first, second = self._pairs.first, self._pairs.second
        distances = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        if len(distances) and not distances.min() > 0:
            raise InputError("energy is not finite: particles lie on top of each other")
        terms = self.model.pairs(self._types[first], self._types[second], distances)
        sites = np.zeros((len(self._types), 3))
        slopes = terms.energy[:, 1].copy()
        if terms.at_first is not None and terms.at_second is not None:
            sites = self._sites(terms)
            slopes += sites[first, 1] * terms.at_first[:, 1] + sites[second, 1] * terms.at_second[:, 1]
        energy = float(terms.energy[:, 0].sum() + sites[:, 0].sum())
        return _Evaluation(energy, vectors, distances, slopes, terms, sites)

    def _sites(self, terms: PairTerms) -> Floats:
        assert terms.at_first is not None
        assert terms.at_second is not None
        n = len(self._types)
        density = self._held + np.bincount(self._pairs.first, weights=terms.at_first[:, 0], minlength=n)
        density += np.bincount(self._pairs.second, weights=terms.at_second[:, 0], minlength=n)
        return self.model.embedding(self._types, density)

    def _vectors(self, positions: ArrayLike | None) -> Floats:
        """(m, 3) of the pairs at `positions`; they are found again when a particle has left the skin."""
        current = self.positions if positions is None else np.asarray(positions, dtype=float)
        if current.shape != self._at.shape or not np.isfinite(current).all():
            raise InputError(f"positions have shape {current.shape}: {self._at.shape} finite numbers are needed")
        moves = current - self._at
        if moves.any() and np.sqrt(np.einsum("ij,ij->i", moves, moves).max()) > 0.5 * self.skin:
            self._find_pairs(current)
            return self._pairs.vectors
        vectors: Floats = kernels.moved(self._pairs.first, self._pairs.second, self._pairs.vectors, moves)
        return vectors


def _rows(n_particles: int, mobile: ArrayLike | None) -> Integers:
    if mobile is None:
        return np.arange(n_particles, dtype=np.int64)
    rows = np.unique(np.asarray(mobile, dtype=np.int64))
    if not len(rows) or rows[0] < 0 or rows[-1] >= n_particles:
        raise InputError(f"mobile must name at least one row of the snapshot, from 0 to {n_particles - 1}")
    return rows
