"""Write values in canonical form, hash them, derive seeds, and build dataclasses from the tables of a study file."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
import operator
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_origin, get_type_hints

from lammps_glass.errors import InputError, located
from lammps_glass.operations.parts import Part
from lammps_glass.registry import unknown_name

if TYPE_CHECKING:
    from pydantic import BaseModel

Built = TypeVar("Built")


def canonical(value: Any) -> str:
    """Write JSON with sorted keys and no spaces: equal values give equal text."""
    return _ENCODER.encode(value)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


#: Made once: a study of twenty thousand cases hashes eighty thousand values.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def digest(value: Any) -> str:
    """Return the sha256 of the canonical form."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def derive_seed(*parts: Any) -> int:
    """Return a seed in 1 ... 2^31 - 1 from (study seed, replica, stage, conditions): same parts, same seed."""
    return int(digest(list(parts))[:15], 16) % (2**31 - 1) + 1


def check_finite(value: Any, where: str) -> None:
    """Raise `InputError` naming the key of any number that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{where}: {value} is not a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_finite(item, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_finite(item, f"{where}[{index}]")


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


@functools.cache
def _model(cls: Any) -> type[BaseModel]:
    """Return a strict pydantic model of a dataclass: no number from text, no integer from a truth value."""
    from pydantic import ConfigDict, create_model

    fields: dict[str, Any] = {name: (hint, None) for name, hint in _hints(cls).items()}
    config = ConfigDict(strict=True, arbitrary_types_allowed=True)
    model: type[BaseModel] = create_model(cls.__name__, __config__=config, **fields)
    return model


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    """Return the types of the fields of a dataclass, as the model checks them once parts have been parsed."""
    hints = get_type_hints(cls)
    return {f.name: _instances(hints[f.name]) for f in dataclasses.fields(cls) if f.init}


def _instances(hint: Any) -> Any:
    """Return `hint` with every class of parts replaced by "an instance of it"."""
    from pydantic import InstanceOf

    if _is_part(hint):
        return InstanceOf[hint]  # type: ignore[misc]
    arguments = get_args(hint)
    if not any(map(_is_part, arguments)):
        return hint
    origin = get_origin(hint)
    replaced = tuple(map(_instances, arguments))
    return functools.reduce(operator.or_, replaced) if origin is UnionType else origin[replaced]


def _is_part(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Part)


def _parsed(hint: Any, value: Any) -> Any:
    """Parse the parts that a value of a study file names, alone or in a table."""
    if _is_part(hint):
        return hint.parse(value)
    for member in get_args(hint) if value is not None else ():
        if _is_part(member):
            tabled = get_origin(hint) is not UnionType and isinstance(value, Mapping)
            return {key: member.parse(item) for key, item in value.items()} if tabled else member.parse(value)
    return _frozen(value)


def build(cls: type[Built], values: Mapping[str, Any], where: str) -> Built:
    """Build an instance of the dataclass `cls` from the values of a table; errors name the key as `where.key`."""
    from pydantic import ValidationError

    names = [f.name for f in dataclasses.fields(cls) if f.init]  # type: ignore[arg-type]
    for key in values:
        if key not in names:
            raise InputError(f"{where}.{key}: {unknown_name('key', key, names)}")
    check_finite(values, where)
    parsed: dict[str, Any] = {}
    hints = get_type_hints(cls)
    for key, value in values.items():
        with located(f"{where}.{key}"):
            parsed[key] = _parsed(hints[key], value)
    try:
        model = _model(cast("Any", cls)).model_validate(parsed)
        built = cls(**{key: getattr(model, key) for key in values})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise InputError(f"{where}.{key}: {first['msg']} (got {values[key]!r})") from error
    except (TypeError, InputError) as error:
        raise InputError(f"{where}: {error}") from error
    return built
