"""Build glasses from a name and options, from the table of a study file, or from a ``glass.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.glasses.glass import Glass
from lammps_glass.glasses.registry import REGISTRY
from lammps_glass.glasses.starts import LATTICES, RANDOM
from lammps_glass.interactions.tables import is_path, shipped_file
from lammps_glass.json_types import Options
from lammps_glass.registry import Entry, unknown_name

_PACKAGE = "lammps_glass.glasses"
#: Key that only one class of own glasses has -> that class.
OWN = {
    "table": Entry("embedded-atom", f"{_PACKAGE}.own_table:EmbeddedAtomGlass", kind="glass"),
    "sigma": Entry("lennard-jones", f"{_PACKAGE}.own_lennard_jones:LennardJonesGlass", kind="glass"),
    "lines": Entry("interaction-lines", f"{_PACKAGE}.own_lines:InteractionLinesGlass", kind="glass"),
}
_HINT = "your own is a glass.toml with one of the keys `table` (setfl), `sigma` (Lennard-Jones) or `lines` (LAMMPS)"


def glass_class(name: str, options: Mapping[str, object]) -> type[Glass]:
    """Return the class of a registered glass, or of a glass of one's own, which its options tell.

    Raises
    ------
    InputError
        Nothing registered has the name, and the options have no key of `OWN`, or two of them.
    """
    entry = REGISTRY[name] if name in REGISTRY else own_entry(name, options)
    loaded: type[Glass] = entry.load()
    return loaded


def own_entry(name: str, options: Mapping[str, object]) -> Entry:
    """Return the entry of the glass of one's own that options tell; errors as for `glass_class`."""
    keys = [key for key in OWN if key in options]
    if len(keys) > 1:
        raise InputError(f"glass {name}: has both {' and '.join(keys)}: {_HINT}")
    if not keys:
        raise InputError(f"{unknown_name('glass', name, list(REGISTRY))}; {_HINT}")
    return OWN[keys[0]]


def build(name: str, options: Mapping[str, object] | None = None) -> Glass:
    """Build a glass: ``build(glass.name, glass.options())`` makes an equal one.

    Raises
    ------
    InputError
        The name is unknown, an option is missing, unknown or out of range, or a file has changed.
    """
    options = dict(options or {})
    if name in REGISTRY:
        glass: Glass = REGISTRY.build(name, options)
    else:
        glass = own_entry(name, options).build({**options, "name": name})
    return glass


def read(path: str | Path, **changes: object) -> Glass:
    """Read a ``glass.toml``: the keys of a study file's ``[glass]``; paths in it start from its folder.

    Raises
    ------
    InputError
        There is no such file, it is not TOML, or no glass can be built of it; the message names the file.
    """
    table = {**read_table(path), **resolved(changes, Path.cwd())}
    try:
        return build(str(table.pop("name")), table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def read_table(path: str | Path) -> Options:
    """Read the table of a ``glass.toml``, alone or under ``[glass]``, with absolute paths and a name."""
    file = Path(path).expanduser()
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: glass cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if isinstance(table.get("glass"), dict) and len(table) == 1:
        table = table["glass"]
    if not isinstance(table.get("name", ""), str):
        raise InputError(f"{path}: name = {table['name']!r} must be text")
    if "name" not in table and not any(key in table for key in OWN):
        raise InputError(f"{path}: name: missing: that of a registered glass; {_HINT}")
    return {"name": next((OWN[key].name for key in OWN if key in table), ""), **resolved(table, file.resolve().parent)}


def resolved(table: Mapping[str, object], folder: Path) -> Options:
    """Return a table of options with absolute paths, starting from `folder`; names stay names."""
    result = dict(table)
    for key in ("table", "lines", "start"):
        value = result.get(key)
        if not isinstance(value, str) or (key == "start" and (value == RANDOM or value in LATTICES)):
            continue
        path = (folder / Path(value).expanduser()).resolve()
        if key == "table" and not path.is_file() and (not is_path(value) or shipped_file(value) is not None):
            continue
        result[key] = str(path)
    if isinstance(result.get("lines"), list | tuple) and "folder" not in result:
        result["folder"] = str(folder)
    return result


def options_of(table: Mapping[str, object]) -> list[str]:
    """Return the names of the options of the glass that a table describes."""
    return [item.name for item in fields(glass_class(str(table["name"]), table))]
