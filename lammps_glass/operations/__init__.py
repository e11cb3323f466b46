"""Operations: what the stages of a study run; generic ones here, those of one paper beside its study."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
