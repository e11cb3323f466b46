"""Commands on the files of a study: init (a template), validate (a check), clean (remove what is not needed)."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.study import PANEL, Folder, Preset, StudyName, read_folder
from lammps_glass.cli.study_state import gigabytes
from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path

#: First lines of the file that `init` writes; the rest is the study file of a registered study.
HEADING = """\
# A study file of lammps-glass, made by `lammps-glass init`. Change what you like, then
#
#     lammps-glass validate {file}                        checks it, runs nothing
#     lammps-glass plan {file} --preset smoke             what it costs on this machine
#     lammps-glass reproduce {file} --preset smoke        runs it: minutes
#
# A stage runs an operation (run; "simulate" runs a protocol), reads other stages through its ports (reads) and runs
# over conditions (over); a case is one combination of conditions, and reads the cases that agree with it on them.
# `lammps-glass list operations`, `list protocols`, `list descriptors` ... show what there is; docs/own-study.md, how it
# fits together.
# `ranks = 4` in a stage's table runs each of its cases on four MPI ranks (pip install 'lammps-glass[mpi]').

"""


def init(
    common: Common,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the file, with or without .toml.")],
    study: Annotated[str, typer.Option("--study", help="The study to start from, by name.")] = "looseness",
) -> None:
    """Write a commented study file that is valid and runs with `reproduce NAME.toml --preset smoke`."""
    from lammps_glass.registry import unknown_name
    from lammps_glass.studies import REGISTRY
    from lammps_glass.workflow.reading import find_study

    if study not in REGISTRY:
        raise unknown_name("study", study, list(REGISTRY))
    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    if path.exists():
        raise InputError(f"{path} exists already: choose another name, or remove it")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder: make it first")
    text = HEADING.format(file=shlex.quote(str(path))) + find_study(study).read_text(encoding="utf-8")
    if not common.dry_run:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    common.say(f"{path}: {'would be ' if common.dry_run else ''}written; its first lines describe how to use it")


def validate(common: Common, study: StudyName, preset: Preset = None, settings: Settings = None) -> None:
    """Check a study file without running anything; all presets, unless one is named."""
    from lammps_glass.settings import read_toml
    from lammps_glass.workflow import Study
    from lammps_glass.workflow.reading import find_study

    path = find_study(study)
    names = [preset] if preset else [None, *read_toml(path).get("presets", {})]
    rows = []
    for name in names:
        checked = Study.read(path, name, None, list(settings or []))
        checked.check_conditions()
        rows.append({"preset": name or "", "stages": len(checked.stages), "cases": sum(1 for _ in checked.all_cases())})
    if common.json:
        common.show({"file": str(path), "valid": True, "presets": rows})
    common.say(f"{path}: valid, presets {', '.join(str(n) for n in names if n) or 'none'}")


def clean(
    common: Common,
    directory: Folder,
    frames: Annotated[
        bool, typer.Option("--frames", help="Also trajectories that all their readers have read.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """List removable files of a study (segments, leftovers, logs) with their size, and remove them."""
    from lammps_glass.workflow.cleaning import removable, remove
    from lammps_glass.workflow.controller import hold

    study = read_folder(directory)
    with hold(study):
        items = removable(study, frames=frames)
        total = gigabytes(sum(item.size for item in items))
        rows = [
            {
                "file": str(i.path.relative_to(directory)),
                "what": i.description,
                "size": i.size if common.json else gigabytes(i.size),
            }
            for i in items
        ]
        if items or common.json:
            common.table(f"{directory}: {total} can be removed", rows)
        if not items or common.dry_run:
            common.say("" if items else f"{directory}: nothing to remove")
            return
        if not yes:
            _confirm(f"Remove {len(items)} items, {total}?")
        common.say(f"{directory}: {gigabytes(remove(study, items))} freed")


def _confirm(question: str) -> None:
    """Ask a question, and end the command unless the answer is yes."""
    if not sys.stdin.isatty():
        raise InputError("clean: cannot ask without a terminal: give --yes to remove, --dry-run to list only")
    if not typer.confirm(question):
        raise typer.Exit


def register(app: typer.Typer) -> None:
    """Add the commands on a study's files."""
    for function in (init, validate, clean):
        command(app, function.__name__, panel=PANEL)(function)
