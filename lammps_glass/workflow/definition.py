"""`Definition`: what a study file says: stages, cases, their parameters, glasses, seeds and keys; no folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.studies.recipe import Recipe
from lammps_glass.workflow import operations
from lammps_glass.workflow.schema import StudyFile
from lammps_glass.workflow.stages import CaseId, Graph, Stage, check_conditions, order_stages
from lammps_glass.workflow.values import canonical, derive_seed, digest


class Definition:
    """A checked study file; `where` names it in errors."""

    def __init__(self, file: StudyFile, where: str) -> None:
        self.file = file
        self.where = where
        self.recipe: Recipe = operations.recipe(file.study.name)
        self._stages = order_stages(file.stages, where)
        self.graph = Graph(self._stages)
        self._params: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._depends: dict[str, tuple[str, ...]] = {}
        self._check_stages()

    def _check_stages(self) -> None:
        """Build every stage's parameters once, so that a fault shows before anything runs."""
        for stage in self.stages:
            for case in self._one_of_each(stage):
                operations.check_use(self.parameters(case)[0], self.glass(case), f"{self.where}: stages.{stage.name}")
        try:
            self.recipe.check(self.stage_parameters())
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from error

    def check_conditions(self) -> None:
        """Refuse conditions with which the whole cannot come to an end; parts of such a study can be run.

        Raises
        ------
        InputError
            A case has nothing to read: see `lammps_glass.workflow.stages.check_conditions`.
        """
        check_conditions(self._stages, self.graph, self.where)

    def stage_parameters(self) -> dict[str, Any]:
        """The built parameters of the first case of every stage, by its name."""
        return {stage.name: self.parameters(stage.cases[0])[0] for stage in self.stages}

    def _one_of_each(self, stage: Stage) -> list[CaseId]:
        """A case for every value of every condition."""
        chosen: dict[tuple[str, Any], CaseId] = {}
        for case in stage.cases:
            for item in case.conditions.items():
                if not item[0].startswith("replica"):
                    chosen.setdefault(item, case)
        return list(chosen.values()) or [stage.cases[0]]

    @property
    def name(self) -> str:
        return self.file.study.name

    @property
    def preset(self) -> str:
        return self.file.study.preset or "study"

    @property
    def stages(self) -> tuple[Stage, ...]:
        return tuple(self._stages.values())

    def stage(self, name: str) -> Stage:
        if name not in self._stages:
            raise InputError(f"{self.where}: {unknown_name('stage', name, list(self._stages))}")
        return self._stages[name]

    def case(self, stage: str, index: int) -> CaseId:
        cases = self.stage(stage).cases
        if not 0 <= index < len(cases):
            raise InputError(f"{self.where}: stages.{stage} has cases 0 to {len(cases) - 1}, not {index}")
        return cases[index]

    def all_cases(self) -> Iterator[CaseId]:
        for stage in self.stages:
            yield from stage.cases

    def glass(self, case: CaseId) -> Any:
        table, where = self.file.glass, "glass"
        if "glass" in case.conditions:
            name = str(case.conditions["glass"])
            if name not in self.file.glasses:
                raise InputError(f"{self.where}: {unknown_name('glass', name, list(self.file.glasses))}")
            table, where = self.file.glasses[name], f"glasses.{name}"
        if table is None:
            raise InputError(f"{self.where}: glass: missing table: write [glass] with a name")
        return self._glass(where, table)

    def _glass(self, where: str, table: Mapping[str, Any]) -> Any:
        if where not in self._glasses:
            self._glasses[where] = operations.build_glass(table, f"{self.where}: {where}")
        return self._glasses[where]

    @cached_property
    def _glasses(self) -> dict[str, Any]:
        return {}

    def params(self, case: CaseId) -> dict[str, Any]:
        """Everything of the study file that the case reads: what its parameters' hash is made of."""
        return {**self._shared_params(case), "conditions": dict(case.conditions), "seed": self.seed(case)}

    def parameters(self, case: CaseId) -> tuple[Any, int]:
        """The built parameters of a case and the version of what runs it."""
        table = self.stage(case.stage).table
        return operations.stage_parameters(table, case.conditions, self.recipe, f"{self.where}: stages.{case.stage}")

    def _shared_params(self, case: CaseId) -> dict[str, Any]:
        """The part of `params` that cases of a stage share; twenty thousand cases build it once, or once a value."""
        stage = self.stage(case.stage)
        varying = tuple(case.conditions[name] for name in self._varying(stage))
        if (stage.name, varying) not in self._params:
            built, version = self.parameters(case)
            glass = self.glass(case)
            plain = {
                "glass": {"name": glass.name, **dataclasses.asdict(glass)},
                "parameters": built,
                "runs": stage.table.protocol or stage.table.operation,
                "ranks": stage.table.ranks,
                "version": version,
            }
            self._params[stage.name, varying] = json.loads(canonical(plain))
        return self._params[stage.name, varying]

    def _varying(self, stage: Stage) -> tuple[str, ...]:
        """The conditions that the parameters or the glass depend on."""
        if stage.name not in self._depends:
            fields = type(self.parameters(stage.cases[0])[0]).__dataclass_fields__
            self._depends[stage.name] = tuple(n for n in stage.table.over if n == "glass" or n in fields)
        return self._depends[stage.name]

    def seed(self, case: CaseId) -> int:
        return derive_seed(self.file.study.seed, case.stage, dict(case.conditions))

    def reads(self, case: CaseId) -> list[CaseId]:
        """The cases that `case` reads."""
        return [earlier for cases in self.graph.reads(case).values() for earlier in cases]

    def key(self, case: CaseId, inputs: Mapping[str, str]) -> str:
        return digest({"params": digest(self.params(case)), "inputs": dict(inputs)})
