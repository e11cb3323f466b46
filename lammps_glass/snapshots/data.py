"""LAMMPS data files: read in atom styles atomic, molecular, bond, angle and charge; `data_write` writes them.

A data file does not say which directions are periodic. Ours say so in the free first line (``boundary = p p f``, beside
the step and units that LAMMPS's own ``write_data`` puts there); without it all are periodic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.snapshots.streams import open_lines

_MOLECULAR = ("id", "mol", "type", "x", "y", "z")
STYLES = {
    "atomic": ("id", "type", "x", "y", "z"),
    "molecular": _MOLECULAR,
    "bond": _MOLECULAR,
    "angle": _MOLECULAR,
    "charge": ("id", "type", "q", "x", "y", "z"),
}
IMAGES = ("ix", "iy", "iz")
SECTIONS = re.compile(r"^[A-Z][A-Za-z]+( [A-Z][A-Za-z]+)*$")
HEADER = re.compile(r"^([-+\d.eE\s]+?)\s+([a-z][a-z ]*)$")


@dataclass
class _Section:
    """Rows of one section as (line number, words), the comment behind its title, and the comments behind its rows."""

    style: str = ""
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read_data(path: Path) -> Snapshot:
    """The configuration of a data file; masses become the property ``mass``, image flags ``ix iy iz``.

    Molecules become ``mol`` and charges ``q``.

    Species take their names from ``Atom Type Labels``, from comments in ``Masses``, or are the type numbers.

    Raises
    ------
    InputError
        Not a data file, cut short, an atom style that is not read or not told, or a value that is not a number.
    """
    title, header, sections = _split(path)
    try:
        cell = _cell(title, header)
        return _snapshot(path, title, header, sections, cell)
    except InputError as error:
        raise error if str(error).startswith(str(path)) else InputError(f"{path}: {error}") from error


def _split(path: Path) -> tuple[str, dict[str, list[float]], dict[str, _Section]]:
    """First line, header (keyword -> numbers) and sections of the file."""
    header: dict[str, list[float]] = {}
    sections: dict[str, _Section] = {}
    current: _Section | None = None
    with open_lines(path) as lines:
        title = lines.next().decode("utf-8", "replace").strip()
        while raw := lines.next():
            text, _, comment = raw.decode("utf-8", "replace").partition("#")
            text = text.strip()
            if not text:
                continue
            if SECTIONS.match(text):
                current = sections[text] = _Section(comment.strip())
            elif current is None:
                _read_header(header, text, f"{path}: line {lines.number}")
            else:
                if not raw.endswith(b"\n"):
                    raise InputError(f"{path}: the file is cut short in line {lines.number}, which has no line end")
                current.rows.append((lines.number, text.split()))
                current.comments.append(comment.strip())
    if "atoms" not in header or "Atoms" not in sections:
        raise InputError(f"{path}: not a LAMMPS data file: it has no {'atoms' if 'atoms' not in header else 'Atoms'!r}")
    return title, header, sections


def _read_header(header: dict[str, list[float]], text: str, where: str) -> None:
    match = HEADER.match(text)
    if match is None:
        raise InputError(f"{where}: {text[:40]!r} is neither a header nor a section of a LAMMPS data file")
    try:
        header[match[2]] = [float(word) for word in match[1].split()]
    except ValueError as error:
        raise InputError(f"{where}: {match[1]!r} is not a list of numbers") from error


def _cell(title: str, header: dict[str, list[float]]) -> Cell:
    boundary = re.search(r"boundary = ([pf]) ([pf]) ([pf])", title)
    periodic = np.array([flag == "p" for flag in boundary.groups()] if boundary else [True] * 3)
    try:
        if "avec" in header:
            matrix = np.array([header[name] for name in ("avec", "bvec", "cvec")])
            return Cell(matrix, np.array(header["abc origin"]), periodic)
        bounds = np.array([header[f"{k}lo {k}hi"] for k in "xyz"])
        matrix = np.diag(bounds[:, 1] - bounds[:, 0])
        matrix[[1, 2, 2], [0, 0, 1]] = header.get("xy xz yz", [0.0, 0.0, 0.0])
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"the header does not give the box ({error})") from error
    if not (np.diag(matrix) > 0).all():
        raise InputError("a box side has an upper end that is not above the lower one")
    return Cell(matrix, bounds[:, 0], periodic)


def _snapshot(
    path: Path, title: str, header: dict[str, list[float]], sections: dict[str, _Section], cell: Cell
) -> Snapshot:
    atoms = sections["Atoms"]
    if len(atoms.rows) != int(header["atoms"][0]):
        raise InputError(f"the header has {int(header['atoms'][0])} atoms, section Atoms has {len(atoms.rows)}")
    names = _columns(path, atoms)
    table = dict(zip(names, _numbers(path, "Atoms", atoms, len(names)).T))
    ids = table["id"].astype(np.int64)
    species = _species(int(header.get("atom types", [table["type"].max()])[0]), sections)
    properties: dict[str, NDArray[Any]] = {
        name: table[name] if name == "q" else table[name].astype(np.int64)
        for name in names
        if name not in ("id", "type", "x", "y", "z")
    }
    if "Masses" in sections:
        properties["mass"] = _masses(path, sections["Masses"], len(species))[table["type"].astype(int) - 1]
    positions = np.column_stack([table[k] for k in "xyz"])
    step, units = re.search(r"timestep = (\d+)", title), re.search(r"units = (\w+)", title)
    return Snapshot(
        cell, positions, table["type"].astype(np.int64) - 1, species, ids, int(step[1]) if step else 0,
        _velocities(path, sections, ids), properties, units[1] if units else None,
    )  # fmt: skip


def _columns(path: Path, atoms: _Section) -> tuple[str, ...]:
    """Names of the columns of section Atoms, by its style comment or, where only one style fits, by their number."""
    width = len(atoms.rows[0][1]) if atoms.rows else 0
    if atoms.style and atoms.style.split()[0] not in STYLES:
        raise InputError(f"{path}: atom style {atoms.style!r} is not read; read are {', '.join(STYLES)}")
    base = STYLES[atoms.style.split()[0]] if atoms.style else STYLES["atomic"]
    if width in (len(base), len(base) + 3):
        return base + (IMAGES if width > len(base) else ())
    hint = "" if atoms.style else "; say the atom style behind the title, as in 'Atoms # molecular'"
    raise InputError(f"{path}: rows of section Atoms have {width} values, style atomic has 5 or 8{hint}")


def _numbers(path: Path, title: str, section: _Section, width: int) -> NDArray[np.float64]:
    try:
        table = np.array([words for _, words in section.rows], dtype=float)
        if table.shape == (len(section.rows), width):
            return table
    except ValueError:
        pass
    for line, words in section.rows:
        if len(words) != width or any(re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", w) is None for w in words):
            raise InputError(f"{path}: line {line} of section {title} is not a row of {width} numbers")
    raise InputError(f"{path}: section {title} is not a table of {width} columns")


def _velocities(path: Path, sections: dict[str, _Section], ids: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Velocities in the order of `ids`; the sections of a data file need not have the same order."""
    if "Velocities" not in sections:
        return None
    table = _numbers(path, "Velocities", sections["Velocities"], 4)
    order = np.argsort(table[:, 0])
    if not np.array_equal(table[order, 0], np.sort(ids)):
        raise InputError(f"{path}: section Velocities is not of the same particles as section Atoms")
    rows: NDArray[np.float64] = table[order[np.argsort(np.argsort(ids))], 1:]
    return rows


def _masses(path: Path, section: _Section, n_types: int) -> NDArray[np.float64]:
    table = _numbers(path, "Masses", section, 2)
    masses = np.full(n_types, np.nan)
    if not (np.isin(table[:, 0], np.arange(1, n_types + 1)).all() and len(np.unique(table[:, 0])) == n_types):
        raise InputError(f"{path}: section Masses does not give one mass to each of {n_types} types")
    masses[table[:, 0].astype(int) - 1] = table[:, 1]
    return masses


def _species(n_types: int, sections: dict[str, _Section]) -> tuple[str, ...]:
    names = {number: str(number) for number in range(1, n_types + 1)}
    masses = sections.get("Masses", _Section())
    for (_, words), comment in zip(masses.rows, masses.comments):
        if comment and words[0].isdigit():
            names[int(words[0])] = comment.split()[0]
    for line, words in sections.get("Atom Type Labels", _Section()).rows:
        if len(words) != 2 or not words[0].isdigit():
            raise InputError(f"line {line} of section Atom Type Labels is not a type and its label")
        names[int(words[0])] = words[1]
    return tuple(names[number] for number in range(1, n_types + 1))
