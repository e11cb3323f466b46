"""Load LIBSVM so that its C++ classes do not clash with those of LAMMPS."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
from pathlib import Path


@functools.cache
def load_libsvm() -> None:
    """Load LIBSVM's shared library before its Python module does; call it before every import of ``libsvm.svm``.

    LAMMPS's library is loaded with global symbols, among them C++ classes with names of LIBSVM's (``Solver``). LIBSVM,
    loaded after it in the usual way, would call LAMMPS's constructors and crash. With ``RTLD_DEEPBIND`` a library
    prefers its own symbols. Systems without that flag (macOS) keep the symbols of libraries apart.
    """
    package = importlib.util.find_spec("libsvm")
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in sorted(Path(folder).glob("clib*.so")):
            ctypes.CDLL(str(path), mode=getattr(os, "RTLD_DEEPBIND", 0) | ctypes.DEFAULT_MODE)
