"""Voronoi indices of particles, by OVITO, and the Kasper polyhedra among them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot

#: Voronoi index of an icosahedron.
ICOSAHEDRON = "0,0,12,0"


def voronoi_indices(
    snapshot: Snapshot, *, edge_threshold: float = 0.0, relative_face_threshold: float = 0.0
) -> NDArray[np.str_]:
    """Compute the Voronoi index of each particle: the numbers of faces of its cell with 3, 4, 5 and 6 edges.

    Parameters
    ----------
    snapshot
        Any cell that OVITO tessellates; species have no radii.
    edge_threshold
        Edges shorter than this (length unit) do not count.
    relative_face_threshold
        Faces smaller than this fraction of the surface of their cell do not count.

    Returns
    -------
    (n_particles,) text
        ``"n3,n4,n5,n6"``, longer where a face has more than six edges.

    References
    ----------
    J. L. Finney, Proc. R. Soc. A 319, 479 (1970); `ovito.modifiers.VoronoiAnalysisModifier`.
    """
    from ovito.modifiers import VoronoiAnalysisModifier

    data = snapshot.wrap().to_ovito()
    data.apply(
        VoronoiAnalysisModifier(
            compute_indices=True, edge_threshold=edge_threshold, relative_face_threshold=relative_face_threshold
        )
    )
    faces = np.asarray(data.particles["Voronoi Index"])
    by_edges = np.zeros((len(faces), max(6, faces.shape[1])), dtype=np.int64)
    by_edges[:, : faces.shape[1]] = faces  # column k: faces with k + 1 edges
    return np.array([_text(row[2:]) for row in by_edges])


def _text(counts: NDArray[np.int64]) -> str:
    """Format a Voronoi index as ``3,6,8,0``: at least four numbers, more up to the last that is not zero."""
    length = max(4, int(np.max(np.flatnonzero(counts), initial=-1)) + 1)
    return ",".join(str(count) for count in counts[:length])


def is_kasper(index: str) -> bool:
    """Decide whether a Voronoi index is of a Kasper polyhedron: n3 = 0, no face above six edges, 2 n4 + n5 = 12.

    References
    ----------
    F. C. Frank and J. S. Kasper, Acta Cryst. 11, 184 (1958).
    """
    try:
        counts = [int(word) for word in index.split(",")]
    except ValueError:
        counts = []
    if len(counts) < 4 or min(counts) < 0:
        raise InputError(f"{index!r} is not a Voronoi index: give four or more numbers, such as {ICOSAHEDRON}")
    n3, n4, n5, _, *more = counts
    return n3 == 0 and not any(more) and 2 * n4 + n5 == 12


def kasper_groups(indices: Iterable[str]) -> list[str]:
    """Classify Voronoi indices: ``"kasper"`` or ``"other"`` for each."""
    return ["kasper" if is_kasper(index) else "other" for index in indices]
