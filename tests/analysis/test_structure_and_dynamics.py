"""Exact limits of the trajectory analyses, and OVITO as a second opinion."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot, analysis
from lammps_glass.analysis import (
    four_point_susceptibility,
    mean_squared_displacement,
    non_gaussian_parameter,
    radial_distribution_function,
    self_intermediate_scattering,
    structure_factor,
    structure_factor_around,
)
from lammps_glass.analysis.structure import wave_vectors
from lammps_glass.errors import InputError


def gas(n: int, seed: int, cell: Cell | None = None) -> Snapshot:
    cell = cell or Cell.orthogonal([10, 11, 12])
    random = np.random.default_rng(seed).random((n, 3))
    return Snapshot(cell, cell.cartesian(random), np.arange(n) % 2, ("A", "B"))


def walk(n: int, length: int, seed: int, box: float = 1e3) -> list[Snapshot]:
    """Independent Gaussian steps of deviation 1 per axis."""
    generator = np.random.default_rng(seed)
    start = box * generator.random((1, n, 3))
    path = start + np.concatenate([np.zeros((1, n, 3)), generator.normal(size=(length, n, 3)).cumsum(axis=0)])
    cell = Cell.orthogonal([box] * 3)
    return [Snapshot(cell, x, np.zeros(n, int), ("A",), step=100 * at) for at, x in enumerate(path)]


TRICLINIC = Cell(np.array([[10.0, 0, 0], [2.5, 11, 0], [-1.5, 2, 12]]))


@pytest.mark.parametrize("cell", [None, TRICLINIC])
def test_ideal_gas_has_flat_g(cell: Cell | None) -> None:
    table = radial_distribution_function([gas(1000, seed, cell) for seed in range(4)], 4.0, 8)
    assert list(table) == ["r", "g"]
    # 4 x 1000 particles: the second bin holds 2800 pairs (5 standard errors 0.1), the first 400 (0.26).
    assert np.allclose(table.g[1:], 1, atol=0.1)
    assert table.g[0] == pytest.approx(1, abs=0.26)


def test_simple_cubic_peaks_stand_at_their_distances_with_their_numbers() -> None:
    axis = np.arange(6) + 0.25
    points = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    crystal = Snapshot(Cell.orthogonal([6, 6, 6]), points, np.zeros(216, int), ("A",))
    table = radial_distribution_function(crystal, 2.4, 240)
    shells = 4 / 3 * np.pi * ((table.r + 0.005) ** 3 - (table.r - 0.005) ** 3)
    neighbours = (table.g * shells).to_numpy()  # density is 1
    # Distances and numbers of neighbours of the simple cubic lattice, from its definition.
    for distance, number in [(1, 6), (2**0.5, 12), (3**0.5, 8), (2, 6), (5**0.5, 24)]:
        near = abs(table.r - distance) < 0.011
        assert neighbours[near].sum() == pytest.approx(number, rel=1e-9)
    assert neighbours.sum() == pytest.approx(56, rel=1e-9)


@pytest.mark.parametrize("pair", [None, ("A", "A"), ("A", "B")])
def test_g_agrees_with_ovito(pair: tuple[str, str] | None) -> None:
    from ovito.data import DataCollection, ParticleType
    from ovito.modifiers import CoordinationAnalysisModifier

    snapshot = gas(400, 3, TRICLINIC)
    data = DataCollection()
    frame = np.column_stack([TRICLINIC.matrix.T, TRICLINIC.origin])
    data.create_cell(frame, pbc=(True, True, True))
    particles = data.create_particles(count=400)
    particles.create_property("Position", data=snapshot.positions)
    types = particles.create_property("Particle Type", data=snapshot.types + 1)
    types.types.extend([ParticleType(id=1, name="A"), ParticleType(id=2, name="B")])
    data.apply(CoordinationAnalysisModifier(cutoff=4.0, number_of_bins=40, partial=pair is not None))
    theirs = data.tables["coordination-rdf"].xy()
    column = {None: 1, ("A", "A"): 1, ("A", "B"): 2}[pair]
    ours = radial_distribution_function(snapshot, 4.0, 40, pair)
    assert np.allclose(ours.r, theirs[:, 0])
    # Equal counts of the same pairs: only the rounding of the normalisation differs.
    assert np.allclose(ours.g, theirs[:, column], rtol=1e-9, atol=1e-9)


def test_structure_factor_of_an_ideal_gas_is_one() -> None:
    table = structure_factor([gas(500, seed) for seed in range(20)], 6.0)
    assert list(table) == ["q", "s"]
    # Each vector and snapshot is an exponential variate of mean 1; the first bin averages about 60 of them: 5 x 0.13.
    assert np.allclose(table.s, 1, atol=0.65)
    assert table.s[3:].mean() == pytest.approx(1, abs=0.05)


def test_structure_factor_against_its_sum() -> None:
    snapshot = gas(50, 5, TRICLINIC)
    table = structure_factor(snapshot, 1.5, ("A", "B"), bins=3)
    reciprocal = 2 * np.pi * np.linalg.inv(TRICLINIC.matrix).T
    sums: dict[int, list[tuple[float, float]]] = {0: [], 1: [], 2: []}
    for index in np.ndindex(11, 11, 11):
        q = (np.array(index) - 5) @ reciprocal
        length = float(np.linalg.norm(q))
        if 0 < length <= 1.5:
            waves = np.exp(1j * snapshot.positions @ q)
            value = (waves[snapshot.types == 0].sum() * waves[snapshot.types == 1].sum().conj()).real / 25
            sums[min(int(length / 0.5), 2)].append((length, value))
    expected = np.array([np.mean(rows, axis=0) for rows in sums.values() if rows])
    assert np.allclose(table.to_numpy(), expected, rtol=1e-9, atol=1e-9)  # rounding of 50 terms


def test_contributions_of_groups_add_up_to_the_structure_factor() -> None:
    snapshot = gas(300, 4, TRICLINIC)
    groups = {"one": np.arange(0, 100), "two": np.arange(100, 300)}
    parts = structure_factor_around(snapshot, groups, 4.0).pivot_table(index="q", columns="group", values="s")
    whole = structure_factor(snapshot, 4.0)
    np.testing.assert_allclose((100 * parts["one"] + 200 * parts["two"]) / 300, whole["s"], rtol=1e-10)
    # by its definition, at the smallest wave vectors of a cube
    cube = gas(50, 5, Cell.orthogonal([10.0] * 3))
    q = 2 * np.pi / 10 * np.eye(3)
    phases = np.exp(1j * cube.positions @ q.T)
    expected = (phases[:20].sum(axis=0) * phases.sum(axis=0).conj()).real.mean() / 20
    one = structure_factor_around(cube, {"few": np.arange(20)}, 0.65, bins=1)
    assert one["s"].item() == pytest.approx(expected, rel=1e-10)
    with pytest.raises(InputError, match="group none has no particle"):
        structure_factor_around(cube, {"none": []}, 2.0)


def test_pairs_of_species_end_with_the_smallest_box() -> None:
    """g of all is the mean of the pairs' by their numbers; a box of 9 ends it at 4.5."""
    snapshots = []
    for seed, edge in ((1, 9.0), (2, 11.0)):
        positions = np.random.default_rng(seed).random((200, 3)) * edge
        snapshots.append(Snapshot(Cell.orthogonal([edge] * 3), positions, np.arange(200) % 4 // 3, ("A", "B")))
    table = analysis.pair_radial_distributions(snapshots, 10.0, 0.5)
    assert table["r"].max() == pytest.approx(4.25)
    g = table.pivot(index="r", columns="pair", values="g")
    assert list(g) == ["A-A", "A-B", "B-B", "all"]
    assert np.array_equal(g["A-B"], analysis.radial_distribution_function(snapshots, 4.5, 9, ("A", "B"))["g"])
    fractions = {"A-A": 0.75**2, "A-B": 2 * 0.75 * 0.25, "B-B": 0.25**2}
    assert np.allclose(sum(fractions[pair] * g[pair] for pair in fractions), g["all"])


def test_structure_factors_of_unlike_boxes_stand_on_common_bins() -> None:
    samples = {str(k): gas(400, k, Cell.orthogonal([edge] * 3)) for k, edge in ((1, 8.0), (2, 8.3))}
    table = analysis.structure_factor_over_replicas(samples, 6.0, seed=1)
    bins = int(6.0 / (2 * np.pi / 8.0))
    assert np.allclose(table["q"] / 6.0 * bins % 1, 0.5)
    last = [analysis.structure_factor(s, 6.0, bins=bins)["s"].iloc[-1] for s in samples.values()]
    assert table["s"].iloc[-1] == pytest.approx(np.mean(last))
    assert (table["low"] <= table["s"]).all()
    assert (table["replicas"] == 2).all()


@pytest.mark.parametrize("max_vectors", [7, 10_000])
def test_wave_vectors_are_those_of_the_half_space(max_vectors: int) -> None:
    """Against all index triples at once: every bin is whole, or a draw of `max_vectors` different ones of it."""
    q_max, bins = 4.0, 5
    indices, group = wave_vectors(gas(3, 0, TRICLINIC), q_max, bins, max_vectors)
    grid = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    lengths = np.linalg.norm(grid @ (2 * np.pi * np.linalg.inv(TRICLINIC.matrix).T), axis=1)
    half = np.array([tuple(row) > (0, 0, 0) for row in grid.tolist()])
    expected = {tuple(row): int(length / q_max * bins) for row, length in zip(grid[half].tolist(), lengths[half])}
    expected = {row: at for row, at in expected.items() if at < bins}
    drawn = dict(zip(map(tuple, indices.tolist()), group.tolist()))
    assert len(drawn) == len(indices)
    assert drawn.items() <= expected.items()
    sizes = np.bincount(list(expected.values()), minlength=bins)
    assert np.bincount(group, minlength=bins).tolist() == np.minimum(sizes, max_vectors).tolist()


def test_wave_vectors_of_a_large_box_take_the_memory_of_one_plane() -> None:
    snapshot = gas(2, 0, Cell.orthogonal([40.0, 40, 40]))
    n = 2 * int(9.0 * 40 / (2 * np.pi)) + 1
    tracemalloc.start()
    try:
        indices, _ = wave_vectors(snapshot, 9.0, None, 100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(indices) > 4000
    # A plane has n^2 vectors; index, wave vector, length, bin, order and rank are 12 numbers of 8 bytes each, and
    # temporaries double that. What was drawn comes on top (32 bytes each). All n^3 indices alone would be 36 MB.
    assert peak < 2 * 12 * 8 * n**2 + 100 * len(indices) < n**3 * 3 * 8 / 7


def test_random_walk_is_linear_and_gaussian() -> None:
    path = walk(4000, 12, 1)
    msd, alpha2 = mean_squared_displacement(path), non_gaussian_parameter(path)
    fs, q = self_intermediate_scattering(path, 0.3), 0.3
    assert list(msd) == ["time", "msd"]
    assert list(alpha2) == ["time", "alpha2"]
    assert list(fs) == ["time", "fs"]
    assert msd.time.tolist() == [100 * lag for lag in range(13)]
    # Relative error of a mean of 3 x 4000 squares with one origin: sqrt(2 / 12000) = 1.3 %; four of them.
    assert np.allclose(msd.msd, 3 * np.arange(13), rtol=0.052)
    assert np.allclose(alpha2.alpha2, 0, atol=0.1)
    # Fs of Gaussian displacements; standard error 1 / sqrt(2 x 4000) at most: five of them.
    assert np.allclose(fs.fs, np.exp(-(q**2) * 3 * np.arange(13) / 6), atol=0.056)


def test_all_origins_are_averaged() -> None:
    path = walk(20, 6, 4)
    table = mean_squared_displacement(path, timestep=0.01)
    for lag in range(7):
        moved = [path[at + lag].positions - path[at].positions for at in range(7 - lag)]
        assert table.msd[lag] == pytest.approx(
            np.mean([(m**2).sum(axis=1).mean() for m in moved]), rel=1e-12, abs=1e-300
        )
    assert table.time[3] == pytest.approx(3.0)


def test_ballistic_motion_wrapped_or_not() -> None:
    cell = Cell.orthogonal([5, 6, 7])
    rng = np.random.default_rng(0)
    start, velocity = cell.cartesian(rng.random((30, 3))), rng.normal(size=(30, 3)) * 0.4
    frames = [Snapshot(cell, start + velocity * t, np.zeros(30, int), ("A",), step=t) for t in range(12)]
    expected = (velocity**2).sum(axis=1).mean() * np.arange(12) ** 2
    assert np.allclose(mean_squared_displacement(frames).msd, expected, rtol=1e-10)
    wrapped = (frame.wrap() for frame in frames)  # lazy
    assert np.allclose(mean_squared_displacement(wrapped).msd, expected, rtol=1e-10)


def test_species_and_uneven_steps() -> None:
    snapshot = gas(20, 2)
    moved = snapshot.positions + np.where(snapshot.types == 0, 1.0, 2.0)[:, None] * [1e3, 0, 0]
    frames = [snapshot, snapshot.replace(step=10), snapshot.replace(positions=moved, step=100)]
    table = mean_squared_displacement(frames, "B")
    assert table.time.tolist() == [0, 10, 90, 100]
    assert np.allclose(table.msd, [0, 0, 4e6, 4e6])


def test_four_point_susceptibility_counts_fluctuations_of_the_overlap() -> None:
    path = walk(50, 10, 8)
    table = four_point_susceptibility(path, distance=1.5)
    overlap = [np.sum(np.linalg.norm(path[at + 2].positions - path[at].positions, axis=1) < 1.5) for at in range(9)]
    assert table.chi4[2] == pytest.approx(np.var(overlap) / 50)
    assert table.chi4[0] == 0
    assert np.isnan(table.chi4[10])  # one origin has no fluctuation


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: radial_distribution_function(gas(10, 0), 6.0), "2 x 6"),
        (lambda: radial_distribution_function(gas(10, 0), 3.0, pair=("A", "C")), "species 'C'"),
        (lambda: radial_distribution_function(gas(10, 0, Cell(np.eye(3) * 9, periodic=[1, 1, 0])), 3.0), "periodic"),
        (lambda: structure_factor(gas(10, 0), 0.1), "no wave vector"),
        (lambda: mean_squared_displacement([]), "no snapshot"),
        (lambda: mean_squared_displacement([gas(10, 0), gas(11, 0).replace(step=1)]), "other particles"),
        (lambda: mean_squared_displacement([gas(10, 0), gas(10, 0)]), "order of time"),
        (lambda: self_intermediate_scattering([gas(10, 0)], -1), "q = -1"),
    ],
)
def test_bad_input_is_named_in_one_line(call, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
