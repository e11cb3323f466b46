"""Rendering of decks: variables with checked values, the protocol's deck, the glass's interactions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses.glass import Glass
from lammps_glass.resources import data_path

#: The line of a deck that is replaced by the glass's masses and interactions.
INTERACTIONS_LINE = "include         interactions.lmp"

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Value = int | float | str | tuple[str, ...]


def render(protocol: str, glass: Glass, variables: Mapping[str, Value], deck: Path | None = None) -> str:
    """Render a deck that runs with ``lmp -in``.

    Parameters
    ----------
    protocol
        Name of the protocol.
    glass
        Gives units, species, time step, neighbour lists, masses and interactions.
    variables
        The protocol's values: numbers, names of letters, digits, ``_``, ``.``, ``-``, or tuples of such names.
    deck
        The deck; default ``<protocol>.lmp`` in ``inputs/`` of this package.

    Raises
    ------
    InputError
        A value is not finite or could be read by LAMMPS as something else than a number or a name.
    """
    path = deck or data_path("inputs", f"{checked_name('protocol', protocol)}.lmp")
    body = path.read_text(encoding="utf-8")
    values: dict[str, Value] = {**glass_variables(glass), **variables}
    used = {name: value for name, value in values.items() if name in variables or _refers(body, name)}
    used.update(glass.interaction_variables())
    header = "".join(f"{variable_line(name, value)}\n" for name, value in used.items())
    interactions = f"# {glass.name}\n{glass.interactions().rstrip()}"
    return f"# {protocol} of {glass.name}; change a value here or with -var NAME VALUE\n{header}\n" + body.replace(
        INTERACTIONS_LINE, interactions
    )


def glass_variables(glass: Glass) -> dict[str, Value]:
    """Return the values of the glass that any deck may refer to."""
    return {
        "units": glass.units,
        "atom_style": glass.atom_style,
        "elements": tuple(glass.species),
        "timestep": float(glass.timestep),
        "skin": float(glass.skin),
        "suffix": glass.suffix,
    }


def _refers(body: str, name: str) -> bool:
    return f"${{{name}}}" in body or re.search(rf"\bv_{name}\b", body) is not None


def variable_line(name: str, value: Value) -> str:
    """Write a ``variable`` command that gives `name` exactly `value`."""
    if not _VARIABLE.fullmatch(name):
        raise InputError(f"deck: {name!r} is not a name for a LAMMPS variable")
    if isinstance(value, tuple):
        words = " ".join(checked_name(name, word) for word in value)
        return f'variable        {name} string "{words}"'
    if isinstance(value, str):
        return f"variable        {name} index {checked_name(name, value)}"
    return f"variable        {name} index {checked_number(name, value)}"


def checked_name(variable: str, value: str) -> str:
    """Return `value` if LAMMPS can only read it as a name, else raise `InputError`."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InputError(f"deck: {variable} = {value!r} is not a plain name (letters, digits, '_', '.', '-')")
    return value


def checked_number(variable: str, value: float) -> str:
    """Write the shortest text that reads back as exactly `value`; raise `InputError` for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InputError(f"deck: {variable} = {value!r} is neither a number nor a name")
    if not math.isfinite(value):
        raise InputError(f"deck: {variable} = {value!r} is not finite")
    return str(int(value)) if isinstance(value, (int, np.integer)) else repr(float(value))
