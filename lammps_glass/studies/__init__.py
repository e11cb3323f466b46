"""Studies: each a thin composition of the parts, and the list of its figures."""

from lammps_glass.registry import Entry, Registry

REGISTRY = Registry(
    "study",
    [
        Entry(
            "looseness",
            "lammps_glass.studies.looseness:RECIPE",
            "creep of a Kob-Andersen glass; interstice features; EasyEnsemble of logistic regressions",
            "reduced Lennard-Jones",
        ),
        Entry(
            "igd",
            "lammps_glass.studies.igd:RECIPE",
            "athermal shear of a Cu-Zr glass; Gaussians, pair entropy, vibrations; support vector machine",
            "metal",
        ),
        Entry(
            "ace",
            "lammps_glass.studies.ace:RECIPE",
            "thermal and sheared activity in three glasses; atomic cluster expansion; logistic regression",
            "reduced Lennard-Jones",
        ),
        Entry(
            "barcode",
            "lammps_glass.studies.barcode:RECIPE",
            "energy of Cu-Zr glasses from fractions of local environments; XGBoost and SHAP; sheared glasses",
            "metal",
        ),
        Entry("own", "lammps_glass.studies.own:RECIPE", "any combination of parts, without code", "of the glass"),
    ],
)
