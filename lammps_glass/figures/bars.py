"""Bar charts by category."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import error_bars, finish, groups, series_name
from lammps_glass.figures.spec import FigureSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def long_names(spec: FigureSpec, table: pd.DataFrame) -> bool:
    """Decide whether the categories have names too long to stand side by side."""
    names = [str(name) for name in table[spec.x]]
    return max(map(len, names)) > 8 and len(names) > 4


def draw_bars(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw bars by category, horizontal when the names are long."""
    series = groups(spec, table)
    names = list(dict.fromkeys(table[spec.x].tolist()))
    horizontal = long_names(spec, table)
    thickness = 0.8 / len(series)
    for at, ((name, rows), colour) in enumerate(zip(series, style.colours([name for name, _ in series]))):
        positions = np.array([names.index(x) for x in rows[spec.x]]) + (at - (len(series) - 1) / 2) * thickness
        errors = error_bars(spec, rows) if spec.error else None
        draw: Callable[..., object] = axes.barh if horizontal else axes.bar
        key = "xerr" if horizontal else "yerr"
        draw(
            positions,
            rows[spec.y],
            0.92 * thickness,
            color=colour,
            label=series_name(name),
            capsize=2.5,
            ecolor="#333333",
            **{key: errors},
        )
    _finish_bars(spec, table, axes, names, horizontal)


def _finish_bars(
    spec: FigureSpec, table: pd.DataFrame, axes: Axes, names: Sequence[Hashable], horizontal: bool
) -> None:
    """Add scales, labels and categories to the axes."""
    ticks = [series_name(name) for name in names]
    if not horizontal:
        finish(replace(spec, logx=False), table, axes)
        axes.set_xticks(range(len(names)), ticks)
        axes.grid(visible=False, axis="x")
        return
    # Horizontal bars exchange the axes, their labels and the direction of the marks.
    turned = tuple(replace(mark, kind="x") for mark in spec.paper_marks if mark.kind == "y")
    across, up = spec.y_label or spec.y, spec.x_label or spec.x
    exchanged = replace(spec, logx=spec.logy, logy=False, paper_marks=turned, y_limits=None, x_label=across, y_label=up)
    finish(exchanged, table, axes)
    axes.set_xlim(*(spec.y_limits or axes.get_xlim()))
    axes.set_yticks(range(len(names)), ticks)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
