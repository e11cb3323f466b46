"""`Recipe`: a study in code: the operations that are its own, its figures, and what it says of the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.operations.operation import Operation, Wired


class Stages(Mapping[str, Wired]):
    """The stages of a study file by name, each with its parameters and with the stages that it reads."""

    def __init__(self, stages: Mapping[str, Wired]) -> None:
        self._stages = dict(stages)

    def __getitem__(self, name: str) -> Wired:
        return self._stages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def running(self, name: str) -> list[Wired]:
        """Return the stages that run an operation, or a protocol, of this name."""
        return [stage for stage in self._stages.values() if stage.runs == name]


@dataclass(frozen=True)
class Recipe:
    """A study: a title, the operations that are its own, the figures it must make.

    Parameters
    ----------
    name, title, citation
        For lists and the report; a study file may have another title.
    operations
        Name in study files -> operation, beside those that every study may use.
    figures
        Figures that a complete run makes; a study without a list makes those that its analyses specify.
    score_targets
        Score name -> the paper's number, as text, for the table "paper / ours".
    deviations
        From the stages to where the study departs from the paper or takes a reading, one sentence each, for the report.
    check
        Refuses stages that do not make this study.
    """

    name: str
    title: str
    citation: str = ""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    figures: tuple[FigureSpec, ...] = ()
    score_targets: Mapping[str, str] = field(default_factory=dict)
    deviations: Callable[[Stages], tuple[str, ...]] = lambda stages: ()
    check: Callable[[Stages], None] = lambda stages: None
