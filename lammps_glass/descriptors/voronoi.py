"""Voronoi neighbours of a snapshot, by OVITO."""

from __future__ import annotations

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.neighbors import NeighborList, rows_of_pairs


def voronoi_neighbors(snapshot: Snapshot, face_threshold: float = 0.0) -> NeighborList:
    """Find the particles whose Voronoi cells share a face, periodic images as separate neighbours.

    Parameters
    ----------
    snapshot
        Any cell. Along open directions Voronoi cells end at the faces of the simulation cell, which is widened where
        particles lie outside of it.
    face_threshold
        Faces below this fraction of their Voronoi cell's whole area are left out, in [0, 1).

    Returns
    -------
    NeighborList
        Sorted by (index, vector), so that results do not depend on the order in which OVITO finds the faces.

    Raises
    ------
    InputError
        `face_threshold` is not in [0, 1).
    """
    if not 0 <= face_threshold < 1:
        raise InputError(f"face_threshold is {face_threshold}: it must be a fraction in [0, 1)")
    positions = np.ascontiguousarray(snapshot.cell.wrap(snapshot.positions))
    pairs, images = _bonds(snapshot, positions, face_threshold)
    return _from_bonds(positions, snapshot.cell.matrix, pairs, images)


def _bonds(snapshot: Snapshot, positions: Floats, face_threshold: float) -> tuple[Floats, Floats]:
    """OVITO's bonds, each face once: (m, 2) particles and (m, 3) image of the second seen from the first."""
    from ovito.data import DataCollection, SimulationCell
    from ovito.modifiers import VoronoiAnalysisModifier

    matrix, origin = _domain(snapshot, positions)
    x, y, z = snapshot.cell.periodic
    data = DataCollection()
    data.objects.append(SimulationCell(pbc=(bool(x), bool(y), bool(z))))
    data.cell_[...] = np.column_stack([matrix.T, origin])
    data.create_particles(count=len(positions)).create_property("Position", data=positions)
    data.apply(VoronoiAnalysisModifier(generate_bonds=True, relative_face_threshold=face_threshold))
    bonds = data.particles.bonds
    return np.array(bonds.topology), np.array(bonds["Periodic Image"])


def _domain(snapshot: Snapshot, positions: Floats) -> tuple[Floats, Floats]:
    """Cell matrix and origin that hold all particles: open directions are widened where particles lie outside."""
    cell = snapshot.cell
    scaled = cell.fractional(positions)
    margin = 1e-3  # a particle on the very face would have a cell without volume
    lower = np.where(cell.periodic, 0.0, np.minimum(scaled.min(axis=0) - margin, 0.0))
    upper = np.where(cell.periodic, 1.0, np.maximum(scaled.max(axis=0) + margin, 1.0))
    return (upper - lower)[:, None] * cell.matrix, cell.origin + lower @ cell.matrix


def _from_bonds(positions: Floats, matrix: Floats, pairs: Floats, images: Floats) -> NeighborList:
    """Both directions of each bond in rows."""
    swap = pairs[:, 0] > pairs[:, 1]
    first, second = np.where(swap[:, None], pairs[:, ::-1], pairs).T
    order = np.argsort(first, kind="stable")
    turns = np.where(swap[:, None], -images, images)[order]
    first, second = first[order], second[order]
    vectors = positions[second] - positions[first] + turns @ matrix
    return NeighborList(*rows_of_pairs(len(positions), first, second, vectors))
