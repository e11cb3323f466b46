"""Options of a part: name, default and meaning, from its signature and its docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable

from lammps_glass.errors import InputError
from lammps_glass.registry import Entry

_SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", re.MULTILINE | re.DOTALL)


def options_of(entry: Entry) -> list[dict[str, str]]:
    """Return a row an option: ``option``, ``default`` (empty: it must be given) and ``meaning``.

    Raises
    ------
    InputError
        The part takes no options that can be listed, such as a study.
    """
    from lammps_glass.operations.operation import Operation

    part = entry.load()
    if isinstance(part, Operation):
        part = part.parameters
    if not callable(part):
        raise InputError(f"{entry} has no options to list: read its study file (`lammps-glass init DIR --study NAME`)")
    meanings = _meanings(part)
    return [
        {"option": name, "default": _default(part, parameter), "meaning": meanings.get(name, "")}
        for name, parameter in inspect.signature(part).parameters.items()
        if name != "self"
    ]


def _default(part: Callable[..., object], parameter: inspect.Parameter) -> str:
    """Format the default value of an option; that of a dataclass may come from a factory."""
    value = parameter.default
    if value is inspect.Parameter.empty:
        return ""
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            if field.name == parameter.name and field.default_factory is not dataclasses.MISSING:
                value = field.default_factory()
    return repr(value)


def _meanings(part: Callable[..., object]) -> dict[str, str]:
    """Return option -> meaning, from the section Parameters of the docstrings of a class and its bases."""
    documented = reversed(part.__mro__) if inspect.isclass(part) else [part]
    meanings: dict[str, str] = {}
    for source in documented:
        section = _SECTION.search(inspect.cleandoc(source.__doc__ or "") + "\n")
        names: list[str] = []
        for line in section.group(1).splitlines() if section else ():
            if line and not line.startswith(" "):
                names = [name.strip() for name in line.partition(":")[0].split(",")]
                meanings.update(dict.fromkeys(names, ""))
            else:
                meanings.update({name: f"{meanings[name]} {line.strip()}".strip() for name in names})
    return meanings
