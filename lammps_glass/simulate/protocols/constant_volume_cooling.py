"""Constant-volume cooling: a metallic glass at a volume that is given, cooled from the liquid at a rate in K/s."""

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
    """A crystal in a fixed cube is really melted, held as a liquid, cooled at a rate and minimised (metal units).

    A `Record` or `Snapshot` to start from gives its number density and nothing else: a first run by `MeltQuench`, which
    ends at zero pressure, says at which volume the glasses are made. Each seed fills the cube with a crystal of its
    own, so that runs share nothing but the volume. A `Glass` to start from has its own density.

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
            source, glass = source.final, glass or source.glass
        if isinstance(source, Snapshot):
            if glass is None:
                raise InputError(f"{self.name} at the volume of a snapshot needs glass=..., which says what is cooled")
            source = replace(glass, density=self._density(source, glass))
        if not isinstance(source, Glass):
            raise InputError(f"{self.name} starts from a Glass, a Snapshot or a Record, not {type(source).__name__}")
        return source.initial(seed), source

    def _density(self, snapshot: Snapshot, glass: Glass) -> float:
        known = glass.check(snapshot)
        for index, name in enumerate(glass.species):
            found = float((known.types == index).mean())
            # Rounding to whole atoms moves a fraction by less than one atom in the smaller of the two.
            if abs(found - glass.fractions[name]) * min(len(known), glass.n_particles) >= 1.0:
                raise InputError(
                    f"{self.name}: the volume comes from a glass with a fraction {found:.4g} of {name}, but this one "
                    f"has {glass.fractions[name]:.4g}: make a first run of this composition"
                )
        return float(known.number_density)

    def check_segment(self, log: Path, segment: int) -> None:
        """Check that every number is finite and that the last minimisation converged."""
        if segment < self.n_segments:
            super().check_segment(log, segment)
        else:
            check_minimum(log, -1, self.force_tolerance, f"{self.name}, inherent structure")
