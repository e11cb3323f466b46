"""The parts meet the contracts of lammps-glass, and their numbers are right."""

from __future__ import annotations

import numpy as np
import pytest
from lammps_glass_example.bond_order import BondOrder
from lammps_glass_example.broken_bonds import BrokenBonds
from lammps_glass_example.flow import structure
from lammps_glass_example.glass import HarmonicSpheres
from lammps_glass_example.softness import Softness

from lammps_glass import descriptors, glasses, labels, learn
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.testing import (
    binary_snapshot,
    check_descriptor,
    check_glass,
    check_indicator,
    check_label,
    check_operation,
    random_walk,
)


def test_contracts():
    check_glass(HarmonicSpheres, {"n_particles": 100})
    check_descriptor(BondOrder)
    check_label(BrokenBonds, {"r_bond": 1.3, "r_broken": 1.4})
    check_indicator(Softness)
    check_operation(structure)


def test_entry_points():
    for registry, name in (
        (glasses, "harmonic-spheres"),
        (descriptors, "bond-order"),
        (labels, "broken-bonds"),
        (learn, "softness"),
    ):
        entry = registry.REGISTRY[name].described()
        assert entry.distribution.startswith("lammps-glass-example ")
        assert entry.units
        assert not entry.fault


def test_density_is_a_packing_fraction_of_0_70():
    glass = HarmonicSpheres()
    volume = np.pi / 6 * (glass.fractions["A"] + glass.fractions["B"] * 1.4**3)
    assert glass.density * volume == pytest.approx(0.70, abs=5e-4)


def test_order_of_an_fcc_crystal():
    """q4 = 0.190941, q6 = 0.574524 of the twelve nearest neighbours: table I of Steinhardt, Nelson and Ronchetti."""
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    crystal = Snapshot(Cell.orthogonal([3.0] * 3), (sites + corners).reshape(-1, 3), np.zeros(108, int), ("A",))
    rows = BondOrder(r_max=0.9, degrees=(4, 6)).compute(crystal)  # neighbours at 0.707, the next ones at 1
    np.testing.assert_allclose(rows[:, 1:], [[0.190941, 0.574524]] * 108, atol=1e-6)


def test_softness_divides_two_classes():
    """Of two unit Gaussians 2d apart along a direction, softness is the coordinate along it."""
    random = np.random.default_rng(0)
    y = np.arange(2000) % 2
    X = random.normal(size=(2000, 3)) + np.outer(2 * y - 1, [2.0, 0.0, 0.0])
    softness = Softness().fit(X, y).decision_function(X)
    assert np.corrcoef(softness, X[:, 0])[0, 1] > 0.99
    assert ((softness > 0) == y).mean() > 0.96  # 0.977 at a distance of two deviations from the plane


def test_broken_bonds_are_counted():
    """Against distances to the nearest image, written out; some bonds break in these walks, not all."""
    start, *_, end = random_walk(binary_snapshot(3), seed=3).snapshots
    values = BrokenBonds(r_bond=1.2, r_broken=1.4).compute(start, end)

    def distances(snapshot):
        apart = snapshot.positions[:, None] - snapshot.positions
        lengths = np.diag(snapshot.cell.matrix)
        return np.linalg.norm(apart - lengths * np.rint(apart / lengths), axis=2)

    bonds = (distances(start) < 1.2) & ~np.eye(len(start), dtype=bool)  # below half the box: one image each
    expected = (bonds & (distances(end) > 1.4)).sum(axis=1) / bonds.sum(axis=1)
    np.testing.assert_allclose(values, expected, atol=1e-12)
    assert 0.05 < values.mean() < 0.95


@pytest.mark.parametrize("options", [{"r_bond": 0.0}, {"r_broken": np.inf}, {"r_bond": 1.5, "r_broken": 1.4}])
def test_bonds_that_are_none(options):
    with pytest.raises(InputError, match="broken-bonds: r_"):
        BrokenBonds(**options)
