"""`Environments`: a library of unique local environments with their representatives; `Scan`: errors at a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lammps_glass.product import Declared, FileOf, Product, TableFile

if TYPE_CHECKING:
    from lammps_glass.learn import EnvironmentLibrary


class LibraryOf(FileOf):
    """A library of environments of one product."""

    def write(self, library: EnvironmentLibrary) -> None:
        """Save the library."""
        library.save(self.path)

    def read(self) -> EnvironmentLibrary:
        """Load the library; an `InputError` if the file is missing or of another kind."""
        from lammps_glass.learn import EnvironmentLibrary

        return EnvironmentLibrary.load(self.path)


class LibraryFile(Declared[LibraryOf]):
    """Declare a library of environments."""

    bound = LibraryOf


class Environments(Product):
    """A library of environments with the Voronoi index and Kasper group of each representative.

    ``clusters`` has a row for each neighbour of a representative within the cutoff of its descriptor, and one for the
    representative itself: ``environment``, ``x``, ``y``, ``z`` (from the representative), ``species``, ``centre``
    (whether it is the representative), ``voronoi``.
    """

    library = LibraryFile("library.npz")
    clusters = TableFile("clusters.parquet")


class Scan(Product):
    """Errors of predicted energies at one threshold of similarity of environments.

    A row for each draw of training runs: ``threshold``, ``runs``, ``structures``, ``environments`` (among the
    training structures), ``rounds`` (trees), ``rmse_ev`` (on the test structures, energy of the system).
    """

    table = TableFile("scan.parquet")
