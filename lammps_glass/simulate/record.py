"""Products of a finished run: `Record`, and its subclasses for protocols that write more than a trajectory."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, cast

from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.product import Product
from lammps_glass.snapshots import Snapshot

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.glasses.glass import Glass
    from lammps_glass.json_types import Options
    from lammps_glass.labels.driven import BlockSettings
    from lammps_glass.simulate.protocols.base import Protocol

IDENTITY = "run.json"


class Part(TypedDict):
    """A registered part and its options, as JSON values."""

    name: str
    options: Options


class Identity(TypedDict):
    """Everything that decides the result of a run; stored in ``run.json``."""

    protocol: Part
    glass: Part
    seed: int
    start: str  # sha256 of the configuration that the run started from


@dataclass(frozen=True)
class Record(Product):
    """Products of one run, read on access.

    Parameters
    ----------
    directory
        Folder with ``final.lammpstrj.gz``, ``thermo.parquet``, ``run.json``, and ``frames.lammpstrj.gz`` if the
        protocol writes frames; beside them ``in.lmp`` and ``log.lammps``.
    """

    @classmethod
    def open(cls, directory: str | Path) -> Self:
        """Open the record in `directory` as the class that its protocol writes (`Protocol.record`).

        A run of a protocol that is not installed opens as a `Record`.

        Raises
        ------
        InputError
            There is no folder, it holds no run, or the record of another protocol than this class is for.
        """
        from lammps_glass.simulate.protocols import REGISTRY

        record = Record(Path(directory))
        if record.directory.is_dir() and not (record.directory / IDENTITY).is_file():
            raise InputError(f"{directory}: a folder that no run has made (it has no {IDENTITY})")
        name = record.identity["protocol"]["name"]
        written: type[Record] = REGISTRY[name].load().record if name in list(REGISTRY) else Record
        if not issubclass(written, cls):
            raise InputError(f"{directory} holds a run of the protocol {name}, which writes no {cls.__name__}")
        return written(Path(directory))

    @property
    def final_path(self) -> Path:
        """Path of the last configuration."""
        return self.directory / "final.lammpstrj.gz"

    @property
    def frames_path(self) -> Path:
        """Path of the trajectory, whether or not the protocol writes one."""
        return self.directory / "frames.lammpstrj.gz"

    @property
    def thermo_path(self) -> Path:
        """Path of the table of thermodynamic output."""
        return self.directory / "thermo.parquet"

    @property
    def unfinished_path(self) -> Path:
        """Path of the configuration that an unfinished run got to before a minimisation failed."""
        return self.directory / "unfinished.lammpstrj.gz"

    @property
    def paths(self) -> list[Path]:
        """Paths of all files of a run, products and others, whether or not they exist."""
        beside = [self.directory / name for name in (IDENTITY, "start.data", "in.lmp", "log.lammps")]
        return [*beside, self.unfinished_path, self.frames_path, self.thermo_path, self.final_path]

    def remove(self) -> None:
        """Remove the files of the run, and the folder if nothing else is in it."""
        self.final_path.unlink(missing_ok=True)  # first: without it the run does not count as complete
        shutil.rmtree(self.segments, ignore_errors=True)
        for path in self.paths:
            path.unlink(missing_ok=True)
        if not any(self.directory.iterdir()):
            self.directory.rmdir()

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended and all its products are there."""
        return self.final_path.is_file() and (self.directory / IDENTITY).is_file()

    @property
    def final(self) -> Snapshot:
        """The last configuration."""
        return Snapshot.read(self._existing(self.final_path))

    def frames(self) -> Iterator[Snapshot]:
        """The frames in order of step, one held at a time; positions are unwrapped."""
        return Snapshot.read_all(self._existing(self.frames_path))

    @property
    def steps(self) -> list[int]:
        """Steps of the frames, read without keeping any frame."""
        with gzip.open(self._existing(self.frames_path), "rb") as lines:
            return [int(next(lines)) for line in lines if line.startswith(b"ITEM: TIMESTEP")]

    @property
    def n_frames(self) -> int:
        """Number of frames, counted without keeping any."""
        return len(self.steps)

    @property
    def thermo(self) -> pd.DataFrame:
        """The run's thermodynamic output, one row a step; energies are totals of the system, in units of the glass."""
        from lammps_glass.tables import read_table

        return read_table(self._existing(self.thermo_path))

    @property
    def identity(self) -> Identity:
        """Protocol, glass, seed and checksum of the start, as written when the run began."""
        identity: Identity = json.loads(self._existing(self.directory / IDENTITY).read_text(encoding="utf-8"))
        return identity

    @property
    def protocol(self) -> Protocol:
        """The protocol of this run, with its fields."""
        from lammps_glass.simulate.protocols import REGISTRY

        stored = self.identity["protocol"]
        protocol: Protocol = REGISTRY.build(stored["name"], stored["options"])
        return protocol

    @property
    def glass(self) -> Glass:
        """The glass of this run."""
        from lammps_glass.glasses import build

        stored = self.identity["glass"]
        return build(stored["name"], stored["options"])

    def copy_to(self, directory: Path) -> None:
        """Copy the last configuration, the thermodynamic table and the identity: what another run can start from."""
        for path in (self.final_path, self.thermo_path, self.directory / IDENTITY):
            shutil.copyfile(self._existing(path), directory / path.name)

    def _existing(self, path: Path) -> Path:
        if not self.directory.is_dir():
            raise InputError(f"{self.directory}: no such folder")
        if not path.is_file():
            raise NotReadyError(
                f"{path} is not there: the run in {self.directory} has not ended, or its protocol writes no such file"
            )
        return path


@dataclass(frozen=True)
class ShearRecord(Record):
    """Products of a quasi-static shear (`aqs`): those of every run, and D2min by block of strain."""

    @property
    def d2min_path(self) -> Path:
        """Path of the table of D2min by block."""
        return self.directory / "d2min.parquet"

    @property
    def paths(self) -> list[Path]:
        """Paths of all files of a run."""
        return [*super().paths, self.d2min_path]

    def blocks(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read the D2min table block by block, one held at a time.

        Columns: ``block``, ``step`` and ``strain`` (of the block's start), ``particle``, ``d2min`` (length squared),
        ``n_neighbors``; all of them unless `columns` are named. One row a particle.
        """
        from lammps_glass.tables import iter_table

        return iter_table(self._existing(self.d2min_path), columns)

    @property
    def block_settings(self) -> BlockSettings:
        """Plane of the shear, neighbourhood and reduction of D2min, and strain of a block."""
        from lammps_glass.tables import read_metadata

        return cast("BlockSettings", read_metadata(self._existing(self.d2min_path)))

    @property
    def events(self) -> pd.DataFrame:
        """The rows of `thermo` whose strain step is a plastic event."""
        table = self.thermo
        return table[table["event"]].reset_index(drop=True)


@dataclass(frozen=True)
class VibrationRecord(Record):
    """Products of `vibrate`: those of every run, and the mean squared displacement of each particle."""

    @property
    def vibrations_path(self) -> Path:
        """Path of the table of mean squared displacements."""
        return self.directory / "vibrations.parquet"

    @property
    def paths(self) -> list[Path]:
        """Paths of all files of a run."""
        return [*super().paths, self.vibrations_path]

    @property
    def vibrations(self) -> pd.DataFrame:
        """One row a particle: ``particle``, ``species``, ``msd``, ``msd_first``, ``msd_second`` (length squared)."""
        from lammps_glass.tables import read_table

        return read_table(self._existing(self.vibrations_path))

    @property
    def temperature(self) -> float:
        """Temperature of the trace, in the temperature unit of the glass."""
        return self._metadata("temperature")

    @property
    def correlation(self) -> float:
        """Pearson correlation over particles between the two halves of the trace."""
        return self._metadata("correlation")

    def _metadata(self, key: str) -> float:
        from lammps_glass.tables import read_metadata

        return float(read_metadata(self._existing(self.vibrations_path))[key])


@dataclass(frozen=True)
class BarrierRecord(Record):
    """Products of `artn`: those of every run, a row a search, and the configurations of events."""

    @property
    def searches_path(self) -> Path:
        """Path of the table of the searches."""
        return self.directory / "searches.parquet"

    @property
    def events_path(self) -> Path:
        """Path of the frames of the events, whether or not any were kept."""
        return self.directory / "events.lammpstrj.gz"

    @property
    def searches(self) -> pd.DataFrame:
        """One row a search, by particle and trial; columns as in `activation.Row`, and ``event``.

        That is the step of the event's first frame; -1 where the event was not kept.
        """
        from lammps_glass.tables import read_table

        return read_table(self._existing(self.searches_path))

    def events(self) -> Iterator[tuple[Snapshot, Snapshot, Snapshot]]:
        """Initial minimum, saddle and final minimum of the events that were kept, in the order of `searches`."""
        frames = Snapshot.read_all(self._existing(self.events_path))
        return zip(frames, frames, frames, strict=True)
