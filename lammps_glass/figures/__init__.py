"""Figures and reports from tables: nothing is computed, and matplotlib is imported only when a figure is drawn."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
