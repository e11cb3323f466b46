"""The one way the package compiles kernels: numba, cached in the user's cache folder, no fast-math."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from lammps_glass.resources import cache_dir, sources_key

# numba looks only at the file that defines a kernel: a cached caller would keep the old code of a kernel that it calls
# from another file. A cache for each state of the sources cannot be stale.
if not os.environ.get("NUMBA_CACHE_DIR"):
    os.environ["NUMBA_CACHE_DIR"] = str(cache_dir() / f"kernels-{sources_key()}")
os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` in nopython mode, releasing the GIL and caching the machine code."""
    compiled: Function = numba.njit(function, cache=True, nogil=True)
    return compiled


def generator_kernel(function: Function) -> Function:
    """Like `kernel` for a generator that kernels call; not cached.

    A generator that numba loads from its cache cannot be compiled into a caller (KeyError): a process that compiles the
    caller compiles it too, and one that loads the caller needs it no more.
    """
    compiled: Function = numba.njit(function, nogil=True)
    return compiled
