"""Intervals, power laws, creep and probabilities: each against a case whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass import analysis
from lammps_glass.analysis import (
    bootstrap,
    creep_modulus,
    exponential_fit,
    indicator_distribution,
    joint_density,
    linear_in_log_time,
    log_histogram,
    mean_over_replicas,
    tail_exponent,
    tail_exponent_interval,
    weighted_mean,
    weighted_mean_of_tables,
)
from lammps_glass.errors import InputError


def mean(drawn) -> float:
    return float(np.mean(drawn))


def test_bootstrap_of_a_mean_has_the_width_of_theory() -> None:
    values = dict(enumerate(np.random.default_rng(0).normal(size=100)))
    named = {str(name): value for name, value in values.items()}
    low, high = bootstrap(named, mean, 4000, seed=1)
    numbers = np.array(list(values.values()))
    half = 1.645 * numbers.std() / 10  # normal theory of a 90 % interval
    # 4000 resamples place a 5 % quantile to about 3 % of the half width; skewness of the sample adds as much.
    assert low == pytest.approx(numbers.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(numbers.mean() + half, abs=0.1 * half)
    assert bootstrap(dict(reversed(named.items())), mean, 4000, seed=1) == (low, high)
    assert bootstrap(named, mean, 4000, seed=2) != (low, high)


def test_one_replica_has_no_interval_and_none_is_refused() -> None:
    assert np.isnan(bootstrap({"a": 1.0}, mean)).all()
    with pytest.raises(InputError, match="no replica"):
        bootstrap({}, mean)
    with pytest.raises(InputError, match="level"):
        bootstrap({"a": 1.0, "b": 2.0}, mean, level=90)


def test_mean_over_replicas_counts_each_replica_once() -> None:
    table = pd.DataFrame({"replica": ["a", "a", "b", "b"], "time": [1, 1, 1, 2], "x": [0.0, 2.0, 5.0, 7.0]})
    result = mean_over_replicas(table, "time", "x")
    assert result.x.tolist() == [3.0, 7.0]
    assert result.replicas.tolist() == [2, 1]
    assert (result.low[0], result.high[0]) == (1.0, 5.0)


def test_weighted_means() -> None:
    assert weighted_mean([1.0, 4.0, np.nan], [3.0, 1.0, 9.0]) == 1.75
    assert np.isnan(weighted_mean([1.0], [0.0]))
    tables = [pd.DataFrame({"r": [1, 2], "g": [1.0, 2.0], "n": [1, 3]}), pd.DataFrame({"r": [1], "g": [4.0], "n": [2]})]
    assert weighted_mean_of_tables(tables, "r", "g", "n").to_numpy().tolist() == [[1, 3.0, 3], [2, 2.0, 3]]


@pytest.mark.parametrize("alpha", [1.7, 2.6])
def test_open_tail(alpha: float) -> None:
    """Inverse-transform sample of a Pareto law; the standard error is (alpha - 1) / sqrt(n): four of them."""
    uniform = np.random.default_rng(3).random(20000)
    fit = tail_exponent(np.concatenate([0.1 * uniform ** (-1 / (alpha - 1)), np.full(500, 0.01)]), 0.1)
    assert fit.exponent == pytest.approx(alpha, abs=4 * (alpha - 1) / 20000**0.5)
    assert fit.count == 20000


@settings(deadline=None, max_examples=25, derandomize=True)
@given(alpha=st.floats(-1.5, 4.0).filter(lambda a: abs(a - 1) > 1e-3), decades=st.floats(0.5, 3))
def test_truncated_tail_of_any_exponent(alpha: float, decades: float) -> None:
    """Quantiles of the exact law in place of a sample: 4001 midpoints leave the mean of ln x exact to about 1e-3."""
    top, power = 10**decades, 1 - alpha
    quantiles = (np.arange(4001) + 0.5) / 4001
    sample = (1 + quantiles * (top**power - 1)) ** (1 / power)
    assert tail_exponent(sample, 1.0, top).exponent == pytest.approx(alpha, abs=0.02)


def test_tail_interval_holds_the_estimate_and_few_values_give_none() -> None:
    rng = np.random.default_rng(4)
    values = {f"r{at}": rng.random(500) ** (-1 / 1.6) for at in range(8)}
    fit = tail_exponent_interval(values, 1.0, n_resamples=200)
    assert fit.low < fit.exponent < fit.high
    assert np.isnan(tail_exponent([2.0] * 9, 1.0).exponent)


def test_log_histogram_is_a_density() -> None:
    values = np.exp(np.random.default_rng(5).normal(size=2000))
    table = log_histogram(values, 20)
    assert (table.density * (table.high - table.low)).sum() == pytest.approx(1)
    half = log_histogram(np.concatenate([values, -values]), 20)
    assert (half.density * (half.high - half.low)).sum() == pytest.approx(0.5)
    with pytest.raises(InputError, match="no positive value"):
        log_histogram([0.0, -1.0])


@settings(deadline=None, max_examples=25, derandomize=True)
@given(slope=st.floats(-5, 5), intercept=st.floats(-5, 5))
def test_line_in_the_natural_logarithm(slope: float, intercept: float) -> None:
    time = np.array([0, 1, 10, 100, 1000])
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(time > 0, slope * np.log(time) + intercept, 99.0)
    fit = linear_in_log_time(time, value)
    assert fit.slope == pytest.approx(slope, abs=1e-12)
    assert fit.intercept == pytest.approx(intercept, abs=1e-12)
    assert fit.points == 4


def test_r2_is_that_of_numpy() -> None:
    rng = np.random.default_rng(6)
    time = np.arange(1, 30)
    value = np.log(time) + rng.normal(size=29)
    assert linear_in_log_time(time, value).r2 == pytest.approx(np.corrcoef(np.log(time), value)[0, 1] ** 2)


def creep(slopes: dict[str, float]) -> pd.DataFrame:
    time = np.arange(1, 11) * 2000
    rows = [pd.DataFrame({"replica": n, "time": time, "strain": s * np.log(time) + 0.01}) for n, s in slopes.items()]
    return pd.concat(rows, ignore_index=True)


def test_creep_modulus_and_its_interval() -> None:
    row = creep_modulus(creep({"a": 0.004, "b": 0.006, "c": 0.005}), 0.5).iloc[0]
    assert row.modulus == pytest.approx(100)
    assert row.r2 == pytest.approx(1)
    assert 0.5 / 0.006 <= row.low < 100 < row.high <= 0.5 / 0.004
    assert row.intercept == pytest.approx(0.01)


def test_a_glass_that_may_not_creep_has_no_upper_bound() -> None:
    row = creep_modulus(creep({"a": -0.004, "b": 0.006}), 0.5).iloc[0]
    assert np.isinf(row.high)
    assert np.isnan(creep_modulus(creep({"a": -0.004, "b": -0.006}), 0.5).modulus[0])
    with pytest.raises(InputError, match="'b' has no strain"):
        creep_modulus(creep({"a": 0.004, "b": 0.006}).iloc[:-1], 0.5)


def test_joint_density_is_normalised_in_each_interval() -> None:
    rng = np.random.default_rng(7)
    d2min = rng.exponential(size=5000)
    table = joint_density(d2min, rng.random(5000) ** (1 + d2min), [0.01, 0.1, 1, 10], np.linspace(0, 1, 21), width=0.8)
    assert np.allclose(table.groupby("d2min").density.sum() / 20, 1)
    plain = joint_density(d2min, np.full(5000, 0.52), [0.01, 0.1, 1, 10], np.linspace(0, 1, 21), width=0)
    assert np.allclose(sorted(plain.density), [0] * 57 + [20] * 3)
    assert plain["count"].sum() == ((d2min >= 0.01) & (d2min <= 10)).sum()


def test_indicator_distribution_and_its_exponential() -> None:
    """p(active | L) = 1e-3 exp(6 L), put in as exact counts."""
    middle = (np.arange(10) + 0.5) / 10
    hits = np.rint(1e6 * 1e-3 * np.exp(6 * middle)).astype(int)
    indicator = np.repeat(np.concatenate([middle, middle]), np.concatenate([hits, 10**6 - hits]))
    active = np.arange(len(indicator)) < hits.sum()
    table = indicator_distribution(active, indicator, bins=10)
    assert table.p_all.sum() / 10 == pytest.approx(1)
    assert table.p_active.sum() / 10 == pytest.approx(1)
    fit = exponential_fit(table)
    assert fit.rate == pytest.approx(6, abs=1e-2)  # rounding of counts of a thousand
    assert fit.prefactor == pytest.approx(1e-3, rel=1e-2)
    assert ((table.low < table.p_active_given) & (table.p_active_given < table.high)).all()
    with pytest.raises(InputError, match="range"):
        indicator_distribution([True], [1.2])


def test_weights_stand_for_repeated_particles() -> None:
    rng = np.random.default_rng(8)
    label, value, weight = rng.random(50), rng.random(50), rng.integers(0, 4, 50)
    edges = np.linspace(0, 1, 6), np.linspace(0, 1, 11)
    repeated = joint_density(np.repeat(label, weight), np.repeat(value, weight), *edges)
    pd.testing.assert_frame_equal(joint_density(label, value, *edges, weights=weight), repeated)
    plain = indicator_distribution(np.repeat(label > 0.5, weight), np.repeat(value, weight))
    pd.testing.assert_frame_equal(indicator_distribution(label > 0.5, value, weights=weight), plain)
    with pytest.raises(InputError, match="negative"):
        indicator_distribution(label > 0.5, value, weights=-weight)


def test_streamed_counts_give_the_tables_of_all_particles():
    """Particles at the middles of the fine bins lose nothing: counts of two streams equal one call on all of them."""
    rng = np.random.default_rng(5)
    label = rng.lognormal(-3.0, 2.0, 4000)
    indicator = (rng.integers(0, 100, 4000) + 0.5) / 100
    edges, bins = np.geomspace(label.min(), label.max() * 1.001, 9), np.linspace(0, 1, 21)
    counts = analysis.JointCounts(edges, threshold=0.1, n_bins=100)
    for part in (slice(0, 1500), slice(1500, None)):
        counts.add(label[part], indicator[part])
    pd.testing.assert_frame_equal(
        counts.density(bins, width=1.0), analysis.joint_density(label, indicator, edges, bins, width=1.0)
    )
    pd.testing.assert_frame_equal(
        counts.distribution(20), analysis.indicator_distribution(label > 0.1, indicator, bins=20)
    )
    assert counts.recall == np.mean(indicator[label > 0.1] > 0.5)


def test_labels_beyond_the_edges_count_in_the_last_interval():
    counts = analysis.JointCounts([1.0, 2.0, 4.0], threshold=3.0, n_bins=2)
    counts.add([0.1, 9.0, 3.5], [0.2, 0.9, 0.3])
    assert counts.by_label.tolist() == [[1, 0], [1, 1]]
    assert counts.by_class.tolist() == [[1, 0], [1, 1]]


def test_axial_strain_of_a_box_that_shrinks():
    thermo = pd.DataFrame({"step": [5, 6, 15, 105], "lz": [10.0, 9.9, 9.5, 8.0]})
    strain = analysis.axial_strain(thermo)
    assert strain["time"].tolist() == [1, 10, 100]
    # differences of doubles near 1
    assert strain["strain"].to_numpy() == pytest.approx([0.01, 0.05, 0.2], abs=1e-15)
    assert analysis.axial_strain(thermo, start=20.0)["strain"].iloc[-1] == pytest.approx(0.6, abs=1e-15)


def test_axial_strain_keeps_the_ends_and_rows_even_in_the_logarithm():
    steps = np.arange(0, 10001)
    thermo = pd.DataFrame({"step": steps, "lz": 10.0 - 1e-4 * steps})
    times = analysis.axial_strain(thermo, n_times=20)["time"].to_numpy()
    assert (times[0], times[-1]) == (1, 10000)
    ratios = times[1:] / times[:-1]
    # from step 10 on, rounding to whole steps moves a ratio of 10^(4/19) by less than a tenth
    assert ratios[times[:-1] >= 10] == pytest.approx(10 ** (4 / 19), rel=0.1)
