"""`FirstEvent`: strain of the first jump of each particle in quasi-static shears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json
from lammps_glass.labels.base import PLANE, Label, LabelColumn, Labelled, Trajectory
from lammps_glass.labels.driven import Shear, shears_by_plane
from lammps_glass.labels.pair import require_positive
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers
from lammps_glass.tables import iter_table
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True)
class FirstEvent(Label):
    """Strain at the start of the first block in which D2min of a particle is above `threshold`, of one shear a plane.

    A particle without such a block has the strain at the end of the shear, above that of every event. The labelled
    configuration is the one before the shear; small values are soft particles. Columns: the smallest of all planes,
    then that of each plane.

    Parameters
    ----------
    threshold
        Length^2, for D2min as the shear computes it (sum or mean).
    """

    name: ClassVar[str] = "first-event"
    unit: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ("d2min_path", "block_settings")
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("angstrom", ("threshold",))

    threshold: float = 0.05

    def __post_init__(self) -> None:
        require_positive(self.name, "threshold", self.threshold)

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return one configuration."""
        return 1, float(n_particles)

    def details(self, records: Sequence[Trajectory]) -> dict[str, Json]:
        """Return the fraction of particles with an event in each plane (``events``)."""
        firsts = {plane: self._first(shear) for plane, shear in shears_by_plane(self, records).items()}
        return {"events": {plane: float((strain < end).mean()) for plane, (_, strain, end) in firsts.items()}}

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the column of all planes and one for each plane."""
        planes = shears_by_plane(self, records)
        by_plane = [LabelColumn(f"first_event_{p}", self.name, self.unit, details={PLANE: p}) for p in planes]
        return (LabelColumn("first_event", self.name, self.unit), *by_plane)

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Yield the configuration before the shears."""
        shears = shears_by_plane(self, records)
        start = next(next(iter(shears.values())).frames())
        values: dict[str, Floats] = {}
        for plane, shear in shears.items():
            particles, strain, _ = self._first(shear)
            if not np.array_equal(particles, start.ids):
                raise InputError(f"label {self.name}: {shear.directory} has other particles than the labelled start")
            values[f"first_event_{plane}"] = strain
        yield Labelled(start, pd.DataFrame({"first_event": np.min(list(values.values()), axis=0), **values}))

    def _first(self, shear: Shear) -> tuple[Integers, Floats, float]:
        """Return ids, (n_particles,) strains of the first events, and the strain at the end of a shear."""
        blocks = iter_table(shear.d2min_path, ["particle", "strain", "d2min"])
        particles: Integers | None = None
        first, end = np.empty(0), 0.0
        for block in blocks:
            ids, strain = block["particle"].to_numpy(np.int64), float(block["strain"].iloc[0])
            if particles is None:
                particles, first = ids, np.full(len(ids), np.inf)
            elif not np.array_equal(particles, ids):
                raise InputError(f"{shear.d2min_path}: a block holds other particles than the first one")
            jumped = block["d2min"].to_numpy() > self.threshold
            first = np.where(jumped & ~np.isfinite(first), strain, first)
            end = strain + float(shear.block_settings["block_strain"])
        if particles is None:
            raise InputError(f"{shear.d2min_path}: there are no blocks in this table")
        return particles, np.where(np.isfinite(first), first, end), end
