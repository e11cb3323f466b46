"""Axes of figures: series, error bars, scales, reference marks, the diagonal, legends."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.figures import style
from lammps_glass.figures.spec import FigureSpec, Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

Floats = NDArray[np.float64]
Draw = Callable[[FigureSpec, pd.DataFrame, "Axes"], None]
"""Draws a table on axes, as a figure says."""


def groups(spec: FigureSpec, table: pd.DataFrame) -> list[tuple[Hashable, pd.DataFrame]]:
    """Split the table into series, in their order of appearance (numbers: ascending), the highlighted one last."""
    if spec.series is None:
        return [("", table)]
    names = list(dict.fromkeys(table[spec.series].tolist()))
    if all(isinstance(name, int | float) for name in names):
        names.sort()
    names.sort(key=lambda name: str(name) == spec.highlight)
    return [(name, table[table[spec.series] == name]) for name in names]


def series_name(name: object) -> str:
    """Format the name of a series for the legend."""
    return f"{name:g}" if isinstance(name, float) else str(name)


def error_bars(spec: FigureSpec, rows: pd.DataFrame) -> Floats:
    """Compute the lengths (2, n) of error bars from their absolute ends; 0 for an end that is not finite."""
    low, high = spec.error or ("", "")
    ends = np.array([rows[spec.y] - rows[low], rows[high] - rows[spec.y]], dtype=float)
    return np.asarray(np.where(np.isfinite(ends), np.maximum(ends, 0.0), 0.0))


def finish(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Add scales, labels, reference marks and a legend to the axes."""
    if spec.logx:
        axes.set_xscale("log")
        _log_axis(axes.xaxis)
    elif pd.api.types.is_integer_dtype(table[spec.x]):
        axes.locator_params(axis="x", integer=True)
    if spec.logy:
        # Bars and steps of a histogram begin at zero, which is cut off; a point that has no logarithm is left out.
        axes.set_yscale("log", nonpositive="clip" if spec.kind in ("bar", "histogram") else "mask")
        _log_axis(axes.yaxis)
    if spec.y_limits:
        axes.set_ylim(*spec.y_limits)
    axes.set_xlabel(spec.x_label or spec.x)
    axes.set_ylabel(spec.y_label or spec.y)
    if spec.diagonal:
        diagonal(axes)
    for mark in spec.paper_marks:
        _mark(mark, table[spec.x], axes, style.ON_MAP if spec.kind == "heatmap" else style.GUIDE)
    legend(spec, axes)


def diagonal(axes: Axes) -> None:
    """Draw the line y = x, and give both axes the same range."""
    ends = np.array([axes.get_xlim(), axes.get_ylim()])
    margin = 0.03 * float(np.ptp(ends))
    low, high = float(ends.min()) - margin, float(ends.max()) + margin
    axes.plot([low, high], [low, high], color=style.GUIDE, linestyle="--", linewidth=1.2, zorder=1.5)
    axes.set(xlim=(low, high), ylim=(low, high))


def legend_above(spec: FigureSpec, axes: Axes) -> bool:
    """Decide whether the legend is one line between plot and title: for a few short entries only."""
    labels = axes.get_legend_handles_labels()[1]
    return 0 < len(labels) <= 3 and not spec.series_label and sum(map(len, labels)) <= 60


def legend(spec: FigureSpec, axes: Axes) -> None:
    """Add a legend above the plot or to the right of it, never on the data."""
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    look = {"title": spec.series_label or None, "title_fontsize": 9, "borderaxespad": 0.2}
    if legend_above(spec, axes):
        axes.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(labels), **look)
    else:
        axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.01, 1.0), **look)


def _log_axis(axis: Axis) -> None:
    """Label the decades of a logarithmic axis; also 2 and 5 of each when it spans about one decade."""
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if low > 0 and np.log10(high / low) < 1.6:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(np.inf, np.inf)))
    axis.set_minor_formatter(NullFormatter())


def _mark(mark: Mark, x: pd.Series[float], axes: Axes, colour: str) -> None:
    """Draw a reference mark: a vertical or horizontal line, or a power law through its anchor."""
    look: dict[str, Any] = {
        "color": colour,
        "linestyle": "--",
        "linewidth": 1.2,
        "label": mark.label or None,
        "zorder": 1.5,
    }
    if mark.kind == "x":
        axes.axvline(mark.value, **look)
    elif mark.kind == "y":
        axes.axhline(mark.value, **look)
    elif mark.anchor is not None:
        ends = np.array([x[x > 0].min(), x.max()], dtype=float)
        axes.plot(ends, mark.anchor[1] * (ends / mark.anchor[0]) ** mark.value, **look)
