"""Starts of simulations: a snapshot file, the folder of another run, or the glass itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli.reading import Reader, as_glass
from lammps_glass.errors import InputError

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.simulate.protocols import Protocol
    from lammps_glass.simulate.protocols.base import Source

StartPath = Annotated[
    Path | None,
    typer.Option(
        "--start",
        help="Snapshot file (its last frame; all frames for protocols of frames), or the folder of another run.",
    ),
]


@dataclass(frozen=True)
class Start:
    """Start of a run on the command line.

    Parameters
    ----------
    path
        A snapshot file or the folder of a record; None for the glass itself.
    reader
        Reads a snapshot file as snapshots of the glass.
    """

    path: Path | None
    reader: Reader

    @property
    def of_record(self) -> bool:
        """Whether the run starts from the record of another."""
        return self.path is not None and self.path.is_dir()

    def require_glass(self) -> None:
        """Raise `InputError` when the start is not of the glass of the reader; other faults of it come later."""
        from lammps_glass.simulate import Record

        if self.path is not None and self.path.is_file():
            next(self.reader.frames(self.path, last=True))
        elif self.path is not None and (record := Record(self.path)).is_complete:
            as_glass(record.final, self.reader.glass, self.path)

    def source(self, protocol: Protocol, glass: Glass) -> Source:
        """Open what a run of `protocol` starts from; frames of a file are read as they are asked for.

        Raises
        ------
        InputError
            The protocol needs a start and there is none, takes none and there is one, or its parameters contradict the
            run that it starts from.
        """
        if self.path is None:
            if protocol.starts_from in ("record", "frames"):
                start = "frames" if protocol.starts_from == "frames" else "a configuration"
                raise InputError(
                    f"protocol {protocol.name} starts from {start}: give a snapshot file or the folder of another run "
                    "with --start"
                )
            return glass
        if protocol.starts_from == "glass":
            raise InputError(f"protocol {protocol.name} starts from the glass alone: leave out --start")
        if self.of_record:
            return self._record(self.path, protocol)
        if protocol.starts_from == "frames":
            return self.reader.frames(self.path)
        return next(self.reader.frames(self.path, last=True))

    def _record(self, path: Path, protocol: Protocol) -> Source:
        """Open the record of another run, and check `protocol` against the protocol of that run."""
        from lammps_glass.simulate import Record
        from lammps_glass.simulate.protocols import REGISTRY

        if self.reader.types is not None or self.reader.boundary is not None:
            raise InputError(
                f"{path}: the record of a run names its types and boundaries: leave out --types, --boundary"
            )
        record = Record.open(path)
        if record.identity["protocol"]["name"] in REGISTRY:
            protocol.check_start(record.protocol)
        return record


def glass_of_record(path: Path | None) -> Glass:
    """Return the glass of the record to start from.

    Raises
    ------
    InputError
        There is no record to start from.
    """
    from lammps_glass.simulate import Record

    if path is None or not path.is_dir():
        raise InputError("no glass is named: give --glass (see `list glasses`), or the folder of a run with --start")
    return Record.open(path).glass
