"""What must not change a feature, and what must not change a bit of it."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import ortho_group

from lammps_glass import Cell, Snapshot
from lammps_glass.descriptors import ACE

# Positions move by 1e-15 of themselves, features by some hundred times that at most; measured: below 5e-14.
TOLERANCE = 1e-11
examples = settings(max_examples=8, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def glassy(seed, n=5):
    """A disturbed lattice at density 1.2, one particle in five of the second species, in a triclinic box."""
    random = np.random.default_rng(seed)
    edge = 1.2 ** (-1 / 3)
    lattice = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) + 0.5
    cell = Cell(n * edge * np.array([[1, 0, 0], [0.2, 1, 0], [-0.1, 0.3, 1]]))
    positions = cell.cartesian((lattice + random.uniform(-0.2, 0.2, size=lattice.shape)) / n)
    return Snapshot(cell, positions, (random.random(n**3) < 0.2).astype(int), ("A", "B"))


def assert_same(values, expected, names):
    bodies = np.array([name[0] for name in names])
    for body in np.unique(bodies):
        block = bodies == body
        size = np.abs(expected[:, block]).max()
        np.testing.assert_allclose(values[:, block] / size, expected[:, block] / size, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("purified", [False, True])
@examples
@given(seed=seeds)
def test_rotation_reflection_translation_permutation(purified, seed):
    ace, snapshot, random = ACE(r_cut=2.5, purified=purified), glassy(seed), np.random.default_rng(seed)
    rotation, order = ortho_group.rvs(3, random_state=seed), random.permutation(len(snapshot))
    moved = Snapshot(
        Cell(snapshot.cell.matrix @ rotation, random.normal(size=3)),
        ((snapshot.positions + 10 * random.normal(size=3)) @ rotation)[order],
        snapshot.types[order],
        snapshot.species,
    )
    assert_same(ace.compute(moved), ace.compute(snapshot)[order], ace.feature_names)


@pytest.mark.parametrize("r_cut", [2.5, 5.0])
def test_replication(r_cut):
    """Also where the cutoff exceeds the small box, in which images of the particle itself are neighbours."""
    ace, snapshot = ACE(r_cut=r_cut), glassy(1, n=4)
    turns = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1, 2], indexing="ij"), axis=-1).reshape(-1, 3)
    large = Snapshot(
        Cell(np.diag([2, 2, 3]) @ snapshot.cell.matrix),
        np.concatenate([snapshot.positions + turn @ snapshot.cell.matrix for turn in turns]),
        np.tile(snapshot.types, 12),
        snapshot.species,
    )
    assert_same(ace.compute(large), np.tile(ace.compute(snapshot), (12, 1)), ace.feature_names)


def test_renaming_the_species_exchanges_columns():
    snapshot, ace = glassy(2), ACE(r_cut=2.5, max_degree=6)
    swapped = snapshot.replace(types=1 - snapshot.types)
    exchange = str.maketrans("AB", "BA")
    of_name = dict(zip(ace.feature_names, ace.compute(swapped).T))
    checked = 0
    for name, column in zip(ace.feature_names, ace.compute(snapshot).T):
        head, _, factors = name.partition("-body ")
        parts = factors.translate(exchange).replace("] ", "]|").split("|")
        key = lambda part: (part[0], part.split("l=")[1], part.split("n=")[1])  # noqa: E731
        other = f"{head}-body {' '.join(sorted(parts, key=key))}"
        np.testing.assert_allclose(column, of_name[other], rtol=0, atol=TOLERANCE * np.abs(column).max())
        checked += 1
    assert checked == len(ace.feature_names)


@examples
@given(seed=seeds)
def test_a_choice_of_features_equals_the_whole(seed):
    """To the last bit, in the order asked for, by index or by name; hidden features do the rest."""
    whole, snapshot, random = ACE(r_cut=2.5), glassy(seed, n=4), np.random.default_rng(seed)
    chosen = [int(i) for i in random.choice(574, size=random.integers(1, 12), replace=False)]
    names = [whole.feature_names[i] for i in chosen]
    part = ACE(r_cut=2.5, features=[i if i % 2 else whole.feature_names[i] for i in chosen])
    assert part.feature_names == names
    np.testing.assert_array_equal(part.compute(snapshot), whole.compute(snapshot)[:, chosen])


def test_a_choice_costs_only_what_it_needs():
    """One pair of neighbours needs no triple, one species' moments no others."""
    plan = ACE(features=["3-body A[n=1 l=1] A[n=2 l=1]"]).plan
    assert len(plan.triples.members) == 0
    assert plan.sums.counts.tolist() == [[3, 2], [0, 0]]  # n = 1 ... 3 with l = 0: the terms to take away


@pytest.mark.parametrize("n_threads", [2, 3, 50])
def test_threads_give_the_same_bits(n_threads):
    snapshot = glassy(3)
    np.testing.assert_array_equal(ACE(n_threads=n_threads).compute(snapshot), ACE().compute(snapshot))


def test_rows_in_single_precision_are_the_rounded_ones():
    snapshot = glassy(4)
    single = ACE(dtype="float32").compute(snapshot)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, ACE().compute(snapshot).astype(np.float32))


def test_few_radial_functions_leave_pure_features_as_they_are():
    """What n_max cuts off the list does not change what stays: the corrections are computed all the same."""
    snapshot, many, few = glassy(5), ACE(r_cut=2.5), ACE(r_cut=2.5, n_max=3)
    of_many = dict(zip(many.feature_names, many.compute(snapshot).T))
    for name, column in zip(few.feature_names, few.compute(snapshot).T):
        np.testing.assert_array_equal(column, of_many[name])


def test_neighbors_are_not_stored():
    """Beyond the rows memory grows by the cells' own arrays, below 400 bytes a particle; 157 neighbours need 3768."""

    def beyond_rows(n):
        snapshot, ace = glassy(6, n), ACE(r_cut=3.15, max_order=1)
        ace.compute(snapshot)
        tracemalloc.start()
        rows = ace.compute(snapshot)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - rows.nbytes

    assert (beyond_rows(20) - beyond_rows(10)) / (20**3 - 10**3) < 400
