"""D2min and local strain against least squares written out, against OVITO, and against what symmetry demands."""

from __future__ import annotations

import numpy as np
import pytest
from affine_oracle import fit, random_pair
from hypothesis import given, settings, strategies as st
from scipy.stats import special_ortho_group

from lammps_glass import labels
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

TRICLINIC = [[3.5, 0.2, -0.1], [1.1, 3.6, 0.3], [-0.8, 0.9, 3.4]]
SMALL = np.diag([1.9, 2.2, 6.0])  # smaller than twice r_max, two of the edges smaller than r_max
CASES = {
    "orthogonal": {"n_particles": 150, "matrix": np.diag([5.2, 5.3, 5.4])},
    "triclinic": {"matrix": TRICLINIC},
    "smaller than r_max": {"n_particles": 30, "matrix": SMALL},
    "slab": {"periodic": (True, True, False)},
    "open": {"periodic": (False, False, False)},
    "far jumps": {"jump": 1.5},  # changes on either side of half a box: the minimum image of each pair decides
}
examples = settings(max_examples=12, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


@pytest.mark.parametrize("case", CASES)
def test_d2min_is_the_least_squares_residual(case):
    reference, current = random_pair(3, **CASES[case])
    sums, counts, _ = fit(reference, current, 2.3)
    values, n_neighbors = labels.d2min_with_neighbors(reference, current, r_max=2.3, reduce="sum")
    assert np.array_equal(n_neighbors, counts)
    # Sums of order 1 of some fifty terms, each exact to 1e-15.
    np.testing.assert_allclose(values, sums, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(labels.d2min(reference, current, r_max=2.3), sums / counts, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("case", ["triclinic", "smaller than r_max", "slab"])
def test_strain_is_that_of_the_least_squares_gradient(case):
    reference, current = random_pair(4, **CASES[case])
    gradients = fit(reference, current, 2.3)[2]
    expected = 0.5 * (np.transpose(gradients, (0, 2, 1)) @ gradients - np.eye(3))
    np.testing.assert_allclose(labels.strain_tensor(reference, current, r_max=2.3), expected, rtol=1e-9, atol=1e-12)
    e = expected
    shear = e[:, 0, 1] ** 2 + e[:, 0, 2] ** 2 + e[:, 1, 2] ** 2
    normal = [(e[:, a, a] - e[:, b, b]) ** 2 for a, b in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(
        labels.von_mises_strain(reference, current, r_max=2.3), np.sqrt(shear + sum(normal) / 6), rtol=1e-9
    )


def ovito_strain(reference, current, r_max):
    from ovito.data import DataCollection, SimulationCell
    from ovito.modifiers import AtomicStrainModifier
    from ovito.pipeline import ReferenceConfigurationModifier, StaticSource

    def collection(snapshot):
        data = DataCollection()
        data.objects.append(SimulationCell(pbc=tuple(bool(p) for p in snapshot.cell.periodic)))
        data.cell_[...] = np.column_stack([snapshot.cell.matrix.T, snapshot.cell.origin])
        data.create_particles(count=len(snapshot)).create_property("Position", data=snapshot.positions)
        return data

    modifier = AtomicStrainModifier(
        cutoff=r_max,
        output_nonaffine_squared_displacements=True,
        affine_mapping=ReferenceConfigurationModifier.AffineMapping.Off,
        minimum_image_convention=True,
    )
    modifier.reference = StaticSource(data=collection(reference))
    data = collection(current)
    data.apply(modifier)
    return (np.array(data.particles[name]) for name in ("Nonaffine Squared Displacement", "Shear Strain"))


@pytest.mark.parametrize("matrix", [np.diag([7.0, 7.1, 7.2]), 2 * np.array(TRICLINIC)], ids=["orthogonal", "triclinic"])
def test_ovito_finds_the_same(matrix):
    reference, current = random_pair(5, n_particles=400, matrix=matrix)
    nonaffine, shear = ovito_strain(reference, current, 2.5)
    np.testing.assert_allclose(labels.d2min(reference, current, reduce="sum"), nonaffine, rtol=1e-10)
    np.testing.assert_allclose(labels.von_mises_strain(reference, current, r_max=2.5), shear, rtol=1e-9)


@examples
@given(seeds, st.booleans())
def test_an_affine_map_leaves_nothing(seed, box_follows):
    random = np.random.default_rng(seed)
    reference, _ = random_pair(seed, periodic=(box_follows,) * 3)
    deformation = np.eye(3) + 0.1 * random.normal(size=(3, 3))
    cell = Cell(reference.cell.matrix @ deformation, periodic=reference.cell.periodic)
    # In an open box the cell need not follow the particles: the fit alone must take out the map.
    current = reference.replace(
        cell=cell if box_follows else reference.cell, positions=reference.positions @ deformation
    )
    values = labels.d2min(reference, current, r_max=3.0)
    # Squared motions of order 0.1 relative to a fixed box cancel to rounding; relative to its own box nothing moves.
    assert values.max() < (1e-26 if box_follows else 1e-13)
    strain = 0.5 * (deformation @ deformation.T - np.eye(3))
    tensors = labels.strain_tensor(reference, current, r_max=3.0)
    np.testing.assert_allclose(tensors, np.broadcast_to(strain, tensors.shape), atol=1e-12)


@examples
@given(seeds)
def test_rotation_translation_and_order_change_nothing(seed):
    random = np.random.default_rng(seed)
    reference, current = random_pair(seed)
    expected = labels.d2min(reference, current, r_max=2.0, reduce="sum")
    rotation = special_ortho_group.rvs(3, random_state=seed)
    order = random.permutation(len(reference))

    def moved(snapshot, shift):
        cell = Cell(snapshot.cell.matrix @ rotation, random.normal(size=3))
        positions = (snapshot.positions + shift) @ rotation
        return Snapshot(cell, positions[order], snapshot.types[order], snapshot.species, snapshot.ids[order])

    pair = moved(reference, random.normal(size=3)), moved(current, random.normal(size=3))
    # Residuals of order 1; turning the positions rounds each at 1e-15.
    np.testing.assert_allclose(labels.d2min(*pair, r_max=2.0, reduce="sum"), expected, rtol=1e-10, atol=1e-12)


@examples
@given(seeds, st.integers(0, 2))
def test_a_replicated_box_repeats_the_values(seed, axis):
    reference, current = random_pair(seed, n_particles=20, matrix=np.diag([2.4, 2.6, 2.5]))
    expected = labels.d2min(reference, current, r_max=2.0)
    # Follow particles across the boundary first: in the doubled box the wrapped copy is another particle's place.
    turns = np.rint(current.cell.fractional(current.positions) - reference.cell.fractional(reference.positions))
    current = current.replace(positions=current.positions - turns @ current.cell.matrix)

    def doubled(snapshot):
        matrix = np.array(snapshot.cell.matrix)
        positions = np.concatenate([snapshot.positions, snapshot.positions + matrix[axis]])
        matrix[axis] *= 2
        return Snapshot(Cell(matrix), positions, np.tile(snapshot.types, 2), snapshot.species)

    values = labels.d2min(doubled(reference), doubled(current), r_max=2.0)
    np.testing.assert_allclose(values, np.tile(expected, 2), rtol=1e-10, atol=1e-12)


def test_crossing_the_boundary_and_a_moving_origin_change_nothing():
    reference, current = random_pair(6, strain=0.0)
    expected = labels.d2min(reference, current)
    turns = np.random.default_rng(0).integers(-2, 3, size=(len(current), 3))
    unwrapped = current.replace(positions=current.positions + turns @ current.cell.matrix)
    np.testing.assert_allclose(labels.d2min(reference, unwrapped), expected, rtol=1e-10)
    shifted = Cell(current.cell.matrix, origin=current.cell.matrix.sum(axis=0) / 2)  # half a box: the worst case
    np.testing.assert_allclose(labels.d2min(reference, current.replace(cell=shifted)), expected, rtol=1e-10)


def test_bad_input_is_one_line():
    reference, current = random_pair(7)
    fewer = current.replace(positions=current.positions[:-1], types=current.types[:-1], ids=current.ids[:-1])
    bad = {
        "different particle number or order: 60 and 59": (reference, fewer),
        "different particle number or order: other ids": (reference, current.replace(ids=current.ids + 1)),
        "particle 1 has different species": (reference, current.replace(types=1 - current.types)),
        "different periodic boundaries": (
            reference,
            current.replace(cell=Cell(current.cell.matrix, periodic=(True, True, False))),
        ),
    }
    for message, pair in bad.items():
        with pytest.raises(InputError, match=message):
            labels.d2min(*pair)
    for r_max in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="r_max"):
            labels.d2min(reference, current, r_max=r_max)
    with pytest.raises(InputError, match="reduce is 'median'"):
        labels.d2min(reference, current, reduce="median")


def test_neighbours_that_do_not_span_space_are_named():
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0.4, 0.6, 0]], dtype=float) + 1
    flat = Snapshot(Cell(np.eye(3) * 9), positions, np.zeros(5, int), ("A",), ids=np.array([11, 12, 13, 14, 15]))
    with pytest.raises(InputError, match=r"particle 1\d .* has 4 neighbours within r_max = 2.5"):
        labels.d2min(flat, flat)
    with pytest.raises(InputError, match=r"has 0 neighbours within r_max = 0\.1"):
        labels.d2min(flat, flat, r_max=0.1)


def test_registry_names_labels():
    for name in labels.REGISTRY:
        assert issubclass(labels.REGISTRY[name].load(), labels.Label)
