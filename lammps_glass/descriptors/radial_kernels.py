"""Compiled parts of `RadialGaussians` and `PairEntropy`: sums over the distances to a particle's neighbours.

Their ranges are long (700 to 900 neighbours in a metal), so that finding neighbours would cost as much as summing over
them. The particles of a bin share one set of candidates, gathered as columns that vector units can walk; nothing of the
size of a list of pairs is held.
"""

from __future__ import annotations

import math

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Cell, Floats
from lammps_glass.snapshots.grid import Grid, Integers, build_grid

#: A Gaussian is 0 in double precision beyond this many widths exp(-x^2).
FAR = 26.0
#: Sums run over this many lanes, so that they fill vector registers in a fixed order.
_LANES = 8


def fine_grid(cell: Cell, positions: Floats, r_max: float) -> Grid:
    """Build a grid whose bins are about a third of `r_max` high: fewer candidates lie beyond `r_max`."""
    grid = build_grid(cell, positions, r_max / 3)
    needed = np.ceil(r_max * (1 + 1e-9) / (cell.heights / grid.n_bins)).astype(np.int64)
    reach = np.where(cell.periodic, needed, np.minimum(3 * grid.reach, grid.n_bins - 1))
    return grid._replace(r_max=float(r_max), reach=reach)


@kernel
def _edges(grid: Grid) -> tuple[float, float, float]:
    """Return the edges of the bins of an orthogonal cell, by which distant bins are skipped; 0 skips none.

    Along an open direction a bin at the end holds what lies outside of the cell.
    """
    h0, h1, h2 = grid.matrix[0, 0], grid.matrix[1, 1], grid.matrix[2, 2]
    if np.abs(grid.matrix).sum() > abs(h0) + abs(h1) + abs(h2):
        return 0.0, 0.0, 0.0
    h0 *= grid.periodic[0] / grid.n_bins[0]
    h1 *= grid.periodic[1] / grid.n_bins[1]
    h2 *= grid.periodic[2] / grid.n_bins[2]
    return h0, h1, h2


@kernel
def _gap(offset: int, edge: float) -> float:
    """Square of the shortest distance along one direction between points of bins that are `offset` apart."""
    apart = max(abs(offset) - 1, 0) * edge
    return apart * apart


@kernel
def gather(  # noqa: C901
    grid: Grid, groups: Integers, bin_index: Integers, points: Floats, columns: Integers, starts: Integers
) -> Floats:
    """Collect the possible neighbours of the particles of one bin, group after group; return `points`, grown if short.

    Parameters
    ----------
    groups
        (n,) group of each particle.
    bin_index
        (3,) the bin.
    points
        (3, k) positions are written, those of images shifted.
    columns
        (most particles in a bin,) column of each of the bin's particles.
    starts
        (n_groups + 1,) where each group starts.
    """
    n_groups = len(starts) - 1
    count = 0
    h0, h1, h2 = _edges(grid)
    beyond = grid.r_max * grid.r_max * (1.0 + 1e-9)
    for s in range(n_groups):
        starts[s] = count
        for o0 in range(-grid.reach[0], grid.reach[0] + 1):
            b0 = bin_index[0] + o0
            t0 = b0 // grid.n_bins[0]
            if t0 != 0 and not grid.periodic[0]:
                continue
            for o1 in range(-grid.reach[1], grid.reach[1] + 1):
                b1 = bin_index[1] + o1
                t1 = b1 // grid.n_bins[1]
                if t1 != 0 and not grid.periodic[1]:
                    continue
                gap = _gap(o0, h0) + _gap(o1, h1)
                for o2 in range(-grid.reach[2], grid.reach[2] + 1):
                    b2 = bin_index[2] + o2
                    t2 = b2 // grid.n_bins[2]
                    if (t2 != 0 and not grid.periodic[2]) or gap + _gap(o2, h2) > beyond:
                        continue
                    home = o0 == 0 and o1 == 0 and o2 == 0
                    flat = (b0 - t0 * grid.n_bins[0]) * grid.n_bins[1] + b1 - t1 * grid.n_bins[1]
                    flat = flat * grid.n_bins[2] + b2 - t2 * grid.n_bins[2]
                    first, last = grid.starts[flat], grid.starts[flat + 1]
                    while count + last - first > points.shape[1]:
                        points = np.concatenate((points, np.empty_like(points)), axis=1)
                    for row in range(first, last):
                        if groups[grid.order[row]] != s:
                            continue
                        for k in range(3):
                            turned = t0 * grid.matrix[0, k] + t1 * grid.matrix[1, k] + t2 * grid.matrix[2, k]
                            points[k, count] = grid.positions[row, k] + turned
                        if home:
                            columns[row - first] = count
                        count += 1
    starts[n_groups] = count
    return points


@kernel
def distances_from(
    points: Floats, centre: int, r_max: float, starts: Integers, out: tuple[Floats, Floats, Integers]
) -> None:
    """Write the distances from the particle in column `centre` of `points` to those within `r_max`, by group.

    Parameters
    ----------
    points, starts
        As `gather` wrote them.
    out
        ``(squares, distances, ends)``: scratch (k,), distances (k + 1,), and (n_groups + 1,) where each group starts.
    """
    squares, distances, ends = out
    x, y, z = points[0, centre], points[1, centre], points[2, centre]
    last = starts[-1]
    px, py, pz = points[0, :last], points[1, :last], points[2, :last]
    for k in range(last):
        squares[k] = (px[k] - x) * (px[k] - x) + (py[k] - y) * (py[k] - y) + (pz[k] - z) * (pz[k] - z)
    squares[centre] = np.inf
    limit, count = r_max * r_max, 0
    for s in range(len(starts) - 1):
        ends[s] = count
        for k in range(starts[s], starts[s + 1]):
            distances[count] = squares[k]  # written always: a branch would often be mispredicted
            count += squares[k] <= limit
    ends[len(starts) - 1] = count
    for k in range(count):
        distances[k] = math.sqrt(distances[k])


@kernel
def _fullest(grid: Grid) -> int:
    most = 0
    for flat in range(len(grid.starts) - 1):
        most = max(most, grid.starts[flat + 1] - grid.starts[flat])
    return most


# -- Gaussians ---------------------------------------------------------------------------------------------------------


@kernel
def gaussian_sums(
    grid: Grid, groups: Integers, n_groups: int, centers: Floats, width: float, blocks: Integers, out: Floats
) -> None:
    """Sum over neighbours exp(-((r - center) / width)^2) into `out` (n, n_groups * n_centers).

    Parameters
    ----------
    groups
        (n,) group of each particle, below `n_groups`.
    blocks
        (k, 3) first centre, one past the last, and the one in their middle, of runs of equidistant centres.
    """
    points, columns = np.empty((3, 1024)), np.empty(_fullest(grid), np.int64)
    starts, ends = np.zeros(n_groups + 1, np.int64), np.zeros(n_groups + 1, np.int64)
    squares, distances, terms = np.empty(0), np.empty(0), np.empty((4, 0))
    here = np.empty(3, np.int64)
    for flat in range(len(grid.starts) - 1):
        if grid.starts[flat] == grid.starts[flat + 1]:
            continue
        here[:] = grid.bins[grid.order[grid.starts[flat]]]
        points = gather(grid, groups, here, points, columns, starts)
        if len(squares) < points.shape[1]:
            size = points.shape[1]
            squares, distances, terms = np.empty(size), np.empty(size + 1), np.empty((4, size + _LANES))
        for row in range(grid.starts[flat], grid.starts[flat + 1]):
            distances_from(points, columns[row - grid.starts[flat]], grid.r_max, starts, (squares, distances, ends))
            for s in range(n_groups):
                near = distances[ends[s] : ends[s + 1]]
                sums = out[grid.order[row], s * len(centers) : (s + 1) * len(centers)]
                for b in range(len(blocks)):
                    _block_sums(near, centers, width, blocks[b, 0], blocks[b, 1], blocks[b, 2], terms, sums)


@kernel
def _block_sums(
    distances: Floats, centers: Floats, width: float, first: int, last: int, middle: int, terms: Floats, row: Floats
) -> None:
    """Sum for the centres `first` to `last`, outwards from the one in the middle by products alone.

    exp(-(x - d)^2) = exp(-x^2) exp(2 x d - d^2), and the second factor of the next step is that of this one times
    exp(-2 d^2): after two exponentials a centre costs two products. What lies further than `FAR` from the middle is
    taken to lie there, where every term of the run is 0 in double precision beside 1.
    """
    n = len(distances)
    padded = (n + _LANES - 1) // _LANES * _LANES
    step = (centers[middle + 1] - centers[middle]) / width if middle + 1 < last else 0.0
    shrink = math.exp(-2.0 * step * step)
    for k in range(n):
        x = min(FAR, max(-FAR, (distances[k] - centers[middle]) / width))
        terms[0, k] = math.exp(-x * x)
        terms[2, k] = math.exp((2.0 * x - step) * step)
        terms[3, k] = shrink / terms[2, k]
    for k in range(n, padded):
        terms[0, k], terms[2, k], terms[3, k] = 0.0, 0.0, 0.0
    row[middle] = _sum(terms[0, :padded])
    terms[1, :padded] = terms[0, :padded]
    for c in range(middle + 1, last):
        _advance(terms[1, :padded], terms[2, :padded], shrink)
        row[c] = _sum(terms[1, :padded])
    terms[1, :padded] = terms[0, :padded]
    for c in range(middle - 1, first - 1, -1):
        _advance(terms[1, :padded], terms[3, :padded], shrink)
        row[c] = _sum(terms[1, :padded])


@kernel
def _advance(values: Floats, factors: Floats, shrink: float) -> None:
    for k in range(len(values)):
        values[k] *= factors[k]
        factors[k] *= shrink


@kernel
def _sum(values: Floats) -> float:
    """Sum in eight lanes (the length is a multiple of eight)."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(0, len(values), 8):
        a += values[k]
        b += values[k + 1]
        c += values[k + 2]
        d += values[k + 3]
        e += values[k + 4]
        f += values[k + 5]
        g += values[k + 6]
        h += values[k + 7]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


# -- pair entropy ------------------------------------------------------------------------------------------------------


@kernel
def spread(distances: Floats, grid_step: float, profiles: Floats, counts: Floats) -> None:
    """Add the smoothed neighbours at `distances` to `counts`, neighbours per length at the middle of each grid cell.

    Parameters
    ----------
    profiles
        (n_parts, 3, n_taps): a Gaussian around each of `n_parts` places in a grid cell, on the cells around it, its
        first derivative by that place, and half of its second.
    counts
        Neighbours in the first cell of the grid add to ``counts[:n_taps]``; there is room behind the last one.
    """
    n_parts, _, n_taps = profiles.shape
    for k in range(len(distances)):
        at = distances[k] / grid_step
        cell = int(at)
        part = int((at - cell) * n_parts)
        off = (at - cell - (part + 0.5) / n_parts) * grid_step
        value, first, second = profiles[part, 0], profiles[part, 1], profiles[part, 2]
        around = counts[cell : cell + n_taps]
        for t in range(n_taps):
            around[t] += value[t] + off * (first[t] + off * second[t])


@kernel
def integrate(counts: Floats, density: float, grid_step: float, cells: Integers, parts: Floats, out: Floats) -> None:
    """Add -1/2 int (g ln g - g + 1) rho 4 pi r^2 dr up to each cutoff to `out`, by the midpoint rule.

    Parameters
    ----------
    counts
        (n_cells,) neighbours of one species per length: rho 4 pi r^2 g.
    density
        rho of that species.
    cells, parts
        (k,) whole cells below each cutoff, ascending, and the fraction of the next one.
    """
    total, done = 0.0, 0
    for c in range(len(cells)):
        for k in range(done, cells[c]):
            total += _integrand(counts[k], density, (k + 0.5) * grid_step)
        done = cells[c]
        part = parts[c] * _integrand(counts[done], density, (done + 0.5) * grid_step) if parts[c] > 0.0 else 0.0
        out[c] -= 0.5 * grid_step * (total + part)


@kernel
def _integrand(count: float, density: float, r: float) -> float:
    ideal = 4.0 * math.pi * r * r * density
    return ideal + (count * (math.log(count / ideal) - 1.0) if count > 0.0 else 0.0)


@kernel
def pair_entropies(
    grid: Grid, groups: Integers, densities: Floats, grid_step: float, profiles: Floats, cells: Integers, parts: Floats,
    half: int, counts: Floats, out: Floats, totals: Floats,
) -> None:  # fmt: skip
    """Add S2 of each particle to `out` (n, n_cutoffs).

    Parameters
    ----------
    densities
        (n_groups,) number density of each group.
    half, counts
        (n_counts,) scratch: `half` cells below those of the grid, and room for `n_taps` behind the last neighbour.
    totals
        (n_groups, n_groups, n_counts): the smoothed neighbours of all particles of a group, by group, are added; an
        empty array leaves them out.
    """
    n_groups = len(densities)
    points, columns = np.empty((3, 1024)), np.empty(_fullest(grid), np.int64)
    starts, ends = np.zeros(n_groups + 1, np.int64), np.zeros(n_groups + 1, np.int64)
    squares, distances = np.empty(0), np.empty(0)
    here = np.empty(3, np.int64)
    for flat in range(len(grid.starts) - 1):
        if grid.starts[flat] == grid.starts[flat + 1]:
            continue
        here[:] = grid.bins[grid.order[grid.starts[flat]]]
        points = gather(grid, groups, here, points, columns, starts)
        if len(squares) < points.shape[1]:
            squares, distances = np.empty(points.shape[1]), np.empty(points.shape[1] + 1)
        for row in range(grid.starts[flat], grid.starts[flat + 1]):
            distances_from(points, columns[row - grid.starts[flat]], grid.r_max, starts, (squares, distances, ends))
            i = grid.order[row]
            for s in range(n_groups):
                counts[:] = 0.0
                spread(distances[ends[s] : ends[s + 1]], grid_step, profiles, counts)
                integrate(counts[half:], densities[s], grid_step, cells, parts, out[i])
                if totals.size > 0:
                    totals[groups[i], s] += counts
