"""Limits of the glass gate (`analysis.check_glass`) for glasses in general, in units of the nearest distance."""

from __future__ import annotations

from collections.abc import Mapping

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import number
from lammps_glass.json_types import Json
from lammps_glass.registry import unknown_name

#: Lengths, times the distance of nearest neighbours: the first maximum is searched from `nearest`, the first minimum
#: within `minimum_range`, the shells of a crystal from `beyond` to `r_max`.
LENGTHS: Mapping[str, float | tuple[float, float]] = {
    "nearest": 0.7,
    "minimum_range": (1.25, 1.65),
    "beyond": 2.2,
    "r_max": 3.7,
    "bin_width": 0.04,
}
#: Limits on g(r) and on the fraction of crystal-like particles. Mixtures of sizes smear the first maximum and fill the
#: first minimum: these limits tell a gas from a glass, and a crystal by its far shells and its environments.
LIMITS: Mapping[str, float] = {
    "first_maximum": 1.5,
    "first_minimum": 1.0,
    "far_maximum": 1.3,
    "crystal_fraction": 0.1,
}
#: Limits that every sample keeps.
OFF: Mapping[str, float] = {
    "first_maximum": 0.0,
    "first_minimum": 1e9,
    "far_maximum": 1e9,
    "crystal_fraction": 2.0,
}


def general(nearest_distance: float) -> dict[str, Json]:
    """Return the limits of a glass whose nearest neighbours are about `nearest_distance` apart."""
    scaled: dict[str, Json] = dict(LIMITS)
    for name, factor in LENGTHS.items():
        if isinstance(factor, tuple):
            scaled[name] = tuple(round(value * nearest_distance, 6) for value in factor)
        else:
            scaled[name] = round(factor * nearest_distance, 6)
    return scaled


def checked(owner: str, limits: object) -> bool | dict[str, float | tuple[float, ...]]:
    """Return the limits that a glass sets, after checking names and numbers.

    Raises
    ------
    InputError
        `limits` is neither true, false nor a table of limits.
    """
    if isinstance(limits, bool):
        return limits
    if not isinstance(limits, Mapping):
        raise InputError(f"{owner}: gate = {limits!r} must be true, false or a table of limits")
    names = [*LIMITS, *LENGTHS]
    result: dict[str, float | tuple[float, ...]] = {}
    for name, value in limits.items():
        if name not in names:
            raise InputError(f"{owner}: gate.{name}: {unknown_name('limit', str(name), names)}")
        if name != "minimum_range":
            result[name] = number(owner, f"gate.{name}", value, minimum=0.0)
            continue
        if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
            raise InputError(f"{owner}: gate.minimum_range = {value!r} must be two lengths")
        low, high = (number(owner, "gate.minimum_range", item, above=0.0) for item in value)
        if not low < high:
            raise InputError(f"{owner}: gate.minimum_range = {value!r} must ascend")
        result[name] = (low, high)
    return result
