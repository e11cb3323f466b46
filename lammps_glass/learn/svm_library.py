"""LIBSVM loaded so that its functions stay its own beside LAMMPS."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
from pathlib import Path


@functools.cache
def load_libsvm() -> None:
    """Load LIBSVM's library before its Python module does; call it before every import of ``libsvm.svm``.

    LAMMPS's own library is loaded with all its symbols global, and it holds C++ classes of the same names as LIBSVM's
    (``Solver``): LIBSVM, loaded after it in the usual way, calls LAMMPS's constructors and the process dies. With
    ``RTLD_DEEPBIND`` a library finds its own symbols first. Systems without that flag (macOS) keep libraries apart.
    """
    found = importlib.util.find_spec("libsvm")
    for folder in (found.submodule_search_locations or []) if found else []:
        for path in sorted(Path(folder).glob("clib*.so")):
            ctypes.CDLL(str(path), mode=getattr(os, "RTLD_DEEPBIND", 0) | ctypes.DEFAULT_MODE)
