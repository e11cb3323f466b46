"""Names that the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .case import Case as Case, NoParameters as NoParameters
from .operation import (
    Operation as Operation,
    Port as Port,
    Wired as Wired,
    operation as operation,
    require_equal as require_equal,
)
from .registry import REGISTRY as REGISTRY
from .simulation import simulation as simulation
