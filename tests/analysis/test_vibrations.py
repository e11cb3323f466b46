"""Vibrations of a small glass and of modes made by hand, against sums written out."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.interactions import Modes, System, modes
from lammps_glass.simulate.protocols import Quench

WIDTH = 0.05


@pytest.fixture(scope="module")
def glass():
    return KobAndersenSmooth(n_particles=160, composition={"A": 0.8, "B": 0.2})


@pytest.fixture(scope="module")
def inherent(glass, tmp_path_factory):
    protocol = Quench(liquid=1000, cooling=1000, force_tolerance=1e-7)
    return protocol.run(glass, 3, tmp_path_factory.mktemp("quench")).final


@pytest.fixture(scope="module")
def found(glass, inherent):
    return modes(inherent, glass.model(), glass.masses, units="lj")


def by_hand(frequencies, n_particles, seed=0):
    """Modes with the given frequencies and random orthonormal polarisations."""
    random = np.random.default_rng(seed)
    vectors = np.linalg.qr(random.normal(size=(3 * n_particles, len(frequencies))))[0].T
    values = (2 * np.pi * np.asarray(frequencies)) ** 2
    return Modes(values, np.ascontiguousarray(vectors).reshape(len(values), n_particles, 3), "lj")


def test_density_of_states_counts_all_modes_once(found):
    table = analysis.vibrational_density_of_states(found, step=0.005, broadening=WIDTH)
    assert list(table) == ["frequency", "vdos"]
    n_modes = len(found.eigenvalues)
    # trapezoids on a tenth of the width; what the lowest mode loses below 0 is added by hand
    from scipy.special import ndtr

    below = ndtr(-found.frequencies / WIDTH).sum() / n_modes
    assert np.trapezoid(table["vdos"], table["frequency"]) == pytest.approx(1 - below, abs=1e-6)
    assert n_modes == 3 * found.vectors.shape[1] - 3


def test_partial_densities_are_sums_over_modes_and_average_to_the_whole(found, inherent):
    at = np.linspace(0.1, 4.0, 37)
    whole = analysis.vibrational_density_of_states(found, frequencies=at, broadening=WIDTH)["vdos"].to_numpy()
    each = analysis.particle_density_of_states(found, at, broadening=WIDTH)
    np.testing.assert_allclose(each.mean(axis=0), whole, rtol=1e-10, atol=1e-15)
    i, n = 7, len(inherent)
    expected = np.zeros_like(at)
    for k in range(len(found.eigenvalues)):
        share = (found.vectors[k, i] ** 2).sum()
        gauss = np.exp(-((at - found.frequencies[k]) ** 2) / (2 * WIDTH**2)) / (WIDTH * np.sqrt(2 * np.pi))
        expected += share * gauss * n / (3 * n - 3)
    np.testing.assert_allclose(each[i], expected, rtol=1e-10, atol=1e-15)
    by_species = [
        analysis.vibrational_density_of_states(found, of=inherent.types == t, frequencies=at, broadening=WIDTH)["vdos"]
        for t in (0, 1)
    ]
    fractions = [(inherent.types == t).mean() for t in (0, 1)]
    np.testing.assert_allclose(fractions @ np.array(by_species), whole, rtol=1e-10, atol=1e-15)
    rows = analysis.vibrational_density_of_states(found, of=[i], frequencies=at, broadening=WIDTH)["vdos"]
    np.testing.assert_allclose(rows, each[i], rtol=1e-10, atol=1e-15)


def test_boson_peak_of_two_groups_of_modes():
    """Modes at 1 and at 2: g / nu^2 is largest near 1, a little below it, as 1 / nu^2 falls."""
    both = by_hand([1.0] * 20 + [2.0] * 37, 20)
    peak = analysis.boson_peak(both, lowest=0.5, step=0.001, broadening=0.1)
    # d/dnu of exp(-(nu - 1)^2 / 2 w^2) / nu^2 = 0: nu^2 - nu + 2 w^2 = 0
    expected = (1 + np.sqrt(1 - 8 * 0.1**2)) / 2
    assert peak.frequency == pytest.approx(expected, abs=6e-4)
    height = 20 / 57 * np.exp(-0.5 * ((expected - 1) / 0.1) ** 2) / (0.1 * np.sqrt(2 * np.pi)) / expected**2
    assert peak.intensity == pytest.approx(height, rel=2e-5)  # half a step off the top: 0.5 (step / 2 / width)^2
    each = analysis.boson_peak_intensity(both, lowest=0.5, step=0.001, broadening=0.1)
    shares = (both.vectors[:20] ** 2).sum(axis=(0, 2))
    np.testing.assert_allclose(each, peak.intensity * shares / shares.mean(), rtol=1e-5)


def test_boson_peaks_of_particles_are_searched_up_to_a_frequency():
    nu = 0.4 + 0.05 * np.arange(40)
    density = nu**2 * np.array([np.exp(-(((nu - place) / 0.1) ** 2)) for place in (0.7, 1.6)])
    peaks = analysis.boson_peaks(nu, density)
    assert peaks.frequency == pytest.approx([0.7, 1.6])
    assert peaks.intensity == pytest.approx([1.0, 1.0])
    below = analysis.boson_peaks(nu, density, 1.0)
    assert below.frequency == pytest.approx([0.7, 1.0])
    assert below.intensity[1] == pytest.approx(np.exp(-36.0))


def test_a_grid_of_frequencies_ends_where_the_modes_are_known():
    complete, softest = by_hand(np.linspace(0.5, 3.0, 27), 10), by_hand(np.linspace(0.5, 3.0, 20), 10)
    assert complete.is_complete
    assert not softest.is_complete
    assert analysis.frequency_grid(complete, 0.4, 9.0, 0.1)[[0, -1]] == pytest.approx([0.4, 9.0])
    assert analysis.frequency_grid(softest, 0.4, 9.0, 0.1)[-1] == pytest.approx(2.5)  # five widths of 0.1 below 3
    assert analysis.frequency_grid(softest, 0.4, 2.0, 0.1)[-1] == pytest.approx(2.0)


def test_modes_of_a_large_system_reach_the_frequency_asked_for(found, glass, inherent, monkeypatch):
    from lammps_glass.interactions import modes_up_to, vibrations

    assert modes_up_to(1.0, inherent, glass.model(), glass.masses, fraction=0.1, units="lj").is_complete
    monkeypatch.setattr(vibrations, "DENSE", 100)  # 160 particles are many then
    frequency = float(found.frequencies[100])
    softest = modes_up_to(frequency, inherent, glass.model(), glass.masses, fraction=0.05, units="lj")
    assert not softest.is_complete
    # The frequency of a mode is asked for: rounding in single precision puts its copy a little above or below.
    assert softest.frequencies[-1] >= frequency * (1 - 1e-5)
    np.testing.assert_allclose(
        softest.frequencies, found.frequencies[: len(softest.frequencies)], rtol=1e-5
    )  # single precision: 3e-6 measured


def test_measured_amplitudes_against_harmonic_ones():
    harmonic = np.array([1.0, 2.0, 3.0])
    assert analysis.compare_with_harmonic(1.5 * harmonic, harmonic) == pytest.approx((1.5, 1.0))
    with pytest.raises(InputError, match="as many"):
        analysis.compare_with_harmonic([1.0, np.nan, 2.0], harmonic)


def test_lowest_modes_give_the_low_end(found, glass, inherent):
    few = modes(inherent, glass.model(), glass.masses, units="lj", lowest=60, dense=False)
    low = analysis.reduced_density_of_states(few, lowest=0.2, step=0.01, broadening=0.02)
    whole = analysis.reduced_density_of_states(found, lowest=0.2, step=0.01, broadening=0.02).iloc[: len(low)]
    assert len(low) > 5
    # Gaussians of modes beyond: at most exp(-12.5) of a peak at the end of the range
    np.testing.assert_allclose(low["reduced"], whole["reduced"], rtol=1e-3)
    highest = float(found.frequencies[40:42].mean())
    shares = analysis.low_mode_participation(few, highest=highest)
    np.testing.assert_allclose(shares, analysis.low_mode_participation(found, highest=highest), atol=1e-8)
    assert shares.sum() == pytest.approx(41)


def test_participation_of_one_and_of_all():
    one = np.zeros((2, 5, 3))
    one[0, 2, 1] = 1.0
    one[1, :, 0] = 1 / np.sqrt(5)
    table = analysis.participation_ratios(Modes(np.array([1.0, 4.0]), one, "lj"))
    np.testing.assert_allclose(table["participation"], [1 / 5, 1.0])
    np.testing.assert_allclose(table["frequency"], np.array([1.0, 2.0]) / (2 * np.pi))


def test_harmonic_displacements_are_those_of_the_inverse_hessian(found, glass, inherent):
    """k_B T times the diagonal of the inverse, in mass-weighted coordinates, translations left out."""
    masses = np.asarray(glass.masses)[inherent.types] * np.where(inherent.types == 0, 1.0, 2.5)
    heavier = modes(inherent, glass.model(), np.asarray(glass.masses) * [1.0, 2.5], units="lj")
    weights = np.repeat(masses, 3) ** -0.5
    dynamical = System(inherent, glass.model()).hessian().dense() * weights * weights[:, None]
    inverse = np.diag(np.linalg.pinv(dynamical, rcond=1e-9, hermitian=True)).reshape(-1, 3).sum(axis=1)
    expected = 0.3 * inverse / masses
    np.testing.assert_allclose(heavier.mean_squared_displacement(masses, 0.3), expected, rtol=1e-6)


def test_harmonic_displacements_in_metal_units():
    """One particle of mass m on a spring k in three directions: 3 k_B T / k, whatever the mass."""
    spring, mass = 5.0, 63.5
    single = Modes(np.full(3, spring / mass), np.eye(3).reshape(3, 1, 3), "metal")
    assert single.mean_squared_displacement([mass], 300.0) == pytest.approx(3 * 8.617333262e-5 * 300 / spring)
    # and its frequency in THz is that of sqrt(k / m) in SI
    hertz = np.sqrt(spring * 1.602176634e-19 / 1e-20 / (mass * 1.66053906660e-27)) / (2 * np.pi)
    np.testing.assert_allclose(single.frequencies, hertz * 1e-12, rtol=1e-9)


def test_bad_input(found):
    unstable = by_hand([1.0, 2.0], 4)
    unstable.eigenvalues[0] *= -1
    with pytest.raises(InputError, match="1 of 2 modes are unstable"):
        analysis.vibrational_density_of_states(unstable)
    with pytest.raises(InputError, match="not an inherent structure"):
        unstable.mean_squared_displacement(np.ones(4), 1.0)
    with pytest.raises(InputError, match="masses"):
        found.mean_squared_displacement(np.ones(3), 1.0)
    with pytest.raises(InputError, match="find more modes"):
        analysis.boson_peak_intensity(by_hand([0.3, 0.4], 20), lowest=0.4)
    with pytest.raises(InputError, match="mask of 3"):
        analysis.vibrational_density_of_states(found, of=[True, False, True])
    with pytest.raises(InputError, match="names no particle"):
        analysis.vibrational_density_of_states(found, of=[])
    with pytest.raises(InputError, match="broadening"):
        analysis.vibrational_density_of_states(found, broadening=0.0)
    with pytest.raises(InputError, match="outside of the modes"):
        analysis.low_mode_participation(found, highest=1e-6)
