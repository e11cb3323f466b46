"""Correlations in space and time, voxels and fluctuations, against plain definitions and exact cases."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from lammps_glass import Cell, Snapshot, analysis
from lammps_glass.analysis import (
    crossing_exponent,
    decay_length,
    field_autocorrelation,
    first_zero_crossings,
    fluctuation_by_population,
    power_law_slope,
    spatial_autocorrelation,
    voxel_autocorrelations,
    voxel_field,
    voxel_fields,
    voxel_number,
)
from lammps_glass.errors import InputError


def lattice(n: int, shift: float = 0.5) -> Snapshot:
    axis = np.arange(n) + shift
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    return Snapshot(Cell.orthogonal([n] * 3), points, np.zeros(n**3, int), ("A",))


@pytest.mark.parametrize("periodic", [(True, True, True), (True, False, True)])
def test_autocorrelation_against_all_images(periodic: tuple[bool, bool, bool]) -> None:
    """A box smaller than the range, triclinic, a particle without a value."""
    rng = np.random.default_rng(2)
    cell = Cell(np.array([[2.05, 0, 0], [0.5, 2.2, 0], [0.3, -0.4, 2.6]]), periodic=periodic)
    snapshot = Snapshot(cell, cell.cartesian(rng.random((12, 3))), np.zeros(12, int), ("A",))
    values = rng.normal(size=12)
    values[4] = np.nan
    table = spatial_autocorrelation(snapshot, values, r_max=3.0, bin_width=0.5)
    deviation = values - np.nanmean(values)
    products: dict[int, list[float]] = {at: [] for at in range(6)}
    reach = [range(-3, 4) if flag else range(1) for flag in periodic]
    for turn in itertools.product(*reach):
        for i, j in itertools.product(range(12), repeat=2):
            r = np.linalg.norm(snapshot.positions[j] + np.array(turn) @ cell.matrix - snapshot.positions[i])
            if 0 < r < 3 and 4 not in (i, j):
                products[int(r / 0.5)].append(deviation[i] * deviation[j])
    for at, own in products.items():
        assert table.pairs[at + 1] == len(own) / 2
        if own:
            assert table.correlation[at + 1] == pytest.approx(np.mean(own), abs=1e-12)  # rounding
    assert table.r[0] == 0
    assert table.correlation[0] == pytest.approx(np.nanmean(deviation**2))
    assert table.pairs[0] == 11


def test_each_snapshot_has_its_own_mean() -> None:
    snapshot = lattice(4)
    values = np.random.default_rng(0).normal(size=64)
    one = spatial_autocorrelation(snapshot, values, 1.5, 0.5)
    both = spatial_autocorrelation(iter([snapshot, snapshot]), iter([values, values + 7]), 1.5, 0.5)
    assert np.allclose(one.correlation, both.correlation, equal_nan=True)
    assert (both.pairs == 2 * one.pairs).all()


@pytest.mark.parametrize("own", [True, False])
def test_decay_length_is_found_with_and_without_the_self_point(own: bool) -> None:
    r = np.array([0.0, 0.5, *np.arange(1, 4, 0.25)])
    correlation = 2.0 * np.exp(-r / 0.63)
    correlation[1] = np.nan  # no pair so close
    if not own:
        correlation[0] = 40.0  # must not matter
    fit = decay_length(pd.DataFrame({"r": r, "correlation": correlation}), 0.9, 3.5, own)
    assert fit.length == pytest.approx(0.63, rel=1e-6)  # of a search in the logarithm to 1e-10
    assert fit.amplitude == pytest.approx(2.0, rel=1e-5)
    assert (fit.r_min, fit.r_max, fit.include_self) == (0.9, 3.5, own)


def test_a_correlation_that_does_not_decay_has_no_length() -> None:
    r = np.arange(1, 4, 0.25)
    assert np.isnan(decay_length(pd.DataFrame({"r": r, "correlation": np.ones(len(r))}), 0.9, 3.5, False).length)
    assert np.isnan(decay_length(pd.DataFrame({"r": r, "correlation": -np.exp(-r)}), 0.9, 3.5, False).length)
    with pytest.raises(InputError, match="at least three"):
        decay_length(pd.DataFrame({"r": r, "correlation": r}), 9, 10, False)


def shells(length: float, replica: str, seed: int) -> pd.DataFrame:
    """A table as of an autocorrelation: pairs on three shells, a correlation that decays with noise of 1e-3."""
    r = np.arange(0.1, 12.0, 0.2)
    g = 1 + sum(np.exp(-(((r - peak) / 0.25) ** 2)) for peak in (2.7, 4.9, 7.3))
    noise = 1e-3 * np.random.default_rng(seed).normal(size=len(r))
    columns = {"r": r, "pairs": (1e3 * g * r**2).astype(int), "normalized": 0.8 * np.exp(-r / length) + noise}
    return pd.DataFrame(columns).assign(replica=replica)


def test_a_decay_is_fitted_at_the_peaks_of_g() -> None:
    """Three shells planted at 2.7, 4.9 and 7.3 in bins of 0.2; lengths within the noise, of each replica and of all."""
    table = pd.concat([shells(2.0, "1", 1), shells(3.0, "2", 2)], ignore_index=True).query("pairs > 200")
    peaks = analysis.pair_distances(table)
    assert np.allclose(peaks, [2.7, 4.9, 7.3], atol=0.11)
    near = analysis.correlations_near(table, peaks, 0.3)
    bins = table[(table["r"] - peaks[0]).abs() <= 0.3]
    assert near["correlation"].iloc[0] == pytest.approx(np.average(bins["normalized"], weights=bins["pairs"]))
    decay = analysis.decay_by_replica(table, peaks, 0.3, 12.0)
    # the mean over a width of 0.6 of an exponential of length 2 is 1 % above its middle, everywhere alike
    assert (decay.least, decay.largest) == pytest.approx((2.0, 3.0), rel=0.05)
    assert decay.least < decay.length < decay.largest
    assert (decay.n_fitted, decay.n_replicas) == (2, 2)
    flat = analysis.decay_by_replica(table.assign(normalized=-0.1), peaks, 0.3, 12.0)
    assert np.isnan(flat.length)
    assert (flat.n_fitted, flat.n_replicas) == (0, 2)
    assert analysis.decay_by_replica(table, peaks[:2], 0.3, 12.0).fit is None


def test_voxel_number_of_the_demo_and_the_paper() -> None:
    assert [voxel_number(n) for n in (1, 15, 16, 800, 8000, 10**6)] == [1, 1, 2, 7, 15, 15]


def test_voxels_follow_the_cell_and_its_images() -> None:
    cell = Cell(np.array([[4.0, 0, 0], [1.0, 4, 0], [0, 0, 8]]), origin=np.array([1.0, 2, 3]))
    scaled = np.array([[0.1, 0.1, 0.1], [0.9, 0.1, 0.1], [0.95, 0.2, 0.4], [-0.9, 1.2, 5.1], [-1e-18, 0, 0]])
    snapshot = Snapshot(cell, cell.cartesian(scaled), np.zeros(5, int), ("A",))
    field, population = voxel_field(snapshot, [1.0, 2.0, 4.0, 3.0, np.nan], 2)
    assert population.tolist() == [2, 0, 0, 0, 2, 0, 0, 0]
    assert field[0] == 2.0
    assert field[4] == 3.0
    assert np.isnan(field[[1, 2, 3, 5, 6, 7]]).all()
    flat = snapshot.replace(cell=Cell(cell.matrix, cell.origin, [True, True, False]))
    with pytest.raises(InputError, match="outside the cell"):
        voxel_field(flat, np.zeros(5), 2)


def test_fluctuation_of_independent_values() -> None:
    """Voxel means fall as N**-1/2 exactly, up to the finite system; the printed form stays at sigma."""
    snapshot = lattice(24)  # 13 824 particles: 24**3 / n**3 in each voxel
    rng = np.random.default_rng(1)
    values = [rng.normal(size=24**3) for _ in range(10)]
    table = fluctuation_by_population([snapshot] * 10, values, [1, 2, 3, 4, 6, 8])
    assert table.population.tolist() == [27, 64, 216, 512, 1728, 13824]
    inner = table[table.number > 1]
    expected = np.sqrt((1 - 1 / inner.voxels) / inner.population)  # variance of V means about their own mean
    # Ten snapshots of V voxels: the deviation of a deviation is 1 / sqrt(2 x 10 x V), 8 % for V = 8; three of them.
    assert np.allclose(inner.mean_deviation, expected, rtol=0.24)
    assert table.mean_deviation[5] == pytest.approx(0, abs=1e-12)
    assert np.allclose(table.particle_rms, 1, atol=0.02)
    slope = power_law_slope(table.population[:4], table.mean_deviation[:4], x_min=27).exponent
    assert slope == pytest.approx(-0.5, abs=0.06)  # V >= 27: each point to 4 %, over a range of ln 19 = 2.9


def loops(fields: np.ndarray, lag: int, form: str) -> float:
    products = []
    for t, v in itertools.product(range(len(fields) - lag), range(fields.shape[1])):
        later_mean = np.nanmean(fields[t + lag] if form == "each" else fields[t])
        products.append((fields[t, v] - np.nanmean(fields[t])) * (fields[t + lag, v] - later_mean))
    return float(np.nanmean(products))


@pytest.mark.parametrize("form", ["each", "origin"])
def test_time_autocorrelation_against_loops(form) -> None:
    rng = np.random.default_rng(5)
    fields = rng.normal(size=(6, 8)) + np.arange(6)[:, None]
    fields[rng.random((6, 8)) < 0.2] = np.nan
    table = field_autocorrelation(np.arange(6) * 500, fields, form)
    assert table.time.tolist() == [0, 500, 1000, 1500, 2000, 2500]
    assert np.allclose(table.correlation, [loops(fields, lag, form) for lag in range(6)])


def test_drift_of_the_mean_enters_only_the_printed_form() -> None:
    fields = np.random.default_rng(6).normal(size=(5, 10))
    drifting = fields + 10 * np.arange(5)[:, None]
    same = [field_autocorrelation(np.arange(5), f).correlation for f in (fields, drifting)]
    assert np.allclose(*same)
    # Averaged over all voxels the drift cancels, as deviations at the origin sum to zero; in one voxel it does not.
    assert not np.allclose(*[voxel_autocorrelations(np.arange(5), f, "origin")[1] for f in (fields, drifting)])


def test_first_crossing_is_interpolated() -> None:
    curves = np.array([[1.0, 1, 1, np.nan, 1], [0.5, -1, 0.5, np.nan, np.nan], [-0.5, 1, 0.2, np.nan, -1]])
    crossings = first_zero_crossings([0, 10, 20], curves)
    assert crossings[:2].tolist() == [15.0, 5.0]
    assert np.isnan(crossings[2:4]).all()
    assert crossings[4] == 10.0


def test_crossing_exponent_of_one() -> None:
    """Times spread evenly in the logarithm have a density of exponent exactly 1."""
    times = np.geomspace(1, 100, 2001)
    assert crossing_exponent(times, 1, 100).exponent == pytest.approx(1, abs=1e-6)


def test_uneven_times_are_refused() -> None:
    with pytest.raises(InputError, match="equal steps"):
        field_autocorrelation([0, 1, 3], np.ones((3, 2)))


def test_fields_tell_their_population() -> None:
    fields = voxel_fields([lattice(4), lattice(4).replace(step=7)], [np.ones(64)] * 2, 8)
    assert fields.steps.tolist() == [0, 7]
    assert fields.mean_population == 64 / 512
    assert fields.empty_fraction == 1 - 64 / 512


def test_boxes_of_the_cube_may_differ_along_its_edges():
    """Eight particles at the corners of a grid: a box of the cube cut along z holds the four of its half."""
    grid = np.stack(np.meshgrid([1.0, 3.0], [1.0, 3.0], [1.0, 3.0], indexing="ij"), axis=-1).reshape(-1, 3)
    snapshot = Snapshot(Cell.orthogonal([4.0, 4.0, 4.0]), grid, np.zeros(8, int), ("A",))
    field, population = voxel_field(snapshot, grid[:, 2], (1, 1, 2))
    np.testing.assert_array_equal(population, [4, 4])
    np.testing.assert_allclose(field, [1.0, 3.0], rtol=0, atol=0)


def test_finite_size_is_taken_out_exactly():
    """Over all pairs of 6 values, the corrected deviation is the standard error of two independent values."""
    values = np.array([0.3, -1.0, 2.0, 0.7, 5.0, -2.5])
    pairs = np.array([values[list(pair)].mean() for pair in itertools.combinations(range(6), 2)])
    deviation = np.sqrt(np.mean((pairs - values.mean()) ** 2))
    table = pd.DataFrame({"population": [2.0, 6.0], "mean_deviation": [deviation, 0.0]})
    corrected = analysis.without_finite_size(table)
    assert corrected["population"].tolist() == [2.0]
    assert corrected["corrected"].iloc[0] == pytest.approx(values.std(ddof=1) / np.sqrt(2), rel=1e-12)
