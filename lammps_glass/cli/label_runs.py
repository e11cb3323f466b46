"""Labels of runs on the command line: those of the registry, and the D2min blocks that `aqs` has made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from inspect import getattr_static
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.labels import Label, LabelColumn
    from lammps_glass.simulate import Record, ShearRecord
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Columns


class Group(NamedTuple):
    """A labelled configuration and the columns of its particles, in its order."""

    snapshot: Snapshot
    columns: Columns


class Ceilings:
    """Collects the columns of labels that have repeats, and gives their noise ceilings; see `products.ceilings`.

    Parameters
    ----------
    columns
        Meaning of the columns of labels.
    """

    def __init__(self, columns: Sequence[LabelColumn]) -> None:
        from lammps_glass.labels import repeats_of

        self.columns = columns
        repeats = [of_column for column in columns if (of_column := repeats_of(column, columns))]
        self._names = sorted({name for of_column in repeats for name in of_column.names})
        self._groups: list[pd.DataFrame] = []

    def add(self, columns: Columns) -> None:
        """Add the (n,) values of each column of a configuration."""
        import pandas as pd

        if self._names:
            self._groups.append(pd.DataFrame({name: columns[name] for name in self._names}))

    def rows(self) -> list[dict[str, str | int | float | None]]:
        """Return a row a column with repeats: ``label``, ``from``, ``repeats``, ``ceiling`` (None: not known)."""
        from lammps_glass.products.ceilings import ceilings

        rows = ceilings(self.columns, self._groups).to_dict("records") if self._names else []
        return [
            {str(key): None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
            for row in rows
        ]

    def unknown(self, rows: Sequence[Mapping[str, str | int | float | None]]) -> list[str]:
        """Say why a ceiling of `rows` is not known, or why there is none at all for a label of runs."""
        if self.columns and not rows:
            return [
                "the noise ceiling is not known: one run, or the shear of one plane, says nothing of its own noise; "
                "give several runs from one configuration, or shears of several planes, where the label takes them"
            ]
        return [
            f"the noise ceiling of {row['label']} is not known: its repeats ({row['from']}) do not agree"
            for row in rows
            if row["ceiling"] is None
        ]


def open_runs(paths: Sequence[Path]) -> list[Record]:
    """Open the records in folders of runs.

    Raises
    ------
    InputError
        A path is a file, or a folder that no run has made.
    """
    from lammps_glass.simulate import Record

    for path in paths:
        if not path.is_dir():
            raise InputError(
                f"{path}: the label is of runs, not of two snapshots: give the folder of each, as `simulate` makes it"
            )
    return [Record.open(path) for path in paths]


def replica_of_runs(paths: Sequence[Path]) -> str:
    """Name the replica of runs: the folder of one run, or the folder that holds all of several."""
    folders = {path.resolve() if len(paths) == 1 else path.resolve().parent for path in paths}
    if len(folders) > 1:
        raise InputError("the runs lie in different folders: name the replica that all are of with --replica")
    return folders.pop().name


def label_runs(label: Label, records: Sequence[Record], configuration: Snapshot | None = None) -> Iterator[Group]:
    """Label the particles of one replica by its runs, configuration by configuration.

    Parameters
    ----------
    configuration
        Start of the runs: its step, not that of their first frame, is then that of the rows.

    Raises
    ------
    InputError
        The label cannot be made from these runs, or a default of it is in other units.
    """
    names = [column.name for column in label.columns(records)]
    if configuration is not None:
        require_start(configuration, records)
    for labelled in label.groups(records):
        snapshot = labelled.snapshot
        label.require_units(snapshot.units)
        yield Group(
            snapshot if configuration is None else configuration,
            {name: labelled.values[name].to_numpy() for name in names},
        )


def check_runs(label: Label, records: Sequence[Record]) -> None:
    """Refuse runs that the label cannot be made from, before any of their tables is read."""
    missing = object()
    for record in records:
        protocol = record.protocol
        if not record.is_complete:
            raise InputError(f"{record.directory}: the run has not ended: run it again to resume it")
        lacking = [name for name in label.needs if getattr_static(record, name, missing) is missing]
        try:
            if lacking:
                of_protocols = " or ".join(_protocols_with(lacking)) or "another protocol"
                needed = f"label {label.name} needs runs of {of_protocols}, whose records have {', '.join(lacking)}"
                raise InputError(needed)
            if not protocol.has_frames:
                raise InputError(f"protocol {protocol.name} stores no frames")
            label.check_run(protocol)
        except InputError as error:
            raise InputError(f"{record.directory} ({protocol.name}): {error}") from error
    label.check_number(len(records))


def _protocols_with(names: Sequence[str]) -> list[str]:
    """List the protocols of this package whose records have all of `names`."""
    from lammps_glass.simulate.protocols import REGISTRY

    missing = object()
    records = {name: REGISTRY[name].load().record for name in REGISTRY.bundled}
    return [
        name for name, record in records.items()
        if all(getattr_static(record, needed, missing) is not missing for needed in names)
    ]  # fmt: skip


def facts_of_runs(label: Label, records: Sequence[Record]) -> dict[str, Json]:
    """Collect the metadata of a label of runs: the meaning of its columns, and facts about the runs."""
    columns = [asdict(column) for column in label.columns(records)]
    return {"columns": columns, **label.details(records)}


def block_labels(record: ShearRecord) -> Iterator[Group]:
    """Iterate over the D2min blocks of a quasi-static shear: rows of the step at which each block begins.

    The configurations have the positions of the first frame: `aqs` stores no others.
    """
    import numpy as np

    first = next(record.frames())
    lag = int(record.protocol.block_steps)  # type: ignore[attr-defined]
    for block in record.blocks():
        if not np.array_equal(block["particle"], first.ids):
            raise InputError(f"{record.d2min_path}: the blocks hold other particles than the first frame of the shear")
        columns = {name: block[name].to_numpy() for name in ("n_neighbors", "d2min", "block", "strain")}
        yield Group(first.replace(step=int(block["step"].iloc[0])), {**columns, "lag": np.full(len(first), lag)})


def require_settings_of(record: ShearRecord, options: Mapping[str, object]) -> None:
    """Raise `InputError` unless `options` (`r_max`, `reduce`) are those that the blocks of a shear were made with."""
    settings = record.block_settings
    for name, value in options.items():
        if settings.get(name) != value:
            raise InputError(
                f"{record.d2min_path}: its D2min was made with {name} = {settings.get(name)}, not {value}: leave it "
                "out, or compare frames with --lag"
            )


def require_start(configuration: Snapshot, records: Sequence[Record]) -> None:
    """Refuse a configuration that the runs did not start from.

    A run knows the checksum of its start. Where that differs, as after a dump with fewer digits, the positions must be
    those of the first frame to a thousandth of the spacing.
    """
    import numpy as np

    from lammps_glass.simulate.start import checksum

    for record in records:
        if checksum(record.glass.check(configuration)) == record.identity["start"]:
            continue
        first = next(record.frames())
        if not np.array_equal(configuration.ids, first.ids):
            raise InputError(f"--start has other particles than {record.directory}")
        moved = configuration.cell.minimum_image(configuration.positions - first.positions)
        farthest = float(np.linalg.norm(moved, axis=1).max())
        if farthest > 1e-3 * first.spacing:
            raise InputError(
                f"--start is not the configuration that {record.directory} started from: particles lie up to "
                f"{farthest:.3g} from its first frame"
            )
