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
    """Sum the density (n,) at each particle; `neighbors` as in `sweep_pairs`."""
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
def near_pairs(  # type: ignore[no-untyped-def]
    offsets: Integers, indices: Integers, vectors: Floats, centres: Floats, types: Integers, limits: Floats,
    inverse: Floats,
):  # fmt: skip
    """Keep the pairs of a neighbour list within the limit of their types, each with its turns around the cell.

    Parameters
    ----------
    offsets, indices, vectors
        Neighbours of each particle (`NeighborList`).
    centres
        (n, 3) places that the list is of.
    limits
        (n_types, n_types) largest squared distances.
    inverse
        (3, 3) inverse of the cell's matrix.

    Returns
    -------
    offsets (n + 1,), neighbours (m,) and (m, 3) turns from the neighbour's own place to its image.
    """
    kept = np.zeros(len(offsets), np.int64)
    neighbors, turns = np.empty(len(indices), np.int32), np.empty((len(indices), 3), np.int32)
    count = 0
    for i in range(len(offsets) - 1):
        for m in range(offsets[i], offsets[i + 1]):
            j, square = indices[m], 0.0
            for a in range(3):
                square += vectors[m, a] ** 2
            if square > limits[types[i], types[j]]:
                continue
            neighbors[count] = j
            for a in range(3):
                turn = 0.0
                for b in range(3):
                    turn += (vectors[m, b] - centres[j, b] + centres[i, b]) * inverse[b, a]
                turns[count, a] = round(turn)
            count += 1
        kept[i + 1] = count
    return kept, neighbors[:count], turns[:count]


@kernel
def sweep_pairs(  # type: ignore[no-untyped-def]
    positions: Floats, origins: Floats, types: Integers, neighbors, tables: EnergyTables, limits: Floats, beta: float,
    step: float, radius: float, draws: Floats,
) -> int:  # fmt: skip
    """Try to move each particle once under a pair potential, and return the number of accepted moves.

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
    limits
        (n_types, n_types) squared distances beyond which a pair has no energy.
    draws
        (n, 4) uniform numbers in [0, 1): three for the move, one for the decision.
    """
    offsets, indices, images, lattice = neighbors
    n_accepted = 0
    before, after, kinds = np.empty(512), np.empty(512), np.empty(512, np.int64)
    for i in range(len(positions)):
        home = types[i]
        x0, y0, z0 = positions[i, 0], positions[i, 1], positions[i, 2]
        x1 = x0 + step * (2.0 * draws[i, 0] - 1.0)
        y1 = y0 + step * (2.0 * draws[i, 1] - 1.0)
        z1 = z0 + step * (2.0 * draws[i, 2] - 1.0)
        if (x1 - origins[i, 0]) ** 2 + (y1 - origins[i, 1]) ** 2 + (z1 - origins[i, 2]) ** 2 > radius * radius:
            continue
        start, end = offsets[i], offsets[i + 1]
        if end - start > len(before):
            size = 2 * (end - start)
            before, after, kinds = np.empty(size), np.empty(size), np.empty(size, np.int64)
        count = 0
        # Every neighbour is written, and kept by moving on: a branch here would be mispredicted often.
        for m in range(start, end):
            j, image = indices[m], images[m]
            x = positions[j, 0] + lattice[image, 0]
            y = positions[j, 1] + lattice[image, 1]
            z = positions[j, 2] + lattice[image, 2]
            square = (x - x0) ** 2 + (y - y0) ** 2 + (z - z0) ** 2
            square_moved = (x - x1) ** 2 + (y - y1) ** 2 + (z - z1) ** 2
            kind = types[j]
            before[count], after[count], kinds[count] = square, square_moved, kind
            limit = limits[home, kind]
            # an image of the particle moves with it
            count += (j != i) & (min(square, square_moved) < limit)
        change = 0.0
        for k in range(count):
            change -= of_pair(tables.pair, home, kinds[k], before[k] * tables.inverse_step)
            change += of_pair(tables.pair, home, kinds[k], after[k] * tables.inverse_step)
        if change <= 0.0 or draws[i, 3] < math.exp(-beta * change):
            n_accepted += 1
            positions[i, 0], positions[i, 1], positions[i, 2] = x1, y1, z1
    return n_accepted


@kernel
def sweep_embedded(  # type: ignore[no-untyped-def]  # noqa: C901
    positions: Floats, origins: Floats, types: Integers, neighbors, tables: EnergyTables, density: Floats,
    beta: float, step: float, radius: float, draws: Floats,
) -> int:  # fmt: skip
    """Try to move each particle once under a potential with embedding energies; as `sweep_pairs` otherwise.

    Parameters
    ----------
    density
        (n,) density at each particle, kept up to date.
    """
    offsets, indices, images, lattice = neighbors
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
        if len(changes) < count:
            changes = np.zeros(2 * count)
        for m in range(offsets[i], offsets[i + 1]):
            j, image = indices[m], images[m]
            changes[m - offsets[i]] = 0.0
            x = positions[j, 0] + lattice[image, 0]
            y = positions[j, 1] + lattice[image, 1]
            z = positions[j, 2] + lattice[image, 2]
            before = (x - here[0]) ** 2 + (y - here[1]) ** 2 + (z - here[2]) ** 2
            after = (x - moved[0]) ** 2 + (y - moved[1]) ** 2 + (z - moved[2]) ** 2
            if j == i:  # an image of the particle moves with it
                if before < tables.limit:
                    density_here += of_pair(tables.density, home, home, before * tables.inverse_step)
                continue
            if before < tables.limit:
                change -= of_pair(tables.pair, home, types[j], before * tables.inverse_step)
                changes[m - offsets[i]] -= of_pair(tables.density, types[j], home, before * tables.inverse_step)
            if after < tables.limit:
                change += of_pair(tables.pair, home, types[j], after * tables.inverse_step)
                changes[m - offsets[i]] += of_pair(tables.density, types[j], home, after * tables.inverse_step)
                density_here += of_pair(tables.density, home, types[j], after * tables.inverse_step)
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
            density[i] = density_here
            for m in range(count):
                density[indices[offsets[i] + m]] += changes[m]
    return n_accepted
