"""Compiled kernels of SOAP: neighbours of one particle at a time, eight of them together, never a stored list.

For each particle and species: radial integrals and harmonics of eight neighbours, their sums c_nlm (vectors over n, so
that no sum runs across a vector and the numbers do not depend on the processor's vector length), then the power
spectrum as products of small matrices.
"""

from __future__ import annotations

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.descriptors.ace.lanes import LANES, fill, load, multiply, multiply_add, store, subtract
from lammps_glass.descriptors.soap.tables import DEGREE, Tables
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers, neighbors_of


@kernel
def _expand_radial(tables: Tables, distance: float, at: int, radial: Floats) -> None:
    """Integrals of a neighbour, all l and n, into the eights of `radial` from `at` on."""
    size = (tables.l_max + 1) * ((tables.n_max + LANES - 1) // LANES)
    scaled = distance * tables.intervals_per_length
    interval = min(int(scaled), tables.n_intervals - 1)
    t = fill(2.0 * (scaled - interval) - 1.0)
    first = interval * (DEGREE + 1) * size
    for e in range(size):
        total = load(tables.radial, first + DEGREE * size + e)
        for power in range(DEGREE - 1, -1, -1):
            total = multiply_add(total, t, load(tables.radial, first + power * size + e))
        store(radial, at + e, total)


@kernel
def _expand_angular(tables: Tables, directions: Floats, angular: Floats) -> None:
    """Harmonics (without their norms) of eight directions: `directions` x, y, z and `angular` l^2 + l + m in eights."""
    x, y, z = load(directions, 0), load(directions, 1), load(directions, 2)
    real, imaginary = fill(1.0), fill(0.0)
    for m in range(tables.l_max + 1):
        before, value = fill(0.0), fill(1.0)
        for ell in range(m, tables.l_max + 1):
            if ell > m:
                lower = multiply(fill(tables.steps[ell, m]), before)
                before = value
                value = subtract(multiply(z, value), lower)
            store(angular, ell * ell + ell - m, multiply(value, imaginary))
            store(angular, ell * ell + ell + m, multiply(value, real))
        grown = subtract(multiply(x, real), multiply(y, imaginary))
        imaginary = multiply_add(x, imaginary, multiply(y, real))
        real = grown


@kernel
def _accumulate(l_max: int, blocks: int, radial: Floats, angular: Floats, first: int, sums: Floats) -> None:
    """Add the products of eight neighbours to the eights of `sums` [l^2 + l + m, block of n] from `first` on."""
    size = (l_max + 1) * blocks
    for ell in range(l_max + 1):
        for b in range(blocks):
            e = ell * blocks + b
            r0, r1, r2, r3 = (
                load(radial, e),
                load(radial, size + e),
                load(radial, 2 * size + e),
                load(radial, 3 * size + e),
            )
            r4, r5 = load(radial, 4 * size + e), load(radial, 5 * size + e)
            r6, r7 = load(radial, 6 * size + e), load(radial, 7 * size + e)
            for lm in range(ell * ell, (ell + 1) * (ell + 1)):
                at, y = first + lm * blocks + b, lm * LANES
                total = multiply_add(fill(angular[y]), r0, load(sums, at))
                total = multiply_add(fill(angular[y + 1]), r1, total)
                total = multiply_add(fill(angular[y + 2]), r2, total)
                total = multiply_add(fill(angular[y + 3]), r3, total)
                total = multiply_add(fill(angular[y + 4]), r4, total)
                total = multiply_add(fill(angular[y + 5]), r5, total)
                total = multiply_add(fill(angular[y + 6]), r6, total)
                store(sums, at, multiply_add(fill(angular[y + 7]), r7, total))


@kernel
def _add_species(
    tables: Tables, near: Floats, n_near: int, work: tuple[Floats, Floats, Floats], first: int, sums: Floats
) -> None:
    """Add the sums over the neighbours `near` (n_near, 3) of one species."""
    directions, radial, angular = work
    blocks = (tables.n_max + LANES - 1) // LANES
    size = (tables.l_max + 1) * blocks
    for begin in range(0, n_near, LANES):
        for k in range(LANES):
            j = begin + k
            if j < n_near:
                x, y, z = near[j, 0], near[j, 1], near[j, 2]
                distance = np.sqrt(x * x + y * y + z * z)
                inverse = 1.0 / distance if distance > 0.0 else 0.0  # on top of the particle: only l = 0 is not zero
                directions[k], directions[LANES + k], directions[2 * LANES + k] = x * inverse, y * inverse, z * inverse
                _expand_radial(tables, distance, k * size, radial)
            else:
                for e in range(size):
                    store(radial, k * size + e, fill(0.0))
        _expand_angular(tables, directions, angular)
        _accumulate(tables.l_max, blocks, radial, angular, first, sums)


@kernel
def _products(
    sums: Floats, first: int, second: int, ell: int, blocks: int, from_block: int, at: int, to: Floats
) -> None:
    """``to[n1, n2]`` = sum over m of c_n1 c_n2, for four n1 from `at` on and all n2 from `from_block` on."""
    for b in range(from_block, blocks):
        a0, a1, a2, a3 = fill(0.0), fill(0.0), fill(0.0), fill(0.0)
        for lm in range(ell * ell, (ell + 1) * (ell + 1)):
            left = (first + lm * blocks) * LANES + at
            right = load(sums, second + lm * blocks + b)
            a0 = multiply_add(fill(sums[left]), right, a0)
            a1 = multiply_add(fill(sums[left + 1]), right, a1)
            a2 = multiply_add(fill(sums[left + 2]), right, a2)
            a3 = multiply_add(fill(sums[left + 3]), right, a3)
        store(to, at * blocks + b, a0)
        store(to, (at + 1) * blocks + b, a1)
        store(to, (at + 2) * blocks + b, a2)
        store(to, (at + 3) * blocks + b, a3)


@kernel
def _spectrum(tables: Tables, sums: Floats, products: Floats, row: Floats) -> None:
    """Write the power spectrum in the order of DScribe: pairs of species, l, n, n'; n' from n on for equal species."""
    blocks = (tables.n_max + LANES - 1) // LANES
    stride = (tables.l_max + 1) ** 2 * blocks
    width = blocks * LANES
    column = 0
    for z1 in range(tables.n_species):
        for z2 in range(z1, tables.n_species):
            for ell in range(tables.l_max + 1):
                for at in range(0, tables.n_max, 4):
                    from_block = at // LANES if z1 == z2 else 0
                    _products(sums, z1 * stride, z2 * stride, ell, blocks, from_block, at, products)
                for n1 in range(tables.n_max):
                    for n2 in range(n1 if z1 == z2 else 0, tables.n_max):
                        row[column] = products[n1 * width + n2]
                        column += 1


@kernel
def _scale(row: Floats, unit: bool) -> float:
    """Return the factor of a row: 1, or the inverse of its length (eight partial sums, always the same)."""
    if not unit:
        return 1.0
    parts = np.zeros(LANES)
    whole = len(row) // LANES * LANES
    for first in range(0, whole, LANES):
        for k in range(LANES):
            parts[k] += row[first + k] * row[first + k]
    for k in range(whole, len(row)):
        parts[k - whole] += row[k] * row[k]
    return float(1.0 / np.sqrt(parts.sum()))


@kernel
def describe(grid: Grid, types: Integers, particles: Integers, tables: Tables, unit: bool, rows: Floats) -> None:
    """Write the rows of the `particles`; `types` are those of all particles."""
    blocks = (tables.n_max + LANES - 1) // LANES
    n_lm = (tables.l_max + 1) ** 2
    stride = n_lm * blocks
    capacity = 64
    indices, vectors = np.empty(capacity, np.int64), np.empty((capacity, 3))
    near = np.empty((tables.n_species, capacity, 3))
    n_near = np.zeros(tables.n_species, np.int64)
    radial = np.zeros((tables.l_max + 1) * blocks * LANES * LANES)
    angular, directions = np.zeros(n_lm * LANES), np.zeros(3 * LANES)
    sums = np.empty(tables.n_species * stride * LANES)
    products = np.empty((blocks * LANES) ** 2)
    row = np.empty(rows.shape[1])
    for k in range(len(particles)):
        i = particles[k]
        count = neighbors_of(grid, i, indices, vectors)
        if count > capacity:
            capacity = 2 * count
            indices, vectors = np.empty(capacity, np.int64), np.empty((capacity, 3))
            near = np.empty((tables.n_species, capacity, 3))
            count = neighbors_of(grid, i, indices, vectors)
        n_near[:] = 0
        for j in range(count):
            z = types[indices[j]]
            near[z, n_near[z]] = vectors[j]
            n_near[z] += 1
        sums[:] = 0.0
        for z in range(tables.n_species):
            _add_species(tables, near[z], n_near[z], (directions, radial, angular), z * stride, sums)
        _expand_radial(tables, 0.0, 0, radial)  # the particle itself: a Gaussian at the centre, of l = 0 only
        for e in range(blocks * LANES):
            sums[types[i] * stride * LANES + e] += radial[e]
        for z in range(tables.n_species):
            for lm in range(n_lm):
                for e in range(lm * blocks * LANES, (lm + 1) * blocks * LANES):
                    sums[z * stride * LANES + e] *= tables.norms[lm]
        _spectrum(tables, sums, products, row)
        factor = _scale(row, unit)
        for column in range(len(row)):
            rows[k, column] = row[column] * factor
