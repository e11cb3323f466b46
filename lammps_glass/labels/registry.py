"""Names of the labels."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

REGISTRY = Registry(
    "label",
    [
        Entry(
            "d2min",
            "lammps_glass.labels.pair:D2min",
            "non-affine squared displacement of a particle's neighbourhood between two snapshots",
            "length^2",
        ),
        Entry(
            "von_mises_strain",
            "lammps_glass.labels.pair:VonMisesStrain",
            "shear invariant of the local Green-Lagrange strain between two snapshots",
            "1",
        ),
        Entry(
            "largest-jump",
            "lammps_glass.labels.driven:LargestJump",
            "largest D2min over all blocks of strain of quasi-static shears, one a plane",
            "length^2",
        ),
        Entry(
            "isoconfigurational",
            "lammps_glass.labels.driven:Isoconfigurational",
            "mean D2min, and propensity, over runs from one configuration with other velocities",
            "length^2",
        ),
        Entry(
            "strain-step-activity",
            "lammps_glass.labels.strain_steps:StrainStepActivity",
            "particles active in single steps of a quasi-static shear, and as many that stay at rest",
            "1",
        ),
    ],
)
