"""Melt-quench: a metallic glass from a crystal, melted, cooled at zero pressure at a rate, relaxed with its box."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lammps_glass.errors import UnconvergedError
from lammps_glass.glasses.checks import PositiveFloat
from lammps_glass.simulate import thermo
from lammps_glass.simulate.protocols.cooling import Cooling
from lammps_glass.simulate.protocols.segmented import check_minimum


@dataclass(frozen=True, kw_only=True)
class MeltQuench(Cooling):
    """Melt a crystal at fixed box, hold the liquid, cool it at zero pressure and relax it (metal units).

    The last relaxation takes box edges, box angles and positions to zero stress, then the positions alone.

    Parameters (besides those of `Cooling`)
    ---------------------------------------
    barostat_damping
        In ps. The barostat is isotropic: the shape of a liquid's box would drift.
    stress_tolerance
        Largest component of the inherent structure's stress, in bar.
    box_tolerance
        Largest force, on a particle and on the box as LAMMPS counts it, while the box relaxes (eV/angstrom).
    max_strain
        Largest relative change of the volume in one line search.

    References
    ----------
    The Cu50Zr50 samples of the integrated-glassy-defect study (2 ns at 2000 K, 1e10 K/s).
    """

    name: ClassVar[str] = "melt-quench"
    revisable: ClassVar[tuple[str, ...]] = (
        "force_tolerance",
        "max_iterations",
        "box_tolerance",
        "stress_tolerance",
        "max_strain",
    )

    barostat_damping: PositiveFloat = 1.0
    stress_tolerance: PositiveFloat = 10.0
    box_tolerance: PositiveFloat = 1e-4
    max_strain: PositiveFloat = 1e-3

    def check_segment(self, log: Path, segment: int) -> None:
        """Check that every number is finite, and in the end that forces and stress have relaxed."""
        if segment < self.n_segments:
            super().check_segment(log, segment)
            return
        check_minimum(log, -1, self.force_tolerance, f"{self.name}, inherent structure")
        row = thermo.tables(log)[-1].iloc[-1]
        stress = {name: float(row[name]) for name in ("pxx", "pyy", "pzz", "pxy", "pxz", "pyz")}
        largest = max(stress, key=lambda name: abs(stress[name]))
        if abs(stress[largest]) > self.stress_tolerance:
            raise UnconvergedError(
                f"{self.name}, inherent structure: {largest} is {stress[largest]:.3g} bar after the box has relaxed, "
                f"tolerance {self.stress_tolerance:g}: lower box_tolerance or allow more iterations"
            )
