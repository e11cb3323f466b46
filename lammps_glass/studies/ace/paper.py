"""The paper of the study `ace`: its findings for every glass and drive, and the specifications of their figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.studies.paper import Paper

PAPER = Paper(Path(__file__).parent)
#: Findings by drive, and by glass and drive, which are conditions of the bundled study file.
DRIVES: dict[str, dict[str, Any]] = PAPER.content["drives"]
CASES: dict[tuple[str, str], dict[str, Any]] = {
    (glass, drive): DRIVES[drive] | case
    for glass, cases in PAPER.content["cases"].items()
    for drive, case in cases.items()
}
TARGETS = {
    f"{glass}.{drive}.{name}": text
    for (glass, drive), case in CASES.items()
    for name, text in case.get("targets", {}).items()
}
#: Figures of a glass under a drive; those with borders between features of another body order or species.
NUMBERS, BORDERED = ("2", "3", "4", "5", "6", "7"), ("3", "7")


def figures_of(glass: str, drive: str, species: str = "A", borders: tuple[Mark, ...] = ()) -> tuple[FigureSpec, ...]:
    """Return figures 2 to 7 of a glass under a drive.

    Parameters
    ----------
    species
        Labelled species.
    borders
        Numbers of features at which another body order or species begins.
    """
    empty = dict.fromkeys(("map", "map_label", "accuracy", "first", "selected"), "")
    case = empty | CASES.get((glass, drive), {"title": f"{glass}, {drive}"})
    figures = {n: PAPER.specification(n, case=f"{glass}_{drive}", species=species, **case) for n in NUMBERS}
    return tuple(replace(spec, paper_marks=borders) if n in BORDERED else spec for n, spec in figures.items())


#: By figure first, then glass and drive, as the paper's list has them.
FIGURES = (
    PAPER.specification("1"),
    *(spec for same in zip(*(figures_of(*case) for case in CASES), strict=True) for spec in same),
)
