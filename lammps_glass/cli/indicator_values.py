"""Values of an indicator for the particles of trajectories: a saved one, a column of a dump, a descriptor, a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass import errors
from lammps_glass.cli import parts
from lammps_glass.cli.predict import load_predictor
from lammps_glass.cli.reading import Reader, located
from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.cell import Floats

_TABLES = (".parquet", ".csv")
_KEY = ("replica", "step", "particle", "species")
SPECIES = "species"


@dataclass(frozen=True)
class Source:
    """Where the values of an indicator come from.

    Parameters
    ----------
    text
        What the user named: a table, a saved indicator, ``DESCRIPTOR:COLUMN``, or a column of the dump.
    column
        Column of a table; default its only one besides the key.
    n_origins
        Most origins of a trajectory, evenly chosen; None: 1 where values are computed, all where they are read.
    start
        Values are those of the configuration from which the run started: they hold at its first frame.
    options
        Of the descriptor.
    """

    text: str
    column: str | None = None
    n_origins: int | None = None
    start: bool = False
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def path(self) -> Path | None:
        """Path of a table or of a saved indicator, if the text names one that exists."""
        path = Path(self.text)
        return path if path.exists() or path.suffix in _TABLES else None

    @property
    def descriptor(self) -> str | None:
        """Name of the descriptor of ``DESCRIPTOR:COLUMN``; None for the others."""
        return self.text.rsplit(":", 1)[0] if ":" in self.text and self.path is None else None

    @property
    def is_table(self) -> bool:
        """Whether the values are in a table."""
        return self.path is not None and self.path.suffix in _TABLES

    def table(self) -> tuple[pd.DataFrame, str]:
        """Read the table of values, and the name of their column."""
        from lammps_glass.tables import column_names, read_table

        path = Path(self.text)
        there = list(column_names(path))
        names = [name for name in there if name not in _KEY]
        if self.column is None and len(names) != 1:
            raise InputError(f"{path}: which column? --column takes one of {', '.join(names) or 'none'}")
        column = self.column or names[0]
        if column not in names:
            raise InputError(f"{path}: {unknown_name('column', column, names)}")
        return read_table(path, [*(name for name in _KEY if name in there), column]), column


class Values:
    """Gives the values of an indicator in the frames of trajectories.

    Raises
    ------
    InputError
        The source is none of the four, or lacks what it needs.
    """

    def __init__(
        self, source: Source, glass: Glass | None, first: Snapshot, seed: int | None, descriptor: str | None
    ) -> None:
        self.source, self.glass = source, glass
        self._table: pd.DataFrame | None = None
        self._describe: parts.Describe | None = None
        self._at = 0
        if source.is_table:
            self._table, self.name = source.table()
        elif source.path is not None:
            self._predictor, _ = load_predictor(source.path, None, descriptor, seed)
            self.name = self._predictor.column
            self._describe = None
        elif source.text in first.properties:
            self.name = source.text
        elif ":" in source.text:
            self._open_descriptor(source.text, seed)
        else:
            raise self._not_found(first)

    def _not_found(self, first: Snapshot) -> InputError:
        """Say what an indicator that is none of the four may have meant."""
        text, columns = self.source.text, ", ".join(first.properties) or "none"
        if text == SPECIES:
            return InputError(f"INDICATOR {text}: groups by species are asked for with --by {SPECIES}")
        if text in parts.registry_of("descriptors"):
            try:
                names = list(parts.build_descriptor(text, self.source.options, self.glass).feature_names)
            except InputError as error:
                return InputError(f"INDICATOR {text}: a descriptor: name one of its columns, {text}:COLUMN ({error})")
            return InputError(
                f"INDICATOR {text}: a descriptor: name one of its columns as {text}:COLUMN: {_some(names)}"
            )
        return InputError(
            f"INDICATOR {text}: no such file, and no column of the trajectory (it has {columns}); a descriptor's "
            "column is DESCRIPTOR:COLUMN"
        )

    def _open_descriptor(self, text: str, seed: int | None) -> None:
        name, column = text.rsplit(":", 1)
        built = parts.build_descriptor(name, self.source.options, self.glass)
        names = list(built.feature_names)
        if column not in names:
            raise InputError(f"INDICATOR {text}: {unknown_name('column', column, names)}")
        self.name, self._at = column, names.index(column)
        self._describe = parts.describing(built, self.glass, seed)

    def of(self, path: Path, replica: str, reader: Reader, beside: Collection[int] = ()) -> dict[int, Floats]:
        """Collect the values of a trajectory: step of an origin -> (n_particles,) values in the order of ids.

        Parameters
        ----------
        beside
            Origins of another indicator: values that are computed are computed there.
        """
        if self._table is not None:
            return self._from_table(path, replica, reader)
        reads = self.name == self.source.text
        steps = set(beside) if beside and not reads else self._origins(path, reader)
        values: dict[int, Floats] = {}
        for snapshot in reader.frames(path):
            if len(values) == len(steps):
                break
            if snapshot.step in steps:
                try:
                    values[snapshot.step] = self._values(snapshot)
                except InputError as error:
                    raise located(error, path, snapshot.step) from error
        return values

    def _origins(self, path: Path, reader: Reader) -> set[int]:
        """Choose the steps of the origins; a column is read wherever it is."""
        import numpy as np

        reads = self.name == self.source.text
        if not reads and self.source.n_origins in (None, 1):
            return {next(reader.frames(path)).step}
        steps = [frame.step for frame in reader.frames(path) if not reads or self.name in frame.properties]
        most = self.source.n_origins or (len(steps) if reads else 1)
        chosen = np.unique(np.linspace(0, len(steps), min(most, len(steps)), endpoint=False).astype(int))
        return {steps[at] for at in chosen}

    def _values(self, snapshot: Snapshot) -> Floats:
        import numpy as np

        if self._describe is not None:
            return np.asarray(self._describe(snapshot)[:, self._at], dtype=float)
        if self.name == self.source.text:
            return np.asarray(snapshot.properties[self.name], dtype=float)
        predicted = self._predictor.predicted(snapshot)
        return np.asarray(predicted.properties[self.name], dtype=float)

    def _from_table(self, path: Path, replica: str, reader: Reader) -> dict[int, Floats]:
        from lammps_glass.operations.group_dynamics import values_in

        assert self._table is not None  # `of` has asked
        rows = self._table[self._table["replica"].astype(str) == replica]
        if rows.empty:
            names = ", ".join(sorted(set(self._table["replica"].astype(str)))[:5])
            raise InputError(
                f"{self.source.text}: no values of replica {replica}, the folder of {path}; it has {names}: "
                "name the replica of each trajectory with --replica"
            )
        first = next(reader.frames(path))
        if self.source.start:
            if rows["step"].nunique() > 1:
                several = ", ".join(map(str, rows["step"].unique()[:3]))
                raise InputError(
                    f"{self.source.text}: replica {replica} has values of several steps ({several} ...): --from-start "
                    "takes those of the one configuration that the run started from: leave it out to use the values "
                    "at the frames of their steps, or keep the rows of that configuration"
                )
            with errors.located(str(path)):
                return {first.step: values_in(first, rows, self.name, replica)}
        steps = [frame.step for frame in reader.frames(path)]
        shared = [step for step in steps if step in set(rows["step"])]
        if not shared:
            raise InputError(
                f"{path}: no frame is at a step of {self.source.text} (replica {replica}: step "
                f"{rows['step'].iloc[0]}); frames are at {steps[0]} to {steps[-1]}. If they are those of the "
                "configuration that the run started from, --from-start takes them for its first frame"
            )
        with errors.located(str(path)):
            return {step: values_in(first, rows[rows["step"] == step], self.name, replica) for step in shared}


def _some(names: Sequence[str], most: int = 60) -> str:
    """List names, the first `most` of them."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def run_names(replicas: Sequence[str]) -> Iterator[str]:
    """Number the runs of each replica, in the order of the files."""
    counts: dict[str, int] = {}
    for replica in replicas:
        counts[replica] = counts.get(replica, 0) + 1
        yield str(counts[replica])
