"""`Composite`: base class of descriptors that are made of others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from lammps_glass.descriptors.base import Descriptor, Material, SimulatedDescriptor
from lammps_glass.descriptors.configuration import Configuration
from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

Parts = Mapping[str, Mapping[str, object]]
NO_PARTS: Parts = MappingProxyType({})


def name_of_part(key: str, options: Mapping[str, object]) -> str:
    """Return the name in the registry of a part: the option ``name``, else its key."""
    return str(options.get("name", key))


class Composite(Descriptor):
    """A descriptor made of the columns of others.

    Parameters
    ----------
    parts
        Name of each descriptor in the registry -> its options. For two parts of one kind give each a key of its own and
        the option ``name``; the key then stands before the names of their columns.
    """

    parts: Parts

    def check_parts(self) -> None:
        """Raise `InputError` for parts that cannot be built, or that share a column."""
        names = self.part_columns
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{self.name}: two of {', '.join(self.parts)} have a column {twice}")

    @property
    def members(self) -> list[Descriptor]:
        """The descriptors, in order."""
        from lammps_glass.descriptors import REGISTRY

        if not isinstance(self.parts, Mapping) or not self.parts or self.name in self.parts:
            parts = ", ".join(self.parts) if isinstance(self.parts, Mapping) else repr(self.parts)
            raise InputError(
                f"{self.name}: parts are {parts or 'none'}: give each descriptor with its options, such as "
                "--set parts.pair-entropy={}"
            )
        built = []
        for key, options in self.parts.items():
            if not isinstance(options, Mapping):
                raise InputError(f"{self.name}: parts.{key} = {options!r} must be a table of options, such as {{}}")
            others = {option: value for option, value in options.items() if option != "name"}
            built.append(REGISTRY.build(name_of_part(key, options), others))
        return built

    @property
    def part_columns(self) -> list[str]:
        """Columns of the parts, one part after the other."""
        names = []
        for key, member in zip(self.parts, self.members, strict=True):
            prefix = "" if key == member.name else f"{key} "
            names += [f"{prefix}{name}" for name in member.feature_names]
        return names

    @property
    def species_needed(self) -> tuple[str, ...]:
        """Species of all parts."""
        return tuple(dict.fromkeys(name for member in self.members for name in member.species_needed))

    @property
    def needs_glass(self) -> bool:  # type: ignore[override]
        """Whether a part needs the glass of a snapshot."""
        return any(member.needs_glass for member in self.members)

    @property
    def partial(self) -> bool:  # type: ignore[override]
        """Whether a part may leave particles without a row."""
        return any(member.partial for member in self.members)

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when a default, its own or of a part, is used in other units than its own."""
        super().require_units(units)
        for member in self.members if self.parts else ():
            member.require_units(units)

    def check_glass(self, glass: Material) -> None:
        """Raise `InputError` when this descriptor, or a part of it, cannot be of `glass`."""
        super().check_glass(glass)
        for member in self.members if self.parts else ():
            member.check_glass(glass)

    def part_rows(self, configuration: Configuration) -> Floats:
        """(n_particles, n_part_columns) rows of the parts in the state that the configuration shows."""
        return np.hstack([member.of_configuration(configuration) for member in self.members])

    def part_rows_of(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_part_columns) rows of the parts of a snapshot alone."""
        return np.hstack([member.compute(snapshot) for member in self.members])


class StaticComposite(Composite):
    """A composite whose parts need no simulations."""

    def check_parts(self) -> None:
        """Raise `InputError` for parts that cannot be built, share a column, or need simulations."""
        super().check_parts()
        for member in self.members:
            if isinstance(member, SimulatedDescriptor) or str(getattr(member, "protocol", "")):
                raise InputError(f"{self.name}: its part {member.name} needs simulations; only `joined` can hold it")


def positive_count(owner: str, name: str, value: object, least: int = 1) -> None:
    """Raise `InputError` unless `value` is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{owner}: {name} = {value!r} must be a whole number, {least} or more")


def one_of(owner: str, name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise `InputError` unless `value` is one of `choices`."""
    if value not in choices:
        raise unknown_name(f"{name} of {owner}", str(value), list(choices))
