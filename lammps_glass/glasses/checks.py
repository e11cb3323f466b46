"""Checks of a glass's parameters and of the length scale of a snapshot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot

#: A snapshot in another length unit (nm, angstrom, sigma) is off by more; thermal and compositional changes by less.
SCALE_FACTOR = 1.7
#: Masses in files are rounded, to 63.5 for 63.546; elements differ by more.
MASS_TOLERANCE = 0.01
_ENOUGH = 10  # fewer particles than this have no typical distance


def number(owner: str, field: str, value: object, *, minimum: float | None = None, above: float | None = None) -> float:
    """`value` as a float, or an `InputError` that names the field."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise InputError(f"{owner}: {field} = {value!r} is not a finite number")
    if minimum is not None and value < minimum:
        raise InputError(f"{owner}: {field} = {value:g} must be at least {minimum:g}")
    if above is not None and value <= above:
        raise InputError(f"{owner}: {field} = {value:g} must be above {above:g}")
    return float(value)


def whole(owner: str, field: str, value: object, *, minimum: int) -> int:
    """`value` as an int, or an `InputError` that names the field."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InputError(f"{owner}: {field} = {value!r} is not a whole number")
    if value < minimum:
        raise InputError(f"{owner}: {field} = {value} must be at least {minimum}")
    return int(value)


def fractions_of(owner: str, composition: object, species: Sequence[str]) -> dict[str, float]:
    """Fractions by species, from a mapping or from the fraction of the last of two species."""
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
