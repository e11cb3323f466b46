"""The files that travel with a package: decks, potentials and studies, of this one (wheel or checkout) or a plug-in."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
import os
import stat
import sys
import tempfile
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
    """The cache folder of this package (compiled kernels and tables); created on demand.

    In ``$XDG_CACHE_HOME``, else in ``~/.cache``; where neither can be written, in the folder for temporary files, with
    a warning: what is compiled there may be compiled again.
    """
    tried = [os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache")]
    for base in tried:
        path = Path(base) / "lammps_glass"
        if path.is_absolute() and _is_writable_folder(path):
            return path
    return _temporary_cache(", ".join(filter(None, tried)))


def _is_writable_folder(path: Path) -> bool:
    """Whether the folder is there, or could be made, and takes files."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path, os.W_OK | os.X_OK)


@functools.cache
def _temporary_cache(tried: str) -> Path:
    """A folder of this user alone: others must not be able to place code in it."""
    path = Path(tempfile.gettempdir()) / f"lammps_glass-{os.getuid()}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
        trusted = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022
    except OSError:
        trusted = False
    if not (trusted and os.access(path, os.W_OK | os.X_OK)):
        path = Path(tempfile.mkdtemp(prefix="lammps_glass-"))
    logging.getLogger("lammps_glass").warning(
        "no cache folder can be written in %s: kernels are cached in %s; set XDG_CACHE_HOME to a folder that lasts",
        tried or "$XDG_CACHE_HOME or ~/.cache", path,
    )  # fmt: skip
    os.environ["XDG_CACHE_HOME"] = str(path)  # for the processes that this one starts, which need no warning then
    (path / "lammps_glass").mkdir(exist_ok=True)
    return path / "lammps_glass"


@functools.cache
def sources_key() -> str:
    """A hash of the package's sources and of the Python that runs them."""
    total = hashlib.sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]
