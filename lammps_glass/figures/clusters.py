"""Pictures of clusters: a particle and its neighbours, one cluster beside the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.spec import FigureSpec

#: Clusters of a picture in a row; angstrom from the centre that a cluster's field shows; how far neighbours are joined.
IN_A_ROW, REACH, JOINED = 8, 5.4, 3.9
#: From a cluster's centre to the next in a row and in a column, in angstrom.
STEP = (2.3 * REACH, 2.9 * REACH)
#: Radii of the spheres by species, in angstrom: smaller than the atoms, so that the centre is seen.
RADII = {"Cu": 0.62, "Zr": 0.80}


def placed(spec: FigureSpec, table: pd.DataFrame) -> pd.DataFrame:
    """The particles with their cluster's number, what is joined to a centre, and where each stands in the picture.

    Columns added: ``number`` of the cluster, ``near``, ``radius``, ``colour``, ``at_x``, ``at_y``, ``at_z``. Columns
    that the figure can do without (``species``, ``centre``, ``label``, ``sign``) get their defaults.
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
    """Left, right, bottom and top of a picture of so many clusters, in angstrom."""
    columns, rows = min(n_clusters, IN_A_ROW), -(-n_clusters // IN_A_ROW)
    return -1.2 * REACH, (columns - 1) * STEP[0] + 1.2 * REACH, -(rows - 1) * STEP[1] - 1.15 * REACH, 1.95 * REACH


def frame(particles: pd.DataFrame, axes: Any) -> None:
    """The field of the picture, and over each cluster its label in the colour of its sign."""
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


def _centre(number: Any) -> tuple[Any, Any]:
    """Where cluster `number` (one or an array) stands in the picture."""
    return STEP[0] * (number % IN_A_ROW), -STEP[1] * (number // IN_A_ROW)


def draw_clusters(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """A cluster a value of `series`, seen along z: far particles first, the centre ringed, its shell joined to it."""
    particles = placed(spec, table)
    for number, (_, rows) in enumerate(particles.groupby("number")):
        _spheres(rows, axes, _centre(number))
    frame(particles, axes)


def _spheres(rows: pd.DataFrame, axes: Any, centre: tuple[float, float]) -> None:
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
