"""Heat maps, matrices with numbers, and tables drawn as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.figures import style
from lammps_glass.figures.axes import Floats, finish
from lammps_glass.figures.spec import FigureSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_heatmap(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw a long table x, y, value as coloured cells; several rows of a cell are averaged."""
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
    finish(spec, table, axes)


def _edges(middles: ArrayLike, log: bool) -> Floats:
    """Compute the edges of cells around ascending middles."""
    points = np.asarray(middles, dtype=float)
    points = np.log(points) if log else points
    if len(points) == 1:
        edges = points[0] + np.array([-0.5, 0.5])
    else:
        between = (points[:-1] + points[1:]) / 2
        edges = np.concatenate([[2 * points[0] - between[0]], between, [2 * points[-1] - between[-1]]])
    return np.asarray(np.exp(edges) if log else edges)


def draw_matrix(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw a long table x, y, value as a matrix with the number in each cell."""
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


def draw_table(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw a table of text."""
    from matplotlib.transforms import Bbox

    shown = table[list(spec.columns)] if spec.columns else table
    text = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    names = [str(name).replace("_", " ") for name in shown.columns]
    widths = [max(len(names[at]), *(len(row[at]) for row in text)) + 2 for at in range(len(names))]
    drawn = axes.table(
        text, colLabels=names, cellLoc="right", bbox=Bbox.unit(), colWidths=[width / sum(widths) for width in widths]
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


def _cell(value: object) -> str:
    """Format a number to four digits, NaN as a dash, anything else as text."""
    if isinstance(value, float | np.floating):
        return "\N{EN DASH}" if np.isnan(value) else f"{value:.4g}"
    return str(value)
