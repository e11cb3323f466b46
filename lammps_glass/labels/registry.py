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
            "propensity",
            "lammps_glass.labels.motion:Propensity",
            "mean distance moved (or its square, or D2min) at times over runs from one configuration, with halves",
            "length",
        ),
        Entry(
            "mobility",
            "lammps_glass.labels.motion:Mobility",
            "distance moved (or its square, or D2min) in one run of dynamics at times after an origin",
            "length",
        ),
        Entry(
            "first-passage",
            "lammps_glass.labels.motion:FirstPassage",
            "time at which a particle is first further than a threshold from its start, mean over runs",
            "time step",
        ),
        Entry(
            "first-event",
            "lammps_glass.labels.first_event:FirstEvent",
            "strain of the first block with D2min above a threshold in quasi-static shears, one a plane",
            "1",
        ),
        Entry(
            "classes",
            "lammps_glass.labels.classes:Classes",
            "yes or no by another label: above a threshold, or the largest fraction of a configuration",
            "1",
        ),
        Entry(
            "strain-step-activity",
            "lammps_glass.labels.strain_steps:StrainStepActivity",
            "particles active in single steps of a quasi-static shear, and as many that stay at rest",
            "1",
        ),
    ],
)
