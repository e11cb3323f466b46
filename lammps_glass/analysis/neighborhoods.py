"""Neighbourhoods of single particles as tables: what an environment looks like."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.snapshots import Snapshot


def neighborhoods(snapshot: Snapshot, rows: ArrayLike, r_max: float) -> Iterator[pd.DataFrame]:
    """Iterate over the neighbourhoods of some particles.

    Parameters
    ----------
    rows
        (k,) row numbers of the particles.
    r_max
        Distance up to which neighbours, periodic images among them, are listed.

    Yields
    ------
    DataFrame
        ``x``, ``y``, ``z`` from the particle, ``species``, ``centre`` (True in the first row, the particle itself).
    """
    from lammps_glass.snapshots.neighbors import pairs_within

    pairs = pairs_within(snapshot, r_max)
    species = snapshot.species_of_particles
    for row in np.asarray(rows, dtype=np.intp):
        neighbors = slice(int(pairs.offsets[row]), int(pairs.offsets[row + 1]))
        vectors = np.vstack([np.zeros((1, 3)), pairs.vectors[neighbors]])
        names = np.concatenate([species[row : row + 1], species[pairs.indices[neighbors]]])
        table = pd.DataFrame(vectors, columns=["x", "y", "z"])
        yield table.assign(species=names, centre=np.arange(len(names)) == 0)
