"""Read a study file with a preset and ``--set``; every fault is one line with file and key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from lammps_glass.errors import InputError, located
from lammps_glass.registry import named, unknown_name
from lammps_glass.resources import data_path
from lammps_glass.settings import check_finite, parse_set, read_toml
from lammps_glass.studies import REGISTRY as STUDIES
from lammps_glass.workflow.schema import StudyFile

#: Key of a stage that names the stage whose keys it has.
LIKE = "like"
#: Values by dotted key, or texts ``key=value`` of ``--set``.
Settings = Mapping[str, object] | Sequence[str]


def find_study(study: str | Path) -> Path:
    """Find a study file: by a registered study's name (text), by its path, or in a folder as ``study.toml``.

    The file of a registered study is ``examples/NAME/study.toml`` of the package that offers it. To name a folder that
    is called like one, give a `Path`, or ``./looseness``.
    """
    if isinstance(study, str) and study in STUDIES:
        return data_path("examples", study, "study.toml", owner=STUDIES[study].module)
    path = Path(study)
    path = path / "study.toml" if path.is_dir() else path
    if path.suffix != ".toml":
        raise unknown_name("study", str(study), list(STUDIES))
    if not path.is_file():
        raise InputError(f"{path}: no such study file; `lammps-glass init NAME` writes one")
    return path


def default_preset(study: str) -> str | None:
    """Return the preset of a command that names none: ``demo`` of a registered study that has it; of a file, none."""
    demo = study in STUDIES and "demo" in read_toml(find_study(study)).get("presets", {})
    return "demo" if demo else None


def _override(tables: dict[str, object], changes: Mapping[str, object], where: str) -> None:
    """Override values of `tables`; a stage or table that the base does not have is an error.

    A stage that is like another one may change any key: an unknown one is found when its parameters are built.
    """
    for key, value in changes.items():
        table = tables.get(key)
        if isinstance(value, Mapping) and isinstance(table, dict) and key != "over":
            _override(table, value, f"{where}.{key}")
        elif key not in tables and LIKE not in tables:
            unknown = unknown_name("key", key, list(tables))
            raise InputError(f"{where}.{key}: overrides a key that the study does not have; {unknown}")
        else:
            tables[key] = value


def resolve_likes(stages: Mapping[str, object]) -> dict[str, object]:
    """Return the stages, each with ``like = "STAGE"`` having the keys of that stage behind its own.

    Raises
    ------
    InputError
        There is no such stage, or stages are like each other in a circle.
    """

    def keys_of(name: str, behind: tuple[str, ...]) -> object:
        """Return the keys of a stage and of those that it is like."""
        table = stages[name]
        if not isinstance(table, dict) or LIKE not in table:
            return table
        base = table[LIKE]
        with located(f"stages.{name}.{LIKE}"):
            if not isinstance(base, str):
                raise InputError(f"{base!r} is not the name of a stage")
            named("stage", base, stages)
            if base in (name, *behind):
                raise InputError("stages are like each other in a circle: write the keys of one")
            inherited = keys_of(base, (name, *behind))
            if not isinstance(inherited, dict):
                raise InputError(f"stages.{base} is not a table")
        return {**inherited, **{key: value for key, value in table.items() if key != LIKE}}

    return {name: keys_of(name, ()) for name in stages}


def leave_out(stages: Mapping[str, object]) -> dict[str, object]:
    """Return the stages without those that are ``false``, which no other stage reads any more.

    A port that needs a stage which is left out is refused like one that was never wired.
    """
    left_out = [name for name, table in stages.items() if table is False]

    def wired(table: object) -> object:
        """Return the keys of a stage, without the stages that are left out among those that it reads."""
        if not left_out or not isinstance(table, dict) or not isinstance(table.get("reads"), dict):
            return table
        lists = {port: names if isinstance(names, list) else [names] for port, names in table["reads"].items()}
        reads = {port: [name for name in names if name not in left_out] for port, names in lists.items()}
        return {**table, "reads": {port: names for port, names in reads.items() if names}}

    return {name: wired(table) for name, table in stages.items() if name not in left_out}


def check_text(value: object, where: str) -> None:
    """Refuse text that LAMMPS or a shell would expand, and paths that leave the study.

    Raises
    ------
    InputError
        A control character, ``$``, backquote, ``&``, ``..`` or a path from the root or home (but to the potential table
        of a glass), with its key.
    """
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        check_text(item, f"{where}.{key}")
    if isinstance(value, str):
        if any(ord(c) < 32 or c in "$`&;|<>\"'\\" for c in value):
            raise InputError(f"{where}: {value!r} holds a character that is not allowed: use letters, digits, - and _")
        keys = where.split(".")  # files that a glass names: see `_resolve_glasses`
        is_file = keys[0] in ("glass", "glasses") and keys[-1] in ("table", "lines", "start", "folder")
        if (value.startswith(("/", "~")) or ".." in value.split("/")) and not is_file:
            raise InputError(f"{where}: {value!r} is a path outside the study: name what the package knows")


def _resolve_glasses(tables: dict[str, object], folder: Path) -> None:
    """Read glasses that are paths of a ``glass.toml``, alone or under the key ``file``, and make their paths absolute.

    Those of a study file start from its folder, those of ``--set`` from here.
    """
    if "glass" in tables:
        tables["glass"] = _resolved_glass(tables["glass"], folder)
    if isinstance(glasses := tables.get("glasses"), dict):
        tables["glasses"] = {name: _resolved_glass(glass, folder) for name, glass in glasses.items()}


def _resolved_glass(glass: object, folder: Path) -> object:
    from lammps_glass.glasses.building import read_table, resolved

    glass = {"file": glass} if isinstance(glass, str) else glass
    if not isinstance(glass, dict):
        return glass
    if isinstance(file := glass.get("file"), str):
        others = {key: value for key, value in glass.items() if key != "file"}
        return {**read_table(folder / Path(file).expanduser()), **resolved(others, folder)}
    return resolved(glass, folder)


def apply_sets(tables: dict[str, object], sets: Settings) -> None:
    """Apply ``--set`` options to the tables.

    A table that does not exist is an error, but for [engine], [engine.slurm], [engine.slurm.STAGE] and a parameter of a
    stage; parameters that are not tables refuse one when they are built.
    """
    stages = tables.get("stages")
    stage = "|".join(map(re.escape, stages)) if isinstance(stages, dict) else ""
    may_be_made = re.compile(rf"engine(\.slurm(\.({stage}))?)?|stages\.({stage})\.[^.]+")
    pairs = map(parse_set, sets) if not isinstance(sets, Mapping) else [(key.split("."), sets[key]) for key in sets]
    for keys, value in pairs:
        table = tables
        for depth, key in enumerate(keys[:-1], 1):
            path = ".".join(keys[:depth])
            if may_be_made.fullmatch(path):
                table.setdefault(key, {})
            inner = table.get(key)
            if not isinstance(inner, dict):
                names = [name for name, item in table.items() if isinstance(item, dict)]
                raise InputError(f"--set {'.'.join(keys)}: {unknown_name('table', path, names)}")
            table = inner
        table[keys[-1]] = value
        if keys[0] in ("glass", "glasses"):
            _resolve_glasses(tables, Path.cwd())


def read_study(study: str | Path, preset: str | None = None, sets: Settings = ()) -> StudyFile:
    """Read, resolve and check a study file.

    Raises
    ------
    InputError
        One line with file, key and what to do, for any fault.
    """
    path = find_study(study)
    tables = read_toml(path)
    _resolve_glasses(tables, path.parent.absolute())
    presets, head = tables.pop("presets", {}), tables.get("study")
    if not isinstance(presets, dict):
        raise InputError(f"{path}: presets: expected tables [presets.NAME]")
    if preset is not None and (not isinstance(head, dict) or preset != head.get("preset")):
        with located(str(path)):
            _override(tables, named("preset", preset, presets), f"presets.{preset}")
        _resolve_glasses(tables, path.parent.absolute())
        if isinstance(head, dict):
            head["preset"] = preset
    apply_sets(tables, sets)
    with located(str(path)):
        if isinstance(tables.get("stages"), dict):
            tables["stages"] = leave_out(resolve_likes(tables["stages"]))
        check_finite(tables, "")
        for name in ("study", "glass", "glasses", "stages"):
            check_text(tables.get(name), name)
        return validate(tables)


def validate(tables: Mapping[str, object]) -> StudyFile:
    """Check the tables against the schema; the first fault is reported with its key."""
    try:
        return StudyFile.model_validate(tables)
    except ValidationError as error:
        fault = error.errors()[0]
        parts = [str(part) for part in fault["loc"]]
        key = ".".join(part for part in parts if not part.startswith(("list[", "constrained", "function-")))
        message = {"extra_forbidden": "unknown key", "missing": "missing key"}.get(fault["type"], fault["msg"])
        got = "" if fault["type"] in ("missing", "value_error") else f" (got {fault['input']!r})"
        raise InputError(f"{key}: {message}{got}; see docs/study-file.md") from error
