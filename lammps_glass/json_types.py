"""Types of JSON values, and their comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: A value that JSON can hold; tuples are written as lists.
Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
#: An object read from JSON. Types of its values are known where it is read, not here.
JsonObject = dict[str, Any]
#: Options of a part by name, as JSON values; each part declares the types of its own.
Options = dict[str, Any]


def changed_keys(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """List the keys whose values differ between two nested tables, dotted: ``key = OLD, now NEW``."""
    before, after = _flat(old), _flat(new)
    keys = [*before, *(key for key in after if key not in before)]
    return [
        f"{key} = {before.get(key, '(none)')}, now {after.get(key, '(none)')}"
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return dotted key -> value of nested tables."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
