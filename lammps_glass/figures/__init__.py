"""Tables to pictures and to a report: computes nothing, and imports matplotlib only when something is drawn."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.figures.drawing import draw
    from lammps_glass.figures.report import ReportFigure, StudyReport, comparison_rows, write_report
    from lammps_glass.figures.spec import KINDS, FigureSpec, Mark

_MODULE = {
    "FigureSpec": "spec",
    "KINDS": "spec",
    "Mark": "spec",
    "ReportFigure": "report",
    "StudyReport": "report",
    "comparison_rows": "report",
    "draw": "drawing",
    "write_report": "report",
}
__all__ = ["KINDS", "FigureSpec", "Mark", "ReportFigure", "StudyReport", "comparison_rows", "draw", "write_report"]


def __getattr__(name: str) -> Any:
    """Import a module of the folder when one of its names is first used."""
    if name in _MODULE:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
