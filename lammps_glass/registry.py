"""Named parts (glasses, protocols, descriptors ...): listed without importing them, built with checked options."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lammps_glass.errors import InputError


def unknown_name(kind: str, name: str, known: list[str]) -> InputError:
    """An `InputError` for a misspelt name, with the nearest known one and the whole list."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"unknown {kind} {name!r}: {hint}known are {', '.join(known) or 'none'}")


@dataclass(frozen=True)
class Entry:
    """One named part: where its class lives (``module:Class``) and what it is, in one line with units.

    ``protocol`` is set for a descriptor that needs a simulation: the protocol whose records it takes.
    """

    name: str
    target: str
    summary: str
    units: str = ""
    protocol: str = ""

    def load(self) -> Any:
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)


class Registry(Mapping[str, Entry]):
    """A mapping from names to entries; ``load`` and ``build`` import the class only when it is asked for."""

    def __init__(self, kind: str, entries: list[Entry]) -> None:
        self.kind = kind
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise unknown_name(self.kind, name, list(self._entries))
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def build(self, name: str, options: Mapping[str, Any] | None = None) -> Any:
        """The class of `name` called with `options`; an option it does not take is an `InputError`."""
        factory = self[name].load()
        options = dict(options or {})
        known = [key for key in inspect.signature(factory).parameters if key != "self"]
        for option in options:
            if option not in known:
                raise unknown_name(f"option of {self.kind} {name}", option, known)
        try:
            return factory(**options)
        except TypeError as error:
            raise InputError(f"{self.kind} {name}: {error}") from error
