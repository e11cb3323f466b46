"""Searches in copper and in a disordered cell: a known barrier, spheres, symmetries, seeds, both backends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from samples import amorphous, vacancy

from lammps_glass import glasses, simulate
from lammps_glass.activation import CompiledLandscape, Search, SearchSettings, sphere
from lammps_glass.simulate.landscape import LammpsLandscape
from lammps_glass.snapshots import Cell, Snapshot

#: Barrier of the vacancy by a nudged elastic band of 7 images with LAMMPS, eV.
MIGRATION = 0.9867


def search_of(snapshot, glass, row, *, radius=8.0, settings=None, landscape=None):
    landscape = landscape or CompiledLandscape(snapshot, glass.model(), 0.6)
    return Search(landscape, row, radius=radius, refine_radius=None, settings=settings or SearchSettings())


@pytest.fixture(scope="module")
def disordered():
    return amorphous()


@pytest.fixture(scope="module")
def found(disordered):
    """The first connected search around a particle, with its number."""
    snapshot, glass = disordered
    search = search_of(snapshot, glass, 40)
    for trial in range(12):
        result = search.run(np.random.default_rng(trial))
        if result.status == "connected":
            return search, trial, result
    pytest.fail("none of 12 searches is connected")


def test_migration_of_a_vacancy():
    """From random kicks of a neighbour, at most 24: the barrier of the band, within 0.002 eV."""
    snapshot, glass, row = vacancy()
    search = search_of(snapshot, glass, row, radius=9.0, settings=replace(SearchSettings(), refine_force=0.002))
    for trial in range(24):
        result = search.run(np.random.default_rng(trial))
        if result.status == "connected" and result.saddle.barrier < 1.5:
            refined = search.refine(result)
            break
    assert refined.status == "connected"
    assert refined.refined.barrier == pytest.approx(MIGRATION, abs=0.002)
    # a frozen boundary raises the barrier
    assert refined.saddle.barrier > refined.refined.barrier
    # the far minimum is the vacancy, moved by a site: the same energy
    assert refined.ends.far.above == pytest.approx(0.0, abs=1e-4)


def test_sphere_equals_the_whole_cell():
    """The same displacement changes the energy by the same amount, with the same forces: round-off of 1e5 pairs.

    The cell is so wide that which held particles are touched changes as the mobile ones move.
    """
    snapshot, glass, _ = vacancy(cells=8)
    landscape = CompiledLandscape(snapshot, glass.model(), 0.6)
    rows = sphere(snapshot, 10, 4.0)
    inside, whole = landscape.surface(rows, snapshot.positions), landscape.surface(None, snapshot.positions)
    random = np.random.default_rng(0)
    energies = []
    for size in (0.0, 0.05, 0.4, 1.0):
        x = np.array(snapshot.positions)
        x[rows] += random.normal(0, size, (len(rows), 3))
        part, part_forces = inside.energy_and_forces(x[rows])
        total, forces = whole.energy_and_forces(x)
        assert np.abs(part_forces - forces[rows]).max() < 1e-10 * max(1.0, np.abs(forces).max())
        energies.append(total - part)
    assert np.ptp(energies) < 1e-8


@pytest.mark.parametrize("retabulate", [False, True])
def test_energies_and_forces_equal_lammps(disordered, retabulate):
    """Through displacements beyond the skin and across the boundary, with the table as shipped and in fewer rows."""
    snapshot, _ = disordered
    glass = glasses.CuZr(n_particles=len(snapshot), retabulate=retabulate)
    landscape, random = CompiledLandscape(snapshot, glass.model(), 0.6), np.random.default_rng(0)
    with LammpsLandscape(snapshot, glasses.CuZr(n_particles=len(snapshot), retabulate=False)) as lammps:
        for move in (0.0, random.normal(0, 0.05, (len(snapshot), 3)), 3.0, snapshot.cell.matrix[0] * 2.0, 0.0):
            x = snapshot.positions + move
            energy, forces = landscape.surface(None, x).energy_and_forces(x)
            reference, others = lammps.surface(None, x).energy_and_forces(x)
            assert abs(energy - reference) < 1e-6
            assert np.abs(forces - others).max() < (1e-4 if retabulate else 1e-9)


def test_a_search_does_not_depend_on_the_backend(found, disordered):
    snapshot, glass = disordered
    _, trial, result = found
    with LammpsLandscape(snapshot, glass) as landscape:
        other = search_of(snapshot, glass, 40, landscape=landscape).run(np.random.default_rng(trial))
    assert (other.status, other.calls) == (result.status, result.calls)
    # differences of 1e-12 in forces grow along some hundred steps; the force at the saddle leaves 1e-5 eV
    assert other.saddle.barrier == pytest.approx(result.saddle.barrier, abs=1e-5)


def test_the_same_seed_gives_the_same_bits_whatever_was_searched_before(found, disordered):
    snapshot, glass = disordered
    search, trial, result = found
    search.run(np.random.default_rng(99))
    fresh = search_of(snapshot, glass, 40)
    for one in (search, fresh):
        again = one.run(np.random.default_rng(trial))
        assert np.array_equal(again.saddle.positions, result.saddle.positions)
        refined = one.refine(again)
        assert np.array_equal(refined.best.positions, search.refine(result).best.positions)
    other = search.run(np.random.default_rng(trial + 1))
    assert other.saddle is None or not np.array_equal(other.saddle.positions, result.saddle.positions)


def test_barrier_does_not_depend_on_the_origin_the_axes_or_the_order(found, disordered):
    """Shifted through the boundary; rotated by 90 degrees with its kick; in another order.

    The noise that Lanczos starts from is not rotated: 1e-3 eV.
    """
    snapshot, glass = disordered
    search, trial, result = found
    shifted = snapshot.replace(positions=snapshot.cell.wrap(snapshot.positions + 5.3))
    again = search_of(shifted, glass, 40).run(np.random.default_rng(trial))
    assert again.saddle.barrier == pytest.approx(result.saddle.barrier, abs=1e-6)
    kick = search.direction(np.random.default_rng(trial))
    turn = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    cell = Cell.orthogonal(np.diag(snapshot.cell.matrix) @ turn)
    turned = snapshot.replace(cell=cell, positions=snapshot.positions @ turn)
    again = search_of(turned, glass, 40).run(np.random.default_rng(trial), kick @ turn)
    assert again.saddle.barrier == pytest.approx(result.saddle.barrier, abs=1e-3)
    order = np.random.default_rng(5).permutation(len(snapshot))
    mixed = Snapshot(snapshot.cell, snapshot.positions[order], snapshot.types[order], snapshot.species, units="metal")
    row = int(np.flatnonzero(order == 40)[0])
    other = search_of(mixed, glass, row)
    moved = np.zeros((len(other.sphere), 3))
    moved[np.searchsorted(other.sphere, row)] = kick[np.searchsorted(search.sphere, 40)]
    again = other.run(np.random.default_rng(trial), moved)
    assert again.saddle.barrier == pytest.approx(result.saddle.barrier, abs=1e-3)


def test_forward_less_backward_is_the_difference_of_the_minima(found, disordered):
    """Energies of minima and saddle by LAMMPS alone, with the particles of the sphere where the search left them."""
    snapshot, glass = disordered
    _, _, result = found
    initial, saddle, far = (
        simulate.energy(snapshot.replace(positions=positions), glass)
        for positions in (snapshot.positions, result.saddle.positions, result.ends.far.positions)
    )
    assert result.saddle.barrier == pytest.approx(saddle - initial, abs=1e-6)
    assert result.ends.far.above == pytest.approx(far - initial, abs=1e-6)


def test_a_saddle_has_one_negative_mode(found, disordered):
    """Full second derivatives of the sphere, at a saddle converged to 0.001."""
    from lammps_glass.interactions import System

    snapshot, glass = disordered
    search, trial, _ = found
    sharp = search_of(snapshot, glass, 40, settings=replace(SearchSettings(), force=1e-3))
    result = sharp.run(np.random.default_rng(trial))
    system = System(snapshot.replace(positions=result.saddle.positions), glass.model(), mobile=search.sphere)
    values = np.linalg.eigvalsh(system.hessian().dense())
    assert (values < 0).sum() == 1
    assert values[0] == pytest.approx(result.saddle.mode.eigenvalue, abs=0.02 * abs(values[0]) + 0.003)


def test_reduced_units_find_the_same_saddles():
    """A Lennard-Jones glass, and the same glass in units of which those of length and energy are 2 and 3."""
    glass = glasses.KobAndersen(n_particles=300)
    random = np.random.default_rng(2)
    start = glass.initial(2)
    grid = np.stack(np.meshgrid(*[np.arange(7)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)[:300] + 0.5
    edge = start.cell.matrix[0, 0]
    snapshot = start.replace(positions=grid * edge / 7 + random.normal(0, 0.05, (300, 3)))
    snapshot = simulate.minimize(snapshot, glass, force_tolerance=1e-5)
    settings = SearchSettings().scaled(1 / 2.7, 4.0)
    results = [
        search_of(snapshot, glass, 20, radius=2.8, settings=settings).run(np.random.default_rng(trial))
        for trial in range(6)
    ]
    assert any(result.status == "connected" for result in results)

    class Scaled(CompiledLandscape):
        def surface(self, rows, positions):
            inner = CompiledLandscape.surface(self, rows, positions)

            class Surface:
                def energy_and_forces(self, x):
                    energy, forces = inner.energy_and_forces(x / 2.0)
                    return 3.0 * energy, 1.5 * forces

            return Surface()

    first = next(trial for trial, result in enumerate(results) if result.status == "connected")
    search = search_of(snapshot, glass, 20, radius=2.8, settings=settings.scaled(2.0, 3.0))
    search.landscape = Scaled(snapshot, glass.model(), 0.2)
    search.initial = 2.0 * snapshot.positions
    inner = search.landscape.surface
    search.landscape.surface = lambda rows, positions: inner(rows, snapshot.positions)
    again = search.run(np.random.default_rng(first))
    # multiplication by 3 rounds: the paths part in the last digits
    assert again.saddle.barrier == pytest.approx(3.0 * results[first].saddle.barrier, rel=1e-6)
