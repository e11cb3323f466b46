"""Radial Gaussians and pair entropy against their formulas written out, an ideal gas, a crystal, and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from radial_oracle import distances, entropy, gaussians, pair_correlation, pair_entropies

from lammps_glass.descriptors import PairEntropy, RadialGaussians
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

SPECIES = ("Cu", "Zr")


def gas(seed, n=40, matrix=((9.0, 0, 0), (0, 9.0, 0), (0, 0, 9.0)), periodic=(True, True, True)):
    """Random positions, some of them outside the cell; two species."""
    random = np.random.default_rng(seed)
    matrix = np.array(matrix)
    positions = random.uniform(-0.5, 1.5, size=(n, 3)) @ matrix
    return Snapshot(Cell(matrix, periodic=np.array(periodic)), positions, random.integers(0, 2, n), SPECIES)


CELLS = {
    "larger than the range": {"n": 60, "matrix": np.eye(3) * 22.0},
    "smaller than the range": {"n": 12, "matrix": np.eye(3) * 5.0},
    "one particle and its images": {"n": 1, "matrix": np.eye(3) * 3.1},
    "triclinic": {"n": 20, "matrix": [[6.0, 0.3, 0.1], [2.0, 5.0, -0.4], [-1.5, 1.0, 7.0]]},
}
CENTERS = (
    (1.5, 1.7, 1.9, 2.1, 2.3),
    (1.0, 1.3, 2.9, 3.0, 3.1, 3.2, 5.0),
    (2.5,),
    tuple(np.linspace(0.5, 6.5, 61)),
)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("centers", CENTERS, ids=["even", "uneven", "one", "many"])
@pytest.mark.parametrize("width", [3.5, 0.35, 0.04])
def test_gaussians_are_the_sums_written_out(cell, centers, width):
    snapshot = gas(1, **CELLS[cell])
    reach = centers[-1] + min(2 * width, 1.0)
    values = RadialGaussians(centers, width, r_max=reach).compute(snapshot)
    expected = gaussians(snapshot.positions, snapshot.cell.matrix, centers, width, reach)
    # up to 30 products of factors with rounding 1e-16, each of them squared in the next: 1e-13 of a term
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-14)


def test_gaussians_have_the_papers_defaults():
    descriptor = RadialGaussians()
    assert len(descriptor.feature_names) == 31
    assert (descriptor.centers[0], descriptor.centers[-1], descriptor.width) == (1.5, 7.5, 3.5)
    snapshot = gas(2, n=5, matrix=np.eye(3) * 12)
    expected = gaussians(snapshot.positions, snapshot.cell.matrix, descriptor.centers, 3.5, 14.5)
    np.testing.assert_allclose(descriptor.compute(snapshot), expected, rtol=1e-12)


def test_gaussians_by_species_add_up_and_count_the_right_ones():
    snapshot = gas(3)
    whole = RadialGaussians(width=0.35).compute(snapshot)
    split = RadialGaussians(width=0.35, by_species=True, species=SPECIES)
    values = split.compute(snapshot)
    assert split.feature_names[:1] + split.feature_names[31:32] == ["G_Cu(1.5)", "G_Zr(1.5)"]
    np.testing.assert_allclose(values[:, :31] + values[:, 31:], whole, rtol=1e-12)
    only_copper = snapshot.replace(types=np.zeros(len(snapshot), dtype=int))
    np.testing.assert_allclose(split.compute(only_copper)[:, :31], whole, rtol=1e-12)
    assert not split.compute(only_copper)[:, 31:].any()


def test_gaussians_in_an_open_cell():
    snapshot = gas(4, n=30, matrix=np.eye(3) * 8, periodic=(False, True, False))
    wide = snapshot.cell.matrix * np.array([[50.0], [1.0], [50.0]])
    expected = gaussians(snapshot.positions, wide, (2.0, 3.0), 1.0, 7.0)
    np.testing.assert_allclose(RadialGaussians((2.0, 3.0), 1.0, 7.0).compute(snapshot), expected, rtol=1e-12)


def test_two_particles_at_one_place_are_neighbours_at_distance_zero():
    snapshot = Snapshot(Cell(np.eye(3) * 50), np.zeros((2, 3)), np.zeros(2, int), ("Cu",))
    np.testing.assert_allclose(RadialGaussians((1.0,), 1.0).compute(snapshot), np.exp(-1.0))


@pytest.mark.parametrize("cell", CELLS)
def test_entropy_is_the_integral_written_out(cell):
    snapshot = gas(5, **CELLS[cell])
    cutoffs = (1.0, 2.5, 6.0)
    values = PairEntropy(cutoffs, smoothing=0.15, grid=0.05).compute(snapshot)
    expected = pair_entropies(snapshot.positions, snapshot.cell.matrix, snapshot.types, cutoffs, 0.15, 0.05)
    # ours ends each Gaussian after five sigma, where g ln g loses (6e-7 of its area) times ln(1e-6)
    np.testing.assert_allclose(values, expected, rtol=2e-5, atol=2e-5)


def test_entropy_up_to_a_cutoff_between_grid_points_lies_between():
    snapshot = gas(6)
    below, between, above = (PairEntropy((c,)).compute(snapshot) for c in (3.0, 3.02, 3.05))
    np.testing.assert_allclose(between, 0.6 * below + 0.4 * above, rtol=1e-9)


def test_entropy_of_a_small_box_is_that_of_many_of_them():
    """15 angstrom in a box of 9: images of all particles, of the particle itself too."""
    snapshot = gas(7, n=30)
    descriptor = PairEntropy()
    turns = np.array(list(itertools.product(range(2), range(2), range(1))))
    many = np.concatenate([snapshot.positions + turn @ snapshot.cell.matrix for turn in turns])
    matrix = np.diag([2, 2, 1]) @ snapshot.cell.matrix
    replicated = Snapshot(Cell(matrix), many, np.tile(snapshot.types, 4), SPECIES)
    # images at 9 lie on an edge of the grid, where rounding picks the cell: Taylor's series from either side, 4e-9
    expected = np.tile(descriptor.compute(snapshot), (4, 1))
    np.testing.assert_allclose(descriptor.compute(replicated), expected, rtol=1e-8)


def poisson_entropies(random, densities, cutoffs, sigma, step, draws):
    """S2 of a particle of an ideal gas from distances alone: a Poisson process with the rate 4 pi r^2 rho."""
    at = (np.arange(round(max(cutoffs) / step)) + 0.5) * step
    r_max = max(cutoffs) + 8 * sigma
    rows = np.zeros((draws, len(cutoffs)))
    for row in rows:
        for density in densities:
            r = r_max * random.random(random.poisson(density * 4 / 3 * np.pi * r_max**3)) ** (1 / 3)
            g = pair_correlation(r, at, sigma, density)
            row += [entropy(g, at, step, density, cutoff) for cutoff in cutoffs]
    return rows


def test_an_ideal_gas_has_the_floor_and_its_average_has_none():
    random = np.random.default_rng(8)
    n, density, cutoffs = 2000, 0.055, (3.0, 8.0, 15.0)
    edge = (n / density) ** (1 / 3)
    types = np.arange(n) % 2
    snapshot = Snapshot(Cell(np.eye(3) * edge), random.random((n, 3)) * edge, types, SPECIES)
    descriptor = PairEntropy(cutoffs)
    values = descriptor.compute(snapshot)
    expected = poisson_entropies(random, [density / 2] * 2, cutoffs, 0.15, 0.05, 150)
    error = np.hypot(expected.std(0) / 150**0.5, values.std(0) / n**0.5)
    assert (np.abs(values.mean(0) - expected.mean(0)) < 4 * error).all(), (values.mean(0), expected.mean(0), error)
    # the closed form is that of many overlapping neighbours: 5 % off at 15 angstrom, where it stands in the report
    np.testing.assert_allclose(values.mean(0)[2], descriptor.floor()[2], rtol=0.08)
    np.testing.assert_allclose(descriptor.floor(1), descriptor.floor(2) / 2)
    assert descriptor.floor()[2] == pytest.approx(-15 / (4 * np.pi**0.5 * 0.15))
    # n particles in two species leave 3 / n of the noise (x_u / N_u of each g, twice that where both ends are of one
    # species), twice that to be safe; and next to r = 0 smoothing makes g = 1 + sigma^2 / r^2, whatever the number
    average = descriptor.of_average(snapshot)
    assert (np.abs(average) < 6 * np.abs(descriptor.floor()) / n + 10 * density * 0.15**3).all(), average
    assert (average < 0).all()


def test_a_crystal_lies_far_below_the_gas():
    cells = np.array(list(itertools.product(range(5), repeat=3)))
    fcc = (cells[:, None] + np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])).reshape(-1, 3) * 3.6
    crystal = Snapshot(Cell(np.eye(3) * 18.0), fcc, np.zeros(len(fcc), int), ("Cu",))
    descriptor = PairEntropy((3.0, 6.0, 12.0))
    values = descriptor.compute(crystal)
    # every particle has the same neighbours, on edges of the grid up to rounding (4e-9 of each from either side)
    assert np.ptp(values, axis=0).max() < 1e-7
    assert (values[0, 1:] < 3 * descriptor.floor(1)[1:]).all()
    np.testing.assert_allclose(descriptor.of_average(crystal), values[0], rtol=1e-8)  # and so has the average


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), step=st.sampled_from([0.05, 0.03, 0.02]))
def test_a_finer_grid_changes_little(seed, step):
    """The midpoint rule on a Gaussian of 0.15 converges fast where neighbours are farther than a few sigma."""
    snapshot = gas(seed, n=40)
    nearest = min(distances(snapshot.positions, snapshot.cell.matrix, i, 5.0)[1].min() for i in range(5))
    coarse, fine = (PairEntropy((6.0,), grid=h).compute(snapshot)[:5] for h in (step, 0.01))
    scale = np.abs(fine).max()
    assert np.abs(coarse - fine).max() < 0.02 * scale, nearest


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: RadialGaussians(centers=()), "centers"),
        (lambda: RadialGaussians(centers=(2.0, 1.0)), "ascend"),
        (lambda: RadialGaussians(centers=("a",)), "list of positive numbers"),
        (lambda: RadialGaussians(width=0), "width"),
        (lambda: RadialGaussians(r_max=-1.0), "r_max"),
        (lambda: RadialGaussians(by_species=True), "species="),
        (lambda: RadialGaussians(by_species="yes"), "true or false"),
        (lambda: PairEntropy(cutoffs=(3.0, 3.0)), "ascend"),
        (lambda: PairEntropy(smoothing=float("nan")), "smoothing"),
        (lambda: PairEntropy(grid=0.1), "too coarse"),
    ],
)
def test_bad_parameters(build, says):
    with pytest.raises(InputError, match=says):
        build()


def test_bad_snapshots():
    with pytest.raises(InputError, match="periodic in every direction"):
        PairEntropy().compute(gas(9, periodic=(True, True, False)))
    with pytest.raises(InputError, match="Zr is not one of"):
        RadialGaussians(by_species=True, species=("Cu", "Al")).compute(gas(9))
