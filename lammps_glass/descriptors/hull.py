"""Convex hull of a dozen points: compiled, small, and exact in its decisions.

Points are added one by one; a point sees the facets on whose outer side it lies, these go, and their rim is joined to
the point. Whether a point sees a facet is the sign of a determinant; when one is so near zero that rounding could have
decided (`_TIE`, a hundred times the rounding error), the shell is degenerate: coplanar neighbours, as in a crystal. The
hull is then taken of points moved by a millionth, farther ones more (`_lift`): a convex lift, under which a point
inside a facet or on its edge is no vertex, and a flat polygon is cut into triangles in a way that its shape decides.
"""

from __future__ import annotations

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers

FLAT = -2
TANGLED = -3
_TIED = -1

_TIE = 1e-13
_THIN = 1e-9
_LIFT = 1e-6
_ATTEMPTS = 6


@kernel
def hull_facets(points: Floats, facets: Integers, planes: Floats, rim: Integers, marks: Integers, moved: Floats) -> int:
    """Find the triangles of the convex hull of `points`, oriented outward.

    Parameters
    ----------
    points
        (k, 3) with k >= 4.
    facets, planes
        Buffers (>= 2 k, 3) int64 and (>= 2 k, 4) float64.
    rim
        Buffer (>= 6 k, 3) int64.
    marks
        Buffer (>= k + 1, >= k) int64, zeroed before the first use and then left alone.
    moved
        Buffer (>= k, 3) for degenerate shells.

    Returns
    -------
    Number of triangles, `FLAT` when the points lie in a plane, `TANGLED` when no small move resolved the ties.
    """
    attempt = 0
    shell = points
    while True:
        n_facets = _hull(shell, facets, planes, rim, marks)
        if n_facets != _TIED:
            return n_facets
        if attempt == _ATTEMPTS:
            return TANGLED
        shell = moved[: len(points)]
        _lift(points, shell, attempt)
        attempt += 1


@kernel
def _lift(points: Floats, moved: Floats, attempt: int) -> None:
    """Move points outward by up to a millionth, farther ones more; a hundredth of that separates equal distances.

    Both are smooth functions of the vector alone, so a shell is cut in the same way in whatever order it comes. Of
    equal distances an uneven function of the direction decides: a turned crystal may be cut along other diagonals.
    """
    farthest = 0.0
    for i in range(len(points)):
        farthest = max(farthest, points[i, 0] ** 2 + points[i, 1] ** 2 + points[i, 2] ** 2)
    size = np.sqrt(farthest)
    uneven = 1e-2 * _LIFT * 10.0**attempt * size
    for i in range(len(points)):
        x, y, z = points[i, 0] / size, points[i, 1] / size, points[i, 2] / size
        outward = 1 + _LIFT * (x * x + y * y + z * z)
        for k in range(3):
            moved[i, k] = points[i, k] * outward + uneven * np.sin(7.3 * x + 9.1 * y + 11.7 * z + 2.0 * k + attempt)


@kernel
def _hull(points: Floats, facets: Integers, planes: Floats, rim: Integers, marks: Integers) -> int:
    """Find the hull of points in general position; `_TIED` when rounding could have decided a sign."""
    scale = 0.0
    for p in points:
        scale = max(scale, abs(p[0]) + abs(p[1]) + abs(p[2]))
    tie = _TIE * scale**3
    a, b, c, d = _first_four(points)
    _set_facet(points, facets, planes, 0, a, b, c)
    volume = planes[0, 0] * points[d, 0] + planes[0, 1] * points[d, 1] + planes[0, 2] * points[d, 2] - planes[0, 3]
    if abs(volume) <= _THIN * scale**3:
        return FLAT
    if volume > 0:
        b, c = c, b
    _set_facet(points, facets, planes, 0, a, b, c)
    _set_facet(points, facets, planes, 1, b, a, d)
    _set_facet(points, facets, planes, 2, c, b, d)
    _set_facet(points, facets, planes, 3, a, c, d)
    n_facets = 4
    for i in range(len(points)):
        if i != a and i != b and i != c and i != d:
            n_facets = _insert(points, i, facets, planes, n_facets, rim, marks, tie)
            if n_facets < 0:
                return n_facets
    return n_facets


@kernel
def _first_four(points: Floats) -> tuple[int, int, int, int]:
    """Choose a wide tetrahedron: each corner is the farthest from the span of those before it."""
    o0, o1, o2 = points[0, 0], points[0, 1], points[0, 2]
    b, c, d = 0, 0, 0
    best = -1.0
    for i in range(len(points)):
        x, y, z = points[i, 0] - o0, points[i, 1] - o1, points[i, 2] - o2
        size = x * x + y * y + z * z
        if size > best:
            best, b = size, i
    e0, e1, e2 = points[b, 0] - o0, points[b, 1] - o1, points[b, 2] - o2
    n0, n1, n2 = 0.0, 0.0, 0.0
    best = -1.0
    for i in range(len(points)):
        x, y, z = points[i, 0] - o0, points[i, 1] - o1, points[i, 2] - o2
        m0, m1, m2 = e1 * z - e2 * y, e2 * x - e0 * z, e0 * y - e1 * x
        size = m0 * m0 + m1 * m1 + m2 * m2
        if size > best:
            best, c, n0, n1, n2 = size, i, m0, m1, m2
    best = -1.0
    for i in range(len(points)):
        size = abs(n0 * (points[i, 0] - o0) + n1 * (points[i, 1] - o1) + n2 * (points[i, 2] - o2))
        if size > best:
            best, d = size, i
    return 0, b, c, d


@kernel
def _set_facet(points: Floats, facets: Integers, planes: Floats, at: int, a: int, b: int, c: int) -> None:
    """Store the triangle and its plane; the normal is not normalised, so that heights are determinants."""
    p0, p1, p2 = points[a, 0], points[a, 1], points[a, 2]
    x0, x1, x2 = points[b, 0] - p0, points[b, 1] - p1, points[b, 2] - p2
    y0, y1, y2 = points[c, 0] - p0, points[c, 1] - p1, points[c, 2] - p2
    n0, n1, n2 = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
    facets[at, 0], facets[at, 1], facets[at, 2] = a, b, c
    planes[at, 0], planes[at, 1], planes[at, 2] = n0, n1, n2
    planes[at, 3] = n0 * p0 + n1 * p1 + n2 * p2


@kernel
def _insert(
    points: Floats, i: int, facets: Integers, planes: Floats, n_facets: int, rim: Integers, marks: Integers, tie: float
) -> int:
    """Add point `i` to the hull of `n_facets` facets; return the new number, or `_TIED`.

    `marks[a, b]` holds the stamp of the last insertion that saw a facet with the directed edge a -> b; the last row of
    `marks` keeps the running stamp. New facets take the places of those that are seen; places left over (the point
    hides earlier points) are filled from the end. Lists are filled by counting, not by branching: which facets are seen
    cannot be predicted, and a wrong guess costs more than a needless store.
    """
    stamp = marks[-1, 0] + 1
    marks[-1, 0] = stamp
    x, y, z = points[i, 0], points[i, 1], points[i, 2]
    seen = 0
    nearest = np.inf
    for f in range(n_facets):
        height = planes[f, 0] * x + planes[f, 1] * y + planes[f, 2] * z - planes[f, 3]
        nearest = min(nearest, abs(height))
        rim[seen, 2] = f
        seen += height > 0
    if nearest <= tie:
        return _TIED
    for s in range(seen):
        f = rim[s, 2]
        a, b, c = facets[f, 0], facets[f, 1], facets[f, 2]
        marks[a, b] = marks[b, c] = marks[c, a] = stamp
    edges = 0
    for s in range(seen):
        f = rim[s, 2]
        for k in range(3):
            a, b = facets[f, k], facets[f, (k + 1) % 3]
            rim[edges, 0], rim[edges, 1] = a, b
            edges += marks[b, a] != stamp
    for e in range(edges):
        at = rim[e, 2] if e < seen else n_facets + e - seen
        _set_facet(points, facets, planes, at, rim[e, 0], rim[e, 1], i)
    for s in range(seen - 1, edges - 1, -1):
        n_facets -= 1
        _move_facet(facets, planes, n_facets, rim[s, 2])
    return n_facets + max(edges - seen, 0)


@kernel
def _move_facet(facets: Integers, planes: Floats, source: int, target: int) -> None:
    """Copy a facet and its plane."""
    for k in range(3):
        facets[target, k] = facets[source, k]
    for k in range(4):
        planes[target, k] = planes[source, k]
