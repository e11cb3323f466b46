"""``lammps-glass label d2min``: a number per particle from two snapshots."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import GlassName
from lammps_glass.cli.reading import Boundary, Reader, RowsAreParticles, TypeNames, located
from lammps_glass.errors import InputError

if TYPE_CHECKING:
    from lammps_glass.snapshots import Snapshot

    Pairs = Iterator[tuple[Snapshot, Snapshot]]


def register(app: typer.Typer) -> None:
    """Add the command and its subcommands."""
    group = typer.Typer(help="Label particles by what happens to them between two snapshots.", no_args_is_help=False)
    app.add_typer(group, name="label", rich_help_panel="Dumps")
    group.callback()(_group)
    command(group, "d2min", panel="Labels")(d2min)


def _group() -> None:
    """Label particles by what happens to them between two snapshots."""


def d2min(
    common: Common,
    reference: Annotated[Path, typer.Argument(help="Dump of the earlier configuration.", show_default=False)],
    current: Annotated[Path, typer.Argument(help="Dump of the later configuration; may be the same file.")],
    r_max: Annotated[float, typer.Option("--r-max", help="Radius of the neighbourhood, in the dump's length unit.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: Parquet, .csv or .extxyz.")],
    total: Annotated[bool, typer.Option("--sum", help="Sum over the neighbours instead of their mean.")] = False,
    lag: Annotated[
        int, typer.Option("--lag", min=0, help="Pair frame k of REFERENCE with frame k + LAG of CURRENT.")
    ] = 0,
    steps: Annotated[
        int | None, typer.Option("--steps", min=0, help="Pair step s of REFERENCE with step s + STEPS of CURRENT.")
    ] = None,
    any_lag: Annotated[
        bool, typer.Option("--any-lag", help="Label pairs of frames that are different numbers of steps apart.")
    ] = False,
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        str | None, typer.Option("--replica", help="Replica (default: the folder of REFERENCE).")
    ] = None,
    types: TypeNames = None,
    boundary: Boundary = None,
    rows_are_particles: RowsAreParticles = False,
) -> None:
    """D2min: how far the neighbours move other than by one deformation of the neighbourhood (Falk and Langer).

    Frames are paired by their order; both files must hold the same number. With --lag N and the same file twice, each
    frame is compared with the one N frames later, and the last N frames get no label. With --steps N frames are paired
    by their steps, which must ascend; frames without a partner get no label. The step in the output is REFERENCE's,
    and the lag is the number of steps to CURRENT's, the same for all pairs unless --any-lag.
    """
    from lammps_glass.cli.rows import check_rows_file, row_writer

    if steps is not None and lag:
        raise InputError("--steps pairs frames by step and --lag by order: give one of them")
    options = parts.sort_settings(settings, {"glass": parts.glass_options(glass)})
    reader = Reader(parts.build_glass(glass, options["glass"]), types, boundary, rows_are_particles, common.say)
    name = parts.replica_names([reference], [replica] if replica else None)[0]
    check_rows_file(output)
    pairs = _by_order(reference, current, reader, lag) if steps is None else _by_step(reference, current, reader, steps)
    if not any_lag:
        pairs = _of_one_lag(pairs, current)
    if common.dry_run:
        common.show({"pairs": sum(1 for _ in pairs)}, f"would label {reference} against {current} with r_max {r_max:g}")
        return
    metadata = {"label": "d2min", "r_max": r_max, "reduce": "sum" if total else "mean", "lag": lag, "glass": glass}
    with row_writer(output, metadata) as writer:
        for before, after in pairs:
            writer.append(before, name, _columns(before, after, r_max, total, current), current)
    common.show(
        {"output": output, "pairs": writer.n_snapshots, "rows": writer.n_rows},
        f"{output}: {writer.n_snapshots} pairs of frames, {writer.n_rows} rows",
    )


def _by_order(reference: Path, current: Path, reader: Reader, lag: int) -> Pairs:
    """Pairs of frames (k, k + lag); holds `lag` + 2 frames."""
    earlier, later = reader.frames(reference), reader.frames(current)
    skipped = deque(islice(later, lag), maxlen=0)
    del skipped
    unpaired, paired = 0, 0
    for before, after in zip_longest(earlier, later):
        if after is None:
            unpaired += 1
        elif before is None or unpaired:
            unpaired = -1
            break
        else:
            paired += 1
            yield before, after
    if lag and not paired and unpaired > 0:
        raise InputError(f"{current}: --lag {lag} needs at least {lag + 1} frames, {reference} has {unpaired}")
    if unpaired != lag:
        raise InputError(
            f"{reference} and {current} do not hold the same number of frames: they are paired by order "
            "(cut the files, give the same file twice with --lag, or pair by step with --steps)"
        )


def _by_step(reference: Path, current: Path, reader: Reader, steps: int) -> Pairs:
    """Pairs of frames whose steps are `steps` apart; holds two frames."""
    later = _ascending(reader.frames(current), current)
    after = next(later, None)
    paired = False
    for before in _ascending(reader.frames(reference), reference):
        while after is not None and after.step < before.step + steps:
            after = next(later, None)
        if after is not None and after.step == before.step + steps:
            paired = True
            yield before, after
    if not paired:
        raise InputError(f"{current}: no frame is {steps} steps (--steps) after one of {reference}")


def _ascending(frames: Iterator[Snapshot], path: Path) -> Iterator[Snapshot]:
    last: int | None = None
    for frame in frames:
        if last is not None and frame.step <= last:
            raise InputError(f"{path}: step {frame.step} follows step {last}: --steps needs ascending steps")
        last = frame.step
        yield frame


def _of_one_lag(pairs: Pairs, path: Path) -> Pairs:
    """The pairs, as long as all are the same number of steps apart."""
    first: int | None = None
    for before, after in pairs:
        lag = after.step - before.step
        if first is not None and lag != first:
            raise InputError(
                f"{path}: steps {before.step} and {after.step} are {lag} steps apart, the pair before {first}: labels "
                "of different lags do not compare; pair by step with --steps, or use --any-lag and the column lag"
            )
        first = lag
        yield before, after


def _columns(before: Snapshot, after: Snapshot, r_max: float, total: bool, path: Path) -> dict[str, Any]:
    import numpy as np

    from lammps_glass import labels

    try:
        values, n_neighbors = labels.d2min_with_neighbors(before, after, r_max=r_max, reduce="sum" if total else "mean")
    except InputError as error:
        raise located(error, path, after.step) from error
    return {"n_neighbors": n_neighbors, "d2min": values, "lag": np.full(len(before), after.step - before.step)}
