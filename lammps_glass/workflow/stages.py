"""Stages and cases: what a study consists of, in order, and which cases read which."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.workflow.schema import StageTable

MAX_CASES = 1_000_000


@dataclass(frozen=True)
class CaseId:
    """One case of a stage: its index, its conditions and the name of its folder."""

    stage: str
    index: int
    conditions: Mapping[str, Any]

    @cached_property
    def name(self) -> str:
        """``replica-3_temperature-0.2``; ``all`` for a stage without conditions."""
        return "_".join(f"{key}-{value}" for key, value in self.conditions.items()) or "all"


@dataclass(frozen=True)
class Stage:
    """A named step of a study."""

    name: str
    table: StageTable
    cases: tuple[CaseId, ...] = field(default=(), repr=False)

    @property
    def kind(self) -> str:
        return self.table.kind

    @property
    def after(self) -> list[str]:
        return self.table.after


def expand(name: str, table: StageTable) -> tuple[CaseId, ...]:
    """The cases of a stage: the product of its conditions; ``replica=9`` means 1 ... 9."""
    n_cases = math.prod(v if isinstance(v, int) else len(v) for v in table.over.values())
    if n_cases > MAX_CASES:
        raise InputError(f"stages.{name}.over: {n_cases} cases, more than {MAX_CASES}: split the study")
    values = [list(range(1, v + 1)) if isinstance(v, int) else list(v) for v in table.over.values()]
    combinations = itertools.product(*values)
    cases = tuple(CaseId(name, i, dict(zip(table.over, row))) for i, row in enumerate(combinations))
    if len({case.name for case in cases}) < n_cases:
        raise InputError(f"stages.{name}.over: two cases would share a folder: rename a condition's values")
    return cases


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of conditions hold the same values wherever both name a condition."""
    return all(other[key] == value for key, value in one.items() if key in other)


def order_stages(tables: Mapping[str, StageTable], where: str) -> dict[str, Stage]:
    """The stages, every one behind those it reads.

    Raises
    ------
    InputError
        `after` names an unknown stage, or the stages read each other in a circle.
    """
    for name, table in tables.items():
        for earlier in table.after:
            if earlier not in tables:
                raise InputError(f"{where}: stages.{name}.after: {unknown_name('stage', earlier, list(tables))}")
    ordered: dict[str, Stage] = {}
    while len(ordered) < len(tables):
        ready = [n for n, t in tables.items() if n not in ordered and all(a in ordered for a in t.after)]
        if not ready:
            circle = ", ".join(n for n in tables if n not in ordered)
            raise InputError(f"{where}: stages {circle} read each other in a circle: mend their `after`")
        for name in ready:
            try:
                ordered[name] = Stage(name, tables[name], expand(name, tables[name]))
            except InputError as error:
                raise InputError(f"{where}: {error}") from error
    return ordered


def check_conditions(stages: Mapping[str, Stage], graph: Graph, where: str) -> None:
    """Refuse conditions with which a case would find, after hours, that there is nothing for it to read.

    Raises
    ------
    InputError
        More replicas than a stage that is read has, a case that reads nothing, or a ``left_out`` (the replica that a
        fold is tested on) that does not run over the replicas.
    """
    for stage in stages.values():
        for name in stage.after:
            _check_counts(stage, stages[name], where)
        for case in stage.cases:
            if stage.after and not any(graph.reads(case).values()):
                raise InputError(
                    f"{where}: stages.{stage.name}.over: case {case.name} reads no case of {', '.join(stage.after)}: "
                    "give them conditions that agree"
                )


def _check_counts(stage: Stage, earlier: Stage, where: str) -> None:
    here = f"{where}: stages.{stage.name}.over"
    for name, count in earlier.table.over.items():
        own = stage.table.over.get(name)
        if isinstance(count, int) and isinstance(own, int) and own > count:
            raise InputError(f"{here}.{name} = {own}, but stages.{earlier.name}.over.{name} = {count}: give as many")
    folds, replicas = stage.table.over.get("left_out"), earlier.table.over.get("replica")
    if isinstance(folds, int) and isinstance(replicas, int) and (folds != replicas or folds < 2):
        raise InputError(
            f"{here}.left_out = {folds}, and stages.{earlier.name}.over.replica = {replicas}: each replica is left out "
            "once, and at least one other trains"
        )


class Graph:
    """Which cases a case reads: those of the stages in its `after` whose conditions agree with its own."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self.stages = dict(stages)
        self._indexed: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[CaseId]]] = {}

    def reads(self, case: CaseId) -> dict[str, list[CaseId]]:
        """Stage name -> the cases of it that `case` reads."""
        return {name: self._matching(name, case) for name in self.stages[case.stage].after}

    def _matching(self, name: str, case: CaseId) -> list[CaseId]:
        earlier = self.stages[name]
        shared = tuple(key for key in earlier.table.over if key in case.conditions)
        index = self._indexed.get((name, shared))
        if index is None:
            index = {}
            for other in earlier.cases:
                index.setdefault(tuple(other.conditions[key] for key in shared), []).append(other)
            self._indexed[name, shared] = index
        return index.get(tuple(case.conditions[key] for key in shared), [])
