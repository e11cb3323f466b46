"""Compiled parts of `Interstices`: free distances, areas and volumes of each shell, and their statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.descriptors.hull import hull_facets

TOO_FEW = -1
TOUCHING = -4


@kernel
def short_range(offsets: Any, vectors: Any, sizes: Any, radii: Any, features: Any) -> Any:
    """Statistics of D, A and V of each particle's shell into ``features[:, :12]``; (code, particle) of the first failure.

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
    (0, -1), or a code (`TOO_FEW`, `TOUCHING`, `hull.FLAT`, `hull.TANGLED`) and the particle that it is about.
    """
    most = 4
    for i in range(len(radii)):
        most = max(most, offsets[i + 1] - offsets[i])
    facets = np.empty((2 * most, 3), np.int64)
    planes = np.empty((2 * most, 4))
    rim = np.empty((6 * most, 2), np.int64)
    marks = np.zeros((most + 1, most), np.int64)
    moved = np.empty((most, 3))
    free = np.empty((3, 2 * most))
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
        kept = _areas_and_volumes(shell, sizes[first:last], radii[i], facets[:n_facets], free[1], free[2])
        _statistics(free[0, : last - first], features[i, 0:4])
        _statistics(free[1, :kept], features[i, 4:8])
        _statistics(free[2, :kept], features[i, 8:12])
    return 0, -1


@kernel
def _distances(shell: Any, sizes: Any, radius: float, free: Any) -> bool:
    """d / (r_i + r_j) - 1 of each neighbour; False when one sits on the centre."""
    for j in range(len(shell)):
        distance = math.sqrt(shell[j, 0] ** 2 + shell[j, 1] ** 2 + shell[j, 2] ** 2)
        if distance == 0.0:
            return False
        free[j] = distance / (radius + sizes[j]) - 1.0
    return True


@kernel
def _areas_and_volumes(shell: Any, sizes: Any, radius: float, facets: Any, areas: Any, volumes: Any) -> int:
    """Free fraction of each hull triangle and of its tetrahedron with the centre; the number of triangles.

    All angles follow from the six edges and the determinant: plane angles from atan2(|cross|, dot), solid angles by Van
    Oosterom and Strackee (IEEE Trans. Biomed. Eng. 30, 125 (1983)), tan(Omega / 2) = det / (...), which equals L'Huilier's
    theorem and keeps its digits in flat tetrahedra. A triangle without area (three neighbours in a line, in a crystal) is
    none; a tetrahedron without volume (the centre in the plane of the triangle) has no free part.
    """
    kept = 0
    for f in range(len(facets)):
        a, b, c = shell[facets[f, 0]], shell[facets[f, 1]], shell[facets[f, 2]]
        ra, rb, rc = sizes[facets[f, 0]], sizes[facets[f, 1]], sizes[facets[f, 2]]
        x0, x1, x2 = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        y0, y1, y2 = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        n0, n1, n2 = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
        cross = math.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
        det = abs(n0 * a[0] + n1 * a[1] + n2 * a[2])
        aa = a[0] * a[0] + a[1] * a[1] + a[2] * a[2]
        bb = b[0] * b[0] + b[1] * b[1] + b[2] * b[2]
        cc = c[0] * c[0] + c[1] * c[1] + c[2] * c[2]
        if cross <= 1e-14 * (aa + bb + cc):
            continue
        ab = x0 * x0 + x1 * x1 + x2 * x2
        ac = y0 * y0 + y1 * y1 + y2 * y2
        bc = (c[0] - b[0]) ** 2 + (c[1] - b[1]) ** 2 + (c[2] - b[2]) ** 2
        at_a = math.atan2(cross, 0.5 * (ab + ac - bc))
        at_b = math.atan2(cross, 0.5 * (ab + bc - ac))
        at_c = math.pi - at_a - at_b
        areas[kept] = max(0.0, 1.0 - (at_a * ra * ra + at_b * rb * rb + at_c * rc * rc) / cross)
        la, lb, lc = math.sqrt(aa), math.sqrt(bb), math.sqrt(cc)
        lab, lac, lbc = math.sqrt(ab), math.sqrt(ac), math.sqrt(bc)
        filled = radius**3 * _half_solid_angle(det, la, lb, lc, ab, ac, bc)
        filled += ra**3 * _half_solid_angle(det, la, lab, lac, bb, cc, bc)
        filled += rb**3 * _half_solid_angle(det, lb, lab, lbc, aa, cc, ac)
        filled += rc**3 * _half_solid_angle(det, lc, lac, lbc, aa, bb, ab)
        volumes[kept] = max(0.0, 1.0 - 4.0 * filled / det) if det > 0.0 else 0.0
        kept += 1
    return kept


@kernel
def _half_solid_angle(det: float, p: float, q: float, r: float, pq: float, pr: float, qr: float) -> float:
    """Half the solid angle at a corner: lengths p, q, r of its edges, squared distances pq, pr, qr of their ends."""
    pp, qq, rr = p * p, q * q, r * r
    below = p * q * r + 0.5 * ((pp + qq - pq) * r + (pp + rr - pr) * q + (qq + rr - qr) * p)
    return math.atan2(det, below)


@kernel
def _statistics(values: Any, out: Any) -> None:
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
def medium_range(offsets: Any, indices: Any, features: Any) -> None:
    """The four statistics of each of the 12 short-range features over the neighbours, into ``features[:, 12:60]``."""
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
