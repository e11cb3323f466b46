"""Types of JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: A value that JSON can hold; tuples are written as lists.
Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
#: An object read from JSON. Types of its values are known where it is read, not here.
JsonObject = dict[str, Any]
#: Options of a part by name, as JSON values; each part declares the types of its own.
Options = dict[str, Any]
