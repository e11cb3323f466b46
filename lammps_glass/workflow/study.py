"""Open a study file with the folder of its products, and find which cases are done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lammps_glass.errors import NotReadyError
from lammps_glass.operations.case import Case
from lammps_glass.product import Product
from lammps_glass.workflow.definition import Definition
from lammps_glass.workflow.folder import is_run_folder
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.reading import Settings, find_study, read_study
from lammps_glass.workflow.schema import StudyFile
from lammps_glass.workflow.stages import CaseId, Stage
from lammps_glass.workflow.store import Store


class Done(NamedTuple):
    """Facts about a finished case: sha256 over its products, seconds it took, version that made it."""

    products_hash: str
    seconds: float
    version: str


class Study(Definition):
    """A study file and the folder of its products.

    Make one with `Study.read`; `run_case`, `reproduce` and `summarise` of `lammps_glass.workflow` act on it.
    """

    def __init__(self, file: StudyFile, out: Path, where: str) -> None:
        super().__init__(file, where)
        self.out = out
        self.store = Store(out)
        self._done: dict[tuple[str, int], Done] = {}

    @classmethod
    def read(
        cls,
        study: str | Path,
        preset: str | None = None,
        out: str | Path | None = None,
        sets: Settings = (),
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

    def missing(self, stage: Stage | str) -> list[CaseId]:
        """List the cases of a stage that are not done."""
        name = stage if isinstance(stage, str) else stage.name
        return [case for case in self.stage(name).cases if not self.is_done(case)]

    # -- what is done ----------------------------------------------------------------------------------------------

    def done(self, case: CaseId) -> Done | None:
        """Return facts about a finished case; None when it is not done (remembered once it is).

        It is done when its products fit its manifest, and its manifest the key that it has now.
        """
        if case.id in self._done:
            return self._done[case.id]
        folder = self.store.folder(case)
        manifest = Manifest.read(folder)
        if manifest is None or manifest.fault(folder) is not None:
            return None
        try:
            if manifest.key != self.key(case, self.input_hashes(case)):
                return None
        except NotReadyError:
            return None
        version = str(manifest.versions.get("lammps_glass"))
        return self._done.setdefault(case.id, Done(manifest.products_hash, manifest.seconds, version))

    def products_hash(self, case: CaseId) -> str | None:
        """Return the sha256 over the products of a finished case; None when it is not done."""
        done = self.done(case)
        return None if done is None else done.products_hash

    def input_hashes(self, case: CaseId) -> dict[str, str]:
        """Return ``case/stage`` -> sha256 of that input's products.

        Raises
        ------
        NotReadyError
            An input is not done; the message names it.
        """
        hashes: dict[str, str] = {}
        missing: list[CaseId] = []
        for earlier in self.reads(case):
            if done := self.done(earlier):
                hashes[f"{earlier.name}/{earlier.stage}"] = done.products_hash
            else:
                missing.append(earlier)
        if missing:
            names = ", ".join(f"{c.name}/{c.stage} (--stage {c.stage} --case {c.index})" for c in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise NotReadyError(f"{case.name}/{case.stage} reads what is not there yet: run first {names}{more}")
        return hashes

    def check_inputs(self, case: CaseId) -> None:
        """Compare the checksums of what `case` reads.

        Raises
        ------
        NotReadyError
            A product has changed since it was written; its case is removed, so that it is run again.
        """
        for earlier in self.reads(case):
            if fault := self.verify(earlier):
                raise NotReadyError(f"{case.name}/{case.stage} cannot run: {fault}; run that case again first")

    def verify(self, case: CaseId) -> str | None:
        """Compare the checksums of a finished case: return what is wrong, and remove a damaged case."""
        folder = self.store.folder(case)
        manifest = Manifest.read(folder)
        fault = manifest.fault(folder, checksums=True) if manifest else None
        if fault:
            self.store.discard(case)
            self._done.pop(case.id, None)
        return fault

    def is_done(self, case: CaseId) -> bool:
        """Whether the case is done; see `done`."""
        return self.done(case) is not None

    def is_ready(self, case: CaseId) -> bool:
        """Whether every case that `case` reads is done."""
        return all(self.is_done(earlier) for earlier in self.reads(case))

    def forget(self, inputs_of: Iterable[CaseId] | None = None) -> None:
        """Forget what is done (or only which inputs of some cases are): another process may have changed the folder."""
        if inputs_of is None:
            self._done.clear()
        for case in inputs_of or ():
            for earlier in self.reads(case):
                self._done.pop(earlier.id, None)

    def view(self, case: CaseId, directory: Path) -> Case[object]:
        """Return the case as its operation sees it, writing into `directory`."""
        return Case(
            study=self.name,
            preset=self.preset,
            stage=case.stage,
            conditions=dict(case.conditions),
            parameters=self.parameters(case),
            glass=self.glass(case),
            seed=self.seed(case),
            directory=directory,
            figures=self.recipe.figures,
        )

    def sources(self, case: CaseId) -> dict[str, tuple[Product, ...]]:
        """Return port -> the products that `case` reads through it."""
        return {
            port: tuple(self.product(earlier) for earlier in cases) for port, cases in self.graph.reads(case).items()
        }

    def product(self, case: CaseId) -> Product:
        """Return the product in the folder of a case."""
        writes = self.stage(case.stage).operation.writes
        return writes(self.store.folder(case), conditions=dict(case.conditions))
