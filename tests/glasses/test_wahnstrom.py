"""The Wahnström mixture: its parameters, and its energy against a double loop in numpy and against LAMMPS."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import Wahnstrom
from lammps_glass.interactions import System
from lammps_glass.snapshots import Cell, Snapshot

SIGMA = np.array([[1.0, 11 / 12], [11 / 12, 5 / 6]])
INNER, CUT = 2.2, 2.5


def force(r, sigma):
    """Lennard-Jones to INNER, then the Hermite cubic that takes force and slope to zero at CUT."""

    def plain(r):
        return 24 * (2 * (sigma / r) ** 12 - (sigma / r) ** 6) / r

    slope = -24 * (26 * (sigma / INNER) ** 12 - 7 * (sigma / INNER) ** 6) / INNER**2
    t = (r - INNER) / (CUT - INNER)
    tail = plain(INNER) * (1 + 2 * t) * (1 - t) ** 2 + slope * (CUT - INNER) * t * (1 - t) ** 2
    return np.where(r < INNER, plain(r), tail)


def energy(r, sigma):
    """The work of the force from r to the cutoff: Gauss-Legendre, 40 points on either side of INNER."""
    points, weights = np.polynomial.legendre.leggauss(40)

    def work(a, b):
        return (b - a) / 2 * np.sum(weights * force((a + b) / 2 + (b - a) / 2 * points, sigma))

    return work(r, CUT) if r >= INNER else work(r, INNER) + work(INNER, CUT)


def oracle(snapshot):
    """Sum over pairs and images."""
    total, edges = 0.0, np.diag(snapshot.cell.matrix)
    shifts = [np.array(s) * edges for s in itertools.product((-1, 0, 1), repeat=3)]
    for i, j in itertools.combinations(range(len(snapshot)), 2):
        for shift in shifts:
            r = np.linalg.norm(snapshot.positions[j] - snapshot.positions[i] + shift)
            if r < CUT:
                total += energy(r, SIGMA[snapshot.types[i], snapshot.types[j]])
    return total


def mixture():
    """64 particles on a shaken lattice of the glass's density: one cell of 3.67, so that images matter."""
    random = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)
    spacing = 1.3 ** (-1 / 3)
    positions = spacing * (grid + random.uniform(-0.12, 0.12, grid.shape))
    return Snapshot(Cell.orthogonal([4 * spacing] * 3), positions, random.permutation(np.arange(64) % 2), ("A", "B"))


def test_energy_equals_the_double_loop_lammps_and_the_compiled_model():
    snapshot, glass = mixture(), Wahnstrom()
    value = simulate.energy(snapshot, glass)
    # quadrature of 1/r^13 over half a unit is exact to 1e-12 of a pair; sums of some thousand terms add round-off
    assert value == pytest.approx(oracle(snapshot), rel=1e-10)
    system = System(snapshot, glass.model())
    assert system.energy() == pytest.approx(value, rel=1e-11)
    reference = simulate.forces(snapshot, glass)
    assert np.abs(system.forces() - reference).max() < 1e-10 * np.abs(reference).max()


def test_composition_masses_and_start():
    glass = Wahnstrom(n_particles=257)
    assert sorted(glass.counts().values()) == [128, 129]
    assert glass.masses[0] == 2 * glass.masses[1]
    assert glass.initial(4).number_density == pytest.approx(1.3, rel=1e-12)


def test_range_must_be_ordered():
    with pytest.raises(InputError, match="r_inner"):
        Wahnstrom(r_inner=2.6)
