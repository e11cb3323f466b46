r"""Shear modulus of an inherent structure: the Born term of affine strain less the nonaffine relaxation.

With the energy :math:`U(\gamma, \mathbf u)` of a box sheared by :math:`\gamma` and particles displaced by
:math:`\mathbf u` from where the strain took them, a minimum follows the strain as
:math:`\mathbf u' = -\mathbf H^{-1} \boldsymbol\Xi`, and the slope of stress against strain is

.. math:: \mu = \frac 1 V \left( \frac{\partial^2 U}{\partial \gamma^2}
    - \boldsymbol\Xi \cdot \mathbf H^{-1} \boldsymbol\Xi \right), \qquad
    \boldsymbol\Xi = \frac{\partial^2 U}{\partial \gamma\, \partial \mathbf u}

(C. Maloney and A. Lemaitre, Phys. Rev. E 74, 016118 (2006), eqs. 20-26).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.interactions import Model, System
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.shear_planes import shear_plane

if TYPE_CHECKING:
    from lammps_glass.interactions import Hessian

_STRAIN = 1e-4  # of the central differences: its square is their relative error
_RESIDUAL = 1e-8  # of the linear solver; the modulus is wrong by its square


@dataclass(frozen=True)
class ShearModulus:
    """Shear modulus and its two terms, in energy per volume (metal: eV per cubic angstrom).

    Attributes
    ----------
    born
        Slope of stress against strain when every particle follows the box (affine).
    nonaffine
        Decrease by the nonaffine motion of the particles; positive.
    """

    born: float
    nonaffine: float

    @property
    def modulus(self) -> float:
        """Shear modulus: ``born - nonaffine``."""
        return self.born - self.nonaffine


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


def shear_modulus(snapshot: Snapshot, model: Model, plane: str = "xy") -> ShearModulus:
    """Compute the shear modulus at zero temperature from second derivatives of the energy.

    The derivatives by strain are central differences of the energy and of the forces; the Hessian is analytic, and
    its linear system is solved by conjugate gradients in memory that grows with the pairs.

    Parameters
    ----------
    snapshot
        A minimum of the energy, periodic in every direction.
    model
        Its interactions (`Glass.model`).
    plane
        ``"xy"``, ``"yz"`` or ``"zx"``, as in `simulate.protocols.AQS`.

    Raises
    ------
    InputError
        The plane is unknown, the cell has an open boundary, or the configuration is not a minimum (the Hessian has a
        negative eigenvalue along a direction that the strain couples to).
    """
    if not snapshot.cell.periodic.all():
        raise InputError("shear modulus: the cell must be periodic in every direction")
    unstrained = System(snapshot, model)
    energies, forces = [], []
    for strain in (-_STRAIN, _STRAIN):
        energy, force = System(sheared(snapshot, plane, strain), model).energy_and_forces()
        energies.append(energy)
        forces.append(force)
    born = (energies[0] + energies[1] - 2 * unstrained.energy()) / _STRAIN**2
    coupling = (forces[0] - forces[1]).ravel() / (2 * _STRAIN)
    relaxed = float(coupling @ _nonaffine_displacements(unstrained.hessian(), coupling))
    return ShearModulus(born / snapshot.cell.volume, relaxed / snapshot.cell.volume)


def _nonaffine_displacements(hessian: Hessian, coupling: Floats) -> Floats:
    """Solve H u = coupling for displacements (3 n,) without a common translation."""
    from scipy.sparse.linalg import LinearOperator, cg

    def free(vector: Floats) -> Floats:
        """Remove the common translation."""
        rows = vector.reshape(-1, 3)
        return np.asarray((rows - rows.mean(axis=0)).ravel())

    size = len(coupling)
    operator = LinearOperator((size, size), matvec=lambda vector: free(hessian @ free(np.ravel(vector))), dtype=float)
    target = free(coupling)
    if np.linalg.norm(target) <= 1e-10 * max(1.0, abs(hessian @ np.ones(size)).max()):
        return np.zeros(size)  # every particle sits at a centre of symmetry
    solution, failed = cg(operator, target, rtol=_RESIDUAL, atol=0.0, maxiter=10 * size)
    if failed or not float(target @ solution) >= 0.0:
        raise InputError("shear modulus: the configuration is not a minimum of the energy; minimise it first")
    result: Floats = solution
    return result
