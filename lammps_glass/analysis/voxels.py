"""Fields of a value on voxels of the normalised box, and their fluctuation against the population of a voxel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.analysis.correlations import checked_values
from lammps_glass.errors import InputError
from lammps_glass.snapshots.snapshot import Snapshot

PAPER_NUMBER = 15
"""Voxels along an edge in Wu & Ruiz Pestana (2023), section 2.4: 2.4 particles per voxel."""


Number = int | tuple[int, int, int]


class Fields(NamedTuple):
    """Time series of a field: ``steps`` (T,), ``values`` and ``population`` (T, n**3); empty voxels are NaN."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    population: NDArray[np.int64]

    @property
    def mean_population(self) -> float:
        """Mean number of particles per voxel, empty ones included."""
        return float(self.population.mean())

    @property
    def empty_fraction(self) -> float:
        """Fraction of voxels without a particle."""
        return float((self.population == 0).mean())


def voxel_number(n_particles: int, per_voxel: float = 2.0, limit: int = PAPER_NUMBER) -> int:
    """Find the largest n, at most `limit`, such that n**3 voxels hold at least `per_voxel` particles on average.

    800 particles give 7; the 8000 of Wu & Ruiz Pestana (2023) give their 15.
    """
    if n_particles < 1 or not per_voxel > 0 or limit < 1:
        raise InputError(f"voxels: {n_particles} particles, {per_voxel} a voxel, limit {limit}: all must be positive")
    fits = [n for n in range(1, limit + 1) if n**3 * per_voxel <= n_particles]
    return max(fits, default=1)


def voxel_indices(snapshot: Snapshot, number: Number) -> NDArray[np.int64]:
    """Find the voxel of each particle in the box mapped to a unit cube: flat indices (n_particles,).

    `number` is the number of voxels along each edge, or three of them. Fractional coordinates are wrapped along
    periodic vectors.

    Raises
    ------
    InputError
        `number` is not positive, or a particle lies outside the cell along an open vector.
    """
    edges = _edges(number)
    if edges.min() < 1:
        raise InputError(f"voxels: number = {number} along an edge must be positive")
    scaled = snapshot.cell.fractional(snapshot.positions)
    scaled = np.where(snapshot.cell.periodic, scaled - np.floor(scaled), scaled)
    if scaled.min() < 0 or scaled.max() > 1:
        raise InputError(f"voxels: a particle of step {snapshot.step} lies outside the cell along an open direction")
    index = np.minimum((scaled * edges).astype(np.int64), edges - 1)  # the upper face, and -1e-17 wrapped to 1.0
    flat: NDArray[np.int64] = (index[:, 0] * edges[1] + index[:, 1]) * edges[2] + index[:, 2]
    return flat


def _edges(number: Number) -> NDArray[np.int64]:
    edges: NDArray[np.int64] = np.broadcast_to(np.asarray(number, dtype=np.int64), 3)
    return edges


def voxel_field(snapshot: Snapshot, values: ArrayLike, number: Number) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Compute the mean value and the number of particles of each voxel.

    Parameters
    ----------
    values
        (n_particles,); NaN marks a particle without a value, which is not counted.
    number
        Voxels along each edge, or three numbers.

    Returns
    -------
    (field, population)
        (voxels,) each; an empty voxel has NaN and 0.
    """
    checked = checked_values(snapshot, values, "voxel field")
    kept = ~np.isnan(checked)
    flat = voxel_indices(snapshot, number)[kept]
    voxels = int(_edges(number).prod())
    population = np.bincount(flat, minlength=voxels)
    total = np.bincount(flat, weights=checked[kept], minlength=voxels)
    field = np.divide(total, population, out=np.full(voxels, np.nan), where=population > 0)
    return field, population


def voxel_fields(snapshots: Iterable[Snapshot], values: Iterable[ArrayLike], number: int) -> Fields:
    """Compute the `voxel_field` of every snapshot of a trajectory.

    Snapshots and values may be lazy: one of each is held at a time.
    """
    steps, rows = [], []
    for snapshot, of_particles in zip(snapshots, values, strict=True):
        steps.append(snapshot.step)
        rows.append(voxel_field(snapshot, of_particles, number))
    if not rows:
        raise InputError("voxel field: no snapshot")
    return Fields(np.array(steps), np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))


def fluctuation_by_population(
    snapshots: Iterable[Snapshot], values: Iterable[ArrayLike], numbers: Sequence[Number]
) -> pd.DataFrame:
    """Compute the fluctuation of a value against the population of a voxel, in two forms.

    Eq. 4 of Wu & Ruiz Pestana (2023), as printed, is the root mean square of the particles of a voxel about the mean of
    the system. Averaged over voxels it tends to the deviation of single particles, a constant, and cannot fall as
    N**-1/2. The figure of the paper shows the deviation of the *means* of voxels about the mean of the system.

    Parameters
    ----------
    snapshots, values
        A trajectory and the values (n_particles,) of each snapshot; NaN marks particles without a value.
    numbers
        Voxels along each edge, or three numbers; one row each.

    Returns
    -------
    DataFrame
        ``number`` (largest along an edge), ``population`` (particles per voxel), ``particle_rms`` (as printed),
        ``mean_deviation`` (of the means, root mean square), ``voxels``, ``empty`` (fraction of empty voxels); averages
        over snapshots, the two fluctuations over occupied voxels.
    """
    if not len(numbers):
        raise InputError("fluctuation by population: no voxel number given")
    rows = [
        _fluctuations(snapshot, checked_values(snapshot, of_particles, "fluctuation by population"), number)
        for snapshot, of_particles in zip(snapshots, values, strict=True)
        for number in numbers
    ]
    if not rows:
        raise InputError("fluctuation by population: no snapshot")
    names = ["number", "population", "particle_rms", "mean_deviation", "voxels", "empty"]
    table = pd.DataFrame(rows, columns=names).groupby(["number", "voxels"], as_index=False).mean()
    return table[names].sort_values("population", ignore_index=True)


def _fluctuations(snapshot: Snapshot, values: NDArray[np.float64], number: Number) -> tuple[float, ...]:
    deviation = values - np.nanmean(values)
    means, population = voxel_field(snapshot, deviation, number)
    squares, _ = voxel_field(snapshot, deviation**2, number)
    return (
        int(_edges(number).max()),
        float(population.mean()),
        float(np.nanmean(np.sqrt(squares))),
        float(np.sqrt(np.nanmean(means**2))),
        len(population),
        float((population == 0).mean()),
    )


def without_finite_size(table: pd.DataFrame) -> pd.DataFrame:
    """Take the finite size of the system out of the deviation of voxel means.

    Means of n of N values deviate from the mean of all N by ``sqrt(1 - n / N)`` less than those of independent values.

    Parameters
    ----------
    table
        Of `fluctuation_by_population`; its largest population is that of the whole system, N.

    Returns
    -------
    DataFrame
        The rows of parts of the system, with ``corrected`` beside ``mean_deviation``.
    """
    fraction = table["population"] / table["population"].max()
    parts: pd.DataFrame = table[fraction < 1]
    return parts.assign(corrected=parts["mean_deviation"] / np.sqrt(1 - fraction[fraction < 1]))
