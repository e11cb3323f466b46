"""Parts of the registry as parameters: a study file names one, alone or in a table with its options."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.json_types import Options
from lammps_glass.registry import Registry

if TYPE_CHECKING:
    from lammps_glass.descriptors.base import Descriptor
    from lammps_glass.glasses import Glass
    from lammps_glass.labels.base import Label
    from lammps_glass.learn.estimator import Estimator


@dataclass(frozen=True)
class Part:
    """A part by its name in the registry, with its options.

    Study files write ``descriptor = "interstices"``, or ``descriptor = { name = "ace", r_cut = 4.0 }``.
    """

    family: ClassVar[str]

    name: str
    options: Options = field(default_factory=dict)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the part that a value of a study file names.

        Raises
        ------
        InputError
            The value is neither a name nor a table with a name, or nothing has the name.
        """
        if isinstance(value, cls):
            return value
        options = dict(value) if isinstance(value, Mapping) else {"name": value}
        name = options.pop("name", None)
        if not isinstance(name, str):
            raise InputError(f"{value!r} names no {cls.registry().kind}: write a name, or a table with a name")
        part = cls(name, options)
        cls.registry()[name]
        return part

    @classmethod
    def registry(cls) -> Registry:
        """Return the registry of the family."""
        registry: Registry = importlib.import_module(f"lammps_glass.{cls.family}").REGISTRY
        return registry

    def build_with(self, **defaults: object) -> Any:
        """Build the part with its options, and with those of `defaults` that it accepts and its options do not set."""
        accepted = self.registry()[self.name].options()
        defaults = {name: value for name, value in defaults.items() if name in accepted}
        return self.registry().build(self.name, {**defaults, **self.options})


@dataclass(frozen=True)
class DescriptorPart(Part):
    """A descriptor."""

    family: ClassVar[str] = "descriptors"

    def build(self, glass: Glass | None = None, r_cut: float | None = None) -> Descriptor:
        """Build the descriptor; ``species`` and ``radii``, when not given, come from the glass.

        Nothing else does: the ``r_cut`` of a glass is that of its interactions, not of a neighbourhood. The `r_cut`
        given here, if any, is that of the descriptor, or of every part that has one.
        """
        descriptor: Descriptor = self.registry().build(self.name, self.with_glass(glass, r_cut))
        return descriptor

    def with_glass(self, glass: Glass | None, r_cut: float | None = None) -> Options:
        """Return the options with those that `build` adds, for each part of a joined descriptor too."""
        if isinstance(members := self.options.get("parts"), Mapping):
            parts = {name: DescriptorPart(name, part).with_glass(glass, r_cut) for name, part in members.items()}
            return {**self.options, "parts": parts}
        accepted = self.registry()[self.name].options()
        of_glass = {name: getattr(glass, name) for name in ("species", "radii") if getattr(glass, name, None)}
        options = {**{name: value for name, value in of_glass.items() if name in accepted}, **self.options}
        return {**options, "r_cut": r_cut} if r_cut is not None and "r_cut" in accepted else options


@dataclass(frozen=True)
class LabelPart(Part):
    """A label."""

    family: ClassVar[str] = "labels"

    def build(self, species: str | None = None) -> Label:
        """Build the label; `species` is its default where it counts particles of a species."""
        label: Label = self.build_with(species=species)
        return label


@dataclass(frozen=True)
class IndicatorPart(Part):
    """An indicator."""

    family: ClassVar[str] = "learn"

    def build(self, seed: int) -> Estimator:
        """Build the estimator, unfitted; `seed` decides its random numbers unless the options do."""
        estimator: Estimator = self.build_with(random_state=seed)
        return estimator
