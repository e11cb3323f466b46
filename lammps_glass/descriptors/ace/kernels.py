"""Compiled kernels of the expansion: eight particles at a time, in the lanes of vectors.

Particles are taken in the order of the bins, so that those of a block have their neighbours in common. For each block:
neighbours of each particle by species, chunk by chunk radial functions and harmonics, their sums (moments), products of
moments, purification, rows of the result. Nothing is kept but the block at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lammps_glass.compiled import generator_kernel, kernel
from lammps_glass.descriptors.ace.lanes import (
    LANES,
    add,
    divide,
    fill,
    larger,
    load,
    multiply,
    multiply_add,
    square_root,
    store,
    subtract,
)
from lammps_glass.descriptors.ace.plan import Additions, Plan, Sums
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Grid, Integers

CHUNK = 8
"""Neighbours of each of the eight particles that are expanded before they are summed: few enough for the cache."""

FINE, COINCIDENT, LONELY = 0, 1, 2


class Workspace(NamedTuple):
    """Buffers of one thread; eights of numbers are consecutive."""

    home: Integers  # (1,) the bin that the candidates surround
    candidates: Floats  # (n_species, 3, capacity + 1)
    n_candidates: Integers  # (n_species,)
    squares: Floats  # (capacity,) squared distances of candidates
    chosen: Integers  # (capacity + 1,) candidates within the cutoff
    near: Floats  # (n_species, (capacity + CHUNK) x 3 eights) vectors to neighbours
    n_near: Integers  # (n_species, LANES)
    places: Floats  # 4 x CHUNK eights
    radial: Floats  # n_radial x CHUNK eights
    angular: Floats  # (l_max + 1)^2 x CHUNK eights
    moments: Floats
    coupled: Floats  # 2 l_max + 1 eights
    features: Floats


@kernel
def most_candidates(grid: Grid) -> int:
    """Return the largest number of particles and images in the bins around one bin."""
    most = 0
    home = np.empty(3, np.int64)
    for b0 in range(grid.n_bins[0]):
        for b1 in range(grid.n_bins[1]):
            for b2 in range(grid.n_bins[2]):
                home[0], home[1], home[2] = b0, b1, b2
                count = 0
                for _, _, _, first, last in _runs(grid, home):
                    count += last - first
                most = max(most, count)
    return most


@generator_kernel
def _runs(grid: Grid, home: Integers) -> Iterator[tuple[int, int, int, int, int]]:
    """The rows of all bins around `home`: how often the cell is repeated along its vectors, first row, last + 1."""
    n0, n1, n2 = grid.n_bins
    low, high = home[2] - grid.reach[2], home[2] + grid.reach[2]
    for b0 in range(home[0] - grid.reach[0], home[0] + grid.reach[0] + 1):
        t0 = b0 // n0
        if t0 != 0 and not grid.periodic[0]:
            continue
        for b1 in range(home[1] - grid.reach[1], home[1] + grid.reach[1] + 1):
            t1 = b1 // n1
            if t1 != 0 and not grid.periodic[1]:
                continue
            flat = ((b0 - t0 * n0) * n1 + b1 - t1 * n1) * n2
            for t2 in range(low // n2, high // n2 + 1):  # bins along the third vector follow each other
                if t2 == 0 or grid.periodic[2]:
                    first, last = max(low - t2 * n2, 0), min(high - t2 * n2, n2 - 1)
                    yield t0, t1, t2, grid.starts[flat + first], grid.starts[flat + last + 1]


@kernel
def _collect(grid: Grid, types: Integers, home: Integers, work: Workspace) -> None:
    """Positions of the particles and images that may be neighbours of one in the bin `home`, by species.

    Those are the ones near enough to the upright box that holds the particles of the bin.
    """
    count, to, matrix = work.n_candidates, work.candidates, grid.matrix
    flat = (home[0] * grid.n_bins[1] + home[1]) * grid.n_bins[2] + home[2]
    low, high = _bounds(grid.positions[grid.starts[flat] : grid.starts[flat + 1]])
    limit = (grid.r_max * (1.0 + 1e-9)) ** 2
    count[:] = 0
    for t0, t1, t2, first, last in _runs(grid, home):
        s0 = t0 * matrix[0, 0] + t1 * matrix[1, 0] + t2 * matrix[2, 0]
        s1 = t0 * matrix[0, 1] + t1 * matrix[1, 1] + t2 * matrix[2, 1]
        s2 = t0 * matrix[0, 2] + t1 * matrix[1, 2] + t2 * matrix[2, 2]
        for row in range(first, last):
            z, x = types[row], grid.positions[row, 0] + s0
            y, w = grid.positions[row, 1] + s1, grid.positions[row, 2] + s2
            to[z, 0, count[z]], to[z, 1, count[z]], to[z, 2, count[z]] = x, y, w
            gap0 = max(low[0] - x, x - high[0], 0.0)
            gap1 = max(low[1] - y, y - high[1], 0.0)
            gap2 = max(low[2] - w, w - high[2], 0.0)
            count[z] += gap0 * gap0 + gap1 * gap1 + gap2 * gap2 < limit


@kernel
def _bounds(positions: Floats) -> tuple[Floats, Floats]:
    """Return the smallest and the largest coordinates."""
    low, high = positions[0].copy(), positions[0].copy()
    for row in range(1, len(positions)):
        for k in range(3):
            low[k] = min(low[k], positions[row, k])
            high[k] = max(high[k], positions[row, k])
    return low, high


@kernel
def _find(
    centre: Floats, limit: float, candidates: Floats, n_candidates: int, work: Workspace, to: Floats
) -> tuple[int, int]:
    """Write the vectors from `centre` to the candidates within the square root of `limit` into every LANES-th of `to`.

    Every candidate is written, and kept by advancing the counter: a branch would often be mispredicted. Returns the
    number of vectors, and that of candidates at the position of the centre, one of which is the centre itself.
    """
    x, y, z = centre[0], centre[1], centre[2]
    from_x, from_y, from_z, squares, chosen = candidates[0], candidates[1], candidates[2], work.squares, work.chosen
    for j in range(n_candidates):
        squares[j] = (from_x[j] - x) ** 2 + (from_y[j] - y) ** 2 + (from_z[j] - z) ** 2
    count, here = 0, 0
    for j in range(n_candidates):
        chosen[count] = j
        count += (squares[j] < limit) & (squares[j] > 0.0)
        here += squares[j] == 0.0
    for k in range(count):
        at, j = 3 * LANES * k, chosen[k]
        to[at] = from_x[j] - x
        to[at + LANES] = from_y[j] - y
        to[at + 2 * LANES] = from_z[j] - z
    return count, here


@kernel
def _pad(near: Floats, n_near: Integers, r_cut: float) -> int:
    """Fill up all lanes to the same number of neighbours, a multiple of `CHUNK`, with ones beyond the cutoff."""
    total = (n_near.max() + CHUNK - 1) // CHUNK * CHUNK
    for lane in range(LANES):
        for k in range(n_near[lane], total):
            near[(3 * k) * LANES + lane] = 2.0 * r_cut
            near[(3 * k + 1) * LANES + lane] = 0.0
            near[(3 * k + 2) * LANES + lane] = 0.0
    return int(total)


@kernel
def _place(sums: Sums, near: Floats, first: int, places: Floats) -> None:
    """Unit vector and x - 1 of the neighbours ``first ... first + CHUNK - 1``: x, y, z, x - 1, each CHUNK eights."""
    one, zero = fill(1.0), fill(0.0)
    cut = fill(1.0 / sums.transform.r_cut**2)
    scale, a = fill(sums.transform.scale), fill(sums.transform.a)
    y_cut, gap = fill(sums.transform.y_cut), fill(1.0 / (1.0 - sums.transform.y_cut))
    for k in range(CHUNK):
        x, y, z = load(near, 3 * (first + k)), load(near, 3 * (first + k) + 1), load(near, 3 * (first + k) + 2)
        square = multiply_add(x, x, multiply_add(y, y, multiply(z, z)))
        r = square_root(square)
        s = multiply(r, scale)
        cube = multiply(multiply(s, s), s)
        top = add(cube, one)
        bottom = multiply_add(multiply(cube, s), a, top)
        inverse = divide(one, multiply(r, bottom))  # of both r and `bottom`: a division is slow
        fall = multiply(square, cut)
        fall = larger(subtract(one, multiply(fall, fall)), zero)
        drop = multiply(subtract(y_cut, multiply(top, multiply(inverse, r))), gap)
        inverse = multiply(inverse, bottom)
        store(places, k, multiply(x, inverse))
        store(places, CHUNK + k, multiply(y, inverse))
        store(places, 2 * CHUNK + k, multiply(z, inverse))
        store(places, 3 * CHUNK + k, multiply(drop, fall))


@kernel
def _expand_radial(sums: Sums, places: Floats, radial: Floats) -> None:
    """Unnormalised radial functions; neighbours in the inner loop, as one step of the recurrence awaits the last."""
    zero, one, two = fill(0.0), fill(1.0), fill(2.0)
    for k in range(CHUNK):
        store(radial, k, load(places, 3 * CHUNK + k))
    for n in range(1, len(sums.radial_steps)):
        step = fill(-sums.radial_steps[n])
        for k in range(CHUNK):
            t = multiply_add(load(places, 3 * CHUNK + k), two, one)
            before = multiply(step, load(radial, (n - 2) * CHUNK + k)) if n > 1 else zero
            store(radial, n * CHUNK + k, multiply_add(t, load(radial, (n - 1) * CHUNK + k), before))


@kernel
def _expand_angular(sums: Sums, places: Floats, angular: Floats) -> None:
    """Unnormalised harmonics l, m at l^2 + l + m: those of m = l and -l by turning in the plane, then up in l."""
    for k in range(CHUNK):
        store(angular, k, fill(1.0))
    for ell in range(1, len(sums.angular_steps)):
        below, here = (ell - 1) * ell, ell * (ell + 1)  # m = 0 of l - 1 and l
        for k in range(CHUNK):
            x, y = load(places, k), load(places, CHUNK + k)
            even = load(angular, (below + ell - 1) * CHUNK + k)
            odd = load(angular, (below - ell + 1) * CHUNK + k) if ell > 1 else fill(0.0)
            store(angular, (here + ell) * CHUNK + k, subtract(multiply(x, even), multiply(y, odd)))
            store(angular, (here - ell) * CHUNK + k, multiply_add(x, odd, multiply(y, even)))
        for m in range(1 - ell, ell):
            step = fill(-sums.angular_steps[ell, abs(m)])
            inside = abs(m) < ell - 1
            two_below = (ell - 2) * (ell - 1) + m if inside else 0
            for k in range(CHUNK):
                value = multiply(load(places, 2 * CHUNK + k), load(angular, (below + m) * CHUNK + k))
                if inside:
                    value = multiply_add(step, load(angular, two_below * CHUNK + k), value)
                store(angular, (here + m) * CHUNK + k, value)


@kernel
def _accumulate(sums: Sums, z: int, radial: Floats, angular: Floats, moments: Floats) -> None:
    """Add a chunk of neighbours of species `z` to the moments; four radial functions at a time stay in registers."""
    for ell in range(len(sums.angular_steps)):
        width = 2 * ell + 1
        for m in range(width):
            y = (ell * ell + m) * CHUNK
            at = sums.starts[z, ell] + m
            n = 0
            while n + 4 <= sums.counts[z, ell]:
                a, b = load(moments, at), load(moments, at + width)
                c, d = load(moments, at + 2 * width), load(moments, at + 3 * width)
                for k in range(CHUNK):
                    s = load(angular, y + k)
                    a = multiply_add(load(radial, n * CHUNK + k), s, a)
                    b = multiply_add(load(radial, (n + 1) * CHUNK + k), s, b)
                    c = multiply_add(load(radial, (n + 2) * CHUNK + k), s, c)
                    d = multiply_add(load(radial, (n + 3) * CHUNK + k), s, d)
                store(moments, at, a)
                store(moments, at + width, b)
                store(moments, at + 2 * width, c)
                store(moments, at + 3 * width, d)
                n += 4
                at += 4 * width
            while n < sums.counts[z, ell]:
                a = load(moments, at)
                for k in range(CHUNK):
                    a = multiply_add(load(radial, n * CHUNK + k), load(angular, y + k), a)
                store(moments, at, a)
                n += 1
                at += width


@kernel
def _multiply_moments(plan: Plan, moments: Floats, coupled: Floats, features: Floats) -> None:
    """Plain features from moments."""
    triples = plan.triples
    n_singles, n_pairs = len(plan.singles), len(plan.pairs)
    without_y00 = fill(np.sqrt(4.0 * np.pi))
    for f in range(n_singles):
        store(features, f, multiply(load(moments, plan.singles[f]), without_y00))
    for f in range(n_pairs):
        i, j, width = plan.pairs[f, 0], plan.pairs[f, 1], plan.pairs[f, 2]
        total = multiply(load(moments, i), load(moments, j))
        for m in range(1, width):
            total = multiply_add(load(moments, i + m), load(moments, j + m), total)
        store(features, n_singles + f, total)
    for g in range(len(triples.group_rows) - 1):
        start = triples.group_rows[g]
        width = triples.group_rows[g + 1] - start
        for m in range(width):
            total = fill(0.0)
            for t in range(triples.row_starts[start + m], triples.row_starts[start + m + 1]):
                product = multiply(load(moments, triples.terms[t, 0]), load(moments, triples.terms[t, 1]))
                total = multiply_add(fill(triples.factors[t]), product, total)
            store(coupled, m, total)
        for t in range(triples.group_members[g], triples.group_members[g + 1]):
            i = triples.members[t, 1]
            total = multiply(load(coupled, 0), load(moments, i))
            for m in range(1, width):
                total = multiply_add(load(coupled, m), load(moments, i + m), total)
            store(features, triples.members[t, 0], total)


@kernel
def _purify(additions: Additions, features: Floats) -> None:
    """Make the features pure in place: from the last one backwards, as each needs plain ones of lower order only."""
    starts, columns, factors = additions.starts, additions.columns, additions.factors
    for f in range(len(starts) - 2, -1, -1):
        if starts[f] < starts[f + 1]:
            total = load(features, f)
            for t in range(starts[f], starts[f + 1]):
                total = multiply_add(fill(factors[t]), load(features, columns[t]), total)
            store(features, f, total)


@kernel
def _neighbors_of_block(
    grid: Grid, types: Integers, r_cut: float, work: Workspace, first: int, last: int
) -> tuple[int, int]:
    """Find the neighbours of the particles of rows ``first ... last - 1``; return a fault and its particle."""
    work.n_near[:] = 0
    for row in range(first, last):
        i = grid.order[row]
        home = (grid.bins[i, 0] * grid.n_bins[1] + grid.bins[i, 1]) * grid.n_bins[2] + grid.bins[i, 2]
        if work.home[0] != home:
            _collect(grid, types, grid.bins[i], work)
            work.home[0] = home
        here, total = 0, 0
        for z in range(len(work.n_candidates)):
            count, same = _find(
                grid.positions[row],
                r_cut**2,
                work.candidates[z],
                work.n_candidates[z],
                work,
                work.near[z, row - first :],
            )
            work.n_near[z, row - first] = count
            here += same
            total += count
        if here > 1:
            return COINCIDENT, i
        if total == 0:
            return LONELY, i
    return FINE, -1


@kernel
def _sum_block(sums: Sums, work: Workspace) -> None:
    """Sum the moments of the particles in the lanes."""
    work.moments[:] = 0.0
    for z in range(len(work.n_candidates)):
        near = work.near[z]
        for first in range(0, _pad(near, work.n_near[z], sums.transform.r_cut), CHUNK):
            _place(sums, near, first, work.places)
            _expand_radial(sums, work.places, work.radial)
            _expand_angular(sums, work.places, work.angular)
            _accumulate(sums, z, work.radial, work.angular, work.moments)
    for at in range(len(sums.norms)):
        store(work.moments, at, multiply(load(work.moments, at), fill(sums.norms[at])))


@kernel
def _write(features: Floats, outputs: Integers, particles: Integers, rows: Floats) -> None:
    """Write the features of the particles in the lanes to their rows."""
    for lane in range(len(particles)):
        for column in range(len(outputs)):
            rows[particles[lane], column] = features[outputs[column] * LANES + lane]


@kernel
def describe(
    grid: Grid, types: Integers, plan: Plan, work: Workspace, first: int, last: int, rows: Floats
) -> tuple[int, int]:
    """Write the rows of the particles ``grid.order[first:last]`` (`types` too are in that order).

    Returns a fault and its particle, or `FINE` and -1.
    """
    work.home[0] = -1
    for begin in range(first, last, LANES):
        end = min(begin + LANES, last)
        fault, particle = _neighbors_of_block(grid, types, plan.sums.transform.r_cut, work, begin, end)
        if fault != FINE:
            return fault, particle
        _sum_block(plan.sums, work)
        _multiply_moments(plan, work.moments, work.coupled, work.features)
        _purify(plan.additions, work.features)
        _write(work.features, plan.outputs, grid.order[begin:end], rows)
    return FINE, -1
