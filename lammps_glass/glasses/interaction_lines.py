"""LAMMPS interaction lines of users: parsed word by word, so that nothing but interactions reaches LAMMPS.

LAMMPS is a programming language: its commands run shells, read other files as commands, and expand ``$`` anywhere. What
it gets is therefore not the text of the user but lines that are written again from plain words, of commands of a list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.interactions.tables import shipped_file

#: Commands that are passed on; ``mass`` and ``set type I charge Q`` are read here.
COMMANDS = frozenset(
    {
        "pair_style", "pair_coeff", "pair_modify", "bond_style", "bond_coeff", "angle_style", "angle_coeff",
        "kspace_style", "kspace_modify", "special_bonds", "mass", "set",
    }
)  # fmt: skip
#: Styles that run code of others (Python, compiled models, TorchScript), in hybrids too, or are no energy.
REFUSED_STYLES = {
    **dict.fromkeys(["python", "kim", "quip", "molssi", "aenet", "hdnnp", "n2p2", "nnp"], "runs code of others"),
    **dict.fromkeys(["deepmd", "deepspin", "nequip", "allegro", "mace", "metatomic", "pinn"], "runs code of others"),
    **dict.fromkeys(["unified", "mliappy", "mliappy_unified"], "unpickles, which runs code of others"),
    "tracker": "is no interaction",
}
_WORD = re.compile(r"[A-Za-z0-9_./*+:,=-]+")
_LETTER = re.compile(r"[A-Za-z]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
#: Styles whose particles need charges.
_CHARGED = re.compile(r"(^|/)(coul\w*|tip4p|comb3?|reaxff)(/|$)")


@dataclass(frozen=True)
class InteractionLines:
    """Interaction lines that have been checked.

    Attributes
    ----------
    lines
        Commands as plain words, without comments and without masses.
    masses
        Type (from 1; 0 for all) -> mass, of lines ``mass``.
    files
        Word -> the file that it names, of the lines' tables.
    """

    lines: tuple[tuple[str, ...], ...]
    masses: dict[int, float]
    files: dict[str, Path]

    @property
    def is_empty(self) -> bool:
        """Whether no particles interact: pair styles without energy, and no bonds."""
        styles = {words[1] for words in self.lines if words[0] == "pair_style"}
        return styles <= {"zero", "none"} and not self.has("bond_style")

    @property
    def needs_charges(self) -> bool:
        """Whether a style has the energy of charges that `set` must give (those of comb and reaxff find their own)."""
        styles = [word for words in self.lines if words[0].endswith("_style") for word in words[1:]]
        return any(re.search(r"(^|/)coul|tip4p", word) for word in styles)

    @property
    def charges(self) -> dict[int, float]:
        """Type (from 1) -> charge, of lines ``set type I charge Q``."""
        return {int(words[2]): float(words[4]) for words in self.lines if words[0] == "set"}

    @property
    def has_charges(self) -> bool:
        """Whether a line sets charges, or a style needs them."""
        styles = [word for words in self.lines if words[0].endswith("_style") for word in words[1:]]
        is_set = any(words[0] in ("set", "kspace_style") for words in self.lines)
        return is_set or any(_CHARGED.search(word) for word in styles)

    @property
    def has_pair_tables(self) -> bool:
        """Whether a pair style, alone or of a hybrid one, is a table of energies."""
        words = [word for line in self.lines if line[0] == "pair_style" for word in line[1:]]
        return any(word.partition("/")[0] == "table" for word in words)

    def has(self, prefix: str) -> bool:
        """Whether there are lines of ``bond_style`` and the like."""
        return any(words[0].startswith(prefix) for words in self.lines)

    def text(self) -> str:
        """Write the lines for LAMMPS, with the absolute paths of their tables."""
        return "".join(f"{words[0]:15} {' '.join(map(self._written, words[1:]))}\n" for words in self.lines)

    def _written(self, word: str) -> str:
        if word not in self.files:
            return word
        path = str(self.files[word])
        return path if _WORD.fullmatch(path) else f'"{path}"'


def parse(lines: Sequence[str], where: str, folder: Path | None, species: Sequence[str]) -> InteractionLines:
    """Check interaction lines.

    Parameters
    ----------
    lines
        The lines; ``#`` begins a comment.
    where
        Their file, for messages.
    folder
        Folder that holds the tables; None: only those that come with LAMMPS are found.
    species
        Names that are never taken for files.

    Raises
    ------
    InputError
        A command that is not of `COMMANDS`, a style that runs code, a character that LAMMPS may expand, a path that
        leaves the folder; with the number of the line.
    """
    parsed: list[tuple[str, ...]] = []
    masses: dict[int, float] = {}
    files: dict[str, Path] = {}
    for number, line in enumerate(lines, start=1):
        at = f"{where}, line {number}"
        words = _words(line, at)
        if not words:
            continue
        if words[0] == "mass":
            masses |= _mass(words, at, len(species))
            continue
        _check(words, at)
        files |= _files(words, at, folder, species)
        parsed.append(words)
    if not any(words[0] == "pair_style" for words in parsed):
        raise InputError(f"{where}: no line pair_style: how do the particles interact?")
    return InteractionLines(tuple(parsed), masses, files)


def _words(line: str, at: str) -> tuple[str, ...]:
    """Split a line into words, without its comment."""
    if any(ord(character) > 126 or (ord(character) < 32 and character not in "\t\r\n") for character in line):
        raise InputError(f"{at}: holds a character that is not plain ASCII")
    if "\n" in line.rstrip("\r\n") or "\r" in line.rstrip("\r\n"):
        raise InputError(f"{at}: holds a line break: give each line by itself")
    if line.rstrip().endswith("&"):
        raise InputError(f"{at}: ends in '&': write the command on one line")
    words = tuple(line.partition("#")[0].split())
    for word in words:
        if not _WORD.fullmatch(word):
            wrong = next(character for character in word if not _WORD.fullmatch(character))
            raise InputError(f"{at}: {word!r} holds {wrong!r}, which LAMMPS may expand: write plain words and numbers")
    return words


def _check(words: tuple[str, ...], at: str) -> None:
    """Refuse commands and styles that are not interactions."""
    command, *rest = words
    if command not in COMMANDS:
        listed = ", ".join(sorted(COMMANDS))
        raise InputError(f"{at}: command {command!r} is not of interactions; known are {listed}")
    if not rest:
        raise InputError(f"{at}: {command} without arguments")
    if command == "set":
        is_charge = len(words) == 5 and words[1] == "type" and words[3] == "charge" and _NUMBER.fullmatch(words[4])
        if not is_charge or not re.fullmatch(r"[1-9]\d*", words[2]):
            raise InputError(f"{at}: of `set` only `set type NUMBER charge VALUE` is an interaction")
    for word in rest:
        reason = REFUSED_STYLES.get(word.lower().partition("/")[0])
        if reason is not None:
            raise InputError(f"{at}: {word!r} {reason}: take another style")
        if word.startswith(("v_", "f_", "c_")):
            raise InputError(f"{at}: {word!r} refers to a variable, fix or compute, of which interactions have none")


def _mass(words: tuple[str, ...], at: str, n_species: int) -> dict[int, float]:
    """Read a line ``mass TYPE VALUE``."""
    is_mass = len(words) == 3 and re.fullmatch(r"[1-9]\d*|\*", words[1]) and _NUMBER.fullmatch(words[2])
    if not is_mass or not float(words[2]) > 0 or (words[1] != "*" and int(words[1]) > n_species):
        raise InputError(f"{at}: write mass TYPE VALUE, with a type from 1 to {n_species} and a positive value")
    return {0 if words[1] == "*" else int(words[1]): float(words[2])}


def _files(words: tuple[str, ...], at: str, folder: Path | None, species: Sequence[str]) -> dict[str, Path]:
    """Find the files that the words of a line name: beside the lines, or among those that come with LAMMPS."""
    for word in words[1:]:
        if word.startswith("/") or ".." in word.split("/"):
            raise InputError(f"{at}: {word!r} leaves the folder of the lines: put the table beside them")
    files: dict[str, Path] = {}
    for word in words[2:] if words[0].endswith("_style") else words[1:]:
        if _LETTER.search(word) and not _NUMBER.fullmatch(word) and word not in species:
            path = _file(word, at, folder)
            files |= {} if path is None else {word: path}
    for path in files.values():
        if '"' in str(path) or not str(path).isprintable():
            raise InputError(f"{at}: LAMMPS cannot read {str(path)!r}, a name with quotes or line breaks")
    return files


def _file(word: str, at: str, folder: Path | None) -> Path | None:
    """Return the file that a word names, if it names one."""
    if folder is None or not (path := folder / word).exists():
        return shipped_file(word)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{at}: {word!r} is a link that leaves the folder of the lines: put the table there")
    return path.resolve() if path.is_file() else None
