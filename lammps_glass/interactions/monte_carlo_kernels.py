"""Compiled sweeps of Monte Carlo over single particles, energies from tables over the square of the distance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


class EnergyTables(NamedTuple):
    """A model sampled for linear interpolation.

    Attributes
    ----------
    inverse_step
        Samples per unit of the squared distance.
    limit
        Square of the cutoff.
    pair
        (n_types, n_types, n_samples) energy of a pair.
    density
        (n_types, n_types, n_samples) density that the second puts on the first; of size 0 for a pair potential.
    inverse_density_step
        Samples per unit of density.
    embedding
        (n_types, n_densities) energy of embedding.
    """

    inverse_step: float
    limit: float
    pair: Floats
    density: Floats
    inverse_density_step: float
    embedding: Floats


@kernel
def interpolate(table: Floats, place: float) -> float:
    """Interpolate linearly at `place` in units of the step; beyond the end the last value holds."""
    k = int(place)
    if k >= len(table) - 1:
        return table[-1]
    return table[k] + (place - k) * (table[k + 1] - table[k])


@kernel
def densities(positions: Floats, types: Integers, neighbors, tables: EnergyTables) -> Floats:  # type: ignore[no-untyped-def]
    """Sum the density (n,) at each particle; `neighbors` are (offsets, indices, shifts) as in `sweep`."""
    offsets, indices, shifts = neighbors
    result = np.zeros(len(positions))
    for i in range(len(positions)):
        for m in range(offsets[i], offsets[i + 1]):
            j, square = indices[m], 0.0
            for a in range(3):
                square += (positions[j, a] + shifts[m, a] - positions[i, a]) ** 2
            if square < tables.limit:
                result[i] += interpolate(tables.density[types[i], types[j]], square * tables.inverse_step)
    return result


@kernel
def sweep(  # type: ignore[no-untyped-def]  # noqa: C901
    positions: Floats, origins: Floats, types: Integers, neighbors, tables: EnergyTables, density: Floats,
    beta: float, step: float, radius: float, draws: Floats,
) -> int:  # fmt: skip
    """Try to move each particle once, and return the number of accepted moves.

    A move is refused where it would take the particle further than `radius` from its origin, and else accepted with
    the probability of Metropolis.

    Parameters
    ----------
    positions
        (n, 3), changed in place.
    origins
        (n, 3) centres of the spheres that the particles stay in.
    neighbors
        ``(offsets, indices, shifts)``: rows of neighbours with the lattice vector to add to the position of each.
    density
        (n,) density at each particle, kept up to date; of size 0 for a pair potential.
    draws
        (n, 4) uniform numbers in [0, 1): three for the move, one for the decision.
    """
    offsets, indices, shifts = neighbors
    embedded = len(density) > 0
    n_accepted = 0
    moved = np.empty(3)
    changes = np.zeros(1)
    for i in range(len(positions)):
        away, home = 0.0, types[i]
        for a in range(3):
            moved[a] = positions[i, a] + step * (2.0 * draws[i, a] - 1.0)
            away += (moved[a] - origins[i, a]) ** 2
        if away > radius * radius:
            continue
        change, density_here = 0.0, 0.0
        count = offsets[i + 1] - offsets[i]
        if embedded and len(changes) < count:
            changes = np.zeros(2 * count)
        for m in range(offsets[i], offsets[i + 1]):
            j, before, after = indices[m], 0.0, 0.0
            for a in range(3):
                there = positions[j, a] + shifts[m, a]
                if j == i:  # an image of the particle moves with it
                    before += shifts[m, a] ** 2
                    after += shifts[m, a] ** 2
                else:
                    before += (there - positions[i, a]) ** 2
                    after += (there - moved[a]) ** 2
            if embedded:
                changes[m - offsets[i]] = 0.0
            if j == i:
                if embedded and after < tables.limit:
                    density_here += interpolate(tables.density[home, home], after * tables.inverse_step)
                continue
            if before < tables.limit:
                change -= interpolate(tables.pair[home, types[j]], before * tables.inverse_step)
                if embedded:
                    changes[m - offsets[i]] -= interpolate(
                        tables.density[types[j], home], before * tables.inverse_step
                    )
            if after < tables.limit:
                change += interpolate(tables.pair[home, types[j]], after * tables.inverse_step)
                if embedded:
                    changes[m - offsets[i]] += interpolate(tables.density[types[j], home], after * tables.inverse_step)
                    density_here += interpolate(tables.density[home, types[j]], after * tables.inverse_step)
        if embedded:
            scale = tables.inverse_density_step
            own = tables.embedding[home]
            change += interpolate(own, density_here * scale) - interpolate(own, density[i] * scale)
            for m in range(count):  # images of one neighbour follow each other: their changes add
                j = indices[offsets[i] + m]
                if m + 1 < count and indices[offsets[i] + m + 1] == j:
                    changes[m + 1] += changes[m]
                    changes[m] = 0.0
                elif changes[m] != 0.0:
                    table = tables.embedding[types[j]]
                    change += interpolate(table, (density[j] + changes[m]) * scale)
                    change -= interpolate(table, density[j] * scale)
        if change <= 0.0 or draws[i, 3] < math.exp(-beta * change):
            n_accepted += 1
            for a in range(3):
                positions[i, a] = moved[a]
            if embedded:
                density[i] = density_here
                for m in range(count):
                    density[indices[offsets[i] + m]] += changes[m]
    return n_accepted
