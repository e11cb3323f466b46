"""Baselines of the field: bond order, Voronoi cells, structure functions, energies and states of a configuration."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.special import eval_legendre, gammaln, lpmv

from lammps_glass import descriptors, simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersen, KobAndersenSmooth
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.testing.samples import binary_snapshot

CRYSTALS = {
    "fcc": ([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], 0.8),
    "bcc": ([[0, 0, 0], [0.5, 0.5, 0.5]], 1.1),
    "sc": ([[0, 0, 0]], 1.1),
}
#: q4, q6, w4, w6 of perfect shells of 12, 14 and 6 neighbours: Steinhardt, Nelson and Ronchetti (1983), table I.
PUBLISHED = {
    "fcc": (0.19094, 0.57452, -0.15932, -0.01316),
    "bcc": (0.03637, 0.51069, 0.15932, 0.01316),
    "sc": (0.76376, 0.35355, 0.15932, 0.01316),
}


def harmonic(ell, m, theta, phi):
    """Complex spherical harmonic with the Condon-Shortley phase; SciPy's has another name before version 1.15."""
    k = abs(m)
    norm = np.sqrt((2 * ell + 1) / (4 * np.pi) * np.exp(gammaln(ell - k + 1) - gammaln(ell + k + 1)))
    value = norm * lpmv(k, ell, np.cos(theta)) * np.exp(1j * k * phi)
    return value if m >= 0 else (-1) ** k * np.conj(value)


@pytest.mark.parametrize("name", CRYSTALS)
def test_bond_order_of_crystals_is_the_published_one(name):
    sites, r_max = CRYSTALS[name]
    crystal = Snapshot(Cell(np.eye(3)), np.array(sites, dtype=float), np.zeros(len(sites), dtype=int), ("A",))
    rows = descriptors.BondOrientational((4, 6), r_max).compute(crystal)
    np.testing.assert_allclose(rows[0, [0, 2, 1, 3]], PUBLISHED[name], atol=2e-5)  # printed to five digits
    np.testing.assert_allclose(rows[:, 4:], rows[:, :4], atol=1e-12)  # all particles are alike: averages change nothing


def test_bond_order_agrees_with_complex_harmonics_and_the_addition_theorem():
    snapshot = binary_snapshot(2)
    rows = descriptors.BondOrientational((4, 5, 6), 1.4).compute(snapshot)
    pairs = pairs_within(snapshot, 1.4)
    moments = []
    for i in range(len(snapshot)):
        unit = pairs.vectors[pairs.offsets[i] : pairs.offsets[i + 1]]
        unit = unit / np.linalg.norm(unit, axis=1)[:, None]
        for column, ell in ((0, 4), (2, 5), (3, 6)):
            squared = eval_legendre(ell, np.clip(unit @ unit.T, -1, 1)).mean()
            assert rows[i, column] == pytest.approx(np.sqrt(squared), abs=1e-10)
        theta, phi = np.arccos(unit[:, 2]), np.arctan2(unit[:, 1], unit[:, 0])
        moments.append([harmonic(6, m, theta, phi).mean() for m in range(-6, 7)])
    moments = np.array(moments)
    averaged = np.array(
        [
            (moments[i] + moments[pairs.indices[pairs.offsets[i] : pairs.offsets[i + 1]]].sum(0))
            / (pairs.counts[i] + 1)
            for i in range(len(snapshot))
        ]
    )
    expected = np.sqrt(4 * np.pi / 13 * (np.abs(averaged) ** 2).sum(axis=1))
    names = descriptors.BondOrientational((4, 5, 6), 1.4).feature_names
    np.testing.assert_allclose(rows[:, names.index("mean q6")], expected, rtol=1e-10)


def test_voronoi_cells_fill_the_box_and_those_of_fcc_are_dodecahedra():
    snapshot = binary_snapshot(4)
    rows = descriptors.Voronoi().compute(snapshot)
    assert rows[:, 0].sum() == pytest.approx(snapshot.cell.volume, rel=1e-9)
    np.testing.assert_array_equal(rows[:, 1], rows[:, 2:7].sum(axis=1))
    sites = np.array(CRYSTALS["fcc"][0], dtype=float)
    shifts = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    crystal = Snapshot(Cell(3 * np.eye(3)), (sites[:, None] + shifts).reshape(-1, 3), np.zeros(108, dtype=int), ("A",))
    rows = descriptors.Voronoi(face_threshold=1e-3).compute(crystal)
    np.testing.assert_allclose(rows[:, 0], 0.25, rtol=1e-9)
    assert (rows[:, 1] == 12).all()


#: Steinhardt parameters and Voronoi cells by freud, in a process of its own: its copy of voro++ and that of OVITO,
#: which other tests load, crash each other.
BY_FREUD = """
import sys
import freud
import numpy as np

given = np.load(sys.argv[1])
system = (freud.box.Box.from_matrix(given["box"]), given["points"])
results = {}
for average in (False, True):
    for ell in (4, 6):
        for letter in "qw":
            wl = letter == "w"
            order = freud.order.Steinhardt(ell, average=average, wl=wl, wl_normalize=wl)
            order.compute(system, {"r_max": float(given["r_max"]), "exclude_ii": True})
            results[f"{'mean ' if average else ''}{letter}{ell}"] = order.particle_order
cells = freud.locality.Voronoi().compute(system)
np.savez(sys.argv[2], volumes=cells.volumes, cell=cells.nlist.query_point_indices, area=cells.nlist.weights, **results)
"""


def test_bond_order_and_voronoi_cells_are_those_of_freud(tmp_path):
    """A second opinion; freud keeps positions in single precision, and leaves out faces of 1e-6 of a cell's area."""
    snapshot = binary_snapshot(5, n_cells=5)
    points = snapshot.cell.wrap(snapshot.positions) - 0.5 * snapshot.cell.matrix.sum(axis=0) - snapshot.cell.origin
    np.savez(tmp_path / "given.npz", box=snapshot.cell.matrix.T, points=points, r_max=1.4)
    files = [str(tmp_path / "given.npz"), str(tmp_path / "freud.npz")]
    subprocess.run([sys.executable, "-c", BY_FREUD, *files], check=True)
    by_freud = np.load(tmp_path / "freud.npz")
    rows = descriptors.BondOrientational((4, 6), 1.4).compute(snapshot)
    names = descriptors.BondOrientational((4, 6), 1.4).feature_names
    for name in [f"{prefix}{letter}{ell}" for prefix in ("", "mean ") for letter in "qw" for ell in (4, 6)]:
        np.testing.assert_allclose(rows[:, names.index(name)], by_freud[name], atol=2e-4, err_msg=name)
    made = descriptors.Voronoi(face_threshold=1e-4).compute(snapshot)
    np.testing.assert_allclose(made[:, 0], by_freud["volumes"], rtol=1e-4)
    cell, area = by_freud["cell"], by_freud["area"]
    large = area > 1e-4 * np.bincount(cell, area)[cell]
    np.testing.assert_array_equal(made[:, 1], np.bincount(cell[large], minlength=len(snapshot)))


def test_structure_functions_are_the_sums_written_out():
    snapshot = binary_snapshot(6, n_cells=3)
    made = descriptors.StructureFunctions(
        r_max=1.4, spacing=0.7, width=0.3, ranges=(1.5,), signs=(-1, 1), powers=(1, 3)
    )
    rows = made.compute(snapshot)
    pairs = pairs_within(snapshot, 1.4)
    for i in range(0, len(snapshot), 7):
        near = slice(pairs.offsets[i], pairs.offsets[i + 1])
        vectors, kinds = pairs.vectors[near], snapshot.types[pairs.indices[near]]
        expected = dict.fromkeys(made.feature_names, 0.0)
        for vector, kind in zip(vectors, kinds):
            for centre in (0.7, 1.4):
                expected[f"G_{'AB'[kind]}({centre:g})"] += np.exp(-(((np.linalg.norm(vector) - centre) / 0.3) ** 2))
        for j in range(len(vectors)):
            for k in range(j):
                a, b = np.linalg.norm(vectors[j]), np.linalg.norm(vectors[k])
                cosine = vectors[j] @ vectors[k] / (a * b)
                weight = np.exp(-(a**2 + b**2 + np.linalg.norm(vectors[j] - vectors[k]) ** 2) / 1.5**2)
                pair = "".join(sorted("AB"[kind] for kind in (kinds[j], kinds[k])))
                for sign in (-1, 1):
                    for power in (1, 3):
                        name = f"Psi_{pair}(xi=1.5 lambda={sign} zeta={power})"
                        expected[name] += weight * (1 + sign * cosine) ** power
        np.testing.assert_allclose(rows[i], list(expected.values()), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("glass", [KobAndersen(n_particles=64), KobAndersen(n_particles=64, r_cut_scaled=True)])
def test_energies_of_particles_add_up_to_that_of_lammps(glass):
    snapshot = binary_snapshot(0)
    rows = simulate.describe(descriptors.Energy(), snapshot, glass)
    assert rows.sum() == pytest.approx(simulate.energy(snapshot, glass), rel=1e-9)


def test_energy_of_a_column_of_the_file_and_what_it_says_without_one():
    snapshot = binary_snapshot(0)
    with pytest.raises(InputError, match="name the glass, or with column"):
        descriptors.Energy().compute(snapshot)
    with pytest.raises(InputError, match="no column c_pe"):
        descriptors.Energy("c_pe").compute(snapshot)
    energies = np.arange(len(snapshot)) * 1.0
    np.testing.assert_array_equal(
        descriptors.Energy("c_pe").compute(snapshot.with_properties(c_pe=energies))[:, 0], energies
    )


def test_rattle_is_the_distance_to_the_minimum_and_inherent_describes_it():
    glass = KobAndersenSmooth(n_particles=64)
    minimum = simulate.minimize(binary_snapshot(1), glass, force_tolerance=1e-9)
    moves = 1e-2 * np.random.default_rng(0).uniform(-1, 1, size=(64, 3))
    moves -= moves.mean(axis=0)
    shaken = minimum.replace(positions=minimum.positions + moves)
    rows = simulate.describe(descriptors.Joined({"rattle": {}, "inherent": {"parts": {"energy": {}}}}), shaken, glass)
    # forces are minimised to 1e-5, and the softest modes have a stiffness of about 1
    np.testing.assert_allclose(rows[:, 0], np.linalg.norm(moves, axis=1), atol=1e-4)
    assert rows[:, 1].sum() == pytest.approx(simulate.energy(minimum, glass), rel=1e-8)
    with pytest.raises(InputError, match="needs the interactions of a glass"):
        descriptors.Rattle().compute(shaken)


def test_defaults_in_reduced_units_are_refused_for_a_metal():
    metal = binary_snapshot(0).replace(units="metal")
    for made in (descriptors.StructureFunctions(), descriptors.CoarseGrained({"local-density": {}}, ("A", "B"))):
        with pytest.raises(InputError, match=r"default of (r_max|r_cut) is in reduced units, .* metal units"):
            made.compute(metal)
    for made in (descriptors.Nonaffine(), descriptors.Cage(), descriptors.Cage(parts={"energy": {}})):
        with pytest.raises(InputError, match="is in reduced"):
            made.require_units("metal")
    descriptors.StructureFunctions(r_max=3.0, ranges=(1.5, 3.0)).require_units("metal")
