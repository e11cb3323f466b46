"""Slices and fields on them, histograms, and g(r) around some particles, against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot, analysis
from lammps_glass.errors import InputError


def gas(n: int = 300, tilt: float = 0.0) -> Snapshot:
    random = np.random.default_rng(3)
    matrix = np.array([[9.0, 0, 0], [tilt, 8.0, 0], [0, tilt, 10.0]])
    return Snapshot(Cell(matrix), random.random((n, 3)) @ matrix, np.zeros(n, int), ("A",))


def test_a_slice_holds_what_lies_between_its_faces_across_the_boundary():
    snapshot = gas()
    found = analysis.slice_particles(snapshot, 3.0, centre=0.05)
    z = snapshot.positions[:, 2]
    expected = (z <= 0.5 + 1.5) | (z >= 10.0 + 0.5 - 1.5)
    assert np.array_equal(np.flatnonzero(expected), found["row"])
    assert np.allclose(found["x"], snapshot.positions[expected, 0])


def test_the_field_of_a_slice_is_the_weighted_mean():
    """Against a double loop over points and particles; rounding only."""
    snapshot = gas(60)
    values = np.random.default_rng(4).normal(size=60)
    table = analysis.slice_field(snapshot, values, 4.0, spacing=2.0, width=0.8)
    inside = np.abs(snapshot.positions[:, 2] - 5.0) <= 2.0
    for _, point in table.iterrows():
        weights = np.zeros(60)
        for i in np.flatnonzero(inside):
            dx, dy = (abs(point[k] - snapshot.positions[i, c]) for c, k in enumerate("xy"))
            square = min(dx, 9 - dx) ** 2 + min(dy, 8 - dy) ** 2
            weights[i] = np.exp(-0.5 * square / 0.8**2)
        assert point["value"] == pytest.approx(weights @ values / weights.sum(), rel=1e-10)
    constant = analysis.slice_field(snapshot, np.full(60, 2.5), 4.0)
    assert np.allclose(constant["value"], 2.5)


def test_slices_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="height is 10"):
        analysis.slice_particles(gas(), 11.0)
    with pytest.raises(InputError, match="values of shape"):
        analysis.slice_field(gas(), np.zeros(3), 3.0)


def test_a_histogram_is_a_density_of_all_values():
    values = np.array([0.0, 0.4, 0.5, 2.0, 7.0, np.nan])
    table = analysis.histogram(values, [0.0, 0.5, 2.0])
    assert table["count"].tolist() == [2, 2]  # a bin begins at its lower edge; the last holds its upper edge too
    assert table["x"].tolist() == [0.25, 1.25]
    # 7 lies outside: four of five numbers are inside
    assert (table["density"] * (table["high"] - table["low"])).sum() == pytest.approx(4 / 5, rel=1e-12)
    assert analysis.histogram([], [0.0, 1.0])["density"].tolist() == [0.0]


def test_binned_means_keep_every_particle_once():
    random = np.random.default_rng(5)
    x, y = random.normal(size=103), random.normal(size=103)
    table = analysis.binned_means(x, y, 0.1)
    assert table["count"].sum() == 103
    assert (table["value"] * table["count"]).sum() == pytest.approx(y.sum())
    assert table["indicator"].is_monotonic_increasing
    assert (analysis.binned_means(x, y, 0.01, at_least=50)["count"] >= 50).all()
    with pytest.raises(InputError, match="finite"):
        analysis.binned_means(x, y + np.nan, 0.1)


@pytest.mark.parametrize("tilt", [0.0, 1.5])
def test_g_around_all_is_g_and_around_some_is_their_share(tilt):
    snapshot = gas(120, tilt)
    every = analysis.radial_distribution_around(snapshot, np.arange(120), 3.5, 20)
    whole = analysis.radial_distribution_function(snapshot, 3.5, 20)
    assert np.allclose(every["g"], whole["g"] * 120 / 119)  # ours divides by the other particles
    some, rest = (analysis.radial_distribution_around(snapshot, rows, 3.5, 20) for rows in (range(30), range(30, 120)))
    assert np.allclose((30 * some["g"] + 90 * rest["g"]) / 120, every["g"])


def test_a_map_of_a_slice_is_its_field_and_the_chosen_particles_in_it():
    snapshot = gas()
    values, sizes = np.random.default_rng(4).normal(size=(2, 300))
    chosen = values > 1
    table = analysis.slice_map(snapshot, values, chosen, 3.0, sizes=sizes, centre=0.3, width=0.8)
    field = analysis.slice_field(snapshot, values, 3.0, centre=0.3, width=0.8)
    rings = table[table["value"].isna()]
    inside = np.flatnonzero((np.abs(snapshot.positions[:, 2] - 3.0) <= 1.5) & chosen)
    assert np.array_equal(table[table["size"].isna()][["x", "y", "value"]], field)
    assert np.array_equal(rings["size"], sizes[inside])
    assert np.allclose(rings[["x", "y"]], snapshot.positions[inside, :2])


def test_the_richest_slice_holds_most_of_the_chosen():
    snapshot = gas()
    chosen = np.abs(snapshot.positions[:, 2] - 6.5) < 0.7
    assert analysis.richest_slice(snapshot, chosen, 2.0) == pytest.approx(0.6875)  # the fifth to seventh eighth: 6.875


def test_groups_and_extremes_are_those_of_the_sorted_values():
    values = np.random.default_rng(5).normal(size=50)
    order = np.argsort(values)
    groups = analysis.quantile_groups(values, 5)
    assert np.array_equal(groups[order], np.repeat(np.arange(5), 10))
    low, high = analysis.extreme_rows(values, 0.1)
    assert np.array_equal(low, order[:5])
    assert np.array_equal(high, order[-5:])
    assert [len(rows) for rows in analysis.extreme_rows(values, 1e-4)] == [1, 1]
    assert np.array_equal(analysis.quantile_groups(np.zeros(4), 2), [0, 0, 1, 1])
