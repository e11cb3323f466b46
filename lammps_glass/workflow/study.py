"""`Study`: a study file in a folder; which cases there are, which are done, and how one is run."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli_w

from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.registry import unknown_name
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.recipe import Recipe
from lammps_glass.workflow import operations
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.reading import find_study, read_study
from lammps_glass.workflow.schema import StudyFile
from lammps_glass.workflow.stages import CaseId, Graph, Stage, order_stages
from lammps_glass.workflow.store import Store
from lammps_glass.workflow.values import derive_seed, digest


class Study:
    """A resolved study file and the folder of its products.

    Make one with `Study.read`. Cases are listed by `stages`, looked up with `case`, run with `run_case`.
    """

    def __init__(self, file: StudyFile, out: Path, where: str) -> None:
        self.file = file
        self.out = out
        self.where = where
        self.store = Store(out)
        self.recipe: Recipe = operations.recipe(file.study.name)
        self._stages = order_stages(file.stages, where)
        self.graph = Graph(self._stages)
        self._hashes: dict[tuple[str, str], str | None] = {}
        self._check_stages()

    @classmethod
    def read(
        cls,
        study: str | Path,
        preset: str | None = None,
        out: str | Path | None = None,
        sets: Mapping[str, Any] | list[str] = (),  # type: ignore[assignment]
    ) -> Study:
        """Read and check a study: a bundled name, a study file, or a study's folder.

        Raises
        ------
        InputError
            One line naming file and key; nothing has been created.
        """
        path = find_study(study)
        folder = path.parent if Path(study).is_dir() and path.parent == Path(study) else None
        file = read_study(study, preset, sets)
        name = f"{file.study.name}-{file.study.preset or 'study'}"
        return cls(file, Path(out) if out else (folder or Path(name)), str(path))

    def _check_stages(self) -> None:
        """Build every stage's parameters once, so that a fault shows before anything runs."""
        for stage in self.stages:
            where = f"{self.where}: stages.{stage.name}"
            self.glass(stage.cases[0])
            operations.stage_parameters(stage.table, stage.cases[0].conditions, self.recipe, where)

    # -- what there is ---------------------------------------------------------------------------------------------

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

    def missing(self, stage: Stage | str) -> list[CaseId]:
        """The cases of a stage that are not done."""
        name = stage if isinstance(stage, str) else stage.name
        return [case for case in self.stage(name).cases if not self.is_done(case)]

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

    # -- what is done ----------------------------------------------------------------------------------------------

    def params(self, case: CaseId) -> dict[str, Any]:
        """Everything of the study file that the case reads: what its parameters' hash is made of."""
        table = self.stage(case.stage).table
        where = f"{self.where}: stages.{case.stage}"
        built, version = operations.stage_parameters(table, case.conditions, self.recipe, where)
        return {
            "glass": {"name": self.glass(case).name, **dataclasses.asdict(self.glass(case))},
            "conditions": dict(case.conditions),
            "parameters": built,
            "runs": table.protocol or table.operation,
            "ranks": table.ranks,
            "seed": self.seed(case),
            "version": version,
        }

    def seed(self, case: CaseId) -> int:
        return derive_seed(self.file.study.seed, case.stage, dict(case.conditions))

    def input_hashes(self, case: CaseId) -> dict[str, str]:
        """``case/stage`` -> sha256 of that input's products.

        Raises
        ------
        NotReadyError
            An input is not done; the message names it.
        """
        hashes: dict[str, str] = {}
        for cases in self.graph.reads(case).values():
            for earlier in cases:
                found = self.products_hash(earlier)
                if found is None:
                    raise NotReadyError(
                        f"{case.name}/{case.stage} reads {earlier.name}/{earlier.stage}, which is not there yet: "
                        f"run stage {earlier.stage}, case {earlier.index} first"
                    )
                hashes[f"{earlier.name}/{earlier.stage}"] = found
        return hashes

    def key(self, case: CaseId, inputs: Mapping[str, str]) -> str:
        return digest({"params": digest(self.params(case)), "inputs": dict(inputs)})

    def products_hash(self, case: CaseId) -> str | None:
        """sha256 over the products of a finished case; None when it is not done (remembered once it is)."""
        known = self._hashes.get((case.name, case.stage))
        if known is None:
            manifest = self._fitting_manifest(case)
            known = manifest.products_hash if manifest else None
            if known is not None:
                self._hashes[case.name, case.stage] = known
        return known

    def _fitting_manifest(self, case: CaseId) -> Manifest | None:
        folder = self.store.folder(case)
        manifest = Manifest.read(folder)
        if manifest is None or manifest.fault(folder) is not None:
            return None
        try:
            return manifest if manifest.key == self.key(case, self.input_hashes(case)) else None
        except NotReadyError:
            return None

    def is_done(self, case: CaseId) -> bool:
        return self.products_hash(case) is not None

    def is_ready(self, case: CaseId) -> bool:
        """Whether every case that `case` reads is done."""
        return all(self.is_done(earlier) for cases in self.graph.reads(case).values() for earlier in cases)

    def forget(self) -> None:
        """Look at the folder afresh: another process may have changed it."""
        self._hashes.clear()

    def view(self, case: CaseId, directory: Path) -> Case:
        """What the operation of `case` sees."""
        table = self.stage(case.stage).table
        where = f"{self.where}: stages.{case.stage}"
        parameters, _ = operations.stage_parameters(table, case.conditions, self.recipe, where)
        after = {
            stage: tuple(Product(dict(c.conditions), self.store.folder(c)) for c in cases)
            for stage, cases in self.graph.reads(case).items()
        }
        conditions = dict(case.conditions)
        return Case(
            self.name,
            self.preset,
            case.stage,
            conditions,
            parameters,
            self.glass(case),
            self.seed(case),
            directory,
            after,
        )

    # -- running ---------------------------------------------------------------------------------------------------

    def claim(self, *, exact: bool) -> None:
        """Write the resolved study file into the folder, or check the one that is there.

        With `exact` (hand-written arrays) the file there must be equal; without (the controller) other parameters
        replace it, but a folder of another study or preset is refused.
        """
        path = self.out / "study.toml"
        text = tomli_w.dumps(self.file.model_dump(exclude_none=True, mode="json"))
        if path.exists():
            self._check_claim(path, text, exact)
        if not path.exists() and self.out.is_dir() and any(p for p in self.out.iterdir() if not p.name.startswith(".")):
            raise InputError(f"{self.out}: not empty and not a study's folder: choose another --out")
        self.out.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".study-{os.getpid()}.toml")
        draft.write_text(text, encoding="utf-8")
        try:
            if not path.exists():
                os.link(draft, path)
            elif path.read_text(encoding="utf-8") != text:
                draft.replace(path)
        except FileExistsError:
            self._check_claim(path, text, exact)
        finally:
            draft.unlink(missing_ok=True)

    def _check_claim(self, path: Path, text: str, exact: bool) -> None:
        there = read_study(path)
        for what in ("name", "preset"):
            ours, theirs = getattr(self.file.study, what), getattr(there.study, what)
            if ours != theirs:
                raise InputError(f"{path}: the folder holds {what} {theirs!r}, not {ours!r}: choose another --out")
        if exact and there != self.file:
            raise InputError(f"{path}: the folder holds this study with other parameters: choose another --out")

    def run_case(self, stage: Stage | str, case: CaseId) -> Manifest:
        """Run one case, unless it is done; see `lammps_glass.workflow.runner`."""
        from lammps_glass.workflow.runner import run_case

        self.claim(exact=True)
        return run_case(self, case)

    def reproduce(self, engine: str = "local", cores: int | None = None, **options: Any) -> dict[str, Any]:
        """Run everything that is missing and write tables, figures, ``summary.json`` and ``report.html``."""
        from lammps_glass.workflow.controller import reproduce

        return reproduce(self, engine=engine, cores=cores, **options)

    def summary(self) -> dict[str, Any]:
        """The summary of what is there now: scores, sizes, seconds, figures, versions."""
        from lammps_glass.workflow.summary import summarise

        return summarise(self)
