"""Conditions that snapshots must meet before their particles are compared, labelled, described or analysed."""

from __future__ import annotations

import numpy as np

from lammps_glass.errors import InputError, ParticleError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers, Snapshot

#: Particles whose spread along a cell vector is below this fraction of the nearest distance lie in a plane.
FLAT = 1e-6
#: A plane of fewer particles may be a cluster or a unit cell; two dimensions are simulated with more.
_FEWEST_OF_A_PLANE = 10
TWO_DIMENSIONS = (
    "all particles lie in one plane: labels, descriptors and analyses are three-dimensional, and the periodic images "
    "of a plane are a stack that is not there; two-dimensional systems are not supported"
)


def require_ids(*snapshots: Snapshot) -> None:
    """Raise `InputError` when the ids of a snapshot are its row numbers: rows may change order between frames."""
    for snapshot in snapshots:
        if snapshot.ids_from_rows:
            raise InputError(
                f"the file has no particle ids (step {snapshot.step}), so that its rows cannot be matched with those "
                "of another frame: write the column id, or use --rows-are-particles (rows_are_particles=True) if all "
                "frames list the particles in the same order"
            )


def require_three_dimensions(snapshot: Snapshot) -> None:
    """Raise `InputError` when all particles lie in one plane, across the periodic boundaries too.

    The spread along a cell vector is compared with the nearest distance between two particles.
    """
    if len(snapshot) < _FEWEST_OF_A_PLANE:
        return
    cell = snapshot.cell
    spread = _spread(snapshot)
    # No distance exceeds the diagonal: the search for the nearest one is left to the rare flat candidates.
    if spread.min() > FLAT * float(np.linalg.norm(cell.matrix, axis=1) @ np.maximum(spread / cell.heights, 1.0)):
        return
    if spread.min() < FLAT * _nearest_distance(snapshot):
        raise InputError(f"{TWO_DIMENSIONS} (step {snapshot.step})")


def _spread(snapshot: Snapshot) -> Floats:
    """(3,) extent of the particles along the normals of the cell's faces, by the images nearest to the first one."""
    scaled = snapshot.cell.fractional(snapshot.positions)
    scaled -= scaled[0].copy()
    scaled -= np.where(snapshot.cell.periodic, np.rint(scaled), 0.0)
    extent: Floats = np.ptp(scaled, axis=0) * snapshot.cell.heights
    return extent


def _nearest_distance(snapshot: Snapshot) -> float:
    """Smallest distance above zero between two particles of the cell."""
    from scipy.spatial import cKDTree

    positions = np.unique(snapshot.cell.wrap(snapshot.positions), axis=0)
    if len(positions) < 2:
        return np.inf
    return float(cKDTree(positions).query(positions, k=2)[0][:, 1].min())


def require_distinct_positions(snapshot: Snapshot) -> None:
    """Raise `InputError` when two particles have the same position: a column was taken for another one."""
    # Only the few particles whose coordinates share their buckets with others are compared.
    rows = _rows_that_meet(snapshot.positions[:, 0])
    for k in (1, 2):
        rows = rows[_rows_that_meet(snapshot.positions[rows, k])]
    places = (snapshot.positions[rows] + 0.0).view("V24").ravel().tolist()  # -0 is 0
    if len(set(places)) == len(places):
        return
    rows = rows[np.lexsort(snapshot.positions[rows].T)]
    same = (snapshot.positions[rows[1:]] == snapshot.positions[rows[:-1]]).all(axis=1)
    first = int(np.argmax(same))
    one, other = sorted(snapshot.ids[rows[first : first + 2]].tolist())
    raise ParticleError(
        f"particles {one} and {other} have the same position (step {snapshot.step}): are these the coordinates?",
        (one, other),
    )


def _rows_that_meet(values: Floats) -> Integers:
    """Rows whose value is equal to that of another row, and few others: those that share a bucket of hashes."""
    hashes = (values + 0.0).view(np.uint64)  # -0 is 0
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    n_bits = max(1, (2 * len(values)).bit_length())  # a table that stays in the processor's cache
    hashes >>= np.uint64(64 - n_bits)
    buckets = hashes.view(np.int64)
    return np.flatnonzero(np.bincount(buckets, minlength=1)[buckets] > 1)
