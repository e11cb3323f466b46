"""Energies with known saddles: Mueller and Brown's plane, a vacancy in copper; and a small glass."""

from __future__ import annotations

import numpy as np

from lammps_glass import glasses, simulate
from lammps_glass.snapshots import Cell, Snapshot

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
#: Lattice constant of lowest energy with the table that LAMMPS ships, angstrom.
LATTICE = 3.63909


class MuellerBrown:
    """K. Mueller and L. D. Brown, Theor. Chim. Acta 53, 75 (1979)."""

    A = np.array([-200.0, -100.0, -170.0, 15.0])
    a, b, c = np.array([-1.0, -1.0, -6.5, 0.7]), np.array([0.0, 0.0, 11.0, 0.6]), np.array([-10.0, -10.0, -6.5, 0.7])
    x, y = np.array([1.0, 0.0, -0.5, -1.0]), np.array([0.0, 0.5, 1.5, 1.0])

    def energy_and_forces(self, positions):
        x, y = positions[0, 0] - self.x, positions[0, 1] - self.y
        terms = self.A * np.exp(self.a * x**2 + self.b * x * y + self.c * y**2)
        slope = [(terms * (2 * self.a * x + self.b * y)).sum(), (terms * (self.b * x + 2 * self.c * y)).sum()]
        return float(terms.sum()), -np.array([slope])


def vacancy(cells=5):
    """Fcc copper with the first site empty, relaxed; and the row of a neighbour of the vacancy."""
    glass = glasses.CuZr()
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = ((corners + FCC) * LATTICE).reshape(-1, 3)
    cell = Cell.orthogonal([cells * LATTICE] * 3)
    snapshot = Snapshot(cell, sites[1:], np.zeros(len(sites) - 1, dtype=int), glass.species, units="metal")
    snapshot = simulate.minimize(snapshot, glass, force_tolerance=1e-5)
    away = np.linalg.norm(cell.minimum_image(snapshot.positions - sites[0]), axis=1)
    return snapshot, glass, int(away.argmin())


def amorphous(n_particles=256, seed=3):
    """Copper and zirconium far from a crystal, relaxed at fixed box: not a good glass, but a minimum without order."""
    glass = glasses.CuZr(n_particles=n_particles)
    start = glass.initial(seed)
    random = np.random.default_rng(seed)
    shaken = start.replace(positions=start.positions + random.normal(0, 0.45, start.positions.shape))
    return simulate.minimize(shaken, glass, force_tolerance=1e-6), glass
