"""Cu-Zr: its tables and starts, a glass really made, and the gate that tells it from crystals and liquids."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.analysis.glass_gate import check_glass, crystal_fraction
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import REGISTRY, CuZr, KobAndersen
from lammps_glass.interactions import find_table, tables
from lammps_glass.simulate.protocols import MeltQuench
from lammps_glass.snapshots import Cell, Snapshot

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
BCC = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])


def crystal(basis, edge, cells, noise=0.0):
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + basis).reshape(-1, 3) * edge
    sites = sites + np.random.default_rng(0).normal(0, noise, sites.shape)
    return Snapshot(Cell.orthogonal([cells * edge] * 3), sites, np.arange(len(sites)) % len(BCC), ("Cu", "Zr"))


# -- the glass -------------------------------------------------------------------------------------------------------


def test_any_composition_and_size_starts_from_sites_of_fcc():
    glass = CuZr(n_particles=256, composition={"Cu": 64, "Zr": 36})
    start = glass.initial(3)
    assert np.bincount(start.types).tolist() == [164, 92]
    assert start.number_density == pytest.approx(0.055)
    assert crystal_fraction(start) == 1.0
    assert np.array_equal(start.types, glass.initial(3).types)
    assert not np.array_equal(start.types, glass.initial(4).types)
    odd = CuZr(n_particles=250).initial(1)  # six sites of 256 are left empty
    assert len(odd) == 250
    assert 0.5 < crystal_fraction(odd) < 1


def test_masses_and_cutoff_come_from_the_table_by_name():
    glass = CuZr()
    assert (glass.masses, glass.r_cut, glass.species) == ((63.546, 91.224), 7.6, ("Cu", "Zr"))
    assert "pair_style      eam/fs" in glass.interactions()
    assert glass.interactions().splitlines()[0].split() == ["mass", "1", "63.545999999999999"]


def test_a_path_is_the_same_table_and_options_travel(tmp_path, monkeypatch):
    shipped = find_table("cu-zr-2007").path
    copied = tmp_path / "a table.eam.fs"
    copied.write_bytes(shipped.read_bytes())
    glass = CuZr(table=str(copied), n_particles=256)
    options = json.loads(json.dumps(glass.options()))
    assert options["table"] == "cu-zr-2007", "known by its checksum, wherever it lies"
    assert REGISTRY.build("cu-zr", options).options() == options
    start = glass.initial(1)
    original = CuZr(table=str(copied), n_particles=256, retabulate=False)
    # a path with a blank, in a deck; the two tables are 2e-9 eV an atom apart
    assert simulate.energy(start, original) == pytest.approx(simulate.energy(start, CuZr()), abs=256 * 5e-9)


def test_a_relative_path_means_the_same_from_any_folder(tmp_path, monkeypatch):
    """A simulation runs in a folder of its own."""
    shipped = find_table("cu-zr-2007").path
    copied = tmp_path / "mine.eam.fs"
    copied.write_text(shipped.read_text().replace("CITATION: Unknown", "CITATION: none"))
    monkeypatch.chdir(tmp_path)
    assert find_table("mine.eam.fs").name == ""
    glass = CuZr(table="mine.eam.fs", n_particles=256, retabulate=False)
    monkeypatch.chdir("/")
    assert glass.options()["table"] == str(copied)
    expected = simulate.energy(glass.initial(1), CuZr(n_particles=256, retabulate=False))
    assert simulate.energy(glass.initial(1), glass) == expected


def test_a_table_without_an_element_is_named(tmp_path):
    path = tmp_path / "other.eam.fs"
    path.write_text(find_table("cu-zr-2007").path.read_text().replace("2  Cu  Zr", "2  X1  Zr"))
    with pytest.raises(InputError, match=r"other\.eam\.fs: the table has X1, Zr: no Cu"):
        CuZr(table=str(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": "cu-zr-1999"}, "unknown EAM table"),
        ({"table": "./none.eam.fs"}, "no such EAM table"),
        ({"checksum": "ab" * 32}, "another or a damaged table"),
        ({"r_cut": 5.0}, "r_cut = 5.0 is not that of the table, 7.6"),
        ({"retabulate": "yes"}, "must be true or false"),
        ({"table": 5}, "table = 5 must be text"),
        ({"checksum": 5}, "checksum = 5 must be text"),
        ({"composition": {"Cu": 0.5, "Ni": 0.5}}, "composition names Ni"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(InputError, match=message):
        CuZr(**options)


def test_table_of_other_elements_or_format_is_refused(tmp_path):
    shipped = find_table("cu-zr-2007").path
    with pytest.raises(InputError, match="the table has Al, Cu: no Zr"):
        CuZr(table=str(shipped.with_name("AlCu.eam.alloy")))
    with pytest.raises(InputError, match="not an EAM table in setfl format"):
        CuZr(table=str(shipped.with_name("Cu_u3.eam")))


@pytest.mark.paper_table
@pytest.mark.parametrize(
    ("name", "masses", "r_cut"), [("cu-zr-2008", (63.546, 91.224), 7.6), ("cu-zr-2011", (63.55, 91.22), 6.5)]
)
def test_published_tables(name, masses, r_cut):
    try:
        glass = CuZr(table=name, n_particles=256)
    except InputError as error:
        pytest.skip(f"${tables.FOLDERS_VARIABLE} has no such table: {error}")
    assert (glass.masses, glass.r_cut) == (masses, r_cut)
    assert np.isfinite(simulate.energy(glass.initial(1), glass))


# -- a glass, really made --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quenched(tmp_path_factory):
    """250 atoms at 1e14 K/s: the smallest and fastest that a study uses."""
    protocol = MeltQuench(rate=1e14, melt=1500, liquid=1000, thermo_every=250)
    return protocol, protocol.run(CuZr(n_particles=250), 2, tmp_path_factory.mktemp("quench"))


def test_quench_cools_at_its_rate_to_zero_stress(quenched):
    protocol, record = quenched
    table = record.thermo
    assert protocol.cooling == 9750  # (2000 - 50) K / 1e14 K/s / 2 fs
    cooling = table[table["phase"] == "cooling"]
    slope = np.polyfit(cooling["step"] * protocol.timestep * 1e-12, cooling["temp"], 1)[0]
    # temperature of 250 atoms fluctuates by 5 %, over a fit of 40 rows
    assert slope == pytest.approx(-1e14, rel=0.1)
    last = table.iloc[-1]
    assert last["phase"] == "minimised"
    assert last[["pxx", "pyy", "pzz", "pxy", "pxz", "pyz"]].abs().max() < protocol.stress_tolerance
    forces = simulate.forces(record.final, record.glass)
    assert np.linalg.norm(forces, axis=1).max() < 1.1 * protocol.force_tolerance
    assert not record.final.cell.is_orthogonal, "box angles are relaxed too"


def test_real_glass_passes_the_gate(quenched):
    gate = check_glass(quenched[1].final).require("replica 1")
    assert gate.passed
    assert 2.6 < gate.numbers["first_maximum_at"] < 3.0
    assert gate.numbers["first_minimum"] < 0.5
    assert gate.numbers["crystal_fraction"] < 0.05
    assert list(gate.rdf.columns) == ["r", "g", "noise"]
    # g(r) counts every pair: its integral is the number of neighbours, by a sum over explicit images
    inside = gate.rdf[gate.rdf["r"] < 8.0]
    shells = 4 / 3 * np.pi * ((inside["r"] + 0.05) ** 3 - (inside["r"] - 0.05) ** 3)
    counted = (inside["g"] * shells).sum() * quenched[1].final.number_density * 250
    assert counted == pytest.approx(_explicit_pairs(quenched[1].final, 8.0), abs=0.5)


def _explicit_pairs(snapshot, r_max):
    images = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3) @ snapshot.cell.matrix
    wrapped = snapshot.wrap().positions
    vectors = wrapped[None, :, None] - wrapped[:, None, None] + images
    distances = np.linalg.norm(vectors, axis=-1)
    return np.count_nonzero((distances < r_max) & (distances > 1e-9))


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.2])
@pytest.mark.parametrize(("basis", "edge", "cells"), [(BCC, 3.28, 6), (FCC, 4.15, 4)])
def test_crystals_fail_the_gate(basis, edge, cells, noise):
    gate = check_glass(crystal(basis, edge, cells, noise))
    assert any("crystal-like" in fault for fault in gate.faults)
    assert any(fault.startswith("g(") for fault in gate.faults), "its shells go on"
    with pytest.raises(SimulationError, match=r"replica 2 is not a glass: .*; melt hotter or longer") as caught:
        gate.require("replica 2")
    assert "\n" not in str(caught.value)


def test_a_gas_fails_the_gate():
    random = np.random.default_rng(0)
    gas = crystal(FCC, 4.15, 4).replace(positions=random.random((256, 3)) * 16.6)
    assert any("first maximum" in fault for fault in check_glass(gas).faults)


def test_gate_needs_a_bulk():
    solid = crystal(FCC, 4.15, 4)
    with pytest.raises(InputError, match="periodic in every direction"):
        check_glass(solid.replace(cell=Cell(solid.cell.matrix, periodic=np.array([True, True, False]))))
    with pytest.raises(InputError, match="r_max = 5"):
        check_glass(solid, r_max=5.0)


# -- the protocol's input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "rate = 0 must be above 0"),
        ({"rate": float("inf")}, "rate = inf"),
        ({"temperature": 2500.0}, "temperature = 2500 must be below liquid_temperature = 2000"),
        ({"melt_temperature": 1500.0}, "at most melt_temperature = 1500"),
        ({"melt": 0}, "melt = 0"),
    ],
)
def test_bad_quenches_are_named(options, message):
    with pytest.raises(InputError, match=message):
        MeltQuench(**options)


def test_kelvin_a_second_needs_metal_units(tmp_path):
    with pytest.raises(InputError, match="cools in K/s: it needs a glass in metal units, not lj"):
        MeltQuench().run(KobAndersen(n_particles=200), 1, tmp_path / "run")
    assert not (tmp_path / "run").exists()
