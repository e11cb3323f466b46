"""`Record`: what a protocol left in its folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.snapshots import Snapshot

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.glasses.glass import Glass

FINGERPRINT = "run.json"


@dataclass(frozen=True)
class Record:
    """The products of one run, read when asked for.

    Parameters
    ----------
    directory
        Folder with ``final.lammpstrj.gz``, ``thermo.parquet``, ``run.json``, and ``frames.lammpstrj.gz`` if the
        protocol writes frames; beside them ``in.lmp`` and ``log.lammps``.
    """

    directory: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "directory", Path(self.directory))

    @property
    def final_path(self) -> Path:
        return self.directory / "final.lammpstrj.gz"

    @property
    def frames_path(self) -> Path:
        return self.directory / "frames.lammpstrj.gz"

    @property
    def thermo_path(self) -> Path:
        return self.directory / "thermo.parquet"

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended and all its products are there."""
        return self.final_path.is_file() and (self.directory / FINGERPRINT).is_file()

    @property
    def final(self) -> Snapshot:
        """The last configuration."""
        return Snapshot.read(self._existing(self.final_path))

    def frames(self) -> Iterator[Snapshot]:
        """The frames in order of step, one held at a time; positions are unwrapped."""
        return Snapshot.read_all(self._existing(self.frames_path))

    @property
    def n_frames(self) -> int:
        """Number of frames, counted without keeping any."""
        with gzip.open(self._existing(self.frames_path), "rb") as lines:
            return sum(line.startswith(b"ITEM: TIMESTEP") for line in lines)

    @property
    def thermo(self) -> pd.DataFrame:
        """The run's table; energies are totals of the system, in the units of the glass."""
        from lammps_glass.tables import read_table

        return read_table(self._existing(self.thermo_path))

    @property
    def identity(self) -> dict[str, Any]:
        """Protocol, glass, seed and checksum of the start, as written when the run began."""
        path = self._existing(self.directory / FINGERPRINT)
        identity: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return identity

    @property
    def glass(self) -> Glass:
        """The glass of this run."""
        from lammps_glass.glasses import REGISTRY

        stored = self.identity["glass"]
        glass: Glass = REGISTRY.build(stored["name"], stored["options"])
        return glass

    def _existing(self, path: Path) -> Path:
        if not self.directory.is_dir():
            raise InputError(f"{self.directory}: no such folder")
        if not path.is_file():
            raise NotReadyError(f"{path} is not there: the run in {self.directory} has not ended, or writes none")
        return path
