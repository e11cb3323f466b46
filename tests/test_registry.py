"""The registry of plug-ins: lazy, with distributions, collisions and faults named; decks and potentials of plug-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from plugins import ROOT, write_metadata

from lammps_glass.cli import main
from lammps_glass.errors import InputError
from lammps_glass.registry import FAMILIES, Entry, Registry
from lammps_glass.resources import data_path, package_folders

MODULE = '''
"""A plug-in."""
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate.protocols import Anneal, Relax


@dataclass(frozen=True, kw_only=True)
class Hold(Anneal):
    """Hold at a temperature, as the deck beside this module says."""

    name: ClassVar[str] = "hold"


@dataclass(frozen=True, kw_only=True)
class Settle(Relax):
    """Inherent structures, with a deck of its own."""

    name: ClassVar[str] = "settle"


@dataclass(frozen=True, kw_only=True)
class Argon(KobAndersen):
    """A glass with a potential of its own."""

    name: ClassVar[str] = "argon"
    potential: ClassVar[str] = "argon"


class Misnamed:
    name = "other"


def draw_stars(spec, table, axes):
    """Stars at the points."""
    axes.plot(table[spec.x], table[spec.y], "*")


draw_stars.height = 2.0
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """``plugin(name, points, modules)`` installs a distribution in a folder of its own; modules: path -> text."""
    number = 0

    def install(name, points, files=()):
        nonlocal number
        number += 1
        folder = tmp_path / f"site{number}"
        write_metadata(folder, name, "1.2", points)
        for path, text in dict(files).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        monkeypatch.syspath_prepend(str(folder))
        return folder

    yield install
    for module in [name for name in sys.modules if name.partition(".")[0] in ("plug_a", "plug_b", "plug_broken")]:
        del sys.modules[module]


@pytest.fixture
def parts(plugin):
    """A distribution with two protocols and their decks, a glass and its potential, and a kind of figure."""
    lines = data_path("potentials", "kob-andersen", "interactions.lmp").read_text()
    described = data_path("potentials", "kob-andersen", "potential.toml").read_text()
    return plugin(
        "demo-parts",
        {
            "lammps_glass.protocols": {"hold": "plug_a.parts:Hold", "settle": "plug_a.parts:Settle"},
            "lammps_glass.glasses": {"argon": "plug_a.parts:Argon"},
            "lammps_glass.potentials": {"argon": "plug_a"},
            "lammps_glass.figure_kinds": {"stars": "plug_a.parts:draw_stars"},
            "lammps_glass.descriptors": {"misnamed": "plug_a.parts:Misnamed"},
        },
        {
            "plug_a/__init__.py": "",
            "plug_a/parts.py": MODULE,
            "plug_a/inputs/hold.lmp": data_path("inputs", "anneal.lmp").read_text().replace("# ", "# Held: ", 1),
            "plug_a/inputs/settle.lmp": data_path("inputs", "relax.lmp").read_text(),
            "plug_a/potentials/argon/interactions.lmp": f"# argon\n{lines}",
            "plug_a/potentials/argon/potential.toml": described.replace("kob-andersen", "argon"),
        },
    )


def point(target, name="extra", group="lammps_glass.descriptors"):
    return {group: {name: target}}


def test_every_family_has_a_registry():
    from lammps_glass.cli.parts import registry_of

    for kind, family in FAMILIES.items():
        registry = registry_of(family.replace("_", "-"))
        assert registry.kind == kind
        assert registry.group == f"lammps_glass.{family}"


def test_names_are_listed_without_an_import(plugin):
    plugin("demo", point("plug_a:Class"), {"plug_a.py": "raise RuntimeError('imported')"})
    registry = Registry("descriptor", [Entry("ours", "lammps_glass.descriptors:Joined", "a summary", "1")])
    assert list(registry) == ["ours", "extra"]
    assert registry.bundled == ["ours"]
    assert "extra" in registry
    assert "nothing" not in registry
    entry = registry["extra"]
    assert (entry.distribution, entry.target, entry.kind) == ("demo 1.2", "plug_a:Class", "descriptor")
    assert registry["ours"].distribution == ""
    assert "plug_a" not in sys.modules
    with pytest.raises(InputError, match="did you mean 'extra'"):
        registry["exta"]


def test_summary_and_units_come_from_the_class(plugin):
    text = 'class Class:\n    """\n    First line.\n\n    More."""\n    units = "eV"\n\nclass Bare:\n    pass\n'
    plugin("demo", {"lammps_glass.labels": {"a": "plug_a:Class", "b": "plug_a:Bare"}}, {"plug_a.py": text})
    registry = Registry("label", [])
    assert (registry["a"].summary, registry["a"].units) == ("", "")
    described = registry["a"].described()
    assert (described.summary, described.units, described.distribution) == ("First line", "eV", "demo 1.2")
    assert (registry["b"].described().summary, registry["b"].described().units) == ("", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise ValueError('first\\nsecond')", "ValueError: first"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("def Class(:", "SyntaxError"),
        ("", "AttributeError"),
    ],
)
def test_a_plug_in_that_cannot_be_imported_is_one_line(plugin, capsys, text, reason):
    plugin("broken", point("plug_broken:Class"), {"plug_broken.py": text})
    assert main(["list", "descriptors"]) == 0
    printed = capsys.readouterr()
    line = next(line for line in printed.out.splitlines() if line.startswith("extra"))
    assert reason in line
    assert line.rstrip().endswith("broken 1.2")
    assert "interstices" in printed.out
    assert printed.err == ""
    assert main(["describe", "none.lammpstrj", "-d", "extra", "-o", "x.parquet"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: descriptor extra of broken 1.2: {reason}")
    assert error.count("\n") == 1


def test_a_name_of_ours_stays_ours_with_a_warning(plugin, caplog):
    plugin("rival", point("plug_b:SOAP", "soap"))
    registry = Registry("descriptor", [Entry("soap", "lammps_glass.descriptors:SOAP", "ours")])
    assert registry["soap"].distribution == ""
    assert registry["soap"].summary == "ours"
    assert len(registry) == 1
    assert caplog.messages == ["descriptor soap of rival 1.2 is left out: lammps-glass has a descriptor of this name"]


def test_a_name_of_two_plug_ins_is_refused_and_both_are_named(plugin, capsys):
    plugin("first", point("plug_a:One"), {"plug_a.py": "class One: pass"})
    plugin("second", point("plug_b:Two"), {"plug_b.py": "class Two: pass"})
    registry = Registry("descriptor", [Entry("ours", "lammps_glass.descriptors:Joined", "a summary")])
    assert registry["ours"].summary == "a summary"
    for use in (registry["extra"].load, lambda: registry.build("extra")):
        with pytest.raises(InputError, match=r"extra is offered by (first 1.2 and second|second 1.2 and first) 1.2"):
            use()
    assert main(["list", "descriptors"]) == 0
    out = capsys.readouterr().out
    assert "first 1.2" in out
    assert "second 1.2" in out


def test_what_is_installed_later_is_seen(plugin):
    registry = Registry("descriptor", [])
    assert list(registry) == []
    plugin("late", point("plug_a:Class"))
    assert list(registry) == ["extra"]


def test_a_class_of_another_name_is_refused(parts):
    from lammps_glass.descriptors import REGISTRY

    with pytest.raises(InputError, match=r"misnamed of demo-parts 1\.2: its class has the name 'other'"):
        REGISTRY.build("misnamed")


def test_json_names_the_distribution(parts, capsys):
    import json

    assert main(["list", "protocols", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["hold"] == {
        "name": "hold",
        "summary": "Hold at a temperature, as the deck beside this module says",
        "units": "of the glass",
        "distribution": "demo-parts 1.2",
    }
    assert rows["quench"]["distribution"] == ""


@pytest.mark.parametrize("family", ["potentials", "labels", "operations", "figure-kinds"])
def test_list_takes_every_family(parts, capsys, family):
    assert main(["list", family]) == 0
    out = capsys.readouterr().out
    assert ("demo-parts 1.2" in out) == (family in ("potentials", "figure-kinds"))


def test_decks_lie_in_the_package_of_the_protocol(parts, capsys):
    from lammps_glass.simulate.protocols import REGISTRY, Anneal

    protocol = REGISTRY["hold"].load()
    assert protocol.deck_path() == parts / "plug_a" / "inputs" / "hold.lmp"
    assert Anneal.deck_path() == data_path("inputs", "anneal.lmp")
    assert main(["render", "hold", "--glass", "argon", "--set", "steps=10"]) == 0
    deck = capsys.readouterr().out
    assert "# Held:" in deck
    assert "# argon" in deck


def test_protocols_and_glasses_of_plugins_run(parts, capsys, tmp_path):
    from lammps_glass.simulate import Record

    liquid = ["--set", "liquid=50", "--set", "cooling=50", "--set", "n_particles=200"]
    held = ["--set", "steps=20", "--set", "snapshot_every=10"]
    first, second = str(tmp_path / "quench"), str(tmp_path / "hold")
    assert main(["simulate", "quench", "--glass", "argon", *liquid, "-o", first]) == 0
    assert main(["simulate", "hold", "--start", first, *held, "-o", second]) == 0
    assert "hold of argon" in capsys.readouterr().out
    assert Record(Path(second)).steps == [0, 10, 20]


def test_a_potential_is_for_the_glasses_of_others_too(parts):
    from lammps_glass.glasses import KobAndersen
    from lammps_glass.interactions.potentials import REGISTRY

    assert REGISTRY["argon"].load() == parts / "plug_a" / "potentials" / "argon"
    assert REGISTRY["kob-andersen"].load() == data_path("potentials", "kob-andersen")
    other = type("Other", (KobAndersen,), {"name": "other-argon", "potential": "argon"})
    assert "# argon" in other().interactions()


def test_a_table_lies_in_the_folder_of_its_potential(plugin):
    """An EAM table that a plug-in brings is found by the name of its potential; a broken one hides no other."""
    from lammps_glass.glasses import CuZr
    from lammps_glass.interactions.tables import find_table

    table = find_table("cu-zr-2007").path
    described = data_path("potentials", "cu-zr-2007", "potential.toml").read_text().replace("cu-zr-2007", "cu-zr-own")
    points = {"lammps_glass.potentials": {"cu-zr-own": "plug_a", "empty": "plug_a", "absent": "plug_b"}}
    files = {
        "plug_a/__init__.py": "",
        "plug_a/potentials/cu-zr-own/potential.toml": described,
        "plug_a/potentials/cu-zr-own/CuZr_mm.eam.fs": table.read_text(),
        "plug_a/potentials/empty/potential.toml": "no toml",
    }
    folder = plugin("tables", points, files)
    assert find_table("cu-zr-own").path == folder / "plug_a" / "potentials" / "cu-zr-own" / "CuZr_mm.eam.fs"
    assert CuZr(n_particles=250, table="cu-zr-own").masses == CuZr(n_particles=250).masses
    assert find_table("cu-zr-2007").path == table


def test_runs_of_a_plug_in_resume_and_open_in_another_process(parts, tmp_path):
    """What MPI children and job arrays do: protocol and glass are built by name from the record of the run."""
    from lammps_glass.glasses import REGISTRY as GLASSES
    from lammps_glass.simulate import Record
    from lammps_glass.simulate.protocols import REGISTRY

    glass = GLASSES.build("argon", {"n_particles": 150})
    quenched = REGISTRY.build("quench", {"liquid": 50, "cooling": 50}).run(glass, 1, tmp_path / "quench")
    options = {"steps": 40, "snapshot_every": 20, "segment_steps": 20, "temperature": 0.1}
    held = REGISTRY.build("hold", options).run(quenched, 1, tmp_path / "hold")
    settled = REGISTRY.build("settle").run(held, 1, tmp_path / "settle")
    assert len(list(settled.frames())) == len(list(held.frames()))
    code = (
        "import sys; from pathlib import Path; from lammps_glass.simulate import Record;"
        "from lammps_glass.simulate.protocols import REGISTRY as P; from lammps_glass.glasses import REGISTRY as G;"
        "run = Record(Path(sys.argv[1])); stored = run.identity['protocol'];"
        "glass = G.build(run.identity['glass']['name'], run.identity['glass']['options']);"
        "P.build(stored['name'], stored['options']).run(Record(Path(sys.argv[2])), 1, sys.argv[3], glass=glass)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(parts), str(ROOT)])}
    words = [sys.executable, "-c", code, str(tmp_path / "hold"), str(tmp_path / "quench"), str(tmp_path / "again")]
    subprocess.run(words, check=True, env=environment, cwd=tmp_path, timeout=300)
    again = Record(tmp_path / "again")
    assert np.array_equal(again.final.positions, held.final.positions)
    assert again.glass.options() == glass.options()


def test_a_missing_deck_names_the_folders(parts):
    from lammps_glass.simulate.protocols import REGISTRY

    (parts / "plug_a" / "inputs" / "hold.lmp").unlink()
    with pytest.raises(InputError, match=r"no inputs/hold.lmp in .*plug_a"):
        REGISTRY["hold"].load().deck_path()


def test_folders_of_a_module(plugin):
    folder = plugin("deep", {}, {"plug_a/__init__.py": "", "plug_a/b/__init__.py": "", "plug_a/b/c.py": ""})
    top = folder / "plug_a"
    assert package_folders("plug_a.b.c") == [top / "b", top]
    assert package_folders("plug_a.b") == [top / "b", top]
    assert package_folders("plug_a") == [top]
    assert package_folders("lammps_glass.glasses") == []
    assert package_folders("no_such_module.part") == []


def test_a_kind_of_figure_draws(parts, tmp_path):
    import pandas as pd

    from lammps_glass.figures import FigureSpec, draw

    spec = FigureSpec("1A", "Stars", "stars", "x", "y")
    table = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 2.0]})
    png = draw(spec, table, tmp_path)[0].read_bytes()
    assert int.from_bytes(png[20:24], "big") < 0.8 * int.from_bytes(
        draw(FigureSpec("1B", "Line", "line", "x", "y"), table, tmp_path)[0].read_bytes()[20:24], "big"
    )
    with pytest.raises(InputError, match="did you mean 'stars'"):
        FigureSpec("1A", "Stars", "star", "x", "y")


def test_a_study_of_a_plug_in_is_found(plugin):
    from lammps_glass.workflow.operations import recipe

    plugin("study", {"lammps_glass.studies": {"own-study": "plug_a:RECIPE"}}, {"plug_a.py": "RECIPE = 'a recipe'"})
    assert recipe("own-study") == "a recipe"
    with pytest.raises(InputError, match="did you mean 'own-study'"):
        recipe("own-studdy")


def test_the_file_of_a_study_lies_in_its_package(plugin, monkeypatch, tmp_path, capsys):
    from lammps_glass.workflow.reading import default_preset, find_study

    text = data_path("examples", "own", "study.toml").read_text()
    points = {"lammps_glass.studies": {"flow": "plug_a.flow:RECIPE", "bare": "plug_a.flow:RECIPE"}}
    files = {
        "plug_a/__init__.py": "",
        "plug_a/flow.py": "from lammps_glass.studies.own import RECIPE",
        "plug_a/examples/flow/study.toml": text,
    }
    folder = plugin("flows", points, files)
    assert find_study("flow") == folder / "plug_a" / "examples" / "flow" / "study.toml"
    assert find_study("own") == data_path("examples", "own", "study.toml")
    with pytest.raises(InputError, match=r"no examples/bare/study.toml in .*plug_a"):
        find_study("bare")
    with pytest.raises(InputError, match="unknown study 'flaw': did you mean 'flow'"):
        find_study("flaw")
    assert (default_preset("looseness"), default_preset("flow"), default_preset("mine.toml")) == ("demo", None, None)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "mine", "--study", "flow"]) == 0
    assert main(["validate", "mine.toml"]) == 0
    assert "presets smoke" in capsys.readouterr().out
    assert main(["init", "other", "--study", "flaw"]) == 2


def test_an_operation_of_a_plug_in_is_listed_and_found(plugin, capsys):
    from lammps_glass.studies.own import RECIPE
    from lammps_glass.workflow.operations import find_operation
    from lammps_glass.workflow.schema import StageTable

    text = (
        "from lammps_glass.operations import Case, NoParameters, operation\n"
        "from lammps_glass.products import Findings\n\n@operation()\n"
        'def count(case: Case[NoParameters]) -> Findings:\n    """Count.\n\n    All."""\n'
    )
    plugin("counting", {"lammps_glass.operations": {"count": "plug_a:count"}}, {"plug_a.py": text})
    assert main(["list", "operations"]) == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["count"] == ["count", "Count", "counting", "1.2"]
    assert {"simulate", "label", "describe", "fit", "predict", "score", "draw"} < set(lines)
    assert find_operation("stage", StageTable(run="count"), RECIPE, "file").name == "count"
