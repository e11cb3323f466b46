"""What every descriptor of the registry must do."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import special_ortho_group

from lammps_glass import descriptors
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

# Options of descriptors that cannot be built without any, chosen small.
OPTIONS: dict[str, dict] = {
    "soap": {"species": ("A", "B"), "r_cut": 1.5, "n_max": 4, "l_max": 4, "sigma": 0.3},
    "joined": {"parts": {"radial-gaussians": {"r_max": 2.0}, "interstices": {}}},
}
# Room for rounding in positions (1e-15), amplified by the steepest feature: 1e-9 unless a descriptor says why not.
TOLERANCE: dict[str, float] = {}

# Those that need simulations are of an inherent structure, not of any snapshot: see tests of their own.
STATIC = sorted(name for name, entry in descriptors.REGISTRY.items() if not entry.protocol)
every_descriptor = pytest.mark.parametrize("name", STATIC)
examples = settings(max_examples=5, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def build(name):
    return descriptors.REGISTRY.build(name, OPTIONS.get(name))


def glassy(seed):
    """Sixty-four particles of two species at density 1.2, no two closer than 0.56, in a periodic box."""
    random = np.random.default_rng(seed)
    lattice = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) + 0.5
    edge = 1.2 ** (-1 / 3)
    positions = edge * (lattice + random.uniform(-0.2, 0.2, size=lattice.shape))
    return Snapshot(Cell(np.eye(3) * 4 * edge), positions, (np.arange(64) % 5 == 0).astype(int), ("A", "B"))


def assert_same(name, values, expected):
    tolerance = TOLERANCE.get(name, 1e-9)
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance)


@every_descriptor
def test_rows_are_finite_numbers_with_unique_names(name):
    descriptor, snapshot = build(name), glassy(0)
    values = descriptor.compute(snapshot)
    names = descriptor.feature_names
    assert values.dtype == np.float64
    assert values.shape == (len(snapshot), len(names))
    assert np.isfinite(values).all()
    assert np.ptp(values, axis=0).max() > 0
    assert len(set(names)) == len(names)
    assert all(isinstance(column, str) for column in names)
    assert descriptor.name == name
    assert set(descriptor.species_needed) <= {"A", "B"}


@every_descriptor
def test_compute_repeats_and_leaves_nothing_behind(name):
    descriptor, snapshot = build(name), glassy(1)
    before, positions = copy.deepcopy(vars(descriptor)), snapshot.positions.copy()
    first = descriptor.compute(snapshot)
    build(name).compute(glassy(2))
    assert np.array_equal(descriptor.compute(snapshot), first)
    assert vars(descriptor) == before
    assert np.array_equal(snapshot.positions, positions)
    assert not snapshot.positions.flags.writeable


@every_descriptor
def test_parameters_make_the_round_trip(name):
    descriptor = build(name)
    params = descriptor.get_params()
    again = type(descriptor)(**params)
    assert again.get_params() == params
    assert descriptor.set_params(**params) is descriptor
    assert descriptor.get_params() == params
    with pytest.raises(InputError, match="no_such_parameter"):
        descriptor.set_params(no_such_parameter=1)
    snapshot = glassy(3)
    assert np.array_equal(again.compute(snapshot), build(name).compute(snapshot))


@every_descriptor
@examples
@given(seed=seeds)
def test_order_of_particles(name, seed):
    descriptor, snapshot = build(name), glassy(seed)
    order = np.random.default_rng(seed).permutation(len(snapshot))
    shuffled = Snapshot(snapshot.cell, snapshot.positions[order], snapshot.types[order], snapshot.species)
    assert_same(name, descriptor.compute(shuffled), descriptor.compute(snapshot)[order])


@every_descriptor
@examples
@given(seed=seeds)
def test_translation_and_rotation(name, seed):
    descriptor, snapshot = build(name), glassy(seed)
    random = np.random.default_rng(seed)
    rotation = special_ortho_group.rvs(3, random_state=seed)
    cell = Cell(snapshot.cell.matrix @ rotation, random.normal(size=3))
    moved = snapshot.replace(cell=cell, positions=(snapshot.positions + 3 * random.normal(size=3)) @ rotation)
    assert_same(name, descriptor.compute(moved), descriptor.compute(snapshot))


@every_descriptor
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_replication(name, axis):
    descriptor, snapshot = build(name), glassy(4)
    matrix = np.array(snapshot.cell.matrix)
    positions = np.concatenate([snapshot.positions, snapshot.positions + matrix[axis]])
    matrix[axis] *= 2
    doubled = Snapshot(Cell(matrix), positions, np.tile(snapshot.types, 2), snapshot.species)
    assert_same(name, descriptor.compute(doubled), np.tile(descriptor.compute(snapshot), (2, 1)))


def test_descriptors_that_need_simulations_say_so():
    for name in set(descriptors.REGISTRY) - set(STATIC):
        descriptor = build(name)
        assert descriptor.protocol == descriptors.REGISTRY[name].protocol
        assert type(descriptor)(**descriptor.get_params()).get_params() == descriptor.get_params()
        with pytest.raises(InputError, match=r"simulate\.describe"):
            descriptor.compute(glassy(0))
