"""Commands on the state of a study: plan (its cost) and status (finished cases, and the time of the rest)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.study import PANEL, Cores, Folder, Out, Preset, StudyName, open_study, read_folder

if TYPE_CHECKING:
    from lammps_glass.planning.estimate import StagePlan, StudyPlan
    from lammps_glass.workflow.study import Study


class StageState(TypedDict):
    """State of a stage: numbers of cases, seconds of one, cases an hour, seconds left on the cores of the study."""

    stage: str
    cases: int
    waiting: int
    ready: int
    running: int
    done: int
    failed: int
    blocked: int
    seconds: float | None
    per_hour: float | None
    left: float | None


class FailedCase(TypedDict):
    """A failed case, ``CASE/STAGE``: reason and exit status, its deck, ends of log and standard error."""

    case: str
    reason: str
    status: int | None
    deck: str
    log: str
    stderr: str


class StudyState(TypedDict):
    """State of a study: its stages and failed cases."""

    study: str
    preset: str
    stages: list[StageState]
    failed: list[FailedCase]


#: Seconds between updates with --watch, in a terminal and elsewhere.
SCREEN_EVERY, LINES_EVERY = 2.0, 60.0


def plan(
    common: Common,
    study: StudyName,
    preset: Preset = None,
    out: Out = None,
    cores: Cores = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure this machine's rates again.")] = False,
    settings: Settings = None,
) -> None:
    """Estimate cases, core-hours, memory, disk and the longest case of each stage, from rates measured here."""
    from lammps_glass.planning.estimate import plan as make_plan

    estimate = make_plan(open_study(common, study, preset, out, settings), cores=cores, fresh=fresh)
    if common.json:
        common.show(estimate.as_json())
        return
    ranks = any(stage.ranks > 1 for stage in estimate.stages)
    common.table(f"{estimate.study}, preset {estimate.preset}", [_plan_row(stage, ranks) for stage in estimate.stages])
    for line in _plan_lines(estimate):
        common.say(line)


def _plan_row(stage: StagePlan, ranks: bool) -> dict[str, object]:
    """Format the estimate of a stage as a row of the table."""
    from lammps_glass.workflow.progress import duration

    return {
        "stage": stage.stage,
        "cases": f"{stage.cases}" + (f", {stage.done} done" if stage.done else ""),
        **({"ranks": stage.ranks} if ranks else {}),
        "a case": duration(stage.seconds),
        "+-": "" if stage.uncertainty is None else f"{stage.uncertainty:.0%}",
        "longest": duration(stage.longest),
        "core-hours": "-" if stage.core_hours is None else rounded(stage.core_hours),
        "memory": gigabytes(stage.memory),
        "disk": gigabytes(stage.disk),
        "from": stage.source,
    }


def _plan_lines(estimate: StudyPlan) -> list[str]:
    """Format the sums over all stages, and the options of Slurm of the largest."""
    from lammps_glass.workflow.progress import duration

    sums = estimate.as_json()
    lines = [
        f"{sums['cases']} cases, {rounded(estimate.core_hours)} +- {rounded(estimate.core_hours_error)} core-hours: "
        f"about {duration(3600 * sums['hours'])} on {estimate.cores} cores without idle time"
        f"{_years(estimate.core_hours)}",
        f"disk: {gigabytes(sums['disk'])} with keep = all, {gigabytes(sums['disk_labels'])} with keep = labels; "
        f"memory of a case: up to {gigabytes(sums['memory'])}",
    ]
    if (steps := sum(stage.atom_steps for stage in estimate.stages)) > 0:
        lines.append(f"molecular dynamics: {steps:.3g} particle-steps")
    if unknown := [stage.stage for stage in estimate.stages if stage.seconds is None]:
        lines.append(f"not included, as their rates are unknown: {', '.join(unknown)}")
    largest = max(estimate.stages, key=lambda stage: stage.core_hours or 0.0)
    options = " ".join(f"--{name}={value}" for name, value in largest.slurm.items())
    lines.append(f"on Slurm, stage {largest.stage}: sbatch {options}; --json lists every stage")
    return lines


def _years(core_hours: float) -> str:
    """Format long times as core-years too, with the advice to use a cluster."""
    years = core_hours / (24 * 365.25)
    return f". This is {years:.2g} core-years: for a cluster" if years >= 0.5 else ""


def rounded(value: float) -> str:
    """Format a number: without decimals from ten on, to two digits below."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def gigabytes(size: float | None) -> str:
    """Format a size in bytes, such as ``1.2 GB`` or ``35 MB``; a dash when unknown."""
    if size is None:
        return "-"
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"


def status(
    common: Common,
    directory: Folder,
    watch: Annotated[bool, typer.Option("--watch", help="Update every two seconds, until nothing runs.")] = False,
) -> None:
    """Print a line per stage with rate and remaining time, and failed cases with the end of their log."""
    study = read_folder(directory)
    state = study_state(study)
    while watch and _is_running(study, state):
        if sys.stdout.isatty() and not common.json:
            print("\033[2J\033[H", end="")  # an empty screen
        _show(common, state)
        time.sleep(SCREEN_EVERY if sys.stdout.isatty() else LINES_EVERY)
        state = study_state(study)
    _show(common, state)


def study_state(study: Study) -> StudyState:
    """Count the cases of each stage by state, and list failed cases; `left` is in seconds on the cores of the study.

    A case is running when its lock is held.
    """
    from lammps_glass.workflow.task_table import TaskTable

    study.forget()
    tasks = TaskTable(study)
    for case in study.all_cases():
        if tasks.state[case.id] == "ready" and study.store.lock(case).is_held():
            tasks.start(case)
    stages: list[StageState] = []
    for counts in tasks.stages.values():
        running, mean, left = counts.by_state["running"], counts.mean_seconds, counts.seconds_left
        cores = max(1, study.file.engine.cores // study.stage(counts.name).table.ranks)
        stages.append(
            {
                "stage": counts.name,
                "cases": counts.total,
                "waiting": counts.by_state["waiting"],
                "ready": counts.by_state["ready"],
                "running": running,
                "done": counts.by_state["done"],
                "failed": counts.by_state["failed"],
                "blocked": counts.by_state["blocked"],
                "seconds": mean,
                "per_hour": 3600 * running / mean if running and mean else None,
                "left": None if left is None else left / cores,
            }
        )
    failed: list[FailedCase] = [
        {
            "case": f"{c.name}/{c.stage}",
            "reason": f.get("reason", ""),
            "status": f.get("status"),
            "deck": f.get("deck", ""),
            "log": f.get("log", ""),
            "stderr": f.get("stderr", ""),
        }
        for c in study.all_cases()
        if tasks.state[c.id] == "failed" and (f := study.store.failure(c))
    ]
    return {"study": study.name, "preset": study.preset, "stages": stages, "failed": failed}


def _is_running(study: Study, state: StudyState) -> bool:
    """Decide whether a case runs or a controller holds the folder; cases that are ready may never start."""
    from lammps_glass.workflow.locks import Lock

    return Lock(study.out / ".controller.lock").is_held() or any(stage["running"] for stage in state["stages"])


def _show(common: Common, state: StudyState) -> None:
    """Print the state of a study as a table, and its failed cases."""
    from lammps_glass.workflow.progress import duration

    if common.json:
        common.show(state)
        return
    rows = [
        {
            "stage": stage["stage"],
            "done": f"{stage['done']}/{stage['cases']}",
            "running": stage["running"] or "",
            "ready": stage["ready"] or "",
            "waiting": stage["waiting"] or "",
            "failed": stage["failed"] or "",
            "blocked": stage["blocked"] or "",
            "a case takes": duration(stage["seconds"]),
            "an hour": "" if stage["per_hour"] is None else f"{stage['per_hour']:.3g}",
            "left": duration(stage["left"]),
        }
        for stage in state["stages"]
    ]
    common.table(f"{state['study']}, preset {state['preset']}", rows)
    for failure in state["failed"]:
        common.say(f"\n{failure['case']} failed: {failure['reason']}")
        if failure["deck"]:
            common.say(f"deck: {failure['deck']}")
        for line in str(failure["log"] or failure["stderr"]).splitlines()[-10:]:
            common.say(f"    {line}")


def register(app: typer.Typer) -> None:
    """Add the commands on the state of a study."""
    for function in (plan, status):
        command(app, function.__name__, panel=PANEL)(function)
