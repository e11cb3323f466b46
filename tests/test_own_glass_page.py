"""The page on glasses of one's own: its files are the examples, its commands run, and they are as few as it says."""

from __future__ import annotations

import contextlib
import re
import shlex
import tomllib
from pathlib import Path

import pytest

import lammps_glass
from lammps_glass.cli import main

ROOT = Path(lammps_glass.__file__).parents[1]
PAGE = ROOT / "docs" / "own-glass.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the checkout")
TEXT = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S))
WORKED = {
    "From a table to a trained glass": "ni-al",
    "A ternary Lennard-Jones mixture": "ternary",
    "Silicon by Stillinger and Weber": "silicon",
    "Harmonic spheres": "harmonic-spheres",
}
#: Shorter runs, for the commands that name no length too, and fewer particles.
SHORTER = {
    "liquid=20000": "liquid=2000",
    "cooling=50000": "cooling=5000",
    "rate=1e14": "rate=2e14",
    "rate=5e13": "rate=1e14",
}
SHORT = {"melt-quench": ["--set", "melt=2000", "--set", "liquid=2000"]}
N_PARTICLES = 200


def files(section: str) -> dict[str, str]:
    """The files of a section, by the name in their first line."""
    found = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```", SECTIONS[section], re.M | re.S)
    return {name: text for name, text in found}


def commands(section: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in re.findall(r"^    (lammps-glass .*)$", SECTIONS[section], re.M)]


@pytest.mark.parametrize("section", list(WORKED))
def test_files_are_those_of_the_examples(section):
    folder = ROOT / "examples" / "glasses" / WORKED[section]
    for name, text in files(section).items():
        example = (folder / name).read_text(encoding="utf-8")
        if name.endswith(".toml"):
            assert tomllib.loads(text) == tomllib.loads(example)
        else:
            assert text == example or text.split("\n")[-4:] == example.split("\n")[-4:]


@pytest.mark.parametrize("section", list(WORKED))
def test_commands_run(section, tmp_path, capsys):
    for name, text in files(section).items():
        sized = re.sub(r"^n_particles = \d+\n", "", text, flags=re.M)
        (tmp_path / name).write_text(f"{sized}n_particles = {N_PARTICLES}\n" if name == "glass.toml" else text)
    ran = commands(section)
    assert ran
    with contextlib.chdir(tmp_path):
        for words in ran:
            shortened = [SHORTER.get(word, word) for word in words]
            assert main([*shortened, *SHORT.get(words[1], [])]) == 0, (words, capsys.readouterr().err)
    assert sorted(tmp_path.glob("quench/final.lammpstrj.gz"))


def test_from_a_table_to_a_trained_glass_in_ten_lines_and_five_commands():
    section = "From a table to a trained glass"
    (glass,) = files(section).values()
    assert len([line for line in glass.splitlines() if line.strip()]) <= 10
    steps = [words[0] for words in commands(section)]
    assert steps == ["simulate", "simulate", "label", "describe", "train"]
    assert any("--gate" in words for words in commands(section))
    (python,) = re.findall(r"^```python\n(.*?)^```", SECTIONS[section], re.M | re.S)
    lines = [line for line in python.splitlines() if line.strip()]
    assert len(lines) <= 15
    for call in ("melt_quench(", "check_glass(", "aqs(", "d2min(", ".compute(", ".fit("):
        assert call in python  # `test_docs` runs it


def test_every_key_of_a_glass_is_described():
    from dataclasses import fields

    from lammps_glass.glasses import EmbeddedAtomGlass, InteractionLinesGlass, LennardJonesGlass

    listed = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (`.*?) \|", SECTIONS["Keys"], re.M))))
    keys = {item.name for cls in (EmbeddedAtomGlass, InteractionLinesGlass, LennardJonesGlass) for item in fields(cls)}
    assert keys - listed == {"suffix", "start_checksum"}
    assert not listed - keys
