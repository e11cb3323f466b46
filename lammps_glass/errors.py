"""The errors a user meets: each is one line with what is wrong, where, and what to do; each has an exit status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Lines of a log, of output or of a traceback that an error keeps.
TAIL_LINES = 40


class LammpsGlassError(Exception):
    """Base of the package's errors; ``exit_status`` is what the command line returns."""

    exit_status = 1


class InputError(LammpsGlassError, ValueError):
    """Bad input: a file, an option, a key of a study or an argument of a function."""

    exit_status = 2


def require(holds: bool, message: str) -> None:
    """Raise `InputError` with `message` unless `holds`."""
    if not holds:
        raise InputError(message)


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put `where`, a file and a key, before the message of an `InputError` that the block raises, once."""
    try:
        yield
    except InputError as error:
        if str(error).startswith(where):
            raise
        raise InputError(f"{where}: {error}") from error


class ParticleError(InputError):
    """Bad input of certain particles, so that a reader can name the lines on which they stand.

    Parameters
    ----------
    message
        One line that says what is wrong.
    ids
        Ids of the particles.
    """

    def __init__(self, message: str, ids: Iterable[int]) -> None:
        super().__init__(message)
        self.ids = tuple(ids)


class SimulationError(LammpsGlassError, RuntimeError):
    """A simulation failed or stopped short (lost particles, a minimisation at its limit).

    Parameters
    ----------
    message
        One line that says what went wrong.
    log_tail
        Last lines of the LAMMPS log, if there is one.
    deck
        Path of the rendered deck, if there is one.
    """

    exit_status = 3

    def __init__(self, message: str, *, log_tail: str = "", deck: str = "") -> None:
        super().__init__(message)
        self.log_tail = log_tail
        self.deck = deck


class UnconvergedError(SimulationError):
    """A minimisation stopped short of its tolerance: the simulation before it is good."""


class NotReadyError(LammpsGlassError):
    """The inputs of a case are not there yet."""

    exit_status = 4


def last_lines(text: str) -> str:
    """Return the last `TAIL_LINES` lines of `text`."""
    return "\n".join(text.splitlines()[-TAIL_LINES:])


def tail(log: Path) -> str:
    """Read the last `TAIL_LINES` lines of a log; empty when there is no such file."""
    return last_lines(log.read_text(encoding="utf-8", errors="replace")) if log.is_file() else ""
