"""Columns of an entry: all of its descriptors, or those that it picks, for the plane of a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from lammps_glass.comparison.spec import PLANE_WORD, EntrySpec, LabelSpec, require_plane
from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots.snapshot import Integers


def picked_columns(name: str, entry: EntrySpec, label: LabelSpec, descriptor: str, columns: Sequence[str]) -> Integers:
    """Return the numbers of the columns of a descriptor that an entry takes, in their order.

    Parameters
    ----------
    name, entry
        The entry.
    label
        The label that it predicts: its plane stands for ``{plane}``.
    descriptor, columns
        Descriptor of the entry, and the names of its columns.

    Raises
    ------
    InputError
        No column matches, the label has no plane where one is needed, or an indicator ``none`` gets several columns.
    """
    pick = entry.pick.get(descriptor, "") if isinstance(entry.pick, Mapping) else entry.pick
    where = f"entries.{name}.pick"
    require_plane(name, pick, label)
    pattern = pick.replace(PLANE_WORD, label.plane)
    if not pattern:
        numbers = list(range(len(columns)))
    elif pattern in columns:
        numbers = [list(columns).index(pattern)]
    else:
        numbers = [k for k, column in enumerate(columns) if "*" in pattern and fnmatchcase(column, _literal(pattern))]
    if not numbers or (entry.indicator is None and len(numbers) > 1):
        raise InputError(f"{where}: {unknown_name('column', pattern, list(columns))} of {descriptor}")
    return np.array(numbers)


def _literal(pattern: str) -> str:
    """Let ``*`` alone have a meaning: names of columns hold brackets."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
