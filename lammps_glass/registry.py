"""Named parts of every family (glasses, protocols, descriptors ...): those of this package and of installed plug-ins.

A distribution offers a part as an entry point of the group ``lammps_glass.<family>`` (see docs/plugins.md). Names are
listed without importing anything; a class is imported when it is loaded or built.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Self, TypeVar

from lammps_glass.errors import InputError

LOGGER = logging.getLogger(__name__)

#: Kind of a part -> its family, the last word of its group of entry points.
FAMILIES = {
    "glass": "glasses",
    "potential": "potentials",
    "protocol": "protocols",
    "label": "labels",
    "descriptor": "descriptors",
    "indicator": "indicators",
    "operation": "operations",
    "figure kind": "figure_kinds",
    "study": "studies",
}
_PACKAGE = "lammps_glass"
Value = TypeVar("Value")


def unknown_name(kind: str, name: str, known: list[str]) -> InputError:
    """An `InputError` for a misspelt name, with the nearest known one and the whole list."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"unknown {kind} {name!r}: {hint}known are {', '.join(known) or 'none'}")


def named(kind: str, name: str, items: Mapping[str, Value]) -> Value:
    """Return an item by its name, or raise the `InputError` of `unknown_name`."""
    if name not in items:
        raise unknown_name(kind, name, list(items))
    return items[name]


@dataclass(frozen=True)
class Entry:
    """One named part.

    Attributes
    ----------
    name
        Name in study files and on the command line.
    target
        Where the part is: ``module:Class``.
    summary, units
        One line about it and the units of its numbers; of a plug-in's part `described` fills them in.
    protocol
        Of a descriptor that needs a simulation: the protocol whose records it takes.
    kind
        ``glass``, ``descriptor`` ...; set by the registry.
    distribution
        Name and version of the plug-in that offers it; empty for the parts of this package.
    fault
        Why it cannot be used (two plug-ins offer the name); empty for all others.
    """

    name: str
    target: str
    summary: str = ""
    units: str = ""
    protocol: str = ""
    kind: str = "part"
    distribution: str = ""
    fault: str = ""

    @property
    def module(self) -> str:
        """Module of the target."""
        return self.target.partition(":")[0].strip()

    def load(self) -> Any:
        """Import the class (function, recipe) of the target.

        Raises
        ------
        InputError
            The part is not of this package and cannot be imported.
        """
        if self.fault:
            raise InputError(self.fault)
        attributes = self.target.partition(":")[2].strip().split(".")
        try:
            return functools.reduce(getattr, filter(None, attributes), importlib.import_module(self.module))
        except (Exception, SystemExit) as error:  # a plug-in may raise anything
            if self.module.partition(".")[0] == _PACKAGE:
                raise
            raise InputError(f"{self}: {type(error).__name__}: {_first_line(str(error))}") from error

    def described(self) -> Self:
        """Fill in summary and units: of a plug-in from the first line of its docstring and its attribute ``units``.

        This imports a plug-in's part; one that cannot be imported has the reason as its summary.
        """
        if self.summary or self.fault:
            return replace(self, summary=self.summary or self.fault)
        try:
            summary, units, protocol = self._description()
        except InputError as error:
            return replace(self, summary=str(error))
        return replace(self, summary=summary.removesuffix("."), units=units, protocol=protocol)

    def _description(self) -> tuple[str, str, str]:
        part = self.load()
        of_class = inspect.isclass(part) or inspect.isroutine(part)
        summary = part.__doc__ if of_class else getattr(part, "title", "")
        units, protocol = (getattr(part, name, "") for name in ("units", "protocol"))
        texts = (value if isinstance(value, str) else "" for value in (summary, units, protocol))
        return tuple(map(_first_line, texts))  # type: ignore[return-value]

    def options(self) -> list[str]:
        """Names of the options that the part takes."""
        return [name for name in inspect.signature(self.load()).parameters if name != "self"]

    def build(self, options: Mapping[str, object] | None = None) -> Any:
        """Call the class with `options`; an option that it does not take is an `InputError`."""
        factory, known = self.load(), self.options()
        options = dict(options or {})
        for option in options:
            if option not in known:
                raise unknown_name(f"option of {self.kind} {self.name}", option, known)
        try:
            built = factory(**options)
        except TypeError as error:
            raise InputError(f"{self.kind} {self.name}: {error}") from error
        if self.distribution and getattr(built, "name", self.name) != self.name:
            raise InputError(f"{self}: its class has the name {built.name!r}; class and entry point must have the same")
        return built

    def __str__(self) -> str:
        source = f" of {self.distribution}" if self.distribution else ""
        return f"{self.kind} {self.name}{source}"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


@functools.lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    """The entry points of plug-ins by group; `path` is ``sys.path``, which decides what is installed."""
    points = entry_points()
    return {group: list(points.select(group=group)) for group in points.groups if group.startswith(f"{_PACKAGE}.")}


class Registry(Mapping[str, Entry]):
    """Names of one family -> entries, of this package and of plug-ins; classes are imported when they are asked for.

    A name of this package stays with it: a plug-in's part of the same name is left out with a warning. A name that two
    plug-ins offer is listed, and an `InputError` when it is used. Both name the distributions.

    Parameters
    ----------
    kind
        A key of `FAMILIES`.
    entries
        The parts of this package.
    entry
        Class of the entries.
    """

    def __init__(self, kind: str, entries: Iterable[Entry], entry: type[Entry] = Entry) -> None:
        self.kind = kind
        self._bundled = {bundled.name: replace(bundled, kind=kind) for bundled in entries}
        self._entry = entry
        self._merged: tuple[tuple[str, ...], dict[str, Entry]] = ((), {})

    @property
    def group(self) -> str:
        """Group of the entry points that plug-ins offer parts of this family in."""
        return f"{_PACKAGE}.{FAMILIES[self.kind]}"

    @property
    def _entries(self) -> dict[str, Entry]:
        path = tuple(sys.path)
        if self._merged[0] != path:
            self._merged = path, self._merge(_installed(path).get(self.group, []))
        return self._merged[1]

    def _merge(self, points: Iterable[EntryPoint]) -> dict[str, Entry]:
        entries = dict(self._bundled)
        for point in points:
            source = f"{point.dist.name} {point.dist.version}" if point.dist else "an unnamed distribution"
            offered = self._entry(point.name, point.value, kind=self.kind, distribution=source)
            earlier = entries.get(point.name)
            if point.name in self._bundled:
                LOGGER.warning("%s is left out: lammps-glass has a %s of this name", offered, self.kind)
            elif earlier is None:
                entries[point.name] = offered
            elif (earlier.distribution, earlier.target) != (source, point.value):
                both = f"{earlier.distribution} and {source}"
                fault = f"{self.kind} {point.name} is offered by {both}: uninstall one of them"
                entries[point.name] = replace(earlier, distribution=both, fault=fault)
        return entries

    def __getitem__(self, name: str) -> Entry:
        entries = self._entries
        if name not in entries:
            raise unknown_name(self.kind, name, list(entries))
        return entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bundled(self) -> list[str]:
        """Names of the parts of this package, without those of plug-ins."""
        return list(self._bundled)

    def build(self, name: str, options: Mapping[str, object] | None = None) -> Any:
        """Call the class of `name` with `options`; an option it does not take is an `InputError`."""
        return self[name].build(options)
