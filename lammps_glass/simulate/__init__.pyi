"""Exports of the package, each imported on first use (`lazy_loader` reads this file)."""

from .describing import describe as describe
from .engine import Engine as Engine, EngineOptions as EngineOptions
from .mpi import load_mpi as load_mpi
from .record import Record as Record, ShearRecord as ShearRecord, VibrationRecord as VibrationRecord
from .short import (
    anneal as anneal,
    aqs as aqs,
    constant_volume_cooling as constant_volume_cooling,
    creep as creep,
    inherent as inherent,
    isoconfigurational as isoconfigurational,
    melt_quench as melt_quench,
    quench as quench,
    relax as relax,
    shear as shear,
    vibrate as vibrate,
)
from .static import energy as energy, forces as forces, minimize as minimize
from .trial import try_interactions as try_interactions
