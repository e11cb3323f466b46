"""`Recipe`: the code of a study: its own operations, its figures, the numbers of the paper and departures from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.operations import Operation, Wired


class Stages(Mapping[str, Wired]):
    """The stages of a study file by name, each with the parameters of its first case and the stages that it reads.

    Parameters
    ----------
    stages
        First case of every stage.
    cases
        Function of the name of a stage: a case for every value of every condition except the replica.
    """

    def __init__(self, stages: Mapping[str, Wired], cases: Callable[[str], Sequence[Wired]] | None = None) -> None:
        self._stages = dict(stages)
        self._cases = cases or (lambda name: [self[name]])

    def __getitem__(self, name: str) -> Wired:
        return self._stages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def running(self, name: str) -> list[Wired]:
        """Return the stages that run an operation, or a protocol, of this name."""
        return [stage for stage in self._stages.values() if stage.runs == name]

    def variants(self, name: str) -> tuple[Wired, ...]:
        """Return a case for every value of every condition (except the replica) of the stages that run `name`."""
        return tuple(case for stage in self.running(name) for case in self._cases(stage.stage))

    def parameters_of(self, name: str) -> Any:
        """Return the parameters of the first stage that runs an operation or a protocol of this name, or None."""
        return next((stage.parameters for stage in self.running(name)), None)


@dataclass(frozen=True)
class Section:
    """Heading and introduction of the figures of a report that the paper does not have (`FigureSpec.section`)."""

    title: str
    text: str = ""


@dataclass(frozen=True)
class Recipe:
    """The code of a study: a title, its own operations, the figures that it makes.

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
        Function of the stages that lists departures from the paper and choices where it is silent, one sentence each,
        for the report.
    check
        Function that refuses stages which do not make this study.
    makes
        Whether the stages make a figure of `figures`: a study file may leave out the conditions of some figures.
    sections
        Sections of the report beyond the paper, by name.
    """

    name: str
    title: str
    citation: str = ""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    figures: tuple[FigureSpec, ...] = ()
    score_targets: Mapping[str, str] = field(default_factory=dict)
    deviations: Callable[[Stages], tuple[str, ...]] = lambda stages: ()
    check: Callable[[Stages], None] = lambda stages: None
    makes: Callable[[FigureSpec, Stages], bool] = lambda figure, stages: True
    sections: Mapping[str, Section] = field(default_factory=dict)
