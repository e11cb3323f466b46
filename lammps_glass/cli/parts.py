"""From names and ``--set`` options to a glass and a descriptor, and from a file to the snapshots of that glass."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError, LammpsGlassError, SimulationError
from lammps_glass.registry import Entry, Registry, unknown_name

if TYPE_CHECKING:
    from lammps_glass.snapshots import Snapshot


#: Family, as `list` calls it -> the module that holds its registry.
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
    """The registry of a family of `FAMILIES`."""
    import importlib

    registry: Registry = importlib.import_module(FAMILIES[family]).REGISTRY
    return registry


def descriptor_entry(name: str) -> Entry:
    """The entry of a descriptor, by its name or as ``module:Class``; the module is found from the current folder too.

    Raises
    ------
    InputError
        Unknown name, or a target that cannot be imported or is no descriptor.
    """
    if ":" not in name:
        return registry_of("descriptors")[name]
    from lammps_glass.descriptors import Descriptor

    entry = Entry(name, name, kind="descriptor")
    if (folder := os.getcwd()) not in sys.path:
        sys.path.append(folder)  # last: no file of the folder hides a module that is installed
    loaded = entry.load()
    if not (isinstance(loaded, type) and issubclass(loaded, Descriptor)):
        raise InputError(f"{entry} is no class derived from lammps_glass.descriptors.Descriptor")
    return entry


def sort_settings(settings: Sequence[str] | None, known: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Give every ``--set key=value`` to the part it belongs to.

    Parameters
    ----------
    settings
        What the user wrote: ``part.key=value``, or ``key=value`` for the first part that takes `key`.
    known
        Part (``descriptor``, ``glass`` ...) -> the options that it takes.

    Raises
    ------
    InputError
        No ``=``, a value that is not TOML, or a key that no part takes.
    """
    from lammps_glass.workflow.reading import parse_set

    sorted_settings: dict[str, dict[str, Any]] = {part: {} for part in known}
    for text in settings or ():
        keys, value = parse_set(text)
        part, keys = (keys[0], keys[1:]) if len(keys) > 1 and keys[0] in known else ("", keys)
        takers = [part] if part else [name for name, options in known.items() if keys[0] in options]
        if not takers or keys[0] not in known[takers[0]]:
            options = [f"{name}.{option}" for name, all_of in known.items() for option in all_of]
            raise InputError(f"--set {text}: {unknown_name('key', '.'.join(filter(None, [part, *keys])), options)}")
        _put(sorted_settings[takers[0]], keys, value)
    return sorted_settings


def _put(table: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value


def build_glass(name: str | None, options: Mapping[str, Any]) -> Any:
    """The glass `name` with `options`; None when no glass is named."""
    return None if name is None else registry_of("glasses").build(name, options)


def glass_options(name: str | None) -> list[str]:
    """The options that the glass `name` takes."""
    return [] if name is None else registry_of("glasses")[name].options()


def build_descriptor(name: str, options: Mapping[str, Any], glass: Any) -> Any:
    """The descriptor `name` (or ``module:Class``); ``species`` and ``radii``, when not given, come from the glass.

    Nothing else does: the ``r_cut`` of a glass is that of its interactions, not of a neighbourhood.
    """
    return descriptor_entry(name).build(_with_glass(name, options, glass))


def _with_glass(name: str, options: Mapping[str, Any], glass: Any) -> dict[str, Any]:
    """The options of a descriptor, and of each part of a joined one, with those that the glass knows."""
    if isinstance(parts := options.get("parts"), Mapping):
        return {**options, "parts": {part: _with_glass(part, own, glass) for part, own in parts.items()}}
    known = descriptor_entry(name).options()
    shared = [key for key in ("species", "radii") if key in known and hasattr(glass, key)]
    of_glass: dict[str, Any] = {key: getattr(glass, key) for key in shared}
    return {**of_glass, **options}


def describing(descriptor: Any, glass: Any, seed: int | None) -> Callable[[Snapshot], Any]:
    """The function that gives the rows of a snapshot; it runs the simulations that `descriptor` needs, if any.

    Raises
    ------
    InputError
        The descriptor needs simulations and no glass is named, which would say how particles interact.
    """
    protocol = getattr(descriptor, "protocol", "")
    if not protocol:
        compute: Callable[[Snapshot], Any] = descriptor.compute
        return compute
    if glass is None:
        raise InputError(f"descriptor {descriptor.name} runs the protocol {protocol}: name the glass with --glass")
    from lammps_glass.simulate import describe

    return lambda snapshot: describe(descriptor, snapshot, glass, seed=seed or 0)


def read_frames(path: Path, glass: Any, *, last: bool = False) -> Iterator[Snapshot]:
    """The frames of a file one after the other, in terms of the species of `glass` and checked against it."""
    from lammps_glass.snapshots import Snapshot

    if not path.is_file():
        raise InputError(f"{path}: no such file")
    for snapshot in [Snapshot.read(path)] if last else Snapshot.read_all(path):
        yield as_glass(snapshot, glass, path)


def as_glass(snapshot: Snapshot, glass: Any, path: Path) -> Snapshot:
    """`snapshot` with the species of `glass`; a fault names the file and the step."""
    if glass is None:
        return snapshot
    try:
        checked: Snapshot = glass.check(snapshot)
    except InputError as error:
        raise located(error, path, snapshot.step) from error
    return checked


def located(error: LammpsGlassError, path: Path, step: int | None = None) -> LammpsGlassError:
    """The same error with the file (and step) in front, once."""
    text = str(error)
    if text.startswith(str(path)):
        return error
    text = f"{path}: " + ("" if step is None else f"step {step}: ") + text
    if isinstance(error, SimulationError):
        return SimulationError(text, log_tail=error.log_tail, deck=error.deck)
    return InputError(text)


def replica_names(paths: Sequence[Path], names: Sequence[str] | None) -> list[str]:
    """The replica of each file: its own ``--replica``, one for all, or the name of the file's folder."""
    if not names:
        return [path.resolve().parent.name or "all" for path in paths]
    if len(names) not in (1, len(paths)):
        raise InputError(f"--replica is given {len(names)} times for {len(paths)} files: give it once, or once a file")
    return list(names) * (len(paths) if len(names) == 1 else 1)


def plain(value: Any) -> Any:
    """`value` in terms of JSON: arrays and tuples as lists, NumPy numbers as Python's, other things as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)
