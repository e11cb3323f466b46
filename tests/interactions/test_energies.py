"""Energies, forces and pressures against LAMMPS, and of some mobile particles against those of all."""

from __future__ import annotations

import numpy as np
import pytest
from shaken_cells import lammps_forces, shaken, small, spacing_of

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr, KobAndersen
from lammps_glass.interactions import System
from lammps_glass.interactions.tables import find_table


def agree(snapshot, glass):
    system = System(snapshot, glass.model())
    energy, forces = system.energy_and_forces()
    # the same splines and sums in another order: round-off of some thousand terms
    assert energy == pytest.approx(simulate.energy(snapshot, glass), rel=1e-11)
    reference = simulate.forces(snapshot, glass)
    assert np.abs(forces - reference).max() < 1e-9 * np.abs(reference).max()


@pytest.mark.parametrize("tilted", [False, True])
def test_small_boxes_equal_lammps(glass, tilted):
    """Boxes narrower than twice the cutoff: particles meet several images of each other and of themselves."""
    agree(shaken(glass, spacing_of(glass), tilted), glass)


def test_open_boundaries_equal_lammps(glass):
    agree(shaken(glass, spacing_of(glass), periodic=(True, False, False)), glass)


@pytest.mark.paper_table
def test_published_tables_equal_lammps(published):
    agree(shaken(published, 4.15), published)


class AlCu(CuZr):
    """Another pair of elements, in the alloy format, from the files that come with LAMMPS."""

    species = ("Cu", "Al")

    def interactions(self):
        return super().interactions().replace("Cu Zr", "Cu Al")


def test_alloy_format_and_another_order_of_elements():
    path = find_table("cu-zr-2007").path.with_name("AlCu.eam.alloy")
    glass = AlCu(table=str(path), composition=0.5)
    assert glass.model().table.elements == ("Al", "Cu")
    assert glass.masses == pytest.approx((63.546, 26.982), abs=1e-3)
    agree(shaken(glass, 3.9), glass)


@pytest.mark.parametrize("style", ["fs", "alloy"])
def test_densities_that_differ_by_site_and_source(tmp_path, style):
    """In the tables of Cu-Zr the two cross densities are equal: they cannot tell which is meant."""
    (tmp_path / "made.eam").write_text(small(style).text())
    glass = CuZr(table=str(tmp_path / "made.eam"))
    assert f"eam/{style}" in glass.interactions()
    agree(shaken(glass, 4.15, tilted=True), glass)


def test_pressure_is_the_slope_of_the_energy(glass):
    snapshot = shaken(glass, spacing_of(glass), tilted=True)
    model, h = glass.model(), 1e-6

    def energy(scale):
        cell = snapshot.cell.__class__(snapshot.cell.matrix * scale)
        return System(snapshot.replace(cell=cell, positions=snapshot.positions * scale), model).energy()

    slope = (energy(1 + h) - energy(1 - h)) / (2 * h)  # dE / d ln L = -3 p V
    pressure = System(snapshot, model).pressure()
    # round-off of the energies over 2e-6 is 1e-7 of them; kinks of the tables and the step at the cutoff add less
    assert -slope / (3 * snapshot.cell.volume) == pytest.approx(pressure, rel=1e-5, abs=1e-5 * abs(pressure))


def mobile_case(glass):
    snapshot = shaken(glass, spacing_of(glass), tilted=True, cells=3)
    middle = snapshot.cell.minimum_image(snapshot.positions - snapshot.positions[40])
    mobile = np.flatnonzero(np.linalg.norm(middle, axis=1) < 0.9 * spacing_of(glass))
    assert 5 < len(mobile) < len(snapshot) / 2
    return snapshot, mobile


def test_mobile_sphere_has_the_forces_and_energy_differences_of_the_whole(glass):
    snapshot, mobile = mobile_case(glass)
    model, random = glass.model(), np.random.default_rng(1)
    part, whole = System(snapshot, model, mobile=mobile, skin=0.3), System(snapshot, model)
    start = part.energy()
    for step in (0.02, 0.4):  # within the skin, and beyond it: pairs are found again
        positions = np.array(snapshot.positions)
        positions[mobile] += random.normal(0, 0.3, (len(mobile), 3)) * step * spacing_of(glass) / 4
        energy, forces = part.energy_and_forces(positions[mobile])
        total, everywhere = whole.energy_and_forces(positions)
        assert energy - start == pytest.approx(total - System(snapshot, model).energy(), rel=1e-9, abs=1e-9)
        # other orders of the same sums
        np.testing.assert_allclose(forces, everywhere[mobile], rtol=1e-9, atol=1e-9 * np.abs(everywhere).max())


def test_skin_changes_nothing(glass):
    snapshot = shaken(glass, spacing_of(glass))
    moved = snapshot.positions + np.random.default_rng(2).normal(0, 0.02, snapshot.positions.shape)
    with lammps_forces(snapshot, glass) as forces:
        reference = forces(moved)
    found = System(snapshot, glass.model(), skin=0.4).forces(moved)
    assert np.abs(found - reference).max() < 1e-9 * np.abs(reference).max()


def test_pairs_chosen_from_a_wider_list_change_nothing(glass):
    """A walk through skin and margin, in a box that images cross: the forces of fresh lists at each point."""
    snapshot, mobile = mobile_case(glass)
    model, random = glass.model(), np.random.default_rng(3)
    for rows in (mobile, None):
        system = System(snapshot, model, mobile=rows, skin=0.1 * model.r_cut, margin=0.4 * model.r_cut)
        start, x = system.energy(), np.array(system.positions)
        for _ in range(6):
            x = x + random.normal(0, 0.04 * spacing_of(glass), x.shape)
            everywhere = np.array(snapshot.positions)
            everywhere[system.mobile] = x
            moved = System(snapshot.replace(positions=everywhere), model)
            energy, forces = system.energy_and_forces(x)
            expected = moved.forces()[system.mobile]
            assert energy - start == pytest.approx(
                moved.energy() - System(snapshot, model).energy(), rel=1e-9, abs=1e-8
            )
            np.testing.assert_allclose(forces, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
        system.reset(system.positions)
        assert system.energy(system.positions) == start


def test_bad_input_is_named():
    glass = KobAndersen()
    snapshot = shaken(glass, 1.5)
    with pytest.raises(InputError, match="mobile must name at least one row"):
        System(snapshot, glass.model(), mobile=[32])
    with pytest.raises(InputError, match="positions have shape"):
        System(snapshot, glass.model()).forces(snapshot.positions[:-1])
    positions = np.array(snapshot.positions)
    positions[1] = positions[0]
    with pytest.raises(InputError, match="on top of each other"):
        System(snapshot.replace(positions=positions), glass.model()).energy()
    with pytest.raises(InputError, match="Zr"):
        System(snapshot.replace(species=("A", "Zr")), glass.model())
    with pytest.raises(InputError, match="every particle mobile"):
        System(snapshot, glass.model(), mobile=[1]).pressure()
