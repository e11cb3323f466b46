"""Labels of two snapshots: D2min and von Mises strain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from lammps_glass.errors import InputError
from lammps_glass.labels.base import PairLabel
from lammps_glass.labels.nonaffine import REDUCTIONS, d2min, d2min_with_neighbors
from lammps_glass.labels.strain import von_mises_strain
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True)
class D2min(PairLabel):
    """Non-affine squared displacement of a particle's neighbourhood; see `lammps_glass.labels.d2min`.

    Parameters
    ----------
    r_max
        Largest distance of a neighbour in the reference, in length units.
    reduce
        ``"mean"`` or ``"sum"`` over the neighbours.
    """

    name: ClassVar[str] = "d2min"
    unit: ClassVar[str] = "length^2"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("r_max",))

    r_max: float = 2.5
    reduce: str = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self.name, "r_max", self.r_max)
        if self.reduce not in REDUCTIONS:
            raise InputError(f"label {self.name}: reduce = {self.reduce!r} must be one of {', '.join(REDUCTIONS)}")

    def compute(self, reference: Snapshot, current: Snapshot) -> Floats:
        """Return (n_particles,) D2min, length^2."""
        return d2min(reference, current, r_max=self.r_max, reduce=self.reduce)

    def table(self, reference: Snapshot, current: Snapshot) -> dict[str, Floats | Integers]:
        """Return D2min and the (n_particles,) numbers of neighbours in the reference."""
        values, n_neighbors = d2min_with_neighbors(reference, current, r_max=self.r_max, reduce=self.reduce)
        return {"n_neighbors": n_neighbors, self.name: values}


@dataclass(frozen=True)
class VonMisesStrain(PairLabel):
    """Shear invariant of the local strain; see `lammps_glass.labels.von_mises_strain`.

    Parameters
    ----------
    r_max
        Largest distance of a neighbour in the reference, in length units.
    """

    name: ClassVar[str] = "von_mises_strain"
    unit: ClassVar[str] = "1"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("r_max",))

    r_max: float = 2.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self.name, "r_max", self.r_max)

    def compute(self, reference: Snapshot, current: Snapshot) -> Floats:
        """Return (n_particles,) von Mises strains."""
        return von_mises_strain(reference, current, r_max=self.r_max)


def require_positive(label: str, field: str, value: object) -> None:
    """Refuse a parameter that is not a finite number above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"label {label}: {field} = {value!r} must be a number above 0")
