"""The files that travel with the package: decks, potentials and studies, from a wheel or from a checkout."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from pathlib import Path

from lammps_glass.errors import InputError


def data_root() -> Path:
    """The folder that holds ``inputs/``, ``potentials/`` and ``examples/``."""
    package = Path(__file__).resolve().parent
    bundled = package / "_data"
    return bundled if bundled.is_dir() else package.parent


def data_path(*parts: str) -> Path:
    """The path of a bundled file or folder, such as ``data_path("inputs", "quench.lmp")``."""
    path = data_root().joinpath(*parts)
    if not path.exists():
        raise InputError(f"{'/'.join(parts)} is not part of this installation: looked in {data_root()}")
    return path


def cache_dir() -> Path:
    """The user's cache folder of this package (compiled kernels and tables); created on demand."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "lammps_glass"
    path.mkdir(parents=True, exist_ok=True)
    return path


@functools.cache
def sources_key() -> str:
    """A hash of the package's sources and of the Python that runs them."""
    total = hashlib.sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]
