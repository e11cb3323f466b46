"""Short cuts of the reader of dumps against Python's own words, lines, numbers and sorting."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.files import read, read_all
from lammps_glass.snapshots.streams import open_lines
from lammps_glass.snapshots.words import Words

FORMATS = ("%.17g", "%g", "%.3f", "%.25f", "%.20e", "%.6E", "%+.12g")
NUMBERS = st.builds(
    lambda form, value: form % value,
    st.sampled_from(FORMATS),
    st.floats(-1e30, 1e30) | st.floats(-100, 100) | st.floats(-1e-300, 1e-300),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=20), st.sampled_from(["", " "]))
def test_numbers_are_those_of_python_to_the_last_bit(rows: list[tuple[str, str, str]], end: str) -> None:
    box = "ITEM: BOX BOUNDS ff ff ff\n" + "0 1e31\n" * 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.dump"
        path.write_text(
            f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{len(rows)}\n{box}ITEM: ATOMS id a b c x y z\n"
            + "".join(f"{k} {' '.join(row)} {k} 0 0{end}\n" for k, row in enumerate(rows, start=1))
        )
        found = read(path)
    for column, name in enumerate("abc"):
        expected = np.array([float(row[column]) for row in rows])
        np.testing.assert_array_equal(found.properties[name].view(np.int64), expected.view(np.int64))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["A", "B", "Zr", "Cu", "ö", "", "Fe2+", "C"]), min_size=1, max_size=30), st.data())
def test_words_of_a_column(words: list[str], data: st.DataObject) -> None:
    column = Words(pa.chunked_array([pa.array(words, pa.string())]))
    assert column.names == tuple(sorted(set(words)))
    assert [column.names[code] for code in column.codes] == words
    assert column.all_empty == (set(words) == {""})
    assert column.some_empty == ("" in words)
    assert column.all_are("C") == (set(words) == {"C"})
    index = np.array([column.names.index(word) for word in words])
    row = data.draw(st.integers(0, len(words) - 1))
    other = index.copy()
    other[row] = (other[row] + 1) % len(column.names)
    if len({len(word.encode()) for word in words} | {len(name.encode()) for name in column.names}) == 1:
        assert column.are(column.names, index) == (len(words[0].encode()) in (1, 2))
    if len(column.names) > 1:
        assert not column.are(column.names, other)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60_000), st.booleans())
def test_rows_are_the_next_lines(seed: int, longest: int, line_end: bool) -> None:
    """Lines of very different lengths, so that a guess from the first ones is far off; more than one buffer."""
    rng = np.random.default_rng(seed)
    lengths = np.minimum(rng.pareto(0.7, 300) * 20, longest).astype(int)
    text = b"\n".join(b"x" * length for length in lengths) + b"\n" * line_end
    lines = text.splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_bytes(text)
        with open_lines(path) as stream:
            at = 0
            while at < len(lines):
                count = int(rng.integers(1, 200))
                assert bytes(stream.rows(count)) == b"".join(lines[at : at + count])
                at = min(at + count, len(lines))
                assert stream.number == at
                line = stream.next()
                assert line == b"".join(lines[at : at + 1])
                at += bool(line)


def test_every_frame_of_a_long_file_is_the_one_that_was_written(tmp_path: Path) -> None:
    """The text of a frame is a part of the reader's buffer: one that is kept must not change when others are read."""
    rng = np.random.default_rng(0)
    path = tmp_path / "a.lammpstrj"
    frames = [rng.uniform(0, 5 + k, (3000, 3)).round(rng.integers(4, 16)) for k in range(25)]
    with path.open("w") as stream:
        for k, positions in enumerate(frames):
            order = rng.permutation(3000)
            box = f"0 {5 + k // 2}\n" * 3
            stream.write(f"ITEM: TIMESTEP\n{k}\nITEM: NUMBER OF ATOMS\n3000\nITEM: BOX BOUNDS pp pp pp\n{box}")
            stream.write("ITEM: ATOMS id type element x y z\n")
            stream.writelines(
                "{} {} {} {!r} {!r} {!r}\n".format(i + 1, i % 2 + 1, ("Cu", "Zr")[i % 2], *positions[i].tolist())
                for i in order.tolist()
            )
    for k, snapshot in enumerate(read_all(path)):
        assert (snapshot.step, snapshot.species) == (k, ("Cu", "Zr"))
        assert snapshot.cell.matrix[0, 0] == 5 + k // 2
        np.testing.assert_array_equal(snapshot.positions, frames[k])
        np.testing.assert_array_equal(snapshot.types, np.arange(3000) % 2)
    assert k == 24
    for k in (0, 3, 24, -1, -7, -25):
        np.testing.assert_array_equal(read(path, k).positions, frames[k])


DAMAGES = {
    "none": lambda rows: rows,
    "row missing": lambda rows: rows[:-1],
    "row twice": lambda rows: [*rows, rows[-1]],
    "row of another frame's header": lambda rows: ["ITEM: TIMESTEP", *rows[1:]],
    "carriage return for a line end": lambda rows: [f"{rows[0]}\r{rows[1]}", *rows[2:]],
    "carriage returns": lambda rows: [f"{row}\r" for row in rows],
    "blank line": lambda rows: [*rows[:-1], "", rows[-1]],
    "blank line at the end": lambda rows: [*rows, ""],
    "two spaces": lambda rows: [*rows[:-1], rows[-1].replace(" ", "  ")],
    "no number": lambda rows: [*rows[:-1], rows[-1].replace(".", "x")],
    "longer rows": lambda rows: [f"{row}{'0' * 60}" for row in rows],
    "shorter rows": lambda rows: [row[:-8] for row in rows],
}


@pytest.mark.parametrize("line_end", [True, False])
@pytest.mark.parametrize("damaged", [1, 2])
@pytest.mark.parametrize("damage", DAMAGES)
def test_frames_read_in_turn_are_those_read_alone(tmp_path: Path, damage: str, damaged: int, line_end: bool) -> None:
    """Frames of one length after the first are parsed uncounted; a frame read alone is counted line by line."""
    rng = np.random.default_rng(0)
    path = tmp_path / "a.dump"
    text = ""
    for k in range(3):
        rows = [f"{i} 1 " + " ".join(f"{x:.12f}" for x in row) for i, row in enumerate(rng.random((60, 3)), start=1)]
        text += f"ITEM: TIMESTEP\n{k}\nITEM: NUMBER OF ATOMS\n60\nITEM: BOX BOUNDS pp pp pp\n" + "0 1\n" * 3
        text += "\n".join(["ITEM: ATOMS id type x y z", *(DAMAGES[damage](rows) if k == damaged else rows)]) + "\n"
    path.write_bytes((text if line_end else text[:-1]).encode())
    in_turn, alone = [], []
    for frames, next_frame in ((in_turn, iter(read_all(path)).__next__), (alone, None)):
        try:
            for k in range(3):
                frames.append(next_frame() if next_frame else read(path, k))
        except InputError as error:
            frames.append(str(error))
    assert len(in_turn) == len(alone)
    for one, other in zip(in_turn, alone):
        if isinstance(one, str):
            assert one == other
        else:
            np.testing.assert_array_equal(one.positions, other.positions)
            np.testing.assert_array_equal(one.ids, other.ids)
    assert isinstance(in_turn[0], Snapshot)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2 1 A 0.1 0.2 0.3", "lines 25 and 26: particle id 2 is duplicated"),
        ("4 1 A 0.1 0.2 0.3", "lines 23 and 26: particles 1 and 4 have the same position"),
        ("4 1 A 0.1 nan 0.9", "line 26: positions of particle 4 are not finite"),
        ("4 1.5 A 0.1 0.2 0.9", "line 26: column type holds numbers that are not whole: 1.5"),
        ("4.25 1 A 0.1 0.2 0.9", "line 26: column id holds numbers that are not whole: 4.25"),
        ("4 1 A 0.1 0.2 0.9e", "line 26: '0.9e' in column z is not a number"),
        ("4 1 A 0.1 0.2", "line 26 has 5 values for 6 columns"),
    ],
)
def test_a_fault_of_a_particle_names_its_line(tmp_path: Path, row: str, message: str) -> None:
    """The second frame's rows are lines 23 to 26 (9 lines of header, 4 rows in the first); ids are not in order."""
    header = "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n4\nITEM: BOX BOUNDS pp pp pp\n" + "0 1\n" * 3
    rows = ["1 1 A 0.1 0.2 0.3", "3 1 A 0.2 0.2 0.3", "2 1 A 0.3 0.2 0.3"]
    frames = [[*rows, "4 1 A 0.1 0.2 0.9"], [*rows, row]]
    path = tmp_path / "a.dump"
    path.write_text(
        "".join(
            f"{header.format(step)}ITEM: ATOMS id type element x y z\n" + "\n".join(of_frame) + "\n"
            for step, of_frame in enumerate(frames)
        )
    )
    assert path.read_text().splitlines()[25] == row
    with pytest.raises(InputError) as raised:
        list(read_all(path))
    assert str(raised.value).startswith(f"{path}: frame 1 (step 1): {message}")


def test_an_empty_file_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "Empty.dump"
    path.touch()
    with pytest.raises(InputError) as raised:
        read(path)
    assert str(raised.value) == f"{path}: the file is empty"


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_ids_are_sorted_or_the_one_that_repeats_is_named(ids: list[int]) -> None:
    positions = np.arange(3.0 * len(ids)).reshape(-1, 3)

    def snapshot() -> Snapshot:
        return Snapshot(Cell.orthogonal([99] * 3), positions, np.zeros(len(ids), dtype=int), ("A",), ids=np.array(ids))

    repeated = sorted(k for k in set(ids) if ids.count(k) > 1)
    if repeated:
        with pytest.raises(InputError, match=f"particle id {repeated[0]} is duplicated"):
            snapshot()
    else:
        assert snapshot().ids.tolist() == sorted(ids)
        np.testing.assert_array_equal(snapshot().positions, positions[np.argsort(ids)])


def test_a_snapshot_does_not_change_with_the_arrays_of_its_maker() -> None:
    positions, types = np.arange(6.0).reshape(2, 3), np.array([0, 1])
    for ids in ([1, 2], [2, 1]):
        snapshot = Snapshot(Cell.orthogonal([9] * 3), positions[:], types[:], ("A", "B"), ids=np.array(ids))
        before = snapshot.positions.copy(), snapshot.types.copy()
        view = positions[:]
        view.setflags(write=False)
        shared = Snapshot(Cell.orthogonal([9] * 3), view, types, ("A", "B"), ids=np.array(ids))
        positions += 1
        types[:] = 1
        np.testing.assert_array_equal(snapshot.positions, before[0])
        np.testing.assert_array_equal(snapshot.types, before[1])
        np.testing.assert_array_equal(shared.positions, before[0])
        positions -= 1
        types[:] = 0, 1
        with pytest.raises(ValueError, match="read-only"):
            snapshot.positions[0] = 0
        assert positions.flags.writeable
