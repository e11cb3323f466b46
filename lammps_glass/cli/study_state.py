"""Commands that look at a study: plan (what it would cost) and status (what is done, and how long the rest takes)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.study import PANEL, Cores, Folder, Out, Preset, StudyName, open_study, read_folder

if TYPE_CHECKING:
    from lammps_glass.workflow.plan import StagePlan, StudyPlan
    from lammps_glass.workflow.study import Study

#: Seconds between looks at the folder with --watch, in a terminal and elsewhere.
LOOK_EVERY, LINES_EVERY = 2.0, 60.0


def plan(
    common: Common,
    study: StudyName,
    preset: Preset = None,
    out: Out = None,
    cores: Cores = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure this machine's rates again.")] = False,
    settings: Settings = None,
) -> None:
    """Cases, core-hours, memory, disk and the longest case of each stage, from rates measured here; runs nothing."""
    from lammps_glass.workflow.plan import plan as make_plan

    made = make_plan(open_study(common, study, preset, out, settings), cores=cores, fresh=fresh)
    if common.json:
        common.show(made.as_json())
        return
    ranks = any(stage.ranks > 1 for stage in made.stages)
    common.table(f"{made.study}, preset {made.preset}", [_plan_row(stage, ranks) for stage in made.stages])
    for line in _plan_lines(made):
        common.say(line)


def _plan_row(stage: StagePlan, ranks: bool) -> dict[str, Any]:
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


def _plan_lines(made: StudyPlan) -> list[str]:
    from lammps_glass.workflow.progress import duration

    sums = made.as_json()
    lines = [
        f"{sums['cases']} cases, {rounded(made.core_hours)} +- {rounded(made.core_hours_error)} core-hours: about "
        f"{duration(3600 * sums['hours'])} on {made.cores} cores, none of them idle{_years(made.core_hours)}",
        f"disk: {gigabytes(sums['disk'])} with keep = all, {gigabytes(sums['disk_labels'])} with keep = labels; "
        f"memory of a case: up to {gigabytes(sums['memory'])}",
    ]
    if (steps := sum(stage.atom_steps for stage in made.stages)) > 0:
        lines.append(f"molecular dynamics: {steps:.3g} particle-steps")
    if unknown := [stage.stage for stage in made.stages if stage.seconds is None]:
        lines.append(f"not counted, as nothing is known of their pace: {', '.join(unknown)}")
    largest = max(made.stages, key=lambda stage: stage.core_hours or 0.0)
    options = " ".join(f"--{name}={value}" for name, value in largest.slurm.items())
    lines.append(f"on Slurm, stage {largest.stage}: sbatch {options}; --json lists every stage")
    return lines


def _years(core_hours: float) -> str:
    """Core-years in words, where hours are too many to picture: such a study belongs on a cluster."""
    years = core_hours / (24 * 365.25)
    return f". This is {years:.2g} core-years: for a cluster" if years >= 0.5 else ""


def rounded(value: float) -> str:
    """Whole numbers from ten on, two digits below."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def gigabytes(size: float | None) -> str:
    """``1.2 GB``, ``35 MB``; a dash when unknown."""
    if size is None:
        return "-"
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"


def status(
    common: Common,
    directory: Folder,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until nothing runs.")] = False,
) -> None:
    """A line a stage with pace and time left; failed cases with their reason and the tail of their log."""
    study = read_folder(directory)
    state = look(study)
    while watch and _is_at_work(study, state):
        if sys.stdout.isatty() and not common.json:
            print("\033[2J\033[H", end="")  # an empty screen
        _show(common, state)
        time.sleep(LOOK_EVERY if sys.stdout.isatty() else LINES_EVERY)
        state = look(study)
    _show(common, state)


def look(study: Study) -> dict[str, Any]:
    """What is done, running (its lock is held) and failed; `left` is in seconds on the study's cores."""
    from lammps_glass.workflow.task_table import STATES, TaskTable

    study.forget()
    table = TaskTable(study)
    for case in study.all_cases():
        if table.state[case.stage, case.index] == "ready" and _is_held(study, case):
            table.start(case)
    stages = []
    for counts in table.stages.values():
        running, mean, left = counts.by_state["running"], counts.mean_seconds, counts.seconds_left
        cores = max(1, study.file.engine.cores // study.stage(counts.name).table.ranks)
        stages.append(
            {
                "stage": counts.name,
                "cases": counts.total,
                **{state: counts.by_state[state] for state in STATES},
                "seconds": mean,
                "per_hour": 3600 * running / mean if running and mean else None,
                "left": None if left is None else left / cores,
            }
        )
    failed = [
        {"case": f"{c.name}/{c.stage}", **{k: f.get(k, "") for k in ("reason", "status", "deck", "log", "stderr")}}
        for c in study.all_cases()
        if table.state[c.stage, c.index] == "failed" and (f := study.store.failure(c))
    ]
    return {"study": study.name, "preset": study.preset, "stages": stages, "failed": failed}


def _is_held(study: Study, case: Any) -> bool:
    lock = study.store.lock(case)
    return bool(lock.holder()) and not lock.is_stale()


def _is_at_work(study: Study, state: dict[str, Any]) -> bool:
    """Whether a case runs or a controller holds the folder; cases that are merely ready would wait for ever."""
    from lammps_glass.workflow.locks import Lock

    controller = Lock(study.out / ".controller.lock")
    held = bool(controller.holder()) and not controller.is_stale()
    return held or any(stage["running"] for stage in state["stages"])


def _show(common: Common, state: dict[str, Any]) -> None:
    from lammps_glass.workflow.progress import duration

    if common.json:
        common.show(state)
        return
    rows = [
        {
            "stage": stage["stage"],
            "done": f"{stage['done']}/{stage['cases']}",
            **{name: stage[name] or "" for name in ("running", "ready", "waiting", "failed", "blocked")},
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
    """Add the commands that look at a study."""
    for function in (plan, status):
        command(app, function.__name__, panel=PANEL)(function)
