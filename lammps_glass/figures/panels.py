"""Figures of several plots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import diagonal
from lammps_glass.figures.spec import FigureSpec, Panel


def draw_panels(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """Each panel in its own axes inside the figure's; a series has one colour in all of them."""
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
        groups = [(name, mine) for name, mine in groups if len(mine)]
        for at, (name, mine) in enumerate(groups):
            _DRAW[panel.kind](spec, mine, inner, looks[name], (at, len(groups)))
        _finish(panel, rows, inner)
        drawn.append((panel, inner))
    alike = [inner for panel, inner in drawn if panel.same_y]
    top = max((inner.get_ylim()[1] for inner in alike), default=1.0)
    for inner in alike:
        inner.set_ylim(top=top)


def _looks(spec: FigureSpec, table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Series -> colour and line; a series with ``colour_of`` is the dashed companion of another one."""
    names = [str(name) for name in dict.fromkeys(table[spec.series].tolist())] if spec.series else [""]
    leader = {}
    if "colour_of" in table:
        told = table.dropna(subset=["colour_of"])
        leader = dict(zip(told[spec.series].astype(str), told["colour_of"].astype(str)))
    own = [name for name in names if name not in leader]
    palette = dict(zip(own, style.colours(own)))
    return {
        name: {"color": palette[leader.get(name, name)], "linestyle": "--" if name in leader else "-"} for name in names
    }


def _legend(panel: Panel, looks: dict[str, dict[str, Any]], axes: Any) -> None:
    """Names of all series, in as many columns as there is room for."""
    from matplotlib.lines import Line2D

    axes.axis("off")
    lines = [Line2D([], [], linewidth=3.0 if look["linestyle"] == "-" else 1.4, **look) for look in looks.values()]
    room = panel.box[2] * 0.88 * 72 * axes.figure.get_size_inches()[0]  # points; the plot area is a bit narrower
    widths = [24 + 4.3 * len(name) for name in looks]  # at this size of letters
    across = len(lines) if sum(widths) <= room else max(1, int(room // max(widths)))
    axes.legend(
        lines, list(looks), loc="center left", bbox_to_anchor=(0.0, 0.5), ncols=across, fontsize=8, handlelength=1.2,
        columnspacing=1.2, borderaxespad=0.0,
    )  # fmt: skip


def _finish(panel: Panel, rows: pd.DataFrame, axes: Any) -> None:
    if panel.diagonal:
        diagonal(axes)
    if panel.logy:
        axes.set_yscale("log", nonpositive="mask")
    titles = [str(title) for title in rows["title"].dropna()] if "title" in rows else []
    if titles or not panel.name.startswith("_"):
        axes.set_title(titles[0] if titles else panel.name, fontsize=8.5, pad=4, fontweight="normal")
    axes.set_xlabel(panel.x_label, fontsize=8.5)
    axes.set_ylabel(panel.y_label, fontsize=8.5)
    axes.tick_params(labelsize=7.5)
    if not panel.logy:
        axes.locator_params(nbins=5)


def _errors(spec: FigureSpec, rows: pd.DataFrame) -> Any:
    if spec.error is None:
        return None
    low, high = spec.error
    ends = np.array([rows[spec.y] - rows[low], rows[high] - rows[spec.y]], dtype=float)
    if not np.isfinite(ends).any():
        return None
    return np.where(np.isfinite(ends), np.maximum(ends, 0.0), 0.0)


def _scatter(spec: FigureSpec, rows: pd.DataFrame, axes: Any, look: dict[str, Any], place: Any) -> None:
    axes.scatter(rows[spec.x], rows[spec.y], s=9, color=look["color"], alpha=0.6, zorder=3, linewidths=0)


def _line(spec: FigureSpec, rows: pd.DataFrame, axes: Any, look: dict[str, Any], place: Any) -> None:
    rows = rows.sort_values(spec.x, kind="stable")
    marker = "o" if len(rows) <= 30 and look["linestyle"] == "-" else None
    axes.errorbar(rows[spec.x], rows[spec.y], _errors(spec, rows), marker=marker, capsize=2, markersize=3.5, **look)


def _step(spec: FigureSpec, rows: pd.DataFrame, axes: Any, look: dict[str, Any], place: Any) -> None:
    rows = rows.sort_values(spec.x, kind="stable")
    axes.step(rows[spec.x], rows[spec.y], where="mid", linewidth=1.2, **look)


def _bar(spec: FigureSpec, rows: pd.DataFrame, axes: Any, look: dict[str, Any], place: Any) -> None:
    """Bars of a series side by side with those of the others; categories keep their order of appearance."""
    at, count = place
    x = rows[spec.x].astype(float)
    thick = 0.85 / count
    axes.bar(
        x + (at - (count - 1) / 2) * thick, rows[spec.y], thick, color=look["color"], yerr=_errors(spec, rows),
        error_kw={"elinewidth": 0.8, "capsize": 1.5},
    )  # fmt: skip
    kind = rows["group"].astype(str).to_numpy() if at == 0 and "group" in rows else np.empty(0)
    for change in np.flatnonzero(kind[1:] != kind[:-1]) + 1:
        axes.axvline(x.iloc[change] - 0.5, color=style.GUIDE, linestyle="--", linewidth=0.9, zorder=1.5)


_DRAW: dict[str, Callable[..., None]] = {"scatter": _scatter, "line": _line, "step": _step, "bar": _bar}
