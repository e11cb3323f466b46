"""SOAP against DScribe (where that is sound, or given the exact basis), a quadrature of our own, and its symmetries."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from dscribe import descriptors as peers
from scipy.special import spherical_in

from lammps_glass import descriptors
from lammps_glass.descriptors.soap import SOAP, basis, tables
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

SPECIES = ("Cu", "Zr")


def glassy(n_edge=4, density=0.06, seed=0, shear=0.0, periodic=True):
    """n_edge^3 particles at the density of Zr-Cu, no two nearer than 1.5 angstrom, about."""
    random = np.random.default_rng(seed)
    edge = n_edge / density ** (1 / 3)
    lattice = np.stack(np.meshgrid(*[np.arange(n_edge)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    matrix = np.eye(3) * edge
    matrix[1, 0], matrix[2, 1] = shear * edge, -shear * edge
    scaled = (lattice + random.uniform(-0.2, 0.2, size=lattice.shape)) / n_edge
    types = random.permutation(len(lattice)) % 2
    return Snapshot(Cell(matrix, periodic=(periodic,) * 3), scaled @ matrix, types, SPECIES)


def crystal(a=3.2):
    """CsCl, of one cell: every neighbour is an image."""
    return Snapshot(Cell(np.eye(3) * a), np.array([[0, 0, 0], [a / 2] * 3]), np.array([0, 1]), SPECIES)


def peer_rows(snapshot, n_max, l_max, exact_basis=False, r_cut=5.0):
    """DScribe's rows; with `exact_basis` its code is given the radial functions of 60 digits at its own points."""
    peer = peers.SOAP(
        species=[1, 2], r_cut=r_cut, n_max=n_max, l_max=l_max, sigma=0.5, rbf="polynomial",
        periodic=bool(snapshot.cell.periodic.any()),
    )  # fmt: skip
    if exact_basis:
        points = peer.get_basis_poly(r_cut, 3)[0]
        peer.get_basis_poly = lambda cut, n: (points, basis.radial_functions(cut, n, points))
    pbc = snapshot.cell.periodic
    atoms = Atoms(numbers=snapshot.types + 1, positions=snapshot.positions, cell=snapshot.cell.matrix, pbc=pbc)
    return peer.create(atoms)


def cosines(a, b):
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


SNAPSHOTS = {
    "glass": glassy(3),
    "sheared": glassy(3, shear=0.3, seed=1),
    "smaller than the cutoff": glassy(2, seed=2),
    "open": glassy(3, seed=3, periodic=False),
    "one cell of CsCl": crystal(),
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_equal_to_dscribe_where_its_basis_and_harmonics_are_sound(name):
    # n_max = 5: its basis has 11 good digits; l_max = 9: all its harmonics are there. Our table is good to 1e-9.
    snapshot = SNAPSHOTS[name]
    expected = peer_rows(snapshot, 5, 9)
    rows = SOAP(n_max=5, l_max=9, unit=False).compute(snapshot)
    np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-8 * expected.max())


@pytest.mark.parametrize("n_max", [5, 6, 7, 8])
def test_cosine_with_dscribe(n_max):
    # The project's bound is 1e-5; round-off of DScribe's basis at n_max = 8 changes single values by 1e-6.
    snapshot = SNAPSHOTS["glass"]
    rows = SOAP(n_max=n_max, l_max=12, harmonics="dscribe").compute(snapshot)
    assert (1 - cosines(rows, peer_rows(snapshot, n_max, 12)) < 1e-9).all()


@pytest.mark.parametrize("name", ["sheared", "smaller than the cutoff"])
def test_equal_to_dscribe_with_the_exact_basis_at_the_papers_parameters(name):
    # The cut of Gaussians is at the same distance, the quadrature of both is exact to 1e-12: 1e-8 is our table.
    snapshot = SNAPSHOTS[name]
    expected = peer_rows(snapshot, 11, 12, exact_basis=True)
    rows = SOAP(harmonics="dscribe", unit=False).compute(snapshot)
    assert rows.shape[1] == 3289
    np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-8 * expected.max())


def test_the_harmonics_that_dscribe_lacks():
    """Its rows change as the glass turns from l_max = 10 on, ours do not; up to 9 neither does."""
    snapshot = glassy(2, seed=5, periodic=False)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turned = snapshot.replace(positions=snapshot.positions @ turn)
    change = {
        (who, l_max): np.abs(1 - cosines(rows(snapshot, l_max), rows(turned, l_max))).max()
        for who, rows in {
            "ours": lambda s, l_max: SOAP(n_max=5, l_max=l_max).compute(s),
            "dscribe": lambda s, l_max: peer_rows(s, 5, l_max),
        }.items()
        for l_max in (9, 12)
    }
    assert change["ours", 12] < 1e-12
    assert change["dscribe", 9] < 1e-12
    assert change["dscribe", 12] > 1e-7


def test_columns_are_those_of_dscribe():
    peer = peers.SOAP(species=["Cu", "Zr"], r_cut=5, n_max=11, l_max=12, rbf="polynomial", periodic=True)
    names = SOAP().feature_names
    assert len(names) == len(set(names)) == peer.get_number_of_features() == 3289
    for first, second in (("Cu", "Cu"), ("Cu", "Zr"), ("Zr", "Zr")):
        place = peer.get_location((first, second))
        assert {name.split()[0] for name in names[place]} == {first + second}


def test_backend_dscribe_has_dscribes_numbers():
    snapshot = SNAPSHOTS["sheared"]
    rows = SOAP(n_max=4, l_max=3, backend="dscribe", unit=False).compute(snapshot)
    np.testing.assert_allclose(rows, peer_rows(snapshot, 4, 3), rtol=1e-9)
    compiled = SOAP(n_max=4, l_max=3)
    assert "dscribe" in SOAP(backend="dscribe").definition.values()
    np.testing.assert_allclose(
        SOAP(n_max=4, l_max=3, backend="dscribe").compute(snapshot), compiled.compute(snapshot), atol=1e-8
    )


# -- the basis and the integrals by themselves ---------------------------------------------------------------------


@pytest.mark.parametrize("n_max", [2, 11, 14])
def test_basis_is_orthonormal_and_symmetric(n_max):
    """Exactly: integrals of powers of (r_cut - r) are rational numbers, so nothing is lost."""
    rows = [[Fraction(str(x)) for x in row] for row in basis.coefficients(5.0, n_max)]
    overlap = [
        [Fraction(2 * 5 ** (7 + i + j), (5 + i + j) * (6 + i + j) * (7 + i + j)) for j in range(1, n_max + 1)]
        for i in range(1, n_max + 1)
    ]
    for p in range(n_max):
        for q in range(n_max):
            assert abs(rows[p][q] - rows[q][p]) < Fraction(1, 10**20)  # Loewdin's choice: symmetric
            product = sum(
                rows[p][i] * overlap[i][j] * rows[q][j] for i in range(n_max) for j in range(n_max)
            )  # 60 digits less the 22 to 28 of the condition number
            assert abs(product - (p == q)) < Fraction(1, 10**16)


def test_radial_integrals_against_another_quadrature():
    distances, l_max = np.array([0.0, 0.3, 2.6, 4.9, 6.5]), 12
    ours = tables.radial_integrals(5.0, 5, l_max, 0.5, distances)
    edges = np.linspace(0, 5, 4001)
    r, step = (edges[1:] + edges[:-1]) / 2, 5 / 4000  # midpoints: exact to (step / sigma)^2 / 24 = 2e-7
    g = basis.radial_functions(5.0, 5, r)
    for k, distance in enumerate(distances):
        bessel = np.array([spherical_in(ell, 4 * r * distance) for ell in range(l_max + 1)])
        values = bessel * np.exp(-2 * (r**2 + distance**2)) * r**2 * step
        np.testing.assert_allclose(ours[k], values @ g.T, rtol=1e-5, atol=1e-7 * np.abs(ours).max())


def test_tabulated_polynomials_follow_the_integrals():
    table = tables.make_tables(2, 5.0, 11, 12, 0.5)
    factors = table.radial.reshape(table.n_intervals, tables.DEGREE + 1, 13, 16)[..., :11]
    t = np.linspace(-1, 1, 7)
    distances = (np.arange(table.n_intervals)[:, None] + (t + 1) / 2) / table.intervals_per_length
    values = np.einsum("ipln,tp->itln", factors, np.vander(t, tables.DEGREE + 1, increasing=True))
    exact = tables.radial_integrals(5.0, 11, 12, 0.5, distances.ravel()).reshape(values.shape)
    exact *= (4 * np.pi * np.sqrt(np.pi * np.sqrt(8 / (2 * np.arange(13) + 1))))[:, None]
    assert np.abs(values - exact).max() < 2e-9 * np.abs(exact).max()


# -- symmetries and forms ------------------------------------------------------------------------------------------


def test_mirror_and_rotation_with_the_papers_parameters():
    snapshot = glassy(3, seed=7)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn[0] *= -np.sign(np.linalg.det(turn))  # a mirror as well
    moved = Snapshot(Cell(snapshot.cell.matrix @ turn), (snapshot.positions + 1.3) @ turn, snapshot.types, SPECIES)
    soap = SOAP()
    np.testing.assert_allclose(soap.compute(moved), soap.compute(snapshot), atol=1e-11)


def test_types_without_names_and_the_order_of_species():
    snapshot = glassy(2)
    soap, swapped = SOAP(n_max=3, l_max=2), SOAP(species=("Zr", "Cu"), n_max=3, l_max=2)
    with pytest.raises(InputError, match=r"types 1, 2 have no names.*--types Cu,Zr"):
        soap.compute(snapshot.replace(species=("1", "2")))
    rows = dict(zip(soap.feature_names, soap.compute(snapshot).T))
    other = dict(zip(swapped.feature_names, swapped.compute(snapshot).T))
    np.testing.assert_allclose(other["ZrCu l2 n1,3"], rows["CuZr l2 n3,1"], rtol=1e-12)
    np.testing.assert_allclose(other["CuCu l1 n1,2"], rows["CuCu l1 n1,2"], rtol=1e-12)


def test_float32_threads_and_blocks_change_nothing_else():
    snapshot = glassy(3)
    rows = SOAP().compute(snapshot)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-14)
    single = SOAP(dtype="float32", n_threads=2).compute(snapshot)
    assert single.dtype == np.float32
    assert np.array_equal(single, rows.astype(np.float32))
    order = np.array([5, 0, 17])
    for index, block in SOAP().blocks(snapshot, order, size=2):
        assert np.array_equal(block, rows[index])


def test_a_lone_particle_and_one_on_top_of_another():
    alone = Snapshot(Cell(np.eye(3) * 30), np.zeros((1, 3)), np.array([0]), SPECIES)
    row = SOAP(n_max=3, l_max=2).compute(alone)[0]
    assert np.isclose(np.linalg.norm(row), 1)
    assert (row[6:] == 0).all()  # l = 0 of its own species only
    pair = Snapshot(Cell(np.eye(3) * 30), np.zeros((2, 3)), np.array([0, 0]), SPECIES)
    np.testing.assert_allclose(SOAP(n_max=3, l_max=2).compute(pair), np.stack([row, row]), atol=1e-7)


def test_against_ase_crystal_with_one_kind_of_site():
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    rows = SOAP(n_max=4, l_max=4).compute(Snapshot.from_ase(atoms))
    np.testing.assert_allclose(rows, np.broadcast_to(rows[0], rows.shape), atol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"species": "Cu"}, "species"),
        ({"species": ("Cu", "Cu")}, "species"),
        ({"r_cut": -1}, "r_cut"),
        ({"sigma": 0}, "sigma"),
        ({"sigma": 0.001}, "at least r_cut"),
        ({"n_max": 0}, "n_max"),
        ({"l_max": 21}, "l_max"),
        ({"n_max": 2.5}, "n_max"),
        ({"backend": "compield"}, "did you mean 'compiled'"),
        ({"dtype": "float16"}, "dtype"),
        ({"unit": 1}, "unit"),
    ],
)
def test_bad_parameters(options, words):
    with pytest.raises(InputError, match=words):
        descriptors.REGISTRY.build("soap", options)


def test_foreign_species_and_particles_that_are_not_there():
    snapshot = glassy(2).replace(species=("Ni", "P"))
    with pytest.raises(InputError, match=r"soap is set up for the species Cu, Zr .*Ni"):
        SOAP().compute(snapshot)
    with pytest.raises(InputError, match="there are 8"):
        SOAP().rows_of(glassy(2), [8])
