"""Checks of the parameters of glasses and protocols, and of the length scale of a snapshot."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, NamedTuple, Union, get_args, get_origin

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Bound:
    """Lower bound of a parameter, in the annotation of its field: at least `minimum`, or larger than `above`."""

    minimum: float | None = None
    above: float | None = None


PositiveInt = Annotated[int, Bound(minimum=1)]
NonNegativeInt = Annotated[int, Bound(minimum=0)]
PositiveFloat = Annotated[float, Bound(above=0.0)]
NonNegativeFloat = Annotated[float, Bound(minimum=0.0)]

#: A snapshot in another length unit (nm, angstrom, sigma) is off by more; thermal and compositional changes by less.
SCALE_FACTOR = 1.7
#: Masses in files are rounded, to 63.5 for 63.546; elements differ by more.
MASS_TOLERANCE = 0.01
_ENOUGH = 10  # fewer particles than this have no typical distance


def number(owner: str, field: str, value: object, *, minimum: float | None = None, above: float | None = None) -> float:
    """Return `value` as a float, or raise an `InputError` that names the field."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise InputError(f"{owner}: {field} = {value!r} is not a finite number")
    if minimum is not None and value < minimum:
        raise InputError(f"{owner}: {field} = {value:g} must be at least {minimum:g}")
    if above is not None and value <= above:
        raise InputError(f"{owner}: {field} = {value:g} must be above {above:g}")
    return float(value)


def whole(owner: str, field: str, value: object, *, minimum: float | None = None) -> int:
    """Return `value` as an int, or raise an `InputError` that names the field."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InputError(f"{owner}: {field} = {value!r} is not a whole number")
    if minimum is not None and value < minimum:
        raise InputError(f"{owner}: {field} = {value} must be at least {minimum:g}")
    return int(value)


def check_fields(owner: str, parameters: DataclassInstance) -> None:
    """Check the numbers and truth values among the fields of a dataclass against their annotations.

    This is the only check of bounds (`settings.build` compares the types of a study file's values and leaves
    the rest to this one). A subclass that annotates a field anew, to give it another default, keeps its bounds.

    Raises
    ------
    InputError
        A value is not finite, of another type than its annotation, or out of bounds.
    """
    for name, declared in _declared(type(parameters)).items():
        value = getattr(parameters, name)
        if value is None and declared.optional:
            continue
        if declared.kind is bool and not isinstance(value, bool):
            raise InputError(f"{owner}: {name} = {value!r} must be true or false")
        for bound in declared.bounds if declared.kind is not bool else ():
            if declared.kind is int:
                whole(owner, name, value, minimum=bound.minimum)
            else:
                number(owner, name, value, minimum=bound.minimum, above=bound.above)


class _Declared(NamedTuple):
    """Type and bounds of a field, from its annotations in the class and its bases."""

    kind: type
    optional: bool
    bounds: tuple[Bound, ...]


@functools.cache
def _declared(cls: type[DataclassInstance]) -> dict[str, _Declared]:
    names = {field.name for field in fields(cls)}
    result: dict[str, _Declared] = {}
    for base in reversed(cls.__mro__):
        for name, hint in inspect.get_annotations(base, eval_str=True).items():
            declared = _parse(hint) if name in names else None
            if declared is not None:
                inherited = result[name].bounds if name in result else ()
                result[name] = declared._replace(bounds=(*inherited, *declared.bounds))
    return result


def _parse(hint: object) -> _Declared | None:
    """Type and bounds that an annotation asks for; None for what is neither a number nor a truth value."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    optional = NoneType in members
    members = tuple(member for member in members if member is not NoneType)
    if len(members) != 1:
        return None
    bounds = tuple(item for item in getattr(members[0], "__metadata__", ()) if isinstance(item, Bound))
    kind = get_args(members[0])[0] if get_origin(members[0]) is Annotated else members[0]
    return _Declared(kind, optional, bounds or (Bound(),)) if kind in (bool, int, float) else None


def fractions_of(owner: str, composition: object, species: Sequence[str]) -> dict[str, float]:
    """Compute fractions by species, from a mapping or from the fraction of the last of two species."""
    if isinstance(composition, Mapping):
        foreign = [str(name) for name in composition if name not in species]
        if foreign:
            raise InputError(f"{owner}: composition names {', '.join(foreign)}; species are {', '.join(species)}")
        values = [number(owner, f"composition.{name}", composition.get(name, 0.0), minimum=0.0) for name in species]
    elif len(species) == 2:
        last = number(owner, "composition", composition, minimum=0.0)
        values = [1.0 - last, last]
    else:
        raise InputError(f"{owner}: composition must be a table of fractions of {', '.join(species)}")
    total = sum(values)
    if min(values) < 0 or not (math.isclose(total, 1.0, abs_tol=1e-9) or math.isclose(total, 100.0, abs_tol=1e-7)):
        raise InputError(f"{owner}: composition {composition!r} must be fractions that sum to 1 (or per cent to 100)")
    return {name: value / total for name, value in zip(species, values, strict=True)}


def require_masses(snapshot: Snapshot, owner: str, masses: Sequence[float]) -> None:
    """Raise `InputError` when the masses that a file gives differ from those of its species by more than 1 %."""
    of_file = snapshot.properties.get("mass")
    if of_file is None or of_file.shape != (len(snapshot),):
        return
    expected = np.asarray(masses)[snapshot.types]
    wrong = np.flatnonzero(~(np.abs(of_file - expected) <= MASS_TOLERANCE * expected))
    if wrong.size:
        name = snapshot.species[snapshot.types[wrong[0]]]
        raise InputError(
            f"particle {snapshot.ids[wrong[0]]} has the mass {of_file[wrong[0]]:g}, but species {name} of glass "
            f"{owner} has {expected[wrong[0]]:g}: are the types in another order? --types names them"
        )


def require_scale(snapshot: Snapshot, owner: str, nearest: float, units: str) -> None:
    """Raise `InputError` when both the nearest neighbours and the density are off by more than `SCALE_FACTOR`.

    Both, because random positions have close pairs at the right density, and an open cell has vacuum around the
    right distances.
    """
    if len(snapshot) < _ENOUGH:
        return
    by_density = snapshot.number_density ** (-1 / 3)
    typical = _median_nearest(snapshot)
    off = [not 1 / SCALE_FACTOR < length / nearest < SCALE_FACTOR for length in (typical, by_density)]
    if all(off):
        raise InputError(
            f"nearest neighbours are {typical:.3g} apart, in glass {owner} ({units} units) about {nearest:g}: "
            "the snapshot is in other units, or of another glass"
        )


def _median_nearest(snapshot: Snapshot) -> float:
    from scipy.spatial import cKDTree

    positions = snapshot.cell.wrap(snapshot.positions)
    sample = positions[:: max(1, len(positions) // 2000)]
    distances = cKDTree(positions).query(sample, k=2)[0][:, 1]
    return float(np.median(distances))
