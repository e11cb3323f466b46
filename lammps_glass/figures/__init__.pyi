"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .drawing import draw as draw
from .registry import REGISTRY as REGISTRY
from .report import (
    ReportFigure as ReportFigure,
    ReportSection as ReportSection,
    StudyReport as StudyReport,
    comparison_rows as comparison_rows,
    write_report as write_report,
)
from .spec import FigureSpec as FigureSpec, Mark as Mark
