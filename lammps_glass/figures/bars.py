"""Bars by category."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import Axes, error_bars, finish, groups, series_name
from lammps_glass.figures.spec import FigureSpec


def long_names(spec: FigureSpec, table: pd.DataFrame) -> bool:
    names = [str(name) for name in table[spec.x]]
    return max(map(len, names)) > 8 and len(names) > 4


def draw_bars(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Bars by category; horizontal when the names are long, so that they can be read."""
    found = groups(spec, table)
    names = list(dict.fromkeys(table[spec.x].tolist()))
    flat = long_names(spec, table)
    thick = 0.8 / len(found)
    for at, ((name, rows), colour) in enumerate(zip(found, style.colours([name for name, _ in found]))):
        place = np.array([names.index(x) for x in rows[spec.x]]) + (at - (len(found) - 1) / 2) * thick
        errors = error_bars(spec, rows) if spec.error else None
        draw, key = (axes.barh, "xerr") if flat else (axes.bar, "yerr")
        draw(
            place,
            rows[spec.y],
            0.92 * thick,
            color=colour,
            label=series_name(name),
            capsize=2.5,
            ecolor="#333333",
            **{key: errors},
        )
    _finish_bars(spec, table, axes, names, flat)


def _finish_bars(spec: FigureSpec, table: pd.DataFrame, axes: Axes, names: list[Any], flat: bool) -> None:
    ticks = [series_name(name) for name in names]
    if not flat:
        finish(replace(spec, logx=False), table, axes)
        axes.set_xticks(range(len(names)), ticks)
        axes.grid(visible=False, axis="x")
        return
    # The bars lie down: the axes, their labels and the horizontal marks change places.
    turned = tuple(replace(mark, kind="x") for mark in spec.paper_marks if mark.kind == "y")
    across, up = spec.y_label or spec.y, spec.x_label or spec.x
    lying = replace(spec, logx=spec.logy, logy=False, paper_marks=turned, y_limits=None, x_label=across, y_label=up)
    finish(lying, table, axes)
    axes.set_xlim(*(spec.y_limits or axes.get_xlim()))
    axes.set_yticks(range(len(names)), ticks)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
