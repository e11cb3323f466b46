"""SOAP: the smooth overlap of atomic positions, on an exactly orthonormal radial basis."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
