"""No way from a file to a command: each LAMMPS command that reaches outside is tried through every door.

A text that got through would leave the file ``hacked`` in the folder where the test runs, or show the user's home.
"""

from __future__ import annotations

import ast
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import toy

from lammps_glass import glasses, learn, simulate
from lammps_glass.cli import main
from lammps_glass.errors import InputError
from lammps_glass.resources import data_root
from lammps_glass.simulate.protocols import REGISTRY as PROTOCOLS
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.files import write
from lammps_glass.workflow import Study

ATTACKS = {
    "shell": "opt\nshell touch hacked",
    "shell after a carriage return": "opt\rshell touch hacked",
    "python": "opt\npython f here \"open('hacked', 'w')\"\npython f invoke",
    "include": "opt\ninclude hacked.lmp",
    "log": "opt\nlog hacked",
    "plugin": "opt\nplugin load ./hacked.so",
    "getenv": "opt\nvariable home getenv HOME\nprint ${home} file hacked",
    "print": "opt\nprint x append hacked",
    "variable": "${home}",
    "immediate": "$(f_1)",
    "short variable": "$x",
    "continued line": "opt &",
    "comment": "opt # off",
    "two words": "opt shell",
    "quotes": 'opt" shell "touch hacked',
    "shell of the system": "$(touch hacked)",
    "backquotes": "`touch hacked`",
    "semicolon": "opt;touch hacked",
}
PROTOCOL_NAMES = [name for name in PROTOCOLS if name != "melt-quench"]  # that one wants a metal glass
DEFAULTS = [glasses.KobAndersen, glasses.KobAndersenSmooth, glasses.Wahnstrom, glasses.FenePolymer, glasses.CuZr]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with the files that attacks would load; nothing may have been made in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hacked.lmp").write_text("shell touch hacked\n")
    yield tmp_path
    assert not list(tmp_path.rglob("hacked"))


@pytest.fixture(params=ATTACKS)
def attack(request) -> str:
    return ATTACKS[request.param]


def test_fields_of_every_protocol(attack):
    glass = glasses.KobAndersen()
    for name in PROTOCOL_NAMES:
        for field in dataclasses.fields(PROTOCOLS[name].load()):
            with pytest.raises(InputError):
                PROTOCOLS.build(name, {field.name: attack}).deck(glass, 1)


def test_options_of_every_glass(attack):
    for cls in DEFAULTS:
        for field in dataclasses.fields(cls):
            with pytest.raises(InputError):
                PROTOCOLS.build("creep").deck(cls(**{field.name: attack}), 1)
        with pytest.raises(InputError):
            cls(composition={attack: 0.2, cls.species[0]: 0.8})


def test_species_and_units_of_a_glass(attack, monkeypatch):
    """What a registry entry would give a new glass."""
    for name, value in (("species", ("A", attack)), ("units", attack), ("atom_style", attack)):
        with monkeypatch.context() as patch:
            patch.setattr(glasses.KobAndersen, name, value)
            with pytest.raises(InputError, match=r"not a plain name|species"):
                PROTOCOLS.build("creep").deck(glasses.KobAndersen(composition=0.2), 1)


def test_tables_and_keys_of_a_study_file(attack, study_file):
    quoted = '"""' + attack.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r") + '"""'
    changes = {
        "stress = 0.3": f"stress = {quoted}",
        'protocol = "creep"': f"protocol = {quoted}",
        'run = "nap"': f"run = {quoted}",
        'name = "kob-andersen"': f"name = {quoted}",
        "r_cut = 2.2": f"r_cut = 2.2\nsuffix = {quoted}",
        "n_particles = 108": f"n_particles = 108\ncomposition = {{ A = 0.8, {quoted[2:-2]} = 0.2 }}",
        "{ item = 6 }": f"{{ item = [1, {quoted}] }}",
        "[stages.nap]": f'[stages.{quoted[2:-2]}]\nrun = "nap"\n\n[stages.nap]',
        "cores = 2": f"launcher = {quoted}",
        "chunk_seconds = 1.0": f"slurm = {{ setup = [{quoted}] }}",
        "[engine]": f"[engine.slurm]\npartition = {quoted}\n\n[engine]",
    }
    for old, new in changes.items():
        study_file.write_text(toy.STUDY.replace(old, new, 1))
        with pytest.raises(InputError):
            Study.read(study_file)


@pytest.mark.parametrize(
    "key",
    ["glass.suffix", "glass.name", "stages.creep.stress", "stages.creep.protocol", "engine.launcher", "study.name"]
    + ["engine.slurm.partition", "engine.slurm.nap.launcher", "stages.nap.over.item"],
)
def test_set_on_the_command_line(key, attack, study_file, capsys):
    for value in (attack, '"' + attack.replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'):
        assert main(["reproduce", str(study_file), "--out", "out", "--set", f"{key}={value}"]) == 2
        assert capsys.readouterr().err.startswith("error: ")
    assert not Path("out").exists()


def test_set_of_render(attack, capsys):
    for key in ("suffix", "stress"):
        assert main(["render", "creep", "--glass", "kob-andersen", "--set", f"{key}={attack}"]) == 2
    assert capsys.readouterr().out == ""


NAMES = [
    "a b",
    "$(touch hacked)",
    "${home}",
    "`touch hacked`",
    "a;touch hacked",
    "a & b",
    "a#b",
    "a\nshell touch hacked",
]


@pytest.mark.parametrize("name", [*NAMES, "$(touch hacked).gz", "$(touch hacked).zst"])
def test_name_of_a_potential_table(name, folder):
    """A path is the user's own word, but no name of a file is more than a name; LAMMPS could unpack through a shell."""
    path = folder / name.removesuffix(".gz").removesuffix(".zst") / name
    path.parent.mkdir()
    shutil.copy(glasses.CuZr()._find().path, path)
    snapshot = glasses.CuZr(n_particles=500).initial(1)
    try:
        glass = glasses.CuZr(table=str(path), retabulate=False)
        energy = simulate.energy(snapshot, glass)
    except InputError as error:
        assert "line breaks" in str(error)  # noqa: PT017 (refused is as good as harmless)
        assert "\n" in name
    else:
        assert energy == simulate.energy(snapshot, glasses.CuZr(retabulate=False))


def _frame(words: tuple[str, str]) -> str:
    rows = "".join(f"{i + 1} {i % 2 + 1} {words[i % 2]} {1.1 * i:g} 0 0\n" for i in range(4))
    box = "ITEM: BOX BOUNDS pp pp pp\n" + "0 9\n" * 3
    return f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n4\n{box}ITEM: ATOMS id type element x y z\n{rows}"


@pytest.mark.parametrize("word", ["$(touch${IFS}hacked)", "${home}", "`touch", "A;touch", "A&", "getenv(HOME)", '"A"'])
def test_species_of_a_dump(word, folder):
    (folder / "a.dump").write_text(_frame(("A", word)))
    snapshot = Snapshot.read(folder / "a.dump")
    with pytest.raises(InputError, match="not one of the glass's species"):
        simulate.energy(snapshot, glasses.KobAndersen())


def test_species_of_a_snapshot(attack, folder):
    cell, positions = Cell.orthogonal([9.0] * 3), np.arange(12.0).reshape(4, 3) / 2
    snapshot = Snapshot(cell, positions, [0, 1, 0, 1], ("A", attack))
    with pytest.raises(InputError, match="not one of the glass's species"):
        simulate.energy(snapshot, glasses.KobAndersen())
    with pytest.raises(InputError, match="not one of the glass's species"):
        PROTOCOLS.build("relax").run(snapshot, seed=1, directory=folder / "run", glass=glasses.KobAndersen())
    if attack.split() != [attack]:
        for name in ("x.dump", "x.data"):
            with pytest.raises(InputError, match="one word"):
                write(folder / name, [snapshot])


METADATA = {
    "descriptor": "radial-gaussians",
    "parameters": {"centers": [1.0, 1.5], "width": 0.3, "r_max": 2.0},
    "columns": ["a", "b"],
    "indicator": "ridge",
    "species": ["A"],
    "glass": "kob-andersen",
    "glass_options": {},
}


@pytest.fixture(scope="module")
def estimator():
    from sklearn.linear_model import Ridge

    return Ridge().fit([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    "key", ["descriptor", "columns", "indicator", "species", "glass", "glass_options", "parameters"]
)
def test_metadata_of_a_model(key, attack, folder, estimator, capsys):
    """None of its words becomes a module's name, a command, or more than a word in the dump that is written."""
    (folder / "a.dump").write_text(_frame(("A", "B")))
    columns = learn_columns()
    value = {"columns": [attack, attack], "species": [attack], "glass_options": {"suffix": attack}}
    value["parameters"] = {**METADATA["parameters"], attack: 1}
    changed = {**METADATA, "columns": columns, key: value.get(key, attack)}
    learn.save(folder / "model", estimator, changed)
    code = main(["predict", str(folder / "model"), str(folder / "a.dump"), "-o", str(folder / "out.dump")])
    capsys.readouterr()
    if code == 0:  # one word that is only a column's name, or an option that no LAMMPS has seen
        assert key in ("indicator", "glass_options")
        assert (folder / "out.dump").read_text().count("ITEM:") == 4
    else:
        assert code == 2
        assert not (folder / "out.dump").exists()


def learn_columns() -> list[str]:
    from lammps_glass.descriptors import RadialGaussians

    return list(RadialGaussians(**METADATA["parameters"]).feature_names)


# -- nothing that is read is executed ----------------------------------------------------------------------------------

FORBIDDEN_IMPORTS = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "code", "codeop"}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "read_pickle",
    "to_pickle",
    "system",
    "popen",
    "unsafe_load",
}


def faults_of(tree: ast.AST) -> list[str]:
    """Calls and imports that could execute what a file holds."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.partition(".")[0] in FORBIDDEN_IMPORTS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in FORBIDDEN_IMPORTS:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else None
            name = node.func.attr if isinstance(node.func, ast.Attribute) else name
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            harmless = isinstance(owner, ast.Name) and owner.id in ("re", "ast")
            found += [str(name)] if name in FORBIDDEN_CALLS and not harmless else []
            found += [
                f"{name}({word.arg}=...)"
                for word in node.keywords
                if word.arg in ("allow_pickle", "shell") and getattr(word.value, "value", None) is not False
            ]
    return found


def test_the_search_finds_what_it_looks_for():
    bad = "import pickle\nfrom joblib import load\neval(x)\n"
    bad += "np.load(p, allow_pickle=True)\nrun(c, shell=True)\nos.system(c)"
    assert len(faults_of(ast.parse(bad))) == 6
    assert faults_of(ast.parse("re.compile(x)\nnp.load(p, allow_pickle=False)")) == []


def test_no_source_unpickles_evaluates_or_calls_a_shell():
    sources = sorted((data_root() / "lammps_glass").rglob("*.py"))
    assert len(sources) > 50
    found = {str(path): faults_of(ast.parse(path.read_text(encoding="utf-8"))) for path in sources}
    assert {path: faults for path, faults in found.items() if faults} == {}
