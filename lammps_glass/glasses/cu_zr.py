"""The Cu-Zr metallic glass, from an embedded-atom table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from lammps_glass.glasses.embedded_atom import TableGlass
from lammps_glass.glasses.starts import lattice
from lammps_glass.json_types import Json
from lammps_glass.snapshots import Snapshot

_DEFAULT = "cu-zr-2007"


@dataclass(frozen=True, kw_only=True)
class CuZr(TableGlass):
    """Cu and Zr in any proportion (metal units: angstrom, eV, K, ps, bar).

    Parameters (besides those of `Glass`)
    -------------------------------------
    composition
        Fractions by name, or the fraction of Zr.
    density
        Of the start, atoms per cubic angstrom; about that of the liquid at 2000 K.
    r_cut
        0, which becomes the cutoff of the table, or that cutoff.
    table
        Name of a table in ``potentials/`` (``cu-zr-2007`` comes with LAMMPS and is the default; ``cu-zr-2008``,
        ``cu-zr-2011``), or the path of a setfl file that has Cu and Zr, in any order. Masses come from it.
    checksum
        sha256 that the file must have; empty: that of the registry, or any. It becomes that of the file, so that a
        run records which table it used.
    retabulate
        Run with 2000 rows in each function of r instead of the file's (`interactions.Table.prepared`).

    Raises
    ------
    InputError
        The table is not found, has another checksum or format, or lacks an element.

    References
    ----------
    M. I. Mendelev, D. J. Sordelet and M. J. Kramer, J. Appl. Phys. 102, 043501 (2007): the default table.
    """

    name: ClassVar[str] = "cu-zr"
    species: ClassVar[tuple[str, ...]] = ("Cu", "Zr")
    masses: ClassVar[tuple[float, ...]] = (63.546, 91.224)
    units: ClassVar[str] = "metal"
    potential: ClassVar[str] = _DEFAULT
    nearest_distance: ClassVar[float] = 2.7
    reference_temperatures: ClassVar[Mapping[str, float]] = {"melt": 3500.0, "liquid": 2000.0, "glass": 300.0}

    n_particles: int = 2000
    composition: float | Mapping[str, float] = field(default_factory=lambda: {"Cu": 0.5, "Zr": 0.5})
    density: float = 0.055
    timestep: float = 0.002
    r_cut: float = 0.0
    skin: float = 0.6
    suffix: str = "opt"
    table: str = _DEFAULT
    checksum: str = ""
    retabulate: bool = True

    def __post_init__(self) -> None:
        table = self.take_table()
        object.__setattr__(self, "masses", self.masses_of(table, self.species))
        super().__post_init__()

    def gate_limits(self) -> dict[str, Json]:
        """Return no limit: the defaults of the gate are those of this glass."""
        return {}

    def initial(self, seed: int) -> Snapshot:
        """Fill a cube at `density` with fcc cells (`starts.lattice`), species at random."""
        self.require_size(self.start_cell)
        return lattice("fcc", self.counts(), self.density, self.species, self.units, self.random(seed))
