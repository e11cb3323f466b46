"""Restricted Monte Carlo: energies of the moves, the sphere of each particle, and exact limits of the averages."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.interactions import System, cage_positions
from lammps_glass.interactions.model import Model, PairTerms
from lammps_glass.interactions.monte_carlo import _Walk
from lammps_glass.testing.samples import binary_snapshot


class ManyBody(Model):
    """Smooth repulsion and the square root of a density that differs between the species: a small Finnis-Sinclair."""

    species = ("A", "B")
    r_cut = 1.9

    def pairs(self, first, second, distances):
        inside = np.maximum(1 - (distances / self.r_cut) ** 2, 0.0)
        energy, density = np.zeros((len(distances), 3)), np.zeros((2, len(distances), 3))
        energy[:, 0] = 20 * inside**4
        density[0, :, 0], density[1, :, 0] = (1 + second) * inside**3, (1 + first) * inside**3
        return PairTerms(energy, *density)

    def embedding(self, types, density):
        return np.column_stack([-(1 + 0.5 * types) * np.sqrt(density), np.zeros((len(types), 2))])


@pytest.mark.parametrize("model", [KobAndersenSmooth(n_particles=64).model(), ManyBody()])
def test_moves_change_the_energy_as_the_whole_energy_does(model):
    """One sweep of one particle at a time, at infinite temperature ratio: accepted moves are those that lower it."""
    snapshot = binary_snapshot(2)
    walk = _Walk(snapshot, model, beta=1e12)  # only moves that lower the energy are accepted
    random = np.random.default_rng(0)
    before = System(snapshot, model).energy()
    origins = walk.positions.copy()
    for _ in range(20):
        draws = random.random((len(snapshot), 4))
        walk.sweep(origins, 0.02, 0.5, draws)
        after = System(snapshot.replace(positions=walk.positions), model).energy()
        assert after <= before + 1e-4  # energies of single moves are interpolated to about 1e-5
        before = after
    if walk.density.size:  # kept up to date move by move
        from lammps_glass.interactions.monte_carlo_kernels import densities

        fresh = densities(walk.positions, walk.types, walk.neighbors, walk.tables)
        np.testing.assert_allclose(walk.density, fresh, rtol=1e-10)


def test_a_particle_stays_in_its_sphere_and_without_interactions_fills_it():
    class Ideal(ManyBody):
        r_cut = 0.2

    snapshot = binary_snapshot(0)
    walk = _Walk(snapshot, Ideal(), beta=1.0)
    origins, random = walk.positions.copy(), np.random.default_rng(1)
    squares = []
    for _ in range(400):
        walk.sweep(origins, 0.08, 0.1, random.random((len(snapshot), 4)))
        moves = np.linalg.norm(walk.positions - origins, axis=1)
        assert moves.max() <= 0.1
        squares.append((moves**2).mean())
    # uniform in a sphere: <r^2> = 3/5 R^2; 64 particles x 400 sweeps of a few sweeps' correlation: 1 %
    assert np.mean(squares[20:]) == pytest.approx(0.6 * 0.1**2, rel=0.05)


def test_cold_averages_are_the_minimum_with_harmonic_fluctuations():
    glass = KobAndersenSmooth(n_particles=64)
    minimum = simulate.minimize(binary_snapshot(3), glass, force_tolerance=1e-9)
    temperature = 1e-4
    walk = _Walk(minimum, glass.model(), 1 / temperature)
    random, squares = np.random.default_rng(2), []
    for number in range(6000):
        walk.sweep(minimum.positions, 2e-3, 0.5, random.random((64, 4)))
        if number > 500:
            moves = walk.positions - minimum.positions
            squares.append(((moves - moves.mean(axis=0)) ** 2).sum(axis=1))
    hessian = System(minimum, glass.model()).hessian().dense()
    inverse = temperature * np.diag(np.linalg.pinv(hessian, rcond=1e-9)).reshape(-1, 3).sum(axis=1)
    measured = np.mean(squares, axis=0)
    assert measured.mean() == pytest.approx(inverse.mean(), rel=0.15)  # soft modes take hundreds of sweeps to relax
    assert np.corrcoef(measured, inverse)[0, 1] > 0.9


def test_equal_seeds_give_equal_states_and_another_order_of_particles_changes_nothing_but_noise():
    glass = KobAndersenSmooth(n_particles=64)
    snapshot = binary_snapshot(1)
    options = {"radius": 0.3, "sweeps": 20, "settle": 5, "step": 0.05}
    first, accepted = cage_positions(snapshot, glass.model(), 0.4, seed=3, **options)
    again, _ = cage_positions(snapshot, glass.model(), 0.4, seed=3, **options)
    np.testing.assert_array_equal(first, again)
    assert 0.1 < accepted < 0.9
    assert np.linalg.norm(first - snapshot.positions, axis=1).max() <= 0.3
    with pytest.raises(InputError, match="temperature = 0"):
        cage_positions(snapshot, glass.model(), 0.0, seed=1, **options)


def test_averages_depend_neither_on_the_skin_nor_on_which_kernel_moves_the_particles(monkeypatch):
    """Pairs beyond the cutoff add nothing; a density without embedding energy changes no move."""
    from lammps_glass.interactions import monte_carlo

    class Repulsion(ManyBody):
        def pairs(self, first, second, distances):
            return PairTerms(super().pairs(first, second, distances).energy)

    class Unembedded(ManyBody):
        def embedding(self, types, density):
            return np.zeros((len(density), 3))

    def averages(model):
        options = {"radius": 0.6, "sweeps": 60, "settle": 20, "step": 0.1, "seed": 5}
        return cage_positions(binary_snapshot(4), model, 1.0, **options)[0]

    reference = averages(Repulsion())
    np.testing.assert_array_equal(averages(Unembedded()), reference)
    monkeypatch.setattr(monte_carlo, "_SKIN", 0.8)
    np.testing.assert_array_equal(averages(Repulsion()), reference)
