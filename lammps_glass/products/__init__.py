"""Products: what stages of a study write and others read; each class alone knows its files and columns."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
