"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .descriptors import check_descriptor as check_descriptor
from .glasses import check_glass as check_glass
from .indicators import check_indicator as check_indicator
from .protocols import check_protocol as check_protocol
from .samples import binary_snapshot as binary_snapshot
