"""`Penalty`: the penalty of a logistic regression on standardised columns, the same for all or one for each block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError

Floats = NDArray[np.float64]
#: Number of columns and factor of each block of columns, in their order.
Blocks = Sequence[tuple[int, float]]


class Penalty(NamedTuple):
    r"""The penalty :math:`\sum_j w_j^2 / (2 C f_j^2)` of the weights of standardised columns.

    Attributes
    ----------
    C
        Inverse strength.
    blocks
        Number of columns and factor f of each block, in their order; None: 1 for all. The columns of a block are
        multiplied by its factor: the weights of a small one stay small, and those of 0 are 0.
    """

    C: float
    blocks: Blocks | None = None

    def scaled(self, columns: Floats) -> Floats:
        """Multiply (n_rows, n_features) standardised columns by their factors; the same array where all are 1."""
        return columns if self.blocks is None else columns * column_factors(self.blocks, columns.shape[1])


def column_factors(blocks: Blocks, n_features: int) -> Floats:
    """Return the factor (n_features,) of each column.

    Raises
    ------
    InputError
        The blocks have another number of columns, or a factor is negative or not finite.
    """
    try:
        sizes, factors = (np.array(values) for values in zip(*blocks, strict=True))
        whole = sizes.dtype.kind in "iu" and factors.dtype.kind in "iuf" and (sizes >= 0).all()
    except (TypeError, ValueError):
        whole = False
    if not whole or not np.isfinite(factors).all() or (factors < 0).any():
        raise InputError(f"blocks = {blocks!r}: give the number of columns and a factor of at least 0 of each block")
    if sizes.sum() != n_features:
        raise InputError(f"blocks = {blocks!r} are of {sizes.sum()} columns, and the rows have {n_features}")
    return np.repeat(factors.astype(np.float64), sizes)
