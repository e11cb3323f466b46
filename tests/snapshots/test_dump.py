"""Dumps: what is read from every way of writing one, round trips, and the refusal of damaged files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import zstandard

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.files import read, read_all, write

ORTHOGONAL = "ITEM: BOX BOUNDS pp ff sm\n-1 3\n0 5\n2 8\n"
# Lengths 4, 5, 6 and tilts 1, -2, 0.5: the bounding box is wider than the cell (LAMMPS manual, Howto_triclinic).
TRICLINIC = "ITEM: BOX BOUNDS xy xz yz pp pp pp\n-3 4 1\n0 5.5 -2\n2 8 0.5\n"
GENERAL = "ITEM: BOX BOUNDS abc origin pp pp ff\n4 0.1 0 -1\n1 5 0.2 0\n-2 0.5 6 2\n"
CELLS = {
    "orthogonal": Cell.orthogonal([4, 5, 6], (-1, 0, 2), (True, False, False)),
    "triclinic": Cell(np.array([[4.0, 0, 0], [1, 5, 0], [-2, 0.5, 6]]), np.array([-1.0, 0, 2])),
    "general": Cell(
        np.array([[4, 0.1, 0], [1, 5, 0.2], [-2, 0.5, 6]]), np.array([-1.0, 0, 2]), np.array([True, True, False])
    ),
}
BOXES = {"orthogonal": ORTHOGONAL, "triclinic": TRICLINIC, "general": GENERAL}


def frame(columns: str, rows: str, *, step: int = 5, box: str = ORTHOGONAL, before: str = "") -> str:
    count = rows.count("\n")
    return f"{before}ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{count}\n{box}ITEM: ATOMS {columns}\n{rows}"


def put(folder: Path, text: str, name: str = "a.lammpstrj") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def assert_equal(one: Snapshot, other: Snapshot, atol: float = 0.0) -> None:
    """Everything equal; the cell up to the rounding of sums of bounds."""
    assert (one.species, one.step, one.units) == (other.species, other.step, other.units)
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.types, other.types)
    np.testing.assert_allclose(one.positions, other.positions, rtol=0, atol=atol)
    np.testing.assert_array_equal(one.velocities, other.velocities)
    np.testing.assert_array_equal(one.cell.periodic, other.cell.periodic)
    np.testing.assert_allclose(one.cell.matrix, other.cell.matrix, rtol=0, atol=1e-14)
    np.testing.assert_allclose(one.cell.origin, other.cell.origin, rtol=0, atol=1e-14)
    assert sorted(one.properties) == sorted(other.properties)
    for name, values in one.properties.items():
        np.testing.assert_array_equal(values, other.properties[name])


def random_snapshot(cell: Cell, seed: int = 0, **changes: object) -> Snapshot:
    rng = np.random.default_rng(seed)
    positions = cell.cartesian(rng.uniform(-0.5, 1.5, (30, 3)))
    fields = {
        "ids": rng.permutation(100)[:30] + 1, "velocities": rng.normal(size=(30, 3)), "step": 7, "units": "lj",
        "properties": {"q": rng.normal(size=30), "stress": rng.normal(size=(30, 6)), "ix": rng.integers(-2, 3, 30)},
    }  # fmt: skip
    return Snapshot(cell, positions, rng.integers(0, 2, 30), ("A", "B"), **{**fields, **changes})


@pytest.mark.parametrize("suffix", ["lammpstrj", "dump.gz", "lammpstrj.zst"])
@pytest.mark.parametrize("kind", CELLS)
def test_a_snapshot_survives_the_round_trip(kind: str, suffix: str, tmp_path: Path) -> None:
    first = random_snapshot(CELLS[kind])
    frames = [first, first.replace(step=8, positions=first.positions + 0.1, velocities=-first.velocities)]
    path = tmp_path / f"a.{suffix}"
    write(path, iter(frames))
    for expected, found in zip(frames, read_all(path), strict=True):
        assert_equal(found, expected)
    assert_equal(Snapshot.read(path, frame=0), frames[0])
    assert_equal(Snapshot.read(path), frames[1])
    assert_equal(Snapshot.read(path, frame=-2), frames[0])
    for out in (2, -3):
        with pytest.raises(InputError, match=f"has 2 frames; frame {out} is out of range"):
            Snapshot.read(path, frame=out)


@pytest.mark.parametrize("suffix", ["lammpstrj", "lammpstrj.gz", "lammpstrj.zst"])
def test_equal_snapshots_give_equal_bytes_and_leave_nothing_else(suffix: str, tmp_path: Path) -> None:
    snapshot = random_snapshot(CELLS["triclinic"])
    for name in ("a", "b"):
        snapshot.write(tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.lammpstrj"
    good = random_snapshot(CELLS["orthogonal"])
    good.write(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"'name'.*only columns of numbers"):
        write(path, [good, good.with_properties(name=np.array(["x"] * 30))])
    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == ["a.lammpstrj"]
    with pytest.raises(InputError, match="no snapshots"):
        write(path, [])


@pytest.mark.parametrize("kind", CELLS)
def test_all_coordinates_mean_the_same_positions(kind: str, tmp_path: Path) -> None:
    cell = CELLS[kind]
    fractional = np.array([[0.25, 0.5, 0.75], [1.5, -0.25, 0.0]])
    positions = fractional @ cell.matrix + cell.origin
    for names, values in {
        "x y z": positions, "xu yu zu": positions, "xs ys zs": fractional, "xsu ysu zsu": fractional,
    }.items():  # fmt: skip
        rows = "".join(f"{k} 1 {x:.17g} {y:.17g} {z:.17g} \n" for k, (x, y, z) in enumerate(values, 1))
        snapshot = read(put(tmp_path, frame(f"id type {names}", rows, box=BOXES[kind])))
        # The second particle is outside and stays there. Scaled positions are two products and a sum: 1e-14 of 10.
        np.testing.assert_allclose(snapshot.positions, positions, atol=1e-13)
        np.testing.assert_allclose(snapshot.cell.matrix, cell.matrix, atol=1e-14)
        np.testing.assert_allclose(snapshot.cell.origin, cell.origin, atol=1e-14)
        assert snapshot.cell.periodic.tolist() == cell.periodic.tolist()


def test_unwrapped_coordinates_win_and_images_are_kept(tmp_path: Path) -> None:
    rows = "1 1 0 0 3 4 0 3 1 0 -2\n"
    both = read(put(tmp_path, frame("id type x y z xu yu zu ix iy iz", rows)))
    assert both.positions.tolist() == [[4, 0, 3]]
    assert set(both.properties) == {"ix", "iy", "iz"}  # coordinates that were not used are no properties
    assert [both.properties[name].tolist() for name in ("ix", "iy", "iz")] == [[1], [0], [-2]]
    assert both.properties["iz"].dtype == np.int64


def test_shuffled_ids_are_sorted_and_missing_ones_counted(tmp_path: Path) -> None:
    rows = "3 1 2\n1 0 2\n2 0.5 2\n"
    shuffled = read(put(tmp_path, frame("id x z y", rows.replace("2\n", "2 4\n"))))
    assert shuffled.ids.tolist() == [1, 2, 3]
    assert shuffled.positions.tolist() == [[0, 4, 2], [0.5, 4, 2], [1, 4, 2]]
    assert shuffled.species == ("?",)
    ordered = read(put(tmp_path, frame("x y z", "3 1 2\n1 0 2\n")))
    assert (ordered.ids.tolist(), ordered.positions[0].tolist()) == ([1, 2], [3, 1, 2])


def test_other_columns_become_velocities_and_properties(tmp_path: Path) -> None:
    columns = "id type x y z vx vy vz c_pe c_s[1] c_s[2] c_single[2] mol"
    text = frame(columns, "1 1 0 0 3 1 2 3 -7.5 10 11 4 2\n", before="ITEM: UNITS\nmetal\nITEM: TIME\n0.25\n")
    snapshot = read(put(tmp_path, text + frame(columns, "1 1 0 0 3 1 2 3 nan 10 11 4 2\n", step=6)), 0)
    assert snapshot.velocities is not None
    assert snapshot.velocities.tolist() == [[1, 2, 3]]
    assert {name: values.tolist() for name, values in snapshot.properties.items()} == {
        "c_pe": [-7.5], "c_s": [[10, 11]], "c_single[2]": [4], "mol": [2],
    }  # fmt: skip
    assert (snapshot.units, snapshot.step) == ("metal", 5)
    last = read(tmp_path / "a.lammpstrj")
    assert last.units == "metal"  # LAMMPS writes the units once
    assert np.isnan(last.properties["c_pe"][0])  # a property may be undefined, a position may not


@pytest.mark.parametrize(
    ("columns", "rows", "species", "names"),
    [
        ("type x y z", "2 0 0 3\n1 0 0 4\n", ("1", "2"), "2 1"),
        ("type x y z", "3 0 0 3\n1 0 0 4\n", ("1", "2", "3"), "3 1"),
        ("element x y z", "Zr 0 0 3\nCu 0 0 4\n", ("Cu", "Zr"), "Zr Cu"),
        ("type element x y z", "1 Zr 0 0 3\n2 Cu 0 0 4\n", ("Zr", "Cu"), "Zr Cu"),
        ("element type x y z", "B 2 0 0 3\nB 2 0 0 4\n", ("1", "B"), "B B"),
        ("type element x y z", "1 C 0 0 3\n2 C 0 0 4\n", ("1", "2"), "1 2"),  # LAMMPS's default element
    ],
)
def test_species_names(columns: str, rows: str, species: tuple[str, ...], names: str, tmp_path: Path) -> None:
    snapshot = read(put(tmp_path, frame(columns, rows)))
    assert snapshot.species == species
    assert snapshot.species_of_particles.tolist() == names.split()


def test_species_do_not_shift_when_a_frame_lacks_one(tmp_path: Path) -> None:
    for columns, full, bare, only_first in (
        ("id element x y z", "1 A 0 0 3\n2 B 0 0 4\n", "1 B 0 0 3\n2 B 0 0 4\n", "1 A 0 0 3\n2 A 0 0 4\n"),
        ("id type x y z", "1 1 0 0 3\n2 2 0 0 4\n", "1 2 0 0 3\n2 2 0 0 4\n", "1 1 0 0 3\n2 1 0 0 4\n"),
        (
            "id type element x y z",
            "1 1 A 0 0 3\n2 2 B 0 0 4\n",
            "1 2 B 0 0 3\n2 2 B 0 0 4\n",
            "1 1 A 0 0 3\n2 1 A 0 0 4\n",
        ),
    ):
        one, two = read_all(put(tmp_path, frame(columns, full) + frame(columns, bare)))
        assert one.species == two.species
        assert two.types.tolist() == [1, 1]
        with pytest.raises(InputError, match=r"frame 1 \(step 5\).*first frame"):
            list(read_all(put(tmp_path, frame(columns, only_first) + frame(columns, full))))


def test_moving_origins_odd_spacing_and_old_headers_are_read(tmp_path: Path) -> None:
    rows = "1 1 0.5 0.5\t0.5\r\n  2 2   0.5 0.5 1e-1\n"
    old = "ITEM: BOX BOUNDS\n{0} {1}\n0 1\n0 1\n"
    text = (
        frame("id type x y z", rows, box=old.format(0, 2)) + "\n" + frame("id type x y z", rows, box=old.format(5, 8))
    )
    first, second = read_all(put(tmp_path, text))
    assert first.positions.tolist() == [[0.5, 0.5, 0.5], [0.5, 0.5, 0.1]]
    assert (second.cell.origin[0], second.cell.matrix[0, 0], second.cell.periodic.all()) == (5, 3, True)


GOOD = frame("id type x y z", "1 1 0 0 3\n2 1 0 0 4\n")
DAMAGE = {
    "cut short: 1 of 2 particles": GOOD[: GOOD.index("2 1 0")],
    "cut short in line 11, which has no line end": GOOD[:-1],
    "cut short in the header": GOOD + "ITEM: TIMESTEP\n10\n",
    "line 12 is no value of 'ITEM: TIMESTEP'|cut short": GOOD + "ITEM: TIMESTEP\n",
    "not a LAMMPS dump: line 1": "LAMMPS data file\n\n2 atoms\n",
    "not a LAMMPS dump": "\n\n",
    "frame 0 .*positions of particle 2 are not finite": GOOD.replace("0 4", "nan 4"),
    "frame 0 .*not finite": GOOD.replace("0 4", "inf 4"),
    "line 11 has 4 values for 5 columns": GOOD.replace("0 0 4", "0 4"),
    "line 10 has 6 values for 5 columns": GOOD.replace("1 1 0 0 3", "1 1 0 0 3 7").replace("2 1 0 0 4", "2 1 0 0"),
    "line 11: 'four' in column z is not a number": GOOD.replace("0 4", "0 four"),
    "frame 1: line 12 .*more rows than NUMBER OF ATOMS": GOOD + "3 1 0 0 4\n",
    "frame 1.*number of particles is 1, but 2 in frame 0 .*mixed": GOOD + frame("id type x y z", "1 1 0 0 3\n", step=9),
    r"frame 1 \(step 9\): particle 3 is not in frame 0 \(step 5\)": GOOD
    + frame("id type x y z", "1 1 0 0 3\n3 1 0 0 4\n", step=9),
    "frame 1.*kind of box is triclinic, but orthogonal": GOOD + GOOD.replace(ORTHOGONAL, TRICLINIC),
    "frame 1.*periodic directions is p p p, but p n n": GOOD + GOOD.replace("pp ff sm", "pp pp pp"),
    "frame 1.*columns is id type xu yu zu, but id type x y z": GOOD + GOOD.replace("x y z", "xu yu zu"),
    "no coordinates among the columns id type a y z": GOOD.replace("x y z", "a y z"),
    "a column is duplicated": GOOD.replace("x y z", "x x z"),
    "particle id 1 is duplicated": GOOD.replace("\n2 1", "\n1 1"),
    "column id holds numbers that are not whole": GOOD.replace("\n2 1", "\n2.5 1"),
    "particle types run from 0": GOOD.replace("\n2 1", "\n2 0"),
    "particles of type 1 have different elements": frame("type element x y z", "1 A 0 0 3\n1 B 0 0 4\n"),
    "upper end": GOOD.replace("-1 3", "3 -1"),
    "wrong number of values": GOOD.replace("-1 3", "-1 3 4"),
    "boundary flags 'pp ff'": GOOD.replace("pp ff sm", "pp ff"),
    "holds no particles": frame("id type x y z", ""),
    "no 'ITEM: NUMBER OF ATOMS'": GOOD.replace("ITEM: NUMBER OF ATOMS\n2\n", ""),
    "the file is empty": "",
}  # fmt: skip


@pytest.mark.parametrize("message", DAMAGE)
def test_a_damaged_dump_is_refused_in_one_line_that_names_the_file(message: str, tmp_path: Path) -> None:
    path = put(tmp_path, DAMAGE[message])
    with pytest.raises(InputError, match=message) as caught:
        list(read_all(path))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_a_truncated_compressed_dump_is_refused_wherever_it_is_cut(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.lammpstrj.{suffix}"
    write(path, [random_snapshot(CELLS["orthogonal"], seed, ids=range(1, 31)) for seed in range(3)])
    whole = path.read_bytes()
    assert len(list(read_all(path))) == 3
    for size in (1, 10, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match="cut short"):
            list(read_all(path))
    path.write_text(GOOD)  # not compressed at all
    with pytest.raises(InputError, match=r"a\.lammpstrj"):
        read(path)


def test_files_compressed_in_pieces_are_read_whole(tmp_path: Path) -> None:
    gz, zst = tmp_path / "a.dump.gz", tmp_path / "a.dump.zst"
    gz.write_bytes(b"".join(gzip.compress(GOOD.encode()) for _ in range(3)))
    zst.write_bytes(b"".join(zstandard.compress(GOOD.encode()) for _ in range(3)))
    assert [len(list(read_all(path))) for path in (gz, zst)] == [3, 3]


def test_reading_is_lazy_but_a_missing_file_is_told_at_once(tmp_path: Path) -> None:
    path = put(tmp_path, GOOD + "damage\n")
    frames = read_all(path)
    assert next(frames).step == 5
    with pytest.raises(InputError, match="line 12"):
        next(frames)
    for name, message in (
        ("none.dump", "no such file"),
        ("", "is a folder"),
        ("a.abc", "neither first lines nor name say a format"),
    ):
        (tmp_path / "a.abc").write_text("1\n")
        for function in (read, read_all):
            with pytest.raises(InputError, match=message):
                function(tmp_path / name)


def test_a_frame_of_10_000_particles_comes_back_bit_by_bit(tmp_path: Path) -> None:
    """More than one buffer of the reader; how long it takes is measured in benchmarks/bench_snapshots.py."""
    cell = Cell.orthogonal([20, 20, 20])
    positions = np.random.default_rng(0).uniform(0, 20, (10_000, 3))
    path = tmp_path / "a.lammpstrj"
    write(path, [Snapshot(cell, positions, np.zeros(10_000, dtype=int), ("1",))] * 2)
    for found in read_all(path):
        np.testing.assert_array_equal(found.positions, positions)
