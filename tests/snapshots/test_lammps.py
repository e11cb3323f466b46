"""LAMMPS reads what we write, and we read what LAMMPS writes; its own arrays are the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lammps_glass.simulate.engine import Engine
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.files import read_all

CELLS = {
    "orthogonal": Cell.orthogonal([8, 9, 10], (-1, 0, 2), (True, False, True)),
    "triclinic": Cell(np.array([[8.0, 0, 0], [1, 9, 0], [-2, 0.5, 10]]), np.array([-1.0, 0, 2])),
}
START = "units lj\natom_style atomic\natom_modify map array\nboundary {}\n"
FORCES = "pair_style lj/cut 1.0\npair_coeff * * 0.0 1.0\n"


def make(cell: Cell) -> Snapshot:
    """Particles inside the cell (LAMMPS would wrap others), with masses, velocities and shuffled ids."""
    rng = np.random.default_rng(4)
    types = rng.permutation([0, 1] * 20)
    return Snapshot(
        cell, cell.cartesian(rng.uniform(0.01, 0.99, (40, 3))), types, ("A", "B"), rng.permutation(40) + 1, 3,
        rng.normal(size=(40, 3)), {"mass": np.array([1.0, 2.5])[types]}, "lj",
    )  # fmt: skip


def start(cell: Cell) -> str:
    return START.format(" ".join("p" if flag else "f" for flag in cell.periodic))


def gathered(engine: Engine, name: str) -> Any:
    """(n, 3) of all particles by id, from LAMMPS's memory."""
    return np.array(engine.lammps.gather_atoms(name, 1, 3)).reshape(-1, 3)


@pytest.mark.parametrize("kind", CELLS)
def test_lammps_reads_our_data_file(kind: str, tmp_path: Path) -> None:
    snapshot = make(CELLS[kind])
    snapshot.write(tmp_path / "a.data")
    with Engine() as engine:
        engine.commands(start(snapshot.cell) + f"read_data {tmp_path / 'a.data'}\n")
        # A tilted box takes them through box coordinates to wrap them: a few units of rounding at lengths of 10.
        np.testing.assert_allclose(
            gathered(engine, "x"), snapshot.positions, atol=2e-14 * (kind == "triclinic"), rtol=0
        )
        np.testing.assert_array_equal(gathered(engine, "v"), snapshot.velocities)
        low, high, xy, yz, xz, periodic, _ = engine.lammps.extract_box()
        np.testing.assert_array_equal(low, snapshot.cell.origin)
        np.testing.assert_allclose(np.subtract(high, low), np.diag(snapshot.cell.matrix), rtol=1e-15)
        assert [xy, xz, yz] == [snapshot.cell.matrix[1, 0], *snapshot.cell.matrix[2, :2]]
        assert (np.array(periodic, dtype=bool) == snapshot.cell.periodic).all()
        assert np.array(engine.lammps.gather_atoms("type", 0, 1)).tolist() == (snapshot.types + 1).tolist()


@pytest.mark.parametrize("kind", CELLS)
def test_lammps_reads_our_dump(kind: str, tmp_path: Path) -> None:
    snapshot = make(CELLS[kind])
    snapshot.write(tmp_path / "a.data")
    moved = snapshot.replace(positions=snapshot.positions[::-1], velocities=-snapshot.velocities)
    moved.write(tmp_path / "a.lammpstrj.gz")
    with Engine() as engine:
        engine.commands(start(snapshot.cell) + f"read_data {tmp_path / 'a.data'}\n")
        engine.commands(f"read_dump {tmp_path / 'a.lammpstrj.gz'} 3 x y z vx vy vz box yes replace yes\n")
        # read_dump passes positions through box coordinates and back: a few units of rounding at lengths of 10.
        np.testing.assert_allclose(gathered(engine, "x"), moved.positions, atol=2e-14)
        np.testing.assert_allclose(gathered(engine, "v"), moved.velocities, rtol=1e-15)


@pytest.mark.parametrize("coordinates", ["x y z", "xu yu zu", "xs ys zs", "xsu ysu zsu"])
@pytest.mark.parametrize("kind", CELLS)
def test_we_read_the_dumps_of_lammps(kind: str, coordinates: str, tmp_path: Path) -> None:
    snapshot = make(CELLS[kind])
    snapshot.write(tmp_path / "a.data")
    path = tmp_path / "b.lammpstrj.gz"
    dump = (
        f"dump d all custom 5 {path} id type element {coordinates} vx vy vz ix iy iz\n"
        "dump_modify d element A B units yes time yes format float %.17g\n"
    )
    walls = "fix w all wall/reflect ylo EDGE yhi EDGE\n" if not snapshot.cell.periodic.all() else ""
    with Engine() as engine:
        engine.commands(start(snapshot.cell) + f"read_data {tmp_path / 'a.data'}\n" + FORCES + walls)
        engine.commands("neigh_modify delay 0 every 1\nfix n all nve\ntimestep 0.5\n" + dump + "run 10\nundump d\n")
        images = images_of(engine)
        wrapped, velocities = gathered(engine, "x"), gathered(engine, "v")
    first, _, last = read_all(path)
    np.testing.assert_allclose(first.positions, snapshot.positions, atol=2e-14)
    unwrapped = "u" in coordinates
    expected = wrapped + (images @ snapshot.cell.matrix if unwrapped else 0)
    np.testing.assert_allclose(last.positions, expected, atol=1e-13)  # through scaled coordinates, several boxes away
    np.testing.assert_allclose(last.velocities, velocities, rtol=1e-15)
    assert np.abs(images).max() > 1  # or there would be nothing to unwrap
    assert (np.column_stack([last.properties[name] for name in ("ix", "iy", "iz")]) == images).all()
    assert (last.species, last.units, last.step) == (("A", "B"), "lj", 10)
    np.testing.assert_allclose(last.cell.matrix, snapshot.cell.matrix, atol=1e-14)
    assert (last.cell.periodic == snapshot.cell.periodic).all()


def images_of(engine: Engine) -> Any:
    return np.array(engine.lammps.gather_atoms("image", 0, 3)).reshape(-1, 3)


def test_we_read_the_data_files_of_lammps(tmp_path: Path) -> None:
    snapshot = make(CELLS["triclinic"])
    snapshot.write(tmp_path / "a.data")
    with Engine() as engine:
        engine.commands(start(snapshot.cell) + f"read_data {tmp_path / 'a.data'}\n" + FORCES)
        engine.commands(f"reset_timestep 70\nwrite_data {tmp_path / 'b.data'} nocoeff\n")
    found = Snapshot.read(tmp_path / "b.data")
    np.testing.assert_allclose(found.positions, snapshot.positions, atol=2e-14)  # wrapped twice on the way
    np.testing.assert_allclose(found.velocities, snapshot.velocities, rtol=1e-14)
    np.testing.assert_array_equal(found.properties["mass"], snapshot.properties["mass"])
    assert (found.species, found.step, found.units) == (("A", "B"), 70, "lj")
