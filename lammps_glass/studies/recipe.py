"""What a study is in code: its operations, the parameters and version of each, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.simulate.work import Work
from lammps_glass.studies.case import Case

#: Parameters, the particles of each species, and the work of the cases that are read, by stage -> the work of a case.
WorkOf = Callable[[Any, Mapping[str, int], Mapping[str, Sequence[Work]]], Work]


@dataclass(frozen=True)
class NoParameters:
    """The parameters of an operation that takes none."""


@dataclass(frozen=True)
class Operation:
    """One thing a stage can do.

    Parameters
    ----------
    run
        Writes products into ``case.directory``.
    parameters
        A frozen dataclass; a stage's table of the study file holds its fields.
    version
        Raised when the operation's numbers change: finished cases of an older version are run again.
    work
        What a case asks of a machine, for `plan`; None: planned without a time.
    rates
        Seconds a unit for the parts of the work, measured once, elsewhere, for what a probe of seconds cannot run. A
        part that is not here is measured by running the operation on the probe's small records.
    """

    run: Callable[[Case], None]
    parameters: type[Any] = NoParameters
    version: int = 1
    work: WorkOf | None = None
    rates: Mapping[str, float] = field(default_factory=dict)


#: The built parameters of every stage, by its name.
StageParameters = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """A study: a title, the operations that are its own, the figures it must make.

    Parameters
    ----------
    score_targets
        Score name -> the paper's number, as text, for the table "paper / ours".
    deviations
        From the parameters of every stage to where the study departs from the paper or takes a reading, one sentence
        each, for the report.
    check
        Refuses stages whose parameters disagree with each other.
    """

    name: str
    title: str
    citation: str
    operations: Mapping[str, Operation]
    figures: tuple[FigureSpec, ...]
    score_targets: Mapping[str, str]
    deviations: Callable[[StageParameters], tuple[str, ...]] = lambda stages: ()
    check: Callable[[StageParameters], None] = lambda stages: None
