"""Defaults that are numbers in certain units are refused in others, until they are given."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import Cell, Snapshot, descriptors, labels, simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr, KobAndersen
from lammps_glass.simulate import protocols
from lammps_glass.units import UnitDefaults

#: Parts whose defaults hold in one unit style only -> that style, and values for the other.
DESCRIPTORS = {
    "radial-gaussians": ("metal", {"centers": (1.0, 1.5), "width": 0.3}),
    "pair-entropy": ("metal", {"cutoffs": (1.5, 2.0)}),
    "soap": ("metal", {"r_cut": 2.0, "sigma": 0.2, "n_max": 2, "l_max": 2}),
    "vibrational": ("metal", {"temperatures": (0.1,)}),
    "ace": ("lj", {"r_cut": 6.0, "max_order": 1}),
    "interstices": ("lj", {"radii": {"Cu": 1.3, "Zr": 1.6}}),
    "local-density": ("lj", {"r_cut": 6.0, "shell": 3.8}),
    "coarse-grained": ("lj", {"lengths": (3.0, 6.0), "r_max": 8.0, "parts": {"energy": {}}}),
    "structure-functions": ("lj", {"r_max": 6.0, "ranges": (3.0, 6.0), "species": ("Cu", "Zr")}),
    "cage": ("lj", {"temperature": 0.1, "radius": 1.5}),
    "nonaffine": ("lj", {"r_max": 6.0}),
    "local-yield-stress": ("lj", {"radius": 12.0, "force_tolerance": 1e-4}),
    "file-columns": ("", {"columns": ["c_pe"]}),
    **dict.fromkeys(("barriers", "bond-orientational", "energy", "harmonic", "rattle", "voronoi"), ("", {})),
    "inherent": ("", {"parts": {"interstices": {}}}),
    "joined": ("", {"parts": {"interstices": {"radii": {"Cu": 1.3, "Zr": 1.6}}, "pair-entropy": {}}}),
}
PROTOCOLS = {
    "aqs": ("metal", {"r_max": 2.5}),
    "shear": ("metal", {"temperature": 0.1, "strain_rate": 0.01, "timestep": 0.005}),
    "vibrate": ("metal", {"temperature": 0.1}),
    "anneal": ("lj", {"temperature": 300.0}),
    "creep": ("lj", {"temperature": 300.0, "stress": 1e4}),
    "relax": ("lj", {"stress": 1e4, "pressure_tolerance": 100.0}),
    "isoconfigurational": ("lj", {"temperature": 1200.0}),
    "quench": ("lj", None),
    "melt-quench": ("metal", None),
    "constant-volume-cooling": ("metal", None),
    "dynamics": ("lj", {"temperature": 1000.0}),
    "artn": ("", {}),  # its settings scale with the glass
    "inherent": ("", {}),
}
OTHER = {"lj": "metal", "metal": "lj"}


def test_every_descriptor_and_protocol_is_here():
    assert set(DESCRIPTORS) == set(descriptors.REGISTRY.bundled)
    assert set(PROTOCOLS) == set(protocols.REGISTRY.bundled)


@pytest.mark.parametrize("name", [name for name, (units, _) in DESCRIPTORS.items() if units])
def test_a_descriptor_keeps_to_the_units_of_its_defaults(name):
    units, given = DESCRIPTORS[name]
    default = descriptors.REGISTRY.build(name, {"parts": {"energy": {}}} if name == "coarse-grained" else {})
    default.require_units(units)
    default.require_units(None)
    first = default.unit_defaults.parameters[0]
    for descriptor in (default, type(default)(**default.get_params())):
        with pytest.raises(InputError, match=rf"{name}: the default of {first} is in .*{OTHER[units]} units: give"):
            descriptor.require_units(OTHER[units])
    descriptors.REGISTRY.build(name, given).require_units(OTHER[units])


@pytest.mark.parametrize("name", [name for name, (units, given) in PROTOCOLS.items() if units and given])
def test_a_protocol_keeps_to_the_units_of_its_defaults(name):
    units, given = PROTOCOLS[name]
    default = protocols.REGISTRY.build(name)
    default.require_units(units)
    with pytest.raises(InputError, match=rf"{name}: the default of .* {OTHER[units]} units: give {next(iter(given))}"):
        default.require_units(OTHER[units])
    protocols.REGISTRY.build(name, given).require_units(OTHER[units])
    protocols.REGISTRY.build(name, default.options()).require_units(units)


def test_one_that_is_left_out_is_named():
    with pytest.raises(InputError, match=r"shear: .* give strain_rate, timestep in these"):
        protocols.Shear(temperature=0.1).require_units("lj")
    with pytest.raises(InputError, match=r"soap: the default of sigma is in angstrom"):
        descriptors.SOAP(r_cut=2.0).require_units("lj")
    descriptors.SOAP(r_cut=2.0).require_units("real")  # angstrom as well


def test_an_equal_number_that_is_given_is_accepted():
    protocols.AQS(r_max=float("3.85")).require_units("lj")
    part = type("Part", (), {"__init__": lambda self, length=2.0: setattr(self, "length", length)})
    declared = UnitDefaults("angstrom", ("length",))
    declared.require_given("part", part(float("2.0")), "lj")
    with pytest.raises(InputError, match="length"):
        declared.require_given("part", part(), "lj")


def crystal(spacing: float, species: tuple[str, ...], units: str | None) -> Snapshot:
    """A cube of 6^3 sites of a simple cubic lattice, shaken."""
    random = np.random.default_rng(1)
    sites = spacing * np.stack(np.meshgrid(*[np.arange(6.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    positions = sites + random.normal(scale=0.05 * spacing, size=sites.shape)
    types = np.arange(len(sites)) % 2
    return Snapshot(Cell.orthogonal([6 * spacing] * 3), positions, types, species, units=units)


@pytest.mark.parametrize("name", ["radial-gaussians", "pair-entropy", "soap", "ace", "interstices", "local-density"])
def test_snapshots_and_glasses_are_refused_where_they_enter(name):
    """By their own units; those of a file that does not say are the glass's, and nothing is said without one."""
    units, given = DESCRIPTORS[name]
    glass = {"lj": CuZr(n_particles=216), "metal": KobAndersen(n_particles=216)}[units]
    spacing = 1.05 if glass.units == "lj" else 2.6
    options = {"species": glass.species} if name in ("soap", "ace") else {}
    default, other = (type(descriptors.REGISTRY.build(name))(**{**options, **more}) for more in ({}, given))
    told, untold = (crystal(spacing, glass.species, known) for known in (glass.units, None))
    for refused in (lambda: default.compute(told), lambda: simulate.describe(default, untold, glass)):
        with pytest.raises(InputError, match=f"{name}: the default of"):
            refused()
    np.testing.assert_array_equal(other.compute(told), simulate.describe(other, untold, glass))
    if name != "interstices":  # their radii are of species with other names
        assert len(default.compute(untold)) == 216


def test_protocols_are_refused_before_anything_runs(tmp_path):
    start = crystal(1.05, ("A", "B"), "lj")
    for run in (
        lambda: simulate.aqs(start, glass=KobAndersen(n_particles=216), directory=tmp_path / "x"),
        lambda: simulate.vibrate(start, glass=KobAndersen(n_particles=216), seed=1, directory=tmp_path / "x"),
        lambda: simulate.relax(crystal(2.6, ("Cu", "Zr"), None), glass=CuZr(n_particles=216), directory=tmp_path / "x"),
    ):
        with pytest.raises(InputError, match="the default of"):
            run()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["d2min", "von_mises_strain", "isoconfigurational", "strain-step-activity"])
def test_labels_keep_to_their_units(name):
    default = labels.REGISTRY.build(name)
    default.require_units("lj")
    (parameter,) = default.unit_defaults.parameters
    with pytest.raises(InputError, match=f"label {name}: the default of {parameter} is in reduced units.*metal units"):
        default.require_units("metal")
    labels.REGISTRY.build(name, {parameter: 3.85}).require_units("metal")


@pytest.mark.parametrize(
    ("glass", "settings", "words"),
    [
        ("kob-andersen", {}, "stages.shear.protocol: aqs: the default of r_max is in angstrom"),
        ("kob-andersen", {"stages.shear.r_max": 2.5}, "stages.rows.descriptor: pair-entropy: the default of cutoffs"),
    ],
)
def test_study_files_are_checked_before_anything_runs(tmp_path, glass, settings, words):
    from lammps_glass.workflow import Study

    file = tmp_path / "study.toml"
    file.write_text(
        f"""
[study]
name = "own"
replicas = 3
seed = 1

[glass]
name = "{glass}"
n_particles = 300

[stages]
quench = {{ run = "simulate", protocol = "quench", over = ["replica"] }}
shear = {{ run = "simulate", protocol = "aqs", reads = {{ start = "quench" }}, over = ["replica"] }}
label = {{ run = "label", label = "largest-jump", reads = {{ records = "shear" }}, over = ["replica"] }}

[stages.rows]
run = "describe"
reads = {{ configurations = "shear", labels = "label" }}
over = ["replica"]
descriptor = "pair-entropy"
"""
    )
    with pytest.raises(InputError) as refused:
        Study.read(file, None, tmp_path / "out", settings).check_conditions()
    assert words in str(refused.value)
