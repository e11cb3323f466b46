"""Keep the folders of cases: each is complete under its final name, or absent."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

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


class Failure(TypedDict, total=False):
    """Why a case failed: reason and exit status, ends of log and standard error, the deck, its key and attempt."""

    reason: str
    status: int
    log: str
    stderr: str
    deck: str
    key: str
    attempt: int
    time: str
    transient: bool


class Store:
    """The folder of a study's cases."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, case: CaseId) -> Path:
        """Return the folder of a finished case."""
        return Path(f"{self.root}/cases/{case.name}/{case.stage}")

    def lock(self, case: CaseId) -> Lock:
        """Return the lock of a case, not taken."""
        return Lock(self.folder(case).with_name(f".{case.stage}.lock"))

    def unfinished(self, case: CaseId) -> list[Path]:
        """List the temporary folders of tries of a case that have not come to their end."""
        return sorted(self.folder(case).parent.glob(f".tmp-{case.stage}-{TOKEN}"))

    # -- failures ----------------------------------------------------------------------------------------------------

    def failure_path(self, case: CaseId) -> Path:
        """Return the path of the record of a case's last failure."""
        return self.folder(case).with_name(f"{case.stage}.failed.json")

    def failure(self, case: CaseId) -> Failure | None:
        """Read why the case failed last; None when it did not."""
        try:
            values: Failure = json.loads(self.failure_path(case).read_text(encoding="utf-8"))
            return values
        except (OSError, ValueError):
            return None

    def attempt(self, case: CaseId) -> int:
        """Return the number of the next try, from 1."""
        return (self.failure(case) or {}).get("attempt", 0) + 1

    def record_failure(self, case: CaseId, failure: Failure) -> None:
        """Write why the case failed beside its folder."""
        path = self.failure_path(case)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as draft:
            draft.write_text(json.dumps(failure, indent=1, sort_keys=True), encoding="utf-8")

    # -- products ----------------------------------------------------------------------------------------------------

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

    @contextmanager
    def work(self, case: CaseId, key: str) -> Iterator[Path]:
        """Make a temporary folder for the products of `case`, with the segments of an earlier try of the same key.

        `key` is `Definition.resume_key`: the segments serve all cases that have it.
        """
        parent = self.folder(case).parent
        parent.mkdir(parents=True, exist_ok=True)
        folder = parent / f".tmp-{case.stage}-{uuid.uuid4().hex[:8]}"
        for earlier in self.unfinished(case):
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
        old = self._set_aside(case, final)
        commit_hook("set aside")
        folder.rename(final)
        commit_hook("renamed")
        sync_folder(final.parent)
        self.failure_path(case).unlink(missing_ok=True)
        shutil.rmtree(old, ignore_errors=True)

    def discard(self, case: CaseId) -> None:
        """Remove a finished case and what tries have left, so that it is run again from nothing."""
        for path in [self.folder(case), *self.unfinished(case)]:
            shutil.rmtree(self._set_aside(case, path), ignore_errors=True)

    def _set_aside(self, case: CaseId, folder: Path) -> Path:
        """Rename a folder of a case, if it is there, to a name under which `sweep` finds it; return that path."""
        old = folder.with_name(f".old-{case.stage}-{uuid.uuid4().hex[:8]}")
        with suppress(FileNotFoundError):
            folder.rename(old)
        return old

    # -- what killed runs left ---------------------------------------------------------------------------------------

    def leftovers(self) -> Iterator[tuple[Path, str]]:
        """Iterate over replaced and unfinished cases that no living process holds, each with its description."""
        for path in sorted(self.root.glob("cases/*/.old-*")):
            yield path, "replaced case"
        for path in sorted(self.root.glob("cases/*/.tmp-*")):
            if not Lock(path.with_name(f".{_stage_of(path)}.lock")).is_held():
                yield path, f"{'segments of an ' if (path / 'segments').is_dir() else ''}unfinished case"

    def sweep(self) -> None:
        """Delete leftovers without segments, half-published folders and the locks of dead processes."""
        drafts = [*self.root.glob(".publish-*"), *self.root.glob(".old-*")]
        for path in [*drafts, *(path for path, _ in self.leftovers() if _stage_of(path))]:
            if not (path / "segments").is_dir() or not path.name.startswith(".tmp-"):
                shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("cases/*/.*.lock"):
            Lock(path).remove_if_stale()


def _stage_of(path: Path) -> str:
    """Return the stage of a folder ``.tmp-STAGE-TOKEN`` or ``.old-STAGE-TOKEN``; empty for one of `atomic_path`."""
    return path.name[len(".tmp-") :].rpartition("-")[0]


def _key_of(folder: Path) -> str:
    try:
        return (folder / ".key").read_text()
    except OSError:
        return ""
