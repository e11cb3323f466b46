"""Encode a whole structure by a library of environments, its rows streamed in blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.learn.environment_library import EnvironmentLibrary


class EncodedStructure(NamedTuple):
    """A structure in terms of a library."""

    counts: NDArray[np.float64]  # (n_environments,) particles of each environment
    mean: NDArray[np.float64]  # (n_features,) mean of the rows
    coverage: float  # fraction of the particles that have an environment


def encode_structure(
    library: EnvironmentLibrary, blocks: Iterable[ArrayLike], where: str = "the structure"
) -> EncodedStructure:
    """Count the environments of a structure.

    Parameters
    ----------
    blocks
        Rows (k, n_features) of all its particles, some at a time.
    where
        Name of the structure in errors.

    Raises
    ------
    InputError
        No particle is similar to any environment, or the rows do not fit the library (`EnvironmentLibrary.encode`).
    """
    counts, total, n_rows = np.zeros(len(library)), np.zeros(library.vectors.shape[1]), 0
    for block in blocks:
        rows = np.asarray(block)
        environment = library.encode(rows).environment
        counts += np.bincount(environment[environment >= 0], minlength=len(library))
        total += rows.sum(axis=0, dtype=np.float64)
        n_rows += len(rows)
    if counts.sum() == 0:
        library.fractions(np.full(n_rows, -1), where)  # raises, with the reason
    return EncodedStructure(counts, total / n_rows, float(counts.sum() / n_rows))
