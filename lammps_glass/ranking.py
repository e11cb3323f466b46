"""The particles with the largest values of a configuration."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def largest_values(values: ArrayLike, fraction: float) -> NDArray[np.bool_]:
    """Mark (n,) the `fraction` of largest values, rounded to whole particles: at least one, and not all.

    Equal values at the edge, such as strains of blocks, are marked in an order that is random but always the same: in
    that of ids, which often follow the species, one species would be preferred.
    """
    numbers = np.asarray(values, dtype=float)
    marked = np.zeros(len(numbers), dtype=bool)
    count = min(max(1, int(np.floor(fraction * len(numbers) + 0.5))), len(numbers) - 1)
    if count > 0:
        drawn = np.random.default_rng(0).permutation(len(numbers))
        marked[np.lexsort((drawn, numbers))[-count:]] = True
    return marked
