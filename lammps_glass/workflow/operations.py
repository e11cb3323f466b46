"""Build what the tables of a study file name: glasses, operations and their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError, located
from lammps_glass.glasses import Glass, OwnGlass
from lammps_glass.glasses.building import glass_class
from lammps_glass.operations import REGISTRY as OPERATIONS
from lammps_glass.operations.operation import Operation
from lammps_glass.operations.parts import DescriptorPart, IndicatorPart, LabelPart
from lammps_glass.operations.simulation import NAME as SIMULATE, PROTOCOL, simulation
from lammps_glass.product import Condition, Conditions
from lammps_glass.registry import Entry, named
from lammps_glass.settings import build
from lammps_glass.simulate import try_interactions
from lammps_glass.simulate.deck import checked_name
from lammps_glass.simulate.protocols import REGISTRY as PROTOCOLS
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.snapshots import Cell
from lammps_glass.studies import REGISTRY as RECIPES
from lammps_glass.studies.recipe import Recipe
from lammps_glass.workflow.schema import StageTable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def recipe(name: str) -> Recipe:
    """Return the recipe of a study: a bundled one, or one that an installed distribution offers."""
    loaded: Recipe = RECIPES[name].load()
    return loaded


def build_glass(table: Mapping[str, object], where: str) -> Glass:
    """Build the glass that a ``[glass]`` table describes, and check its potential and the size of its box.

    Raises
    ------
    InputError
        Naming the key.
    """
    options = dict(table)
    name = options.pop("name", None)
    with located(f"{where}.name"):
        if not isinstance(name, str):
            raise InputError("missing key: a glass needs its name")
        cls = glass_class(name, options)
    glass: Glass = build(cls, {**options, "name": name} if issubclass(cls, OwnGlass) else options, where)
    try:
        try_interactions(glass)
        checked_name("suffix", glass.suffix)  # the deck would refuse it, but only when the first case runs
        glass.require_size(Cell.orthogonal([_edge(glass)] * 3))
        glass.interactions()
    except (InputError, OSError) as error:
        raise InputError(f"{where}: {error}") from error
    return glass


def _edge(glass: Glass) -> float:
    """Return the edge of the cube at the glass's density."""
    return float((glass.n_particles / glass.density) ** (1 / 3))


def find_operation(stage: str, table: StageTable, study: Recipe, where: str) -> Operation:
    """Return what a stage runs: an operation of the study, or one that every study may use.

    Raises
    ------
    InputError
        Naming the key.
    """
    with located(f"{where}: stages.{stage}.{PROTOCOL if table.run == SIMULATE else 'run'}"):
        if table.run != SIMULATE:
            by_name: dict[str, Operation | Entry] = {**study.operations, **OPERATIONS, **study.operations}
            operation = named("operation", table.run, by_name)
            return operation.load() if isinstance(operation, Entry) else operation
        protocol = table.parameters.get(PROTOCOL)
        if not isinstance(protocol, str):
            raise InputError("missing key: a stage that simulates names its protocol")
        return simulation(PROTOCOLS[protocol].load())


def stage_parameters(
    table: StageTable,
    operation: Operation,
    conditions: Conditions,
    by: Mapping[str, object],
    where: str,
    of_glass: Mapping[str, object],
) -> DataclassInstance:
    """Build the parameters of a case.

    A condition that is also a parameter (``temperature``, ``stress``, ``plane``) sets it, and values that depend on a
    condition (`by`) come before both. Those that the glass decides (`of_glass`) come last.
    """
    values = {name: value for name, value in table.parameters.items() if not (operation.protocol and name == PROTOCOL)}
    conditions = own_conditions(operation.parameters, conditions)
    return build(operation.parameters, {**of_glass, **values, **conditions, **by}, where)


def own_conditions(parameters: type[DataclassInstance], conditions: Conditions) -> dict[str, Condition]:
    """Return the conditions that are fields of a class of parameters."""
    names = {item.name for item in fields(parameters)}
    return {name: value for name, value in conditions.items() if name in names}


def check_use(parameters: DataclassInstance, glass: Glass, where: str) -> None:
    """Check parameters against the glass: protocols that fit it, parts that can be built, neighbourhoods in its box.

    Raises
    ------
    InputError
        Naming the key; found here, before hours of simulation, not when the stage starts.
    """
    if isinstance(parameters, Protocol):
        with located(f"{where}.{PROTOCOL}"):
            parameters.check_glass(glass)
            parameters.require_units(glass.units)
    for item in fields(parameters):
        value = getattr(parameters, item.name)
        with located(f"{where}.{item.name}"):
            for part in value.values() if isinstance(value, Mapping) else [value]:
                if isinstance(part, DescriptorPart):
                    descriptor = part.build(glass, getattr(parameters, "r_cut", None))
                    descriptor.require_units(glass.units)
                    descriptor.check_glass(glass)
                elif isinstance(part, IndicatorPart):
                    part.build(seed=0)
                elif isinstance(part, LabelPart):
                    _check_neighbourhood(part.build(), glass)
    try:
        _check_neighbourhood(parameters, glass)
    except InputError as error:
        raise InputError(f"{where}.{error}") from error


def _check_neighbourhood(parameters: object, glass: Glass) -> None:
    """Refuse a neighbourhood `r_max` beyond the edge of the glass's box."""
    r_max = getattr(parameters, "r_max", None)
    if isinstance(r_max, float) and r_max > _edge(glass):
        raise InputError(
            f"r_max = {r_max:g} is above what the cell allows: its edge is {_edge(glass):.4g}, and a particle would be "
            "its own neighbour; use a smaller r_max or more particles"
        )
