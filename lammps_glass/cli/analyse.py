"""``lammps-glass analyse``: dynamics and structure of the particles by quantile of an indicator, species or label."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import GlassName
from lammps_glass.cli.reading import Boundary, Reader, RowsAreParticles, TypeNames
from lammps_glass.errors import InputError, located

if TYPE_CHECKING:
    from lammps_glass.cli.indicator_values import Source
    from lammps_glass.glasses import Glass
    from lammps_glass.operations.dynamics_curves import DynamicsSettings, GroupedTrajectory
    from lammps_glass.operations.findings_page import PageLabels
    from lammps_glass.simulate import Record
    from lammps_glass.snapshots import Snapshot

_SUMMARY = "summary.json"

Trajectories = Annotated[
    list[Path],
    typer.Argument(
        metavar="TRAJECTORY...",
        help="LAMMPS dumps (.gz, .zst) or files that ASE reads, one trajectory each; several of one folder are runs "
        "of one replica.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "analyse", panel="Dumps")(analyse)


def analyse(
    common: Common,
    indicator: Annotated[
        str,
        typer.Argument(
            metavar="INDICATOR",
            help="A MODEL of `train`, a column of the dumps, DESCRIPTOR:COLUMN, or a table keyed by replica, step, "
            "particle (with --by species: the word species).",
            show_default=False,
        ),
    ],
    trajectories: Trajectories,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make, with tables, figures, report.html.")],
    further: Annotated[
        list[str] | None,
        typer.Option(
            "--indicator",
            help="Another indicator, like INDICATOR or TABLE:COLUMN, whose prediction against time is drawn beside; "
            "again for more.",
        ),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="quantile=N, species, or label (values 0 and 1).")] = "quantile=5",
    observables: Annotated[
        str | None, typer.Option("--observables", help="Names, with commas (default: all that the data allow).")
    ] = None,
    q: Annotated[float | None, typer.Option("--q", help="Wave number (default: first peak of S(q)).")] = None,
    distance: Annotated[
        float | None, typer.Option("--distance", help="Of the overlap (default: 0.3 x the first peak of g(r)).")
    ] = None,
    directions: Annotated[str, typer.Option("--directions", help="Of q: sphere (exact) or box.")] = "sphere",
    origins: Annotated[
        int | None,
        typer.Option("--origins", min=1, help="Most origins a trajectory (default: 1 where values are computed)."),
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="A table's values are of the configuration that the run started from.")
    ] = False,
    max_origins: Annotated[int | None, typer.Option("--max-origins", min=1, help="Most origins of a lag.")] = None,
    particles: Annotated[str | None, typer.Option("--species", help="Only particles of this species.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="Column of a table of values.")] = None,
    timestep: Annotated[
        float | None, typer.Option("--timestep", help="Duration of a step (default: of the glass, else steps).")
    ] = None,
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        list[str] | None,
        typer.Option(
            "--replica",
            help="Replica, once or once a file (default: the file's folder; runs from one start are of one replica).",
        ),
    ] = None,
    descriptor: Annotated[
        str | None, typer.Option("--descriptor", "-d", help="The module:Class that MODEL says it needs, if it does.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a folder that `analyse` made.")] = False,
    types: TypeNames = None,
    boundary: Boundary = None,
    rows_are_particles: RowsAreParticles = False,
) -> None:
    """Analyse the dynamics of particles by group: tables, figures and a report, and prediction against time.

    Averages start only at frames at which the particles have a value: the origins.
    """
    from lammps_glass.cli.indicator_values import Source
    from lammps_glass.operations.dynamics_curves import SPECIES, DynamicsSettings
    from lammps_glass.operations.dynamics_figures import OBSERVABLES
    from lammps_glass.operations.findings_page import PageLabels
    from lammps_glass.operations.group_dynamics import UNITS

    kind, n_groups = _parse_by(by)
    chosen = None if observables is None else [name.strip() for name in observables.split(",")]
    if unknown := [name for name in chosen or () if name not in OBSERVABLES]:
        raise InputError(f"--observables {', '.join(unknown)}: there are {', '.join(OBSERVABLES)}")
    if timestep is not None and not timestep > 0:
        raise InputError(f"--timestep {timestep:g} must be above 0")
    source = Source(indicator, column, origins, from_start)
    if from_start and (kind == SPECIES or not source.is_table):
        raise InputError(
            "--from-start is for a table (.parquet, .csv) of values of the configuration that the run started from, "
            "whose step no frame has; other values are computed from the frames or read in them: leave it out"
        )
    asked = DynamicsSettings(
        by=kind, n_groups=n_groups, q=q, distance=distance, species=particles, directions=directions,
        max_origins=max_origins,
    )  # fmt: skip
    of_descriptor = parts.descriptor_entry(source.descriptor).options() if source.descriptor else []
    options = parts.sort_settings(settings, {"descriptor": of_descriptor, "glass": parts.glass_options(glass)})
    records = _records(trajectories)
    built = parts.build_glass(glass, options["glass"]) if glass else _glass_of_runs(records)
    more = [_further(text, origins, from_start) for text in further or ()]
    naming = built or _glass_of_model([source, *more], descriptor, common.seed)
    reader = Reader(naming, types, boundary, rows_are_particles, common.say)
    source = dataclasses.replace(source, options=options["descriptor"])
    replicas = parts.replica_names(trajectories, replica) if replica else _replicas_of_runs(trajectories, records)
    _check_folder(output, replace)
    _check_species(next(reader.frames(trajectories[0])), trajectories[0], particles, by_species=kind == SPECIES)
    grouped, name = _grouped(common, source, more, trajectories, replicas, reader, kind, descriptor)
    if common.dry_run:
        rows = [{"file": str(p), "replica": t.replica, "origins": len(t.values)} for p, t in zip(trajectories, grouped)]
        return common.table(f"would analyse by {by} of {name}", rows)
    duration = timestep or (built.timestep if built else None)
    time, length = UNITS[built.units] if built else ("steps" if duration is None else "time units", "length units")
    labels = PageLabels(name, time, length)
    _write(common, output, grouped, asked, labels, duration, chosen, built, by)


def _records(paths: Sequence[Path]) -> list[Record | None]:
    """Return the record of each path that is the folder of a run; None for the others."""
    from lammps_glass.simulate.record import IDENTITY, Record

    return [Record(path) if (path / IDENTITY).is_file() else None for path in paths]


def _glass_of_runs(records: Sequence[Record | None]) -> Glass | None:
    """Return the glass of run folders; None where a path is another file, or the glasses are several."""
    runs = [record for record in records if record is not None]
    if len(runs) < len(records) or any(run.identity["glass"] != runs[0].identity["glass"] for run in runs):
        return None
    return runs[0].glass


def _replicas_of_runs(paths: Sequence[Path], records: Sequence[Record | None]) -> list[str]:
    """Name the replicas of trajectories: runs that started from one configuration are of one.

    It has the name of the folder that holds them, if that holds no other, else of the first of them.
    """
    names = parts.replica_names(paths, None)
    starts = ["" if record is None else record.identity["start"] for record in records]
    for start in {start for start in starts if starts.count(start) > 1} - {""}:
        rows = [row for row, other in enumerate(starts) if other == start]
        holders = {paths[row].resolve().parent for row in rows}
        alone = {starts[row] for row, path in enumerate(paths) if path.resolve().parent in holders} == {start}
        name = holders.pop().name if len(holders) == 1 and alone else names[rows[0]]
        for row in rows:
            names[row] = name
    return names


def _glass_of_model(sources: Sequence[Source], descriptor: str | None, seed: int | None) -> Glass | None:
    """Return the glass that a saved indicator was trained on, which names the types of a trajectory as in `predict`."""
    from lammps_glass.cli.predict import load_predictor

    models = [source.path for source in sources if source.path is not None and not source.is_table]
    return load_predictor(models[0], None, descriptor, seed)[1] if models else None


def _further(text: str, origins: int | None, from_start: bool) -> Source:
    """Return the source of a further indicator; a column of a table is TABLE:COLUMN."""
    from lammps_glass.cli.indicator_values import Source

    table, _, column = text.rpartition(":")
    return (
        Source(table, column, origins, from_start)
        if Source(table).is_table
        else Source(text, None, origins, from_start)
    )


def _parse_by(text: str) -> tuple[str, int]:
    """Return the kind of groups, and the number of quantiles."""
    kind, _, number = text.partition("=")
    if kind == "quantile" and (not number or (number.isdigit() and int(number) >= 2)):
        return kind, int(number or 5)
    if kind in ("species", "label") and not number:
        return kind, 2
    raise InputError(f"--by {text}: must be quantile=N (N at least 2), species or label")


def _check_species(first: Snapshot, path: Path, particles: str | None, *, by_species: bool) -> None:
    """Refuse species that the first frame of a trajectory does not name, and say how to name them."""
    from lammps_glass.registry import unknown_name
    from lammps_glass.snapshots.snapshot import UNKNOWN

    if first.species == (UNKNOWN,) and (by_species or particles is not None):
        raise InputError(
            f"{path}: has neither types nor elements to tell species by: write the column type or element, and name "
            "the types with --types A,B"
        )
    if particles is not None and particles not in first.species:
        unnamed = all(name.isdigit() for name in first.species)
        hint = f"; --types A,B names the types {', '.join(first.species)} of this file" if unnamed else ""
        raise InputError(f"{path}: --species: {unknown_name('species', particles, list(first.species))}{hint}")


def _check_folder(output: Path, replace: bool) -> None:
    """Refuse a file, and a folder with contents that `analyse` did not make or may not replace."""
    if output.is_file():
        raise InputError(f"{output}: is a file; name a folder")
    if not output.resolve().parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}; make it first")
    if not output.is_dir() or not any(output.iterdir()):
        return
    if not (output / _SUMMARY).is_file() or not (output / "report.html").is_file():
        raise InputError(f"{output}: holds files of another origin; name an empty folder")
    if not replace:
        raise InputError(f"{output}: holds an analysis; --replace makes it anew, or name another folder")


def _grouped(
    common: Common,
    source: Source,
    further: Sequence[Source],
    paths: Sequence[Path],
    replicas: Sequence[str],
    reader: Reader,
    kind: str,
    descriptor: str | None,
) -> tuple[list[GroupedTrajectory], str]:
    """Join the values of the indicators onto the trajectories, and name the main one."""
    from lammps_glass.cli.indicator_values import Values, run_names
    from lammps_glass.operations.dynamics_curves import SPECIES, GroupedTrajectory

    if kind == SPECIES:
        values, name = None, "species"
    else:
        values = Values(source, reader.glass, next(reader.frames(paths[0])), common.seed, descriptor)
        name = values.name
    others = [Values(each, reader.glass, next(reader.frames(paths[0])), common.seed, descriptor) for each in further]
    names = [name, *(each.name for each in others)]
    if repeated := [each for number, each in enumerate(names) if each in names[:number]]:
        raise InputError(f"--indicator: two indicators are called {repeated[0]}: rename the column of one")
    grouped = []
    for path, replica, run in zip(paths, replicas, run_names(replicas)):
        next(reader.frames(path))
        of_path = {} if values is None else values.of(path, replica, reader)
        beside = {each.name: each.of(path, replica, reader, of_path.keys()) for each in others}
        frames = functools.partial(reader.frames, path)
        grouped.append(GroupedTrajectory(replica, run, frames, of_path, beside, str(path), source.start))
        common.say(f"{path}: replica {replica}" + (f", {len(of_path)} origins" if values is not None else ""))
    return grouped, name


def _write(
    common: Common,
    output: Path,
    grouped: Sequence[GroupedTrajectory],
    settings: DynamicsSettings,
    labels: PageLabels,
    timestep: float | None,
    observables: Sequence[str] | None,
    glass: Glass | None,
    by: str,
) -> None:
    """Make the folder under a temporary name, and rename it when it is complete."""
    from lammps_glass.operations.dynamics_figures import add_dynamics
    from lammps_glass.products import Findings

    partial = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.resolve().parent))
    try:
        # A fault of one of several trajectories names it: the curves of each are computed first.
        with Findings(partial) as findings, located(grouped[0].file if len(grouped) == 1 else ""):
            add_dynamics(
                findings, grouped, settings, labels, timestep=timestep, seed=common.seed or 0,
                observables=observables, glass=glass,
            )  # fmt: skip
        summary = _draw(partial, findings, f"{labels.indicator}: dynamics by {by}")
        if output.is_dir():
            shutil.rmtree(output)
        os.chmod(partial, 0o755)
        os.replace(partial, output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    common.show({"output": output, **summary}, f"{output / 'report.html'}: {len(summary['figures'])} figures")


def _draw(folder: Path, findings: object, title: str) -> dict[str, dict[str, object]]:
    """Draw the figures of the findings, write the report and the summary."""
    import pandas as pd

    from lammps_glass.figures import draw
    from lammps_glass.figures.report import ReportFigure, StudyReport, write_report
    from lammps_glass.products import Findings

    assert isinstance(findings, Findings)
    specifications, shown = findings.specifications(), []
    for identity, texts in findings.figures_file.read().items():
        table = pd.read_csv(findings.table_path(identity))
        png, _, _ = draw(specifications[identity], table, folder / "figures")
        shown.append(ReportFigure(identity, specifications[identity].title, png, "", texts["ours"], texts["note"]))
    warnings = findings.warnings_file.read()
    report = StudyReport(
        study="analyse", title=title, preset="", sizes=findings.sizes_file.read(), scores=findings.scores_file.read(),
        figures=tuple(shown), deviations=tuple(f"{subject}: {text}" for subject, text in warnings.items()),
    )  # fmt: skip
    write_report(folder / "report.html", report)
    summary: dict[str, dict[str, object]] = {
        "figures": {figure.id: {"ours": figure.ours, "note": figure.note} for figure in shown},
        "scores": dict(report.scores),
        "sizes": dict(report.sizes),
        "warnings": dict(warnings),
    }
    (folder / _SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    for path in folder.glob("*.json"):
        if path.name != _SUMMARY:
            path.unlink()
    return summary
