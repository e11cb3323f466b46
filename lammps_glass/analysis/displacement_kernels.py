"""Kernels of the displacements between two frames: sums of squares, fourth powers, scattering and overlap.

Inner loops run over short blocks of particles without sums across them, so that the compiler makes vector instructions
of them without fast-math; the order of every sum is fixed.
"""

from __future__ import annotations

import numpy as np

from lammps_glass.analysis.wave_kernels import BLOCK, fill_powers, largest_index, mean_cosines, sine
from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers

#: Columns of the sums: particles, |r|^2, |r|^4, scattering, overlap.
N_SUMS = 5


@kernel
def pair_sums(
    start: Floats,
    end: Floats,
    groups: Integers,
    n_groups: int,
    q: float,
    indices: Integers,
    reciprocal: Floats,
    distance: float,
    scratch: Floats,
    powers: Floats,
    sums: Floats,
) -> None:
    """Sum over the particles of each group from one frame to another; `sums` (n_groups, 5) is overwritten.

    Parameters
    ----------
    start, end
        (3, n) unwrapped positions.
    groups
        (n,) number of each particle's group, below 0 for none; empty: all particles are of group 0.
    q
        Wave number of the scattering sin(q r) / (q r); 0: with `indices`, or none.
    indices
        (m, 3) wave vectors of the scattering, the mean of cos(q . r), in units of `reciprocal`; empty: none.
    reciprocal
        (3, 3) reciprocal vectors of the box as rows.
    distance
        Length of the overlap: particles that moved less count.
    scratch
        (16 * 64,) buffer.
    powers
        (3, top + 1, 2, 64) buffer, top the largest of `indices`.
    """
    sums[:] = 0.0
    n = start.shape[1]
    scratch[:] = 0.0
    squared, fourth, waves, near = scratch[0:64], scratch[64:128], scratch[128:192], scratch[192:256]
    for first in range(0, n, BLOCK):
        m = min(BLOCK, n - first)
        x0, y0, z0 = start[0, first : first + m], start[1, first : first + m], start[2, first : first + m]
        x1, y1, z1 = end[0, first : first + m], end[1, first : first + m], end[2, first : first + m]
        _squares(x0, y0, z0, x1, y1, z1, distance * distance, squared, fourth, near)
        if q > 0.0:
            _sphere_waves(squared[:m], q, waves)
        elif len(indices):
            phases, free = scratch[512:704].reshape((3, BLOCK)), scratch[704:960].reshape((4, BLOCK))
            _fill_phases(x0, y0, z0, x1, y1, z1, reciprocal, phases)
            fill_powers(phases, powers)
            mean_cosines(powers, indices, free, waves)
        if len(groups):
            _add_groups(groups[first : first + m], squared, fourth, waves, near, sums)
        else:
            _add_lanes(m, squared, fourth, waves, near, scratch[256:])
    if not len(groups):
        sums[0, 0] = n
        for column in range(4):
            for k in range(BLOCK):
                sums[0, 1 + column] += scratch[256 + BLOCK * column + k]


@kernel
def _squares(
    x0: Floats,
    y0: Floats,
    z0: Floats,
    x1: Floats,
    y1: Floats,
    z1: Floats,
    d2: float,
    squared: Floats,
    fourth: Floats,
    near: Floats,
) -> None:
    """Compute |r|^2, |r|^4, and whether |r|^2 < d2."""
    for k in range(len(x0)):
        dx, dy, dz = x1[k] - x0[k], y1[k] - y0[k], z1[k] - z0[k]
        r2 = dx * dx + dy * dy + dz * dz
        squared[k] = r2
        fourth[k] = r2 * r2
        near[k] = 1.0 if r2 < d2 else 0.0


@kernel
def _sphere_waves(squared: Floats, q: float, waves: Floats) -> None:
    """Compute sin(q r) / (q r)."""
    for k in range(len(squared)):
        x = q * np.sqrt(squared[k] + 1e-300)
        waves[k] = np.true_divide(sine(x), x)


@kernel
def _add_lanes(m: int, squared: Floats, fourth: Floats, waves: Floats, near: Floats, lanes: Floats) -> None:
    """Add a block to the sums of its lanes."""
    first, second, third, last = lanes[0:64], lanes[64:128], lanes[128:192], lanes[192:256]
    for k in range(m):
        first[k] += squared[k]
        second[k] += fourth[k]
        third[k] += waves[k]
        last[k] += near[k]


@kernel
def _add_groups(groups: Integers, squared: Floats, fourth: Floats, waves: Floats, near: Floats, sums: Floats) -> None:
    """Add a block to the sums of the groups of its particles."""
    for k in range(len(groups)):
        g = groups[k]
        if g >= 0:
            sums[g, 0] += 1.0
            sums[g, 1] += squared[k]
            sums[g, 2] += fourth[k]
            sums[g, 3] += waves[k]
            sums[g, 4] += near[k]


@kernel
def _fill_phases(
    x0: Floats, y0: Floats, z0: Floats, x1: Floats, y1: Floats, z1: Floats, reciprocal: Floats, phases: Floats
) -> None:
    """Compute the phases of displacements along the reciprocal vectors."""
    for axis in range(3):
        a, b, c, of_axis = reciprocal[axis, 0], reciprocal[axis, 1], reciprocal[axis, 2], phases[axis]
        for k in range(len(x0)):
            of_axis[k] = a * (x1[k] - x0[k]) + b * (y1[k] - y0[k]) + c * (z1[k] - z0[k])


@kernel
def block_sums(
    starts: Floats,
    ends: Floats,
    lags: Integers,
    groups: Integers,
    n_groups: int,
    q: float,
    indices: Integers,
    reciprocal: Floats,
    distance: float,
    totals: Floats,
) -> None:
    """Add the sums of all pairs of frames of two blocks to their lags.

    Parameters
    ----------
    starts, ends
        (a, 3, n) and (b, 3, n) frames.
    lags
        (a, b) row of `totals` of each pair, below 0: not averaged.
    groups
        (a, n) groups of the particles at each start; (1, n) of all starts; (1, 0): no groups.
    totals
        (n_lags, n_groups, 8): origins, particles, then sums over origins of the means over particles of |r|^2, |r|^4,
        scattering and overlap, then of the number Q of overlapping particles, and of its square.
    """
    scratch = np.zeros(16 * BLOCK)
    powers = np.empty((3, largest_index(indices) + 1, 2, BLOCK))
    sums = np.zeros((n_groups, N_SUMS))
    for i in range(len(starts)):
        of_start = groups[min(i, len(groups) - 1)]
        for j in range(len(ends)):
            lag = lags[i, j]
            if lag < 0:
                continue
            pair_sums(starts[i], ends[j], of_start, n_groups, q, indices, reciprocal, distance, scratch, powers, sums)
            for g in range(n_groups):
                count = sums[g, 0]
                if count > 0:
                    total = totals[lag, g]
                    total[0] += 1.0
                    total[1] += count
                    for k in range(4):
                        total[2 + k] += sums[g, 1 + k] / count
                    total[6] += sums[g, 4]
                    total[7] += sums[g, 4] * sums[g, 4]
