"""Shear, inherent structures and cooling at fixed volume: strain, flips, temperature, energies, volumes."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr
from lammps_glass.labels import von_mises_strain
from lammps_glass.simulate.protocols import ConstantVolumeCooling, Inherent, Shear
from lammps_glass.snapshots import Cell, Snapshot


@pytest.fixture(scope="module")
def protocol():
    # 0.7 passes the tilt of 0.5 at which LAMMPS flips the box
    return Shear(
        strain=0.7, strain_rate=0.1, timestep=0.005, temperature=0.2, snapshots=7, segment_steps=600, thermo_every=20,
        thermostat_damping=0.5,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sheared(protocol, quenched, tmp_path_factory):
    return protocol.run(quenched, 1, tmp_path_factory.mktemp("shear"))


def test_the_box_has_the_strain_of_its_step(protocol, sheared):
    frames = list(sheared.frames())
    assert len(frames) == 8
    tilts = []
    for frame in frames:
        matrix = frame.cell.matrix
        tilts.append(matrix[1, 0] / matrix[1, 1])
        whole = protocol.unflipped(frame, frames[0]).cell.matrix
        # LAMMPS writes the box with 16 digits and adds up the tilt from the run's start: rounding only
        assert whole[1, 0] / whole[1, 1] == pytest.approx(protocol.strain_at(frame.step), abs=1e-9)
    assert min(tilts) < 0 < max(tilts), "the box was flipped, or this test says nothing about flips"
    assert protocol.strain_at(frames[-1].step) == pytest.approx(protocol.strain)


def test_mean_local_strain_follows_the_box(protocol, sheared):
    frames = list(sheared.frames())
    for frame in frames[1:]:
        strain = von_mises_strain(frames[0], protocol.unflipped(frame, frames[0]), r_max=2.5, undo_flips=False).mean()
        affine = affine_von_mises(protocol.strain_at(frame.step))
        # Local strains scatter about that of the box, and the mean of an absolute value lies above the value of the
        # mean; plastic events lower it. A frame whose flip was not undone is off by a strain of one.
        assert strain == pytest.approx(affine, rel=0.35)


def affine_von_mises(gamma):
    """Von Mises invariant of the Green-Lagrange strain of a simple shear: e_xy = gamma / 2, e_yy = gamma^2 / 2."""
    return np.sqrt(gamma**2 / 4 + gamma**4 / 12)


@pytest.mark.parametrize("gamma", [0.55, 0.7, 2.8])
@pytest.mark.parametrize("plane", ["xy", "xz", "yz"])
def test_an_affine_shear_is_itself_when_its_flips_are_undone(plane, gamma):
    """Also beyond what two cells tell: three flips in a box of three radii."""
    random = np.random.default_rng(3)
    cell = Cell.orthogonal([6.0, 6.5, 7.0])
    before = Snapshot(cell, random.random((300, 3)) @ cell.matrix, np.zeros(300, dtype=int), ("A",))
    protocol = Shear(plane=plane, strain=gamma, strain_rate=0.1, timestep=0.005)
    row, along = {"xy": (1, 0), "xz": (2, 0), "yz": (2, 1)}[plane]
    deformation = np.eye(3)
    deformation[row, along] = gamma
    matrix = cell.matrix @ deformation
    flipped = matrix.copy()
    flipped[row] -= np.rint(matrix[row, along] / matrix[along, along]) * matrix[along]
    after = before.replace(cell=Cell(flipped), positions=before.positions @ deformation, step=protocol.steps)
    whole = protocol.unflipped(after, before)
    np.testing.assert_allclose(whole.cell.matrix, matrix, atol=1e-12)
    strain = von_mises_strain(before, whole, r_max=2.0, undo_flips=False)
    np.testing.assert_allclose(strain, affine_von_mises(gamma), rtol=1e-10)


def test_peculiar_temperature_is_held_and_the_glass_resists(protocol, sheared):
    table = sheared.thermo
    later = table[table["step"] > table["step"].max() / 3]
    # 256 particles: a temperature fluctuates by sqrt(2 / 3 / 256) = 5 %; the mean of 30 rows by 1 % if they were
    # independent; a thermostat with a shear rate of 0.1 leaves it 3 % high
    assert later["temp"].mean() == pytest.approx(protocol.temperature, rel=0.08)
    assert later["pxy"].mean() < -0.2, "the stress must oppose the flow"


def test_inherent_structures_are_minima_of_the_same_box(sheared, tmp_path, glass):
    record = Inherent().run(sheared, 1, tmp_path)
    table = record.thermo
    assert table["converged"].all()
    for frame, before, energy in zip(record.frames(), sheared.frames(), table["pe"], strict=True):
        np.testing.assert_allclose(frame.cell.matrix, before.cell.matrix, atol=1e-12)
        assert frame.step == before.step
        # a second LAMMPS adds the same numbers in another order
        assert simulate.energy(frame, glass) == pytest.approx(energy, abs=1e-7)
        assert np.abs(simulate.forces(frame, glass)).max() < 2e-5
        assert energy < simulate.energy(before, glass) + 1e-9


def test_cooling_keeps_the_volume_that_a_first_run_gave(tmp_path):
    glass = CuZr(n_particles=216, composition={"Cu": 0.56, "Zr": 0.44})
    first = CuZr(n_particles=300, composition={"Cu": 0.56, "Zr": 0.44}, density=0.058).initial(4)
    quick = ConstantVolumeCooling(rate=2e16, melt=20, liquid=20, force_tolerance=0.5)
    record = quick.run(first, 1, tmp_path / "run", glass=glass)
    assert len(record.final) == 216
    assert record.final.number_density == pytest.approx(first.number_density, rel=1e-12)
    assert record.final.cell.is_orthogonal
    assert record.glass.density == pytest.approx(first.number_density, rel=1e-12)
    lengths = record.thermo[["lx", "ly", "lz"]].to_numpy()
    np.testing.assert_allclose(lengths, lengths[0, 0], rtol=1e-12)


def test_bad_input_is_one_line(tmp_path, quenched):
    other = CuZr(n_particles=300, composition={"Cu": 0.7, "Zr": 0.3}).initial(1)
    cooling = ConstantVolumeCooling(melt=1, liquid=1)
    with pytest.raises(InputError, match=r"fraction 0\.7 of Cu.*first run"):
        cooling.run(other, 1, tmp_path / "a", glass=CuZr(n_particles=216, composition={"Cu": 0.5, "Zr": 0.5}))
    with pytest.raises(InputError, match="K/s"):
        cooling.run(quenched, 1, tmp_path / "b")
    with pytest.raises(InputError, match="plane = 'zy'"):
        Shear(plane="zy")
    with pytest.raises(InputError, match="less than 100 steps"):
        Shear(strain=0.2, strain_rate=10.0)
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
