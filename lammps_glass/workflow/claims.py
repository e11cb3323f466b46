"""Whose folder it is: the resolved study file in a run's folder, written once and compared ever after."""

from __future__ import annotations

import os
from pathlib import Path

import tomli_w

from lammps_glass.errors import InputError
from lammps_glass.workflow.reading import read_study
from lammps_glass.workflow.schema import StudyFile

#: First line of the study file in a run's folder, which no hand wrote.
RESOLVED = "# Resolved by lammps-glass for the run in this folder: change the file it was made from, not this one."


def is_run_folder(folder: Path) -> bool:
    """Whether a run has made the study file in `folder`; one that a person wrote must never be replaced."""
    try:
        with (folder / "study.toml").open(encoding="utf-8", errors="replace") as stream:
            return stream.readline().strip() == RESOLVED
    except OSError:
        return False


def claim(file: StudyFile, out: Path, *, exact: bool) -> None:
    """Write the resolved study file into the folder, or check the one that is there.

    With `exact` (hand-written arrays) the file there must be equal; without (the controller) other parameters
    replace it, but a folder of another study or preset is refused.
    """
    check_claim(file, out, exact=exact)
    path = out / "study.toml"
    text = f"{RESOLVED}\n" + tomli_w.dumps(file.model_dump(exclude_none=True, mode="json"))
    out.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".study-{os.getpid()}.toml")
    draft.write_text(text, encoding="utf-8")
    try:
        if not path.exists():
            os.link(draft, path)
        elif not exact and path.read_text(encoding="utf-8") != text:
            draft.replace(path)
    except FileExistsError:
        check_claim(file, out, exact=exact)
    finally:
        draft.unlink(missing_ok=True)


def check_claim(file: StudyFile, out: Path, *, exact: bool) -> None:
    """Raise `InputError` unless the folder is new, empty or this study's; writes nothing."""
    path = out / "study.toml"
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: not a folder: choose another --out")
    if path.exists():
        _compare(file, path, exact)
    elif out.is_dir() and any(p for p in out.iterdir() if not p.name.startswith(".")):
        raise InputError(f"{out}: not empty and not a study's folder: choose another --out")


def _compare(file: StudyFile, path: Path, exact: bool) -> None:
    if not is_run_folder(path.parent):
        raise InputError(f"{path}: a study file that you wrote, not a run's: choose another --out")
    there = read_study(path)
    for what in ("name", "preset"):
        ours, theirs = getattr(file.study, what), getattr(there.study, what)
        if ours != theirs:
            raise InputError(f"{path}: the folder holds {what} {theirs!r}, not {ours!r}: choose another --out")
    if exact and there.model_copy(update={"engine": file.engine}) != file:
        raise InputError(f"{path}: the folder holds this study with other parameters: choose another --out")
