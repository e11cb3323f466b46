"""Dynamics in exact limits: ideal gas, random walk, Brownian particles, oscillators, known decays."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from lammps_glass import Cell, Snapshot, analysis
from lammps_glass.analysis import ParticleGroups
from lammps_glass.errors import InputError

BOX, SMALL = Cell.orthogonal([1e3] * 3), Cell.orthogonal([7.0, 8.0, 9.0])


def brownian(n: int, length: int, seed: int, d: float = 0.5, cell: Cell = BOX, spacing: int = 10) -> list[Snapshot]:
    """Independent particles of diffusion coefficient d per frame, of two species in turn, unwrapped."""
    generator = np.random.default_rng(seed)
    start = cell.cartesian(generator.random((n, 3)))
    steps = generator.normal(scale=math.sqrt(2 * d), size=(length, n, 3)).cumsum(axis=0)
    path = np.concatenate([start[None], start + steps])
    types = np.arange(n) % 2
    return [Snapshot(cell, x, types, ("A", "B"), step=spacing * at) for at, x in enumerate(path)]


def by_hand(path: list[Snapshot], q: float, distance: float, rows: np.ndarray | slice = slice(None)) -> pd.DataFrame:
    """All averages from their definitions, a pair of frames at a time."""
    found: dict[int, list[tuple[float, ...]]] = {}
    for a, start in enumerate(path):
        for end in path[a:]:
            r = np.linalg.norm(end.positions[rows] - start.positions[rows], axis=1)
            with np.errstate(invalid="ignore"):
                wave = np.where(r > 0, np.sin(q * r) / (q * r), 1.0).mean()
            near = np.sum(r < distance)
            found.setdefault(end.step - start.step, []).append(((r**2).mean(), (r**4).mean(), wave, near, len(r)))
    out = []
    for lag, values in sorted(found.items()):
        each = np.array(values)
        second, fourth, wave, near, n = each.mean(axis=0)
        alpha2 = 0.0 if lag == 0 else 3 * fourth / (5 * second**2) - 1
        out.append((lag, second, alpha2, wave, near / n, each[:, 3].var() / n if len(each) > 1 else np.nan))
    return pd.DataFrame(out, columns=["time", "msd", "alpha2", "fs", "overlap", "chi4"])


@pytest.mark.parametrize("spacing", [[10] * 9, [1, 1, 2, 4, 8, 16, 32, 3]])
def test_every_average_against_its_definition(spacing: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Even and uneven frames, and blocks of two frames, so that pairs are in different blocks."""
    steps = np.concatenate([[0], np.cumsum(spacing)])
    path = [s.replace(step=int(step)) for s, step in zip(brownian(131, len(spacing), 1), steps)]
    expected = by_hand(path, 1.3, 2.0)
    monkeypatch.setattr("lammps_glass.analysis.displacements.MEMORY", 2 * 24 * 131 * 2)
    table = analysis.dynamics_by_group(path, q=1.3, distance=2.0)
    # rounding of sums of 131 terms; the variance of counts loses more digits
    for name in ("time", "msd", "alpha2", "fs", "overlap", "chi4"):
        assert np.allclose(table[name], expected[name], rtol=1e-10, atol=1e-10, equal_nan=True), name


def test_groups_hold_at_their_origins_alone() -> None:
    path = brownian(40, 6, 2)
    labels = {10: np.arange(40) % 4 == 0, 30: np.arange(40) < 25}
    values = {step: np.where(mask, 1.0, 0.0) for step, mask in labels.items()}
    table = analysis.dynamics_by_group(path, q=0.7, groups=ParticleGroups.of_classes(values))
    for group, chosen in (("class 0", False), ("class 1", True)):
        rows = table[table["group"] == group].set_index("time")
        assert rows.loc[20, "origins"] == 2
        expected = [
            (np.linalg.norm(path[at + 2].positions - path[at].positions, axis=1) ** 2)[labels[10 * at] == chosen].mean()
            for at in (1, 3)
        ]
        assert rows.loc[20, "msd"] == pytest.approx(np.mean(expected), rel=1e-12)
        assert rows.index.max() == 50


def test_groups_of_species_are_the_species() -> None:
    path = brownian(40, 5, 3)
    table = analysis.dynamics_by_group(path, q=0.7, groups=ParticleGroups.of_species(path[0]))
    for name in ("A", "B"):
        alone = analysis.self_intermediate_scattering(path, 0.7, name)
        assert np.allclose(table[table["group"] == name]["fs"], alone["fs"], rtol=1e-12)


def test_quantiles_are_equal_in_number_and_leave_out_nan() -> None:
    values = np.array([5.0, np.nan, 1, 2, 3, 4, np.nan, 6])
    groups = ParticleGroups.of_quantiles({7: values}, 3)
    assert groups.at(7).tolist() == [2, -1, 0, 0, 1, 1, -1, 2]
    assert groups.at(8) is None


@pytest.mark.parametrize("n_frames", [96, 300])
def test_autocorrelations_agree_with_the_pairs(n_frames: int) -> None:
    """Products of 96 even frames, Fourier transforms of 300, and sums over pairs of frames: the same numbers."""
    path = brownian(30, n_frames, 4)
    table = analysis.mean_squared_displacement(path)
    pairs = analysis.dynamics_by_group(path)
    # the autocorrelation is subtracted from sums of squares up to 1000 times the result
    assert np.allclose(table["msd"], pairs["msd"], rtol=1e-10, atol=1e-10)
    assert table["time"].tolist() == pairs["time"].tolist()


def test_brownian_particles_decay_exponentially_and_are_gaussian() -> None:
    d, q = 0.05, 1.1
    path = brownian(4000, 40, 5, d)
    time = np.arange(41)
    fs = analysis.self_intermediate_scattering(path, q)["fs"]
    # standard error of one origin: below 1 / sqrt(2 x 4000) = 0.011; overlapping origins do not add much at long lags
    assert np.allclose(fs, np.exp(-(q**2) * d * time), atol=5 * 0.011)
    alpha2 = analysis.non_gaussian_parameter(path)["alpha2"]
    # variance of r^4 of a Gaussian: relative error of a mean of 4000 is 2.4 %; of the quotient 1 %
    assert np.abs(alpha2).max() < 0.06
    diffusion = analysis.diffusion_coefficient(time, analysis.mean_squared_displacement(path)["msd"])
    assert diffusion.coefficient == pytest.approx(d, rel=0.05)
    assert diffusion.fault == ""


def test_directions_of_the_box_average_the_wave_vectors_near_q() -> None:
    cell = Cell.orthogonal([7.0, 8.0, 9.0])
    path = brownian(60, 4, 6, 0.05, cell)
    table = analysis.self_intermediate_scattering(path, 2.0, directions="box")
    reach = range(-4, 5)
    indices = np.array([(a, b, c) for a in reach for b in reach for c in reach])
    vectors = 2 * np.pi * indices / [7.0, 8.0, 9.0]
    lengths = np.linalg.norm(vectors, axis=1)
    near = vectors[abs(lengths - 2.0) <= np.pi / 9.0]
    moved = path[4].positions - path[0].positions
    assert table["fs"].iloc[-1] == pytest.approx(np.cos(moved @ near.T).mean(), rel=1e-10)
    with pytest.raises(InputError, match=r"no wave vector of the box near q = 0\.1; the first is 0\.698"):
        analysis.self_intermediate_scattering(path, 0.1, directions="box")


def test_overlap_of_an_ideal_gas_fluctuates_as_a_binomial() -> None:
    """n particles that stay with probability p: chi4 = p (1 - p)."""
    path = brownian(500, 400, 7, 0.5)
    table = analysis.dynamics_by_group(path, distance=1.5)
    p = table["overlap"].iloc[1]
    # from Maxwell's distribution of a displacement of unit variance per axis
    expected = math.erf(1.5 / math.sqrt(2)) - math.sqrt(2 / math.pi) * 1.5 * math.exp(-1.125)
    assert p == pytest.approx(expected, abs=0.005)  # 2e5 displacements: standard error 0.001
    # a variance of 400 independent values has a relative error of 7 %
    assert table["chi4"].iloc[1] == pytest.approx(p * (1 - p), rel=0.3)


def test_chi4_of_particles_that_move_together_is_n_times_that_of_one() -> None:
    generator = np.random.default_rng(8)
    jumps = generator.random(200) < 0.3
    at = np.cumsum(np.where(jumps, 5.0, 0.0))
    start = generator.random((20, 3))
    path = [Snapshot(BOX, start + [x, 0, 0], np.zeros(20, int), ("A",), step=k) for k, x in enumerate(at)]
    table = analysis.four_point_susceptibility(path, 1.0)
    fraction = 1 - jumps[1:].mean()
    assert table["chi4"].iloc[1] == pytest.approx(20 * fraction * (1 - fraction), rel=1e-12)


def test_van_hove_of_a_gaussian_and_of_rest() -> None:
    path = brownian(5000, 8, 9, 0.5)
    table = analysis.self_van_hove(path, [40], 8.0, 40)
    edges = np.linspace(0, 8, 41)
    s = math.sqrt(4.0)  # variance per axis 2 d t = 4
    upto = np.array(
        [math.erf(x / s / math.sqrt(2)) - math.sqrt(2 / math.pi) * x / s * math.exp(-((x / s) ** 2) / 2) for x in edges]
    )
    # 5 origins of 5000, overlapping: standard error of the largest bin's probability (0.06) 0.0015 / 0.2
    assert np.allclose(table["probability"], np.diff(upto) / 0.2, atol=5 * 0.0075)
    assert (table["g"] * 4 * np.pi / 3 * np.diff(edges**3)).sum() == pytest.approx(upto[-1], abs=0.01)
    assert table["origins"].iloc[0] == 5


def test_van_hove_by_group_is_that_of_its_particles_at_its_origins() -> None:
    path = brownian(60, 6, 3)
    values = {10: np.where(np.arange(60) < 20, 1.0, 0.0), 30: np.where(np.arange(60) % 2, 1.0, np.nan)}
    table = analysis.self_van_hove(path, [10, 20], 6.0, 12, groups=ParticleGroups.of_classes(values))
    assert list(table)[:2] == ["group", "time"]
    moved = [
        np.linalg.norm(path[at + 2].positions - path[at].positions, axis=1)[values[10 * at] == 1.0] for at in (1, 3)
    ]
    counts = np.histogram(np.concatenate(moved), 12, (0, 6))[0]
    shown = table[(table["group"] == "class 1") & (table["time"] == 20)]
    np.testing.assert_allclose(shown["probability"], counts / 50 / 0.5, rtol=1e-12)
    assert set(shown["origins"]) == {2}
    both = analysis.distinct_van_hove([f.wrap() for f in brownian(40, 4, 3, 0.4, SMALL)], [0, 10], 3.0, 6)
    one = analysis.distinct_van_hove([f.wrap() for f in brownian(40, 4, 3, 0.4, SMALL)], 10, 3.0, 6)
    pd.testing.assert_frame_equal(both[both["time"] == 10].reset_index(drop=True), one)
    alone = analysis.self_van_hove(path, 20, 6.0, 12)
    pd.testing.assert_frame_equal(alone, analysis.self_van_hove(path, [20], 6.0, 12))


def test_distinct_van_hove_begins_as_g_and_ends_flat() -> None:
    cell = Cell.orthogonal([9.0, 10.0, 11.0])
    path = [frame.wrap() for frame in brownian(300, 3, 10, 0.4, cell)]
    start = analysis.distinct_van_hove(path, 0, 4.0, 8)
    g = analysis.radial_distribution_function(path, 4.0, 8)
    assert np.allclose(start["g"], g["g"] * 300 / 300, rtol=1e-12)
    late = analysis.distinct_van_hove(path, 10, 4.0, 8)
    # an ideal gas stays one: 3 origins, 300 x 299 pairs; 600 in the second bin: five standard errors 0.2
    assert np.allclose(late["g"][1:], 1, atol=0.2)


def test_four_point_structure_factor_of_independent_particles_is_the_fraction_that_stays() -> None:
    cell = Cell.orthogonal([12.0] * 3)
    path = brownian(800, 30, 11, 0.5, cell)
    table = analysis.four_point_structure_factor(path, 10, 3.0, 1.5)
    p = analysis.overlap_function(path, 1.5)["overlap"].iloc[1]
    # exponential variates over 30 frames and 3 or more vectors: 10 % at the first bin
    assert np.allclose(table["s4"], p, rtol=0.5)
    assert table["s4"].mean() == pytest.approx(p, rel=0.1)


def test_dynamic_length_of_its_own_form() -> None:
    q = np.linspace(0.2, 2, 10)
    table = pd.DataFrame({"q": q, "s4": 7 / (1 + (2.5 * q) ** 2)})
    length, height, count = analysis.dynamic_length(table, 1.9)
    assert (length, height) == pytest.approx((2.5, 7.0), rel=1e-6)
    assert count == 9
    with pytest.raises(InputError, match="2 wave numbers"):
        analysis.dynamic_length(table, 0.5)


@pytest.mark.parametrize("beta", [0.6, 1.0])
def test_known_stretched_exponentials_are_found(beta: float) -> None:
    time = np.concatenate([[0], np.geomspace(0.01, 3000, 60)])
    fs = 0.85 * np.exp(-((time / 150.0) ** beta))
    fs[0] = 1.0
    found = analysis.relaxation_times(time, fs)
    assert found.fit.tau == pytest.approx(150, rel=0.01)
    assert found.fit.beta == pytest.approx(beta, rel=0.01)
    assert found.fit.amplitude == pytest.approx(0.85, rel=0.01)
    assert found.crossing == pytest.approx(150 * (1 + math.log(0.85)) ** (1 / beta), rel=0.01)  # between lags: linear


def test_a_compressed_exponential_is_flagged() -> None:
    time = np.concatenate([[0], np.geomspace(0.01, 3000, 60)])
    faults = [analysis.relaxation_times(time, np.exp(-((time / 150.0) ** beta))).fit.fault for beta in (0.7, 1.0, 1.6)]
    assert faults == ["", "", "beta 1.60 is above 1: compressed, not stretched"]


def test_a_plateau_is_not_fitted() -> None:
    """A fast decay to a plateau of 0.7 before: the fit begins on the plateau."""
    time = np.concatenate([[0], np.geomspace(0.01, 1e5, 120)])
    fs = 0.3 * np.exp(-((time / 0.1) ** 2)) + 0.7 * np.exp(-((time / 2000.0) ** 0.8))
    found = analysis.relaxation_times(time, fs)
    assert found.fit.tau == pytest.approx(2000, rel=0.01)
    assert found.fit.amplitude == pytest.approx(0.7, rel=0.01)
    assert 0.2 < found.fit.first < 20


def test_a_short_run_has_no_relaxation_time_and_says_so() -> None:
    time = np.linspace(0, 10, 30)
    found = analysis.relaxation_times(time, np.exp(-time / 100))
    assert found.crossing is None
    assert found.fit is None
    assert found.fault == "the run is too short: 0.90 at its longest lag of 10, above 1/e"


def test_the_interval_of_tau_covers_its_replicas() -> None:
    time = np.geomspace(0.1, 100, 30)
    curves = {str(t): pd.DataFrame({"time": time, "fs": np.exp(-time / t)}) for t in (4.0, 5.0, 6.0)}
    fit = analysis.relaxation_over_replicas(curves).fit
    assert 4 < fit.tau_low < fit.tau < fit.tau_high < 6
    curves["4.0"] = curves["4.0"].iloc[1:]
    with pytest.raises(InputError, match="other lags"):
        analysis.relaxation_over_replicas(curves)


def test_a_cage_does_not_diffuse() -> None:
    time = np.linspace(0, 100, 50)
    found = analysis.diffusion_coefficient(time, 1 - np.exp(-time))
    assert found.coefficient is None
    assert found.fault.startswith("no diffusion within the run: the mean squared displacement grows as t^0.0")


def oscillators(frequencies: np.ndarray, n_frames: int, dt: float) -> list[Snapshot]:
    """One oscillator a particle along x, of unit amplitude of velocity and random phase."""
    phase = np.random.default_rng(12).random(len(frequencies)) * 2 * np.pi
    path = []
    for k in range(n_frames):
        velocity = np.zeros((len(frequencies), 3))
        velocity[:, 0] = np.cos(2 * np.pi * frequencies * k * dt + phase)
        path.append(
            Snapshot(
                BOX,
                np.ones((len(frequencies), 3)),
                np.arange(len(frequencies)) % 2,
                ("A", "B"),
                step=k,
                velocities=velocity,
            )
        )
    return path


def test_density_of_states_of_oscillators() -> None:
    frequencies = np.repeat([2.0, 5.0], 200)
    path = oscillators(frequencies, 400, 0.02)
    vacf = analysis.velocity_autocorrelation(path, timestep=0.02)
    # 200 random phases of each: the mean of cos(2 pi nu t) over origins of 8 time units has their noise, 5 %
    expected = 0.5 * (np.cos(2 * np.pi * 2 * vacf["time"]) + np.cos(2 * np.pi * 5 * vacf["time"]))
    assert np.allclose(vacf["normalized"][:200], expected[:200], atol=0.1)
    at = np.arange(0, 8, 0.05)
    table = analysis.velocity_density_of_states(vacf, at, broadening=0.2)
    gauss = sum(0.5 * np.exp(-0.5 * ((at - nu) / 0.2) ** 2) / math.sqrt(2 * np.pi) / 0.2 for nu in (2.0, 5.0))
    assert np.allclose(table["vdos"], gauss, atol=0.1)
    assert table["vdos"].sum() * 0.05 == pytest.approx(1, abs=0.02)
    with pytest.raises(InputError, match="resolve frequencies up to 25"):
        analysis.velocity_density_of_states(vacf, [30.0])
    with pytest.raises(InputError, match=r"too short for a broadening of 0\.01"):
        analysis.velocity_density_of_states(vacf, [3.0], broadening=0.01)


def test_masses_and_rows_of_the_velocity_autocorrelation() -> None:
    path = oscillators(np.array([1.0, 2.0, 3.0, 4.0]), 30, 0.05)
    alone = analysis.velocity_autocorrelation(path, of=[0, 1])["vacf"]
    speeds = np.array([[p.velocities[k, 0] for p in path] for k in (0, 1)])
    lag3 = np.mean([speeds[:, k] * speeds[:, k + 3] for k in range(27)], axis=0)
    assert alone[3] == pytest.approx(lag3.mean(), rel=1e-10)
    weighted = analysis.velocity_autocorrelation(path, of=[0, 1], masses={"A": 2.0, "B": 5.0})["vacf"]
    assert weighted[3] == pytest.approx((2 * lag3[0] + 5 * lag3[1]) / 2, rel=1e-10)
    with pytest.raises(InputError, match="no mass of species B"):
        analysis.velocity_autocorrelation(path, masses={"A": 2.0})
    uneven = [*path, path[-1].replace(step=40)]
    with pytest.raises(InputError, match="1 steps apart up to step 29, then 11"):
        analysis.velocity_autocorrelation(uneven)
    with pytest.raises(InputError, match="step 0 has no velocities"):
        analysis.velocity_autocorrelation(brownian(5, 2, 0))


def test_wrapped_steps_that_are_too_long_are_refused_with_the_step() -> None:
    cell = Cell.orthogonal([4.0] * 3)
    slow = brownian(50, 10, 13, 0.02, cell)
    unwrapped = analysis.mean_squared_displacement(slow)["msd"]
    assert np.allclose(
        analysis.mean_squared_displacement([f.wrap() for f in slow])["msd"], unwrapped, rtol=1e-9, atol=1e-9
    )
    fast = [f.wrap() for f in brownian(50, 10, 13, 1.0, cell)]
    with pytest.raises(InputError, match=r"from step 0 to step 10 a particle moves 0\.4\d of the box"):
        analysis.mean_squared_displacement(fast)


@pytest.mark.parametrize("n_frames", [100, 1000])
def test_memory_is_flat_in_the_number_of_frames(n_frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 particles: 12 kB a frame. Blocks of 1 MB, the frame that is read, and tables of the lags: never 12 MB."""
    monkeypatch.setattr("lammps_glass.analysis.displacements.MEMORY", 1_000_000)
    monkeypatch.setattr("lammps_glass.analysis.dynamics.MEMORY", 1_000_000)
    generator = np.random.default_rng(0)
    start = generator.random((500, 3)) * 1e3

    def lazy():
        position = start.copy()
        for at in range(n_frames):
            position = position + generator.normal(size=(500, 3))
            yield Snapshot(BOX, position, np.zeros(500, int), ("A",), step=at)

    analysis.dynamics_by_group([next(lazy())], q=1.0)  # compiles
    tracemalloc.start()
    try:
        analysis.dynamics_by_group(lazy(), q=1.0, distance=1.0, max_origins=10)
        analysis.mean_squared_displacement(lazy())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_fewer_origins_are_some_of_them() -> None:
    path = brownian(30, 20, 14)
    table = analysis.dynamics_by_group(path, max_origins=5)
    assert table["origins"].max() <= 5
    expected = [((path[at + 1].positions - path[at].positions) ** 2).sum(axis=1).mean() for at in range(0, 20, 4)]
    assert table["msd"].iloc[1] == pytest.approx(np.mean(expected), rel=1e-12)


def test_mobility_and_a_perfect_indicator() -> None:
    parts, indicators = [], []
    for replica in ("1", "2", "3"):
        path = brownian(100, 3, int(replica))
        moved = analysis.particle_mobility(path).assign(replica=replica)
        parts.append(moved)
        last = moved[moved["time"] == 30]
        indicators.append(
            last[["replica", "step", "particle"]].assign(perfect=last["mobility"], opposite=-last["mobility"])
        )
    table = analysis.prediction_against_time(pd.concat(indicators), pd.concat(parts), ["perfect", "opposite"])
    at = table.set_index(["indicator", "measure", "time"])["value"]
    assert at["perfect", "pearson", 30] == pytest.approx(1)
    assert at["perfect", "spearman", 30] == pytest.approx(1)
    assert at["perfect", "auc", 30] == 1
    assert at["opposite", "auc", 30] == 0
    assert 0.2 < at["perfect", "pearson", 10] < 0.9  # the first of three independent steps: about 1 / 3
    assert table["ceiling"].isna().all()
    assert (table["replicas"] == 3).all()
    first = parts[0]
    row = path[1].positions - path[0].positions
    last_parts = parts[-1]
    assert np.allclose(last_parts[last_parts["time"] == 10]["mobility"], (row**2).sum(axis=1))
    with pytest.raises(InputError, match="no particle has an indicator and a mobility"):
        analysis.prediction_against_time(pd.concat(indicators).assign(step=7), first, ["perfect"])


def test_the_ceiling_is_the_correlation_of_the_truth_with_the_mean_of_the_runs() -> None:
    """Noise of variance 8 on a truth of variance 1, 16 runs: reliability 1 / (1 + 8 / 16) = 2 / 3."""
    generator = np.random.default_rng(15)
    truth = generator.normal(size=4000)
    particles = np.arange(4000)
    runs = [
        pd.DataFrame(
            {
                "replica": "1",
                "step": 0,
                "particle": particles,
                "time": 5.0,
                "run": run,
                "mobility": truth + generator.normal(scale=math.sqrt(8), size=4000),
            }
        )
        for run in range(16)
    ]
    indicators = pd.DataFrame({"replica": "1", "step": 0, "particle": particles, "truth": truth})
    table = analysis.prediction_against_time(indicators, pd.concat(runs), ["truth"]).set_index("measure")
    # standard error of a correlation of 4000: 0.01; of the ceiling through r of the halves 0.02
    assert table.loc["pearson", "ceiling"] == pytest.approx(math.sqrt(2 / 3), abs=0.05)
    assert table.loc["pearson", "value"] == pytest.approx(table.loc["pearson", "ceiling"], abs=0.05)


def test_positions_that_left_the_box_before_they_were_wrapped_are_unwrapped():
    """LAMMPS wraps ``x y z`` where it renews its neighbour lists, so that atoms of a dump lie a little outside."""
    random = np.random.default_rng(3)
    edge = 10.0
    walk = edge * random.random((200, 3)) + np.cumsum(random.normal(0.0, 0.15, (30, 200, 3)), axis=0)
    images = np.repeat(np.floor(walk[::5] / edge), 5, axis=0)  # renewed every fifth frame
    written = walk - edge * images
    near = ((written > -0.09 * edge) & (written < 1.09 * edge)).all(axis=(0, 2))
    walk, written = walk[:, near], written[:, near]
    assert (written < 0).any()
    assert (np.diff(images[:, near], axis=0) != 0).any()
    cell, types = Cell.orthogonal([edge] * 3), np.zeros(walk.shape[1], dtype=int)
    frames = [Snapshot(cell, positions, types, ("A",), step=step) for step, positions in enumerate(written)]
    msd = analysis.mean_squared_displacement(frames)["msd"]
    expected = [((walk[lag:] - walk[: len(walk) - lag]) ** 2).sum(axis=2).mean() for lag in range(len(walk))]
    np.testing.assert_allclose(msd, expected, rtol=1e-9, atol=1e-12)
