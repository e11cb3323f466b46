"""Registry of the protocols: each has a module here, a deck in ``inputs/`` and an entry."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

_HERE = "lammps_glass.simulate.protocols"

REGISTRY = Registry(
    "protocol",
    [
        Entry(
            "quench", f"{_HERE}.quench:Quench", "melt, cool and minimise a random start at fixed box", "of the glass"
        ),
        Entry(
            "melt-quench",
            f"{_HERE}.melt_quench:MeltQuench",
            "melt a crystal, cool it at a rate in K/s at zero pressure, relax box and positions",
            "metal",
        ),
        Entry(
            "constant-volume-cooling",
            f"{_HERE}.constant_volume_cooling:ConstantVolumeCooling",
            "melt a crystal, cool it at a rate in K/s at fixed volume (of a first run), minimise",
            "metal",
        ),
        Entry("anneal", f"{_HERE}.anneal:Anneal", "hold at a temperature, fixed box or pressure", "of the glass"),
        Entry(
            "aqs",
            f"{_HERE}.aqs:AQS",
            "athermal quasi-static shear in a plane, with D2min by blocks of strain",
            "of the glass",
        ),
        Entry(
            "artn",
            f"{_HERE}.artn:Artn",
            "saddles and barriers around particles of a minimum (activation-relaxation technique)",
            "of the glass",
        ),
        Entry("creep", f"{_HERE}.creep:Creep", "constant compressive stress along z", "of the glass"),
        Entry("relax", f"{_HERE}.relax:Relax", "inherent structures of frames under a load", "of the glass"),
        Entry("inherent", f"{_HERE}.inherent:Inherent", "inherent structures of frames at fixed box", "of the glass"),
        Entry(
            "isoconfigurational",
            f"{_HERE}.isoconfigurational:Isoconfigurational",
            "one run from given positions with new velocities at constant energy, and its inherent structures",
            "of the glass",
        ),
        Entry(
            "dynamics",
            f"{_HERE}.dynamics:Dynamics",
            "heat, hold, then follow the dynamics with frames at logarithmic and at even times",
            "of the glass",
        ),
        Entry("shear", f"{_HERE}.shear:Shear", "constant shear rate at a temperature (SLLOD)", "of the glass"),
        Entry(
            "vibrate",
            f"{_HERE}.vibrate:Vibrate",
            "mean squared displacement of each particle from the inherent structure at a temperature",
            "of the glass",
        ),
    ],
)
