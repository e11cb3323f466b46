"""What draws each kind of figure, and how high it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from lammps_glass.figures import bars, clusters, curves, grids, panels, spatial, style
from lammps_glass.figures.spec import FigureSpec

#: Kind -> a function that draws a table on axes.
DRAW: dict[str, Callable[[FigureSpec, pd.DataFrame, Any], None]] = {
    **curves.DRAW,
    **bars.DRAW,
    **grids.DRAW,
    **spatial.DRAW,
    **panels.DRAW,
    **clusters.DRAW,
}


def height(spec: FigureSpec, table: pd.DataFrame) -> float:
    """Height of the figure in inches; a drawn table grows with its rows, a bar chart with horizontal bars too."""
    if spec.kind == "table":
        return 0.9 + 0.29 * (len(table) + 1)
    if spec.kind in ("map", "space", "panels"):
        return 1.2 * style.SIZE[1]
    if spec.kind == "clusters":
        return 1.42 * style.SIZE[1]
    if spec.kind == "bar" and bars.long_names(spec, table):
        return max(style.SIZE[1], 1.2 + 0.3 * len(table))
    return style.SIZE[1]
