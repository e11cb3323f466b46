"""``lammps-glass describe``: descriptors of every particle of snapshots."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.reading import Boundary, Reader, RowsAreParticles, Snapshots, TypeNames, located
from lammps_glass.errors import InputError, LammpsGlassError
from lammps_glass.json_types import Json

if TYPE_CHECKING:
    from lammps_glass.descriptors import Descriptor
    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Floats

GlassName = Annotated[
    str | None,
    typer.Option("--glass", help="Glass of the snapshots, a name or a glass.toml: names types."),
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
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: Parquet, .csv or .extxyz.")],
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        list[str] | None, typer.Option("--replica", help="Replica, once or once a file (default: the file's folder).")
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Only the last frame of each file.")] = False,
    types: TypeNames = None,
    boundary: Boundary = None,
    rows_are_particles: RowsAreParticles = False,
) -> None:
    """Describe the neighbourhood of every particle: a row per particle and snapshot, all frames of each file.

    Simulations that a descriptor needs run in the folder FILE.runs, which is removed in the end: after an interruption
    the same command goes on there.
    """
    from lammps_glass.cli.rows import check_rows_file, row_writer

    options_of = {
        "descriptor": parts.descriptor_entry(descriptor).options(),
        "glass": parts.glass_options(glass),
    }
    options = parts.sort_settings(settings, options_of)
    built_glass = parts.build_glass(glass, options["glass"])
    built = parts.build_descriptor(descriptor, options["descriptor"], built_glass)
    if built_glass is not None:
        built.check_glass(built_glass)  # what the glass lacks comes before defaults that stand in for it
        built.require_units(built_glass.units)
    runs = output.with_name(f"{output.name}.runs")
    describe_one = parts.describing(built, built_glass, common.seed, runs, common.say)
    replicas = parts.replica_names(snapshots, replica)
    reader = Reader(built_glass, types, boundary, rows_are_particles, common.say)
    check_rows_file(output)
    if common.dry_run:
        return _only_check(common, snapshots, reader, last)
    metadata = rows_metadata(descriptor, built, built_glass)
    units_reported = built_glass is not None
    with row_writer(output, metadata) as writer:
        for path, name in zip(snapshots, replicas):
            for snapshot in reader.frames(path, last=last):
                if not units_reported:
                    _say_unit_of_defaults(common, built, snapshot, path)
                    units_reported = True
                writer.append(snapshot, name, _columns(built, snapshot, path, describe_one), path)
    shutil.rmtree(runs, ignore_errors=True)
    n_snapshots, n_rows = writer.n_snapshots, writer.n_rows
    features = list(built.feature_names)
    common.show(
        {"output": output, "snapshots": n_snapshots, "rows": n_rows, "features": features},
        f"{output}: {n_snapshots} snapshots, {n_rows} rows, {len(features)} features of {descriptor}",
    )


def _say_unit_of_defaults(common: Common, descriptor: Descriptor, snapshot: Snapshot, path: Path) -> None:
    """Tell the user of defaults that have a unit, where the file does not say whether it is its own."""
    if snapshot.units is not None:
        return
    for units in ("lj", "metal"):
        try:
            descriptor.require_units(units)
        except InputError as error:
            common.say(f"{path}: names no units; if they are {units}, this is wrong: {error}")


def rows_metadata(name: str, descriptor: Descriptor, glass: Glass | None) -> dict[str, Json]:
    """Collect what is needed to describe another snapshot in the same way; stored with rows and indicators."""
    return {
        "descriptor": name,
        "parameters": parts.plain(descriptor.get_params()),
        "features": list(descriptor.feature_names),
        "glass": None if glass is None else glass.name,
        "glass_options": {} if glass is None else parts.plain(glass.options()),
    }


def _columns(descriptor: Descriptor, snapshot: Snapshot, path: Path, describe_one: parts.Describe) -> dict[str, Floats]:
    """Describe one snapshot, read from `path`: the values by feature."""
    try:
        values = describe_one(snapshot)
    except LammpsGlassError as error:
        raise located(error, path, snapshot.step) from error
    return dict(zip(descriptor.feature_names, values.T))


def _only_check(common: Common, paths: list[Path], reader: Reader, last: bool) -> None:
    """Read the files, and print their numbers of frames."""
    frames = {str(path): sum(1 for _ in reader.frames(path, last=last)) for path in paths}
    common.table("would describe", [{"file": path, "frames": count} for path, count in frames.items()])
