"""Malformed files: a right result, or one line and status 2; no traceback, no hang, no gigabytes, no half of a file.

Real files are mutated by seed: bytes, words, lines, lengths, counts. Files that are still read are compared with a slow
reader where there is one. A few hundred run always, ten thousand with ``pytest -m slow``.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings, strategies as st

import lammps_glass
from lammps_glass import Snapshot, learn
from lammps_glass.cli import main
from lammps_glass.errors import InputError, LammpsGlassError
from lammps_glass.interactions import setfl
from lammps_glass.snapshots import Cell
from lammps_glass.snapshots.files import write
from lammps_glass.tables import iter_table, read_metadata, read_table, write_table
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.reading import read_study

ROOT = Path(lammps_glass.__file__).parents[1]
GLASSES = ROOT / "examples" / "glasses"
FROZEN = Path(__file__).parent / "learn" / "frozen"
SECONDS, GIGABYTES = 20, 2
NAMES = ("a.dump", "a.data", "a.extxyz", "a.txt", "a.dump.gz", "a.dump.zst", "POSCAR")
WORDS = (
    "nan", "inf", "-1", "0", "1e999", "1e18", "99999999999999999999", "0x10", "1_0", "1.5", "", "x", "ITEM:",
    "ITEM: ATOMS", "#", "\0", "\r", "\u00e9", "\u2212" + "1", "atoms", "A B", "[]", "{}", '"', "=", "-0", "NaN",
    "1e-400", "2147483648", "'",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with one to four faults."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice((_cut, _byte, _bytes, _word, _word, _word, _line, _line, _repeated))(data, chance)
    return data


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _byte(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _bytes(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randrange(1, 40)) + data[at + chance.randrange(40) :]


def _word(data: bytes, chance: random.Random) -> bytes:
    words = data.split(b" ") if chance.random() < 0.5 else data.split(b"\n")
    at = chance.randrange(min(len(words), 40) if chance.random() < 0.5 else len(words))  # headers hold the counts
    words[at] = chance.choice(WORDS).encode()
    return (b" " if b" ".join(words).count(b" ") + 1 == len(words) else b"\n").join(words)


def _line(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, other = (chance.randrange(len(lines)) for _ in range(2))
    kind = chance.randrange(3)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines.insert(one, lines[other])
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _repeated(data: bytes, chance: random.Random) -> bytes:
    return data + data[: chance.randrange(len(data) + 1)]


# -- files that are right ----------------------------------------------------------------------------------------------


def snapshots(n: int = 40) -> list[Snapshot]:
    """Two frames of a tilted, partly periodic cell with every kind of column."""
    chance = np.random.default_rng(0)
    cell = Cell(np.array([[4.0, 0, 0], [1, 5, 0], [-2, 0.5, 6]]), np.array([-1.0, 0, 2]), np.array([True, True, False]))
    properties = {"q": chance.normal(size=n).round(3), "s": chance.normal(size=(n, 2))}
    first = Snapshot(
        cell, cell.cartesian(chance.random((n, 3))).round(6), np.arange(n) % 2, ("A", "B"),
        chance.permutation(n) + 1, 5, chance.normal(size=(n, 3)).round(4), properties, "lj",
    )  # fmt: skip
    return [first, first.replace(step=9, positions=first.positions + 0.125)]


def plain_dump() -> bytes:
    """As LAMMPS writes it: few columns, a space at the end of each row."""
    rows = "".join(
        f"{k} {k % 2 + 1} {x:.6g} {y:.6g} {z:.6g} \n" for k, (x, y, z) in enumerate(snapshots()[0].positions, 1)
    )
    head = "ITEM: NUMBER OF ATOMS\n40\nITEM: BOX BOUNDS pp pp ff\n-9 9\n-9 9\n-9 9\nITEM: ATOMS id type x y z \n"
    return "".join(f"ITEM: TIMESTEP\n{step}\n{head}{rows}" for step in (0, 10)).encode()


def poscar() -> bytes:
    """Two species in direct coordinates."""
    rows = "".join(f"{x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in np.random.default_rng(1).random((12, 3)))
    return f"glass\n1.0\n5 0 0\n0 5 0\n0 0 5\nCu Zr\n8 4\nDirect\n{rows}".encode()


def eam_table() -> bytes:
    """A table of two elements with thirty rows a function."""
    r = np.linspace(0, 5, 30)
    pair = np.array([[(1 + a + b) * r * np.exp(-2 * r) for b in range(2)] for a in range(2)])
    table = setfl.Setfl(
        "fs", ("Cu", "Zr"), (29, 40), (63.546, 91.224), ("3.6 fcc", "3.2 hcp"), 0.3, 5 / 29, 5.0,
        -np.sqrt(np.ones((2, 30))), np.exp(-pair), pair, ("for a test", "", ""),
    )  # fmt: skip
    return table.text().encode()


def written(folder: Path, name: str, frames: list[Snapshot]) -> bytes:
    write(folder / name, frames)
    return (folder / name).read_bytes()


def table(folder: Path, name: str, columns: dict[str, Any]) -> bytes:
    key = {"replica": ["a", "b"] * 20, "step": 0, "particle": np.arange(40), "species": "A"}
    metadata = {"descriptor": "interstices", "features": list(columns), "parameters": {}, "glass": None}
    write_table(folder / name, pd.DataFrame({**key, **columns}), metadata)
    return (folder / name).read_bytes()


def manifest() -> bytes:
    values = dict.fromkeys(Manifest.__dataclass_fields__, "x") | {
        "conditions": {}, "params": {}, "inputs": {}, "versions": {}, "seed": 1, "ranks": 1, "seconds": 1.0,
        "peak_memory": 1, "attempt": 1, "format": 1, "products": {"final.lammpstrj.gz": {"sha256": "00", "size": 10}},
    }  # fmt: skip
    return json.dumps(values, indent=1).encode()


# -- what reads them ---------------------------------------------------------------------------------------------------


def read_snapshots(path: Path) -> None:
    """Read all frames; those of a dump are those of a reader that takes one word after the other."""
    frames = list(Snapshot.read_all(path))
    assert frames
    for snapshot in frames:
        assert np.isfinite(snapshot.positions).all()
        assert len(np.unique(snapshot.ids)) == len(snapshot)
        assert 0 <= snapshot.types.min() <= snapshot.types.max() < len(snapshot.species)
    if path.name.startswith("plain"):
        for snapshot, (step, ids, positions) in zip(frames, slowly(path.read_bytes()), strict=True):
            assert snapshot.step == step
            np.testing.assert_array_equal(snapshot.ids, np.sort(ids))
            np.testing.assert_array_equal(snapshot.positions, positions[np.argsort(ids, kind="stable")])


def slowly(data: bytes) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Step, ids and positions of each frame of an orthogonal dump with the columns x y z (or xs ys zs)."""
    lines = data.split(b"\n")
    lines = [line for line in lines if line.split()]
    at = 0
    while at < len(lines):
        header: dict[str, Any] = {}
        while not lines[at].startswith(b"ITEM: ATOMS"):
            name = b" ".join(lines[at].split()[1:3]).decode()
            size = 3 if name == "BOX BOUNDS" else 1
            header[name], at = lines[at + 1 : at + 1 + size], at + 1 + size
        columns = lines[at].decode("utf-8", "replace").split()[2:]
        count = int(header["NUMBER OF"][0].split()[0])
        rows = [line.split() for line in lines[at + 1 : at + 1 + count]]
        assert all(len(row) == len(columns) for row in rows)
        ids = np.arange(1, count + 1)
        if "id" in columns:
            ids = np.array([int(float(row[columns.index("id")])) for row in rows])
        places = [columns.index(name) for name in "xyz"]
        positions = np.array([[float(row[k]) for k in places] for row in rows])
        yield int(header["TIMESTEP"][0].split()[0]), ids, positions
        at += 1 + count


def read_glass(path: Path) -> None:
    """A glass of one's own, with the files that it names beside it; what it says of itself makes an equal one."""
    from lammps_glass.glasses import building

    for file in GLASSES.glob("*/*.lmp"):
        shutil.copy(file, path.parent)
    glass = building.read(path)
    assert building.build(glass.name, glass.options()) == glass
    assert abs(sum(glass.fractions.values()) - 1) < 1e-9
    assert min(glass.masses) > 0


def read_tables(path: Path) -> None:
    read_metadata(path)
    frame = read_table(path)
    assert sum(len(group) for group in iter_table(path)) == len(frame)


def read_indicator(path: Path) -> None:
    estimator, metadata = learn.load(path)
    assert isinstance(metadata, dict)
    values = estimator.predict(np.zeros((2, 3)))
    assert np.shape(values) == (2,)


def read_manifest(path: Path) -> None:
    shutil.copy(path, path.with_name("manifest.json"))
    found = Manifest.read(path.parent)
    if found is None:
        raise InputError("damaged: the case is run again")


def describe(path: Path) -> None:
    """The command; its output is there exactly when it says so."""
    output = path.with_name("rows.parquet")
    output.unlink(missing_ok=True)
    status = main(["describe", str(path), "-d", "radial-gaussians", "--set", "centers=[1.0,2.0]", "--set", "width=0.4",
                   "-o", str(output)])  # fmt: skip
    assert status in (0, 2)
    assert output.is_file() == (status == 0)
    if status == 0:
        assert np.isfinite(pd.read_parquet(output).iloc[:, 4:].to_numpy()).all()
    left = {child.name for child in path.parent.iterdir()} - {path.name, output.name}
    assert not left, left
    if status:
        raise InputError("as the command says")


def train(path: Path) -> None:
    """The command, with damaged rows or with damaged labels; nothing is left of an indicator that was not saved."""
    columns = {"rows": {"a": np.random.default_rng(0).random(40)}, "labels": {"d2min": np.arange(40.0)}}
    files = {name: path if path.stem == name else path.with_name(f"whole-{name}.parquet") for name in columns}
    for name, file in files.items():
        if file != path and not file.is_file():
            table(path.parent, file.name, columns[name])
    output = path.with_name("model")
    output.unlink(missing_ok=True)
    words = ["train", files["rows"], "--labels", files["labels"], "--threshold", 20, "--indicator", "activity"]
    status = main([*map(str, words), "-o", str(output), "--quiet"])
    assert status in (0, 2)
    assert output.is_file() == (status == 0)
    if status:
        raise InputError("as the command says")


SOURCES: dict[str, tuple[Callable[[Path], bytes], str, Callable[[Path], None], int]] = {
    # name -> the right file, its name, what reads it, and how many of ten thousand
    "dump": (lambda folder: plain_dump(), "plain.lammpstrj", read_snapshots, 2500),
    "dump by first lines": (lambda folder: plain_dump(), "plain.txt", read_snapshots, 500),
    "full dump": (lambda folder: written(folder, "f.dump", snapshots()), "full.dump", read_snapshots, 1000),
    "dump.gz": (lambda folder: gzip.compress(plain_dump()), "a.dump.gz", read_snapshots, 400),
    "dump.zst": (lambda folder: zstandard.compress(plain_dump()), "a.dump.zst", read_snapshots, 400),
    "data file": (lambda folder: written(folder, "f.data", snapshots()[:1]), "a.data", read_snapshots, 1500),
    "extended XYZ": (lambda folder: written(folder, "f.extxyz", snapshots()), "a.extxyz", read_snapshots, 500),
    "POSCAR": (lambda folder: poscar(), "POSCAR", read_snapshots, 300),
    "EAM table": (lambda folder: eam_table(), "t.eam.fs", setfl.read, 800),
    "study file": (
        lambda folder: (ROOT / "examples" / "looseness" / "study.toml").read_bytes(), "study.toml", read_study, 800,
    ),
    **{
        f"glass {path.parent.name}": (lambda folder, path=path: path.read_bytes(), "glass.toml", read_glass, 200)
        for path in sorted(GLASSES.glob("*/glass.toml"))
    },
    "rows": (lambda folder: table(folder, "t.parquet", {"a": np.arange(40.0)}), "r.parquet", read_tables, 400),
    "rows in train": (lambda folder: table(folder, "t", {"a": np.arange(40.0)}), "rows.parquet", train, 100),
    "labels in train": (lambda folder: table(folder, "t", {"d2min": np.arange(40.0)}), "labels.parquet", train, 100),
    "manifest": (lambda folder: manifest(), "m.json", read_manifest, 300),
    "describe": (lambda folder: written(folder, "f.dump", snapshots()), "a.dump", describe, 200),
    **{
        f"indicator {path.parent.name} {path.stem}": (
            lambda folder, path=path: path.read_bytes(), path.name, read_indicator, 60,
        )
        for path in sorted(FROZEN.glob("*/*.indicator"))
    },
}  # fmt: skip


def odd(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    """A table with columns that are missing, empty, of another kind, or of other rows."""
    frame = frame.copy()
    for _ in range(chance.choice((1, 1, 2))):
        name, kind = chance.choice(list(frame.columns)), chance.randrange(10)
        if kind == 0:
            frame = frame.drop(columns=name)
        elif kind in (1, 2):
            frame[name] = frame[name].astype(str) if kind == 1 else pd.to_numeric(frame[name], errors="coerce") + 0.5
        elif kind == 3:
            frame[name] = None
        elif kind == 4:
            frame[name] = [None, *frame[name].tolist()[1:]] if len(frame) else []
        elif kind == 5:
            frame = pd.concat([frame, frame.iloc[:3]], ignore_index=True)
        elif kind == 6:
            frame = frame.iloc[:0]
        elif kind == 7:
            frame[name] = [[1, 2]] * len(frame)
        elif kind == 8:
            frame[name] = chance.choice((np.inf, 1e308, -1, 2**62, True))
        else:
            frame = frame.rename(columns={name: f"other {name}"})
    return frame


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_tables_without_rows_whose_keys_are_words(suffix, tmp_path, capsys):
    """Nothing shows the type of a column that holds nothing."""
    key = {"replica": ["a", "b"] * 20, "step": 0, "particle": np.repeat(np.arange(20), 2), "species": "A"}
    tables = {"rows": pd.DataFrame({**key, "a": np.arange(40.0)}), "labels": pd.DataFrame({**key, "d2min": 1.0})}
    tables["labels"] = tables["labels"].iloc[:0].astype({"step": str, "particle": str})
    for name, frame in tables.items():
        path = tmp_path / f"{name}{suffix}"
        frame.to_csv(path, index=False) if suffix == ".csv" else write_table(path, frame, {})
    words = ["train", tmp_path / f"rows{suffix}", "--labels", tmp_path / f"labels{suffix}", "--threshold", 20]
    assert main([*map(str, words), "-o", str(tmp_path / "model"), "--indicator", "activity"]) == 2
    assert "labels with nothing (empty)" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_tables_with_odd_columns(count, tmp_path, capsys):
    """Whole Parquet files whose columns are not those of rows or labels: trained on, or one line and status 2."""
    metadata = {"descriptor": "interstices", "features": ["a"], "parameters": {}, "glass": None}
    key = {"replica": ["a", "b"] * 20, "step": 0, "particle": np.repeat(np.arange(20), 2), "species": "A"}
    good = {"rows": {"a": np.random.default_rng(0).random(40)}, "labels": {"d2min": np.arange(40.0)}}
    statuses = []
    for number in range(count):
        chance = random.Random(f"odd {number}")
        for name, columns in good.items():
            frame = pd.DataFrame({**key, **columns})
            write_table(
                tmp_path / name, odd(frame, chance) if (name == "rows") == bool(number % 2) else frame, metadata
            )
        words = [
            "train",
            tmp_path / "rows",
            "--labels",
            tmp_path / "labels",
            "--threshold",
            20,
            "-o",
            tmp_path / "model",
        ]
        statuses.append(main([*map(str, words), "--indicator", "activity", "--quiet"]))
        said = capsys.readouterr().err
        assert (statuses[-1], len(said.splitlines())) in ((0, 0), (2, 1)), (number, said)
    assert set(statuses) == {0, 2}


class TooLong(BaseException):
    """Not an `Exception`: nothing that turns errors into lines may catch it."""


def peak_memory():
    """Return the largest memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.fixture
def limits():
    """An alarm after 20 s, and a bound on what the process grows by."""

    def stop(*_: object) -> None:
        raise TooLong

    earlier = peak_memory()  # of the tests that this process has run before
    before = signal.signal(signal.SIGALRM, stop)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert peak_memory() <= max(earlier, GIGABYTES * 1e9)


def read_all(name: str, count: int, tmp_path: Path, seed: int = 0) -> tuple[int, int]:
    """How many of `count` mutated files were read and refused; anything else fails with the file's seed."""
    make, file, read, _ = SOURCES[name]
    (tmp_path / "made").mkdir()
    good = make(tmp_path / "made")
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / file
    path.write_bytes(good)
    read(path)  # the right file is read
    counts = [0, 0]
    for number in range(count):
        path.write_bytes(mutated(good, random.Random(f"{name} {seed} {number}")))
        signal.alarm(SECONDS)
        refusal: LammpsGlassError | None = None
        try:
            read(path)
        except LammpsGlassError as error:
            refusal = error
        except BaseException as error:
            error.add_note(f"{name}, file {number} of seed {seed}: {path.read_bytes()[:2000]!r}")
            raise
        finally:
            signal.alarm(0)
        counts[refusal is not None] += 1
        assert refusal is None or ("\n" not in str(refusal) and refusal.exit_status == 2), (name, number, refusal)
    return counts[0], counts[1]


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("name", SOURCES)
def test_some_malformed_files(name, tmp_path):
    n_read, n_refused = read_all(name, max(3, SOURCES[name][3] // 25), tmp_path)
    assert n_read + n_refused > 0


@pytest.mark.slow
@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("name", SOURCES)
def test_ten_thousand_malformed_files(name, tmp_path, record_property):
    assert sum(count for *_, count in SOURCES.values()) >= 10_000
    n_read, n_refused = read_all(name, SOURCES[name][3], tmp_path, seed=1)
    record_property("read", n_read)
    record_property("refused", n_refused)
    print(f"{name}: {n_read} read, {n_refused} refused")
    assert n_refused > 0


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(NAMES))
def test_any_bytes_under_any_name(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        Snapshot.read(tmp_path / name)
    assert "\n" not in str(caught.value)
