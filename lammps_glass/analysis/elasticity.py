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

from lammps_glass.errors import InputError
from lammps_glass.interactions import Model, System
from lammps_glass.interactions.nonaffine import nonaffine_displacements, shear_coupling, sheared as sheared
from lammps_glass.snapshots import Snapshot


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
    coupling = shear_coupling(snapshot, model, plane, unstrained)
    response = nonaffine_displacements(unstrained.hessian(), coupling.forces, "shear modulus")
    volume = snapshot.cell.volume
    return ShearModulus(coupling.curvature / volume, float(coupling.forces.ravel() @ response.ravel()) / volume)
