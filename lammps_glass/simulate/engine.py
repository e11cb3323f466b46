"""`Engine`: one LAMMPS instance in this process, always closed, that raises the package's errors."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeVar, cast

from lammps_glass.errors import InputError, SimulationError, tail
from lammps_glass.simulate.mpi import Communicator, Lammps, open_lammps

SWITCHES_VARIABLE = "LAMMPS_GLASS_SWITCHES"

Result = TypeVar("Result")

# LAMMPS resolves file names against the process's working folder, of which there is one for all threads.
_FOLDER_LOCK = threading.RLock()


def _default_switches() -> tuple[str, ...]:
    return tuple(shlex.split(os.environ.get(SWITCHES_VARIABLE, "")))


@dataclass(frozen=True)
class EngineOptions:
    """Options by which LAMMPS is started: no physics, though suffix and ranks change the last digits of results.

    Parameters
    ----------
    communicator
        An mpi4py communicator; None for one process.
    switches
        Command-line switches of LAMMPS such as ``("-sf", "gpu", "-pk", "gpu", "1")``; default: the words of
        ``$LAMMPS_GLASS_SWITCHES``.
    module
        Name of the LAMMPS Python module; default ``$LAMMPS_GLASS_LAMMPS_MODULE``, else ``lammps``.
    """

    communicator: Communicator | None = None
    switches: Sequence[str] = field(default_factory=_default_switches)
    module: str | None = None

    @property
    def rank(self) -> int:
        """Rank of this process, 0 without MPI."""
        return 0 if self.communicator is None else self.communicator.Get_rank()

    def on_root(self, action: Callable[[], Result]) -> Result:
        """Call `action` on rank 0 alone; return its result, or raise its error, on every rank.

        No rank waits for one that failed. Files are read and written on rank 0 only: other hosts may see them late.
        """
        if self.communicator is None:
            return action()
        outcome: tuple[bool, Result | Exception] | None = None
        if self.rank == 0:
            try:
                outcome = True, action()
            except Exception as error:
                outcome = False, error
        succeeded, result = cast("tuple[bool, Result]", self.communicator.bcast(outcome))
        if not succeeded:
            raise cast("Exception", result)
        return result


class Engine:
    """Context manager around one in-process LAMMPS.

    Parameters
    ----------
    options
        How LAMMPS is started.
    variables
        Variables set on LAMMPS's command line; they win over a deck's ``variable NAME index`` lines.

    Raises
    ------
    InputError
        LAMMPS or its MPI library is missing.
    SimulationError
        A LAMMPS command failed: its ERROR text in one line, with the tail of the log.
    """

    def __init__(self, options: EngineOptions | None = None, variables: Mapping[str, object] | None = None) -> None:
        self.options = options or EngineOptions()
        self._variables = {name: str(value) for name, value in (variables or {}).items()}
        self._lammps: Lammps | None = None
        self._log: Path | None = None

    def __enter__(self) -> Engine:
        self._lammps = open_lammps(self._arguments(), self.options.communicator, self.options.module)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        instance, self._lammps = self._lammps, None
        if instance is not None:
            instance.close()
        if isinstance(error, SimulationError) and self._log is not None:
            error.log_tail = tail(self._log)  # complete, as closing LAMMPS flushes it

    def _arguments(self) -> list[str]:
        switches = list(self.options.switches)
        variables = dict(self._variables)
        if "-sf" in switches[:-1]:  # decks set the suffix of the glass: one on the command line overrides it
            variables["suffix"] = switches[switches.index("-sf") + 1]
        named = [word for name, value in variables.items() for word in ("-var", name, value)]
        return ["-screen", "none", "-log", "none", "-nocite", *switches, *named]

    @property
    def lammps(self) -> Lammps:
        """The LAMMPS Python object, for functions that `Engine` lacks."""
        if self._lammps is None:
            raise InputError("Engine is closed: use it in a `with` block")
        return self._lammps

    def run_file(self, deck: Path, log: Path | None = None) -> None:
        """Run a whole deck in its own folder (a loop over single commands would ignore ``jump``)."""
        deck, self._log = deck.resolve(), log
        with in_folder(deck.parent), _errors(deck):
            self.lammps.file(deck.name)

    def commands(self, text: str) -> None:
        """Run LAMMPS commands given as text."""
        with _errors(None):
            self.lammps.commands_string(text)


@contextlib.contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Work in `folder`; threads that need another folder wait."""
    with _FOLDER_LOCK, contextlib.chdir(folder):
        yield


@contextlib.contextmanager
def _errors(deck: Path | None) -> Iterator[None]:
    try:
        yield
    except (OSError, InputError, SimulationError):
        raise
    except Exception as error:  # LAMMPS raises bare Exception and its own MPIAbortException
        raise SimulationError(
            f"LAMMPS: {one_line(str(error))}" + (f" (deck {deck})" if deck else ""),
            deck=str(deck or ""),
        ) from error


#: Meaning of some errors of LAMMPS, and remedies.
_STRETCHED = "a bond was stretched until it broke: take a shorter time step, or a start whose bonds are not stretched"
_LOST = "particles flew apart: take a shorter time step or a lower temperature, or a start in which none overlap"
_CLOSE = "particles are closer than the table begins: start from a lattice, or extend the table to shorter distances"
_MEANINGS = {
    "Bad FENE bond": _STRETCHED,
    "Bond atoms": _STRETCHED,
    "Lost atoms": _LOST,
    "Non-numeric": _LOST,
    "table inner cutoff": _CLOSE,
}


def one_line(message: str) -> str:
    """Shorten a LAMMPS error to one line, without the C++ file and line, with what it means where that is known."""
    text = message.strip().strip("'\"").replace("\\n", "\n")
    lines = [re.sub(r"\s*\([^()]*\.(cpp|h):\d+\)", "", line).strip() for line in text.splitlines()]
    first = re.sub(r"^ERROR( on proc \d+)?:\s*", "", lines[0])
    unset = [" ".join(line.removesuffix(": is not set").split()) for line in lines if line.endswith(": is not set")]
    first = first.removesuffix(". Status:") + (f" (missing for types {', '.join(unset)})" if unset else "")
    first += "".join(f" ({meaning})" for words, meaning in _MEANINGS.items() if words in first)
    more = [line for line in lines[1:] if line.startswith(("Last input line", "Last command"))]
    return "; ".join([first, *more[:1]])
