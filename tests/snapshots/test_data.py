"""Data files: atom styles, headers and sections that other programs write, round trips, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.files import read, read_all, write

HEADER = "made by hand\n\n2 atoms\n2 atom types\n{more}\n-1 3 xlo xhi\n0 5 ylo yhi\n2 8 zlo zhi\n{tilt}\n"
ATOMS = "Atoms{style}\n\n2 {first} 1 2 3{images}\n1 {second} 0 0 2{images}\n"
IMAGES = ("ix", "iy", "iz")
CELLS = {
    "orthogonal": Cell.orthogonal([4, 5, 6], (-1, 0, 2), (True, False, False)),
    "triclinic": Cell(np.array([[4.0, 0, 0], [1, 5, 0], [-2, 0.5, 6]]), np.array([-1.0, 0, 2])),
    "general": Cell(np.array([[4, 0.1, 0], [1, 5, 0.2], [-2, 0.5, 6]]), np.array([-1.0, 0, 2])),
}


def put(folder: Path, text: str, name: str = "a.data") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def text(style: str = " # atomic", first: str = "2", second: str = "1", **parts: str) -> str:
    fields = {"more": "", "tilt": "", "images": "", "after": "", **parts}
    return (HEADER + ATOMS + "{after}").format(style=style, first=first, second=second, **fields)


@pytest.mark.parametrize("suffix", ["data", "data.gz", "lmpdat.zst"])
@pytest.mark.parametrize("kind", CELLS)
def test_a_configuration_survives_the_round_trip(kind: str, suffix: str, tmp_path: Path) -> None:
    rng, cell = np.random.default_rng(1), CELLS[kind]
    types = rng.permutation([0, 1] * 10)
    properties = {"mass": np.array([1.0, 2.5])[types], **{name: rng.integers(-2, 3, 20) for name in IMAGES}}
    snapshot = Snapshot(
        cell, cell.cartesian(rng.uniform(-1, 2, (20, 3))), types, ("A", "B"), rng.permutation(50)[:20] + 1, 40,
        rng.normal(size=(20, 3)), properties,
        "lj",
    )  # fmt: skip
    path = tmp_path / f"a.{suffix}"
    snapshot.write(path)
    (found,) = read_all(path)
    for name in ("positions", "velocities", "types", "ids"):
        np.testing.assert_array_equal(getattr(found, name), getattr(snapshot, name))
    for name, values in snapshot.properties.items():
        np.testing.assert_array_equal(found.properties[name], values)
    np.testing.assert_allclose(found.cell.matrix, cell.matrix, atol=1e-14)  # the upper bound is a rounded sum
    np.testing.assert_array_equal(found.cell.origin, cell.origin)
    np.testing.assert_array_equal(found.cell.periodic, cell.periodic)
    assert (found.species, found.step, found.units) == (("A", "B"), 40, "lj")
    again = path.with_name(f"b.{suffix}")
    snapshot.write(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("style", "first", "second", "extra"),
    [
        (" # atomic", "2", "1", {}),
        ("", "2", "1", {}),
        (" # molecular", "7 2", "8 1", {"mol": [8, 7]}),
        (" # bond", "7 2", "8 1", {"mol": [8, 7]}),
        (" # charge", "2 0.5", "1 -0.5", {"q": [-0.5, 0.5]}),
    ],
)
def test_atom_styles(style: str, first: str, second: str, extra: dict[str, list[float]], tmp_path: Path) -> None:
    for images in ("", " -1 0 2"):
        snapshot = read(put(tmp_path, text(style, first, second, images=images)))
        assert (snapshot.ids.tolist(), snapshot.types.tolist()) == ([1, 2], [0, 1])
        assert snapshot.positions.tolist() == [[0, 0, 2], [1, 2, 3]]
        expected = {**extra, **({"ix": [-1, -1], "iy": [0, 0], "iz": [2, 2]} if images else {})}
        assert {name: values.tolist() for name, values in snapshot.properties.items()} == expected
        assert (snapshot.species, snapshot.step, snapshot.units) == (("1", "2"), 0, None)
        assert snapshot.cell.periodic.all()


def test_other_sections_and_names(tmp_path: Path) -> None:
    after = (
        "\nVelocities\n\n2 1 2 3\n1 4 5 6\n\nBonds\n\n1 1 1 2\n\nBond Coeffs # fene\n\n1 30 1.5 1 1\n"
        "\nMasses\n\n1 1.5 # A\n2 2.5 # B  a comment\n"
    )
    snapshot = read(
        put(tmp_path, text(more="1 bonds\n1 bond types\n0 extra bond per atom", tilt="1 -2 0.5 xy xz yz", after=after))
    )
    assert snapshot.species == ("A", "B")
    assert snapshot.properties["mass"].tolist() == [1.5, 2.5]
    assert snapshot.velocities is not None
    assert snapshot.velocities.tolist() == [[4, 5, 6], [1, 2, 3]]
    assert snapshot.cell.matrix.tolist() == [[4, 0, 0], [1, 5, 0], [-2, 0.5, 6]]
    labelled = read(put(tmp_path, text(after="\nAtom Type Labels\n\n1 Cu\n2 Zr\n")))
    assert labelled.species == ("Cu", "Zr")


def test_a_type_without_particles_keeps_its_place(tmp_path: Path) -> None:
    assert read(put(tmp_path, text(first="1").replace("2 atom types", "3 atom types"))).species == ("1", "2", "3")


DAMAGE = {
    "not a LAMMPS data file: it has no 'Atoms'": "title\n\n2 atoms\n",
    "it has no 'atoms'": "title\n\nAtoms\n\n1 1 0 0 0\n",
    "line 3: .*neither a header nor a section": "title\n\nhello world!\n",
    "no value of 'ITEM: NUMBER OF ATOMS'": "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n",
    "does not give the box": text().replace("0 5 ylo yhi\n", ""),
    "upper end": text().replace("0 5 ylo", "5 0 ylo"),
    "the header has 2 atoms, section Atoms has 1": text().replace("1 1 0 0 2\n", ""),
    "cut short in line": text()[:-1],
    "atom style 'sphere' is not read": text(" # sphere"),
    "rows of section Atoms have 6 values.*say the atom style": text("", "7 2", "8 1"),
    "rows of section Atoms have 6 values": text(" # atomic", "7 2", "8 1"),
    "line 13 of section Atoms is not a row of 5 numbers": text().replace("1 1 0 0 2", "1 1 0 zero 2"),
    "line 13 of section Atoms": text().replace("1 1 0 0 2", "1 1 0 0"),
    "not finite|line 13": text().replace("1 1 0 0 2", "1 1 0 nan 2"),
    "types run from": text(second="3"),
    "particle id 1 is duplicated": text().replace("\n2 2 1", "\n1 2 1"),
    "Velocities is not of the same particles": text(after="\nVelocities\n\n1 0 0 0\n3 0 0 0\n"),
    "Masses does not give one mass": text(after="\nMasses\n\n1 1.0\n"),
    "the file is empty": "",
}


@pytest.mark.parametrize("message", DAMAGE)
def test_a_damaged_data_file_is_refused_in_one_line_that_names_it(message: str, tmp_path: Path) -> None:
    path = put(tmp_path, DAMAGE[message])
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_data_file_holds_one_configuration(tmp_path: Path) -> None:
    path = put(tmp_path, text())
    snapshot = read(path, 0)
    with pytest.raises(InputError, match="frame 1 is out of range"):
        read(path, 1)
    with pytest.raises(InputError, match="holds one snapshot, not 2"):
        write(tmp_path / "b.data", [snapshot, snapshot])
    with pytest.raises(InputError, match="species 1 has 2 masses"):
        write(tmp_path / "b.data", [snapshot.replace(types=[0, 0]).with_properties(mass=[1.0, 2.0])])
    assert not (tmp_path / "b.data").exists()
