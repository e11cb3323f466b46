"""Inherent: the inherent structure of each frame at fixed box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lammps_glass.simulate.protocols.framewise import Framewise


@dataclass(frozen=True, kw_only=True)
class Inherent(Framewise):
    """Minimise each frame at fixed box, orthogonal or tilted; the run's table has the energy of each minimum.

    Columns of the table: step, pe (the total, in energy units of the glass), the six pressures, box, fmax, iterations,
    converged.

    Parameters
    ----------
    Those of `Framewise`.

    References
    ----------
    F. H. Stillinger and T. A. Weber, Phys. Rev. A 28, 2408 (1983).
    """

    name: ClassVar[str] = "inherent"
    revisable: ClassVar[tuple[str, ...]] = ("max_iterations",)
