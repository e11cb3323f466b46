"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .cu_zr import CuZr as CuZr
from .fene_polymer import FenePolymer as FenePolymer
from .glass import Glass as Glass
from .kob_andersen import KobAndersen as KobAndersen, KobAndersenSmooth as KobAndersenSmooth
from .registry import REGISTRY as REGISTRY
from .wahnstrom import Wahnstrom as Wahnstrom
