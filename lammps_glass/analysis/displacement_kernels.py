"""Kernels of the displacements between two frames: sums of squares, fourth powers, scattering and overlap.

Inner loops run over short blocks of particles without sums across them, so that the compiler makes vector instructions
of them without fast-math; the order of every sum is fixed.
"""

from __future__ import annotations

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers

#: Columns of the sums: particles, |r|^2, |r|^4, scattering, overlap.
N_SUMS = 5
_BLOCK = 64
#: pi in two parts, the first with trailing zero bits: k pi is exact for the turns k that occur.
_PI_HIGH, _PI_LOW, _INVERSE_PI = 3.141592651605606, 1.9841871589968616e-09, 1.0 / np.pi
#: Taylor coefficients of sin(y) / y in y^2, to y^20: exact to 3e-16 up to y = pi / 2.
_C = tuple((-1.0) ** k / float(np.prod(np.arange(1, 2 * k + 2, dtype=float))) for k in range(11))
_C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10 = _C[1:]


@kernel
def _sine(x: float) -> float:
    """Compute sin(x) for x >= 0 without branches, so that loops over it are vectorised."""
    turns = np.floor(x * _INVERSE_PI + 0.5)
    y = (x - turns * _PI_HIGH) - turns * _PI_LOW
    z = y * y
    high = _C6 + z * (_C7 + z * (_C8 + z * (_C9 + z * _C10)))
    value = y * (1.0 + z * (_C1 + z * (_C2 + z * (_C3 + z * (_C4 + z * (_C5 + z * high))))))
    return float(value * (1.0 - 2.0 * (turns - 2.0 * np.floor(0.5 * turns))))


@kernel
def pair_sums(
    start: Floats,
    end: Floats,
    groups: Integers,
    n_groups: int,
    q: float,
    vectors: Floats,
    distance: float,
    scratch: Floats,
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
        Wave number of the scattering sin(q r) / (q r); 0: with `vectors`, or none.
    vectors
        (m, 3) wave vectors of the scattering, the mean of cos(q . r); empty: none.
    distance
        Length of the overlap: particles that moved less count.
    scratch
        (8 * 64,) buffer.
    """
    sums[:] = 0.0
    n = start.shape[1]
    scratch[:] = 0.0
    squared, fourth, waves, near = scratch[0:64], scratch[64:128], scratch[128:192], scratch[192:256]
    for first in range(0, n, _BLOCK):
        m = min(_BLOCK, n - first)
        x0, y0, z0 = start[0, first : first + m], start[1, first : first + m], start[2, first : first + m]
        x1, y1, z1 = end[0, first : first + m], end[1, first : first + m], end[2, first : first + m]
        _squares(x0, y0, z0, x1, y1, z1, distance * distance, squared, fourth, near)
        if q > 0.0:
            _sphere_waves(squared[:m], q, waves)
        elif len(vectors):
            _box_waves(x0, y0, z0, x1, y1, z1, vectors, waves)
        if len(groups):
            _add_groups(groups[first : first + m], squared, fourth, waves, near, sums)
        else:
            _add_lanes(m, squared, fourth, waves, near, scratch[256:])
    if not len(groups):
        sums[0, 0] = n
        for column in range(4):
            for k in range(_BLOCK):
                sums[0, 1 + column] += scratch[256 + _BLOCK * column + k]


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
        waves[k] = np.true_divide(_sine(x), x)


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
def _box_waves(
    x0: Floats, y0: Floats, z0: Floats, x1: Floats, y1: Floats, z1: Floats, vectors: Floats, waves: Floats
) -> None:
    """Average cos(q . r) over wave vectors."""
    m = len(x0)
    waves[:m] = 0.0
    dx, dy, dz = x1 - x0, y1 - y0, z1 - z0
    for v in range(len(vectors)):
        a, b, c = vectors[v, 0], vectors[v, 1], vectors[v, 2]
        for k in range(m):
            phase = np.abs(a * dx[k] + b * dy[k] + c * dz[k])
            waves[k] += _sine(phase + 0.5 * np.pi)
    for k in range(m):
        waves[k] = waves[k] * (1.0 / len(vectors))


@kernel
def block_sums(
    starts: Floats,
    ends: Floats,
    lags: Integers,
    groups: Integers,
    n_groups: int,
    q: float,
    vectors: Floats,
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
    scratch = np.zeros(8 * _BLOCK)
    sums = np.zeros((n_groups, N_SUMS))
    for i in range(len(starts)):
        of_start = groups[min(i, len(groups) - 1)]
        for j in range(len(ends)):
            lag = lags[i, j]
            if lag < 0:
                continue
            pair_sums(starts[i], ends[j], of_start, n_groups, q, vectors, distance, scratch, sums)
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
