"""LAMMPS's boundary styles, where a user or a file gives them."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError

_STYLE = re.compile("pp?|[fsm]{1,2}")


def periodic_of(boundary: str | None) -> NDArray[np.bool_] | None:
    """Which directions are periodic in ``"p p s"`` (three of LAMMPS's styles, each of one or two letters).

    Raises
    ------
    InputError
        Not three of LAMMPS's styles.
    """
    if boundary is None:
        return None
    styles = boundary.split()
    if len(styles) != 3 or not all(_STYLE.fullmatch(style) for style in styles):
        raise InputError(f"boundary {boundary!r}: give three of LAMMPS's styles p, f, s, m, such as 'p p s'")
    return np.array([style.startswith("p") for style in styles])


def combined(from_file: NDArray[np.bool_] | None, by_user: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """The periodic directions: those of the file, else those that the user gives, else all.

    Raises
    ------
    InputError
        The two contradict each other.
    """
    if from_file is not None and by_user is not None and not np.array_equal(from_file, by_user):
        of_file, of_user = (" ".join("np"[flag] for flag in flags.astype(int)) for flags in (from_file, by_user))
        raise InputError(f"the periodic directions are {of_file} in the file and {of_user} by --boundary (n: not)")
    first = from_file if from_file is not None else by_user
    return np.ones(3, dtype=bool) if first is None else first
