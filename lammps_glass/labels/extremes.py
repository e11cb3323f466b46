"""Classes of particles with extreme values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError

#: Class of particles that are in neither of the two classes.
NEITHER = -1


def extreme_fractions(values: ArrayLike, fraction: float = 0.05) -> NDArray[np.int64]:
    """Assign class 1 to the `fraction` of particles with the largest values, 0 to as many with the smallest, else -1.

    Parameters
    ----------
    values
        (n_particles,) of one snapshot, such as the isoconfigurational mean of D2min.
    fraction
        Above 0, at most 0.5; rounded to whole particles, at least one in each class. Ties are broken by position.

    Raises
    ------
    InputError
        A value is not finite, or there are fewer than two.

    References
    ----------
    Rottler and Ortner (2024), section 3: 5 % each of the most mobile and immobile particles.
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1 or len(numbers) < 2 or not np.isfinite(numbers).all():
        raise InputError(
            f"extreme fractions: {numbers.shape} values, which must be at least two finite numbers in a row"
        )
    if not 0 < fraction <= 0.5:
        raise InputError(f"extreme fractions: fraction = {fraction:g} must be above 0 and at most 0.5")
    count = max(1, int(np.floor(fraction * len(numbers) + 0.5)))
    order = np.argsort(numbers, kind="stable")
    labels = np.full(len(numbers), NEITHER, dtype=np.int64)
    labels[order[:count]], labels[order[-count:]] = 0, 1
    return labels
