"""The files that travel with a package: decks, potentials and studies, of this one (wheel or checkout) or a plug-in."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
from pathlib import Path

from lammps_glass.errors import InputError


def data_root() -> Path:
    """The folder that holds ``inputs/``, ``potentials/`` and ``examples/``."""
    package = Path(__file__).resolve().parent
    bundled = package / "_data"
    return bundled if bundled.is_dir() else package.parent


def data_path(*parts: str, owner: type | str | None = None) -> Path:
    """The path of a file or folder that travels with a package, such as ``data_path("inputs", "quench.lmp")``.

    Parameters
    ----------
    parts
        Folder (``inputs``, ``potentials`` or ``examples``) and names below it.
    owner
        A class whose file is meant: the packages of the class and of its bases are searched before this one. Or the
        name of a module: its packages are.

    Raises
    ------
    InputError
        There is no such file; the message names the folders searched.
    """
    modules = [owner] if isinstance(owner, str) else [base.__module__ for base in owner.__mro__] if owner else []
    folders = [folder for module in dict.fromkeys(modules) for folder in package_folders(module)]
    folders.append(data_root())
    for folder in folders:
        if (path := folder.joinpath(*parts)).exists():
            return path
    raise InputError(f"there is no {'/'.join(parts)} in {', '.join(map(str, folders))}")


def package_folders(module: str) -> list[Path]:
    """The folder of a plug-in's module and those of the packages above it; none for modules of this package."""
    top, *inner = module.split(".")
    if top in ("lammps_glass", "builtins", "abc", "typing"):
        return []
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):  # ValueError: a module made by hand
            return []
        file = spec.origin if spec else None
    if file is None:
        return []
    folder = Path(file).resolve().parent
    depth = len(inner) + (Path(file).name == "__init__.py")
    return [folder, *folder.parents][: max(depth, 1)]


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
