"""`TableGlass`: base class of glasses with an embedded-atom table."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError
from lammps_glass.glasses.glass import Glass
from lammps_glass.interactions import setfl
from lammps_glass.interactions.tables import Table, find_table, is_path, shipped_file
from lammps_glass.json_types import Options

if TYPE_CHECKING:
    from lammps_glass.interactions import EAM


@functools.lru_cache(maxsize=8)
def _read(path: Path, sha256: str) -> setfl.Setfl:
    """Read a table once for all glasses that use it; `sha256` tells a changed file from the first."""
    return setfl.read(path)


@dataclass(frozen=True, kw_only=True)
class TableGlass(Glass):
    """A glass whose cutoff and masses come from an embedded-atom table; a subclass calls `take_table` first.

    Parameters (besides those of `Glass`)
    -------------------------------------
    r_cut
        0, which becomes the cutoff of the table, or that cutoff.
    table
        Name of a table in ``potentials/``, or the path of a setfl file that has the species, in any order; a name
        without a folder is also looked for among the files that come with LAMMPS.
    checksum
        sha256 that the file must have; empty: that of the registry, or any. It becomes that of the file, so that a
        run records which table it used.
    retabulate
        Run with 2000 rows in each function of r instead of the file's (`interactions.Table.prepared`).
    """

    r_cut: float = 0.0
    table: str = ""
    checksum: str = ""
    retabulate: bool = True

    def take_table(self) -> Table:
        """Find the table, and set path, checksum and cutoff to those of the file.

        Raises
        ------
        InputError
            The table is not found, has another checksum or format, or another cutoff than `r_cut`.
        """
        for name in ("table", "checksum"):
            if not isinstance(getattr(self, name), str | Path):
                raise InputError(f"{self.name}: {name} = {getattr(self, name)!r} must be text")
        file = self._find()
        r_cut = float(self.contents(file).r_cut)
        # A path is made absolute, so that the glass means the same in any folder; names hold on any machine.
        name_or_path = str(file.path if is_path(self.table) and file.path != shipped_file(self.table) else self.table)
        for name, value in (("table", name_or_path), ("checksum", file.sha256)):
            object.__setattr__(self, name, value)
        if self.r_cut not in (0.0, r_cut):
            raise InputError(f"{self.name}: r_cut = {self.r_cut!r} is not that of the table, {r_cut:g}")
        object.__setattr__(self, "r_cut", r_cut)
        return file

    def _find(self) -> Table:
        return find_table(self.table, self.checksum or None)

    def contents(self, table: Table) -> setfl.Setfl:
        """Read the table."""
        return _read(table.path, table.sha256)

    def masses_of(self, table: Table, species: Sequence[str]) -> tuple[float, ...]:
        """Return the masses of `species`; one that the table lacks is an `InputError`."""
        contents = self.contents(table)
        try:
            return tuple(contents.masses[row] for row in contents.rows_of(species))
        except InputError as error:
            raise InputError(f"{table.path}: {error}") from error

    def interactions(self) -> str:
        """Write the masses and the pair style with the path and format of the table."""
        table = self._find()
        path = str(table.prepared(self.retabulate))
        if any(character in path for character in '"\n\r'):
            raise InputError(f"{path!r}: LAMMPS cannot read a table under a name with quotes or line breaks")
        text = self.pair_lines().replace("eam/style", f"eam/{self.contents(table).style}")
        return self.mass_lines() + text.replace("* * eam.table", f'* * "{path}"')

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
