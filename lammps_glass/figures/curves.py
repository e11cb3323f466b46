"""Curves with error bands, scatter plots and histograms, by series."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import error_bars, finish, groups, series_name
from lammps_glass.figures.spec import FigureSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_curves(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw each series in the way of its kind, in its colour."""
    series = groups(spec, table)
    names = list(dict.fromkeys(_curve_of(name) for name, _ in series if str(name) != spec.highlight))
    palette = dict(zip(names, style.colours(names)))
    for at, (name, rows) in enumerate(series):
        top = spec.highlight is not None and str(name) == spec.highlight
        colour = style.HIGHLIGHT if top else palette[_curve_of(name)]
        _DRAW_CURVE[spec.kind](spec, rows.sort_values(spec.x, kind="stable"), axes, colour, series_name(name), at, top)
    finish(spec, table, axes)


def _curve_of(name: Hashable) -> Hashable:
    """Name the curve whose colour a series has: "a" for "a (points)" and "a (fit)"."""
    return name.removesuffix(" (points)").removesuffix(" (fit)") if isinstance(name, str) else name


def _line(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, colour: str, name: str, at: int, top: bool) -> None:
    """Draw a curve with its band; "... (points)" as symbols alone and "... (fit)" dashed, neither in the legend."""
    if name.endswith((" (points)", " (fit)")):
        look: style.Look = {"linestyle": "none", "marker": "o"} if name.endswith(" (points)") else {"linestyle": "--"}
        axes.plot(rows[spec.x], rows[spec.y], color=colour, linewidth=1.3, zorder=3.5, **look)
        return
    if spec.logx:  # lag 0 stands in the table
        rows = rows[rows[spec.x] > 0]
    marker = style.MARKERS[at % len(style.MARKERS)] if spec.markers and len(rows) <= 60 else None
    width = 2.4 if top else 1.6
    axes.plot(rows[spec.x], rows[spec.y], color=colour, marker=marker, label=name, linewidth=width, zorder=3 + top)
    if spec.error:
        low, high = spec.error
        # A band that extends below a logarithmic axis is drawn down to the lower limit of the axis.
        least = spec.y_limits[0] if spec.logy and spec.y_limits else -np.inf
        axes.fill_between(
            rows[spec.x],
            rows[low].clip(lower=least),
            rows[high].clip(lower=least),
            color=colour,
            alpha=0.18,
            linewidth=0,
        )


def _scatter(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, colour: str, name: str, at: int, top: bool) -> None:
    """Draw points with error bars."""
    marker = style.MARKERS[at % len(style.MARKERS)]
    size = 14 if len(rows) > 200 else 26
    alpha = 0.55 if len(rows) > 200 else 0.95
    axes.scatter(rows[spec.x], rows[spec.y], s=size, color=colour, marker=marker, label=name, alpha=alpha, zorder=3)
    if spec.error:
        axes.errorbar(
            rows[spec.x], rows[spec.y], error_bars(spec, rows), fmt="none", ecolor=colour, elinewidth=1, capsize=2.5
        )


def _histogram(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, colour: str, name: str, at: int, top: bool) -> None:
    """Draw a histogram as steps; a series "... (bars)" is filled."""
    if name.endswith("(bars)"):
        widths = np.gradient(rows[spec.x].to_numpy(dtype=float)) if len(rows) > 1 else 1.0
        label = name.removesuffix("(bars)").strip()
        axes.bar(rows[spec.x], rows[spec.y], 0.92 * widths, color=colour, alpha=0.35, label=label, zorder=2)
        return
    axes.step(rows[spec.x], rows[spec.y], where="mid", color=colour, label=name, zorder=3)
    axes.plot(rows[spec.x], rows[spec.y], ".", color=colour, markersize=4, zorder=3)


_DRAW_CURVE: dict[str, Callable[..., None]] = {"line": _line, "scatter": _scatter, "histogram": _histogram}
