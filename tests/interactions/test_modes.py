"""Vibrational modes: a chain of springs' formula, dense against iterated, orthonormality, units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigvalsh
from shaken_cells import shaken

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr, KobAndersen, KobAndersenSmooth
from lammps_glass.interactions import LennardJones, System, modes
from lammps_glass.snapshots import Cell, Snapshot


@pytest.fixture(scope="module")
def metal():
    """108 atoms of a minimum (of a shaken crystal; a glass is not needed here)."""
    glass = CuZr()
    return glass, simulate.minimize(shaken(glass, 4.2, cells=3), glass, force_tolerance=1e-3)


def eigenvalues(snapshot, glass):
    """Of the mass-weighted Hessian, translations included, by nothing but scipy."""
    weights = 1 / np.sqrt(np.repeat(np.array(glass.masses)[snapshot.types], 3))
    return eigvalsh(System(snapshot, glass.model()).hessian().dense() * weights * weights[:, None])


def test_all_modes_leave_out_the_translations(metal):
    glass, snapshot = metal
    found = modes(snapshot, glass.model(), glass.masses)
    values = eigenvalues(snapshot, glass)
    zero = np.argsort(np.abs(values))[:3]
    expected = np.delete(values, zero)
    assert np.abs(values[zero]).max() < 1e-12 * values.max()
    np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-8, atol=1e-13 * values.max())
    flat = found.vectors.reshape(len(found.vectors), -1)
    assert np.abs(flat @ flat.T - np.eye(len(flat))).max() < 1e-10
    # no mode moves the centre of mass
    weights = np.sqrt(np.array(glass.masses)[snapshot.types])
    assert np.abs(np.einsum("kia,i->ka", found.vectors, weights)).max() < 1e-8 * weights.sum()


@pytest.fixture(scope="module")
def larger():
    """500 atoms, shaken: some directions are unstable, and must be found like the others."""
    glass = CuZr()
    snapshot = shaken(glass, 4.2, cells=5, noise=0.04)
    return glass, snapshot, eigenvalues(snapshot, glass)


@pytest.mark.slow
def test_iterated_lowest_modes_of_two_thousand_atoms():
    """2048 atoms, unstable directions included, against all eigenvalues by scipy."""
    glass = CuZr()
    snapshot = shaken(glass, 4.2, cells=8, noise=0.04)
    values = eigenvalues(snapshot, glass)
    expected = np.delete(values, np.argsort(np.abs(values))[:3])[:50]
    found = modes(snapshot, glass.model(), glass.masses, lowest=50, dense=False)
    assert np.abs(found.eigenvalues / expected - 1).max() < 1e-8


@pytest.mark.parametrize("lowest", [10, 75])
def test_iterated_lowest_modes_equal_the_dense_ones(larger, lowest):
    glass, snapshot, values = larger
    expected = np.delete(values, np.argsort(np.abs(values))[:3])[:lowest]
    found = modes(snapshot, glass.model(), glass.masses, lowest=lowest, dense=False)
    assert np.abs(found.eigenvalues / expected - 1).max() < 1e-8
    flat = found.vectors.reshape(lowest, -1)
    assert np.abs(flat @ flat.T - np.eye(lowest)).max() < 1e-10
    weights = 1 / np.sqrt(np.repeat(np.array(glass.masses)[snapshot.types], 3))
    hessian = System(snapshot, glass.model()).hessian()
    residual = [weights * (hessian @ (weights * v)) - value * v for value, v in zip(found.eigenvalues, flat)]
    # eigenvalues are exact to the square of the residual
    assert np.abs(residual).max() < 1e-6 * values.max()


def test_two_particles_vibrate_with_the_reduced_mass():
    model = LennardJones([[1.0]], [[1.0]], 2.5, ("A",))
    cell = Cell.orthogonal([20.0] * 3)
    pair = Snapshot(cell, np.array([[0, 0, 0], [2 ** (1 / 6), 0, 0]]), np.zeros(2, int), ("A",))
    found = modes(pair, model, [3.0], units="lj")
    # k = 72 / 2^(1/3) at the minimum (no force there: two free rotations), reduced mass 3 / 2
    assert found.angular_frequencies[-1] == pytest.approx(np.sqrt(72 / 2 ** (1 / 3) / 1.5), rel=1e-10)
    assert np.abs(found.eigenvalues[:2]).max() < 1e-12
    assert found.frequencies[-1] == pytest.approx(found.angular_frequencies[-1] / (2 * np.pi))


def test_metal_units_are_radians_a_picosecond(metal):
    glass, snapshot = metal
    found = modes(snapshot, glass.model(), glass.masses)
    # 1 eV = 1.602176634e-19 J, 1 g/mol = 1.66053907e-27 kg
    joule = found.eigenvalues[-1] * 1.602176634e-19 / 1e-20 / 1.66053907e-27
    assert found.angular_frequencies[-1] == pytest.approx(np.sqrt(joule) * 1e-12, rel=1e-8)
    assert 5 < found.frequencies[-1] < 12  # THz: copper's crystal ends at 7.5


@pytest.mark.parametrize("make", [KobAndersen, KobAndersenSmooth])
def test_pair_potentials_have_modes_too(make):
    glass = make()
    snapshot = simulate.minimize(shaken(glass, 1.5, cells=3), glass, force_tolerance=1e-8)
    dense = modes(snapshot, glass.model(), glass.masses, units="lj")
    iterated = modes(snapshot, glass.model(), glass.masses, units="lj", lowest=12, dense=False)
    assert dense.eigenvalues[0] > 0, "a minimum"
    assert np.abs(iterated.eigenvalues / dense.eigenvalues[:12] - 1).max() < 1e-8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": "real"}, "units = 'real'"),
        ({"lowest": 0}, "lowest = 0 must be from 1 to 93"),
        ({"lowest": 94}, "lowest = 94"),
        ({"masses": [1.0]}, "masses must be 2 positive numbers"),
    ],
)
def test_bad_input_is_named(options, message):
    glass = KobAndersen()
    options = {"masses": glass.masses, **options}
    with pytest.raises(InputError, match=message):
        modes(shaken(glass, 1.5), glass.model(), **options)
