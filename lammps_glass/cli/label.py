"""``lammps-glass label NAME``: a label, such as D2min, of every particle, from two snapshots or from runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from inspect import getattr_static
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import label_runs, parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import GlassName
from lammps_glass.cli.label_runs import Group
from lammps_glass.cli.pairs import pairs_of_frames
from lammps_glass.cli.reading import Boundary, Reader, RowsAreParticles, TypeNames, located
from lammps_glass.cli.spread import Spread
from lammps_glass.errors import InputError
from lammps_glass.json_types import Json, JsonObject

if TYPE_CHECKING:
    from lammps_glass.labels import Label, PairLabel
    from lammps_glass.registry import Entry
    from lammps_glass.simulate import ShearRecord
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Column

#: Field of a label that says which frames are paired, as ``--lag`` does here.
_LAGS = "lags"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "label", panel="Dumps")(label)


def label(
    common: Common,
    name: Annotated[str, typer.Argument(metavar="LABEL", help="d2min or another of `list labels`.")],
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="REFERENCE CURRENT | RUN...",
            help="Dumps of the earlier and later configurations (may be one file), or folders of runs.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: Parquet, .csv or .extxyz.")],
    r_max: Annotated[
        float | None, typer.Option("--r-max", help="Radius of the neighbourhood, in the dump's length unit.")
    ] = None,
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
    start: Annotated[
        Path | None,
        typer.Option("--start", help="Start of the runs: its step is that of the rows (default: their first frame)."),
    ] = None,
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        str | None, typer.Option("--replica", help="Replica (default: the folder of REFERENCE or of the runs).")
    ] = None,
    types: TypeNames = None,
    boundary: Boundary = None,
    rows_are_particles: RowsAreParticles = False,
) -> None:
    """Label particles by what happens to them: between two snapshots (d2min, von_mises_strain), or in runs.

    Frames are paired by their order; both files must hold the same number. With --lag N and the same file twice, each
    frame is compared with the one N frames later, and the last N frames get no label. With --steps N frames are paired
    by their steps, which must ascend; frames without a partner get no label. The step in the output is REFERENCE's,
    and the lag is the number of steps to CURRENT's, the same for all pairs unless --any-lag.

    Labels of runs (propensity, mobility, first-passage, largest-jump, first-event, strain-step-activity, classes) take
    the folders of the runs of one replica; d2min takes one folder of a quasi-static shear, whose blocks of strain it
    labels as they are. Where halves of the runs or planes repeat a label, its noise ceiling is printed.
    """
    from lammps_glass.cli.rows import check_rows_file, row_writer
    from lammps_glass.labels import PairLabel

    entry = parts.registry_of("labels")[name]
    label_options = [option for option in entry.options() if option != _LAGS]
    options = parts.sort_settings(settings, {"label": label_options, "glass": parts.glass_options(glass)})
    chosen = {**options["label"], **_of_options(r_max, total)}
    reader = Reader(parts.build_glass(glass, options["glass"]), types, boundary, rows_are_particles, common.say)
    check_rows_file(output)
    facts: JsonObject = {"label": name, "glass": glass}
    repeated = label_runs.Ceilings(())
    shear = _shear(name, sources, by_frames=bool(lag) or steps is not None)
    if shear is not None:
        label_runs.require_settings_of(shear, chosen)
        if output.suffix in (".extxyz", ".xyz"):
            raise InputError(f"{output}: a shear does not store the positions of its blocks: write .parquet or .csv")
        groups, unit = label_runs.block_labels(shear), "blocks of strain"
        facts |= {**shear.block_settings, "lag": 1}
        names = [name]
    elif issubclass(_label_class(entry), PairLabel):
        built = _build(entry, chosen)
        assert isinstance(built, PairLabel)
        reference, current = _two(name, sources)
        groups = _pair_groups(built, reference, current, reader, lag, steps, any_lag)
        facts |= {**_parameters(built), "lag": lag}
        names, unit = [name], "pairs of frames"
    else:
        _refuse_pairing(name, entry, lag, steps, any_lag)
        records = label_runs.open_runs(sources)
        built = _build(entry, chosen)
        _say_default_of_classes(built, chosen, common)
        label_runs.check_runs(built, records)
        configuration = None if start is None else next(reader.frames(start, last=True))
        groups, unit = label_runs.label_runs(built, records, configuration), "configurations"
        facts |= {**_parameters(built), **label_runs.facts_of_runs(built, records)}
        names = [column["name"] for column in facts["columns"]]
        repeated = label_runs.Ceilings(built.columns(records))
    of_replica = replica or _replica(sources)
    if common.dry_run:
        common.show({unit.split()[0]: sum(1 for _ in groups)}, f"would label {', '.join(map(str, sources))} by {name}")
        return
    spread = Spread(names)
    with row_writer(output, facts) as writer:
        for snapshot, columns in groups:
            writer.append(snapshot, of_replica, columns, sources[-1])
            spread.add(columns)
            repeated.add(columns)
    counts = {unit.split()[0]: writer.n_snapshots, "rows": writer.n_rows}
    ceilings = repeated.rows()
    common.show({"output": output, **counts, "statistics": spread.rows(), "ceilings": ceilings})
    if not common.json:
        common.say(f"{output}: {writer.n_snapshots} {unit}, {writer.n_rows} rows")
        common.table("", spread.rows())
        if ceilings:
            common.table("largest correlation that a predictor can have (noise ceiling)", ceilings)
        for reason in repeated.unknown(ceilings):
            common.say(reason)


def _label_class(entry: Entry) -> type[Label]:
    """Load the class of a label."""
    from lammps_glass.labels import Label

    loaded = entry.load()
    if not (isinstance(loaded, type) and issubclass(loaded, Label)):
        raise InputError(f"{entry} is not a class derived from lammps_glass.labels.Label")
    return loaded


def _shear(name: str, sources: Sequence[Path], *, by_frames: bool) -> ShearRecord | None:
    """Return the record of a quasi-static shear whose own D2min is asked for; None in all other cases."""
    from lammps_glass.simulate import Record

    if name != "d2min" or len(sources) != 1 or by_frames or not sources[0].is_dir():
        return None
    record = Record.open(sources[0])
    return record if getattr_static(record, "d2min_path", None) is not None else None  # type: ignore[return-value]


def _two(name: str, sources: Sequence[Path]) -> tuple[Path, Path]:
    """Return the files of the earlier and the later configurations; one folder of a run is both."""
    if len(sources) == 1 and sources[0].is_dir():
        return sources[0], sources[0]
    if len(sources) != 2:
        raise InputError(
            f"label {name} is of two snapshots: give REFERENCE and CURRENT (they may be the same file, with --lag), "
            f"not {len(sources)} files"
        )
    return sources[0], sources[1]


def _refuse_pairing(name: str, entry: Entry, lag: int, steps: int | None, any_lag: bool) -> None:
    """Raise `InputError` for options that pair frames of two snapshots, which a label of runs does not read."""
    pairing = [
        option for option, value in (("--lag", lag), ("--steps", steps is not None), ("--any-lag", any_lag)) if value
    ]
    if pairing:
        instead = f"the MD steps after the first frame are --set steps=[{steps or 1000}]"
        advice = instead if "steps" in entry.options() else "leave it out"
        raise InputError(f"{pairing[0]} pairs the frames of two snapshots, and label {name} is of runs: {advice}")


def _say_default_of_classes(built: Label, options: Mapping[str, object], common: Common) -> None:
    """Say which label the classes are of, where no option does."""
    from lammps_glass.labels import Classes

    if isinstance(built, Classes) and not any(key.partition(".")[0] == "of" for key in options):
        common.say(f"classes of label {built.other.name}, the default; of another with --set of=NAME")


def _replica(sources: Sequence[Path]) -> str:
    """Name the replica by the folder of the first file, or of the runs."""
    if all(source.is_dir() for source in sources):
        return label_runs.replica_of_runs(list(dict.fromkeys(sources)))
    return parts.replica_names([sources[0]], None)[0]


def _of_options(r_max: float | None, total: bool) -> dict[str, object]:
    return {**({} if r_max is None else {"r_max": r_max}), **({"reduce": "sum"} if total else {})}


def _parameters(built: Label) -> dict[str, Json]:
    return {key: value for key, value in built.get_params().items() if key != _LAGS}


def _build(entry: Entry, options: Mapping[str, object]) -> Label:
    """Build a label; its length has no default here, as the unit of the dump need not be known."""
    from lammps_glass.labels.motion import Motion

    built: Label = entry.build(options)
    has_neighbors = not isinstance(built, Motion) or built.measure == "d2min"
    if has_neighbors and "r_max" in entry.options() and "r_max" not in options:
        raise InputError(f"label {entry.name} needs --r-max, the radius of the neighbourhood")
    return built


def _pair_groups(
    built: PairLabel, reference: Path, current: Path, reader: Reader, lag: int, steps: int | None, any_lag: bool
) -> Iterator[Group]:
    """Iterate over the labelled frames of two files; errors name the later one."""
    pairs = pairs_of_frames(reference, current, reader, lag=lag, steps=steps, any_lag=any_lag)
    files = str(current) if current == reference else f"{reference} and {current}"
    for before, after in pairs:
        for frame, path in ((before, reference), (after, current)):
            _check_ids(frame, path)
        yield Group(before, _columns(built, before, after, files))


def _check_ids(frame: Snapshot, path: Path) -> None:
    """Raise `InputError` that names the file whose frames have no ids."""
    from lammps_glass.snapshots.checks import require_ids

    try:
        require_ids(frame)
    except InputError as error:
        raise located(error, path) from error


def _columns(built: PairLabel, before: Snapshot, after: Snapshot, files: str) -> dict[str, Column]:
    """Label the particles of one pair of frames, read from `files`."""
    import numpy as np

    try:
        built.require_units(before.units)
        columns = built.table(before, after)
    except InputError as error:
        raise located(error, files, after.step) from error
    return {**columns, "lag": np.full(len(before), after.step - before.step)}
