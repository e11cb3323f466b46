"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .descriptors import check_descriptor as check_descriptor
from .glasses import check_glass as check_glass
from .indicators import check_indicator as check_indicator
from .labels import check_label as check_label
from .operations import check_operation as check_operation
from .protocols import check_protocol as check_protocol
from .samples import (
    MemoryTrajectory as MemoryTrajectory,
    binary_snapshot as binary_snapshot,
    random_walk as random_walk,
)
