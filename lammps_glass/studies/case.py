"""`Case`: what an operation of a study sees; it reads products of earlier stages and writes its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lammps_glass.errors import InputError

Conditions = Mapping[str, Any]


@dataclass(frozen=True)
class Product:
    """The finished folder of one case of an earlier stage."""

    conditions: Conditions
    path: Path

    @property
    def replica(self) -> str:
        """Name of the replica in rows: the value of the condition ``replica``."""
        return str(self.conditions.get("replica", "all"))

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        return manifest

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the case was run with, conditions included."""
        parameters: dict[str, Any] = self._manifest["params"]["parameters"]
        return parameters

    @property
    def seed(self) -> int:
        """The seed that the case was run with."""
        return int(self._manifest["seed"])


@dataclass(frozen=True)
class Case:
    """One case of one stage.

    Parameters
    ----------
    study, preset, stage
        Names.
    conditions
        The case's own conditions, such as ``{"replica": 3}``.
    parameters
        The stage's parameters: an instance of the class that its operation declares.
    glass
        The glass of the case.
    seed
        Derived from (study seed, replica, stage, conditions).
    directory
        Where the products go; nothing else is written.
    after
        Products of the stages that this one reads, by stage name, restricted to the cases whose conditions agree.
    """

    study: str
    preset: str
    stage: str
    conditions: Conditions
    parameters: Any
    glass: Any
    seed: int
    directory: Path
    after: Mapping[str, tuple[Product, ...]] = field(default_factory=dict)

    @property
    def replica(self) -> str:
        return str(self.conditions.get("replica", "all"))

    def inputs(self, stage: str) -> tuple[Product, ...]:
        """The finished cases of `stage` that this case reads."""
        if stage not in self.after:
            read = ", ".join(self.after) or "nothing"
            raise InputError(f'stages.{self.stage}: needs "{stage}" in `after`; it reads {read}')
        return self.after[stage]

    def input(self, stage: str) -> Path:
        """The folder of the only case of `stage` that this case reads."""
        products = self.inputs(stage)
        if len(products) != 1:
            raise InputError(f"stages.{self.stage}: reads {len(products)} cases of {stage}, expected one")
        return products[0].path
