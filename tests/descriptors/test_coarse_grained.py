"""Averages over neighbours against sums written out, exact limits, and the descriptors of states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass import descriptors
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.testing.samples import binary_snapshot


def written_out(snapshot, columns, lengths, r_max, gaussian):
    """Averages by loops over particles and periodic images, as the formula reads."""
    reach = [int(np.ceil(r_max / h)) + 1 for h in snapshot.cell.heights]
    shifts = [
        np.array([a, b, c]) @ snapshot.cell.matrix
        for a in range(-reach[0], reach[0] + 1)
        for b in range(-reach[1], reach[1] + 1)
        for c in range(-reach[2], reach[2] + 1)
    ]
    n_species = len(snapshot.species)
    result = np.zeros((len(snapshot), n_species, len(lengths), columns.shape[1]))
    for i, here in enumerate(snapshot.positions):
        weights = np.zeros((n_species, len(lengths)))
        for j, there in enumerate(snapshot.positions):
            for shift in shifts:
                distance = np.linalg.norm(there + shift - here)
                if distance > r_max:
                    continue
                for k, length in enumerate(lengths):
                    weight = np.exp(-0.5 * (distance / length) ** 2) if gaussian else np.exp(-distance / length)
                    weights[snapshot.types[j], k] += weight
                    result[i, snapshot.types[j], k] += weight * columns[j]
        result[i] /= weights[:, :, None]
    return result.reshape(len(snapshot), -1)


PARTS = {"local-density": {"r_cut": 1.3, "shell": 1.1}}


@pytest.mark.parametrize("weights", ["exponential", "gaussian"])
@pytest.mark.parametrize("r_max", [1.5, 3.1])  # the second beyond the box: a particle meets its own images
def test_averages_are_those_written_out(weights, r_max):
    start = binary_snapshot(3, n_cells=3)
    tilted = start.cell.matrix @ np.array([[1.0, 0.2, 0.0], [0.0, 1.0, 0.1], [0.0, 0.0, 1.0]])
    snapshot = start.replace(cell=Cell(tilted), positions=start.positions @ np.linalg.inv(start.cell.matrix) @ tilted)
    columns = descriptors.LocalDensity(r_cut=1.3, shell=1.1).compute(snapshot)
    made = descriptors.CoarseGrained(PARTS, ("A", "B"), (0.7, 2.0), r_max, weights).compute(snapshot)
    expected = written_out(snapshot, columns, (0.7, 2.0), r_max, weights == "gaussian")
    np.testing.assert_allclose(made, expected, rtol=1e-12)  # sums of a hundred terms in another order


def test_second_level_averages_the_first():
    snapshot = binary_snapshot(5, n_cells=3)
    made = descriptors.CoarseGrained(PARTS, ("A", "B"), (0.7, 2.0), 2.0, second_lengths=(1.0,), second_of=(2.0,))
    rows = made.compute(snapshot)
    first = rows[:, :8].reshape(len(snapshot), 2, 2, 2)[:, :, 1].reshape(len(snapshot), -1)
    np.testing.assert_allclose(rows[:, 8:], written_out(snapshot, first, (1.0,), 2.0, False), rtol=1e-12)
    assert made.feature_names[8] == "local_density A L=2 A L=1"
    assert len(made.feature_names) == rows.shape[1] == 16


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 100), length=st.floats(0.3, 5.0))
def test_an_average_lies_between_the_smallest_and_the_largest_value(seed, length):
    snapshot = binary_snapshot(seed, n_cells=3)
    columns = descriptors.LocalDensity(r_cut=1.3, shell=1.1).compute(snapshot)
    made = descriptors.CoarseGrained(PARTS, None, (length,), 2.0).compute(snapshot)
    assert (made >= columns.min(axis=0) - 1e-12).all()
    assert (made <= columns.max(axis=0) + 1e-12).all()


def test_a_short_length_gives_the_particle_itself_and_a_long_one_the_mean_of_the_sphere():
    snapshot = binary_snapshot(1, species=("A",))
    columns = descriptors.LocalDensity(r_cut=1.3, shell=1.1).compute(snapshot)
    near = descriptors.CoarseGrained(PARTS, None, (1e-2,), 2.0).compute(snapshot)
    np.testing.assert_allclose(near, columns, rtol=1e-12)  # exp(-56) of the nearest neighbour
    far = descriptors.CoarseGrained(PARTS, None, (1e9,), 2.0).compute(snapshot)
    expected = written_out(snapshot, columns, (1e9,), 2.0, False)
    np.testing.assert_allclose(far, expected, rtol=1e-9)


def test_powers_are_of_columns_measured_from_their_mean_in_units_of_their_deviation():
    snapshot = binary_snapshot(2, n_cells=3)
    columns = descriptors.LocalDensity(r_cut=1.3, shell=1.1).compute(snapshot)
    squares = ((columns - columns.mean(axis=0)) / columns.std(axis=0)) ** 2
    both = descriptors.CoarseGrained(PARTS, ("A", "B"), (1.0,), 2.0, powers=(1, 2))
    assert both.feature_names[:4] == [
        "local_density A L=1",
        "coordination A L=1",
        "local_density^2 A L=1",
        "coordination^2 A L=1",
    ]
    expected = written_out(snapshot, np.hstack([columns, squares]), (1.0,), 2.0, False)
    np.testing.assert_allclose(both.compute(snapshot), expected, rtol=1e-12)


def test_a_species_without_neighbours_is_an_error_that_names_the_particle():
    alone = Snapshot(Cell(9.0 * np.eye(3)), [[1, 1, 1], [5, 5, 5.0]], [0, 1], ("A", "B"))
    with pytest.raises(InputError, match=r"particle 1 .* no neighbour of B within r_max = 2"):
        descriptors.CoarseGrained(PARTS, ("A", "B"), (1.0,), 2.0).compute(alone)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": {}}, "parts are none"),
        ({"parts": {"no-such": {}}}, "unknown descriptor"),
        ({"parts": {"vibrational": {}}}, "needs simulations"),
        ({"parts": PARTS, "lengths": (2.0, 1.0)}, "ascend"),
        ({"parts": PARTS, "weights": "cubic"}, "unknown weights"),
        ({"parts": PARTS, "second_lengths": (1.0,), "second_of": (5.0,)}, "second_of"),
        ({"parts": {"density": {"name": "local-density"}, "local-density": {}, "again": 3}}, "must be a table"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        descriptors.CoarseGrained(**options)


def test_two_parts_of_one_kind_have_their_keys_before_their_columns():
    parts = {"near": {"name": "local-density", "r_cut": 1.2}, "far": {"name": "local-density", "r_cut": 2.0}}
    joined = descriptors.Joined(parts)
    assert joined.feature_names[0] == "near local_density"
    snapshot = binary_snapshot(0)
    np.testing.assert_array_equal(
        joined.compute(snapshot)[:, 2:], descriptors.LocalDensity(r_cut=2.0).compute(snapshot)
    )
