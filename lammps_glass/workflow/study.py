"""`Study`: a study file in a folder; which cases there are, which are done, and how one is run."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
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
from lammps_glass.workflow.values import canonical, derive_seed, digest

#: First line of the study file in a run's folder, which no hand wrote.
RESOLVED = "# Resolved by lammps-glass for the run in this folder: change the file it was made from, not this one."


def is_run_folder(folder: Path) -> bool:
    """Whether a run has made the study file in `folder`; one that a person wrote must never be replaced."""
    try:
        with (folder / "study.toml").open(encoding="utf-8", errors="replace") as stream:
            return stream.readline().strip() == RESOLVED
    except OSError:
        return False


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
        self._done: dict[tuple[str, int], tuple[str, float]] = {}
        self._params: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._depends: dict[str, tuple[str, ...]] = {}
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
        folder = path.parent if path.parent == Path(study) and is_run_folder(path.parent) else None
        file = read_study(study, preset, sets)
        name = f"{file.study.name}-{file.study.preset or 'study'}"
        return cls(file, Path(out) if out else (folder or Path(name)), str(path))

    def _check_stages(self) -> None:
        """Build every stage's parameters once, so that a fault shows before anything runs."""
        for stage in self.stages:
            for case in self._one_of_each(stage):
                operations.check_use(self.parameters(case)[0], self.glass(case), f"{self.where}: stages.{stage.name}")
        try:
            self.recipe.check(self.stage_parameters())
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from error

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

    def input_hashes(self, case: CaseId) -> dict[str, str]:
        """``case/stage`` -> sha256 of that input's products.

        Raises
        ------
        NotReadyError
            An input is not done; the message names it.
        """
        hashes: dict[str, str] = {}
        missing: list[CaseId] = []
        for earlier in self.reads(case):
            found = self.products_hash(earlier)
            if found is None:
                missing.append(earlier)
            else:
                hashes[f"{earlier.name}/{earlier.stage}"] = found
        if missing:
            named = ", ".join(f"{c.name}/{c.stage} (--stage {c.stage} --case {c.index})" for c in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise NotReadyError(f"{case.name}/{case.stage} reads what is not there yet: run first {named}{more}")
        return hashes

    def reads(self, case: CaseId) -> list[CaseId]:
        """The cases that `case` reads."""
        return [earlier for cases in self.graph.reads(case).values() for earlier in cases]

    def check_inputs(self, case: CaseId) -> None:
        """Compare the checksums of what `case` reads.

        Raises
        ------
        NotReadyError
            A product is not what was written; its case is taken away, so that it is run again.
        """
        for earlier in self.reads(case):
            if fault := self.verify(earlier):
                raise NotReadyError(f"{case.name}/{case.stage} cannot run: {fault}; run that case again first")

    def verify(self, case: CaseId) -> str | None:
        """What the checksums of a finished case's products say; a damaged case is taken away."""
        folder = self.store.folder(case)
        manifest = Manifest.read(folder)
        fault = manifest.fault(folder, checksums=True) if manifest else None
        if fault:
            self.store.discard(case)
            self._done.pop((case.stage, case.index), None)
        return fault

    def key(self, case: CaseId, inputs: Mapping[str, str]) -> str:
        return digest({"params": digest(self.params(case)), "inputs": dict(inputs)})

    def products_hash(self, case: CaseId) -> str | None:
        """sha256 over the products of a finished case; None when it is not done (remembered once it is)."""
        known = self._done.get((case.stage, case.index))
        if known is None:
            manifest = self._fitting_manifest(case)
            if manifest is None:
                return None
            known = self._done[case.stage, case.index] = (manifest.products_hash, manifest.seconds)
        return known[0]

    def seconds(self, case: CaseId) -> float | None:
        """How long a finished case took, s; None when it is not done."""
        return self._done[case.stage, case.index][1] if self.is_done(case) else None

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
        return all(self.is_done(earlier) for earlier in self.reads(case))

    def forget(self, inputs_of: Iterable[CaseId] | None = None) -> None:
        """Look at the folder afresh (or only at what some cases read): another process may have changed it."""
        if inputs_of is None:
            self._done.clear()
        for case in inputs_of or ():
            for earlier in self.reads(case):
                self._done.pop((earlier.stage, earlier.index), None)

    def view(self, case: CaseId, directory: Path) -> Case:
        """What the operation of `case` sees."""
        parameters, _ = self.parameters(case)
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
        self.check_claim(exact=exact)
        path = self.out / "study.toml"
        text = f"{RESOLVED}\n" + tomli_w.dumps(self.file.model_dump(exclude_none=True, mode="json"))
        self.out.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".study-{os.getpid()}.toml")
        draft.write_text(text, encoding="utf-8")
        try:
            if not path.exists():
                os.link(draft, path)
            elif not exact and path.read_text(encoding="utf-8") != text:
                draft.replace(path)
        except FileExistsError:
            self.check_claim(exact=exact)
        finally:
            draft.unlink(missing_ok=True)

    def check_claim(self, *, exact: bool) -> None:
        """Raise `InputError` unless the folder is new, empty or this study's; writes nothing."""
        path = self.out / "study.toml"
        if self.out.exists() and not self.out.is_dir():
            raise InputError(f"{self.out}: not a folder: choose another --out")
        if path.exists():
            self._compare_claim(path, exact)
        elif self.out.is_dir() and any(p for p in self.out.iterdir() if not p.name.startswith(".")):
            raise InputError(f"{self.out}: not empty and not a study's folder: choose another --out")

    def _compare_claim(self, path: Path, exact: bool) -> None:
        if not is_run_folder(self.out):
            raise InputError(f"{path}: a study file that you wrote, not a run's: choose another --out")
        there = read_study(path)
        for what in ("name", "preset"):
            ours, theirs = getattr(self.file.study, what), getattr(there.study, what)
            if ours != theirs:
                raise InputError(f"{path}: the folder holds {what} {theirs!r}, not {ours!r}: choose another --out")
        if exact and there.model_copy(update={"engine": self.file.engine}) != self.file:
            raise InputError(f"{path}: the folder holds this study with other parameters: choose another --out")

    def run_case(self, stage: Stage | str, case: CaseId, *, wait: float = math.inf) -> Manifest:
        """Run one case, unless it is done; one that another process runs is waited for (`wait` seconds)."""
        from lammps_glass.workflow.runner import run_case

        self.claim(exact=True)
        return run_case(self, case, wait=wait)

    def reproduce(self, engine: str = "local", cores: int | None = None, **options: Any) -> dict[str, Any]:
        """Run everything that is missing and write tables, figures, ``summary.json`` and ``report.html``."""
        from lammps_glass.workflow.controller import reproduce

        return reproduce(self, engine=engine, cores=cores, **options)

    def summary(self) -> dict[str, Any]:
        """The summary of what is there now: scores, sizes, seconds, figures, versions."""
        from lammps_glass.workflow.summary import summarise

        return summarise(self)
