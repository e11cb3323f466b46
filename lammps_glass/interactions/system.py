"""`System`: energies, forces and Hessians of a snapshot under a model, of all particles or of mobile ones alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.interactions import kernels
from lammps_glass.interactions.model import Evaluation, Model, Sites
from lammps_glass.interactions.pairs import MobilePairs, mobile_pairs, neighbor_rows, pairs_within
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers, build_grid
from lammps_glass.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    from lammps_glass.interactions.hessian import Hessian


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
    margin
        Pairs up to ``r_cut + skin + margin`` are kept too: the others are chosen from them, in less time, until a
        particle has moved by more than half of `margin`. 0: none.

    Attributes
    ----------
    mobile
        (m,) rows, ascending.
    """

    def __init__(
        self, snapshot: Snapshot, model: Model, *, mobile: ArrayLike | None = None, skin: float = 0.0,
        margin: float = 0.0,
    ) -> None:  # fmt: skip
        self.snapshot, self.model = snapshot.with_species(model.species), model
        self.skin, self.margin = float(skin), float(margin)
        self.mobile = _rows(len(snapshot), mobile)
        self._held = np.full(len(self.snapshot), np.nan)
        self._start = self._wide = self._pairs_at(self.snapshot.positions[self.mobile])
        self._find_pairs(self._start.positions)

    @property
    def positions(self) -> Floats:
        """(m, 3) positions of the mobile particles in the snapshot."""
        positions: Floats = self.snapshot.positions[self.mobile]
        return positions

    def energy(self, positions: ArrayLike | None = None) -> float:
        """Sum the potential energy of the terms that the mobile particles take part in; the whole energy when all are.

        Energies of the same `System` at different positions differ exactly as the whole energies do.
        """
        return self._evaluate(positions).energy - self._unchanging

    def particle_energies(self) -> Floats:
        """Compute (m,) energies of the mobile particles: half of that of their pairs, and that of their embedding."""
        here = self._evaluate(None)
        halves, sites = 0.5 * here.terms.energy[:, 0], self._sites
        energies: Floats = here.embedding[:, 0].copy()
        for ends in (sites.first, sites.second):
            energies += np.bincount(ends, weights=halves, minlength=len(energies))
        return energies[: len(self.mobile)]

    def forces(self, positions: ArrayLike | None = None) -> Floats:
        """Compute (m, 3) forces on the mobile particles at `positions` (m, 3; default those of the snapshot)."""
        return self.energy_and_forces(positions)[1]

    def energy_and_forces(self, positions: ArrayLike | None = None) -> tuple[float, Floats]:
        """Evaluate energy and forces together, at the cost of one."""
        moves = self._moves(positions)
        energy, forces = self.model.energy_and_forces(self._sites, moves)
        return energy - self._unchanging, forces[: len(self.mobile)]

    def reset(self, positions: ArrayLike) -> None:
        """Find the pairs at `positions` (m, 3), so that results do not depend on earlier ones to the last digit."""
        current = np.array(positions, dtype=float)
        self._wide = self._start if np.array_equal(current, self._start.positions) else self._pairs_at(current)
        self._find_pairs(current)

    def pressure(self) -> float:
        """Compute the virial pressure of the snapshot (energy per volume); all particles must be mobile."""
        if len(self.mobile) != len(self.snapshot):
            raise InputError("pressure needs every particle mobile: leave out mobile=...")
        here = self._evaluate(None)
        return float(-(here.slopes * here.distances).sum() / (3.0 * self.snapshot.cell.volume))

    def hessian(self, positions: ArrayLike | None = None) -> Hessian:
        """Differentiate the energy twice by the mobile coordinates, at `positions`."""
        from lammps_glass.interactions.hessian import Hessian

        here = self._evaluate(positions)
        terms, first, second = here.terms, self._sites.first, self._sites.second
        curvature = terms.energy[:, 2].copy()
        gradients = np.zeros((len(first), 2))
        if terms.at_first is not None and terms.at_second is not None:
            slopes = here.embedding[:, 1]
            curvature += slopes[first] * terms.at_first[:, 2] + slopes[second] * terms.at_second[:, 2]
            gradients = np.column_stack([terms.at_first[:, 1], terms.at_second[:, 1]])
        units, across = here.vectors / here.distances[:, None], here.slopes / here.distances
        second_derivative = np.ascontiguousarray(here.embedding[:, 2])
        return Hessian(len(self.mobile), first, second, units, curvature, across, gradients, second_derivative)

    # -- pairs and their terms ----------------------------------------------------------------------------------------

    def _pairs_at(self, positions: Floats) -> _Pairs:
        """Find the pairs within cutoff, skin and margin."""
        everywhere = np.array(self.snapshot.positions)
        everywhere[self.mobile] = positions
        moved = self.snapshot.replace(positions=everywhere)
        pairs = mobile_pairs(moved, self.mobile, self.model.r_cut + self.skin + self.margin)
        return _Pairs(np.array(positions), pairs)

    def _find_pairs(self, positions: Floats) -> None:
        """Choose the pairs within cutoff and skin from those within the margin, which are found again where needed."""
        moves, square = kernels.displacements(positions, self._wide.positions)
        if square > (0.5 * self.margin) ** 2:
            self._wide = self._pairs_at(positions)
            moves = np.zeros_like(moves)
        pairs = self._wide.pairs
        if self.margin:
            pairs = pairs_within(pairs, moves, self.model.r_cut + self.skin)
        self._at = np.array(positions)
        types, held = self.snapshot.types[pairs.particles], self._held_density(pairs.particles)
        m = len(self.mobile)
        # which particles are touched changes: each counts as the change of its embedding by the mobile ones
        self._unchanging = float(self.model.embedding(types[m:], held[m:])[:, 0].sum())
        self._sites = Sites(types, held, pairs.first, pairs.second, pairs.vectors)

    def _held_density(self, particles: Integers) -> Floats:
        """(n,) density that particles which do not move put on each of `particles`; 0 on mobile ones.

        It is computed once for each particle that is touched.
        """
        m, density = len(self.mobile), np.zeros(len(particles))
        touched = particles[m:]
        missing = touched[np.isnan(self._held[touched])]
        if len(missing):
            self._held[missing] = self._density_of_held(missing)
        density[m:] = self._held[touched]
        return density

    def _density_of_held(self, particles: Integers) -> Floats:
        """(k,) density that particles which do not move put on `particles`, rows of the snapshot."""
        grid = build_grid(self.snapshot.cell, self.snapshot.positions, self.model.r_cut)
        offsets, indices, vectors = neighbor_rows(grid, particles)
        held = np.ones(len(self.snapshot), dtype=bool)
        held[self.mobile] = False
        site = np.repeat(np.arange(len(particles)), np.diff(offsets))[held[indices]]
        indices, vectors = indices[held[indices]], vectors[held[indices]]
        types = self.snapshot.types
        terms = self.model.pairs(types[particles[site]], types[indices], np.linalg.norm(vectors, axis=1))
        if terms.at_first is None:
            return np.zeros(len(particles))
        density = np.bincount(site, weights=terms.at_first[:, 0], minlength=len(particles))
        return np.asarray(density, dtype=float)

    def _evaluate(self, positions: ArrayLike | None) -> Evaluation:
        moves, sites = self._moves(positions), self._sites
        return self.model.evaluate(sites, kernels.moved(sites.first, sites.second, sites.vectors, moves))

    def _moves(self, positions: ArrayLike | None) -> Floats:
        """(m, 3) from where the pairs were found to `positions`; they are found again past half the skin."""
        current = self.positions if positions is None else np.asarray(positions, dtype=float)
        if current.shape == self._at.shape:
            moves, square = kernels.displacements(current, self._at)
            if square <= (0.5 * self.skin) ** 2:
                return np.asarray(moves)
        if current.shape != self._at.shape or not np.isfinite(current).all():
            raise InputError(f"positions have shape {current.shape}: {self._at.shape} finite numbers are needed")
        self._find_pairs(current)
        return np.zeros_like(self._at)


class _Pairs(NamedTuple):
    """Pairs, and the positions of the mobile particles where they were found."""

    positions: Floats  # (m, 3)
    pairs: MobilePairs


def _rows(n_particles: int, mobile: ArrayLike | None) -> Integers:
    if mobile is None:
        return np.arange(n_particles, dtype=np.int64)
    rows = np.unique(np.asarray(mobile, dtype=np.int64))
    if not len(rows) or rows[0] < 0 or rows[-1] >= n_particles:
        raise InputError(f"mobile must name at least one row of the snapshot, from 0 to {n_particles - 1}")
    return rows
