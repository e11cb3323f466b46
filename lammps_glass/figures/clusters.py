"""Figures of clusters: a particle and its neighbours, one cluster beside the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.figures import style
from lammps_glass.figures.spec import FigureSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Integers = NDArray[np.int64]

#: Clusters in a row; radius of the field of a cluster; distance up to which neighbours are joined to the centre
#: (angstrom).
IN_A_ROW, REACH, JOINED = 8, 5.4, 3.9
#: Distance of the centres of clusters in a row and in a column, in angstrom.
STEP = (2.3 * REACH, 2.9 * REACH)
#: Radii of the spheres by species, in angstrom: smaller than the atoms, so that the centre is visible.
RADII = {"Cu": 0.62, "Zr": 0.80}


def placed(spec: FigureSpec, table: pd.DataFrame) -> pd.DataFrame:
    """Arrange the particles of all clusters in one figure.

    Columns added: ``number`` of the cluster, ``near`` (joined to the centre), ``radius``, ``colour``, and the position
    in the figure, ``at_x``, ``at_y``, ``at_z``. Optional columns (``species``, ``centre``, ``label``, ``sign``) get
    defaults.
    """
    series, depth = spec.series or "", spec.value or "z"
    defaults: dict[str, Any] = {depth: 0.0, "species": "", "centre": False, "sign": 0.0, "label": table[series]}
    table = table.assign(**{name: value for name, value in defaults.items() if name not in table})
    table = table.dropna(subset=[spec.x, spec.y, depth])
    names = {name: number for number, name in enumerate(dict.fromkeys(table[series]))}
    number = table[series].map(names).to_numpy(dtype=int)
    x, y, z = (table[column].to_numpy(dtype=float) for column in (spec.x, spec.y, depth))
    species = table["species"].astype(str)
    kinds = sorted(set(species))
    colours = [style.PALETTE[1 - kinds.index(name) % 2] if len(kinds) > 1 else style.PALETTE[0] for name in species]
    return table.assign(
        number=number, near=np.sqrt(x * x + y * y + z * z) < JOINED, radius=[RADII.get(name, 0.7) for name in species],
        colour=colours, at_x=x + _centre(number)[0], at_y=y + _centre(number)[1], at_z=z,
        centre=table["centre"].astype(bool),
    )  # fmt: skip


def extent(n_clusters: int) -> tuple[float, float, float, float]:
    """Compute left, right, bottom and top of a figure of so many clusters, in angstrom."""
    columns, rows = min(n_clusters, IN_A_ROW), -(-n_clusters // IN_A_ROW)
    return -1.2 * REACH, (columns - 1) * STEP[0] + 1.2 * REACH, -(rows - 1) * STEP[1] - 1.15 * REACH, 1.95 * REACH


def frame(particles: pd.DataFrame, axes: Axes) -> None:
    """Set the range of the axes, and write the label of each cluster above it, coloured by its sign."""
    left, right, bottom, top = extent(particles["number"].nunique())
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.axis("off")
    for number, (_, rows) in enumerate(particles.groupby("number")):
        first, (x, y) = rows.iloc[0], _centre(number)
        axes.text(
            x, y + 1.2 * REACH, str(first["label"]), ha="center", va="bottom", fontsize=5.2, linespacing=1.15,
            color="#B00020" if first["sign"] > 0 else "#0B4F9E",
        )  # fmt: skip


def _centre(number: int | Integers) -> tuple[Any, Any]:
    """Compute the position of cluster `number` (one or an array) in the figure."""
    return STEP[0] * (number % IN_A_ROW), -STEP[1] * (number // IN_A_ROW)


def draw_clusters(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
    """Draw a cluster for each value of `series`, seen along z: the centre ringed, its first shell joined to it."""
    particles = placed(spec, table)
    for number, (_, rows) in enumerate(particles.groupby("number")):
        _spheres(rows, axes, _centre(number))
    frame(particles, axes)


def _spheres(rows: pd.DataFrame, axes: Axes, centre: tuple[float, float]) -> None:
    """Draw the particles of a cluster, far ones first."""
    from matplotlib.patches import Circle

    row: Any
    for row in rows.sort_values("at_z").itertuples(index=False):
        if row.near and not row.centre:
            axes.plot([centre[0], row.at_x], [centre[1], row.at_y], color="#999999", lw=0.5, zorder=2.5)
        circle = Circle(
            (row.at_x, row.at_y), row.radius, facecolor=row.colour, edgecolor="#111111" if row.near else "none",
            alpha=0.95 if row.near else 0.22, linewidth=1.4 if row.centre else 0.3, zorder=3 + row.at_z / 99,
        )  # fmt: skip
        axes.add_patch(circle)
