"""Malformed study files: one line with file, key and what to do; exit status 2; nothing created."""

from __future__ import annotations

import re

import pytest
import toy

from lammps_glass.cli import main
from lammps_glass.errors import InputError
from lammps_glass.workflow import Study, reproduce
from lammps_glass.workflow.folder import take_folder


def change(old: str, new: str) -> str:
    assert old in toy.STUDY
    return toy.STUDY.replace(old, new, 1)


def add(text: str) -> str:
    return toy.STUDY + text


SLURM = "\n[engine.slurm]\n"
ROWS = '\n[stages.rows]\nrun = "describe"\nreads = { configurations = "creep" }\n'
MELT = 'protocol = "melt-quench"\nover = ["replica"]\nrate = 1e13'
BAD = {
    "not TOML": ("[study", "not TOML"),
    "empty": ("", "empty"),
    "unknown table": (add("\n[glas]\nx = 1\n"), "glas: unknown key"),
    "unknown key of [study]": (change("seed = 3", "sed = 3"), "study.sed: unknown key"),
    "unknown parameter": (change("cooling = 300", "coling = 300"), "stages.quench.coling: .*did you mean 'cooling'"),
    "missing name": (change('name = "toy"\n', ""), "study.name: missing key"),
    "missing run": (change('run = "total"\n', ""), "stages.total.run: missing key"),
    "key of the first edition": (
        change('run = "pair"\nreads = { naps = "nap" }', 'kind = "analyse"\noperation = "pair"\nafter = ["nap"]'),
        r'stages.pair: .*`kind` is no longer a key of a stage: write run = "pair", and reads = { PORT = "nap" }',
    ),
    "key of the first edition in a simulation": (
        change('reads = { start = "quench" }', 'after = ["quench"]'),
        r'stages.creep: .*`after` is no longer .*write run = "simulate", and reads = { start = "quench" }',
    ),
    "missing glass": (re.sub(r"\[glass\][^\[]*", "", toy.STUDY), "glass: missing"),
    "missing protocol": (change('protocol = "quench"\n', ""), "stages.quench.protocol: missing key"),
    "wrong type": (change("seed = 3", 'seed = "3"'), "study.seed: .*integer"),
    "wrong type of a parameter": (change("steps = 900", 'steps = "900"'), "stages.creep.steps: .*integer"),
    "truth value for a number": (change("steps = 900", "steps = true"), "stages.creep.steps: .*integer"),
    "truth value in the schema": (change("seed = 3", "seed = true"), "study.seed: .*integer"),
    "negative count": (change("replicas = 2", "replicas = -2"), "study.replicas: "),
    "negative particles": (change("n_particles = 108", "n_particles = -108"), "glass: .*n_particles"),
    "zero cores": (change("cores = 2", "cores = 0"), "engine.cores: .*greater than or equal to 1"),
    "NaN": (change("stress = 0.3", "stress = nan"), "stages.creep.stress: nan"),
    "infinity": (change("r_cut = 2.2", "r_cut = inf"), "glass.r_cut: inf"),
    "newline for LAMMPS": (change("r_cut = 2.2", 'r_cut = 2.2\nsuffix = "opt\\nshell ls"'), "glass.suffix: "),
    "dollar for LAMMPS": (change("r_cut = 2.2", 'r_cut = 2.2\nsuffix = "${x}"'), "glass.suffix: "),
    "unknown study": (change('name = "toy"', 'name = "toys"'), "unknown study 'toys'"),
    "unknown glass": (change('"kob-andersen"', '"kob-anderson"'), "glass.name: .*did you mean 'kob-andersen'"),
    "unknown protocol": (change('protocol = "creep"', 'protocol = "crep"'), "stages.creep.*did you mean 'creep'"),
    "unknown operation": (change('run = "nap"', 'run = "naps"'), "stages.nap.run.*did you mean 'nap'"),
    "unknown descriptor": (
        add(ROWS + 'descriptor = "interstice"\n'),
        "stages.rows.descriptor: .*did you mean 'interstices'",
    ),
    "unknown option of a descriptor": (
        add(ROWS + 'descriptor = { name = "interstices", radi = 1 }\n'),
        "stages.rows.descriptor: .*radi",
    ),
    "unknown stage": (change('start = "quench"', 'start = "quensh"'), "stages.creep.reads.start: .*'quench'"),
    "unknown port": (change('naps = "nap"', 'nap = "nap"'), "stages.pair.reads.nap: unknown port of pair .*'naps'"),
    "port that is not wired": (
        change('reads = { start = "quench" }\n', ""),
        "stages.creep.reads: creep needs start = .*, a stage that writes Record; offered by quench",
    ),
    "port of another product": (
        change('start = "quench"', 'start = "nap"'),
        "stages.creep.reads.start: stage nap writes Value, the port needs Record; offered by quench",
    ),
    "circle": (change('start = "quench"', 'start = "creep"'), "creep.*in a circle"),
    "condition without values": (change('over = ["replica"]', 'over = ["item"]'), "stages.quench.over: unknown condit"),
    "replicas without a number": (change("replicas = 2\n", ""), "stages.quench.over: .*give study.replicas"),
    "values for a condition that does not occur": (
        add("\n[by.item.9.stages.nap]\nseconds = 1.0\n"),
        "by.item.9.stages.nap: unknown item '9'",
    ),
    "values for a condition of another stage": (
        add("\n[by.item.3.stages.quench]\nliquid = 10\n"),
        "by.item.3.stages.quench: unknown condition 'item'",
    ),
    "two values for one key": (
        change("over = { item = 6 }", "over = { item = 6, kind = [1, 2] }")
        + "\n[by.item.3.stages.nap]\nseconds = 1.0\n[by.kind.2.stages.nap]\nseconds = 2.0\n",
        "by.kind.2.stages.nap.seconds and by.item.3.stages.nap.seconds may both apply",
    ),
    "protocol of other units": (
        change('protocol = "quench"\nover = ["replica"]\nliquid = 300\ncooling = 300\nsegment_steps = 150', MELT),
        "stages.quench.protocol: melt-quench cools in K/s",
    ),
    "preset overrides a key that is not there": (
        add("\n[presets.small.stages.creep]\nstep = 3\n"),
        "presets.small.stages.creep.step: .*did you mean 'steps'",
    ),
    "preset overrides a stage that is not there": (
        add("\n[presets.small.stages.x]\ny = 3\n"),
        "presets.small.stages.x",
    ),
    "conditions empty": (change("{ item = 6 }", "{ item = [] }"), "stages.nap.over.item"),
    "conditions twice": (change("{ item = 6 }", "{ item = [1, 1] }"), "stages.nap: .*'item' holds a value twice"),
    "equal conditions": (change("{ item = 6 }", "{ item = [1, 1.0] }"), "stages.nap: .*'item' holds a value twice"),
    "too many cases": (change("{ item = 6 }", "{ item = 60000000 }"), "stages.nap.over: 60000000 cases"),
    "seed negative": (change("seed = 3", "seed = -1"), "study.seed: "),
    "seed too large": (change("seed = 3", "seed = 2147483648"), "study.seed: "),
    "time": (add(SLURM + 'time = "24:00"\n'), "engine.slurm.time: "),
    "a program as launcher": (add(SLURM + 'launcher = "sh -c ls"\n'), "engine.slurm.launcher: "),
    "path outside": (change("r_cut = 2.2", 'r_cut = 2.2\nsuffix = "../opt"'), "glass.suffix: .*path outside"),
    "path from the root": (change("r_cut = 2.2", 'r_cut = 2.2\nsuffix = "/etc"'), "glass.suffix: .*path outside"),
    "r_max above the cell": (
        add(
            '\n[stages.marks]\nrun = "label"\nreads = { records = "creep" }\nlabel = { name = "d2min", r_max = 4.6 }\n'
        ),
        r"stages.marks.label: r_max = 4.6 is above what the cell allows: its edge is 4.48",
    ),
    "box too small for the cutoff": (change("r_cut = 2.2", "r_cut = 2.3"), "glass: .*too small for the cutoff"),
    "products dropped": (change("seed = 3", 'seed = 3\nkeep = "nothing"'), "study.keep: .*'all' or 'labels'"),
}


def refused(capsys, *words: object) -> str:
    """The only line that a refused command prints."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_one_line_and_leaves_nothing(name, tmp_path, capsys):
    text, expected = BAD[name]
    path, out = tmp_path / "study.toml", tmp_path / "out"
    path.write_text(text)
    words = ["--preset", "small"] if "preset" in name else []
    line = refused(capsys, "reproduce", path, "--out", out, *words)
    assert re.search(expected, line), line
    assert str(path) in line or name == "unknown study"
    assert [p.name for p in tmp_path.iterdir()] == ["study.toml"]


def test_not_utf8(tmp_path, capsys):
    path = tmp_path / "study.toml"
    path.write_bytes(b"[study]\nname = '\xff'\n")
    assert "not UTF-8" in refused(capsys, "validate", path)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--preset", "larg"], "unknown preset 'larg'"),
        (["--set", "stages.creep.steps"], "write key=value"),
        (["--set", "stages.crep.steps=3"], "did you mean 'stages.creep'|unknown table"),
        (["--set", "stages.creep.steps=-3"], "stages.creep: .*steps"),
        (["--set", "study.seed=1\n2"], "not a TOML value"),
        (["--rerun", "crep"], "unknown stage 'crep'"),
    ],
)
def test_bad_options(words, expected, study_file, tmp_path, capsys):
    line = refused(capsys, "reproduce", study_file, "--out", tmp_path / "out", *words)
    assert re.search(expected, line), line
    assert not (tmp_path / "out").exists()


def test_potential_that_is_missing(study_file, monkeypatch):
    from lammps_glass.glasses import KobAndersen

    monkeypatch.setattr(KobAndersen, "potential", "lost")
    with pytest.raises(InputError, match=r"toy.toml: glass: unknown potential .lost."):
        Study.read(study_file)


def test_a_file_written_by_hand_is_never_replaced(tmp_path, capsys):
    """A folder with somebody's study file is no run's folder, whatever it is called."""
    path = tmp_path / "study.toml"
    path.write_text(toy.STUDY)
    assert "that you wrote" in refused(capsys, "reproduce", path, "--out", tmp_path)
    assert path.read_text() == toy.STUDY


def test_folder_of_something_else_is_refused(study_file, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").touch()
    assert "not a study's folder" in refused(capsys, "reproduce", study_file, "--out", out)
    assert [p.name for p in out.iterdir()] == ["thesis.tex"]


def test_missing_inputs_are_named(study_file, tmp_path, capsys):
    words = ["run", study_file, "--stage", "pair", "--case", "2", "--out", tmp_path / "out"]
    assert main([str(word) for word in words]) == 4
    assert "item-3/nap (--stage nap --case 2)" in capsys.readouterr().err


def test_case_that_does_not_exist(study_file, tmp_path, capsys):
    words = ["run", study_file, "--stage", "pair", "--case", "6", "--out", tmp_path / "out"]
    assert "has cases 0 to 5, not 6" in refused(capsys, *words)


def test_tables_of_the_engine_may_be_set_without_being_in_the_file(study_file):
    bare = toy.STUDY[: toy.STUDY.index("[engine]")]
    study_file.write_text(bare)
    sets = ["engine.slurm.partition=long", "engine.slurm.nap.time=00:10:00", "engine.cores=3"]
    file = Study.read(study_file, None, None, sets).file
    assert (file.engine.slurm.partition, file.engine.slurm.of("nap").time, file.engine.cores) == ("long", "00:10:00", 3)
    for wrong in ("engine.slurm.naps.time=00:10:00", "engin.cores=3", "engine.slum.time=1", "glasses.x.name=y"):
        with pytest.raises(InputError, match="unknown table"):
            Study.read(study_file, None, None, [wrong])


@pytest.mark.parametrize(
    ("study", "sets", "expected"),
    [
        (
            "igd",
            ["stages.quench.over={replica=2}"],
            r"stages\.gate\.over\.replica = 3, but stages\.quench\.over\.replica = 2",
        ),
        (
            "igd",
            ["stages.fold.over={left_out=5}"],
            r"stages\.fold\.over\.left_out = 5, and stages\.\w+\.over\.replica = 3",
        ),
        ("looseness", ["stages.fold.over={left_out=1}"], r"stages\.fold\.over\.left_out = 1"),
        (
            "looseness",
            ["stages.relax.over={replica=2}"],
            r"stages\.(label|describe|predict)\.over\.replica = 3, but stages\.relax\.over\.replica = 2",
        ),
    ],
)
def test_conditions_that_leave_nothing_to_read_are_refused_before_anything_runs(
    study, sets, expected, tmp_path, capsys
):
    """A part of such a study can be run; the whole cannot."""
    read = Study.read(study, "smoke", tmp_path / "out", sets)
    with pytest.raises(InputError, match=expected):
        reproduce(read)
    assert not (tmp_path / "out").exists()
    for words in (["validate", study], ["reproduce", study, "--dry-run"]):
        assert main([*words, "--preset", "smoke", "--set", sets[0]]) == 2
        assert re.search(expected, capsys.readouterr().err)


METAL = """
[study]
name = "igd"
[glass]
name = "cu-zr"
n_particles = 250
table = "tables/mine.eam.fs"
[stages.quench]
run = "simulate"
protocol = "melt-quench"
"""


def test_a_path_of_a_potential_starts_from_the_file_and_is_kept_whole(tmp_path, monkeypatch):
    """A job array and a later `report` read the stored study from other folders."""
    from lammps_glass.interactions.tables import find_table

    text = find_table("cu-zr-2007").path.read_text().replace("CITATION: Unknown", "CITATION: none")
    for folder in ("tables", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.eam.fs").write_text(text)
    file, out = tmp_path / "study.toml", tmp_path / "out"
    file.write_text(METAL)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Study.read(file).file.glass["table"] == str(tmp_path / "tables" / "mine.eam.fs")
    here = Study.read(file, None, out, ["glass.table=mine.eam.fs"])
    assert here.file.glass["table"] == str(tmp_path / "elsewhere" / "mine.eam.fs")
    take_folder(here.file, here.out, exact=True)
    monkeypatch.chdir("/")
    assert Study.read(out).file == here.file
    assert Study.read(out).key(here.case("quench", 0), {}) == here.key(here.case("quench", 0), {})
    with pytest.raises(InputError, match=r"none\.eam\.fs: no such EAM table"):
        Study.read(file, None, None, ["glass.table=none.eam.fs"])
