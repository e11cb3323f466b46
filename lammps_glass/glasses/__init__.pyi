"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .building import build as build, read as read
from .cu_zr import CuZr as CuZr
from .fene_polymer import FenePolymer as FenePolymer
from .glass import Glass as Glass
from .kob_andersen import KobAndersen as KobAndersen, KobAndersenSmooth as KobAndersenSmooth
from .own import OwnGlass as OwnGlass
from .own_lennard_jones import LennardJonesGlass as LennardJonesGlass
from .own_lines import InteractionLinesGlass as InteractionLinesGlass
from .own_table import EmbeddedAtomGlass as EmbeddedAtomGlass
from .registry import REGISTRY as REGISTRY
from .wahnstrom import Wahnstrom as Wahnstrom
