"""Write values in canonical form, hash them, and derive seeds."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path


def canonical(value: object) -> str:
    """Write JSON with sorted keys and no spaces: equal values give equal text."""
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


#: Made once: a study of twenty thousand cases hashes eighty thousand values.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def digest(value: object) -> str:
    """Return the sha256 of the canonical form."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def derive_seed(*parts: object) -> int:
    """Return a seed in 1 ... 2^31 - 1 from (study seed, replica, stage, conditions): same parts, same seed."""
    return int(digest(list(parts))[:15], 16) % (2**31 - 1) + 1
