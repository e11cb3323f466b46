"""Names of the labels."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

REGISTRY = Registry(
    "label",
    [
        Entry(
            "d2min",
            "lammps_glass.labels.nonaffine:d2min",
            "non-affine squared displacement of a particle's neighbourhood between two snapshots",
            "length^2",
        ),
        Entry(
            "von_mises_strain",
            "lammps_glass.labels.strain:von_mises_strain",
            "shear invariant of the local Green-Lagrange strain between two snapshots",
            "1",
        ),
    ],
)
