"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .ace import ACE as ACE
from .barriers import Barriers as Barriers
from .base import Descriptor as Descriptor
from .bond_orientational import BondOrientational as BondOrientational
from .coarse_grained import CoarseGrained as CoarseGrained
from .configuration import Configuration as Configuration
from .energy import Energy as Energy
from .file_columns import FileColumns as FileColumns
from .harmonic import Harmonic as Harmonic
from .interstices import Interstices as Interstices
from .joined import Joined as Joined
from .local_density import LocalDensity as LocalDensity
from .local_yield import LocalYieldStress as LocalYieldStress
from .nonaffine import Nonaffine as Nonaffine
from .pair_entropy import PairEntropy as PairEntropy
from .radial_gaussians import RadialGaussians as RadialGaussians
from .registry import REGISTRY as REGISTRY
from .soap import SOAP as SOAP
from .states import Cage as Cage, Inherent as Inherent, Rattle as Rattle
from .structure_functions import StructureFunctions as StructureFunctions
from .vibrational import Vibrational as Vibrational
from .voronoi_cells import Voronoi as Voronoi
