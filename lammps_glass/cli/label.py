"""``lammps-glass label NAME``: a label of two snapshots, such as D2min, of every particle."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import GlassName
from lammps_glass.cli.reading import Boundary, Reader, RowsAreParticles, TypeNames, located
from lammps_glass.errors import InputError

if TYPE_CHECKING:
    from lammps_glass.labels import PairLabel
    from lammps_glass.registry import Entry
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Floats
    from lammps_glass.snapshots.snapshot import Integers

    Pairs = Iterator[tuple[Snapshot, Snapshot]]

#: Field of a label that says which frames are paired, as ``--lag`` does here.
_LAGS = "lags"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "label", panel="Dumps")(label)


def label(
    common: Common,
    name: Annotated[str, typer.Argument(metavar="LABEL", help="d2min or another label of two snapshots.")],
    reference: Annotated[Path, typer.Argument(help="Dump of the earlier configuration.", show_default=False)],
    current: Annotated[Path, typer.Argument(help="Dump of the later configuration; may be the same file.")],
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
    glass: GlassName = None,
    settings: Settings = None,
    replica: Annotated[
        str | None, typer.Option("--replica", help="Replica (default: the folder of REFERENCE).")
    ] = None,
    types: TypeNames = None,
    boundary: Boundary = None,
    rows_are_particles: RowsAreParticles = False,
) -> None:
    """Label particles by what happens to them between two snapshots: d2min, von_mises_strain, those of plug-ins.

    Frames are paired by their order; both files must hold the same number. With --lag N and the same file twice, each
    frame is compared with the one N frames later, and the last N frames get no label. With --steps N frames are paired
    by their steps, which must ascend; frames without a partner get no label. The step in the output is REFERENCE's,
    and the lag is the number of steps to CURRENT's, the same for all pairs unless --any-lag.
    """
    from lammps_glass.cli.rows import check_rows_file, row_writer

    if steps is not None and lag:
        raise InputError("--steps pairs frames by step and --lag by order: give one of them")
    entry = _entry(name)
    label_options = [option for option in entry.options() if option != _LAGS]
    options = parts.sort_settings(settings, {"label": label_options, "glass": parts.glass_options(glass)})
    built = _build(entry, {**options["label"], **_of_options(r_max, total)})
    reader = Reader(parts.build_glass(glass, options["glass"]), types, boundary, rows_are_particles, common.say)
    of_reference = parts.replica_names([reference], [replica] if replica else None)[0]
    check_rows_file(output)
    pairs = _by_order(reference, current, reader, lag) if steps is None else _by_step(reference, current, reader, steps)
    if not any_lag:
        pairs = _of_one_lag(pairs, current)
    parameters = {key: value for key, value in built.get_params().items() if key != _LAGS}
    if common.dry_run:
        listed = ", ".join(f"{key} {value}" for key, value in parameters.items())
        common.show({"pairs": sum(1 for _ in pairs)}, f"would label {reference} against {current} with {listed}")
        return
    with row_writer(output, {"label": name, **parameters, "lag": lag, "glass": glass}) as writer:
        for before, after in pairs:
            for frame, path in ((before, reference), (after, current)):
                _check_ids(frame, path)
            files = str(current) if current == reference else f"{reference} and {current}"
            writer.append(before, of_reference, _columns(built, before, after, files), current)
    common.show(
        {"output": output, "pairs": writer.n_snapshots, "rows": writer.n_rows},
        f"{output}: {writer.n_snapshots} pairs of frames, {writer.n_rows} rows",
    )


def _entry(name: str) -> Entry:
    """Return the entry of a label of two snapshots."""
    from lammps_glass.labels import PairLabel

    entry = parts.registry_of("labels")[name]
    loaded = entry.load()
    if not (isinstance(loaded, type) and issubclass(loaded, PairLabel)):
        raise InputError(f"label {name} is of the records of runs, not of two snapshots: a study can make it")
    return entry


def _of_options(r_max: float | None, total: bool) -> dict[str, object]:
    return {**({} if r_max is None else {"r_max": r_max}), **({"reduce": "sum"} if total else {})}


def _build(entry: Entry, options: Mapping[str, object]) -> PairLabel:
    """Build a label; its length has no default here, as the unit of the dump is not known."""
    if "r_max" in entry.options() and "r_max" not in options:
        raise InputError(f"label {entry.name} needs --r-max, the radius of the neighbourhood")
    built: PairLabel = entry.build(options)
    return built


def _by_order(reference: Path, current: Path, reader: Reader, lag: int) -> Pairs:
    """Iterate over the pairs of frames (k, k + lag); two frames are held at a time."""
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
    """Iterate over the pairs of frames whose steps are `steps` apart; two frames are held at a time."""
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
    """Iterate over pairs of frames, which must all be the same number of steps apart."""
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


def _check_ids(frame: Snapshot, path: Path) -> None:
    """Raise `InputError` that names the file whose frames have no ids."""
    from lammps_glass.snapshots.checks import require_ids

    try:
        require_ids(frame)
    except InputError as error:
        raise located(error, path) from error


def _columns(label: PairLabel, before: Snapshot, after: Snapshot, files: str) -> dict[str, Floats | Integers]:
    """Label the particles of one pair of frames, read from `files`."""
    import numpy as np

    try:
        columns = label.table(before, after)
    except InputError as error:
        raise located(error, files, after.step) from error
    return {**columns, "lag": np.full(len(before), after.step - before.step)}
