"""Labels from shear: the largest block D2min of each particle over planes, and particles active in single steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.tables import iter_table

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LargestJumps:
    """Result of `largest_jump`.

    Attributes
    ----------
    particles
        (n,) ids.
    planes
        Names of the k planes.
    by_plane
        (n, k) largest block D2min in each plane, length^2.
    threshold
        A particle is labelled when its largest value is above it.
    """

    particles: Integers
    planes: tuple[str, ...]
    by_plane: Floats
    threshold: float

    @property
    def largest(self) -> Floats:
        """(n,) largest values over all planes."""
        largest: Floats = self.by_plane.max(axis=1)
        return largest

    @property
    def label(self) -> NDArray[np.bool_]:
        """(n,) whether the largest value of the particle is above the threshold in any plane (the union)."""
        return np.asarray(self.largest > self.threshold)

    def fractions(self) -> dict[str, float]:
        """Return the fraction of labelled particles by plane, and in their ``union``."""
        jumped = self.by_plane > self.threshold
        each = {plane: float(jumped[:, k].mean()) for k, plane in enumerate(self.planes)}
        return {**each, "union": float(self.label.mean())}

    def table(self) -> pd.DataFrame:
        """Tabulate ``particle``, ``d2min_<plane>`` for each plane, ``largest``, ``label``; one row a particle."""
        planes = {f"d2min_{plane}": self.by_plane[:, k] for k, plane in enumerate(self.planes)}
        return pd.DataFrame({"particle": self.particles, **planes, "largest": self.largest, "label": self.label})


def largest_jump(
    tables: Mapping[str, str | Path], *, threshold: float = 0.05, both_classes: bool = True
) -> LargestJumps:
    """Find the largest D2min of each particle over all strain blocks of all planes, and label particles by it.

    Parameters
    ----------
    tables
        Path of ``d2min.parquet`` (`simulate.protocols.AQS`) by plane of the shear, of the same particles. Tables are
        read block by block.
    threshold
        Length^2; 0.05 square angstrom is that of the integrated-glassy-defect study, for blocks of 1e-4 of strain and
        the mean over the neighbours.
    both_classes
        Demand labelled and unlabelled particles.

    Raises
    ------
    InputError
        There are no tables, one has no blocks, the planes hold other particles, or a class has no members.
    """
    if not tables:
        raise InputError("largest_jump needs the block table of at least one plane")
    by_plane = {plane: _largest_of(Path(path)) for plane, path in tables.items()}
    particles = next(iter(by_plane.values()))[0]
    for plane, (others, _) in by_plane.items():
        if not np.array_equal(particles, others):
            raise InputError(f"{tables[plane]}: plane {plane} holds other particles than plane {next(iter(by_plane))}")
    jumps = LargestJumps(
        particles, tuple(by_plane), np.column_stack([largest for _, largest in by_plane.values()]), float(threshold)
    )
    if both_classes and not 0 < np.count_nonzero(jumps.label) < len(particles):
        which = "no particle" if not jumps.label.any() else "every particle"
        raise InputError(
            f"largest_jump: {which} of {len(particles)} has a D2min above {threshold:g} in {', '.join(by_plane)}: a "
            "class has no members; shear further, use more particles or another threshold"
        )
    return jumps


def _largest_of(path: Path) -> tuple[Integers, Floats]:
    """Return ids and largest D2min of the particles of one table."""
    particles: Integers | None = None
    largest = np.empty(0)
    for group in iter_table(path, ["particle", "d2min"]):
        ids, values = group["particle"].to_numpy(np.int64), group["d2min"].to_numpy(np.float64)
        if particles is None:
            particles, largest = ids, values
        elif np.array_equal(particles, ids):
            largest = np.maximum(largest, values)
        else:
            raise InputError(f"{path}: a block holds other particles than the first one")
    if particles is None:
        raise InputError(f"{path}: there are no blocks in this table")
    return particles, largest


class StepClasses(NamedTuple):
    """Result of `active_and_inactive`: samples as (row of the block, row of the particle), both (m, 2)."""

    active: Integers
    inactive: Integers


def active_and_inactive(
    d2min: ArrayLike, *, threshold: float = 0.6, eligible: ArrayLike | None = None, quiescent: ArrayLike | None = None
) -> StepClasses:
    """Select the events of single blocks and as many inactive particles; features belong to the start of the block.

    Every value above `threshold` is an event. The inactive particles are those whose largest value over all blocks is
    lowest; each is taken once, in the block of an event, so that both classes come from the same configurations.

    Parameters
    ----------
    d2min
        (n_blocks, n_particles).
    threshold
        Length^2; 0.6 is that of the ACE study, for one step of 5e-5 and the sum over the neighbours.
    eligible
        (n_particles,) which particles may be drawn, such as those of species A; default: all.
    quiescent
        (n_blocks,) which blocks count (`quiescent_blocks`); default: all.

    Raises
    ------
    InputError
        There are no events, or fewer particles without one than events.
    """
    values = np.asarray(d2min)
    particles = np.arange(values.shape[1]) if eligible is None else np.flatnonzero(np.asarray(eligible, dtype=bool))
    blocks = np.arange(len(values)) if quiescent is None else np.flatnonzero(np.asarray(quiescent, dtype=bool))
    kept = values[np.ix_(blocks, particles)]
    rows, columns = np.nonzero(kept > threshold)
    largest = kept.max(axis=0, initial=-np.inf)
    inactive = np.argsort(largest, kind="stable")[: np.count_nonzero(largest <= threshold)]
    if not len(rows) or len(inactive) < len(rows):
        raise InputError(
            f"active_and_inactive: {len(rows)} events above {threshold:g} in {len(blocks)} blocks and {len(inactive)} "
            "particles without one: a class has too few members; shear further or use another threshold"
        )
    active = np.column_stack([blocks[rows], particles[columns]])
    return StepClasses(active, np.column_stack([blocks[rows], particles[inactive[: len(rows)]]]))


def quiescent_blocks(
    d2min: ArrayLike, *, threshold: float, max_fraction: float, eligible: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Find blocks without a system-wide avalanche: a fraction of at most `max_fraction` has D2min above `threshold`.

    The criterion uses D2min, as the label does. Displacements would miss avalanches of a small glass, where most
    particles are near one that moved: a third may exceed the threshold while an eighth move by a tenth of a diameter.

    Parameters
    ----------
    d2min
        (n_blocks, n_particles).
    threshold
        Length^2, as in `active_and_inactive`.
    max_fraction
        Largest fraction of the eligible particles.
    eligible
        (n_particles,) which particles are counted; default: all.

    Returns
    -------
    (n_blocks,) bool.
    """
    values = np.asarray(d2min)
    counted = np.ones(values.shape[1], dtype=bool) if eligible is None else np.asarray(eligible, dtype=bool)
    return np.asarray((values[:, counted] > threshold).mean(axis=1) <= max_fraction)


def block_values(path: str | Path) -> tuple[Integers, Integers, NDArray[np.float32]]:
    """Read a block table whole: first steps (n_blocks,), particle ids (n,) and D2min (n_blocks, n).

    Raises
    ------
    InputError
        The table has no blocks.
    """
    starts, rows, particles = [], [], np.empty(0, dtype=np.int64)
    for group in iter_table(path, ["step", "particle", "d2min"]):
        starts.append(int(group["step"].iloc[0]))
        particles = group["particle"].to_numpy(np.int64)
        rows.append(group["d2min"].to_numpy(np.float32))
    if not rows:
        raise InputError(f"{path}: there are no blocks in this table")
    return np.array(starts), particles, np.array(rows)
