"""Keep the folders of cases: each is complete under its final name, or absent."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lammps_glass.errors import NotReadyError
from lammps_glass.files import atomic_path
from lammps_glass.workflow.locks import Lock
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.stages import CaseId

#: Pattern of the token in a temporary name: `.tmp-creep-*` would also match those of a stage called `creep-slow`.
TOKEN = "?" * 8

#: Called with the name of each step of a commit; tests end the process there.
commit_hook: Callable[[str], None] = lambda step: None  # noqa: E731


def sync_folder(path: Path) -> None:
    """fsync a folder, so that names made in it survive a crash."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """fsync every file and folder below `path`."""
    for item in path.rglob("*"):
        if item.is_dir():
            sync_folder(item)
        elif item.is_file():
            with item.open("rb") as stream:
                os.fsync(stream.fileno())
    sync_folder(path)


class Store:
    """The folder of a study's cases."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, case: CaseId) -> Path:
        """Return the folder of a finished case."""
        return Path(f"{self.root}/cases/{case.name}/{case.stage}")

    def failure_path(self, case: CaseId) -> Path:
        """Return the path of the record of a case's last failure."""
        return self.folder(case).with_name(f"{case.stage}.failed.json")

    def lock(self, case: CaseId) -> Lock:
        """Return the lock of a case, not taken."""
        return Lock(self.folder(case).with_name(f".{case.stage}.lock"))

    def failure(self, case: CaseId) -> dict[str, Any] | None:
        """Read why the case failed last; None when it did not."""
        try:
            values: dict[str, Any] = json.loads(self.failure_path(case).read_text(encoding="utf-8"))
            return values
        except (OSError, ValueError):
            return None

    def record_failure(self, case: CaseId, reason: dict[str, Any]) -> None:
        """Write why the case failed beside its folder."""
        path = self.failure_path(case)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as draft:
            draft.write_text(json.dumps(reason, indent=1, sort_keys=True), encoding="utf-8")

    @contextmanager
    def work(self, case: CaseId, key: str) -> Iterator[Path]:
        """Make a temporary folder for the products of `case`, with the segments of an earlier try of the same key.

        `key` is `Definition.resume_key`: the segments serve all cases that have it.
        """
        parent = self.folder(case).parent
        parent.mkdir(parents=True, exist_ok=True)
        folder = parent / f".tmp-{case.stage}-{uuid.uuid4().hex[:8]}"
        for earlier in sorted(parent.glob(f".tmp-{case.stage}-{TOKEN}")):
            keep = (earlier / "segments").is_dir() and _key_of(earlier) == key and not folder.exists()
            with suppress(OSError):
                if keep:
                    earlier.rename(folder)
                else:
                    shutil.rmtree(earlier)
        folder.mkdir(exist_ok=True)
        (folder / ".key").write_text(key)
        yield folder

    def commit(self, case: CaseId, folder: Path, manifest: Manifest) -> None:
        """Put the products of `case` in place: fsync, write the manifest last, rename; replace those of another key."""
        commit_hook("written")
        (folder / ".key").unlink(missing_ok=True)
        sync_tree(folder)
        commit_hook("synced")
        manifest.write(folder)
        sync_folder(folder)
        commit_hook("manifest")
        final = self.folder(case)
        earlier = Manifest.read(final)
        if earlier is not None and earlier.key == manifest.key and earlier.fault(final) is None:
            shutil.rmtree(folder)
            return
        old = final.with_name(f".old-{case.stage}-{uuid.uuid4().hex[:8]}")
        if final.exists():
            final.rename(old)
            commit_hook("set aside")
        folder.rename(final)
        commit_hook("renamed")
        sync_folder(final.parent)
        self.failure_path(case).unlink(missing_ok=True)
        shutil.rmtree(old, ignore_errors=True)

    def discard(self, case: CaseId) -> None:
        """Remove a finished case and what tries have left, so that it is run again from nothing."""
        final = self.folder(case)
        for path in [final, *final.parent.glob(f".tmp-{case.stage}-{TOKEN}")]:
            old = final.with_name(f".old-{case.stage}-{uuid.uuid4().hex[:8]}")
            with suppress(FileNotFoundError):
                path.rename(old)
            shutil.rmtree(old, ignore_errors=True)

    def require_manifest(self, case: CaseId) -> Manifest:
        """Read the manifest of a finished case.

        Raises
        ------
        NotReadyError
            There is none.
        """
        manifest = Manifest.read(self.folder(case))
        if manifest is None:
            raise NotReadyError(f"{case.name}/{case.stage} is not there yet: run that case first")
        return manifest

    def sweep(self) -> None:
        """Delete what killed runs left: temporary folders without segments whose lock is free, and replaced ones."""
        for path in [*self.root.glob(".publish-*"), *self.root.glob(".old-*")]:
            shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("cases/*/.old-*"):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("cases/*/.tmp-*"):
            stage = stage_of(path)
            if stage and not (path / "segments").is_dir() and not Lock(path.with_name(f".{stage}.lock")).is_held():
                shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("cases/*/.*.lock"):
            Lock(path).remove_if_stale()


def stage_of(path: Path) -> str:
    """Return the stage that a temporary folder ``.tmp-STAGE-TOKEN`` belongs to; empty for one of `atomic_path`."""
    return path.name.removeprefix(".tmp-").rpartition("-")[0]


def _key_of(folder: Path) -> str:
    try:
        return (folder / ".key").read_text()
    except OSError:
        return ""
