"""From names and ``--set`` options to a glass and a descriptor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError
from lammps_glass.registry import Registry, unknown_name

if TYPE_CHECKING:
    from lammps_glass.snapshots import Snapshot


def registry_of(family: str) -> Registry:
    """The registry of a family (``glasses``, ``simulate.protocols``, ``descriptors``, ``learn``, ``studies``)."""
    import importlib

    found: Registry = importlib.import_module(f"lammps_glass.{family}").REGISTRY
    return found


def option_names(registry: Registry, name: str) -> list[str]:
    """The options that the part `name` takes."""
    import inspect

    return [key for key in inspect.signature(registry[name].load()).parameters if key != "self"]


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
    return [] if name is None else option_names(registry_of("glasses"), name)


def build_descriptor(name: str, options: Mapping[str, Any], glass: Any) -> Any:
    """The descriptor `name`; the options ``species`` and ``radii``, when not given, come from the glass.

    Nothing else does: the ``r_cut`` of a glass is that of its interactions, not of a neighbourhood.
    """
    return registry_of("descriptors").build(name, _with_glass(name, options, glass))


def _with_glass(name: str, options: Mapping[str, Any], glass: Any) -> dict[str, Any]:
    """The options of a descriptor, and of each part of a joined one, with those that the glass knows."""
    descriptors = registry_of("descriptors")
    if isinstance(parts := options.get("parts"), Mapping):
        return {**options, "parts": {part: _with_glass(part, own, glass) for part, own in parts.items()}}
    known = option_names(descriptors, name)
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
