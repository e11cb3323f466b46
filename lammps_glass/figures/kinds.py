"""Heights of figures, by kind."""

from __future__ import annotations

import pandas as pd

from lammps_glass.figures import bars, style
from lammps_glass.figures.registry import REGISTRY
from lammps_glass.figures.spec import FigureSpec


def height(spec: FigureSpec, table: pd.DataFrame) -> float:
    """Compute the height of a figure in inches; tables and horizontal bars grow with their rows.

    The function that draws a kind of a plug-in may have an attribute ``height``.
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
