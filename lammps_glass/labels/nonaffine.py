"""D2min: non-affine squared displacement of each particle's neighbourhood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.labels.affine_fit import affine_fit
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

REDUCTIONS = ("mean", "sum")


def d2min(reference: Snapshot, current: Snapshot, *, r_max: float = 2.5, reduce: str = "mean") -> Floats:
    r"""Compute the non-affine squared displacement of each particle's neighbourhood, :math:`D^2_{\min}`.

    .. math:: D^2_{\min,i} = \frac{1}{n_i} \min_{\mathbf F} \sum_{j} |\mathbf r_{ij}(t + \delta t)
        - \mathbf F \mathbf r_{ij}(t)|^2

    over all neighbours j, of any species, within `r_max` in the reference (Wu & Ruiz Pestana 2023, eq. 1, after Falk &
    Langer, Phys. Rev. E 57, 7192 (1998)). ``reduce="sum"`` leaves the 1/n out: OVITO's `AtomicStrainModifier`, affine
    mapping off, minimum image convention on.

    Parameters
    ----------
    reference, current
        Two snapshots of the same particles; each has its own cell.
    r_max
        Largest distance of a neighbour in the reference, in the length unit of the snapshots; every periodic image
        within it counts, so a box smaller than twice `r_max` is right.
    reduce
        ``"mean"`` or ``"sum"`` over the neighbours.

    Returns
    -------
    (n_particles,) float64, length^2, in the order of the snapshots (by id).

    Raises
    ------
    InputError
        The snapshots hold other particles, species or boundaries; `r_max` or `reduce` is no valid value; the
        neighbours of a particle do not span three dimensions.
    """
    return d2min_with_neighbors(reference, current, r_max=r_max, reduce=reduce)[0]


def d2min_with_neighbors(
    reference: Snapshot, current: Snapshot, *, r_max: float = 2.5, reduce: str = "mean"
) -> tuple[Floats, NDArray[np.int64]]:
    """Compute `d2min` and the number of neighbours in the reference, both (n_particles,)."""
    if reduce not in REDUCTIONS:
        raise InputError(f"reduce is {reduce!r}: it must be one of {', '.join(REDUCTIONS)}")
    fit = affine_fit(reference, current, r_max)
    values = fit.residuals / fit.n_neighbors if reduce == "mean" else fit.residuals
    return values, fit.n_neighbors
