"""Check a study file as a whole, and derive stages, cases, parameters, glasses, seeds and keys; without a folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError, located
from lammps_glass.glasses import Glass
from lammps_glass.hashing import canonical, derive_seed, digest
from lammps_glass.json_types import JsonObject
from lammps_glass.operations.operation import Wired
from lammps_glass.product import Condition
from lammps_glass.registry import named
from lammps_glass.studies.recipe import Recipe, Stages
from lammps_glass.workflow import operations
from lammps_glass.workflow.schema import StudyFile
from lammps_glass.workflow.stages import CaseId, Graph, Stage, check_conditions, order_stages

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Definition:
    """A checked study file.

    Parameters
    ----------
    file
        The tables of the file, a preset applied.
    where
        Name of the file in errors.
    """

    def __init__(self, file: StudyFile, where: str) -> None:
        self.file = file
        self.where = where
        self.recipe: Recipe = operations.recipe(file.study.name)
        self._stages = order_stages(file, partial(operations.find_operation, study=self.recipe, where=where), where)
        self.graph = Graph(self._stages)
        self._glasses: dict[str, Glass] = {}
        self._wired: dict[tuple[str, int], Wired] = {}
        self._params: dict[tuple[str, tuple[Condition, ...]], list[str]] = {}
        with located(where):
            self._check_by()
        self._check_stages()

    # -- checks ------------------------------------------------------------------------------------------------------

    def _check_by(self) -> None:
        """Refuse values for a condition that the stage does not run over, and two conditions that set one key.

        A glass that the file describes may be left out of a run without its values.
        """
        set_by: dict[tuple[str, str], tuple[str, str]] = {}  # (stage, key) -> (condition, key in the file)
        for name, tables in self.file.by.items():
            for value, table in tables.items():
                for stage, changes in table.stages.items():
                    where = f"by.{name}.{value}.stages.{stage}"
                    with located(where):
                        over = named("stage", stage, self._stages).over
                        values = dict.fromkeys(map(str, named("condition", name, over)))
                        named(name, value, {**values, **(self.file.glasses if name == "glass" else {})})
                    for key in changes:
                        condition, other = set_by.setdefault((stage, key), (name, f"{where}.{key}"))
                        if condition != name:
                            raise InputError(f"{where}.{key} and {other} may both apply: drop one")

    def _check_stages(self) -> None:
        """Build the parameters of every stage once, so that a fault shows before anything runs."""
        for stage in self.stages:
            for case in self._one_of_each(stage):
                operations.check_use(self.parameters(case), self.glass(case), f"{self.where}: stages.{stage.name}")
                wired = self.wired(case)
                with located(self.where):
                    stage.operation.check(wired)
        with located(self.where):
            self.recipe.check(self.wired_stages())

    def check_conditions(self) -> None:
        """Refuse conditions with which the whole cannot come to an end; parts of such a study can be run.

        Raises
        ------
        InputError
            A case has nothing to read: see `lammps_glass.workflow.stages.check_conditions`.
        """
        check_conditions(self._stages, self.graph, self.where)

    def wired_stages(self) -> Stages:
        """Return the stages as checks and reports see them."""
        return Stages(
            {stage.name: self.wired(stage.cases[0]) for stage in self.stages},
            lambda name: [self.wired(case) for case in self._one_of_each(self._stages[name])],
        )

    def wired(self, case: CaseId) -> Wired:
        """Return a case with the first case of every stage that each of its ports reads."""
        if case.id not in self._wired:
            stage = self._stages[case.stage]
            of_ports = self.graph.reads(case)
            reads = {}
            for port, cases in of_ports.items():
                firsts = {earlier.stage: earlier for earlier in reversed(cases)}
                reads[port] = tuple(self.wired(earlier) for earlier in reversed(firsts.values()))
            self._wired[case.id] = Wired(
                stage=case.stage,
                runs=stage.operation.runs,
                parameters=self.parameters(case),
                reads=reads,
                conditions=case.conditions,
                writes=stage.operation.writes,
                glass=self.glass(case),
                n_cases={port: len(cases) for port, cases in of_ports.items()},
            )
        return self._wired[case.id]

    def _one_of_each(self, stage: Stage) -> list[CaseId]:
        """Return a case for every value of every condition but the replica."""
        chosen: dict[tuple[str, Condition], CaseId] = {}
        for case in stage.cases:
            for item in case.conditions.items():
                if not item[0].startswith("replica"):
                    chosen.setdefault(item, case)
        return list({case.index: case for case in chosen.values()}.values()) or [stage.cases[0]]

    # -- what there is -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.file.study.name

    @property
    def title(self) -> str:
        """Heading of the report."""
        return self.file.study.title or self.recipe.title

    @property
    def preset(self) -> str:
        """Name of the preset; ``study`` for the file's own sizes."""
        return self.file.study.preset or "study"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, each behind those that it reads."""
        return tuple(self._stages.values())

    def stage(self, name: str) -> Stage:
        """Return a stage by its name."""
        with located(self.where):
            return named("stage", name, self._stages)

    def case(self, stage: str, index: int) -> CaseId:
        """Return a case of a stage by its index."""
        cases = self.stage(stage).cases
        if not 0 <= index < len(cases):
            raise InputError(f"{self.where}: stages.{stage} has cases 0 to {len(cases) - 1}, not {index}")
        return cases[index]

    def all_cases(self) -> Iterator[CaseId]:
        """Iterate over the cases of all stages."""
        for stage in self.stages:
            yield from stage.cases

    def reads(self, case: CaseId) -> list[CaseId]:
        """Return the cases that `case` reads, each once."""
        return self.graph.sources(case)

    @cached_property
    def readers(self) -> dict[tuple[str, int], list[CaseId]]:
        """Stage and index of a case -> the cases that read it; only of cases that are read."""
        readers: dict[tuple[str, int], list[CaseId]] = {}
        for case in self.all_cases():
            for earlier in self.reads(case):
                readers.setdefault(earlier.id, []).append(case)
        return readers

    # -- what a case is made of ----------------------------------------------------------------------------------------

    def glass(self, case: CaseId) -> Glass:
        """Return the glass of a case: that of its condition ``glass``, else the study's."""
        name = case.conditions.get("glass")
        where = f"{self.where}: glass" if name is None else f"{self.where}: glasses.{name}"
        if where not in self._glasses:
            with located(self.where):
                table = self.file.glass if name is None else named("glass", str(name), self.file.glasses)
            if table is None:
                table = next(iter(self.file.glasses.values()), None)  # of stages over no glass, which read tables only
            if table is None:
                raise InputError(f"{where}: missing table: write [glass] with a name")
            self._glasses[where] = operations.build_glass(table, where)
        return self._glasses[where]

    def parameters(self, case: CaseId) -> DataclassInstance:
        """Build the parameters of a case: those of ``[by.CONDITION.VALUE.stages.STAGE]`` come before the stage's."""
        stage = self._stages[case.stage]
        of_glass = stage.operation.of_glass(self.glass(case)) if stage.operation.of_glass else {}
        by: dict[str, object] = {}
        for name, value in case.conditions.items():
            if table := self.file.by.get(name, {}).get(str(value)):
                by |= table.stages.get(case.stage, {})
        where = f"{self.where}: stages.{case.stage}"
        return operations.stage_parameters(stage.table, stage.operation, case.conditions, by, where, of_glass)

    def params(self, case: CaseId) -> JsonObject:
        """Return all that a case reads of the study file, as JSON values."""
        values: JsonObject = json.loads(self._params_text(case))
        return values

    def params_hash(self, case: CaseId) -> str:
        """Return the sha256 of the canonical form of `params`."""
        return hashlib.sha256(self._params_text(case).encode()).hexdigest()

    def _params_text(self, case: CaseId) -> str:
        """Write the canonical form of `params` from its parts."""
        conditions = canonical(dict(case.conditions))
        entries = [*self._shared_params(case), f'"conditions":{conditions}', f'"seed":{self.seed(case)}']
        return f"{{{','.join(sorted(entries))}}}"

    def _shared_params(self, case: CaseId) -> list[str]:
        """Return the entries of `params` in canonical form, ``"name":value``, that cases of a stage share.

        They differ with the glass, with the conditions that set a parameter, and with those of ``[by]``.
        """
        stage = self._stages[case.stage]
        fields = stage.operation.parameters.__dataclass_fields__
        depends = (name for name in stage.over if name == "glass" or name in fields or name in self.file.by)
        at = stage.name, tuple(case.conditions[name] for name in depends)
        if at not in self._params:
            glass = self.glass(case)
            values = {
                "glass": {"name": glass.name, **dataclasses.asdict(glass)},
                "parameters": self.parameters(case),
                "runs": stage.operation.runs,
                "reads": stage.table.wiring,
                "ranks": stage.table.ranks,
                "version": stage.operation.version,
            }
            self._params[at] = [f'"{name}":{canonical(value)}' for name, value in values.items()]
        return self._params[at]

    def seed(self, case: CaseId) -> int:
        """Return the seed of a case, derived from the study's, the stage and the conditions."""
        return derive_seed(self.file.study.seed, case.stage, dict(case.conditions))

    def key(self, case: CaseId, inputs: Mapping[str, str]) -> str:
        """Return the key of a case: sha256 of its parameters and of the products that it reads."""
        return digest({"params": self.params_hash(case), "inputs": dict(inputs)})

    def resume_key(self, case: CaseId, inputs: Mapping[str, str]) -> str:
        """Return the key without the parameters that complete segments do not depend on (`Protocol.revisable`)."""
        revisable = getattr(self.stage(case.stage).operation.parameters, "revisable", ())
        if not revisable:
            return self.key(case, inputs)
        params = self.params(case)
        for name in revisable:
            params["parameters"].pop(name, None)
        return digest({"params": params, "inputs": dict(inputs)})
