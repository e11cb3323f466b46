"""Figures of several panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import Floats, diagonal, error_bars
from lammps_glass.figures.spec import FigureSpec, Panel
from lammps_glass.figures.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_panels(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw each panel in axes of its own; a series has one colour in all of them."""
    axes.axis("off")
    looks = _looks(spec, table)
    drawn = []
    for panel in spec.panels:
        inner = axes.inset_axes(panel.box)
        if panel.kind == "legend":
            _legend(panel, looks, inner)
            continue
        rows = table[table["panel"] == panel.name]
        groups = [(name, rows[rows[spec.series] == name]) for name in looks] if spec.series else [("", rows)]
        groups = [(name, members) for name, members in groups if len(members)]
        for at, (name, members) in enumerate(groups):
            _DRAW[panel.kind](spec, members, inner, looks[name], (at, len(groups)))
        _finish(panel, rows, inner)
        drawn.append((panel, inner))
    same_range = [inner for panel, inner in drawn if panel.same_y]
    top = max((inner.get_ylim()[1] for inner in same_range), default=1.0)
    for inner in same_range:
        inner.set_ylim(top=top)


def _looks(spec: FigureSpec, table: pd.DataFrame) -> dict[str, Look]:
    """Choose the look of each series; one with ``colour_of`` has the colour of another series, and is dashed."""
    names = [str(name) for name in dict.fromkeys(table[spec.series].tolist())] if spec.series else [""]
    same_colour = {}
    if "colour_of" in table:
        dashed = table.dropna(subset=["colour_of"])
        same_colour = dict(zip(dashed[spec.series].astype(str), dashed["colour_of"].astype(str)))
    solid = [name for name in names if name not in same_colour]
    palette = dict(zip(solid, style.colours(solid)))
    return {
        name: {"color": palette[same_colour.get(name, name)], "linestyle": "--" if name in same_colour else "-"}
        for name in names
    }


def _legend(panel: Panel, looks: dict[str, Look], axes: Axes) -> None:
    """Draw a legend of all series, in as many columns as there is room for."""
    from matplotlib.lines import Line2D

    axes.axis("off")
    lines = [Line2D([], [], linewidth=3.0 if look["linestyle"] == "-" else 1.4, **look) for look in looks.values()]
    room = panel.box[2] * 0.88 * 72 * style.SIZE[0]  # points; the plot area is a bit narrower than the figure
    widths = [24 + 4.3 * len(name) for name in looks]  # at this size of letters
    across = len(lines) if sum(widths) <= room else max(1, int(room // max(widths)))
    axes.legend(
        lines, list(looks), loc="center left", bbox_to_anchor=(0.0, 0.5), ncols=across, fontsize=8, handlelength=1.2,
        columnspacing=1.2, borderaxespad=0.0,
    )  # fmt: skip


def _finish(panel: Panel, rows: pd.DataFrame, axes: Axes) -> None:
    """Add scales, labels and title to the axes of a panel."""
    if panel.diagonal:
        diagonal(axes)
    if panel.logx:
        axes.set_xscale("log", nonpositive="mask")
    if panel.logy:
        axes.set_yscale("log", nonpositive="mask")
    titles = [str(title) for title in rows["title"].dropna()] if "title" in rows else []
    if titles or not panel.name.startswith("_"):
        axes.set_title(titles[0] if titles else panel.name, fontsize=8.5, pad=4, fontweight="normal")
    axes.set_xlabel(panel.x_label, fontsize=8.5)
    axes.set_ylabel(panel.y_label, fontsize=8.5)
    axes.tick_params(labelsize=7.5)
    if not panel.logy:
        axes.locator_params("y" if panel.logx else "both", nbins=5)


def _errors(spec: FigureSpec, rows: pd.DataFrame) -> Floats | None:
    """Compute the lengths (2, n) of error bars; None when the figure has none, or no end is finite."""
    if spec.error is None or not np.isfinite(rows[list(spec.error)].to_numpy(dtype=float)).any():
        return None
    return error_bars(spec, rows)


def _scatter(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, look: Look, order: tuple[int, int]) -> None:
    """Draw points."""
    axes.scatter(rows[spec.x], rows[spec.y], s=9, color=look["color"], alpha=0.6, zorder=3, linewidths=0)


def _line(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, look: Look, order: tuple[int, int]) -> None:
    """Draw a line with error bars."""
    rows = rows.sort_values(spec.x, kind="stable")
    marker = "o" if len(rows) <= 30 and look["linestyle"] == "-" else None
    axes.errorbar(rows[spec.x], rows[spec.y], _errors(spec, rows), marker=marker, capsize=2, markersize=3.5, **look)


def _step(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, look: Look, order: tuple[int, int]) -> None:
    """Draw steps."""
    rows = rows.sort_values(spec.x, kind="stable")
    axes.step(rows[spec.x], rows[spec.y], where="mid", linewidth=1.2, **look)


def _bar(spec: FigureSpec, rows: pd.DataFrame, axes: Axes, look: Look, order: tuple[int, int]) -> None:
    """Draw the bars of a series beside those of the others; `order` is its number, and how many there are."""
    at, count = order
    x = rows[spec.x].astype(float)
    thickness = 0.85 / count
    axes.bar(
        x + (at - (count - 1) / 2) * thickness, rows[spec.y], thickness, color=look["color"], yerr=_errors(spec, rows),
        error_kw={"elinewidth": 0.8, "capsize": 1.5},
    )  # fmt: skip
    kind = rows["group"].astype(str).to_numpy() if at == 0 and "group" in rows else np.empty(0)
    for change in np.flatnonzero(kind[1:] != kind[:-1]) + 1:
        axes.axvline(x.iloc[change] - 0.5, color=style.GUIDE, linestyle="--", linewidth=0.9, zorder=1.5)


_DRAW: dict[str, Callable[..., None]] = {"scatter": _scatter, "line": _line, "step": _step, "bar": _bar}
