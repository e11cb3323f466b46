"""EAM tables in the setfl formats of LAMMPS, ``eam/alloy`` and ``eam/fs``: read, checked, written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats

Head = tuple[int, float, str]

#: Names of the formats, as in ``pair_style eam/alloy`` and ``pair_style eam/fs``.
FORMATS = ("alloy", "fs")
_NUMBERS = "nrho drho nr dr cutoff"
_PER_LINE = 5
# Characters that LAMMPS replaces in the text files that it reads: spaces, quotes and signs of a word processor.
_SUBSTITUTES = {
    **dict.fromkeys([0xA0, *range(0x2000, 0x200C), 0x202F, 0x2060, 0x2063, 0xFEFF], " "),
    **{0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'},
    **{0x02D6: "+", 0x2064: "+", 0x02D7: "-", 0x2212: "-"},
}


@dataclass(frozen=True, eq=False)
class Setfl:
    """An EAM table: energy of atom i is F(sum_j rho_ji(r_ij)) + 1/2 sum_j phi(r_ij).

    Attributes
    ----------
    style
        ``"fs"`` where a density depends on both species, else ``"alloy"``.
    elements
        (n,) names in the order of the file.
    numbers, masses, lattices
        (n,) atomic number, mass (g/mol) and the text of lattice constant and type.
    d_rho, dr, r_cut
        Spacing of the density grid and of the r grid (both begin at 0), and the cutoff (angstrom).
    embedding
        (n, n_rho) F (eV).
    density
        (n, n, n_r) density that an atom of the first element puts on a site of the second.
    pair
        (n, n, n_r) r phi(r) (eV angstrom), symmetric.
    comments
        Three lines.
    """

    style: str
    elements: tuple[str, ...]
    numbers: tuple[int, ...]
    masses: tuple[float, ...]
    lattices: tuple[str, ...]
    d_rho: float
    dr: float
    r_cut: float
    embedding: Floats
    density: Floats
    pair: Floats
    comments: tuple[str, str, str] = ("", "", "")

    @property
    def n_r(self) -> int:
        """Rows of a function of r."""
        return int(self.pair.shape[2])

    def rows_of(self, species: Sequence[str]) -> list[int]:
        """Find the row of each of `species`; one that the table lacks is an `InputError`."""
        missing = [name for name in species if name not in self.elements]
        if missing:
            raise InputError(f"the table has {', '.join(self.elements)}: no {', '.join(missing)}; take another table")
        return [self.elements.index(name) for name in species]

    def text(self) -> str:
        """Write the file's text: numbers in full precision, so that it reads back exactly."""
        n, n_rho = len(self.elements), self.embedding.shape[1]
        lines = [*self.comments, f"{n} {' '.join(self.elements)}"]
        lines.append(f"{n_rho} {self.d_rho:.17g} {self.n_r} {self.dr:.17g} {self.r_cut:.17g}")
        for i in range(n):
            lines.append(f"{self.numbers[i]} {self.masses[i]:.17g} {self.lattices[i]}")
            lines += _rows(self.embedding[i])
            for j in range(n if self.style == "fs" else 1):
                lines += _rows(self.density[i, j])
        for i in range(n):
            for j in range(i + 1):
                lines += _rows(self.pair[i, j])
        return "\n".join(lines) + "\n"


def _rows(values: Floats) -> list[str]:
    words = [f"{value:.17g}" for value in values.tolist()]
    return [" ".join(words[k : k + _PER_LINE]) for k in range(0, len(words), _PER_LINE)]


def read(path: str | Path) -> Setfl:
    """Read a table, as LAMMPS does, in either format, which the amount of numbers in it decides.

    After the three comments, blank lines and text behind ``#`` are skipped, each function of r or of the density
    begins on a new line, and what its last line holds beyond its last value is ignored.

    Raises
    ------
    InputError
        There is no such file, or it is not a setfl table: the message has the line of the fault.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: EAM table cannot be read ({getattr(error, 'strerror', None) or error})") from error
    lines = text.translate(_SUBSTITUTES).splitlines()
    faults: list[str] = []
    for style in FORMATS:
        try:
            return _parse(lines, style)
        except _FormatError as error:
            faults.append(str(error))
    # in the other format the file fails early, at the head of the second element: the later line is the fault
    reason = max(faults, key=_line_of)
    raise InputError(f"{path}: not an EAM table in setfl format (eam/alloy or eam/fs): {reason}")


class _FormatError(Exception):
    pass


def _line_of(message: str) -> int:
    number: str = message.split()[1]
    return int(number.rstrip(":"))


class _Lines:
    """Lines of a file, counted for messages."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at = lines, 0

    def fail(self, what: str) -> _FormatError:
        """Make the error of a fault in the current line."""
        return _FormatError(f"line {self.at}: {what}")

    def comment(self) -> str:
        """Read a line with any text, or with none."""
        if self.at >= len(self.lines):
            raise self.fail("the file ends before its 3 comments")
        self.at += 1
        return " ".join(self.lines[self.at - 1].split())

    def next(self, what: str) -> list[str]:
        """Return the words of the next line that has any, without those behind ``#``; `what` is expected there."""
        while self.at < len(self.lines):
            self.at += 1
            if words := self.lines[self.at - 1].partition("#")[0].split():
                return words
        raise self.fail(f"the file ends before {what}")

    def values(self, count: int, what: str) -> Floats:
        """Read `count` finite numbers; the line of the last one may hold more, which LAMMPS ignores."""
        words: list[str] = []
        while len(words) < count:
            words += self.next(f"{what} is complete")
        text = "".join(words)
        try:
            if not text.isascii() or "_" in text:  # Python reads as numbers what LAMMPS does not
                raise ValueError
            values = np.array(words[:count], dtype=float)
        except ValueError:
            raise self.fail(f"{what} has a word that is not a number") from None
        if not np.isfinite(values).all():
            raise self.fail(f"{what} has a value that is not finite")
        return values

    def rest(self) -> bool:
        """Whether a line with words follows."""
        return any(line.partition("#")[0].split() for line in self.lines[self.at :])


def _parse(raw: list[str], style: str) -> Setfl:
    lines = _Lines(raw)
    comments = (lines.comment(), lines.comment(), lines.comment())
    elements = _elements(lines)
    n = len(elements)
    n_rho, d_rho, n_r, dr, r_cut = _grid(lines)
    if n * (n_rho + n_r * (n + 1 if style == "fs" else n // 2 + 1)) > sum(map(len, raw)):
        raise lines.fail("the file is too short for so many rows")
    heads: list[Head] = []
    numbers_of_names = {atomic_numbers.get(name, 0) for name in elements}
    embedding, density, pair = np.empty((n, n_rho)), np.empty((n, n, n_r)), np.empty((n, n, n_r))
    for i, name in enumerate(elements):
        heads.append(_element_head(lines, name, numbers_of_names))
        embedding[i] = lines.values(n_rho, f"F of {name}")
        for j in range(n if style == "fs" else 1):
            density[i, j] = lines.values(n_r, f"density of {name}")
        if style == "alloy":
            density[i] = density[i, 0]
    for i, j in _pairs(n):
        pair[i, j] = pair[j, i] = lines.values(n_r, f"r phi of {elements[i]}-{elements[j]}")
    if lines.rest():
        lines.next("the end")
        raise lines.fail("numbers after the last table")
    numbers, masses, lattices = zip(*heads, strict=True)
    return Setfl(
        style if n > 1 else "alloy", elements, numbers, masses, lattices, d_rho, dr, r_cut, embedding, density, pair,
        comments,
    )  # fmt: skip


def _pairs(n: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(n) for j in range(i + 1))


def _elements(lines: _Lines) -> tuple[str, ...]:
    words = lines.next("the elements")
    if not words or not words[0].isdigit() or len(words) - 1 != int(words[0]) or len(words) == 1:
        raise lines.fail("no number of elements with their names")
    return tuple(words[1:])


def _grid(lines: _Lines) -> tuple[int, float, int, float, float]:
    words = lines.next(_NUMBERS)
    if len(words) > len(_NUMBERS.split()) and _is_number(words[5]):
        raise lines.fail(f"has a number behind '{_NUMBERS}', as tables of eam/he have: these are not read")
    try:
        n_rho, n_r = int(words[0]), int(words[2])
        d_rho, dr, r_cut = float(words[1]), float(words[3]), float(words[4])
    except (ValueError, IndexError):
        raise lines.fail(f"is not '{_NUMBERS}'") from None
    if min(n_rho, n_r) < 5 or not min(d_rho, dr, r_cut) > 0 or max(n_rho, n_r) > 10**7:
        raise lines.fail(f"'{_NUMBERS}' must be positive, with at least 5 rows a function")
    return n_rho, d_rho, n_r, dr, r_cut


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _element_head(lines: _Lines, name: str, others: Collection[int]) -> Head:
    words = lines.next(f"element {name}")
    try:
        number, mass = int(words[0]), float(words[1])
    except (ValueError, IndexError):
        raise lines.fail(f"is not 'number mass lattice' of {name}") from None
    expected = atomic_numbers.get(name)
    if expected and number != expected and number in others:  # LAMMPS does not use it: 0 or 1 may stand for any
        raise lines.fail(f"{name} has the atomic number {number}, not {expected}: are the names in another order?")
    if not 0 < mass < 1000:
        raise lines.fail(f"mass of {name} is {mass:g}")
    lattice = " ".join(words[2:4]) if len(words) > 3 else "0 none"
    return number, mass, lattice
