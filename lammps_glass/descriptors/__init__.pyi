"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .ace import ACE as ACE
from .barriers import Barriers as Barriers
from .base import Descriptor as Descriptor
from .interstices import Interstices as Interstices
from .joined import Joined as Joined
from .local_density import LocalDensity as LocalDensity
from .pair_entropy import PairEntropy as PairEntropy
from .radial_gaussians import RadialGaussians as RadialGaussians
from .registry import REGISTRY as REGISTRY
from .soap import SOAP as SOAP
from .vibrational import Vibrational as Vibrational
