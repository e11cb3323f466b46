"""The page "What we read" says what the readers do: its tables are compared with them, its refusals are tried."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

import lammps_glass
from lammps_glass import Snapshot, descriptors, glasses, labels
from lammps_glass.errors import InputError
from lammps_glass.snapshots import ase_files, data, dump_frame, files

PAGE = Path(lammps_glass.__file__).parents[1] / "docs" / "what-we-read.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the checkout")


def rows(header: str) -> list[list[str]]:
    """Cells of the table whose header is `header`."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(header) + 2
    end = next(k for k in range(start, len(lines) + 1) if k == len(lines) or not lines[k].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_formats():
    named = {row[0].split(",")[0]: quoted(row[1]) for row in rows("| format | names | written too |")}
    assert named["LAMMPS text dump (`dump custom`"] == [*files.DUMPS, "dump.*"]
    assert named["LAMMPS data file"] == [*files.DATA, "data.*"]
    assert named["extended XYZ"] == list(files.EXTXYZ)
    assert sorted(named["others"]) == sorted(ase_files.FORMATS)


def test_coordinates_and_styles():
    conventions = [tuple(quoted(row[0])[0].split()) for row in rows("| columns | are |")]
    assert conventions == list(dump_frame.COORDINATES)  # in the order in which they are tried
    styles = {quoted(row[0])[0]: tuple(quoted(row[1])[0].split()) for row in rows("| style | columns |")}
    assert styles == data.STYLES


POSITIONS = np.random.default_rng(0).uniform(0, 3, (27, 3))
DATA = "title\n\n2 atoms\n2 atom types\n\n0 3 xlo xhi\n0 3 ylo yhi\n0 3 zlo zhi\n{masses}\nAtoms # {style}\n\n{rows}"


def dump(columns: str = "id type x y z", positions: np.ndarray = POSITIONS, **changes: str) -> str:
    """A frame; the words in `changes` are put in place of row 2's values."""
    names = columns.split()
    text = ""
    for number, place in enumerate(positions.tolist(), 1):
        kind = number % 2
        values = {"id": str(number), "type": str(kind + 1), "element": "XY"[kind], **dict(zip("xyz", map(repr, place)))}
        text += " ".join({**values, **(changes if number == 2 else {})}[name] for name in names) + "\n"
    box = "ITEM: BOX BOUNDS pp pp ff\n" + 3 * "0 3\n"
    return f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{len(positions)}\n{box}ITEM: ATOMS {columns}\n{text}"


@pytest.fixture
def read(tmp_path):
    """Read a text (or bytes) under a name."""

    def reading(text: str | bytes, name: str = "a.lammpstrj", **options) -> Snapshot:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return Snapshot.read(tmp_path / name, **options)

    return reading


FLAT = POSITIONS * [1, 1, 0]
MASSES = "\nMasses\n\n1 2.0\n2 1.0\n"
TRIED = {
    "frames without ids, compared": lambda read: labels.d2min(*[read(dump("type x y z"))] * 2, r_max=2.0),
    "all particles in one plane, labelled, described or analysed": lambda read: descriptors.Interstices().compute(
        read(dump(positions=FLAT), types=("A", "B"))
    ),
    "a dump with `x y` only": lambda read: read(dump("id type x y")),
    "two particles at one place": lambda read: read(dump(**dict(zip("xyz", map(repr, POSITIONS[0].tolist()))))),
    "`--boundary` against the file's": lambda read: read(dump(), boundary="p p p"),
    "`--types` against the file's names": lambda read: read(dump("id type element x y z"), types=("A", "B")),
    "masses of another order of types": lambda read: glasses.Wahnstrom().check(
        read(DATA.format(masses=MASSES.replace("2.0", "1.0").replace("2 1.0", "2 2.0"), style="atomic",
                         rows="1 1 0 0 0\n2 2 1 1 1\n"), "a.data")
    ),
    "units other than the glass's": lambda read: glasses.KobAndersen().check(read("ITEM: UNITS\nmetal\n" + dump())),
    "default lengths of a descriptor in another unit": lambda read: descriptors.PairEntropy().compute(
        read("ITEM: UNITS\nlj\n" + dump())
    ),
    "types without names, where species matter": lambda read: descriptors.ACE().compute(read(dump("id type x y z"))),
    "image flags that are not whole": lambda read: read(
        DATA.format(masses="", style="atomic", rows="1 1 0 0 0 0 0 0\n2 2 1 1 1 0 0 3.1\n"), "a.data"
    ),
    "another atom style": lambda read: read(
        DATA.format(masses="", style="sphere", rows="1 1 1 1 0 0 0\n2 2 1 1 1 1 1\n"), "a.data"
    ),
    "ids, types, images not whole": lambda read: read(dump(id="2.5")),
    "a duplicated id": lambda read: read(dump(id="1")),
    "a position that is not finite": lambda read: read(dump(x="nan")),
    "a file cut short": lambda read: read(dump()[:-20]),
    "frames that do not belong together": lambda read: list(
        Snapshot.read_all(_two(read, dump(), dump(positions=POSITIONS[:-1])))
    ),
    "a compressed file without its suffix": lambda read: read(gzip.compress(dump().encode()), "a.atom"),
    "a file that its name calls compressed": lambda read: read(dump(), "a.dump.gz"),
    "an XYZ file without `Lattice` and `pbc`": lambda read: read("2\n\nCu 0 0 0\nCu 0 0 2.5\n", "a.xyz"),
    "another format": lambda read: read("hello\n", "a.txt"),
}  # fmt: skip


def _two(read, first: str, second: str) -> Path:
    """The path of a file of two frames."""
    read(first + second)
    return Path(read.__closure__[0].cell_contents) / "a.lammpstrj"


def test_every_refusal_of_the_page_is_tried():
    assert [row[0] for row in rows("| input | message |")] == list(TRIED)


@pytest.mark.parametrize("fault", TRIED)
def test_refusals(fault: str, read):
    message = dict(rows("| input | message |"))[fault]
    with pytest.raises(InputError) as caught:
        TRIED[fault](read)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_inputs_without_their_faults_are_read(read):
    assert read(dump()).n_particles == 27
    assert read(dump(), boundary="p p s", types=("A", "B")).species == ("A", "B")
    assert read(DATA.format(masses=MASSES, style="atomic", rows="1 1 0 0 0\n2 2 1 1 1\n"), "a.data").n_particles == 2
    for name in ("a.txt", "data.txt"):
        assert read(dump(), name).n_particles == 27
    cluster = read('2\npbc="F F F"\nCu 0 0 0\nCu 0 0 2.5\n', "a.xyz")
    assert not cluster.cell.periodic.any()
