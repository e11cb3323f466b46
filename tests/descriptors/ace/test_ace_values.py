"""Every feature against sums over explicit pairs and triples of neighbours, plain and pure, in every kind of cell."""

from __future__ import annotations

import re

import ace_oracle
import numpy as np
import pytest

from lammps_glass import Cell, Snapshot
from lammps_glass.descriptors import ACE

# Sums of some 5000 terms of both signs, rounded in another order; measured: below 4e-15 of the largest of the block.
TOLERANCE = 1e-12
SPECIES = ("A", "B")


def channels(name):
    """The channels that the name of a column says: (species, l, n)."""
    body, factors = name.split("-body ")
    found = re.findall(r"(\w)\[n=(\d+) l=(\d+)\]", factors)
    assert len(found) == int(body) - 1
    return [(SPECIES.index(z), int(ell), int(n)) for z, n, ell in found]


def cluster(n, n_species, seed):
    """A particle in the middle of `n` others at distances 0.7 to 2.9, in an open cell."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(n, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    positions = np.concatenate([np.zeros((1, 3)), directions * random.uniform(0.7, 2.9, size=(n, 1))])
    cell = Cell(np.eye(3) * 6, -np.ones(3) * 3, np.zeros(3, dtype=bool))
    return Snapshot(cell, positions, np.arange(n + 1) % n_species, SPECIES[:n_species])


def crystal(cell, n, seed):
    """`n` particles in and around a cell."""
    random = np.random.default_rng(seed)
    return Snapshot(cell, cell.cartesian(random.uniform(-0.3, 0.6, (n, 3))), np.arange(n) % 2, SPECIES)


def oracle(snapshot, ace, i=0):
    environment = ace_oracle.Environment(
        *ace_oracle.neighbors(
            snapshot.positions, snapshot.types, snapshot.cell.matrix, snapshot.cell.periodic, i, ace.r_cut
        ),
        ace.r_cut,
        ace.transform,
    )
    return np.array([environment.feature(channels(name), ace.purified) for name in ace.feature_names])


def assert_blocks_agree(values, expected, names):
    """Relative to the largest value of the body order."""
    bodies = np.array([name[0] for name in names])
    for body in np.unique(bodies):
        block = bodies == body
        size = np.abs(expected[block]).max()
        assert size > 1e-3
        np.testing.assert_allclose(values[block] / size, expected[block] / size, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("purified", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"transform": "paper"},
        {"species": ("A",), "n_max": 20, "max_degree": 18},
        {"species": ("A",), "n_max": 5, "max_degree": 10, "w_l": 1.0},  # products of radial functions leave the list
        {"n_max": 3, "max_degree": 12, "w_l": 2.3},
    ],
    ids=["two species", "printed transform", "polymer", "one species, few n", "two species, few n"],
)
def test_against_sums_over_tuples(options, purified):
    ace = ACE(**options, r_cut=3.0, purified=purified)
    snapshot = cluster(14, len(ace.species), seed=3)
    assert_blocks_agree(ace.compute(snapshot)[0], oracle(snapshot, ace), ace.feature_names)


CELLS = {
    "open": Cell.orthogonal([2.0, 2.1, 1.9], periodic=(False,) * 3),
    "partly periodic": Cell.orthogonal([1.4, 1.6, 2.0], periodic=(True, False, True)),
    "one image thick": Cell.orthogonal([0.8, 1.7, 2.0], origin=(1, 2, 3)),
    "triclinic": Cell(np.array([[1.7, 0.0, 0.0], [0.7, 1.6, 0.0], [-0.5, 0.6, 1.5]])),
    "rotated, left-handed": Cell(np.array([[0.2, 1.7, 0.1], [1.6, 0.0, 0.4], [0.3, 0.6, 1.5]])),
}


@pytest.mark.parametrize("kind", CELLS)
def test_images_in_every_cell(kind):
    """Cells smaller than the cutoff: a particle's own images are its neighbours, and so are several of another."""
    snapshot = crystal(CELLS[kind], 4, seed=11)
    ace = ACE(r_cut=1.9, max_degree=6, features=None)
    rows = ace.compute(snapshot)
    for i in range(4):
        assert_blocks_agree(rows[i], oracle(snapshot, ace, i), ace.feature_names)


def test_only_species_and_place_of_neighbors_count():
    """The species of the particle itself does not matter."""
    snapshot = cluster(14, 2, seed=4)
    types = snapshot.types.copy()
    types[0] = 1 - types[0]
    other = snapshot.replace(types=types)
    np.testing.assert_array_equal(ACE(r_cut=3.0).compute(snapshot)[0], ACE(r_cut=3.0).compute(other)[0])


def test_flat_and_straight_clusters():
    """Open cells whose particles have no extent along a vector or two."""
    for positions in ([[0, 0, 0], [1, 0, 0], [0.3, 1, 0]], [[0, 0, 0], [1, 0, 0], [-1.2, 0, 0]]):
        cell = Cell.orthogonal([9.0] * 3, periodic=(False,) * 3)
        snapshot = Snapshot(cell, np.array(positions, dtype=float), np.zeros(3, dtype=int), ("A",))
        ace = ACE(("A",), r_cut=3.0, purified=False)
        assert_blocks_agree(ace.compute(snapshot)[0], oracle(snapshot, ace), ace.feature_names)


@pytest.mark.parametrize(("n", "body"), [(1, "3"), (1, "4"), (2, "4")])
def test_pure_features_need_enough_neighbors(n, body):
    """One neighbour makes no pair, two make no triple: zero, but for the rounding of terms of size one."""
    snapshot = cluster(n, 1, seed=5)
    plain, pure = (ACE(("A",), r_cut=3.0, purified=purified) for purified in (False, True))
    block = [name[0] == body for name in pure.feature_names]
    assert np.abs(plain.compute(snapshot)[0, block]).max() > 1e-3
    np.testing.assert_allclose(pure.compute(snapshot)[0, block], 0.0, atol=1e-14)


def test_sums_over_an_absent_species_vanish():
    snapshot = cluster(14, 2, seed=6)
    only_a = snapshot.replace(types=np.zeros(15, dtype=int))
    ace, of_a = ACE(r_cut=3.0), ACE(("A",), r_cut=3.0)
    row, with_b = ace.compute(only_a)[0], np.array(["B[" in name for name in ace.feature_names])
    assert not row[with_b].any()
    np.testing.assert_array_equal(row[~with_b], of_a.compute(only_a.replace(species=("A",)))[0])
