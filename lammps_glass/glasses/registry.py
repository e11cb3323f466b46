"""Registry of the glasses."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

REGISTRY = Registry(
    "glass",
    [
        Entry(
            "kob-andersen",
            "lammps_glass.glasses.kob_andersen:KobAndersen",
            "80:20 binary Lennard-Jones mixture, energy shifted to zero at 2.5",
            "lj",
        ),
        Entry(
            "kob-andersen-smooth",
            "lammps_glass.glasses.kob_andersen:KobAndersenSmooth",
            "80:20 binary Lennard-Jones mixture, smoothed to zero between 2.2 and 2.5",
            "lj",
        ),
        Entry(
            "wahnstrom",
            "lammps_glass.glasses.wahnstrom:Wahnstrom",
            "50:50 binary Lennard-Jones mixture, smoothed to zero between 2.2 and 2.5",
            "lj",
        ),
        Entry(
            "fene-polymer",
            "lammps_glass.glasses.fene_polymer:FenePolymer",
            "bead-spring chains, Lennard-Jones shifted to zero at 2.25, FENE bonds",
            "lj",
        ),
        Entry(
            "cu-zr",
            "lammps_glass.glasses.cu_zr:CuZr",
            "Cu-Zr metallic glass of any composition, EAM table of LAMMPS or another",
            "metal",
        ),
    ],
)
