"""Compiled parts of `Interstices`: free distances, areas and volumes of each shell, and their statistics."""

from __future__ import annotations

import math

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.descriptors.hull import hull_facets
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers

TOO_FEW = -1
TOUCHING = -4

_NO_AREA = 1e-14
_TAN_EIGHTH = math.sqrt(2) - 1
# Chebyshev interpolation of atan(sqrt z) / sqrt z at 11 nodes on [0, tan(pi / 8)^2], in rational arithmetic.
_ATAN = (
    1.0,
    -0.3333333333332844,
    0.1999999999885511,
    -0.14285714180976467,
    0.11111106180455914,
    -0.09090773074807698,
    0.07689953496296778,
    -0.06640233930341846,
    0.05688349226350788,
    -0.04348052214392654,
    0.021135373141480635,
)


@kernel
def short_range(offsets: Integers, vectors: Floats, sizes: Floats, radii: Floats, features: Floats) -> tuple[int, int]:
    """Write the statistics of D, A and V of each particle's shell into ``features[:, :12]``.

    Parameters
    ----------
    offsets
        (n + 1,) start of each particle's neighbours.
    vectors
        (m, 3) to each neighbour.
    sizes
        (m,) radius of each neighbour.
    radii
        (n,) radius of each particle.
    features
        (n, >= 12) is written.

    Returns
    -------
    (0, -1), or the code of the first failure (`TOO_FEW`, `TOUCHING`, `hull.FLAT`, `hull.TANGLED`) and its particle.
    """
    most = 4
    for i in range(len(radii)):
        most = max(most, offsets[i + 1] - offsets[i])
    facets = np.empty((2 * most, 3), np.int64)
    planes = np.empty((2 * most, 4))
    rim = np.empty((6 * most, 3), np.int64)
    marks = np.zeros((most + 1, most), np.int64)
    moved = np.empty((most, 3))
    free = np.empty((3, 2 * most))
    work = np.empty((8, 2 * most))
    for i in range(len(radii)):
        first, last = offsets[i], offsets[i + 1]
        if last - first < 4:
            return TOO_FEW, i
        shell = vectors[first:last]
        if not _distances(shell, sizes[first:last], radii[i], free[0]):
            return TOUCHING, i
        n_facets = hull_facets(shell, facets, planes, rim, marks, moved)
        if n_facets < 0:
            return n_facets, i
        kept = _areas_and_volumes(shell, sizes[first:last], radii[i], facets[:n_facets], work, free[1], free[2])
        _statistics(free[0, : last - first], features[i, 0:4])
        _statistics(free[1, :kept], features[i, 4:8])
        _statistics(free[2, :kept], features[i, 8:12])
    return 0, -1


@kernel
def _distances(shell: Floats, sizes: Floats, radius: float, free: Floats) -> bool:
    """Write d / (r_i + r_j) - 1 of each neighbour; return False when one sits on the centre."""
    for j in range(len(shell)):
        distance = math.sqrt(shell[j, 0] ** 2 + shell[j, 1] ** 2 + shell[j, 2] ** 2)
        if distance == 0.0:
            return False
        free[j] = distance / (radius + sizes[j]) - 1.0
    return True


@kernel
def _areas_and_volumes(
    shell: Floats, sizes: Floats, radius: float, facets: Integers, work: Floats, areas: Floats, volumes: Floats
) -> int:
    """Write the free fraction of each hull triangle and of its tetrahedron; return the number of triangles.

    All angles follow from the six edges and the determinant: plane angles from atan2(|cross|, dot), solid angles by
    Van Oosterom and Strackee (IEEE Trans. Biomed. Eng. 30, 125 (1983)), tan(Omega / 2) = det / (...), which equals
    L'Huilier's theorem and keeps its digits in flat tetrahedra. A triangle without area (three neighbours in a line,
    in a crystal) is none; a tetrahedron without volume (the centre in the plane of the triangle) has no free part.
    The angles, most of the work, are taken of all triangles at once.
    """
    kept = 0
    for f in range(len(facets)):
        kept += _angle_arguments(shell, facets, f, kept, work)
    for row in range(6):
        above = work[0 if row < 2 else 1]
        _angles(above[:kept], work[2 + row, :kept])
    for f in range(kept):
        ra, rb, rc = sizes[facets[f, 0]] ** 2, sizes[facets[f, 1]] ** 2, sizes[facets[f, 2]] ** 2
        at_a, at_b = work[2, f], work[3, f]
        covered = at_a * ra + at_b * rb + (math.pi - at_a - at_b) * rc
        areas[f] = max(0.0, 1.0 - covered / work[0, f])
        filled = radius**3 * work[4, f] + ra * sizes[facets[f, 0]] * work[5, f]
        filled += rb * sizes[facets[f, 1]] * work[6, f] + rc * sizes[facets[f, 2]] * work[7, f]
        volumes[f] = max(0.0, 1.0 - 4.0 * filled / work[1, f]) if work[1, f] > 0.0 else 0.0
    return kept


@kernel
def _angle_arguments(shell: Floats, facets: Integers, f: int, at: int, work: Floats) -> int:
    """Write column `at` of `work` for facet `f`, which moves to `at`; return 0 for a triangle without area, else 1.

    Rows: 0 |cross| (twice the area), 1 det (six times the volume), then the cosine sides of the angles: 2, 3 plane
    angles at the first two corners, 4 ... 7 half the solid angles at the centre and at the three corners.
    """
    p, q, r = facets[f, 0], facets[f, 1], facets[f, 2]
    a0, a1, a2 = shell[p, 0], shell[p, 1], shell[p, 2]
    b0, b1, b2 = shell[q, 0], shell[q, 1], shell[q, 2]
    c0, c1, c2 = shell[r, 0], shell[r, 1], shell[r, 2]
    x0, x1, x2 = b0 - a0, b1 - a1, b2 - a2
    y0, y1, y2 = c0 - a0, c1 - a1, c2 - a2
    n0, n1, n2 = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
    aa, bb, cc = a0 * a0 + a1 * a1 + a2 * a2, b0 * b0 + b1 * b1 + b2 * b2, c0 * c0 + c1 * c1 + c2 * c2
    ab, ac = x0 * x0 + x1 * x1 + x2 * x2, y0 * y0 + y1 * y1 + y2 * y2
    bc = (c0 - b0) ** 2 + (c1 - b1) ** 2 + (c2 - b2) ** 2
    cross = math.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
    if cross <= _NO_AREA * (aa + bb + cc):
        return 0
    facets[at, 0], facets[at, 1], facets[at, 2] = p, q, r
    la, lb, lc = math.sqrt(aa), math.sqrt(bb), math.sqrt(cc)
    lab, lac, lbc = math.sqrt(ab), math.sqrt(ac), math.sqrt(bc)
    work[0, at] = cross
    work[1, at] = abs(n0 * a0 + n1 * a1 + n2 * a2)
    work[2, at] = 0.5 * (ab + ac - bc)
    work[3, at] = 0.5 * (ab + bc - ac)
    work[4, at] = _solid_angle_below(la, lb, lc, aa, bb, cc, ab, ac, bc)
    work[5, at] = _solid_angle_below(la, lab, lac, aa, ab, ac, bb, cc, bc)
    work[6, at] = _solid_angle_below(lb, lab, lbc, bb, ab, bc, aa, cc, ac)
    work[7, at] = _solid_angle_below(lc, lac, lbc, cc, ac, bc, aa, bb, ab)
    return 1


@kernel
def _solid_angle_below(
    p: float, q: float, r: float, pp: float, qq: float, rr: float, pq: float, pr: float, qr: float
) -> float:
    """Denominator of tan(Omega / 2): lengths p, q, r of a corner's edges, their squares, squares between their ends."""
    return p * q * r + 0.5 * ((pp + qq - pq) * r + (pp + rr - pr) * q + (qq + rr - qr) * p)


@kernel
def _angles(above: Floats, angles: Floats) -> None:
    """Write atan2(above, angles), above >= 0, into `angles`, without a branch or a call: it runs on vector units.

    The ratio is folded to [0, tan(pi / 8)], where a polynomial in its square (Chebyshev interpolation of atan(t) / t,
    error 4e-17) is as good as the library's function.
    """
    for k in range(len(angles)):
        y = above[k]
        x = abs(angles[k])
        most = y if y > x else x
        least = x if y > x else y
        steep = least > _TAN_EIGHTH * most
        t = np.true_divide(least - most if steep else least, least + most if steep else most)
        z = t * t
        series = _ATAN[10]
        for c in range(9, -1, -1):
            series = series * z + _ATAN[c]
        angle = t * series + (math.pi / 4 if steep else 0.0)
        angle = math.pi / 2 - angle if y > x else angle
        angles[k] = math.pi - angle if angles[k] < 0.0 else angle


@kernel
def _statistics(values: Floats, out: Floats) -> None:
    """Mean, maximum, minimum and population standard deviation."""
    mean, most, least = 0.0, values[0], values[0]
    for value in values:
        mean += value
        most = max(most, value)
        least = min(least, value)
    mean /= len(values)
    square = 0.0
    for value in values:
        square += (value - mean) * (value - mean)
    out[0], out[1], out[2], out[3] = mean, most, least, math.sqrt(square / len(values))


@kernel
def medium_range(offsets: Integers, indices: Integers, features: Floats) -> None:
    """Write the four statistics of each short-range feature over the neighbours into ``features[:, 12:60]``."""
    mean = np.empty(12)
    most = np.empty(12)
    least = np.empty(12)
    square = np.empty(12)
    for i in range(len(offsets) - 1):
        near = indices[offsets[i] : offsets[i + 1]]
        for s in range(12):
            mean[s], square[s] = 0.0, 0.0
            most[s], least[s] = -np.inf, np.inf
        for j in near:
            for s in range(12):
                value = features[j, s]
                mean[s] += value
                most[s] = max(most[s], value)
                least[s] = min(least[s], value)
        for s in range(12):
            mean[s] /= len(near)
        for j in near:
            for s in range(12):
                square[s] += (features[j, s] - mean[s]) ** 2
        for s in range(12):
            features[i, 12 + 4 * s] = mean[s]
            features[i, 13 + 4 * s] = most[s]
            features[i, 14 + 4 * s] = least[s]
            features[i, 15 + 4 * s] = math.sqrt(square[s] / len(near))
