"""The Cu-Zr metallic glass, from an embedded-atom table."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import whole
from lammps_glass.glasses.glass import Glass
from lammps_glass.interactions import setfl
from lammps_glass.interactions.tables import Table, find_table, is_path
from lammps_glass.json_types import Options
from lammps_glass.snapshots import Cell, Snapshot

if TYPE_CHECKING:
    from lammps_glass.interactions import EAM

_DEFAULT = "cu-zr-2007"
_FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


@functools.lru_cache(maxsize=8)
def _read(path: Path, sha256: str) -> setfl.Setfl:
    """Read a table once for all glasses that use it; `sha256` tells a changed file from the first."""
    return setfl.read(path)


@dataclass(frozen=True, kw_only=True)
class CuZr(Glass):
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
        for name in ("table", "checksum"):
            if not isinstance(getattr(self, name), str | Path):
                raise InputError(f"{self.name}: {name} = {getattr(self, name)!r} must be text")
        file = self._find()
        table = self._contents(file)
        # A path is made absolute, so that the glass means the same in any folder.
        name_or_path = str(file.path if is_path(self.table) else self.table)
        for name, value in (("table", name_or_path), ("checksum", file.sha256), ("masses", self._masses(file))):
            object.__setattr__(self, name, value)
        if self.r_cut not in (0.0, table.r_cut):
            raise InputError(f"{self.name}: r_cut = {self.r_cut!r} is not that of the table, {table.r_cut:g}")
        object.__setattr__(self, "r_cut", float(table.r_cut))
        super().__post_init__()

    def _find(self) -> Table:
        return find_table(self.table, self.checksum or None)

    def _contents(self, table: Table) -> setfl.Setfl:
        return _read(table.path, table.sha256)

    def _masses(self, table: Table) -> tuple[float, ...]:
        contents = self._contents(table)
        try:
            return tuple(contents.masses[row] for row in contents.rows_of(self.species))
        except InputError as error:
            raise InputError(f"{table.path}: {error}") from error

    def initial(self, seed: int) -> Snapshot:
        """Sites of fcc cells in a cube at `density`, species drawn at random; surplus sites are left empty at random.

        A crystal to be melted: random positions would hold overlaps that tables are not made for.
        """
        cells = int(np.ceil((self.n_particles / 4 - 1e-9) ** (1 / 3)))
        length = (self.n_particles / self.density) ** (1 / 3)
        cell = Cell.orthogonal([length] * 3)
        self.require_size(cell)
        random = np.random.default_rng([whole("initial", "seed", seed, minimum=0), self.n_particles])
        corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
        sites = (corners + _FCC).reshape(-1, 3) * (length / cells)
        kept = np.sort(random.permutation(len(sites))[: self.n_particles])
        counts = self.counts()
        types = random.permutation(np.repeat(np.arange(len(self.species)), [counts[name] for name in self.species]))
        return Snapshot(cell, sites[kept], types, self.species, units=self.units)

    def interactions(self) -> str:
        """Write the masses and the pair style with the path and format of the table."""
        table = self._find()
        path = str(table.prepared(self.retabulate))
        if any(character in path for character in '"\n\r'):
            raise InputError(f"{path!r}: LAMMPS cannot read a table under a name with quotes or line breaks")
        text = super().interactions().replace("eam/style", f"eam/{self._contents(table).style}")
        return text.replace("* * eam.table", f'* * "{path}"')

    def model(self) -> EAM:
        """Build the embedded-atom potential in compiled code."""
        from lammps_glass.interactions.eam import EAM

        return EAM(self._find().prepared(self.retabulate), self.species)

    def options(self) -> Options:
        """Return the fields; a table with a registered name is given by that name, which holds on any machine."""
        return {**super().options(), "table": self._portable()}

    def _portable(self) -> str:
        name = self._find().name
        if name:
            # A registered checksum gives it a name, but its file may lie where names are not searched for.
            with contextlib.suppress(InputError):
                find_table(name)
                return name
        return self.table
