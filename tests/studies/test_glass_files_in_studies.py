"""Study files with a glass of one's own: exchanged in the example, keys by content, the gate, what is refused."""

from __future__ import annotations

import shutil

import pytest

from lammps_glass.errors import InputError
from lammps_glass.interactions.tables import shipped_file
from lammps_glass.resources import data_path
from lammps_glass.simulate import Record
from lammps_glass.workflow import Study, reproduce

GLASSES = data_path("examples", "glasses")
OWN = data_path("examples", "own", "study.toml")
STUDY = """
[study]
name = "own"
replicas = 1

[glass]
file = "{file}"
n_particles = {n}

[stages]
quench = {{ run = "simulate", protocol = "{protocol}", over = ["replica"] }}
gate = {{ run = "gate", reads = {{ sample = "quench" }}, over = ["replica"] }}
"""
MODES = 'modes = { run = "modes", reads = { sample = "gate" }, over = ["replica"] }\n'


@pytest.fixture
def study(tmp_path):
    """Write a study of a copy of a worked glass, and open it."""

    def make(name="silicon", more="", n=216, **sets):
        shutil.copytree(GLASSES / name, tmp_path / name, dirs_exist_ok=True)
        protocol = "melt-quench" if name in ("silicon", "ni-al") else "quench"
        text = STUDY.format(file=f"{name}/glass.toml", n=n, protocol=protocol) + more
        (tmp_path / "study.toml").write_text(text)
        return Study.read(tmp_path / "study.toml", out=tmp_path / "out", sets=sets)

    return make


def keys(study):
    return {stage.name: study.params_hash(stage.cases[0]) for stage in study.stages}


def test_the_example_with_its_glass_exchanged(tmp_path, monkeypatch):
    """The whole study at a smaller size than preset smoke, on the ternary mixture; the glass is named by ``--set``."""
    monkeypatch.chdir(GLASSES.parent)
    sets = [
        "glass=glasses/ternary/glass.toml", "glass.n_particles=200", 'conditions.plane=["xy"]',
        'conditions.indicator=["activity"]', "stages.quench.liquid=500", "stages.quench.cooling=1000",
        "stages.shear.max_strain=0.01",
    ]  # fmt: skip
    study = Study.read(OWN, "smoke", tmp_path / "out", sets)
    reproduce(study)
    again = Study.read(tmp_path / "out")
    assert not [case for stage in again.stages for case in again.missing(stage)]
    case = again.stage("shear").cases[0]
    record = again.product(case)
    assert isinstance(record, Record)
    assert record.glass.options() == again.glass(case).options()
    assert record.glass.name == "ternary"
    assert "name = ternary" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("name", ["ternary", "harmonic-spheres"])
def test_the_example_takes_reduced_glasses(name, tmp_path):
    study = Study.read(OWN, "smoke", tmp_path, {"glass": str(GLASSES / name / "glass.toml")})
    assert study.glass(study.stage("quench").cases[0]).name == name


@pytest.mark.parametrize("name", ["ni-al", "silicon"])
def test_the_example_refuses_metal_glasses_for_its_quench(name, tmp_path):
    with pytest.raises(InputError, match=r"stages\.quench\.protocol: quench"):
        Study.read(OWN, "smoke", tmp_path, {"glass": str(GLASSES / name / "glass.toml")})


def test_keys_depend_on_the_content_of_lines_and_tables(study, tmp_path):
    before = keys(study())
    assert keys(study()) == before
    lines = tmp_path / "silicon" / "stillinger-weber.lmp"
    lines.write_text(lines.read_text() + "# a comment changes nothing\n")
    (tmp_path / "study.toml").touch()
    assert keys(Study.read(tmp_path / "study.toml", out=tmp_path / "out")) == before
    table = tmp_path / "silicon" / "Si.sw"
    table.write_text(shipped_file("Si.sw").read_text().replace("2.1683", "2.1684"))
    changed = keys(Study.read(tmp_path / "study.toml", out=tmp_path / "out"))
    assert all(changed[stage] != before[stage] for stage in before)


def test_limits_of_the_gate_come_from_the_glass(study):
    opened = study("ternary", n=200)
    glass = opened.glass(opened.stage("gate").cases[0])
    limits = opened.parameters(opened.stage("gate").cases[0])
    assert limits.beyond == pytest.approx(2.2 * glass.nearest_distance, rel=1e-5)
    tuned = study("ternary", n=200, **{"stages.gate.beyond": 2.5})
    assert tuned.parameters(tuned.stage("gate").cases[0]).beyond == 2.5


def test_a_gate_that_is_off_has_a_word_in_the_report(study, tmp_path):
    short = {"stages.quench.liquid": 50, "stages.quench.cooling": 50, "stages.quench.push_steps": 10}
    (tmp_path / "harmonic-spheres").mkdir()
    temperatures = {"stages.quench.liquid_temperature": 0.01, "stages.quench.temperature": 1e-4}
    opened = study("harmonic-spheres", n=100, **{"glass.gate": False, **short, **temperatures})
    reproduce(opened)
    assert "the glass gate is switched off: samples may be crystals" in (opened.out / "report.html").read_text()


def test_modes_without_compiled_interactions_are_refused(study):
    with pytest.raises(InputError, match=r"stages\.modes\.run: modes needs compiled interactions, which glass silicon"):
        study("silicon", MODES)
    study("ni-al", MODES)


def test_harmonic_vibrations_without_compiled_interactions_are_refused(study):
    rows = (
        'rows = { run = "describe", reads = { configurations = "gate" }, over = ["replica"], '
        'descriptor = { name = "vibrational", temperatures = [300.0], method = "harmonic" } }\n'
    )
    with pytest.raises(InputError, match=r"stages\.rows\.descriptor: vibrational with method = 'harmonic' needs"):
        study("silicon", rows)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({"glass.n_particles": 20}, "too small for the cutoff"),
        ({"glass.r_cut": 3.0}, r"r_cut = 3 is below the cutoff of its interactions: set r_cut = 3\.77118"),
        ({"glass.lines": "nowhere.lmp"}, r"nowhere\.lmp: No such file"),
        ({"glass.units": "lj"}, "requires metal units"),
        ({"glass.colour": 1}, "colour"),
        ({"glass": "nowhere.toml"}, "nowhere.toml: glass cannot be read"),
        ({"glass.masses": {"Ge": 72.6}}, "masses names Ge"),
    ],
)
def test_faults_are_found_before_anything_runs(study, tmp_path, sets, message):
    with pytest.raises(InputError, match=message):
        study(**sets)
    assert not (tmp_path / "out").exists()
