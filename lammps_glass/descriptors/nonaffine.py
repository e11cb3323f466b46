"""`Nonaffine`: linear response of each particle to a shear of the box, from the Hessian; nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors.configuration import Configuration, ConfigurationDescriptor
from lammps_glass.descriptors.radial_gaussians import positive_length
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.shear_planes import shear_plane
from lammps_glass.units import UnitDefaults

QUANTITIES = ("coupling", "response", "d2min")


def checked_planes(owner: str, planes: object) -> None:
    """Raise `InputError` unless `planes` is a list of different planes of shear."""
    if isinstance(planes, str) or not isinstance(planes, Sequence) or not planes:
        raise InputError(f"{owner}: planes = {planes!r} must be a list such as ('xy', 'yz', 'zx')")
    if len({shear_plane(plane, owner).tilt for plane in planes}) < len(planes):
        raise InputError(f"{owner}: a plane is duplicated in {', '.join(planes)}")


class Nonaffine(ConfigurationDescriptor):
    r"""Nonaffine response of the inherent structure to a simple shear in each of some planes.

    For each plane three columns: ``coupling``, the length of :math:`\boldsymbol\Xi_i`, the force on a particle by a
    unit of affine strain; ``response``, the length of :math:`\mathbf u_i`, its displacement by a unit of strain with
    :math:`\mathbf H \mathbf u = -\boldsymbol\Xi`; and ``d2min``, the residual of an affine fit to :math:`\mathbf u` of
    its neighbourhood. Then the root mean square of each over the planes. The snapshot is minimised first.

    Parameters
    ----------
    planes
        Of ``xy``, ``yz``, ``zx``.
    r_max
        Neighbourhood of the affine fit, in length units.

    Notes
    -----
    Columns of planes turn with the axes: rotation of the snapshot changes them, and for an isotropic glass only the
    last three do not change on average. Units: force, length and length squared by unit of strain (squared).

    References
    ----------
    C. Maloney and A. Lemaitre, Phys. Rev. E 74, 016118 (2006); M. L. Falk and J. S. Langer, Phys. Rev. E 57, 7192
    (1998) for the residual.
    """

    name = "nonaffine"
    unit_defaults = UnitDefaults("reduced units", ("r_max",))
    directional = True

    def __init__(self, planes: Sequence[str] = ("xy", "yz", "zx"), r_max: float = 2.5) -> None:
        self.planes = planes
        self.r_max = r_max
        checked_planes(self.name, planes)
        positive_length(self.name, "r_max", r_max)

    @property
    def feature_names(self) -> list[str]:
        """``coupling xy``, ``response xy``, ``d2min xy`` ..., then ``coupling rms`` ..."""
        return [f"{quantity} {plane}" for plane in (*self.planes, "rms") for quantity in QUANTITIES]

    def of_configuration(self, configuration: Configuration) -> Floats:
        """Return (n_particles, 3 n_planes + 3).

        Raises
        ------
        InputError
            The cell has an open direction, or the minimum is not stable.
        """
        from lammps_glass.interactions import System, nonaffine_displacements, shear_coupling
        from lammps_glass.labels.affine_fit import affine_fit

        self.require_units(configuration.material.units)
        inherent, model = configuration.inherent, configuration.model
        if not inherent.cell.periodic.all():
            raise InputError("nonaffine: the cell must be periodic in every direction")
        system = System(inherent, model)
        hessian = system.hessian()
        by_plane = []
        for plane in self.planes:
            coupling = shear_coupling(inherent, model, plane, system).forces
            response = -nonaffine_displacements(hessian, coupling, self.name)
            lengths = [np.sqrt(np.einsum("ij,ij->i", vectors, vectors)) for vectors in (coupling, response)]
            unit = 1e-3 * self.r_max / max(float(lengths[1].max()), 1e-300)  # small moves: the residual is quadratic
            moved = inherent.replace(positions=inherent.positions + unit * response)
            residual = affine_fit(inherent, moved, self.r_max).residuals / unit**2
            by_plane.append(np.column_stack([*lengths, residual]))
        planes = np.array(by_plane)
        return np.hstack([*planes, np.sqrt((planes**2).mean(axis=0))])
