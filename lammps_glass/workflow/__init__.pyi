"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .study import Study as Study
