"""`Voronoi`: volume, faces and index of the Voronoi cell of each particle, by OVITO."""

from __future__ import annotations

import numpy as np

from lammps_glass.descriptors.base import Descriptor
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions

_EDGES = (3, 4, 5, 6)  # faces with these numbers of edges are counted one by one


class Voronoi(Descriptor):
    """Volume, number of faces and index of each particle's Voronoi cell.

    Columns: ``volume`` (length^3), ``faces``, ``n3`` to ``n6`` (faces with so many edges), ``n7+`` (with more), and
    ``five_fold``, the fraction of five-edged faces (Peng et al.), which is 1 for an icosahedron.

    Parameters
    ----------
    face_threshold
        Faces below this fraction of the surface of their cell do not count, in [0, 1): they come and go with the last
        digits of the positions.

    References
    ----------
    J. L. Finney, Proc. R. Soc. A 319, 479 (1970); H. L. Peng, M. Z. Li and W. H. Wang, Phys. Rev. Lett. 106, 135503
    (2011); `ovito.modifiers.VoronoiAnalysisModifier`.
    """

    name = "voronoi"

    def __init__(self, face_threshold: float = 0.0) -> None:
        self.face_threshold = face_threshold
        number = isinstance(face_threshold, int | float) and not isinstance(face_threshold, bool)
        if not number or not 0 <= face_threshold < 1:
            raise InputError(f"voronoi: face_threshold = {face_threshold!r} must be a fraction in [0, 1)")

    @property
    def feature_names(self) -> list[str]:
        """Eight columns."""
        return ["volume", "faces", *(f"n{k}" for k in _EDGES), f"n{_EDGES[-1] + 1}+", "five_fold"]

    def compute(self, snapshot: Snapshot) -> Floats:
        """Return (n_particles, 8).

        Raises
        ------
        InputError
            The cell has an open direction: cells at the surface have no volume of their own.
        """
        from ovito.modifiers import VoronoiAnalysisModifier

        require_three_dimensions(snapshot)
        if not snapshot.cell.periodic.all():
            raise InputError("voronoi: the cell must be periodic in every direction")
        data = snapshot.wrap().to_ovito()
        data.apply(VoronoiAnalysisModifier(compute_indices=True, relative_face_threshold=self.face_threshold))
        index = np.asarray(data.particles["Voronoi Index"], dtype=float)  # column k: faces with k + 1 edges
        padded = np.zeros((len(index), max(_EDGES[-1], index.shape[1])))
        padded[:, : index.shape[1]] = index
        faces = padded.sum(axis=1)
        few, more = padded[:, _EDGES[0] - 1 : _EDGES[-1]], padded[:, _EDGES[-1] :].sum(axis=1)
        volume = np.asarray(data.particles["Atomic Volume"], dtype=float)
        return np.column_stack([volume, faces, few, more, few[:, 2] / np.maximum(faces, 1.0)])
