r"""Affine fit of each particle's neighbourhood between two snapshots, and its residual.

With :math:`\mathbf r_{ij}` and :math:`\mathbf r'_{ij}` the vectors to a neighbour before and after, the fit minimises
:math:`\sum_j |\mathbf r'_{ij} - \mathbf F_i \mathbf r_{ij}|^2` (Falk & Langer, Phys. Rev. E 57, 7192 (1998), eqs.
2.11-2.14; Shimizu, Ogata & Li, Mater. Trans. 48, 2923 (2007) for the strain). The minimum does not change when one
affine map is taken out of all :math:`\mathbf r'` beforehand, so the kernel takes out that of the box: the rest of a
neighbour's motion is the difference of the displacements of two particles, equal for all its periodic images, and
small, which keeps the precision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_ids, require_three_dimensions
from lammps_glass.snapshots.grid import Grid, build_grid

# A neighbourhood counts as flat when its thickness is below 1e-6 of its width (the pivots are squared lengths).
_FLAT = 1e-12


class AffineFit(NamedTuple):
    """Result of `affine_fit`, one row per particle.

    Attributes
    ----------
    residuals
        (n,) smallest sum of squared deviations over the neighbours, length^2.
    n_neighbors
        (n,) number of neighbours in the reference, periodic images counted one by one.
    gradients
        (n, 3, 3) deformation gradient F, acting on column vectors: r' = F r.
    """

    residuals: Floats
    n_neighbors: NDArray[np.int64]
    gradients: Floats


def affine_fit(reference: Snapshot, current: Snapshot, r_max: float, *, undo_flips: bool = True) -> AffineFit:
    """Fit the neighbourhoods (all images within `r_max` in `reference`) by affine maps onto `current`.

    Takes O(n_particles) time and no list of pairs. Any cell; each snapshot's own box; of a particle's change the
    minimum image is taken, so it may cross the boundary in between. A flip of the box is undone (`Cell.unflipped`)
    unless `undo_flips` is False, for a box that is known to have tilted by more than half a vector. Rounding leaves
    about 1e-16 of the neighbours' summed squared motion relative to the box.

    Raises
    ------
    InputError
        The snapshots hold other particles, species or boundaries, come from a file without ids, or are planar; `r_max`
        is not a positive length; a particle's neighbours do not span three dimensions.
    """
    require_same_particles(reference, current)
    for snapshot in (reference, current):
        require_three_dimensions(snapshot)
    if undo_flips and (cell := current.cell.unflipped(reference.cell)) is not current.cell:
        current = current.replace(cell=cell)
    grid = build_grid(reference.cell, reference.positions, r_max)
    changes, ambiguous = _changes(reference, current)
    turns = np.where(current.cell.periodic, current.cell.inverse, 0.0)  # finds no turn along an open direction
    sums, counts = _accumulate(grid, changes[grid.order], ambiguous, current.cell.matrix, turns)
    box = reference.cell.inverse @ current.cell.matrix
    residuals, gradients, failed = _solve(sums, box, _FLAT)
    if failed >= 0:
        particle = grid.order[failed]
        raise InputError(
            f"particle {reference.ids[particle]} (step {reference.step}) has {counts[failed]} neighbours within "
            f"r_max = {r_max:g}, which do not span three dimensions: no deformation gradient; use a larger r_max"
        )
    rows = np.empty_like(grid.order)
    rows[grid.order] = np.arange(len(rows))
    return AffineFit(residuals[rows], counts[rows], gradients[rows])


def require_same_particles(reference: Snapshot, current: Snapshot) -> None:
    """Raise `InputError` unless the two snapshots hold the same particles, species and boundaries, by their ids."""
    require_ids(reference, current)
    steps = f"(steps {reference.step} and {current.step})"
    if len(reference) != len(current) or not np.array_equal(reference.ids, current.ids):
        differ = f": {len(reference)} and {len(current)}" if len(reference) != len(current) else ": other ids"
        raise InputError(f"snapshots of different particle number or order{differ} {steps}")
    changed = reference.species_of_particles != current.species_of_particles
    if changed.any():
        raise InputError(f"particle {reference.ids[np.argmax(changed)]} has different species in the snapshots {steps}")
    if not np.array_equal(reference.cell.periodic, current.cell.periodic):
        raise InputError(f"the snapshots have different periodic boundaries {steps}")


def _changes(reference: Snapshot, current: Snapshot) -> tuple[Floats, bool]:
    """Return (n, 3) displacements relative to the box, less a common drift, and whether pairs need the minimum image.

    The first particle's change is taken out before whole turns are: a moving origin or a drift of everything then
    cannot put particles on either side of half a box. Where particles moved apart by more, each pair is reduced.
    """
    changes = current.cell.fractional(current.positions) - reference.cell.fractional(reference.positions)
    changes -= changes[0].copy()
    periodic = current.cell.periodic
    changes[:, periodic] -= np.rint(changes[:, periodic])
    ambiguous = bool((np.ptp(changes, axis=0)[periodic] > 0.5).any())
    return changes @ current.cell.matrix, ambiguous


@kernel
def _accumulate(  # noqa: C901
    grid: Grid, changes: Floats, ambiguous: bool, matrix: Floats, turns: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Sum over neighbours, by row of the grid: 6 of r r^T, 9 of r u^T, 1 of u^2; and the number of neighbours.

    All of them are even in (r, u), so each pair is met once and added to both ends. The half of the offsets that is
    lexicographically positive meets each pair of images once; a particle's own image counts at both of its ends.
    """
    n0, n1, n2 = grid.n_bins
    limit = grid.r_max * grid.r_max
    sums = np.zeros((len(changes), 16))
    counts = np.zeros(len(changes), np.int64)
    r = np.empty(3)
    u = np.empty(3)
    for flat in range(n0 * n1 * n2):
        c0, c1, c2 = flat // (n1 * n2), flat // n2 % n1, flat % n2
        for o0 in range(grid.reach[0] + 1):
            t0 = (c0 + o0) // n0
            for o1 in range(-grid.reach[1] if o0 > 0 else 0, grid.reach[1] + 1):
                t1 = (c1 + o1) // n1
                for o2 in range(-grid.reach[2] if o0 > 0 or o1 > 0 else 0, grid.reach[2] + 1):
                    t2 = (c2 + o2) // n2
                    if (t0 != 0 and not grid.periodic[0]) or (t1 != 0 and not grid.periodic[1]):
                        continue
                    if t2 != 0 and not grid.periodic[2]:
                        continue
                    other = ((c0 + o0 - t0 * n0) * n1 + c1 + o1 - t1 * n1) * n2 + c2 + o2 - t2 * n2
                    s0 = t0 * grid.matrix[0, 0] + t1 * grid.matrix[1, 0] + t2 * grid.matrix[2, 0]
                    s1 = t0 * grid.matrix[0, 1] + t1 * grid.matrix[1, 1] + t2 * grid.matrix[2, 1]
                    s2 = t0 * grid.matrix[0, 2] + t1 * grid.matrix[1, 2] + t2 * grid.matrix[2, 2]
                    home = o0 == 0 and o1 == 0 and o2 == 0
                    for i in range(grid.starts[flat], grid.starts[flat + 1]):
                        x0 = s0 - grid.positions[i, 0]
                        x1 = s1 - grid.positions[i, 1]
                        x2 = s2 - grid.positions[i, 2]
                        for j in range(i + 1 if home else grid.starts[other], grid.starts[other + 1]):
                            r[0] = grid.positions[j, 0] + x0
                            r[1] = grid.positions[j, 1] + x1
                            r[2] = grid.positions[j, 2] + x2
                            if r[0] * r[0] + r[1] * r[1] + r[2] * r[2] > limit:
                                continue
                            for k in range(3):
                                u[k] = changes[j, k] - changes[i, k]
                            if ambiguous:
                                _reduce(u, matrix, turns)
                            _add(sums, i, j, r, u)
                            counts[i] += 1
                            counts[j] += 1
    return sums, counts


@kernel
def _reduce(u: Floats, matrix: Floats, inverse: Floats) -> None:
    """Take whole cell vectors out of `u`, in place."""
    t0 = np.rint(u[0] * inverse[0, 0] + u[1] * inverse[1, 0] + u[2] * inverse[2, 0])
    t1 = np.rint(u[0] * inverse[0, 1] + u[1] * inverse[1, 1] + u[2] * inverse[2, 1])
    t2 = np.rint(u[0] * inverse[0, 2] + u[1] * inverse[1, 2] + u[2] * inverse[2, 2])
    for k in range(3):
        u[k] -= t0 * matrix[0, k] + t1 * matrix[1, k] + t2 * matrix[2, k]


@kernel
def _add(sums: Floats, i: int, j: int, r: Floats, u: Floats) -> None:
    """Add one pair's products to the rows of both its particles."""
    at = 0
    for k in range(3):
        for m in range(k, 3):
            product = r[k] * r[m]
            sums[i, at] += product
            sums[j, at] += product
            at += 1
    for k in range(3):
        for m in range(3):
            product = r[k] * u[m]
            sums[i, at] += product
            sums[j, at] += product
            at += 1
    product = u[0] * u[0] + u[1] * u[1] + u[2] * u[2]
    sums[i, at] += product
    sums[j, at] += product


@kernel
def _solve(sums: Floats, box: Floats, flat: float) -> tuple[Floats, Floats, int]:
    """Return residuals (n,), gradients (n, 3, 3) and the first row whose neighbours are flat (-1: none).

    Cholesky, V = L L^T: with Z = L^-1 Y the residual is u^2 - Z:Z, and L^-T Z the map relative to the box.
    """
    n = len(sums)
    residuals = np.empty(n)
    gradients = np.empty((n, 3, 3))
    z = np.empty((3, 3))
    for i in range(n):
        v = sums[i]
        width = flat * (v[0] + v[3] + v[5])
        l00 = np.sqrt(v[0])
        if v[0] <= width:
            return residuals, gradients, i
        l10 = v[1] / l00
        l20 = v[2] / l00
        p1 = v[3] - l10 * l10
        if p1 <= width:
            return residuals, gradients, i
        l11 = np.sqrt(p1)
        l21 = (v[4] - l20 * l10) / l11
        p2 = v[5] - l20 * l20 - l21 * l21
        if p2 <= width:
            return residuals, gradients, i
        l22 = np.sqrt(p2)
        left = v[15]
        for m in range(3):
            z[0, m] = v[6 + m] / l00
            z[1, m] = (v[9 + m] - l10 * z[0, m]) / l11
            z[2, m] = (v[12 + m] - l20 * z[0, m] - l21 * z[1, m]) / l22
            left -= z[0, m] * z[0, m] + z[1, m] * z[1, m] + z[2, m] * z[2, m]
            g2 = z[2, m] / l22
            g1 = (z[1, m] - l21 * g2) / l11
            g0 = (z[0, m] - l10 * g1 - l20 * g2) / l00
            gradients[i, m, 0] = box[0, m] + g0
            gradients[i, m, 1] = box[1, m] + g1
            gradients[i, m, 2] = box[2, m] + g2
        residuals[i] = max(left, 0.0)
    return residuals, gradients, -1
