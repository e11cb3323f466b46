"""The 60 interstice features written out: scipy's Voronoi with explicit images, its hull, L'Huilier's theorem."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.spatial import ConvexHull, Voronoi

from lammps_glass.snapshots import Cell, Snapshot

METRICS, STATISTICS = ("D", "A", "V"), ("Mean", "Max", "Min", "Std")


def disordered(seed, shape=(4, 4, 4), jitter=0.2, matrix=None):
    """A strongly jiggled cubic lattice of two species at density 1.2, in a cell of any shape."""
    random = np.random.default_rng(seed)
    lattice = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    scaled = (lattice + jitter * random.uniform(-1, 1, size=lattice.shape) + 0.5) / shape
    matrix = np.diag(shape) * 1.2 ** (-1 / 3) if matrix is None else np.asarray(matrix, dtype=float)
    types = (random.random(len(scaled)) < 0.2).astype(int)
    return Snapshot(Cell(matrix), scaled @ matrix, types, ("A", "B"))


def voronoi_shells(snapshot, images=3):
    """For each particle its neighbours' (indices, vectors); every image is a point of the tessellation."""
    turns = sorted(itertools.product(range(-images, images + 1), repeat=3), key=lambda t: sum(map(abs, t)))
    n = len(snapshot)
    points = np.concatenate([snapshot.positions + np.array(t) @ snapshot.cell.matrix for t in turns])
    shells = [[] for _ in range(n)]
    for a, b in Voronoi(points).ridge_points:
        for i, j in ((a, b), (b, a)):
            if i < n:
                shells[i].append((j % n, points[j] - points[i]))
    return [(np.array([j for j, _ in shell]), np.array([v for _, v in shell])) for shell in shells]


def solid_angle(u, v, w):
    """L'Huilier's theorem for the spherical triangle of three directions."""
    u, v, w = (x / np.linalg.norm(x) for x in (u, v, w))
    # Arcs from half chords: the inverse cosine loses half the digits of a short arc.
    a, b, c = (2 * np.arcsin(np.linalg.norm(x - y) / 2) for x, y in ((v, w), (u, w), (u, v)))
    s = (a + b + c) / 2
    product = np.tan(s / 2) * np.tan((s - a) / 2) * np.tan((s - b) / 2) * np.tan((s - c) / 2)
    return 4 * np.arctan(np.sqrt(max(product, 0.0)))


def angle(u, v):
    return np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))


def free_fractions(vectors, sizes, radius):
    """Lists of D, A and V of one shell."""
    D = np.linalg.norm(vectors, axis=1) / (radius + sizes) - 1
    A, V = [], []
    for facet in ConvexHull(vectors).simplices:
        corners, r = vectors[facet], sizes[facet]
        area = np.linalg.norm(np.cross(corners[1] - corners[0], corners[2] - corners[0])) / 2
        sides = [[corners[j] - corners[k] for j in range(3) if j != k] for k in range(3)]
        A.append(max(0, 1 - sum(angle(*sides[k]) / 2 * r[k] ** 2 for k in range(3)) / area))
        tetrahedron, radii = np.vstack([corners, np.zeros(3)]), [*r, radius]
        volume = abs(np.linalg.det(corners)) / 6
        edges = [[tetrahedron[j] - tetrahedron[k] for j in range(4) if j != k] for k in range(4)]
        V.append(max(0, 1 - sum(solid_angle(*edges[k]) / 3 * radii[k] ** 3 for k in range(4)) / volume))
    return D, np.array(A), np.array(V)


def statistics(values):
    values = np.asarray(values)
    return {"Mean": values.mean(), "Max": values.max(), "Min": values.min(), "Std": values.std()}


def features(shells, radii):
    """A list of dicts, name -> value, one per particle."""
    rows = []
    for i, (indices, vectors) in enumerate(shells):
        lists = dict(zip(METRICS, free_fractions(vectors, radii[indices], radii[i])))
        rows.append({f"{s}({m})": statistics(lists[m])[s] for m in METRICS for s in STATISTICS})
    short = list(rows[0])
    for row, (indices, _) in zip(rows, shells):
        around = {name: statistics([rows[j][name] for j in indices]) for name in short}
        row["medium"] = {f"{s}[{name}]": around[name][s] for name in short for s in STATISTICS}
    return [{**{name: row[name] for name in short}, **row["medium"]} for row in rows]
