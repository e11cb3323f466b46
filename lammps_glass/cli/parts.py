"""Build glasses and descriptors from names and ``--set`` options."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json, Options
from lammps_glass.registry import Entry, Registry, unknown_name

if TYPE_CHECKING:
    from lammps_glass.descriptors import Descriptor
    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Floats

Describe = Callable[["Snapshot"], "Floats"]
"""Describes a snapshot: (n_particles, n_features)."""

#: Family, by its name in `list` -> the module that holds its registry.
FAMILIES = {
    "glasses": "lammps_glass.glasses",
    "potentials": "lammps_glass.interactions.potentials",
    "protocols": "lammps_glass.simulate.protocols",
    "labels": "lammps_glass.labels",
    "descriptors": "lammps_glass.descriptors",
    "indicators": "lammps_glass.learn",
    "operations": "lammps_glass.operations",
    "figure-kinds": "lammps_glass.figures",
    "studies": "lammps_glass.studies",
}


def registry_of(family: str) -> Registry:
    """Return the registry of a family of `FAMILIES`."""
    import importlib

    registry: Registry = importlib.import_module(FAMILIES[family]).REGISTRY
    return registry


def descriptor_entry(name: str) -> Entry:
    """Return the entry of a descriptor, by its name or as ``module:Class``, also of a module in the current folder.

    Raises
    ------
    InputError
        The name is unknown, or the target cannot be imported or is not a descriptor.
    """
    if ":" not in name:
        return registry_of("descriptors")[name]
    from lammps_glass.descriptors import Descriptor

    entry = Entry(name, name, kind="descriptor")
    if (folder := os.getcwd()) not in sys.path:
        sys.path.append(folder)  # last: no file of the folder hides a module that is installed
    loaded = entry.load()
    if not (isinstance(loaded, type) and issubclass(loaded, Descriptor)):
        raise InputError(f"{entry} is not a class derived from lammps_glass.descriptors.Descriptor")
    return entry


def sort_settings(settings: Sequence[str] | None, options_of: Mapping[str, Sequence[str]]) -> dict[str, Options]:
    """Sort every ``--set key=value`` by the part that takes it.

    Parameters
    ----------
    settings
        Texts ``part.key=value``, or ``key=value`` for the first part that takes `key`.
    options_of
        Part (``descriptor``, ``glass`` ...) -> the options that it takes.

    Raises
    ------
    InputError
        No ``=``, a value that is not TOML, or a key that no part takes.
    """
    from lammps_glass.settings import parse_set

    sorted_settings: dict[str, Options] = {part: {} for part in options_of}
    for text in settings or ():
        keys, value = parse_set(text)
        part, keys = (keys[0], keys[1:]) if len(keys) > 1 and keys[0] in options_of else ("", keys)
        takers = [part] if part else [name for name, options in options_of.items() if keys[0] in options]
        if not takers or keys[0] not in options_of[takers[0]]:
            options = [f"{name}.{option}" for name, all_of in options_of.items() for option in all_of]
            raise InputError(f"--set {text}: {unknown_name('key', '.'.join(filter(None, [part, *keys])), options)}")
        _put(sorted_settings[takers[0]], keys, value)
    return sorted_settings


def _put(table: Options, keys: Sequence[str], value: object) -> None:
    """Set a value of nested tables."""
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value


def build_glass(name: str | None, options: Mapping[str, object]) -> Glass | None:
    """Build a glass by its name or its ``glass.toml``, with `options`; None when no glass is named.

    Raises
    ------
    InputError
        The glass cannot be built, or LAMMPS does not take its interactions.
    """
    if name is None:
        return None
    from lammps_glass.glasses import build, read
    from lammps_glass.simulate import try_interactions

    if not is_glass_file(name):
        return build(name, options)
    glass = read(name, **options)
    try_interactions(glass)
    return glass


def is_glass_file(name: str) -> bool:
    """Return whether ``--glass`` names a file, not a registered glass."""
    return name not in registry_of("glasses") and (name.endswith(".toml") or os.sep in name or Path(name).is_file())


def glass_options(name: str | None) -> list[str]:
    """List the options of a glass; none when no glass is named."""
    if name is None:
        return []
    from lammps_glass.glasses.building import options_of, read_table

    return options_of(read_table(name) if is_glass_file(name) else {"name": name})


def build_descriptor(name: str, options: Mapping[str, object], glass: Glass | None) -> Descriptor:
    """Build the descriptor `name` (or ``module:Class``); ``species`` and ``radii`` that are not set are the glass's.

    No other options are: the ``r_cut`` of a glass is that of its interactions, not of a neighbourhood.
    """
    descriptor: Descriptor = descriptor_entry(name).build(_with_glass(name, options, glass))
    return descriptor


def _with_glass(name: str, options: Mapping[str, object], glass: Glass | None) -> Options:
    """Complete the options of a descriptor, and of each part of a composite one, with those of the glass."""
    names = descriptor_entry(name).options()
    shared = [key for key in ("species", "radii") if key in names and getattr(glass, key, None)]
    completed: Options = {**{key: getattr(glass, key) for key in shared}, **options}
    if isinstance(parts := options.get("parts"), Mapping):
        completed["parts"] = {
            key: _with_glass(str(part.get("name", key)), part, glass) if isinstance(part, Mapping) else part
            for key, part in parts.items()
        }
    return completed


def describing(
    descriptor: Descriptor,
    glass: Glass | None,
    seed: int | None,
    runs: Path | None = None,
    say: Callable[[str], None] | None = None,
) -> Describe:
    """Return the function that describes a snapshot; it runs the simulations that `descriptor` needs, if any.

    Parameters
    ----------
    runs
        Folder of these simulations, in which interrupted ones go on; None: a temporary one.
    say
        Called with lines about them for the user.

    Raises
    ------
    InputError
        The descriptor needs simulations, and no glass is named.
    """
    protocol = getattr(descriptor, "protocol", "")
    if not protocol and (not descriptor.needs_glass or glass is None):
        return descriptor.compute
    if glass is None:
        raise InputError(f"descriptor {descriptor.name} runs the protocol {protocol}: name the glass with --glass")
    from lammps_glass.simulate import describe

    def describe_one(snapshot: Snapshot) -> Floats:
        """Describe a snapshot, with a folder of its own for each set of parameters."""
        folder = None
        if runs is not None and protocol:
            from lammps_glass.simulate.start import checksum

            described = [descriptor.name, plain(descriptor.get_params()), glass.name, plain(glass.options()), seed or 0]
            text = json.dumps([*described, checksum(snapshot)], sort_keys=True)
            folder = runs / hashlib.sha256(text.encode()).hexdigest()[:16]
        return describe(descriptor, snapshot, glass, seed=seed or 0, directory=folder, say=say)

    return describe_one


def replica_names(paths: Sequence[Path], names: Sequence[str] | None) -> list[str]:
    """Name the replica of each file: one ``--replica`` per file or for all, or the folder of the file or run."""
    if not names:
        folders = (path if path.is_dir() else path.parent for path in map(Path.resolve, paths))
        return [folder.name or "all" for folder in folders]
    if len(names) not in (1, len(paths)):
        raise InputError(f"--replica is given {len(names)} times for {len(paths)} files: give one, or one per file")
    return list(names) * (len(paths) if len(names) == 1 else 1)


def plain(value: object) -> Json:
    """Convert a value to JSON values: arrays and tuples to lists, NumPy numbers to Python's, others to text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)
