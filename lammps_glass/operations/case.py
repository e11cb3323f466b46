"""`Case`: the case that an operation runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from lammps_glass.product import Conditions

if TYPE_CHECKING:
    from lammps_glass.figures.spec import FigureSpec
    from lammps_glass.glasses import Glass

Parameters = TypeVar("Parameters", covariant=True)


@dataclass(frozen=True)
class NoParameters:
    """Parameters of an operation that takes none."""


@dataclass(frozen=True)
class Case(Generic[Parameters]):
    """One case of one stage.

    Parameters
    ----------
    study, preset, stage
        Names.
    conditions
        The case's own conditions, such as ``{"replica": 3}``.
    parameters
        The parameters of the stage, an instance of the class that the operation declares.
    glass
        The glass of the case.
    seed
        Derived from (study seed, stage, conditions).
    directory
        Folder for the products; an operation writes nothing else.
    figures
        Figures that the study lists.
    """

    study: str
    preset: str
    stage: str
    conditions: Conditions
    parameters: Parameters
    glass: Glass
    seed: int
    directory: Path
    figures: Sequence[FigureSpec] = ()

    @property
    def replica(self) -> str:
        """Name of the replica in rows: the condition ``replica``, or ``all``."""
        return str(self.conditions.get("replica", "all"))
