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


# Tables are indexed in full: a view of a row would be counted up and down for every pair.
@kernel
def of_pair(table: Floats, a: int, b: int, place: float):  # type: ignore[no-untyped-def]
    """Interpolate ``table[a, b]`` linearly at `place` in units of the step; beyond the end the last value holds."""
    k = int(place)
    if k >= table.shape[2] - 1:
        return table[a, b, table.shape[2] - 1]
    return table[a, b, k] + (place - k) * (table[a, b, k + 1] - table[a, b, k])


@kernel
def of_type(table: Floats, a: int, place: float):  # type: ignore[no-untyped-def]
    """Interpolate ``table[a]`` as `of_pair` does."""
    k = int(place)
    if k >= table.shape[1] - 1:
        return table[a, table.shape[1] - 1]
    return table[a, k] + (place - k) * (table[a, k + 1] - table[a, k])


@kernel
def densities(positions: Floats, types: Integers, neighbors, tables: EnergyTables) -> Floats:  # type: ignore[no-untyped-def]
    """Sum the density (n,) at each particle; `neighbors` as in `sweep`."""
    offsets, indices, images, lattice = neighbors
    result = np.zeros(len(positions))
    for i in range(len(positions)):
        for m in range(offsets[i], offsets[i + 1]):
            j, square = indices[m], 0.0
            for a in range(3):
                square += (positions[j, a] + lattice[images[m], a] - positions[i, a]) ** 2
            if square < tables.limit:
                result[i] += of_pair(tables.density, types[i], types[j], square * tables.inverse_step)
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
        ``(offsets, indices, images, lattice)``: rows of neighbours, and for each the row of `lattice` (k, 3) that is
        added to its position. 32-bit integers: the list is read once a sweep, and its size decides the time.
    density
        (n,) density at each particle, kept up to date; of size 0 for a pair potential.
    draws
        (n, 4) uniform numbers in [0, 1): three for the move, one for the decision.
    """
    offsets, indices, images, lattice = neighbors
    embedded = len(density) > 0
    n_accepted = 0
    here, moved = np.empty(3), np.empty(3)
    changes = np.zeros(1)
    for i in range(len(positions)):
        away, home = 0.0, types[i]
        for a in range(3):
            here[a] = positions[i, a]
            moved[a] = here[a] + step * (2.0 * draws[i, a] - 1.0)
            away += (moved[a] - origins[i, a]) ** 2
        if away > radius * radius:
            continue
        change, density_here = 0.0, 0.0
        count = offsets[i + 1] - offsets[i]
        if embedded and len(changes) < count:
            changes = np.zeros(2 * count)
        for m in range(offsets[i], offsets[i + 1]):
            j, image = indices[m], images[m]
            x = positions[j, 0] + lattice[image, 0]
            y = positions[j, 1] + lattice[image, 1]
            z = positions[j, 2] + lattice[image, 2]
            before = (x - here[0]) ** 2 + (y - here[1]) ** 2 + (z - here[2]) ** 2
            after = (x - moved[0]) ** 2 + (y - moved[1]) ** 2 + (z - moved[2]) ** 2
            if j == i:  # an image of the particle moves with it
                after = before
            elif before >= tables.limit and after >= tables.limit:
                if embedded:
                    changes[m - offsets[i]] = 0.0
                continue
            if embedded:
                changes[m - offsets[i]] = 0.0
            if j == i:
                if embedded and after < tables.limit:
                    density_here += of_pair(tables.density, home, home, after * tables.inverse_step)
                continue
            if before < tables.limit:
                change -= of_pair(tables.pair, home, types[j], before * tables.inverse_step)
                if embedded:
                    changes[m - offsets[i]] -= of_pair(tables.density, types[j], home, before * tables.inverse_step)
            if after < tables.limit:
                change += of_pair(tables.pair, home, types[j], after * tables.inverse_step)
                if embedded:
                    changes[m - offsets[i]] += of_pair(tables.density, types[j], home, after * tables.inverse_step)
                    density_here += of_pair(tables.density, home, types[j], after * tables.inverse_step)
        if embedded:
            scale = tables.inverse_density_step
            change += of_type(tables.embedding, home, density_here * scale)
            change -= of_type(tables.embedding, home, density[i] * scale)
            for m in range(count):  # images of one neighbour follow each other: their changes add
                j = indices[offsets[i] + m]
                if m + 1 < count and indices[offsets[i] + m + 1] == j:
                    changes[m + 1] += changes[m]
                    changes[m] = 0.0
                elif changes[m] != 0.0:
                    change += of_type(tables.embedding, types[j], (density[j] + changes[m]) * scale)
                    change -= of_type(tables.embedding, types[j], density[j] * scale)
        if change <= 0.0 or draws[i, 3] < math.exp(-beta * change):
            n_accepted += 1
            for a in range(3):
                positions[i, a] = moved[a]
            if embedded:
                density[i] = density_here
                for m in range(count):
                    density[indices[offsets[i] + m]] += changes[m]
    return n_accepted
