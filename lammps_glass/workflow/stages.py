"""Order the stages of a study, expand their cases, check their ports, and find which cases a case reads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lammps_glass.errors import InputError, located
from lammps_glass.operations.operation import Operation, Port
from lammps_glass.product import Condition, Conditions, name_of
from lammps_glass.registry import named, unknown_name
from lammps_glass.workflow.schema import StageTable, StudyFile

MAX_CASES = 1_000_000
#: Conditions whose values are the replicas: of a case's own, and of the one that a fold is tested on.
REPLICAS = ("replica", "left_out")


@dataclass(frozen=True)
class CaseId:
    """One case of a stage: its index, its conditions and the name of its folder."""

    stage: str
    index: int
    conditions: Conditions

    @cached_property
    def id(self) -> tuple[str, int]:
        """Stage and index: the key of the case in dictionaries."""
        return self.stage, self.index

    @cached_property
    def name(self) -> str:
        """``replica-3_temperature-0.2``; ``all`` for a stage without conditions."""
        return name_of(self.conditions)


@dataclass(frozen=True)
class Stage:
    """A named step of a study.

    Parameters
    ----------
    operation
        What it runs.
    over
        Condition -> its values, in the order of the study file.
    """

    name: str
    table: StageTable
    operation: Operation
    over: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    cases: tuple[CaseId, ...] = field(default=(), repr=False)

    @property
    def simulates(self) -> bool:
        """Whether the stage runs a protocol."""
        return bool(self.operation.protocol)

    @property
    def sources(self) -> list[str]:
        """Names of the stages that it reads, each once."""
        return list(dict.fromkeys(name for names in self.table.wiring.values() for name in names))


def _values(stage: str, name: str, value: int | str | list[Condition], file: StudyFile) -> tuple[Condition, ...]:
    """Return the values of a condition of a stage; one without values in the study file is an `InputError`."""
    if isinstance(value, int):
        return tuple(range(1, value + 1))
    if isinstance(value, list):
        return tuple(value)
    named = name if value == "all" else str(value)
    if named in file.conditions:
        return tuple(file.conditions[named])
    if named not in REPLICAS:
        raise InputError(f"stages.{stage}.over: {unknown_name('condition', named, [*file.conditions, *REPLICAS])}")
    if file.study.replicas is None:
        raise InputError(f"stages.{stage}.over: {name} runs over the replicas: give study.replicas their number")
    return tuple(range(1, file.study.replicas + 1))


def expand(name: str, over: Mapping[str, tuple[Condition, ...]]) -> tuple[CaseId, ...]:
    """Return the cases of a stage: the product of its conditions."""
    n_cases = math.prod(len(values) for values in over.values())
    if n_cases > MAX_CASES:
        raise InputError(f"stages.{name}.over: {n_cases} cases, more than {MAX_CASES}: split the study")
    combinations = itertools.product(*over.values())
    cases = tuple(CaseId(name, i, dict(zip(over, row))) for i, row in enumerate(combinations))
    if len({case.name for case in cases}) < n_cases:
        raise InputError(f"stages.{name}.over: two cases would share a folder: rename a condition's values")
    return cases


def order_stages(file: StudyFile, find: Callable[[str, StageTable], Operation], where: str) -> dict[str, Stage]:
    """Return the stages, each behind those that it reads, their ports checked.

    Parameters
    ----------
    find
        Returns the operation of a stage, from its name and table.

    Raises
    ------
    InputError
        A port is not wired or wired to what does not fit, or the stages read each other in a circle.
    """
    tables = file.stages
    operations = {name: find(name, table) for name, table in tables.items()}
    for name, table in tables.items():
        check_ports(name, table.wiring, operations, where)
    ordered: dict[str, Stage] = {}
    waiting = list(tables)
    while waiting:
        ready = [name for name in waiting if set(itertools.chain(*tables[name].wiring.values())) <= set(ordered)]
        if not ready:
            raise InputError(f"{where}: stages {', '.join(waiting)} read each other in a circle: change their `reads`")
        for name in ready:
            with located(where):
                over = {key: _values(name, key, value, file) for key, value in tables[name].over.items()}
                ordered[name] = Stage(name, tables[name], operations[name], over, expand(name, over))
        waiting = [name for name in waiting if name not in ordered]
    return ordered


def check_ports(
    name: str, wiring: Mapping[str, tuple[str, ...]], operations: Mapping[str, Operation], where: str
) -> None:
    """Check the ports of one stage against what the stages that it reads write.

    Raises
    ------
    InputError
        Naming stage, port, what it needs and which stages offer it.
    """
    operation = operations[name]

    def offering(port: Port) -> str:
        """Name the products of a port and the stages that write one."""
        writing = [other for other, item in operations.items() if other != name and port.accepts(item.writes)]
        return f"{port}; offered by {', '.join(writing) or 'no stage'}"

    for port, sources in wiring.items():
        with located(f"{where}: stages.{name}.reads.{port}"):
            needed = named(f"port of {operation.runs}", port, operation.ports)
            for source in sources:
                writes = named("stage", source, operations).writes
                if not needed.accepts(writes):
                    message = f"stage {source} writes {writes.__name__}, the port needs {offering(needed)}"
                    raise InputError(message)
    for port, needed in operation.ports.items():
        if not needed.optional and port not in wiring:
            message = f"{operation.runs} needs {port} = ..., a stage that writes {offering(needed)}"
            raise InputError(f"{where}: stages.{name}.reads: {message}")


def check_conditions(stages: Mapping[str, Stage], graph: Graph, where: str) -> None:
    """Refuse conditions with which a case would find, after hours, that there is nothing for it to read.

    Raises
    ------
    InputError
        More replicas than a stage that is read has, a port that needs one case and reads none or several, or a
        ``left_out`` (the replica that a fold is tested on) that does not run over the replicas.
    """
    for stage in stages.values():
        for source in stage.sources:
            _check_replicas(stage, stages[source], where)
        for case in stage.cases:
            for port, cases in graph.reads(case).items():
                many = stage.operation.ports[port].many
                if len(cases) != 1 and not (cases and many):
                    number = f"{len(cases)} cases" if cases else "no case"
                    needs = f"{', '.join(stage.table.wiring[port])}{'' if many else ', and needs one'}"
                    raise InputError(
                        f"{where}: stages.{stage.name}.reads.{port}: case {case.name} reads {number} of {needs}: give "
                        "them conditions that agree"
                    )


def _check_replicas(stage: Stage, source: Stage, where: str) -> None:
    here, there = f"{where}: stages.{stage.name}.over", f"stages.{source.name}.over.replica"
    replicas, folds, others = stage.over.get("replica"), stage.over.get("left_out"), source.over.get("replica")
    if replicas and others and not set(replicas) <= set(others):
        raise InputError(f"{here}.replica = {len(replicas)}, but {there} = {len(others)}: give as many")
    if folds and others and (set(folds) != set(others) or len(folds) < 2):
        raise InputError(
            f"{here}.left_out = {len(folds)}, and {there} = {len(others)}: each replica is left out once, and at least "
            "one other trains"
        )


class Graph:
    """Which cases a case reads: through each port, those of the wired stages whose conditions agree with its own."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self.stages = dict(stages)
        self._indexed: dict[tuple[str, tuple[str, ...]], dict[tuple[Condition, ...], list[CaseId]]] = {}

    def reads(self, case: CaseId) -> dict[str, list[CaseId]]:
        """Return port -> the cases that `case` reads through it."""
        wiring = self.stages[case.stage].table.wiring
        return {port: [c for name in names for c in self._matching(name, case)] for port, names in wiring.items()}

    def sources(self, case: CaseId) -> list[CaseId]:
        """Return the cases that `case` reads, each once."""
        return [c for name in self.stages[case.stage].sources for c in self._matching(name, case)]

    def _matching(self, name: str, case: CaseId) -> list[CaseId]:
        earlier = self.stages[name]
        shared = tuple(key for key in earlier.over if key in case.conditions)
        index = self._indexed.get((name, shared))
        if index is None:
            index = {}
            for other in earlier.cases:
                index.setdefault(tuple(other.conditions[key] for key in shared), []).append(other)
            self._indexed[name, shared] = index
        return index.get(tuple(case.conditions[key] for key in shared), [])
