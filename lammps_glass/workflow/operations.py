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
    """The recipe of a study, bundled or of an installed plug-in: what is installed adds code, a study file names it."""
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
    return check_glass(build(glass, options, where), where)


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
    values = {**table.parameters, **own_conditions(cls, conditions)}
    return build(cls, values, where), version


def own_conditions(cls: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions that are parameters of `cls`."""
    return {name: value for name, value in conditions.items() if name in cls.__dataclass_fields__}


def check_use(parameters: Any, glass: Any, where: str) -> None:
    """What parameters need beside their types: a descriptor with fitting options, neighbourhoods inside the box.

    Raises
    ------
    InputError
        Naming the key; found here, before hours of simulation, not when the stage starts.
    """
    if isinstance(name := getattr(parameters, "descriptor", None), str):
        try:
            _registry("lammps_glass.descriptors").build(name, getattr(parameters, "options", {}))
        except InputError as error:
            raise InputError(f"{where}.descriptor: {error}") from error
    edge = (glass.n_particles / glass.density) ** (1 / 3)
    if isinstance(r_max := getattr(parameters, "r_max", None), float) and r_max > edge:
        raise InputError(
            f"{where}.r_max: {r_max:g} is above what the cell allows: its edge is {edge:.4g}, and a particle would be "
            "its own neighbour; use a smaller r_max or more particles"
        )


def check_glass(glass: Any, where: str) -> Any:
    """`glass`, whose potential is there and whose box is large enough for it."""
    from lammps_glass.simulate.deck import checked_name
    from lammps_glass.snapshots import Cell

    try:
        checked_name("suffix", glass.suffix)  # the deck would refuse it, but only when the first case runs
        glass.require_size(Cell.orthogonal([(glass.n_particles / glass.density) ** (1 / 3)] * 3))
        glass.interactions()
    except (InputError, OSError) as error:
        raise InputError(f"{where}: {error}") from error
    return glass


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
