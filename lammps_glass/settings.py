"""Read tables and settings of files and the command line, and build dataclasses from them; faults name the key."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from lammps_glass.errors import InputError
from lammps_glass.json_types import JsonObject
from lammps_glass.registry import unknown_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import BaseModel

Built = TypeVar("Built", bound="DataclassInstance")


def read_toml(path: Path) -> JsonObject:
    """Read the tables of a TOML file."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}): save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if not tables:
        raise InputError(f"{path}: empty: a study needs [study], [glass] and [stages], a comparison [glass] and [sets]")
    return tables


def parse_set(text: str) -> tuple[list[str], object]:
    """Split ``stages.creep.steps=1000`` into (["stages", "creep", "steps"], 1000); the value is TOML or a word."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError(f"--set {text}: write key=value, such as --set stages.creep.steps=20000")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        if not value.strip() or any(c in value for c in "\"'\n[]{}=#"):
            raise InputError(f"--set {text}: {value!r} is not a TOML value") from None
        parsed = value.strip()
    if isinstance(parsed, (datetime.date, datetime.time)):
        parsed = value.strip()  # TOML reads 00:10:00 as a time of day; no key of a study is one
    return key.strip().split("."), parsed


def check_finite(value: object, where: str) -> None:
    """Raise `InputError` naming the key of any number that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{where}: {value} is not a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_finite(item, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_finite(item, f"{where}[{index}]")


def _frozen(value: object) -> object:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


@functools.cache
def _model(cls: type[DataclassInstance]) -> type[BaseModel]:
    """Return a strict pydantic model of a dataclass: no number from text, no integer from a truth value."""
    from pydantic import ConfigDict, create_model

    hints = get_type_hints(cls)
    fields: dict[str, Any] = {item.name: (hints[item.name], None) for item in dataclasses.fields(cls) if item.init}
    config = ConfigDict(strict=True, arbitrary_types_allowed=True)
    model: type[BaseModel] = create_model(cls.__name__, __config__=config, **fields)
    return model


def build(cls: type[Built], values: Mapping[str, object], where: str) -> Built:
    """Build an instance of the dataclass `cls` from the values of a table; errors name the key as `where.key`."""
    from pydantic import ValidationError

    model = _model(cls)
    for key in values:
        if key not in model.model_fields:
            raise InputError(f"{where}.{key}: {unknown_name('key', key, list(model.model_fields))}")
    check_finite(values, where)
    try:
        checked = model.model_validate({key: _frozen(value) for key, value in values.items()})
        return cls(**{key: getattr(checked, key) for key in values})
    except ValidationError as error:
        fault = error.errors()[0]
        key = str(fault["loc"][0])
        # a part (`lammps_glass.operations.parts`) says itself what is wrong
        reason = fault.get("ctx", {}).get("error") or f"{fault['msg']} (got {values[key]!r})"
        raise InputError(f"{where}.{key}: {reason}") from error
    except (TypeError, InputError) as error:
        raise InputError(f"{where}: {error}") from error
