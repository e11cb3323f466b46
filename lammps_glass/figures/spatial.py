"""Figures of particles in space: maps of a slice, and particles in three dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import Floats, groups, legend
from lammps_glass.figures.grids import draw_heatmap
from lammps_glass.figures.spec import FigureSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Area, in square points, of the largest ring of a map and of the spheres of a space.
LARGEST = 170.0


def draw_map(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw a field as a heat map with equal scales, and a ring for each row without a value."""
    field = table[spec.value].notna()
    draw_heatmap(spec, table[field], axes)
    axes.set_aspect("equal")
    for (name, rows), colour in zip(groups(spec, table[~field]), ("white", style.ON_MAP)):
        if rows.empty:
            continue
        axes.scatter(
            rows[spec.x], rows[spec.y], s=_areas(spec, rows), facecolors="none", edgecolors=colour, linewidths=1.3,
            label=str(name), zorder=3,
        )  # fmt: skip
    legend(spec, axes)
    # A white ring is invisible on a white legend.
    entries = axes.get_legend()
    if entries is not None:
        entries.set_frame_on(True)
        entries.get_frame().set(facecolor="#4D4D4D", edgecolor="none")
        for text in entries.get_texts():
            text.set_color("white")


def _areas(spec: FigureSpec, rows: pd.DataFrame) -> float | Floats:
    """Compute the areas of rings or spheres: equal, or by the column `size` with a lower limit."""
    if spec.size is None:
        return 0.25 * LARGEST
    size = rows[spec.size].to_numpy(dtype=float)
    return np.asarray(LARGEST * np.clip(size / max(size.max(), 1e-300), 0.08, 1.0))


def draw_space(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """Draw spheres in three dimensions, on axes with the proportions of the data."""
    from matplotlib.ticker import MaxNLocator

    columns = [spec.x, spec.y, spec.z or ""]
    look: dict[str, Any] = {"linewidths": 0.0, "depthshade": True}
    area = float(np.clip(70.0 * (1000 / len(table)) ** (2 / 3), 4.0, 220.0))  # leaves room between the spheres
    if spec.value is not None:
        # Colours span the middle 96 %: with the extremes all other particles would have nearly one colour.
        low, high = np.nanpercentile(table[spec.value].to_numpy(dtype=float), [2, 98])
        drawn = axes.scatter(
            *(table[column] for column in columns),
            c=table[spec.value],
            s=area,
            cmap=style.SEQUENTIAL,
            vmin=low,
            vmax=high,
            **look,
        )
        axes.figure.colorbar(drawn, ax=axes, label=spec.value_label or spec.value, shrink=0.7, pad=0.12)
    else:
        series = groups(spec, table)
        for (name, rows), colour in zip(series, style.colours([str(name) for name, _ in series])):
            areas = _areas(spec, rows) if spec.size else area
            axes.scatter(*(rows[column] for column in columns), s=areas, color=colour, label=str(name), **look)
    spans = [float(np.ptp(table[column])) or 1.0 for column in columns]
    axes.set_box_aspect(spans, zoom=0.95)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    unit = spec.x_label.removeprefix(spec.x) if spec.x_label.startswith(spec.x) else ""  # that of the third axis too
    axes.set(xlabel=spec.x_label or spec.x, ylabel=spec.y_label or spec.y, zlabel=f"{columns[2]}{unit}")
    if spec.series and spec.value is None:
        axes.legend(loc="upper left", bbox_to_anchor=(-0.25, 1.02))
