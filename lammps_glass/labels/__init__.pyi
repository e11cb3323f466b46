"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .base import (
    CLASS as CLASS,
    Label as Label,
    LabelColumn as LabelColumn,
    PairLabel as PairLabel,
    Repeats as Repeats,
    repeats_of as repeats_of,
)
from .classes import Classes as Classes
from .driven import Isoconfigurational as Isoconfigurational, LargestJump as LargestJump
from .extremes import extreme_fractions as extreme_fractions
from .first_event import FirstEvent as FirstEvent
from .jumps import (
    LargestJumps as LargestJumps,
    active_and_inactive as active_and_inactive,
    block_values as block_values,
    largest_jump as largest_jump,
    quiescent_blocks as quiescent_blocks,
)
from .motion import FirstPassage as FirstPassage, Mobility as Mobility, Propensity as Propensity
from .nonaffine import d2min as d2min, d2min_with_neighbors as d2min_with_neighbors
from .pair import D2min as D2min, VonMisesStrain as VonMisesStrain
from .registry import REGISTRY as REGISTRY
from .strain import strain_tensor as strain_tensor, von_mises_strain as von_mises_strain
from .strain_steps import StrainStepActivity as StrainStepActivity
