"""LAMMPS data files: read in atom styles atomic, molecular, bond, angle, charge and full; `data_write` writes them.

A data file does not say which directions are periodic. Ours say so in the free first line (``boundary = p p f``, beside
the step and units that LAMMPS's own ``write_data`` puts there); without it the user does, else all are periodic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.boundary import combined
from lammps_glass.snapshots.cell import Cell
from lammps_glass.snapshots.checks import require_distinct_positions
from lammps_glass.snapshots.naming import Naming
from lammps_glass.snapshots.snapshot import Integers, Snapshot
from lammps_glass.snapshots.streams import open_lines

Row = tuple[int, list[str]]
Numbers = NDArray[np.float64]

_MOLECULAR = ("id", "mol", "type", "x", "y", "z")
STYLES = {
    "atomic": ("id", "type", "x", "y", "z"),
    "molecular": _MOLECULAR,
    "bond": _MOLECULAR,
    "angle": _MOLECULAR,
    "charge": ("id", "type", "q", "x", "y", "z"),
    "full": ("id", "mol", "type", "q", "x", "y", "z"),
}
SUFFIXES = ("gpu", "intel", "kk", "kk/device", "kk/host", "omp", "opt")
IMAGES = ("ix", "iy", "iz")
WHOLE = ("id", "mol", "type", *IMAGES)
_WHOLE_NUMBER = re.compile(r"[-+]?\d{1,18}")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
SECTIONS = re.compile(r"^[A-Z][A-Za-z]+( [A-Z][A-Za-z]+)*$")
HEADER = re.compile(r"^([-+\d.eE\s]+?)\s+([a-z][a-z ]*)$")


@dataclass
class _Section:
    """Rows of one section as (line number, words), the comment behind its title, and the comments behind its rows."""

    style: str = ""
    rows: list[Row] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read_data(path: Path, naming: Naming | None = None, periodic: NDArray[np.bool_] | None = None) -> Snapshot:
    """Read the configuration of a data file; masses become the property ``mass``, image flags ``ix iy iz``.

    Molecules become ``mol`` and charges ``q``. Species take their names from `naming`, from ``Atom Type Labels``, from
    comments in ``Masses`` that differ, or are the type numbers.

    Raises
    ------
    InputError
        Not a data file, cut short, an atom style that is not read or not given, a value that is not a number, two
        particles at the same position.
    """
    title, header, sections = _split(path)
    try:
        snapshot = _snapshot(path, title, header, sections, _cell(title, header, periodic), naming)
        require_distinct_positions(snapshot)
        return snapshot
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
            text = " ".join(text.split())
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


def _cell(title: str, header: dict[str, list[float]], periodic: NDArray[np.bool_] | None) -> Cell:
    boundary = re.search(r"boundary = ([pf]) ([pf]) ([pf])", title)
    periodic = combined(np.array([flag == "p" for flag in boundary.groups()]) if boundary else None, periodic)
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
    path: Path,
    title: str,
    header: dict[str, list[float]],
    sections: dict[str, _Section],
    cell: Cell,
    naming: Naming | None,
) -> Snapshot:
    atoms = sections["Atoms"]
    count = header["atoms"][0]
    if len(atoms.rows) != count:
        raise InputError(f"the header has {count:.17g} atoms, section Atoms has {len(atoms.rows)}")
    names = _columns(path, atoms)
    labels = _type_labels(sections)
    table = _numbers(path, "Atoms", atoms, names, labels)
    ids, numbers = table["id"].astype(np.int64), table["type"].astype(np.int64)
    n_types = header.get("atom types", [numbers.max()])[0]
    if not (n_types == int(n_types) and 1 <= n_types <= len(numbers) + 10_000):
        raise InputError(f"the header has {n_types:g} atom types")
    species = _species(int(n_types), sections, labels)
    if naming is not None:
        species = _agreeing(species, naming)
    if not 1 <= numbers.min() <= numbers.max() <= len(species):
        raise InputError(f"types run from {numbers.min()} to {numbers.max()} but there are {len(species)} atom types")
    properties: dict[str, NDArray[np.float64] | Integers] = {
        name: table[name] if name == "q" else table[name].astype(np.int64)
        for name in names
        if name not in ("id", "type", "x", "y", "z")
    }
    if "Masses" in sections:
        properties["mass"] = _masses(path, sections["Masses"], int(n_types), labels)[numbers - 1]
    positions = np.column_stack([table[k] for k in "xyz"])
    step, units = re.search(r"timestep = (\d+)", title), re.search(r"units = (\w+)", title)
    return Snapshot(
        cell, positions, numbers - 1, species, ids, int(step[1]) if step else 0,
        _velocities(path, sections, ids), properties, units[1] if units else None,
        ids_from_rows="ids = rows" in title,
    )  # fmt: skip


def _columns(path: Path, atoms: _Section) -> tuple[str, ...]:
    """Names of the columns of section Atoms, by its style comment or, where only one style fits, by their number.

    Without a comment, eight columns are those of style atomic with image flags only if the flags are whole numbers as
    written: other styles have eight columns too.
    """
    first = atoms.rows[0][1] if atoms.rows else []
    style, _, suffix = (atoms.style.split() or ["atomic"])[0].partition("/")
    if style not in STYLES or (suffix and suffix not in SUFFIXES):
        raise InputError(f"{path}: atom style {atoms.style!r} is not read; read are {', '.join(STYLES)}")
    base = STYLES[style]
    hint = "" if atoms.style else _style_hint(len(first))
    if len(first) not in (len(base), len(base) + 3):
        allowed = f"{len(base)} or {len(base) + 3}"
        raise InputError(f"{path}: rows of section Atoms have {len(first)} values, style {style} has {allowed}{hint}")
    if len(first) == len(base):
        return base
    for line, words in atoms.rows:
        if any(_WHOLE_NUMBER.fullmatch(word) is None for word in words[len(base) :]):
            raise InputError(
                f"{path}: line {line}: the last three values of style {style} are image flags, which are whole "
                f"numbers{hint}"
            )
    return base + IMAGES


def _style_hint(n_columns: int) -> str:
    """Say what the title of section Atoms lacks, with the styles that have so many columns."""
    fitting = [style for style, columns in STYLES.items() if n_columns in (len(columns), len(columns) + len(IMAGES))]
    titles = [f"'Atoms # {style}'" for style in fitting if style != "atomic"] or ["'Atoms # full'"]
    return f"; say the atom style behind the title, as in {' or '.join(titles)}"


def _numbers(
    path: Path, title: str, section: _Section, names: tuple[str, ...], labels: Mapping[str, int] | None = None
) -> dict[str, Numbers]:
    """The columns of a section; type labels in the column ``type`` become the types that they name."""
    rows = section.rows
    if labels and "type" in names:
        at = names.index("type")
        rows = [(n, [*w[:at], str(labels.get(w[at], w[at])), *w[at + 1 :]] if len(w) > at else w) for n, w in rows]
    try:
        table = np.array([words for _, words in rows], dtype=float)
    except ValueError:
        table = np.empty(0)
    whole = [k for k, name in enumerate(names) if name in WHOLE]
    if table.shape == (len(rows), len(names)) and _are_whole(table[:, whole]):
        return dict(zip(names, table.T))
    for line, words in rows:
        if labels and len(words) == len(names) and _is_label(words[names.index("type")]):
            raise InputError(
                f"{path}: line {line} of section {title}: {words[names.index('type')]!r} is not one of the Atom Type "
                f"Labels {', '.join(labels)}"
            )
        if len(words) != len(names) or any(_NUMBER.fullmatch(word) is None for word in words):
            raise InputError(f"{path}: line {line} of section {title} is not a row of {len(names)} numbers")
        if any(_WHOLE_NUMBER.fullmatch(words[k]) is None for k in whole):
            raise InputError(f"{path}: line {line} of section {title}: {names[whole[0]]} is not a whole number")
    raise InputError(f"{path}: section {title} is not a table of {len(names)} columns")


def _is_label(word: str) -> bool:
    """Whether a word may name a type: LAMMPS's labels begin with no digit, sign, '#' or '*'."""
    return re.match(r"[^-+\d.#*]", word) is not None


def _are_whole(values: Numbers) -> bool:
    return bool((values == np.rint(values)).all() and (np.abs(values) < 2**53).all())


def _velocities(path: Path, sections: dict[str, _Section], ids: Integers) -> Numbers | None:
    """Velocities in the order of `ids`; the sections of a data file need not have the same order."""
    if "Velocities" not in sections:
        return None
    table = _numbers(path, "Velocities", sections["Velocities"], ("id", "vx", "vy", "vz"))
    order = np.argsort(table["id"])
    if not np.array_equal(table["id"][order], np.sort(ids)):
        raise InputError(f"{path}: section Velocities is not of the same particles as section Atoms")
    rows = np.column_stack([table[name] for name in ("vx", "vy", "vz")])
    velocities: Numbers = rows[order[np.argsort(np.argsort(ids))]]
    return velocities


def _masses(path: Path, section: _Section, n_types: int, labels: Mapping[str, int]) -> Numbers:
    table = _numbers(path, "Masses", section, ("type", "mass"), labels)
    masses = np.full(n_types, np.nan)
    if not (np.isin(table["type"], np.arange(1, n_types + 1)).all() and len(np.unique(table["type"])) == n_types):
        raise InputError(f"{path}: section Masses does not give one mass to each of {n_types} types")
    masses[table["type"].astype(int) - 1] = table["mass"]
    return masses


def _type_labels(sections: Mapping[str, _Section]) -> dict[str, int]:
    """Label -> type of section Atom Type Labels; other sections may use labels in place of types."""
    labels: dict[str, int] = {}
    for line, words in sections.get("Atom Type Labels", _Section()).rows:
        if len(words) != 2 or not words[0].isdecimal():
            raise InputError(f"line {line} of section Atom Type Labels is not a type and its label")
        labels[words[1]] = int(words[0])
    return labels


def _species(n_types: int, sections: Mapping[str, _Section], labels: Mapping[str, int]) -> tuple[str, ...]:
    names = {number: str(number) for number in range(1, n_types + 1)}
    if labels:
        return tuple({**names, **{number: label for label, number in labels.items()}}[k] for k in names)
    masses = sections.get("Masses", _Section())
    comments = {
        int(words[0]): comment.split()[0]
        for (_, words), comment in zip(masses.rows, masses.comments)
        if comment and words[0].isdecimal()
    }
    # Comments may be anything; they are names when they are words that distinguish the types.
    species = tuple(comments.get(number, name) for number, name in names.items())
    are_names = all(re.match(r"[^\W\d]", comment) for comment in comments.values())
    return species if are_names and len(set(species)) == n_types else tuple(names.values())


def _agreeing(species: tuple[str, ...], naming: Naming) -> tuple[str, ...]:
    """The names that the user gives, unless the file has other ones."""
    if len(naming.species) < len(species):
        raise InputError(f"{len(species)} atom types, but {len(naming.species)} names {naming.origin}")
    for number, (of_file, of_user) in enumerate(zip(species, naming.species), start=1):
        if of_file not in (of_user, str(number)):
            raise InputError(f"type {number} is {of_file} in the file and {of_user} {naming.origin}")
    return naming.species
