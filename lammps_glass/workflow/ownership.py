"""Write the resolved study file into a run's folder, and compare it with later ones."""

from __future__ import annotations

import os
from pathlib import Path

import tomli_w

from lammps_glass.errors import InputError
from lammps_glass.json_types import changed_keys
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


def take_folder(file: StudyFile, out: Path, *, exact: bool) -> None:
    """Write the resolved study file into the folder, or check the one that is there.

    Parameters
    ----------
    exact
        The file there must be equal (hand-written arrays); otherwise it is replaced by one of the same study and preset
        (the controller, which has asked before: see `lammps_glass.workflow.controller.refuse_losses`).

    Raises
    ------
    InputError
        The folder is of something else.
    """
    check_folder(file, out, exact=exact)
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
        check_folder(file, out, exact=exact)
    finally:
        draft.unlink(missing_ok=True)


def check_folder(file: StudyFile, out: Path, *, exact: bool) -> None:
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
    for name in ("name", "preset"):
        ours, theirs = getattr(file.study, name), getattr(there.study, name)
        if ours != theirs:
            raise InputError(f"{path}: the folder holds {name} {theirs!r}, not {ours!r}: choose another --out")
    if exact and (differing := differences(there, file)):
        raise InputError(f"{path}: the folder was made with other parameters: {differing[0]}: choose another --out")


def differences(there: StudyFile, file: StudyFile) -> list[str]:
    """List the keys that differ between two study files, but those of the engine: ``key = OLD, now NEW``."""
    old, new = (one.model_dump(exclude={"engine"}, exclude_none=True, mode="json") for one in (there, file))
    return changed_keys(old, new)
