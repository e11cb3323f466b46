"""Planes of simple shear: one table for both spellings of the plane of x and z."""

from __future__ import annotations

from typing import NamedTuple

from lammps_glass.errors import InputError


class ShearPlane(NamedTuple):
    """A plane of simple shear: particles move along `flow` by the strain times their coordinate along `gradient`.

    Attributes
    ----------
    flow, gradient
        Axes, 0 to 2. The strain is element (gradient, flow) of the matrix that multiplies positions from the right.
    tilt
        LAMMPS's name of the box's tilt factor and of the stress component: ``xy``, ``xz`` or ``yz``.
    """

    flow: int
    gradient: int
    tilt: str


#: The three planes by the names that the protocols have always stored.
PLANES = {"xy": ShearPlane(0, 1, "xy"), "yz": ShearPlane(1, 2, "yz"), "zx": ShearPlane(0, 2, "xz")}
_SPELLINGS = {**PLANES, "xz": PLANES["zx"]}


def shear_plane(name: str, owner: str = "shear") -> ShearPlane:
    """Look up a plane by name; ``xz`` and ``zx`` are the same.

    Raises
    ------
    InputError
        `name` is no plane; the message begins with `owner`.
    """
    if name not in _SPELLINGS:
        raise InputError(f"{owner}: plane = {name!r} must be one of {', '.join(_SPELLINGS)}")
    return _SPELLINGS[name]
