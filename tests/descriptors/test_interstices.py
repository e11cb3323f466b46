"""Interstices against scipy's tessellation and hulls, an exact icosahedron, crystals, and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from interstice_oracle import disordered, features, solid_angle, voronoi_shells
from scipy.spatial import ConvexHull

from lammps_glass.descriptors import Interstices
from lammps_glass.descriptors.hull import FLAT, hull_facets
from lammps_glass.descriptors.interstice_kernels import _angles
from lammps_glass.descriptors.interstices import interstice_features
from lammps_glass.descriptors.voronoi import voronoi_neighbors
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.neighbors import NeighborList

RADII = np.array([0.5, 0.3])
CASES = {
    "cubic": {"shape": (4, 4, 4)},
    "triclinic": {"shape": (4, 3, 3), "matrix": [[3.7, 0.2, 0.1], [0.9, 2.8, -0.2], [-0.7, 0.8, 2.9]]},
    "smallest without own images": {"shape": (3, 3, 3)},
}
OWN_NEIGHBOURS = {"own images along one edge": {"shape": (1, 2, 5)}, "two particles": {"shape": (1, 1, 2)}}


@pytest.mark.parametrize("case", CASES)
def test_equal_to_the_definition_written_out(case):
    snapshot = disordered(8, **CASES[case])
    rows = features(voronoi_shells(snapshot), RADII[snapshot.types])
    descriptor = Interstices()
    assert descriptor.feature_names == list(rows[0])
    expected = np.array([list(row.values()) for row in rows])
    # L'Huilier's product and the inverse cosine lose digits in flat triangles, up to 1e-11 in these configurations.
    np.testing.assert_allclose(descriptor.compute(snapshot), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", OWN_NEIGHBOURS)
def test_distances_where_particles_neighbour_their_own_images(case):
    """Images of one particle and of the next form exact parallelograms: cut either way, so only D is compared.

    The cut must not depend on the order of the neighbours, though: a replicated box has the same rows.
    """
    snapshot = disordered(8, **OWN_NEIGHBOURS[case])
    rows = features(voronoi_shells(snapshot), RADII[snapshot.types])
    of_distances = [k for k, name in enumerate(rows[0]) if "(D)" in name]
    assert len(of_distances) == 20
    values = Interstices().compute(snapshot)
    expected = np.array([list(row.values()) for row in rows])
    np.testing.assert_allclose(values[:, of_distances], expected[:, of_distances], rtol=0, atol=1e-12)
    doubled = Snapshot(
        Cell(np.diag([2, 1, 1]) @ snapshot.cell.matrix),
        np.r_[snapshot.positions, snapshot.positions + snapshot.cell.matrix[0]],
        np.tile(snapshot.types, 2),
        snapshot.species,
    )
    np.testing.assert_allclose(Interstices().compute(doubled), np.tile(values, (2, 1)), atol=1e-11)


@pytest.mark.parametrize("shape", [(3, 3, 4), (1, 2, 5), (1, 1, 2)])
def test_voronoi_neighbours_are_scipys(shape):
    snapshot = disordered(9, shape=shape)
    neighbors = voronoi_neighbors(snapshot)
    for i, (indices, vectors) in enumerate(voronoi_shells(snapshot)):
        row = slice(neighbors.offsets[i], neighbors.offsets[i + 1])
        ours, theirs = np.c_[neighbors.indices[row], neighbors.vectors[row]], np.c_[indices, vectors]
        assert len(ours) == len(theirs)
        order = [np.lexsort(np.round(x, 8).T[::-1]) for x in (ours, theirs)]
        np.testing.assert_allclose(ours[order[0]], theirs[order[1]], atol=1e-12)
        assert np.all(np.diff(neighbors.indices[row]) >= 0)


def test_face_threshold_leaves_small_faces_out():
    snapshot = disordered(10)
    counts = [voronoi_neighbors(snapshot, threshold).counts.sum() for threshold in (0.0, 0.01, 0.05)]
    assert counts[0] > counts[1] > counts[2]
    changed = Interstices(face_threshold=0.05).compute(snapshot)
    assert not np.allclose(changed, Interstices().compute(snapshot))


def shell(vectors):
    """One particle whose neighbours are its own images at `vectors`."""
    vectors = np.asarray(vectors, dtype=float)
    return NeighborList(np.array([0, len(vectors)]), np.zeros(len(vectors), dtype=np.int64), vectors)


def icosahedron():
    golden = (1 + 5**0.5) / 2
    points = [(0, a, b * golden) for a in (1, -1) for b in (1, -1)]
    points = np.array([np.roll(p, k) for p in points for k in range(3)])
    return points / np.linalg.norm(points[0])


def test_icosahedron_by_hand():
    r = 0.45
    values = dict(zip(Interstices().feature_names, interstice_features(shell(icosahedron()), [r])[0]))
    edge = 4 / np.sqrt(10 + 2 * np.sqrt(5))
    area = np.sqrt(3) / 4 * edge**2
    volume = 5 * (3 + np.sqrt(5)) / 12 * edge**3 / 20
    # Corner of the tetrahedron at a vertex: a fifth of the icosahedron's, whose dihedral angle is acos(-sqrt 5 / 3).
    at_vertex = (5 * np.arccos(-np.sqrt(5) / 3) - 3 * np.pi) / 5
    occupied = r**3 / 3 * (4 * np.pi / 20 + 3 * at_vertex) / volume
    assert values["Mean(D)"] == pytest.approx(1 / (2 * r) - 1, rel=1e-13)
    assert values["Mean(A)"] == pytest.approx(1 - np.pi / 2 * r**2 / area, rel=1e-12)
    assert values["Mean(V)"] == pytest.approx(1 - occupied, rel=1e-12)
    spreads = [value for name, value in values.items() if name.startswith("Std")]
    assert np.abs(spreads).max() < 1e-7  # the root of rounding in a mean square


def hull(points):
    points = np.ascontiguousarray(points, dtype=float)
    k = len(points)
    facets, planes = np.empty((2 * k, 3), np.int64), np.empty((2 * k, 4))
    rim, marks, moved = np.empty((6 * k, 3), np.int64), np.zeros((k + 1, k), np.int64), np.empty((k, 3))
    found = hull_facets(points, facets, planes, rim, marks, moved)
    return facets[: max(found, 0)].copy(), found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(4, 40), st.floats(0, 1))
def test_hull_is_qhulls(seed, k, depth):
    random = np.random.default_rng(seed)
    points = random.normal(size=(k, 3))
    points *= ((1 - depth * random.random(k)) / np.linalg.norm(points, axis=1))[:, None]
    ours = {tuple(sorted(facet)) for facet in hull(points)[0]}
    assert ours == {tuple(sorted(facet)) for facet in ConvexHull(points).simplices}


CUBE = np.array(list(itertools.product((-1, 1), repeat=3)), dtype=float)
AXES = np.concatenate([np.eye(3), -np.eye(3)])
CUBOCTAHEDRON = np.array([p for p in itertools.product((-1, 0, 1), repeat=3) if np.abs(p).sum() == 2], dtype=float)
GRID = np.array([p for p in itertools.product((-1, 0, 1), repeat=3) if any(p)], dtype=float)


@pytest.mark.parametrize(
    ("points", "corners", "volume"),
    [(CUBE, 8, 8), (CUBOCTAHEDRON, 12, 20 / 3), (GRID, 8, 8), (np.r_[CUBOCTAHEDRON, 2 * AXES], 6, 32 / 3)],
    ids=["cube", "cuboctahedron", "cube with points on edges and faces", "octahedron with midpoints"],
)
def test_hull_of_coplanar_points_is_closed_and_has_only_true_corners(points, corners, volume):
    facets, found = hull(points)
    assert found == 2 * corners - 4
    assert np.unique(facets).size == corners
    edges = [(f[k], f[(k + 1) % 3]) for f in facets for k in range(3)]
    assert len(set(edges)) == len(edges)
    assert {(b, a) for a, b in edges} == set(edges)
    assert np.linalg.det(points[facets]).sum() / 6 == pytest.approx(volume, rel=1e-12)


def test_flat_points_have_no_hull():
    assert hull(np.random.default_rng(0).normal(size=(9, 3)) * [1, 1, 0])[1] == FLAT


@pytest.mark.parametrize("basis", [[(0, 0, 0)], [(0, 0, 0), (1, 1, 1)], [(0, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1)]])
def test_crystals_have_finite_and_equal_rows(basis):
    cell = 2 * np.array(list(itertools.product(range(3), repeat=3)))
    positions = 0.7 * (cell[:, None] + np.array(basis)).reshape(-1, 3)
    crystal = Snapshot(Cell(np.eye(3) * 4.2), positions, np.zeros(len(positions), int), ("A",))
    values = Interstices().compute(crystal)
    assert np.isfinite(values).all()
    # Distances are the same for all; which of the zero-area faces OVITO reports differs, so areas and volumes may.
    assert np.ptp(values[:, Interstices().feature_names.index("Min(D)")]) < 1e-12


def test_angles_are_those_of_the_library():
    random = np.random.default_rng(1)
    y = np.r_[np.abs(random.normal(size=20000)), 0.0, 1.0, 1e-300, 1.0, 1.0]
    x = np.r_[random.normal(size=20000) * 10 ** random.uniform(-8, 8, 20000), 1.0, 0.0, 1.0, 1.0, -1.0]
    expected = np.arctan2(y, x)
    _angles(y, x)
    # Two roundings of the fold (one of pi): 2 units in the last place of pi.
    np.testing.assert_allclose(x, expected, rtol=5e-16, atol=1e-15)


def test_centre_on_or_outside_the_hull_gives_finite_fractions():
    for height in (0.0, 0.3):  # the base of the pyramid holds the centre, or passes above it
        pyramid = np.array([[1, 1, height], [-1, 1, height], [-1, -1, height], [1, -1.1, height], [0, 0.1, 1.2]])
        values = interstice_features(shell(pyramid), [0.2])[0]
        assert np.isfinite(values).all()
        assert (values[4:12] >= 0).all()


def test_bad_input_is_one_line():
    snapshot = disordered(11)
    with pytest.raises(InputError, match="no radius for species B"):
        Interstices(radii={"A": 0.5}).compute(snapshot)
    for radii in ({}, {"A": -1.0}, {"A": np.nan}, {"A": "half"}, 0.5):
        with pytest.raises(InputError, match="radi"):
            Interstices(radii=radii)
    for threshold in (-0.1, 1.0, "x"):
        with pytest.raises(InputError, match="face_threshold"):
            Interstices(face_threshold=threshold)
    with pytest.raises(InputError, match="particle 7 has fewer than 4"):
        interstice_features(shell(CUBE[:3]), [0.5], ids=[7])
    with pytest.raises(InputError, match="particle 1 has Voronoi neighbours that all lie in one plane"):
        interstice_features(shell(CUBE[:4]), [0.5])
    with pytest.raises(InputError, match="particle 1 has a neighbour at its own position"):
        interstice_features(shell(np.r_[CUBE, np.zeros((1, 3))]), [0.5])


def test_a_subset_of_the_species_is_valid():
    snapshot = disordered(12)
    only_a = snapshot.replace(types=np.zeros(len(snapshot), dtype=int))
    assert Interstices(radii={"A": 0.5}).compute(only_a).shape == (len(snapshot), 60)


def test_open_cluster_names_a_surface_particle_or_is_finite():
    corner = Snapshot(Cell(np.eye(3) * 4, periodic=(False,) * 3), CUBE + 2, np.zeros(8, int), ("A",))
    with pytest.raises(InputError, match=r"particle \d has fewer than 4 Voronoi neighbours"):
        Interstices().compute(corner)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_oracle_solid_angles_of_an_octant_sum_to_the_sphere(seed):
    """The oracle itself: the eight octants of a rotated frame fill the sphere."""
    frame = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    total = sum(
        solid_angle(*(sign * axis for sign, axis in zip(s, frame))) for s in itertools.product((1, -1), repeat=3)
    )
    assert total == pytest.approx(4 * np.pi, rel=1e-12)
