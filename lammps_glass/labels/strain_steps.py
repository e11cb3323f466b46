"""Activity in single steps of a quasi-static shear: particles that rearrange, and as many that stay at rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.json_types import Json
from lammps_glass.labels.base import CLASS, Label, LabelColumn, Labelled, Trajectory, only_record
from lammps_glass.labels.driven import Shear, require_shear
from lammps_glass.labels.jumps import active_and_inactive, block_values, quiescent_blocks
from lammps_glass.labels.pair import require_positive
from lammps_glass.tables import iter_table
from lammps_glass.units import UnitDefaults


@runtime_checkable
class StrainSteps(Protocol):
    """The parameters of a quasi-static shear (`simulate.protocols.AQS`)."""

    strain_step: float
    block_strain: float
    snapshot_every: float
    max_strain: float
    observe_from: float


class Blocks(NamedTuple):
    """The blocks of a shear, a strain step each.

    Attributes
    ----------
    steps
        (n_blocks,) step at which each begins.
    particles
        (n_particles,) ids.
    values
        (n_blocks, n_particles) D2min, length^2.
    eligible
        (n_particles,) particles that may be labelled.
    quiescent
        (n_blocks,) blocks without a system-wide avalanche.
    width
        Blocks of a window.
    """

    steps: NDArray[np.int64]
    particles: NDArray[np.int64]
    values: NDArray[np.float32]
    eligible: NDArray[np.bool_]
    quiescent: NDArray[np.bool_]
    width: int


@dataclass(frozen=True)
class StrainStepActivity(Label):
    """Class 1: particles with D2min of a strain step above `threshold`; class 0: as many with the lowest largest value.

    Both classes are drawn anew in each window of strain: over longer strains hardly a particle of a small glass stays
    at rest. Particles of class 0 are of configurations in which others are active. Columns: the class; D2min of the
    members of a class (of the step for class 1, the largest of the window for class 0); D2min of the step for every
    particle. Labelled configurations are those before a step with members of a class; if there are none, the one before
    the step with the largest D2min, without classes.

    Parameters
    ----------
    threshold
        Length^2, for D2min as the shear computes it (sum or mean).
    avalanche
        A step in which more than this fraction of the particles is above the threshold is system-wide and left out.
    window
        Strain of a window; a window without an active particle, or with too many, has no members.
    species
        Species that are labelled and counted; all by default.

    References
    ----------
    Rottler and Ortner (2024), section 2.3.
    """

    name: ClassVar[str] = "strain-step-activity"
    unit: ClassVar[str] = "1"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("threshold",))
    partial: ClassVar[bool] = True
    one_record: ClassVar[bool] = True

    threshold: float = 0.6
    avalanche: float = 0.2
    window: float = 0.01
    species: str | None = None

    def __post_init__(self) -> None:
        for name in ("threshold", "avalanche", "window"):
            require_positive(self.name, name, getattr(self, name))
        if self.avalanche > 1:
            raise InputError(f"label {self.name}: avalanche = {self.avalanche:g} is a fraction of particles: at most 1")

    @property
    def quantities(self) -> tuple[str, ...]:
        """Class, D2min of the members of a class, D2min of the step."""
        return (CLASS, "d2min", "step_d2min")

    def check_run(self, run: object) -> None:
        """Refuse a run whose blocks are not single steps, or does not store every step or not observe whole windows."""
        if not isinstance(run, StrainSteps):
            raise InputError(f"label {self.name} needs quasi-static shears")
        for name in ("block_strain", "snapshot_every"):
            if not math.isclose(getattr(run, name), run.strain_step, rel_tol=1e-6):
                raise InputError(f"{name} = {getattr(run, name):g} is not strain_step = {run.strain_step:g}: set both")
        windows = (run.max_strain - run.observe_from) / self.window
        if windows < 1 - 1e-6 or not math.isclose(windows, round(windows), rel_tol=1e-6):
            raise InputError(
                f"max_strain = {run.max_strain:g} (from observe_from = {run.observe_from:g}) is not a multiple of "
                f"window = {self.window:g} of the label: set either"
            )

    def expected(self, n_particles: int, n_frames: int, strain: float) -> tuple[int, float]:
        """Return estimates from a flowing glass of a thousand particles: plastic steps, and rows a strain of 1 %."""
        return max(1, n_frames // 20), 0.06 * n_particles * strain / 0.01

    def columns(self, records: Sequence[Trajectory]) -> tuple[LabelColumn, ...]:
        """Return the columns of the class, of D2min of its members, and of D2min of the step."""
        of_class = {"of": "class 1: its step; class 0: the largest of the window"}
        return (
            LabelColumn(CLASS, CLASS, self.unit),
            LabelColumn("d2min", "d2min", "length^2", details=of_class),
            LabelColumn("step_d2min", "step_d2min", "length^2", details={"of": "the step that follows"}),
        )

    def details(self, records: Sequence[Trajectory]) -> dict[str, Json]:
        """Count strain steps, events and windows.

        Numbers of strain ``steps``, ``plastic_steps``, ``avalanches``, ``windows``, ``windows_still`` (without an
        active particle) and ``windows_crowded`` (with too many); ``active_fraction``, of the particles that were ever
        active outside avalanches, and ``active_fraction_by_mean``, the same with D2min as a mean over neighbours.
        """
        record = require_shear(self, only_record(self, records))
        blocks = self._blocks(record)
        moving = record.thermo[record.thermo["step"] > 0]
        ever = (blocks.values[np.ix_(blocks.quiescent, blocks.eligible)] > self.threshold).any(axis=0)
        return {
            "steps": len(moving),
            "plastic_steps": int(moving["event"].sum()),
            "avalanches": int((~blocks.quiescent).sum()),
            "active_fraction": float(ever.mean()),
            "active_fraction_by_mean": self._active_fraction_by_mean(record, blocks),
            **self._members(blocks)[1],
        }

    def groups(self, records: Sequence[Trajectory]) -> Iterator[Labelled]:
        """Iterate over the configurations before steps with members of a class."""
        record = require_shear(self, only_record(self, records))
        blocks = self._blocks(record)
        table, _ = self._members(blocks)
        largest = blocks.values[:, blocks.eligible].max(axis=1, initial=-np.inf)
        labelled = {int(blocks.steps[b]): int(b) for b in table["block"].unique()}
        labelled = labelled or {int(blocks.steps[np.argmax(largest)]): int(np.argmax(largest))}
        for snapshot in record.frames():
            block = labelled.pop(snapshot.step, None)
            if block is not None:
                yield Labelled(snapshot, self._values(blocks, block, table[table["block"] == block]))
            if not labelled:
                return
        raise InputError(f"label {self.name}: {record.directory} has no frame of step {min(labelled)}")

    def _blocks(self, record: Shear) -> Blocks:
        steps, particles, values = block_values(record.d2min_path)
        start = next(iter(record.frames()))
        if not np.array_equal(particles, start.ids):
            raise InputError(
                f"label {self.name}: the blocks hold other particles than the frames of {record.directory}"
            )
        eligible = np.ones(len(start), dtype=bool)
        if self.species is not None:
            eligible = np.asarray(start.species_of_particles == self.species)
        quiescent = quiescent_blocks(values, threshold=self.threshold, max_fraction=self.avalanche, eligible=eligible)
        width = max(1, round(self.window / float(record.block_settings["block_strain"])))
        return Blocks(steps, particles, values, eligible, quiescent, width)

    def _members(self, blocks: Blocks) -> tuple[pd.DataFrame, dict[str, int]]:
        """Return the members of classes (``block``, ``row`` of the particle, class, ``d2min``); count windows."""
        parts: list[pd.DataFrame] = []
        counts = {"windows": 0, "windows_still": 0, "windows_crowded": 0}
        for start in range(0, max(1, len(blocks.steps) - blocks.width + 1), blocks.width):
            values = blocks.values[start : start + blocks.width]
            quiescent = blocks.quiescent[start : start + blocks.width]
            counts["windows"] += 1
            try:
                classes = active_and_inactive(
                    values, threshold=self.threshold, eligible=blocks.eligible, quiescent=quiescent
                )
            except InputError:
                has_events = bool((values[np.ix_(quiescent, blocks.eligible)] > self.threshold).any())
                counts["windows_crowded" if has_events else "windows_still"] += 1
                continue
            largest = np.broadcast_to(values[quiescent].max(axis=0), values.shape)
            for number, pairs, d2min in ((1, classes.active, values), (0, classes.inactive, largest)):
                rows = {"block": start + pairs[:, 0], "row": pairs[:, 1], CLASS: number, "d2min": d2min[tuple(pairs.T)]}
                parts.append(pd.DataFrame(rows))
        return pd.concat(parts) if parts else pd.DataFrame({"block": []}), counts

    @staticmethod
    def _values(blocks: Blocks, block: int, members: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of one configuration."""
        table = pd.DataFrame({CLASS: np.nan, "d2min": np.nan, "step_d2min": blocks.values[block].astype(np.float64)})
        if len(members):
            for name in (CLASS, "d2min"):
                table.loc[members["row"].to_numpy(), name] = members[name].to_numpy(dtype=np.float64)
        return table

    def _active_fraction_by_mean(self, record: Shear, blocks: Blocks) -> float:
        ever = np.zeros(len(blocks.particles), dtype=bool)
        for block, quiescent in zip(iter_table(record.d2min_path, ["d2min", "n_neighbors"]), blocks.quiescent):
            if quiescent:
                ever |= (block["d2min"] / block["n_neighbors"] > self.threshold).to_numpy()
        return float(ever[blocks.eligible].mean())
