"""`EmbeddedAtomGlass`: a glass of any elements of an embedded-atom table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import MASS_TOLERANCE
from lammps_glass.glasses.embedded_atom import TableGlass
from lammps_glass.glasses.own import OwnGlass, by_species


@dataclass(frozen=True, kw_only=True)
class EmbeddedAtomGlass(OwnGlass, TableGlass):
    """A glass of elements of a setfl table, ``eam/alloy`` or ``eam/fs`` (metal units).

    Elements, masses and cutoff come from the table.

    Parameters (besides those of `OwnGlass`)
    ----------------------------------------
    table
        Path of the setfl file; a name without a folder is also looked for among the files that come with LAMMPS.
    species
        Default: the elements that `composition` names, else all of the table.
    checksum
        sha256 that the file must have; it becomes that of the file, so that a run records which table it used.
    retabulate
        Run with 2000 rows in each function of r instead of the file's, which is faster for tables of ten thousand;
        refused where the functions are not smooth enough for it.

    Raises
    ------
    InputError
        The table is not found, has another checksum or format, or lacks an element.
    """

    name: str = "embedded-atom"  # type: ignore[misc]
    units: str = "metal"  # type: ignore[misc]
    r_cut: float = 0.0
    start: str = "fcc"
    retabulate: bool = False

    def __post_init__(self) -> None:
        if self.units != "metal":
            raise InputError(f"{self.name}: units = {self.units!r}: tables of embedded atoms are in metal units")
        if not self.table:
            raise InputError(f"{self.name}: table: missing: the path of a setfl file")
        table = self.take_table()
        if not self.species:
            named = tuple(self.composition) if isinstance(self.composition, Mapping) else ()
            self.set(species=named or self.contents(table).elements)
        self._check_names()
        given, of_table = self.masses, self.masses_of(table, self.species)
        self.set(masses=of_table)
        if given != ():
            masses = by_species(self.name, "masses", given, self.species)
            for name, mass, of_file in zip(self.species, masses, of_table, strict=True):
                if abs(mass - of_file) > MASS_TOLERANCE * of_file:
                    raise InputError(f"{self.name}: masses: {name} has {mass:g}, in {table.path} {of_file:g}")
        super().__post_init__()

    def pair_lines(self) -> str:
        """Write the pair style, with words for its format and the path of the table."""
        return f"pair_style      eam/style\npair_coeff      * * eam.table {' '.join(self.species)}\n"
