"""`SnapshotsFile`: a dump among the files of a product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lammps_glass.product import Declared, FileOf
from lammps_glass.snapshots import Snapshot


class SnapshotsOf(FileOf):
    """A dump of one product; positions are written with 17 digits."""

    def write(self, snapshots: Snapshot | Iterable[Snapshot]) -> None:
        """Write one snapshot, or several one after the other."""
        from lammps_glass.snapshots import files

        files.write(self.path, [snapshots] if isinstance(snapshots, Snapshot) else snapshots)

    def read(self) -> Iterator[Snapshot]:
        """Read the snapshots, one held at a time."""
        return Snapshot.read_all(self.path)


class SnapshotsFile(Declared[SnapshotsOf]):
    """Declare a dump of a product."""

    bound = SnapshotsOf
