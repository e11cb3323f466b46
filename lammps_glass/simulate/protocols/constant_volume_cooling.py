"""Constant-volume cooling: a metallic glass cooled from the liquid at a rate in K/s and a given volume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from lammps_glass.errors import InputError
from lammps_glass.glasses.glass import Glass
from lammps_glass.simulate.protocols.base import Source
from lammps_glass.simulate.protocols.cooling import Cooling
from lammps_glass.simulate.protocols.segmented import check_minimum
from lammps_glass.simulate.record import Record
from lammps_glass.snapshots import Snapshot


@dataclass(frozen=True, kw_only=True)
class ConstantVolumeCooling(Cooling):
    """Melt a crystal in a fixed cube, hold the liquid, cool it at a rate and minimise (metal units).

    A `Record` or `Snapshot` to start from gives its number density and nothing else: a first run by `MeltQuench`, which
    ends at zero pressure, determines the volume of the glasses. Each seed fills the cube with another crystal, so that
    runs share nothing but the volume. Started from a `Glass`, the density is that of the glass.

    Parameters
    ----------
    Those of `Cooling`.

    References
    ----------
    The cooling of C. Liu et al., Acta Mater. 259, 119281 (2023), section 2.1 (2000 K, 1e13 to 1e10 K/s), which does
    not print the volume.
    """

    name: ClassVar[str] = "constant-volume-cooling"

    def start(self, source: Source, seed: int, glass: Glass | None) -> tuple[Snapshot, Glass]:
        """Make a crystal at the density of `source`; particles and composition are those of the glass."""
        if isinstance(source, Record):
            glass = glass or source.glass
            source = source.final
        if isinstance(source, Snapshot):
            if glass is None:
                raise InputError(f"{self.name} at the volume of a snapshot needs glass=..., which says what is cooled")
            source = replace(glass, density=self._density(source, glass))
        if not isinstance(source, Glass):
            raise InputError(f"{self.name} starts from a Glass, a Snapshot or a Record, not {type(source).__name__}")
        return source.initial(seed), source

    def _density(self, snapshot: Snapshot, glass: Glass) -> float:
        """Return the number density of a start with the composition of `glass`."""
        start = glass.check(snapshot)
        for index, name in enumerate(glass.species):
            fraction = float((start.types == index).mean())
            # Rounding to whole atoms moves a fraction by less than one atom in the smaller of the two.
            if abs(fraction - glass.fractions[name]) * min(len(start), glass.n_particles) >= 1.0:
                raise InputError(
                    f"{self.name}: the start has a fraction {fraction:.4g} of {name}, but this glass "
                    f"{glass.fractions[name]:.4g}: make a first run of this composition"
                )
        return float(start.number_density)

    def check_segment(self, log: Path, segment: int) -> None:
        """Check that every number is finite and that the last minimisation converged."""
        if segment < self.n_segments:
            super().check_segment(log, segment)
        else:
            check_minimum(log, -1, self.force_tolerance, f"{self.name}, inherent structure")
