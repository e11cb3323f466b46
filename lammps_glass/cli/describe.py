"""``lammps-glass describe``: descriptors of every particle of snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.errors import LammpsGlassError
from lammps_glass.files import check_writable

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.descriptors import Descriptor
    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots import Snapshot

Snapshots = Annotated[
    list[Path],
    typer.Argument(metavar="SNAPSHOT...", help="LAMMPS dumps (.gz, .zst) or data files.", show_default=False),
]
GlassName = Annotated[
    str | None, typer.Option("--glass", help="Glass of the snapshots: gives the types names and sets defaults.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "describe", panel="Dumps")(describe)


def describe(
    common: Common,
    snapshots: Snapshots,
    descriptor: Annotated[
        str, typer.Option("--descriptor", "-d", help="Name (see `list descriptors`), or module:Class of your own.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.")],
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        list[str] | None, typer.Option("--replica", help="Replica, once or once a file (default: the file's folder).")
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Only the last frame of each file.")] = False,
) -> None:
    """Describe the neighbourhood of every particle: a row per particle and snapshot, all frames of each file."""
    from lammps_glass.cli.rows import row_writer

    options_of = {
        "descriptor": parts.descriptor_entry(descriptor).options(),
        "glass": parts.glass_options(glass),
    }
    options = parts.sort_settings(settings, options_of)
    built_glass = parts.build_glass(glass, options["glass"])
    built = parts.build_descriptor(descriptor, options["descriptor"], built_glass)
    describe_one = parts.describing(built, built_glass, common.seed)
    replicas = parts.replica_names(snapshots, replica)
    check_writable(output)
    if common.dry_run:
        return _only_check(common, snapshots, built_glass, last)
    metadata = rows_metadata(descriptor, built, glass, options["glass"])
    with row_writer(output, metadata) as writer:
        for path, name in zip(snapshots, replicas):
            for snapshot in parts.read_frames(path, built_glass, last=last):
                writer.append(_rows(built, snapshot, name, path, describe_one), name, snapshot.step, path)
    n_snapshots, n_rows = writer.n_snapshots, writer.n_rows
    features = list(built.feature_names)
    common.show(
        {"output": output, "snapshots": n_snapshots, "rows": n_rows, "features": features},
        f"{output}: {n_snapshots} snapshots, {n_rows} rows, {len(features)} features of {descriptor}",
    )


def rows_metadata(
    name: str, descriptor: Descriptor, glass: str | None, options: Mapping[str, object]
) -> dict[str, Any]:
    """Collect what is needed to describe another snapshot in the same way; stored with rows and indicators."""
    return {
        "descriptor": name,
        "parameters": parts.plain(descriptor.get_params()),
        "features": list(descriptor.feature_names),
        "glass": glass,
        "glass_options": parts.plain(options),
    }


def _rows(
    descriptor: Descriptor, snapshot: Snapshot, replica: str, path: Path, describe_one: parts.Describe
) -> pd.DataFrame:
    """Describe one snapshot, read from `path`."""
    from lammps_glass.cli.rows import row_table

    try:
        values = describe_one(snapshot)
    except LammpsGlassError as error:
        raise parts.located(error, path, snapshot.step) from error
    return row_table(snapshot, replica, dict(zip(descriptor.feature_names, values.T)))


def _only_check(common: Common, paths: list[Path], glass: Glass | None, last: bool) -> None:
    """Read the files, and print their numbers of frames."""
    frames = {str(path): sum(1 for _ in parts.read_frames(path, glass, last=last)) for path in paths}
    common.table("would describe", [{"file": path, "frames": count} for path, count in frames.items()])
