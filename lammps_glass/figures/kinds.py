"""Kinds of figures: the function that draws each, and its height."""

from __future__ import annotations

import pandas as pd

from lammps_glass.figures import bars, clusters, curves, grids, panels, spatial, style
from lammps_glass.figures.axes import Draw
from lammps_glass.figures.spec import FigureSpec

#: Kind -> function that draws a table on axes.
DRAW: dict[str, Draw] = {
    **curves.DRAW,
    **bars.DRAW,
    **grids.DRAW,
    **spatial.DRAW,
    **panels.DRAW,
    **clusters.DRAW,
}


def height(spec: FigureSpec, table: pd.DataFrame) -> float:
    """Compute the height of a figure in inches; tables and horizontal bars grow with their rows."""
    if spec.kind == "table":
        return 0.9 + 0.29 * (len(table) + 1)
    if spec.kind in ("map", "space", "panels"):
        return 1.2 * style.SIZE[1]
    if spec.kind == "clusters":
        return 1.42 * style.SIZE[1]
    if spec.kind == "bar" and bars.long_names(spec, table):
        return max(style.SIZE[1], 1.2 + 0.3 * len(table))
    return style.SIZE[1]
