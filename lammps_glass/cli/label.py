"""``lammps-glass label d2min``: D2min of every particle between two snapshots."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import GlassName
from lammps_glass.errors import InputError
from lammps_glass.files import check_writable

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots import Snapshot


def register(app: typer.Typer) -> None:
    """Add the group of commands, one per label."""
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
    output: Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.")],
    total: Annotated[bool, typer.Option("--sum", help="Sum over the neighbours instead of their mean.")] = False,
    lag: Annotated[
        int, typer.Option("--lag", min=0, help="Pair frame k of REFERENCE with frame k + LAG of CURRENT.")
    ] = 0,
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        str | None, typer.Option("--replica", help="Replica (default: the folder of REFERENCE).")
    ] = None,
) -> None:
    """D2min: how far the neighbours move other than by one deformation of the neighbourhood (Falk and Langer).

    Frames are paired by their order; both files must hold the same number. With --lag N and the same file twice, each
    frame is compared with the one N frames later, and the last N frames get no label. The step in the output is
    REFERENCE's.
    """
    from lammps_glass.cli.rows import row_writer

    options = parts.sort_settings(settings, {"glass": parts.glass_options(glass)})
    built = parts.build_glass(glass, options["glass"])
    name = parts.replica_names([reference], [replica] if replica else None)[0]
    check_writable(output)
    pairs = _pairs(reference, current, built, lag)
    if common.dry_run:
        common.show({"pairs": sum(1 for _ in pairs)}, f"would label {reference} against {current} with r_max {r_max:g}")
        return
    metadata = {"label": "d2min", "r_max": r_max, "reduce": "sum" if total else "mean", "lag": lag, "glass": glass}
    with row_writer(output, metadata) as writer:
        for before, after in pairs:
            writer.append(_rows(before, after, r_max, total, name, current), name, before.step, current)
    common.show(
        {"output": output, "pairs": writer.n_snapshots, "rows": writer.n_rows},
        f"{output}: {writer.n_snapshots} pairs of frames, {writer.n_rows} rows",
    )


def _pairs(reference: Path, current: Path, glass: Glass | None, lag: int) -> Iterator[tuple[Snapshot, Snapshot]]:
    """Iterate over the pairs of frames (k, k + lag); two frames are held at a time."""
    earlier = parts.read_frames(reference, glass)
    later = parts.read_frames(current, glass)
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
            "(cut the files, or give the same file twice with --lag)"
        )


def _rows(before: Snapshot, after: Snapshot, r_max: float, total: bool, replica: str, path: Path) -> pd.DataFrame:
    """Label the particles of one pair of frames, the later one read from `path`."""
    from lammps_glass import labels
    from lammps_glass.cli.rows import row_table

    try:
        values, n_neighbors = labels.d2min_with_neighbors(before, after, r_max=r_max, reduce="sum" if total else "mean")
    except InputError as error:
        raise parts.located(error, path, after.step) from error
    return row_table(before, replica, {"n_neighbors": n_neighbors, "d2min": values})
