"""Commands that run a study: reproduce, run, report."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.errors import InputError
from lammps_glass.files import disk_faults_named

if TYPE_CHECKING:
    from lammps_glass.workflow.study import Study
    from lammps_glass.workflow.summary import Summary

PANEL = "Studies"

LOGGER = logging.getLogger(__name__)

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A study's name, a study.toml, or a study's folder.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a study.")]
Preset = Annotated[str | None, typer.Option("--preset", help="smoke, demo, laptop or paper.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the study; default STUDY-PRESET.")]
Cores = Annotated[int | None, typer.Option("--cores", min=1, help="Cases at once; default from the study file.")]
Rerun = Annotated[list[str] | None, typer.Option("--rerun", metavar="STAGE", help="Run this stage again; repeatable.")]
Verify = Annotated[bool, typer.Option("--verify", help="Compare the checksums of all products first.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Run finished cases again that were made with other parameters.")
]
Retry = Annotated[bool, typer.Option("--retry-failed", help="Run cases again that failed before.")]
Engine = Annotated[str | None, typer.Option("--engine", help="local or slurm; default from the study file.")]
Cancel = Annotated[bool, typer.Option("--cancel-on-interrupt", help="Ctrl-C also cancels the Slurm jobs.")]


def open_study(common: Common, study: str, preset: str | None, out: Path | None, settings: list[str] | None) -> Study:
    """Open the study that a command names."""
    from lammps_glass.workflow import Study
    from lammps_glass.workflow.reading import default_preset

    sets = list(settings or [])
    if common.seed is not None:
        sets.append(f"study.seed={common.seed}")
    return Study.read(study, preset or default_preset(study), out, sets)


def read_folder(directory: Path) -> Study:
    """Open the study in the folder of a run."""
    from lammps_glass.workflow import Study

    if not (directory / "study.toml").is_file():
        raise InputError(f"{directory}: has no study.toml: give the folder (--out) of a reproduce or run")
    return Study.read(directory)


def show_summary(common: Common, study: Study, summary: Summary) -> None:
    """Print figures and scores beside the paper's, or the results of a study without one, and the report's path."""
    from lammps_glass.figures import comparison_rows

    if common.json:
        common.show(summary)
        return
    if not common.quiet:
        rows = comparison_rows(summary)
        if any(row["paper"] for row in rows):
            columns, heading = {"id": "id", "paper": "paper", "ours": "ours"}, "paper / ours"
        else:
            columns, heading = {"figure": "id", "result": "ours"}, "results"
        shown = [{column: row[name] for column, name in columns.items()} for row in rows]
        common.table(f"{study.title}: {heading} (preset {study.preset})", shown)
        targets = study.recipe.score_targets
        scores = [
            {"score": name, "paper": paper, "ours": summary["scores"].get(name, "")} for name, paper in targets.items()
        ]
        if scores:
            common.table("Scores", scores)
    for subject, text in summary["warnings"].items():
        LOGGER.warning("%s: %s", subject, text)
    common.say(f"status: {summary['status']}; report: {study.out / 'report.html'}")


def reproduce(
    common: Common,
    study: StudyName,
    preset: Preset = None,
    out: Out = None,
    cores: Cores = None,
    engine: Engine = None,
    retry_failed: Retry = False,
    rerun: Rerun = None,
    verify: Verify = False,
    replace: Replace = False,
    cancel_on_interrupt: Cancel = False,
    settings: Settings = None,
) -> None:
    """Run a whole study, from where it stopped; ends with the table paper / ours and the path of the report."""
    opened = open_study(common, study, preset, out, settings)
    if common.dry_run:
        opened.check_conditions()
        _outline(common, opened)
        return
    from lammps_glass.workflow import reproduce as workflow_reproduce

    quiet = common.quiet or common.json
    with disk_faults_named(opened.out):
        summary = workflow_reproduce(
            opened,
            engine=engine or opened.file.engine.kind,
            cores=cores,
            retry_failed=retry_failed,
            rerun=rerun or (),
            verify=verify,
            replace=replace,
            quiet=quiet,
            cancel_on_interrupt=cancel_on_interrupt,
        )
    show_summary(common, opened, summary)
    failed = summary["cases"]["failed"]
    if failed:
        from lammps_glass.errors import SimulationError

        raise SimulationError(
            f"{len(failed)} cases failed, first {failed[0]}: `lammps-glass status {shlex.quote(str(opened.out))}` "
            "says why; `--retry-failed` runs them again"
        )


def _outline(common: Common, study: Study) -> None:
    """Print the number of cases of each stage, and how many of them are done."""
    from lammps_glass.workflow.task_table import TaskTable

    stages = TaskTable(study).stages.values()
    rows = [
        {
            "stage": counts.name,
            "runs": counts.runs,
            "cases": counts.total,
            "done": counts.by_state["done"],
            "seconds a case": counts.mean_seconds,
            "core-seconds left": counts.seconds_left,
        }
        for counts in stages
    ]
    common.table(f"{study.name}, preset {study.preset}, in {study.out}", rows)


def run(
    common: Common,
    study: StudyName,
    stage: Annotated[str, typer.Option("--stage", help="Name of the stage.")],
    case: Annotated[int | None, typer.Option("--case", min=0, help="Index of the case, from 0.")] = None,
    list_cases: Annotated[bool, typer.Option("--list", help="List the cases of the stage.")] = False,
    count: Annotated[bool, typer.Option("--count", help="Print the number of cases.")] = False,
    preset: Preset = None,
    out: Out = None,
    settings: Settings = None,
) -> None:
    """Run one case of one stage, as a job array does with its task index."""
    opened = open_study(common, study, preset, out, settings)
    cases = opened.stage(stage).cases
    if count:
        print(len(cases))
    elif list_cases:
        rows = [{"case": c.index, "name": c.name, "done": opened.is_done(c)} for c in cases]
        common.table(f"{opened.name}: {stage}", rows)
    elif case is None:
        raise InputError(f"run --stage {stage}: give --case N (0 to {len(cases) - 1}), --list or --count")
    elif common.dry_run:
        common.say(f"would run {opened.case(stage, case).name}/{stage} in {opened.out}")
    else:
        from lammps_glass.workflow import run_case

        with disk_faults_named(opened.out):
            manifest = run_case(opened, opened.case(stage, case))
        common.show({"case": manifest.case, "seconds": manifest.seconds}, f"{manifest.case}/{stage}: done")


def report(common: Common, directory: Folder) -> None:
    """Write tables, figures, summary.json and report.html from the finished cases."""
    from lammps_glass.workflow.summary import publish

    study = read_folder(directory)
    with disk_faults_named(study.out):
        summary = publish(study)
    show_summary(common, study, summary)


def register(app: typer.Typer) -> None:
    """Add the commands on studies."""
    for function in (reproduce, run, report):
        command(app, function.__name__, panel=PANEL)(function)
