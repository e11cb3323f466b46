"""Figures of particles in space: a slice with rings on a field, and particles in three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.axes import groups, legend
from lammps_glass.figures.grids import draw_heatmap
from lammps_glass.figures.spec import FigureSpec

#: Area, in square points, of the largest ring of a map and of the spheres of a space.
LARGEST = 170.0


def draw_map(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """The field as a heatmap of equal scales, and a ring for each row without a value."""
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
    # A white ring cannot be seen on the white of the legend.
    if axes.get_legend() is not None:
        axes.get_legend().set_frame_on(True)
        axes.get_legend().get_frame().set(facecolor="#4D4D4D", edgecolor="none")
        for text in axes.get_legend().get_texts():
            text.set_color("white")


def _areas(spec: FigureSpec, rows: pd.DataFrame) -> Any:
    """Areas of the rings: all alike, or by the column `size`, never too small to be seen."""
    if spec.size is None:
        return 0.25 * LARGEST
    size = rows[spec.size].to_numpy(dtype=float)
    return LARGEST * np.clip(size / max(size.max(), 1e-300), 0.08, 1.0)


def draw_space(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """Spheres in three dimensions; the axes have the lengths of the data, so that a cube looks like one."""
    from matplotlib.ticker import MaxNLocator

    places = [spec.x, spec.y, spec.z or ""]
    look: dict[str, Any] = {"linewidths": 0.0, "depthshade": True}
    even = float(np.clip(70.0 * (1000 / len(table)) ** (2 / 3), 4.0, 220.0))  # as large as leaves room between them
    if spec.value is not None:
        # The middle 96 % span the colours: a few extreme particles would leave one colour to all others.
        low, high = np.nanpercentile(table[spec.value].to_numpy(dtype=float), [2, 98])
        drawn = axes.scatter(
            *(table[p] for p in places), c=table[spec.value], s=even, cmap=style.SEQUENTIAL, vmin=low, vmax=high, **look
        )
        axes.figure.colorbar(drawn, ax=axes, label=spec.value_label or spec.value, shrink=0.7, pad=0.12)
    else:
        found = groups(spec, table)
        for (name, rows), colour in zip(found, style.colours([str(name) for name, _ in found])):
            area = _areas(spec, rows) if spec.size else even
            axes.scatter(*(rows[p] for p in places), s=area, color=colour, label=str(name), **look)
    spans = [float(np.ptp(table[p])) or 1.0 for p in places]
    axes.set_box_aspect(spans, zoom=0.95)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    unit = spec.x_label.removeprefix(spec.x) if spec.x_label.startswith(spec.x) else ""  # that of the third axis too
    axes.set(xlabel=spec.x_label or spec.x, ylabel=spec.y_label or spec.y, zlabel=f"{places[2]}{unit}")
    if spec.series and spec.value is None:
        axes.legend(loc="upper left", bbox_to_anchor=(-0.25, 1.02))
