"""How each kind of figure is drawn on its axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.spec import FigureSpec

Axes = Any


def height(spec: FigureSpec, table: pd.DataFrame) -> float:
    """Height of the figure in inches; a drawn table grows with its rows, a bar chart with horizontal bars too."""
    if spec.kind == "table":
        return 0.9 + 0.29 * (len(table) + 1)
    if spec.kind in ("map", "space", "panels"):
        return 1.2 * style.SIZE[1]
    if spec.kind == "clusters":
        return 1.42 * style.SIZE[1]
    if spec.kind == "bar" and _long_names(spec, table):
        return max(style.SIZE[1], 1.2 + 0.3 * len(table))
    return style.SIZE[1]


def groups(spec: FigureSpec, table: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    """The series in their order of appearance (numbers: ascending); the highlighted one last, so that it is on top."""
    if spec.series is None:
        return [("", table)]
    names = list(dict.fromkeys(table[spec.series].tolist()))
    if all(isinstance(name, int | float) for name in names):
        names.sort()
    names.sort(key=lambda name: str(name) == spec.highlight)
    return [(name, table[table[spec.series] == name]) for name in names]


def _curves(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    found = groups(spec, table)
    names = list(dict.fromkeys(_leader(name) for name, _ in found if str(name) != spec.highlight))
    palette = dict(zip(names, style.colours(names)))
    for at, (name, rows) in enumerate(found):
        top = spec.highlight is not None and str(name) == spec.highlight
        colour = style.HIGHLIGHT if top else palette[_leader(name)]
        _DRAW_CURVE[spec.kind](spec, rows.sort_values(spec.x, kind="stable"), axes, colour, _name(name), at, top)
    _finish(spec, table, axes)


def _leader(name: Any) -> Any:
    """The series whose colour one takes: that of a curve, for its "(points)" and its "(fit)"."""
    return name.removesuffix(" (points)").removesuffix(" (fit)") if isinstance(name, str) else name


def _name(name: Any) -> str:
    return f"{name:g}" if isinstance(name, float) else str(name)


def _line(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, colour: str, name: str, at: int, top: bool) -> None:
    """A curve with its band; a series "... (points)" as symbols alone, "... (fit)" dashed, neither in the legend."""
    if name.endswith((" (points)", " (fit)")):
        look = {"linestyle": "none", "marker": "o"} if name.endswith(" (points)") else {"linestyle": "--"}
        axes.plot(rows[spec.x], rows[spec.y], color=colour, linewidth=1.3, zorder=3.5, **look)
        return
    marker = style.MARKERS[at % len(style.MARKERS)] if spec.markers and len(rows) <= 60 else None
    width = 2.4 if top else 1.6
    axes.plot(rows[spec.x], rows[spec.y], color=colour, marker=marker, label=name, linewidth=width, zorder=3 + top)
    if spec.error:
        low, high = spec.error
        # A band that reaches below a logarithmic axis is drawn down to its end.
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
    marker = style.MARKERS[at % len(style.MARKERS)]
    size = 14 if len(rows) > 200 else 26
    alpha = 0.55 if len(rows) > 200 else 0.95
    axes.scatter(rows[spec.x], rows[spec.y], s=size, color=colour, marker=marker, label=name, alpha=alpha, zorder=3)
    if spec.error:
        axes.errorbar(
            rows[spec.x], rows[spec.y], _bars(spec, rows), fmt="none", ecolor=colour, elinewidth=1, capsize=2.5
        )


def _bars(spec: FigureSpec, rows: pd.DataFrame) -> Any:
    """Lengths (2, n) of error bars from the absolute ends; an end that is not finite draws no bar on its side."""
    low, high = spec.error or ("", "")
    ends = np.array([rows[spec.y] - rows[low], rows[high] - rows[spec.y]], dtype=float)
    return np.where(np.isfinite(ends), np.maximum(ends, 0.0), 0.0)


def _histogram(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, colour: str, name: str, at: int, top: bool) -> None:
    if name.endswith("(bars)"):
        widths = np.gradient(rows[spec.x].to_numpy(dtype=float)) if len(rows) > 1 else 1.0
        label = name.removesuffix("(bars)").strip()
        axes.bar(rows[spec.x], rows[spec.y], 0.92 * widths, color=colour, alpha=0.35, label=label, zorder=2)
        return
    axes.step(rows[spec.x], rows[spec.y], where="mid", color=colour, label=name, zorder=3)
    axes.plot(rows[spec.x], rows[spec.y], ".", color=colour, markersize=4, zorder=3)


_DRAW_CURVE: dict[str, Callable[..., None]] = {"line": _line, "scatter": _scatter, "histogram": _histogram}


def _finish(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Scales, labels, the paper's marks, and a legend beside the data, never on it."""
    if spec.logx:
        axes.set_xscale("log")
        _log_axis(axes.xaxis)
    if spec.logy:
        # A bar begins at zero, which is cut off; a point that has no logarithm is left out.
        axes.set_yscale("log", nonpositive="clip" if spec.kind == "bar" else "mask")
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
    """The line y = x, and equal ranges of both axes, so that it is the diagonal."""
    ends = np.array([axes.get_xlim(), axes.get_ylim()])
    edge = 0.03 * float(np.ptp(ends))
    low, high = float(ends.min()) - edge, float(ends.max()) + edge
    axes.plot([low, high], [low, high], color=style.GUIDE, linestyle="--", linewidth=1.2, zorder=1.5)
    axes.set(xlim=(low, high), ylim=(low, high))


def legend_above(spec: FigureSpec, axes: Axes) -> bool:
    """Whether the legend is a line between plot and title: only for a few short entries."""
    labels = axes.get_legend_handles_labels()[1]
    return 0 < len(labels) <= 3 and not spec.series_label and sum(map(len, labels)) <= 60


def legend(spec: FigureSpec, axes: Axes) -> None:
    """A legend above the plot or to the right of it, never on the data."""
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    look: dict[str, Any] = {"title": spec.series_label or None, "title_fontsize": 9, "borderaxespad": 0.2}
    if legend_above(spec, axes):
        axes.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(labels), **look)
    else:
        axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.01, 1.0), **look)


def _log_axis(axis: Any) -> None:
    """Decades; within a decade or so also 2 and 5 of each, never labels that run into each other."""
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if low > 0 and np.log10(high / low) < 1.6:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(np.inf, np.inf)))
    axis.set_minor_formatter(NullFormatter())


def _mark(mark: Any, x: pd.Series[Any], axes: Axes, colour: str) -> None:
    look = {"color": colour, "linestyle": "--", "linewidth": 1.2, "label": mark.label or None, "zorder": 1.5}
    if mark.kind == "x":
        axes.axvline(mark.value, **look)
    elif mark.kind == "y":
        axes.axhline(mark.value, **look)
    else:
        ends = np.array([x[x > 0].min(), x.max()], dtype=float)
        axes.plot(ends, mark.anchor[1] * (ends / mark.anchor[0]) ** mark.value, **look)


def _long_names(spec: FigureSpec, table: pd.DataFrame) -> bool:
    names = [str(name) for name in table[spec.x]]
    return max(map(len, names)) > 8 and len(names) > 4


def _bar(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Bars by category; horizontal when the names are long, so that they can be read."""
    found = groups(spec, table)
    names = list(dict.fromkeys(table[spec.x].tolist()))
    flat = _long_names(spec, table)
    thick = 0.8 / len(found)
    for at, ((name, rows), colour) in enumerate(zip(found, style.colours([name for name, _ in found]))):
        place = np.array([names.index(x) for x in rows[spec.x]]) + (at - (len(found) - 1) / 2) * thick
        errors = _bars(spec, rows) if spec.error else None
        draw, key = (axes.barh, "xerr") if flat else (axes.bar, "yerr")
        draw(
            place,
            rows[spec.y],
            0.92 * thick,
            color=colour,
            label=_name(name),
            capsize=2.5,
            ecolor="#333333",
            **{key: errors},
        )
    _finish_bars(spec, table, axes, names, flat)


def _finish_bars(spec: FigureSpec, table: pd.DataFrame, axes: Axes, names: list[Any], flat: bool) -> None:
    from dataclasses import replace

    ticks = [_name(name) for name in names]
    if not flat:
        _finish(replace(spec, logx=False), table, axes)
        axes.set_xticks(range(len(names)), ticks)
        axes.grid(visible=False, axis="x")
        return
    # The bars lie down: the axes, their labels and the horizontal marks change places.
    turned = tuple(replace(mark, kind="x") for mark in spec.paper_marks if mark.kind == "y")
    across, up = spec.y_label or spec.y, spec.x_label or spec.x
    lying = replace(spec, logx=spec.logy, logy=False, paper_marks=turned, y_limits=None, x_label=across, y_label=up)
    _finish(lying, table, axes)
    axes.set_xlim(*(spec.y_limits or axes.get_xlim()))
    axes.set_yticks(range(len(names)), ticks)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")


def _heatmap(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    from matplotlib.colors import LogNorm, Normalize

    grid = table.pivot_table(index=spec.y, columns=spec.x, values=spec.value, aggfunc="mean", sort=True, dropna=False)
    values = np.ma.masked_invalid(grid.to_numpy(dtype=float))
    if spec.log_value:
        values = np.ma.masked_less_equal(values, 0)
    norm = LogNorm() if spec.log_value else Normalize()
    across, up = _edges(grid.columns, spec.logx), _edges(grid.index, spec.logy)
    mesh = axes.pcolormesh(across, up, values, cmap=style.SEQUENTIAL, norm=norm, rasterized=True)
    axes.figure.colorbar(mesh, ax=axes, label=spec.value_label or spec.value, pad=0.02)
    axes.set_facecolor("#EDEDED")
    axes.grid(visible=False)
    _finish(spec, table, axes)


def _edges(middles: Any, log: bool) -> Any:
    """Edges of the cells around ascending middles."""
    points = np.asarray(middles, dtype=float)
    points = np.log(points) if log else points
    if len(points) == 1:
        edges = points[0] + np.array([-0.5, 0.5])
    else:
        between = (points[:-1] + points[1:]) / 2
        edges = np.concatenate([[2 * points[0] - between[0]], between, [2 * points[-1] - between[-1]]])
    return np.exp(edges) if log else edges


def _matrix(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    rows, columns = list(dict.fromkeys(table[spec.y])), list(dict.fromkeys(table[spec.x]))
    grid = table.pivot(index=spec.y, columns=spec.x, values=spec.value).loc[rows, columns].to_numpy(dtype=float)
    mesh = axes.imshow(grid, cmap="Blues", vmin=0.0)
    dark = np.nanmax(grid) / 2
    for (i, j), number in np.ndenumerate(grid):
        text = f"{number:.3f}" if abs(number) <= 1 and number != round(number) else f"{number:,.6g}"
        axes.text(j, i, text, ha="center", va="center", fontsize=13, color="white" if number > dark else "#111111")
    axes.set_xticks(range(len(columns)), map(str, columns))
    axes.set_yticks(range(len(rows)), map(str, rows))
    axes.set_xlabel(spec.x_label or spec.x)
    axes.set_ylabel(spec.y_label or spec.y)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.figure.colorbar(mesh, ax=axes, label=spec.value_label or spec.value, pad=0.02)


def _table(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    shown = table[list(spec.columns)] if spec.columns else table
    text = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    names = [str(name).replace("_", " ") for name in shown.columns]
    widths = [max(len(names[at]), *(len(row[at]) for row in text)) + 2 for at in range(len(names))]
    drawn = axes.table(
        text, colLabels=names, cellLoc="right", bbox=(0, 0, 1, 1), colWidths=[width / sum(widths) for width in widths]
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(min(10.0, 10.0 * 84 / sum(widths)))
    for (row, _), cell in drawn.get_celld().items():
        cell.set(edgecolor="#CCCCCC", linewidth=0.6)
        cell.visible_edges = "B"
        if row == 0:
            cell.set(edgecolor="#333333", linewidth=1.0)
            cell.get_text().set_fontweight("bold")
    axes.axis("off")


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "\N{EN DASH}" if np.isnan(value) else f"{value:.4g}"
    return str(value)


DRAW: dict[str, Callable[[FigureSpec, pd.DataFrame, Axes], None]] = {
    "line": _curves,
    "scatter": _curves,
    "histogram": _curves,
    "bar": _bar,
    "heatmap": _heatmap,
    "matrix": _matrix,
    "table": _table,
}
