"""Simulations: LAMMPS in process, decks, and protocols; ``simulate.quench(glass, ...)`` runs one."""

from __future__ import annotations

import importlib

import lazy_loader

_exported, _names, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    """Import what the stub names; the function of any other registered protocol is made by `short`."""
    if name in __all__ or name.startswith("_"):
        return _exported(name)
    try:
        return getattr(importlib.import_module(f"{__name__}.short"), name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return list(_names())
