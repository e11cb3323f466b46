"""``lammps-glass simulate``: run a protocol, or resume it where it stopped; its folder is the record of the run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.gating import require_glass, require_product
from lammps_glass.cli.reading import Boundary, Reader, TypeNames
from lammps_glass.cli.starts import Start, StartPath, glass_of_record
from lammps_glass.errors import InputError

if TYPE_CHECKING:
    from lammps_glass.simulate import Record
    from lammps_glass.simulate.protocols import Protocol
    from lammps_glass.simulate.protocols.base import Progress
    from lammps_glass.simulate.run import Plan

#: Seconds between lines of progress where there is no terminal.
LINE_EVERY = 60.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "simulate", panel="Simulation")(simulate)


def simulate(
    common: Common,
    protocol: Annotated[str, typer.Argument(help="Name; see `list protocols`.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the run: its record.")],
    glass: Annotated[
        str | None, typer.Option("--glass", help="A name or a glass.toml (default: that of the run of --start).")
    ] = None,
    start: StartPath = None,
    settings: Settings = None,
    replace_run: Annotated[
        bool, typer.Option("--replace", help="Remove the run in DIR if it was made with other parameters.")
    ] = False,
    gate: Annotated[
        bool, typer.Option("--gate", help="Refuse a start (of the glass itself: the result) that is not a glass.")
    ] = False,
    types: TypeNames = None,
    boundary: Boundary = None,
) -> None:
    """Run a protocol in the folder DIR, or resume an interrupted run there with identical results.

    DIR holds the last configuration (final.lammpstrj.gz), the frames and the table of the run, the deck (in.lmp) and
    the log: other runs, and all commands on snapshots, start from there. A finished run is not run again.
    """
    protocols = parts.registry_of("protocols")
    options_of = {"protocol": protocols[protocol].options(), "glass": parts.glass_options(glass)}
    options = parts.sort_settings(settings, options_of)
    built_glass = glass_of_record(start) if glass is None else parts.build_glass(glass, options["glass"])
    assert built_glass is not None
    built: Protocol = protocols.build(protocol, options["protocol"])
    seed = common.seed if common.seed is not None else int(built.draws_random_numbers)
    _check_folder(output, start)
    # A start of another glass is the fault behind defaults in its units: it is named before them.
    Start(start, Reader(built_glass, types, boundary)).require_glass()
    built.require_units(built_glass.units)
    built.deck(built_glass, seed)  # a glass that does not fit is refused before anything is simulated
    begin = Start(start, Reader(built_glass, types, boundary, say=common.say))
    if gate and start is not None:
        require_glass(common, begin.source(built, built_glass), built_glass, start)
    plan = built.checked_plan(begin.source(built, built_glass), seed, output, glass=built_glass)
    state = _state(plan, replace_run)
    summary = {"output": output, "protocol": protocol, "glass": built_glass.name, "seed": seed, "state": state}
    if common.dry_run:
        return common.show({**summary, "segments": plan.n_segments}, _prospect(plan, state))
    if state == "complete":
        _report(common, built.record(output), f"{output}: complete already, nothing to do", summary)
        return require_product(common, built.record(output), built_glass) if gate and start is None else None
    with _locked(output):
        if state == "replaced":
            _record_in(output).remove()
        silent = Reader(built_glass, types, boundary)
        with _progress(common, plan) as progress:
            source = replace(begin, reader=silent).source(built, built_glass)
            record = built.run(source, seed, output, glass=built_glass, progress=progress)
    _report(common, record, f"{output}: {_title(plan)}", summary)
    if gate and start is None:
        require_product(common, record, built_glass)


def _title(plan: Plan) -> str:
    identity = plan.identity
    return f"{identity['protocol']['name']} of {identity['glass']['name']}, seed {identity['seed']}"


def _prospect(plan: Plan, state: str) -> str:
    """Say what would be done in a folder in this state."""
    if state == "complete":
        return f"{plan.directory}: complete already, nothing to do"
    first = {"resumed": "would resume", "replaced": "would replace what is there by"}.get(state, "would run")
    segments = (
        f"{plan.n_segments} segments" if state != "resumed" else f"{plan.done()} of {plan.n_segments} segments done"
    )
    return f"{plan.directory}: {first} {_title(plan)} ({segments})"


def _check_folder(output: Path, start: Path | None) -> None:
    """Raise `InputError` where no record can be made in `output`, or it would overwrite files of another origin."""
    from lammps_glass.simulate import Record

    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: not a folder: choose another --output")
    if start is not None and start.exists() and output.exists() and start.samefile(output):
        raise InputError(f"{output}: a run cannot start from its own folder: choose another --output")
    existing = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InputError(f"{output}: {existing} is not a folder that can be written to: choose another --output")
    if not (output / "run.json").exists():
        foreign = [path.name for path in Record(output).paths if path.exists()]
        if foreign:
            raise InputError(f"{output}: {foreign[0]} there is not of a run of this command: choose another --output")


def _record_in(output: Path) -> Record:
    """Open what a folder holds, whether or not its run has ended."""
    from lammps_glass.simulate import Record

    return Record.open(output)


def _state(plan: Plan, replace_run: bool) -> str:
    """Return what becomes of the folder: "started", "resumed", "replaced", or "complete" (nothing to do).

    Raises
    ------
    InputError
        The folder holds a run with other parameters, and `replace_run` is false; all differences are named.
    """
    from lammps_glass.simulate import Record

    if differing := plan.differences():
        if replace_run:
            return "replaced"
        raise InputError(
            f"{plan.directory}: made with other parameters ({'; '.join(differing)}): choose another --output, or "
            "--replace what is there"
        )
    if Record(plan.directory).is_complete:
        return "complete"
    return "resumed" if plan.done() else "started"


@contextmanager
def _locked(output: Path) -> Iterator[None]:
    """Keep other processes out of the folder; one that was made for a run that could not begin is removed."""
    from lammps_glass.workflow.locks import Lock

    is_new = not output.exists()
    lock = Lock(output / ".lock")
    if not lock.acquire():
        raise InputError(
            f"{output}: another process is running in this folder: wait for it, or choose another --output"
        )
    try:
        with lock:
            yield
    except InputError:
        if is_new and not any(output.iterdir()):
            output.rmdir()
        raise


@contextmanager
def _progress(common: Common, plan: Plan) -> Iterator[Progress]:
    """Show the segments done on standard error: a bar in a terminal, a line a minute elsewhere, nothing when quiet."""
    if common.quiet or not sys.stderr.isatty():
        yield _lines(common.quiet, plan)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(plan.identity["protocol"]["name"], total=plan.n_segments, completed=plan.done())
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(quiet: bool, plan: Plan) -> Progress:
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        """Write a line when a minute has passed."""
        nonlocal last
        if not quiet and time.monotonic() - last >= LINE_EVERY:
            last = time.monotonic()
            print(f"{_title(plan)}: {done} of {total} segments done", file=sys.stderr, flush=True)

    return show


def _report(common: Common, record: Record, title: str, summary: dict[str, object]) -> None:
    """Print what the run has made."""
    final, table = record.final, record.thermo
    energy = float(table["pe"].iloc[-1]) / len(final) if "pe" in table else None
    frames = record.n_frames if record.frames_path.is_file() else 0
    numbers = {"n_particles": len(final), "frames": frames, "energy_per_particle": energy}
    words = [f"{len(final)} particles", *([f"{frames} frames"] if frames else [])]
    if energy is not None:
        words.append(f"potential energy {energy:.6g} a particle in the end")
    common.show({**summary, **numbers, "final": record.final_path}, f"{title}\n  {', '.join(words)}")
