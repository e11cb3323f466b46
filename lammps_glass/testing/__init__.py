"""Contract checks: one call for each family of parts, for the parts of this package and those of plug-ins."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
