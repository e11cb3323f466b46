"""Height of a figure by its kind."""

from __future__ import annotations

import pandas as pd

from lammps_glass.figures import bars, style
from lammps_glass.figures.registry import REGISTRY
from lammps_glass.figures.spec import FigureSpec


def height(spec: FigureSpec, table: pd.DataFrame) -> float:
    """Height of the figure in inches; a drawn table grows with its rows, a bar chart with horizontal bars too.

    The function of a plug-in's kind may carry it as its attribute ``height``.
    """
    if spec.kind == "table":
        return 0.9 + 0.29 * (len(table) + 1)
    if spec.kind in ("map", "space", "panels"):
        return 1.2 * style.SIZE[1]
    if spec.kind == "clusters":
        return 1.42 * style.SIZE[1]
    if spec.kind == "bar" and bars.long_names(spec, table):
        return max(style.SIZE[1], 1.2 + 0.3 * len(table))
    return float(getattr(REGISTRY[spec.kind].load(), "height", style.SIZE[1]))
