"""Parts of the registry as parameters: a study file names one, alone or in a table with its options."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.registry import Registry

if TYPE_CHECKING:
    from lammps_glass.descriptors.base import Descriptor
    from lammps_glass.glasses import Glass
    from lammps_glass.labels.base import Label


@dataclass(frozen=True)
class Part:
    """A part by its name in the registry, with its options.

    Study files write ``descriptor = "interstices"``, or ``descriptor = { name = "ace", r_cut = 4.0 }``.
    """

    family: ClassVar[str]

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

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
        found: Registry = importlib.import_module(f"lammps_glass.{cls.family}").REGISTRY
        return found

    def build_with(self, **defaults: Any) -> Any:
        """Build the part; those of `defaults` that it takes stand behind its own options."""
        entry = self.registry()[self.name]
        taken = inspect.signature(entry.load()).parameters
        own = {name: value for name, value in defaults.items() if name in taken}
        return self.registry().build(self.name, {**own, **self.options})


@dataclass(frozen=True)
class DescriptorPart(Part):
    """A descriptor."""

    family: ClassVar[str] = "descriptors"

    def build(self, glass: Glass | None = None) -> Descriptor:
        """Build the descriptor; ``species`` and ``radii``, when not given, come from the glass.

        Nothing else does: the ``r_cut`` of a glass is that of its interactions, not of a neighbourhood.
        """
        descriptor: Descriptor = self.registry().build(self.name, self.with_glass(glass))
        return descriptor

    def with_glass(self, glass: Glass | None) -> dict[str, Any]:
        """Return the options, those of each part of a joined descriptor too, with what the glass gives."""
        if isinstance(members := self.options.get("parts"), Mapping):
            return {
                **self.options,
                "parts": {n: DescriptorPart(n, own).with_glass(glass) for n, own in members.items()},
            }
        taken = inspect.signature(self.registry()[self.name].load()).parameters
        of_glass = {name: getattr(glass, name) for name in ("species", "radii") if hasattr(glass, name)}
        return {**{name: value for name, value in of_glass.items() if name in taken}, **self.options}


@dataclass(frozen=True)
class LabelPart(Part):
    """A label."""

    family: ClassVar[str] = "labels"

    def build(self) -> Label:
        """Build the label."""
        label: Label = self.registry().build(self.name, self.options)
        return label


@dataclass(frozen=True)
class IndicatorPart(Part):
    """An indicator."""

    family: ClassVar[str] = "learn"

    def build(self, seed: int) -> Any:
        """Build the estimator, unfitted; `seed` decides its random numbers unless the options do."""
        return self.build_with(random_state=seed)
