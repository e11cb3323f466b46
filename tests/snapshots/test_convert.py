"""ASE and OVITO: both ways, and what they read from our files."""

from __future__ import annotations

from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

CELL = Cell(np.array([[4.0, 0, 0], [1, 5, 0], [-2, 0.5, 6]]), np.array([-1.0, 0, 2]), np.array([True, False, True]))
TURNED = Cell(np.array([[4, 0.1, 0], [1, 5, 0.2], [-2, 0.5, 6]]), np.array([-1.0, 0, 2]))
BOX = Cell.orthogonal([4, 5, 6], (1, 2, 3))


def make(cell: Cell = CELL, species: tuple[str, ...] = ("A", "B"), **changes: object) -> Snapshot:
    rng = np.random.default_rng(2)
    fields = {
        "ids": rng.permutation(60)[:25] + 1, "step": 11, "velocities": rng.normal(size=(25, 3)),
        "properties": {"looseness": rng.random(25), "pair": rng.random((25, 2)), "cluster": rng.integers(0, 9, 25)},
    }  # fmt: skip
    positions = cell.cartesian(rng.uniform(-0.5, 1.5, (25, 3)))
    return Snapshot(cell, positions, rng.integers(0, 2, 25), species, **{**fields, **changes})


def assert_same(found: Snapshot, expected: Snapshot, velocity_tolerance: float = 0.0) -> None:
    for name in ("positions", "types", "ids"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_allclose(found.velocities, expected.velocities, rtol=velocity_tolerance)
    for name in ("matrix", "origin", "periodic"):
        np.testing.assert_array_equal(getattr(found.cell, name), getattr(expected.cell, name))
    assert found.species == expected.species
    assert found.step == expected.step
    for name, values in expected.properties.items():
        np.testing.assert_array_equal(found.properties[name], values)


def test_ase_gives_back_what_it_was_given() -> None:
    snapshot = make()
    atoms = snapshot.to_ase()
    assert sorted(set(atoms.numbers)) == [1, 2]  # A is no chemical symbol: numbers in order
    # ASE stores momenta: the velocity is a product divided again.
    assert_same(Snapshot.from_ase(atoms, {1: "A", 2: "B"}, step=11), snapshot, velocity_tolerance=1e-15)


def test_species_and_atomic_numbers() -> None:
    alloy = make(species=("Zr", "Cu"))
    assert set(alloy.to_ase().symbols) == {"Zr", "Cu"}
    back = Snapshot.from_ase(alloy.to_ase())
    assert back.species == ("Cu", "Zr")  # alphabetical
    assert (back.species_of_particles == alloy.species_of_particles).all()
    mapped = Snapshot.from_ase(ase.Atoms("HHe", cell=[3, 3, 3], pbc=True), {2: "B", 3: "C", 1: "A"})
    assert mapped.species == ("B", "C", "A")  # in the order of the mapping
    assert mapped.species_of_particles.tolist() == ["A", "B"]
    assert mapped.velocities is None
    with pytest.raises(InputError, match="atomic number 2 has no species"):
        Snapshot.from_ase(ase.Atoms("HHe", cell=[3, 3, 3]), {1: "A"})
    assert set(make().to_ase({"A": 29, "B": 40}).symbols) == {"Cu", "Zr"}
    with pytest.raises(InputError, match="species B has no atomic number"):
        make().to_ase({"A": 29})


def test_an_ase_cluster_without_a_cell_gets_one_around_it() -> None:
    snapshot = Snapshot.from_ase(ase.Atoms("H2", positions=[[0, 0, 0], [3, 0, 0]]))
    assert not snapshot.cell.periodic.any()
    scaled = snapshot.cell.fractional(snapshot.positions)
    assert ((scaled > 0) & (scaled < 1)).all()
    slab = Snapshot.from_ase(ase.Atoms("H2", positions=[[0, 0, 5], [3, 0, 9]], cell=[4, 4, 0], pbc=[1, 1, 0]))
    assert slab.cell.periodic.tolist() == [True, True, False]
    np.testing.assert_allclose(slab.cell.matrix[:2], [[4, 0, 0], [0, 4, 0]])
    with pytest.raises(InputError, match="periodic along a vector that it does not have"):
        Snapshot.from_ase(ase.Atoms("H", cell=[4, 4, 0], pbc=True))


@pytest.mark.parametrize("cell", [CELL, TURNED, BOX], ids=["triclinic", "general", "orthogonal"])
def test_ovito_gives_back_what_it_was_given(cell: Cell) -> None:
    snapshot = make(cell)
    assert_same(Snapshot.from_ovito(snapshot.to_ovito()), snapshot)
    assert Snapshot.from_ovito(snapshot.to_ovito(), step=3).step == 3


def test_ovito_data_without_a_cell_or_particles_are_refused() -> None:
    from ovito.data import DataCollection

    with pytest.raises(InputError, match="no particles in a simulation cell"):
        Snapshot.from_ovito(DataCollection())


@pytest.mark.parametrize("suffix", ["lammpstrj", "lammpstrj.gz", "lammpstrj.zst", "data"])
@pytest.mark.parametrize("cell", [CELL, TURNED, BOX], ids=["triclinic", "general", "orthogonal"])
def test_ovito_reads_our_files(cell: Cell, suffix: str, tmp_path: Path) -> None:
    from ovito.io import import_file

    snapshot = make(cell)
    snapshot.write(tmp_path / f"a.{suffix}")
    found = Snapshot.from_ovito(import_file(str(tmp_path / f"a.{suffix}")).compute())
    # OVITO's parser rounds the last digit of 17 its own way: one unit of rounding at lengths of 10.
    np.testing.assert_allclose(found.positions, snapshot.positions, atol=4e-15)
    np.testing.assert_allclose(found.cell.matrix, cell.matrix, atol=4e-15)
    np.testing.assert_allclose(found.cell.origin, cell.origin, atol=4e-15)
    assert found.species_of_particles.tolist() == snapshot.species_of_particles.tolist()
    if suffix != "data":  # a data file has no place for periodicity, steps and properties
        assert (found.cell.periodic == cell.periodic).all()
        assert found.step == 11
        np.testing.assert_allclose(found.properties["looseness"], snapshot.properties["looseness"], atol=1e-15)


@pytest.mark.parametrize("species", [("Cu", "Zr"), ("1", "2")])
@pytest.mark.parametrize("cell", [CELL, BOX], ids=["triclinic", "orthogonal"])
def test_ase_reads_our_dumps(cell: Cell, species: tuple[str, ...], tmp_path: Path) -> None:
    snapshot = make(cell, species)
    snapshot.write(tmp_path / "a.lammpstrj")
    atoms = ase.io.read(tmp_path / "a.lammpstrj", format="lammps-dump-text")
    np.testing.assert_allclose(atoms.positions, snapshot.positions, atol=1e-14)
    np.testing.assert_allclose(atoms.cell.array, cell.matrix, atol=1e-14)
    assert (atoms.pbc == cell.periodic).all()
    assert (atoms.numbers == snapshot.to_ase().numbers).all()
