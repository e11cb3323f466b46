"""Names that the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .controller import reproduce as reproduce
from .runner import run_case as run_case
from .study import Study as Study
from .summary import summarise as summarise
