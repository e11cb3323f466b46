"""Glasses of one's own: the contract, starts, the gate, what is refused, and records that know their glass."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lammps_glass import analysis, glasses, simulate
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import EmbeddedAtomGlass, InteractionLinesGlass, KobAndersenSmooth, LennardJonesGlass
from lammps_glass.glasses.starts import LATTICES, lattice
from lammps_glass.interactions import System
from lammps_glass.interactions.tables import shipped_file
from lammps_glass.resources import data_path
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.testing import check_glass

NAMES = ("ternary", "ni-al", "silicon", "harmonic-spheres")
SMALL = {"ternary": 200, "ni-al": 200, "silicon": 216, "harmonic-spheres": 100}
LJ = {"species": ["A", "B"], "masses": 1.0, "sigma": [1.0, 0.8], "mixing": "arithmetic", "density": 1.2}
KOB_ANDERSEN = {
    "species": ["A", "B"],
    "masses": [1.0, 1.0],
    "composition": {"A": 0.8, "B": 0.2},
    "epsilon": {"AA": 1.0, "AB": 1.5, "BB": 0.5},
    "sigma": {"AA": 1.0, "AB": 0.8, "BB": 0.88},
    "density": 1.2,
}


def example(name, **changes):
    return glasses.read(data_path("examples", "glasses", name, "glass.toml"), n_particles=SMALL[name], **changes)


@pytest.mark.parametrize("name", NAMES)
def test_contract(name):
    glass = example(name)
    check_glass(type(glass), glass.options())
    assert json.loads(json.dumps(glass.options())) == glass.options()


@pytest.mark.parametrize("r_inner", [0.0, 2.2])
def test_the_built_in_mixture_by_its_parameters(r_inner):
    """Kob-Andersen twice, once by its numbers: identical energies, in LAMMPS and compiled."""
    own = LennardJonesGlass(**KOB_ANDERSEN, n_particles=200, r_inner=r_inner, skin=0.2)
    built_in = KobAndersenSmooth(n_particles=200) if r_inner else glasses.KobAndersen(n_particles=200)
    snapshot = built_in.initial(3)
    assert np.array_equal(snapshot.positions, own.initial(3).positions)
    assert simulate.energy(snapshot, own) == simulate.energy(snapshot, built_in)
    assert System(snapshot, own.model()).energy() == System(snapshot, built_in.model()).energy()


def test_polydisperse_diameters_are_mixed_as_ninarello_does():
    sizes = [0.8, 1.0, 1.25]
    glass = LennardJonesGlass(
        **{**LJ, "species": ["S", "M", "L"], "sigma": sizes, "non_additivity": 0.2, "r_cut_scaled": True}
    )
    expected = [[(a + b) / 2 * (1 - 0.2 * abs(a - b)) for b in sizes] for a in sizes]
    assert np.allclose(glass._pairs().sigma, expected, rtol=1e-15)
    assert glass.largest_r_cut == pytest.approx(2.5 * 1.25)
    assert glass.fractions == pytest.approx(dict.fromkeys(["S", "M", "L"], 1 / 3))


def test_unshifted_energy_is_the_plain_sum():
    glass = LennardJonesGlass(species=["A"], masses=1.0, sigma=1.0, density=0.8, shift=False, n_particles=125)
    snapshot = lattice("sc", glass.counts(), 0.8, glass.species, "lj", np.random.default_rng(0))
    vectors = pairs_within(snapshot, 2.5).vectors
    distances = np.linalg.norm(vectors, axis=1)
    plain = 0.5 * (4 * (distances**-12.0 - distances**-6.0)).sum()
    assert simulate.energy(snapshot, glass) == pytest.approx(plain, rel=1e-12)  # round-off of the sum
    assert System(snapshot, glass.model()).energy() == pytest.approx(plain, rel=1e-12)


# -- tables -----------------------------------------------------------------------------------------------------------


def test_elements_masses_and_cutoff_come_from_the_table():
    glass = EmbeddedAtomGlass(table="NiAlH_jea.eam.alloy", density=0.08)
    assert glass.species == ("Ni", "Al", "H")
    assert glass.masses == pytest.approx((58.71, 26.982, 1.00794), rel=1e-3)
    assert (glass.r_cut, glass.units, glass.table) == (5.65, "metal", "NiAlH_jea.eam.alloy")
    assert EmbeddedAtomGlass(table="NiAlH_jea.eam.alloy", composition={"Al": 1.0}, density=0.06).species == ("Al",)


def test_a_table_elsewhere_is_kept_by_path_and_checksum(tmp_path, monkeypatch):
    path = tmp_path / "mine.eam.alloy"
    path.write_bytes(shipped_file("AlCu.eam.alloy").read_bytes())
    (tmp_path / "glass.toml").write_text('table = "mine.eam.alloy"\ndensity = 0.06\n')
    glass = glasses.read(tmp_path / "glass.toml")
    assert (glass.table, glass.species, glass.name) == (str(path), ("Al", "Cu"), "embedded-atom")
    options = glass.options()
    monkeypatch.chdir("/")
    assert glasses.build(glass.name, options).options() == options
    path.write_text(path.read_text() + "\n")
    with pytest.raises(InputError, match=r"mine\.eam\.alloy: sha256 is .* another or a damaged table"):
        glasses.build(glass.name, options)
    path.unlink()
    with pytest.raises(InputError, match=r"mine\.eam\.alloy: no such EAM table"):
        glasses.build(glass.name, options)


# -- starts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "neighbours"), [("sc", 6), ("bcc", 8), ("fcc", 12), ("diamond", 4)])
def test_lattices_have_their_neighbours(name, neighbours):
    counts = {"A": 4**3 * len(LATTICES[name])}
    snapshot = lattice(name, counts, 1.0, ("A",), "lj", np.random.default_rng(0))
    distances = np.linalg.norm(pairs_within(snapshot, 1.6).vectors, axis=1)
    # 1e-9: the edge is a cube root
    assert (distances < distances.min() * (1 + 1e-9)).sum() == neighbours * len(snapshot)


def test_a_snapshot_as_start(tmp_path):
    first = LennardJonesGlass(**LJ, n_particles=200, composition={"A": 0.75, "B": 0.25}).initial(5)
    first.write(tmp_path / "start.lammpstrj")
    glass = LennardJonesGlass(**{**LJ, "density": None}, start=str(tmp_path / "start.lammpstrj"))
    assert (glass.n_particles, glass.counts()) == (200, {"A": 150, "B": 50})
    assert glass.density == pytest.approx(1.2, rel=1e-9)
    assert np.array_equal(glass.initial(1).positions, glass.initial(2).positions)
    options = glass.options()
    assert glasses.build(glass.name, options).options() == options
    with pytest.raises(InputError, match=r"n_particles is 300, in .* 200: leave it out"):
        LennardJonesGlass(**LJ, start=glass.start, n_particles=300)
    with pytest.raises(InputError, match="composition is"):
        LennardJonesGlass(**LJ, start=glass.start, composition={"A": 0.5, "B": 0.5})
    with pytest.raises(InputError, match=r"density is 1\.1"):
        LennardJonesGlass(**{**LJ, "density": 1.1}, start=glass.start)
    glass.initial(1).replace(step=1).write(tmp_path / "start.lammpstrj")
    with pytest.raises(InputError, match="the file has been changed"):
        glasses.build(glass.name, options)
    (tmp_path / "start.lammpstrj").unlink()
    assert glasses.build(glass.name, options).options() == options  # what has run goes on without its start
    with pytest.raises(InputError, match="neither a file nor one of random, sc, bcc, fcc, diamond"):
        glasses.build(glass.name, options).initial(1)


def test_a_start_of_other_species_is_refused(tmp_path):
    KobAndersenSmooth(n_particles=200).initial(5).write(tmp_path / "start.extxyz")
    with pytest.raises(InputError, match=r"start: .*start.extxyz: species"):
        LennardJonesGlass(**{**LJ, "species": ["C", "D"]}, start=str(tmp_path / "start.extxyz"))


# -- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("structure", ["bcc", "fcc", "diamond"])
def test_crystals_fail_the_gate_of_any_glass(name, structure):
    glass = example(name)
    n = 27 * len(LATTICES[structure])
    counts = {species: n // len(glass.species) for species in glass.species}
    counts[glass.species[0]] += n - sum(counts.values())
    crystal = lattice(structure, counts, glass.density, glass.species, glass.units, np.random.default_rng(0))
    noise = np.random.default_rng(1).normal(0, 0.03 * glass.nearest_distance, crystal.positions.shape)
    gate = analysis.check_glass(crystal.replace(positions=crystal.positions + noise), glass=glass)
    assert any("crystal-like" in fault for fault in gate.faults)
    with pytest.raises(SimulationError, match="sample is not a glass"):
        gate.require()


def test_random_positions_are_no_glass():
    glass = glasses.read(data_path("examples", "glasses", "ternary", "glass.toml"), n_particles=2000)
    assert any("first maximum" in fault for fault in analysis.check_glass(glass.initial(1), glass=glass).faults)


def test_limits_of_the_glass_and_a_gate_that_is_off():
    crystal = lattice("bcc", {"A": 250, "B": 0}, 1.2, ("A", "B"), "lj", np.random.default_rng(0))
    off = LennardJonesGlass(**LJ, gate=False)
    reading = analysis.check_glass(crystal, glass=off)
    assert reading.passed
    assert reading.limits.accepts_all
    tuned = LennardJonesGlass(**LJ, gate={"crystal_fraction": 0.2, "minimum_range": [1.2, 1.5]})
    assert tuned.gate_limits()["crystal_fraction"] == 0.2
    assert tuned.gate_limits()["minimum_range"] == (1.2, 1.5)
    assert tuned.gate_limits()["far_maximum"] == off.__class__(**LJ).gate_limits()["far_maximum"]
    for limits, message in (
        ({"first_maxmum": 1.0}, "did you mean 'first_maximum'"),
        ({"far_maximum": "high"}, "not a finite number"),
        ({"minimum_range": [2.0, 1.0]}, "must ascend"),
        ("no", "must be true, false or a table"),
    ):
        with pytest.raises(InputError, match=message):
            LennardJonesGlass(**LJ, gate=limits)


# -- records ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["harmonic-spheres", "ternary"])
def test_a_record_knows_its_glass(name, tmp_path):
    glass = example(name)
    temperatures = {"liquid_temperature": 0.01, "temperature": 1e-4} if name == "harmonic-spheres" else {}
    record = simulate.quench(glass, seed=1, directory=tmp_path / "a", liquid=200, cooling=300, **temperatures)
    assert record.glass.options() == glass.options()
    assert simulate.energy(record) == simulate.energy(record.final, glass)
    assert np.array_equal(simulate.forces(record), simulate.forces(record.final, glass))
    held = simulate.inherent(record.final, glass=record.glass, seed=1, directory=tmp_path / "b")
    assert held.glass.name == name
    sheared = simulate.aqs(
        record, directory=tmp_path / "c", max_strain=2e-3, strain_step=1e-3, block_strain=2e-3, r_max=2.0
    )
    assert sheared.glass.options() == glass.options()
    with pytest.raises(InputError, match="needs its glass"):
        simulate.energy(record.final)


# -- chains -----------------------------------------------------------------------------------------------------------

CHAINS = [
    "pair_style lj/cut 2.25", "pair_modify shift yes", "pair_coeff 1 1 1.0 1.0", "bond_style fene",
    "special_bonds fene", "bond_coeff 1 30.0 1.5 1.0 1.0",
]  # fmt: skip
BEADS = {"units": "lj", "species": ["A"], "masses": 1.0, "density": 0.9, "r_cut": 2.25, "chain_length": 20}


def test_the_built_in_polymer_by_its_lines(tmp_path):
    """The same energy and the same run, from the same start."""
    built_in = glasses.FenePolymer(n_particles=400)
    own = InteractionLinesGlass(**BEADS, lines=CHAINS, n_particles=400, skin=0.3)
    simulate.try_interactions(own)
    snapshot = built_in.initial(3)
    assert simulate.energy(snapshot, own) == simulate.energy(snapshot, built_in)
    sizes = {"liquid": 100, "cooling": 100, "liquid_temperature": 1.0, "seed": 1}
    runs = [
        simulate.quench(snapshot, glass=glass, directory=tmp_path / name, **sizes)
        for name, glass in (("a", built_in), ("b", own))
    ]
    assert np.array_equal(runs[0].final.positions, runs[1].final.positions)
    start = own.initial(1)
    ends = start.positions[own.bonds(start) - 1]
    lengths = np.linalg.norm(start.cell.minimum_image(ends[:, 1] - ends[:, 0]), axis=1)
    assert 0.8 < lengths.min() < lengths.max() < 1.3  # in units of the distance by the density, 1.04


def test_stiff_chains_bend_as_their_angles_say():
    """Three beads at a right angle: k (1 + cos theta) of the angle alone, beyond each other's range."""
    lines = ["pair_style zero 1.0", "pair_coeff * *", "bond_style zero", "bond_coeff 1", "angle_style cosine",
             "angle_coeff 1 2.5"]  # fmt: skip
    options = {**BEADS, "r_cut": 1.0, "density": 0.1, "chain_length": 3, "n_particles": 99}
    glass = InteractionLinesGlass(**options, lines=lines)
    start = glass.initial(1)
    positions = np.array([[1.0, 1, 1], [2.0, 1, 1], [2.0, 2.0, 1]])
    bent = start.replace(positions=positions, types=np.zeros(3, int), ids=np.array([1, 2, 3]))
    assert simulate.energy(bent, glass) == pytest.approx(2.5, rel=1e-12)  # one product
    straight = bent.replace(positions=np.array([[1.0, 1, 1], [2.0, 1, 1], [3.0, 1, 1]]))
    assert simulate.energy(straight, glass) == pytest.approx(0.0, abs=1e-12)


def test_chains_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="n_particles = 410 is not a multiple of chain_length = 20"):
        InteractionLinesGlass(**BEADS, lines=CHAINS, n_particles=410)
    with pytest.raises(InputError, match="start = 'bcc': chains start as random walks"):
        InteractionLinesGlass(**BEADS, lines=CHAINS, start="bcc", n_particles=400)
    glass = InteractionLinesGlass(**BEADS, lines=CHAINS, n_particles=400)
    snapshot = glass.initial(1)
    with pytest.raises(InputError, match="are not whole chains of 20"):
        glass.check(snapshot.replace(ids=snapshot.ids + 1))
    angles = [*CHAINS, "angle_style cosine", "angle_coeff 1 1.0", "set type 1 charge 1.0"]
    with pytest.raises(InputError, match="charges and angles together"):
        InteractionLinesGlass(**BEADS, lines=angles, n_particles=400)


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"species": ["A", "A"]}, "species A is named twice"),
        ({"species": []}, "species: missing"),
        ({"species": ["A", "1"]}, "species '1' is not a name"),
        ({"species": ["A", "B\nshell ls"]}, "is not a name"),
        ({"masses": ()}, "masses: missing"),
        ({"masses": [1.0]}, "masses: 1 values for A, B"),
        ({"masses": {"A": 1.0}}, "masses: missing"),
        ({"masses": {"A": 1.0, "C": 1.0}}, "masses names C"),
        ({"masses": [1.0, -1.0]}, "masses of B = -1 must be above 0"),
        ({"sigma": ()}, "sigma: missing"),
        ({"sigma": [1.0]}, "1 values for the 2 species"),
        ({"sigma": {"A": 1.0}}, "sigma: missing for the pair B-B"),
        ({"sigma": {"A": 1.0, "B": 1.0}, "mixing": ""}, "missing for the pair A-B: give it, or mixing"),
        ({"sigma": {"A": 1.0, "B": 1.0, "A-B": 1.0, "B-A": 1.0}}, "the pair B-A has two values|two values"),
        ({"sigma": {"A": 1.0, "B": 1.0, "A-C": 1.0}}, "is not one pair of A, B"),
        ({"sigma": {"A": 1.0, "B": float("nan")}}, "not a finite number"),
        ({"epsilon": -1.0}, "epsilon = -1 must be above 0"),
        ({"mixing": "harmonic"}, "mixing = 'harmonic' must be"),
        ({"r_inner": 2.5}, "r_inner = 2.5 must be below"),
        ({"r_inner": 2.2, "shift": False}, "leave out shift"),
        ({"density": None}, "density: missing"),
        ({"density": 0.0}, "density = 0 must be above 0"),
        ({"density": -1.0}, "density"),
        ({"units": "si"}, "units = 'si' are none of lj, metal, real"),
        ({"name": "x\nshell ls"}, "is not a name"),
        ({"n_particles": 100}, "too small for the cutoff 2.5"),
        ({"n_particles": 1.5}, "whole number"),
        ({"composition": {"A": 0.5, "B": 0.4}}, "sum to 1"),
        ({"composition": {"A": 0.5, "C": 0.5}}, "composition names C"),
        ({"start": "hcpp"}, "neither a file nor one of random"),
        ({"suffix": 3, "timestep": -1.0}, "timestep"),
    ],
)
def test_bad_fields_are_named(changes, message):
    with pytest.raises(InputError, match=message) as error:
        LennardJonesGlass(**{**LJ, **changes})
    assert "\n" not in str(error.value).replace("\\n", "")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"composition": {"Ni": 0.5, "Zr": 0.5}}, "the table has Ni, Al, H: no Zr"),
        ({"species": ["Ni", "Ni"]}, "named twice"),
        ({"table": "Si.sw"}, "not an EAM table in setfl format"),
        ({"table": "Ni_u3.eam"}, "not an EAM table in setfl format"),
        ({"table": "nowhere.eam.alloy"}, "no such EAM table"),
        ({"table": ""}, "table: missing"),
        ({"units": "lj"}, "metal units"),
        ({"masses": [58.71, 30.0, 1.0]}, "masses: Al has 30"),
        ({"r_cut": 6.0}, "is not that of the table"),
        ({"n_particles": 50}, "too small for the cutoff"),
    ],
)
def test_bad_tables_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        EmbeddedAtomGlass(**{"table": "NiAlH_jea.eam.alloy", "density": 0.08, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lines": "nowhere.lmp"}, "nowhere.lmp: No such file"),
        ({"lines": []}, "lines: missing"),
        ({"lines": ["pair_style zero 2.0", "shell ls"]}, "lines, line 2: command 'shell'"),
        ({"masses": ()}, "masses: missing for A"),
        ({"r_cut": None}, "r_cut: missing"),
        ({"r_cut": 0.0}, "r_cut = 0 must be above 0"),
        ({"units": ""}, "units: missing"),
        ({"lines": ["pair_style zero 2.0", "mass 1 2.0"]}, "masses: A has 1, in a line `mass` 2"),
        ({"lines": ["pair_style zero 2.0", "bond_style harmonic"]}, "need joined particles: set chain_length"),
        ({"chain_length": 10}, "no line bond_style"),
    ],
)
def test_bad_lines_glasses_are_named(changes, message):
    options = {"units": "lj", "species": ["A"], "masses": 1.0, "density": 1.0, "r_cut": 2.0}
    with pytest.raises(InputError, match=message):
        InteractionLinesGlass(**{**options, "lines": ["pair_style zero 2.0", "pair_coeff * *"], **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("density = 1.0", "name: missing"),
        ('name = "kob-anderson"\ndensity = 1.0', "did you mean 'kob-andersen'"),
        ('table = "a"\nsigma = 1.0', "both table and sigma"),
        ('table = "AlCu.eam.alloy"\ndensity = 0.06\ncolour = 1', "unknown option of glass embedded-atom 'colour'"),
        ("= 1", "not TOML"),
        ('table = "AlCu.eam.alloy"', "density: missing"),
    ],
)
def test_bad_files_are_named(text, message, tmp_path):
    path = tmp_path / "glass.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        glasses.read(path)
    assert str(path) in str(error.value)


def test_what_needs_a_compiled_model_says_so():
    with pytest.raises(InputError, match="no compiled interactions"):
        example("silicon").model()
    with pytest.raises(InputError, match="modes needs compiled interactions, which glass silicon"):
        example("silicon").require_model("modes")
    example("ni-al").require_model("modes")


def test_interactions_that_are_none_are_refused():
    silent = {"species": ("A", "B"), "units": "lj", "masses": 1.0, "density": 1.0, "n_particles": 256, "r_cut": 2.5}
    charged = ("pair_style lj/cut/coul/long 2.5", "pair_coeff * * 1.0 1.0", "kspace_style pppm 1e-3")
    for lines, message in (
        (("pair_style zero 2.5", "pair_coeff * *"), "no particles interact"),
        (charged, "a style needs charges"),
        ((*charged, "set type 1 charge 1.0"), "sum to 128"),
    ):
        with pytest.raises(InputError, match=message):
            InteractionLinesGlass(lines=lines, **silent)
    InteractionLinesGlass(lines=(*charged, "set type 1 charge 1.0", "set type 2 charge -1.0"), **silent)


def test_non_additivity_without_mixing_is_refused():
    with pytest.raises(InputError, match="changes mixed diameters alone"):
        LennardJonesGlass(species=("A", "B"), masses=1.0, sigma=1.0, density=1.0, non_additivity=0.2)
