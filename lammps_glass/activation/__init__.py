"""Activated events: saddles next to a minimum of an energy surface, and the minima on their two sides (ARTn)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
