"""Find and remove what a study's folder can do without: leftovers of killed runs, logs, trajectories read by all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lammps_glass.files import atomic_path
from lammps_glass.workflow.manifest import NAME, FileRecord, Manifest
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study


@dataclass(frozen=True)
class Removable:
    """A file or folder that may be removed, its description and size (bytes); `case` for a trajectory of that case."""

    path: Path
    description: str
    size: int
    case: CaseId | None = None


def removable(study: Study, *, frames: bool = False) -> list[Removable]:
    """List all that `clean` would remove, trajectories only with `frames`; nothing that a living process holds."""
    items = [Removable(path, description, size_of(path)) for path, description in study.store.leftovers()]
    logs = study.out / ".engine" / "logs"
    if logs.is_dir():
        items.append(Removable(logs, "logs of the engine", size_of(logs)))
    return [*items, *(trajectories(study, study.all_cases()) if frames else ())]


def trajectories(study: Study, cases: Iterable[CaseId]) -> Iterator[Removable]:
    """Find trajectories of those of `cases` that are finished simulations and whose readers, at least one, are done."""
    for case in cases:
        readers = study.readers.get(case.id, []) if study.stage(case.stage).simulates else []
        if readers and all(map(study.is_done, readers)) and study.is_done(case):
            for path in sorted(study.store.folder(case).glob("frames.*")):
                yield Removable(path, "trajectory", path.stat().st_size, case)


def drop_trajectories(study: Study, case: CaseId) -> None:
    """Remove the trajectories that `case`, which is done now, was the last to read."""
    remove(study, list(trajectories(study, study.reads(case))))


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    return sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file())


def remove(study: Study, items: list[Removable]) -> int:
    """Remove `items` and return their bytes.

    The manifest of a case notes that its trajectory was dropped before the file goes, so that the case stays done. A
    stage that needs it later (its parameters changed) says that it is not there; remove the case's folder to run it
    again.
    """
    for item in items:
        if item.case is not None:
            _note_dropped(study.store.folder(item.case), item.path.name)
        if item.path.is_dir():
            shutil.rmtree(item.path, ignore_errors=True)
        else:
            item.path.unlink(missing_ok=True)
    return sum(item.size for item in items)


def _note_dropped(folder: Path, name: str) -> None:
    manifest = Manifest.read(folder)
    if manifest is not None and name in manifest.products:
        dropped: FileRecord = {**manifest.products[name], "dropped": True}
        with atomic_path(folder / NAME) as draft:
            replace(manifest, products={**manifest.products, name: dropped}).write(draft.parent)
