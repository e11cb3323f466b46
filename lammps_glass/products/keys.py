"""The key of a row: replica, step and particle, and the join of a table onto a snapshot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot


def key_columns(snapshot: Snapshot, replica: str, rows: NDArray[np.integer] | None = None) -> pd.DataFrame:
    """Return the columns replica, step, particle and species of some particles of a snapshot (default: all).

    Parameters
    ----------
    rows
        (n,) row numbers in the snapshot.
    """
    chosen = np.arange(len(snapshot)) if rows is None else rows
    return pd.DataFrame(
        {
            "replica": replica,
            "step": snapshot.step,
            "particle": snapshot.ids[chosen],
            "species": snapshot.species_of_particles[chosen],
        }
    )


def rows_in(snapshot: Snapshot, table: pd.DataFrame) -> NDArray[np.intp]:
    """Return (n,) row numbers in `snapshot` of the particles of `table`.

    Raises
    ------
    InputError
        The table is of another step, or names a particle that the snapshot does not have.
    """
    if len(steps := table["step"].unique()) and list(steps) != [snapshot.step]:
        raise InputError(f"the table holds step {steps[0]}, the snapshot is step {snapshot.step}")
    particles = table["particle"].to_numpy()
    at = np.searchsorted(snapshot.ids, particles)
    missing = (at == len(snapshot)) | (snapshot.ids[np.minimum(at, len(snapshot) - 1)] != particles)
    if missing.any():
        raise InputError(f"step {snapshot.step}: the snapshot has no particle {particles[missing][0]}")
    return at


def of_particles(snapshot: Snapshot, table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return (n_particles,) values of a column in the order of the snapshot; NaN where the table has no row."""
    values = np.full(len(snapshot), np.nan)
    values[rows_in(snapshot, table)] = table[column].to_numpy(dtype=np.float64)
    return values


def rows_of_species(snapshot: Snapshot, species: str | None) -> NDArray[np.intp]:
    """Return (n,) row numbers of the particles of a species; of all particles for None.

    Raises
    ------
    InputError
        The snapshot has no such species.
    """
    if species is None:
        return np.arange(len(snapshot))
    if species not in snapshot.species:
        raise InputError(f"no species {species!r}: the snapshot has {', '.join(snapshot.species)}")
    return np.flatnonzero(snapshot.species_of_particles == species)
