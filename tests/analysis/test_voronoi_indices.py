"""Voronoi indices against SciPy's tessellation and known polyhedra; Kasper's rule; barcodes of two kinds of glasses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.spatial import Voronoi

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot


def index_by_scipy(positions, length):
    """n3,n4,n5,n6,... of each particle of a periodic cube, from the tessellation of 27 images."""
    shifts = np.array(list(itertools.product((0, -1, 1), repeat=3))) * length
    tessellation = Voronoi((positions[None] + shifts[:, None]).reshape(-1, 3))
    counts = np.zeros((len(positions), 30), dtype=int)
    for (one, other), vertices in zip(tessellation.ridge_points, tessellation.ridge_vertices):
        for particle in (one, other):
            if particle < len(positions):
                counts[particle, len(vertices)] += 1
    return [",".join(map(str, row[3 : max(7, np.flatnonzero(row).max() + 1)])) for row in counts]


def test_indices_are_those_of_another_tessellation():
    random = np.random.default_rng(5)
    length = 10.0
    positions = random.random((60, 3)) * length
    snapshot = Snapshot(Cell.orthogonal([length] * 3), positions, np.zeros(60, dtype=int), ("Cu",))
    assert analysis.voronoi_indices(snapshot).tolist() == index_by_scipy(positions, length)


def test_known_polyhedra():
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    bcc = np.concatenate([grid, grid + 0.5]) * 3.2
    snapshot = Snapshot(Cell.orthogonal([12.8] * 3), bcc, np.zeros(len(bcc), dtype=int), ("Cu",))
    assert set(analysis.voronoi_indices(snapshot).tolist()) == {"0,6,0,8"}  # the truncated octahedron
    golden = (1 + 5**0.5) / 2
    signs = itertools.product((-1, 1), repeat=2)
    corners = [np.roll([0, a, b * golden], k) for a, b in signs for k in range(3)]
    shell = np.array(corners) / np.hypot(1, golden) * 2.6
    cluster = np.vstack([np.zeros((1, 3)), shell, 2.0 * shell]) + 15.0
    snapshot = Snapshot(Cell.orthogonal([30.0] * 3), cluster, np.zeros(25, dtype=int), ("Cu",))
    assert analysis.voronoi_indices(snapshot)[0] == analysis.ICOSAHEDRON


@pytest.mark.parametrize(
    ("index", "kasper"),
    [
        ("0,0,12,0", True),  # Z12
        ("0,0,12,2", True),  # Z14
        ("0,0,12,3", True),  # Z15
        ("0,0,12,4", True),  # Z16
        ("0,1,10,2", True),  # Z13
        ("0,2,8,0", True),  # Z10
        ("0,2,8,1", True),  # Z11
        ("0,3,6,0", True),  # Z9
        ("0,4,4,0", True),  # Z8
        ("0,2,8,2", True),  # Z12, distorted: the rule holds
        ("0,3,6,3", True),
        ("1,0,9,3", False),  # n3 = 1
        ("0,3,7,2", False),  # 2 * 3 + 7 = 13
        ("0,1,10,2,1", False),  # a face of seven edges
        ("0,4,5,2,1", False),
    ],
)
def test_kasper_rule(index, kasper):
    assert analysis.is_kasper(index) is kasper
    assert analysis.kasper_groups([index]) == ["kasper" if kasper else "other"]


def test_no_index_is_refused():
    for text in ("0,0,12", "icosahedron", "0,-1,12,0", ""):
        with pytest.raises(InputError, match="not a Voronoi index"):
            analysis.is_kasper(text)


def test_pearson_is_numpys_and_nan_for_a_constant():
    random = np.random.default_rng(0)
    values, energies = random.random((30, 4)), random.random(30)
    values[:, 2] = 0.25
    found = analysis.pearson_coefficients(values, energies)
    for column in (0, 1, 3):
        assert found[column] == pytest.approx(np.corrcoef(values[:, column], energies)[0, 1], abs=1e-12)
    assert np.isnan(found[2])


def test_comparison_finds_what_was_put_in():
    """Driven bars are the thermal ones, but for a known difference in group 2, whose sum is kept."""
    random = np.random.default_rng(1)
    bars = random.dirichlet(np.full(10, 50.0), size=12)
    shift = np.zeros(10)
    shift[6:] = [0.01, -0.01, 0.02, -0.02]
    groups = ["kasper"] * 6 + ["other"] * 4
    runs = [f"run-{k}" for k in range(4)]
    thermal = {name: bars[3 * k : 3 * k + 3] for k, name in enumerate(runs)}
    driven = {name: part - shift for name, part in thermal.items()}
    table, by_group = analysis.compare_barcodes(thermal, driven, groups, n_resamples=50)
    np.testing.assert_allclose(table["difference"], shift, atol=1e-15)
    found = by_group.set_index("group")
    assert found.loc["other", "deviation"] == pytest.approx(np.std(shift[6:]), rel=1e-12)
    assert found.loc["kasper", "deviation"] == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(found["ratio"], 1.0, rtol=1e-12)
    assert (found["deviation_low"] <= found["deviation_high"]).all()


def test_scatter_alone_is_the_deviation_of_glasses_that_do_not_differ():
    """Two sets of 40 runs with independent bars of a known spread: their mean difference scatters by a known amount."""
    random = np.random.default_rng(3)
    spread, n_runs = 0.02, 40
    thermal, driven = (
        {f"run-{k}": 0.1 + spread * random.normal(size=(1, 200)) for k in range(n_runs)} for _ in range(2)
    )
    _, by_group = analysis.compare_barcodes(thermal, driven, ["other"] * 200, n_resamples=100)
    expected = spread * np.sqrt(2 / n_runs)
    # 200 environments know a deviation to 5 % (1 / sqrt(2 * 200)); a bootstrap of 40 runs lies 1 % low
    assert by_group["noise"].item() == pytest.approx(expected, rel=0.2)
    assert by_group["deviation"].item() == pytest.approx(expected, rel=0.2)
    alike = {name: np.full((1, 4), 0.25) for name in ("a", "b")}
    _, none = analysis.compare_barcodes(alike, alike, ["kasper"] * 4, n_resamples=10)
    assert none["noise"].item() == pytest.approx(0.0, abs=1e-15)


def test_small_functions():
    assert analysis.heterogeneity([1.0, 3.0]) == pytest.approx(0.5)
    assert np.isnan(analysis.heterogeneity([0.0, 0.0]))
    assert analysis.nearest_in_energy([3.0, 1.0, 2.0, 9.0], 2.2, 2).tolist() == [0, 2]
    sums = analysis.group_sums([[0.1, 0.2, 0.7]], ["b", "a", "b"])
    assert sums.columns.tolist() == ["a", "b"]
    np.testing.assert_allclose(sums.to_numpy(), [[0.2, 0.8]])
