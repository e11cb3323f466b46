"""Cost of a study: rates of this machine, measured on a miniature of the study, and the sum over its cases."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
