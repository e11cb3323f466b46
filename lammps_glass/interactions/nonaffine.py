r"""Linear response of an inherent structure to a simple shear.

With the energy :math:`U(\gamma, \mathbf u)` of a box sheared by :math:`\gamma` and particles displaced by
:math:`\mathbf u` from where the strain took them, a minimum follows the strain as
:math:`\mathbf u' = -\mathbf H^{-1} \boldsymbol\Xi` with
:math:`\boldsymbol\Xi = \partial^2 U / \partial \gamma\, \partial \mathbf u` (C. Maloney and A. Lemaitre, Phys. Rev. E
74, 016118 (2006), eqs. 20-26).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.interactions.model import Model
from lammps_glass.interactions.system import System
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.shear_planes import shear_plane

if TYPE_CHECKING:
    from lammps_glass.interactions.hessian import Hessian

STRAIN = 1e-4  # of the central differences: its square is their relative error
_RESIDUAL = 1e-8  # of the linear solver; the modulus is wrong by its square


class ShearCoupling(NamedTuple):
    """Derivatives of the energy by the strain of the box, particles following it.

    Attributes
    ----------
    forces
        (n, 3) Xi: the mixed derivative by strain and displacement, minus the change of the forces.
    curvature
        Second derivative by the strain, energy.
    """

    forces: Floats
    curvature: float


def sheared(snapshot: Snapshot, plane: str, strain: float) -> Snapshot:
    """Shear the box and the particles of a snapshot, as `simulate.protocols.AQS` does before it minimises.

    Raises
    ------
    InputError
        `plane` is no plane of shear.
    """
    axes = shear_plane(plane)
    shear = np.eye(3)
    shear[axes.gradient, axes.flow] = strain
    cell = snapshot.cell
    turned = Cell(cell.matrix @ shear, cell.origin @ shear, cell.periodic)
    return snapshot.replace(cell=turned, positions=snapshot.positions @ shear, velocities=None)


def shear_coupling(snapshot: Snapshot, model: Model, plane: str, unstrained: System) -> ShearCoupling:
    """Differentiate energy and forces by the strain of a plane, by central differences."""
    energies, forces = [], []
    for strain in (-STRAIN, STRAIN):
        energy, force = System(sheared(snapshot, plane, strain), model).energy_and_forces()
        energies.append(energy)
        forces.append(force)
    curvature = (energies[0] + energies[1] - 2 * unstrained.energy()) / STRAIN**2
    return ShearCoupling((forces[0] - forces[1]) / (2 * STRAIN), curvature)


def nonaffine_displacements(hessian: Hessian, coupling: Floats, owner: str = "nonaffine response") -> Floats:
    """Solve H u = coupling for displacements (n, 3) without a common translation, by conjugate gradients.

    Raises
    ------
    InputError
        The configuration is not a minimum: the Hessian has a negative eigenvalue along a direction that the strain
        couples to. The message begins with `owner`.
    """
    from scipy.sparse.linalg import LinearOperator, cg

    def free(vector: Floats) -> Floats:
        """Remove the common translation."""
        rows = vector.reshape(-1, 3)
        return np.asarray((rows - rows.mean(axis=0)).ravel())

    size = coupling.size
    operator = LinearOperator((size, size), matvec=lambda vector: free(hessian @ free(np.ravel(vector))), dtype=float)
    target = free(coupling.ravel())
    if np.linalg.norm(target) <= 1e-10 * max(1.0, abs(hessian @ np.ones(size)).max()):
        return np.zeros_like(coupling)  # every particle sits at a centre of symmetry
    solution, failed = cg(operator, target, rtol=_RESIDUAL, atol=0.0, maxiter=10 * size)
    if failed or not float(target @ solution) >= 0.0:
        raise InputError(f"{owner}: the configuration is not a minimum of the energy; minimise it first")
    result: Floats = solution.reshape(coupling.shape)
    return result
