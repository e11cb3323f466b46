"""Local density and coordination: the plainest structure of a particle's neighbourhood, a baseline of other rows."""

from __future__ import annotations

import numpy as np

from lammps_glass.descriptors.base import Descriptor
from lammps_glass.descriptors.radial_gaussians import positive_length
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.units import UnitDefaults


class LocalDensity(Descriptor):
    """Number density within `r_cut`, and number of neighbours within the first shell.

    Neighbours are of any species; every periodic image is one of its own.

    Parameters
    ----------
    r_cut
        Radius of the sphere whose density is counted, without the particle itself.
    shell
        End of the first shell, at the first minimum of g(r); in the same unit.
    """

    name = "local-density"
    unit_defaults = UnitDefaults("reduced units", ("r_cut", "shell"))

    def __init__(self, r_cut: float = 4.0, shell: float = 1.4) -> None:
        self.r_cut = r_cut
        self.shell = shell
        positive_length(self.name, "r_cut", r_cut)
        positive_length(self.name, "shell", shell)

    @property
    def feature_names(self) -> list[str]:
        """Local density and coordination."""
        return ["local_density", "coordination"]

    def compute(self, snapshot: Snapshot) -> Floats:
        """Return (n_particles, 2): neighbours within `r_cut` over the volume of that sphere, and within `shell`."""
        self.require_units(snapshot.units)
        pairs = pairs_within(snapshot, max(self.r_cut, self.shell))
        centres = np.repeat(np.arange(len(snapshot)), pairs.counts)
        within, near = (
            np.bincount(centres, weights=chosen, minlength=len(snapshot))
            for chosen in (pairs.distances <= self.r_cut, pairs.distances < self.shell)
        )
        return np.column_stack([within / (4 / 3 * np.pi * self.r_cut**3), near])
