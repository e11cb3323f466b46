"""Find and remove what a study's folder can do without: leftovers of killed runs, logs, trajectories read by all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lammps_glass.workflow.locks import Lock
from lammps_glass.workflow.manifest import FileRecord, Manifest
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.store import stage_of
from lammps_glass.workflow.study import Study
from lammps_glass.workflow.task_table import TaskTable


@dataclass(frozen=True)
class Removable:
    """A file or folder that may be removed, its description and size (bytes); `case` for a trajectory of that case."""

    path: Path
    description: str
    size: int
    case: CaseId | None = None


def removable(study: Study, *, frames: bool = False) -> list[Removable]:
    """List all that `clean` would remove, trajectories only with `frames`; nothing that a living process holds."""
    return [*_leftovers(study.out), *(_trajectories(study) if frames else ())]


def _leftovers(root: Path) -> Iterator[Removable]:
    for path in sorted(root.glob("cases/*/.old-*")):
        yield Removable(path, "replaced case", size_of(path))
    for path in sorted(root.glob("cases/*/.tmp-*")):
        if not Lock(path.with_name(f".{stage_of(path)}.lock")).is_held():
            segments = "segments of an " if (path / "segments").is_dir() else ""
            yield Removable(path, f"{segments}unfinished case", size_of(path))
    logs = root / ".engine" / "logs"
    if logs.is_dir():
        yield Removable(logs, "logs of the engine", size_of(logs))


def _trajectories(study: Study) -> Iterator[Removable]:
    """Find trajectories of finished simulations all of whose readers are done, and which have a reader."""
    readers: dict[tuple[str, int], list[CaseId]] = {}
    for case in study.all_cases():
        for earlier in study.reads(case):
            readers.setdefault(earlier.id, []).append(case)
    for stage in study.stages:
        for case in stage.cases if stage.simulates else ():
            reading = readers.get(case.id, [])
            if reading and all(map(study.is_done, reading)) and study.is_done(case):
                yield from trajectories_of(study, case)


def trajectories_of(study: Study, case: CaseId) -> Iterator[Removable]:
    """Find the trajectories in the folder of a finished simulation."""
    for path in sorted(study.store.folder(case).glob("frames.*")):
        yield Removable(path, "trajectory", path.stat().st_size, case)


def drop_read(study: Study, tasks: TaskTable, case: CaseId) -> None:
    """Remove the trajectories that `case`, which is done now, was the last to read."""
    for earlier in study.reads(case):
        if study.stage(earlier.stage).simulates and tasks.is_read_by_all(earlier):
            remove(study, list(trajectories_of(study, earlier)))


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
    if manifest is None or name not in manifest.products:
        return
    dropped: FileRecord = {**manifest.products[name], "dropped": True}
    products = {**manifest.products, name: dropped}
    draft = folder / ".draft"
    draft.mkdir(exist_ok=True)
    replace(manifest, products=products).write(draft)
    (draft / "manifest.json").replace(folder / "manifest.json")
    draft.rmdir()
