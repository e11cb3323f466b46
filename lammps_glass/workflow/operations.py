"""What a stage runs: a protocol of the simulate kind, or an operation of the study's recipe or of every study."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lammps_glass.errors import InputError
from lammps_glass.registry import Registry, unknown_name
from lammps_glass.studies import REGISTRY as RECIPES
from lammps_glass.studies.recipe import Operation, Recipe
from lammps_glass.workflow.schema import StageTable
from lammps_glass.workflow.values import build


def recipe(name: str) -> Recipe:
    """The recipe of a study by its name."""
    loaded: Recipe = RECIPES[name].load()
    return loaded


def _registry(module: str) -> Registry:
    found: Registry = importlib.import_module(module).REGISTRY
    return found


def build_glass(table: Mapping[str, Any], where: str) -> Any:
    """The glass that a ``[glass]`` table describes."""
    options = dict(table)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise InputError(f"{where}.name: missing key: a glass needs its name")
    try:
        glass = _registry("lammps_glass.glasses")[name].load()
    except InputError as error:
        raise InputError(f"{where}.name: {error}") from error
    return build(glass, options, where)


def find_operation(name: str, study: Recipe, where: str) -> Operation:
    """An operation of the study, else one that every study has."""
    from lammps_glass.studies.common import OPERATIONS

    known = {**OPERATIONS, **study.operations}
    if name not in known:
        raise InputError(f"{where}.operation: {unknown_name('operation', name, list(known))}")
    return known[name]


def protocol_class(name: str, where: str) -> Any:
    try:
        return _registry("lammps_glass.simulate.protocols")[name].load()
    except InputError as error:
        raise InputError(f"{where}.protocol: {error}") from error


def stage_parameters(table: StageTable, conditions: Mapping[str, Any], study: Recipe, where: str) -> tuple[Any, int]:
    """The built parameters of a case and the version of what runs it.

    A condition that is also a parameter (``temperature``, ``stress``, ``plane``) sets it.
    """
    if table.kind == "simulate":
        cls = protocol_class(table.protocol or "", where)
        version = int(getattr(cls, "version", 1))
    else:
        operation = find_operation(table.operation or "", study, where)
        cls, version = operation.parameters, operation.version
    fields = cls.__dataclass_fields__
    values = {**table.parameters, **{k: v for k, v in conditions.items() if k in fields}}
    return build(cls, values, where), version


def simulate(
    protocol: Any, glass: Any, products: Mapping[str, Any], seed: int, directory: Path, engine: Any = None
) -> None:
    """Run `protocol` from the only record it reads, or from the glass itself when it reads none.

    `engine` (an `EngineOptions`) holds the communicator of a case on several ranks.
    """
    from lammps_glass.simulate import Record

    sources = [product for stage in products.values() for product in stage]
    if len(sources) > 1:
        raise InputError(f"a protocol starts from one record, this one reads {len(sources)}")
    source = Record(sources[0].path) if sources else glass
    protocol.run(source, seed=seed, directory=directory, glass=glass, engine=engine)
