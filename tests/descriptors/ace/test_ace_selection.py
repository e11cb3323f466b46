"""The list of features and the functions they are made of, against the published numbers; bad input."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot
from lammps_glass.descriptors import ACE, Joined
from lammps_glass.descriptors.ace.purification import corrections, hidden_features
from lammps_glass.descriptors.ace.radial import make_transform, monic_recurrence, product_coefficients, radial_functions
from lammps_glass.descriptors.ace.selection import Selection, select
from lammps_glass.errors import InputError

POLYMER = {"species": ("A",), "n_max": 20, "max_degree": 18}


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({}, {"2": 20, "3": 154, "4": 400}),
        (POLYMER, {"2": 20, "3": 204, "4": 897}),
        ({"species": ("A",)}, {"2": 10, "3": 41, "4": 59}),
        ({"max_order": 1, "n_max": 7}, {"2": 14}),
        ({"max_degree": 1}, {"2": 20}),  # two factors have degree 2 at least
    ],
)
def test_counts(options, counts):
    assert Counter(name[0] for name in ACE(**options).feature_names) == counts


def test_counts_by_species_and_order_of_blocks():
    blocks = Counter(tuple(c.species for c in feature) for feature in select(Selection(2, 10, 10, 1.5, 3)))
    assert list(blocks.items()) == [
        ((0,), 10), ((1,), 10), ((0, 0), 41), ((0, 1), 72), ((1, 1), 41),
        ((0, 0, 0), 59), ((0, 0, 1), 141), ((0, 1, 1), 141), ((1, 1, 1), 59),
    ]  # fmt: skip


def test_names_and_order_inside_a_block():
    names = ACE().feature_names
    assert names[:2] == ["2-body A[n=1 l=0]", "2-body A[n=2 l=0]"]
    assert names[10] == "2-body B[n=1 l=0]"
    assert names[20:24] == [f"3-body A[n={a} l={l}] A[n={b} l={l}]" for a, b, l in ((1, 1, 0), (1, 2, 0), (1, 3, 0), (2, 2, 0))]  # fmt: skip  # noqa: E501, E741
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("r_cut", "a"), [(2, 80 / 9), (2.5, 22.543223370429253), (3, 12879 / 271), (4, 97536 / 641)])
def test_steepest_point_of_the_printed_transform(r_cut, a):
    """Values in closed form; and |y'| is largest there, on a grid of 1e-4 in s."""
    transform = make_transform("paper", float(r_cut))
    assert transform.a == pytest.approx(a, rel=1e-13)
    s = np.arange(0, 1.0001, 1e-4)
    y = (1 + s**3) / (1 + s**3 + transform.a * s**4)
    assert s[np.argmax(np.abs(np.gradient(y, s)))] == pytest.approx(1 / r_cut, abs=2e-4)


@pytest.mark.parametrize(
    ("name", "values"),
    [("paper", [-0.62, -0.24, -0.088, -0.033, -0.011, -0.002]), ("ace1", [-0.77, -0.53, -0.35, -0.21, -0.10, -0.03])],
)
def test_first_radial_function(name, values):
    """Published to two digits, of which the last is rounded by hand."""
    r = [1, 1.5, 2, 2.5, 3, 3.5]
    np.testing.assert_allclose(radial_functions(r, 1, make_transform(name, 4.0))[0], values, atol=0.006)


def test_radial_functions_end_smoothly_at_the_cutoff():
    transform = make_transform("ace1", 3.0)
    values = radial_functions(np.array([3.0, 3.0 - 1e-4, 3.5]), 5, transform)
    assert not values[:, [0, 2]].any()
    assert np.abs(values[:, 1]).max() < 1e-6  # quadratic: 1e-8 times the curvature


def test_products_of_radial_functions_are_sums_of_them():
    assert product_coefficients((1, 1)) == pytest.approx((-0.5, np.sqrt(3) / 6), abs=1e-15)
    functions = radial_functions(np.linspace(0.1, 3.9, 50), 9, make_transform("paper", 4.0))
    for ns in ((2, 3), (1, 4, 4)):
        product = np.prod([functions[n - 1] for n in ns], axis=0)
        np.testing.assert_allclose(product_coefficients(ns) @ functions[: sum(ns)], product, atol=1e-13)


def test_the_kernel_recurrence_gives_the_same_functions():
    transform = make_transform("ace1", 4.0)
    expected = radial_functions(np.linspace(0.5, 3.9, 30), 20, transform)
    x = expected[0] + 1
    steps, norms = monic_recurrence(20)
    q = [x - 1, (2 * x - 1) * (x - 1)]
    for n in range(2, 20):
        q.append((2 * x - 1) * q[-1] - steps[n] * q[-2])
    np.testing.assert_allclose(norms[:, None] * q, expected, atol=1e-12)


def test_purification_stays_inside_the_list_when_n_max_reaches_the_degree():
    features = select(Selection(2, 10, 10, 1.5, 3))
    assert not hidden_features(features)
    assert sum(len(corrections(feature)) for feature in features) == 3088
    assert hidden_features(select(Selection(2, 8, 10, 1.5, 3)))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_order": 4}, "only orders 1 to 3"),
        ({"max_order": 0}, "1 or more"),
        ({"n_max": 2.5}, "whole number"),
        ({"r_cut": -1}, "r_cut"),
        ({"r_cut": float("nan")}, "r_cut"),
        ({"w_l": 0}, "w_l"),
        ({"max_degree": "ten"}, "max_degree"),
        ({"purified": "yes"}, "purified"),
        ({"transform": "ace"}, "did you mean 'ace1'"),
        ({"dtype": "float16"}, "float32"),
        ({"species": ()}, "species"),
        ({"species": "AB"}, "list of names"),
        ({"species": ("A", "A")}, "different"),
        ({"features": []}, "empty"),
        ({"features": [574]}, "574"),
        ({"features": [3, "2-body A[n=4 l=0]"]}, "twice"),
        ({"features": ["2-body C[n=4 l=0]"]}, "did you mean"),
        ({"features": "2-body A[n=4 l=0]"}, "list"),
        ({"n_threads": 0}, "n_threads"),
        ({"transform": "paper", "r_cut": 0.7}, "larger r_cut"),
    ],
)
def test_bad_parameters(options, text):
    with pytest.raises(InputError, match=text) as error:
        ACE(**options)
    assert "\n" not in str(error.value)


def snapshot_of(positions, types=None, species=("A", "B")):
    positions = np.asarray(positions, dtype=float)
    types = np.zeros(len(positions), dtype=int) if types is None else types
    return Snapshot(Cell.orthogonal([9.0] * 3), positions, types, species)


@pytest.mark.parametrize(
    ("snapshot", "text"),
    [
        (snapshot_of([[0, 0, 0], [1, 0, 0]], [0, 1], ("A", "C")), "species C"),
        (snapshot_of([[0, 0, 0], [1, 0, 0], [5, 5, 5]]), "particle 3 .* no neighbour within r_cut = 2"),
        (snapshot_of([[0, 0, 0], [1, 0, 0], [1, 0, 0]]), "particle [23] .* own position"),
        (snapshot_of([[0, 0, 0]]), "no neighbour"),
    ],
)
def test_bad_snapshots(snapshot, text):
    with pytest.raises(InputError, match=text):
        ACE(r_cut=2.0).compute(snapshot)


def test_types_without_names_are_refused():
    """Type 1 need not be A: the numbers would be wrong without a word. Numbers that are the names are accepted."""
    snapshot = snapshot_of([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [0, 1, 1])
    unnamed = snapshot.replace(species=("1", "2"))
    for descriptor in (ACE(), Joined({"local-density": {}, "ace": {}})):
        with pytest.raises(InputError, match=r"types 1, 2 have no names.*--types A,B"):
            descriptor.compute(unnamed)
    np.testing.assert_array_equal(ACE().compute(snapshot), ACE(species=("1", "2")).compute(unnamed))
