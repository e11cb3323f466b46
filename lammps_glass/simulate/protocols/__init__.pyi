"""Exports of the package, each imported on first use (`lazy_loader` reads this file)."""

from .anneal import Anneal as Anneal
from .aqs import AQS as AQS
from .artn import Artn as Artn
from .base import Protocol as Protocol
from .constant_volume_cooling import ConstantVolumeCooling as ConstantVolumeCooling
from .creep import Creep as Creep
from .dynamics import Dynamics as Dynamics
from .inherent import Inherent as Inherent
from .isoconfigurational import Isoconfigurational as Isoconfigurational
from .melt_quench import MeltQuench as MeltQuench
from .quench import Quench as Quench
from .registry import REGISTRY as REGISTRY
from .relax import Relax as Relax
from .shear import Shear as Shear
from .vibrate import Vibrate as Vibrate
