"""Local strain of each particle's neighbourhood, from the same affine fit as D2min."""

from __future__ import annotations

import numpy as np

from lammps_glass.labels.affine_fit import affine_fit
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats


def strain_tensor(reference: Snapshot, current: Snapshot, *, r_max: float, undo_flips: bool = True) -> Floats:
    r"""Compute the Green-Lagrange strain :math:`\tfrac12 (\mathbf F^T \mathbf F - 1)` of each particle's neighbourhood.

    `F` is the deformation gradient that best maps the neighbours within `r_max` in `reference` onto `current` (Shimizu,
    Ogata & Li, Mater. Trans. 48, 2923 (2007), eqs. 1-3).

    Parameters and errors are those of `d2min`; `undo_flips` is False where the cell vectors of `current` are known to
    be those of `reference`, deformed by however much (`Shear.unflipped`).

    Returns
    -------
    (n_particles, 3, 3) float64, dimensionless, symmetric.
    """
    gradients = affine_fit(reference, current, r_max, undo_flips=undo_flips).gradients
    squared = np.einsum("nki,nkj->nij", gradients, gradients)
    strain: Floats = 0.5 * (squared - np.eye(3))
    return strain


def von_mises_strain(reference: Snapshot, current: Snapshot, *, r_max: float, undo_flips: bool = True) -> Floats:
    r"""Compute the von Mises invariant of `strain_tensor` (Shimizu, Ogata & Li 2007, eq. 5; OVITO's "Shear Strain").

    .. math:: \eta = \sqrt{e_{xy}^2 + e_{xz}^2 + e_{yz}^2
        + \tfrac16 [(e_{xx} - e_{yy})^2 + (e_{xx} - e_{zz})^2 + (e_{yy} - e_{zz})^2]}

    Parameters and errors are those of `strain_tensor`.

    Returns
    -------
    (n_particles,) float64, dimensionless.
    """
    strain = strain_tensor(reference, current, r_max=r_max, undo_flips=undo_flips)
    # The printed form is half the squared norm of the deviator, written out.
    deviator = strain - np.einsum("nii->n", strain)[:, None, None] / 3 * np.eye(3)
    invariant: Floats = np.sqrt(0.5 * np.einsum("nij,nij->n", deviator, deviator))
    return invariant
