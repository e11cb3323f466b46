"""Pictures of clusters: a particle and its neighbours, one cluster beside the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from lammps_glass.figures import style
from lammps_glass.figures.spec import FigureSpec

#: Clusters of a picture in a row; angstrom from the centre that a cluster's field shows; how far neighbours are joined.
IN_A_ROW, REACH, JOINED = 8, 5.4, 3.9
#: Radii of the spheres by species, in angstrom: smaller than the atoms, so that the centre is seen.
RADII = {"Cu": 0.62, "Zr": 0.80}


def _clusters(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """A cluster a value of `series`, seen along z: far particles first, the centre ringed, its shell joined to it.

    Columns besides those of the specification: ``species``, ``centre``, ``label`` and ``sign`` (of the label's colour).
    """
    series, depth = spec.series or "", spec.value or "z"
    defaults: dict[str, Any] = {depth: 0.0, "species": "", "centre": False, "sign": 0.0, "label": table[series]}
    table = table.assign(**{name: value for name, value in defaults.items() if name not in table})
    table = table.dropna(subset=[spec.x, spec.y, depth])
    names = list(dict.fromkeys(table[series].tolist()))
    rows_of_clusters = -(-len(names) // IN_A_ROW)
    for number, name in enumerate(names):
        centre = (2.3 * REACH * (number % IN_A_ROW), -2.9 * REACH * (number // IN_A_ROW))
        _cluster(spec, table[table[series] == name], axes, centre)
    axes.set_xlim(-1.2 * REACH, (2.3 * (min(len(names), IN_A_ROW) - 1) + 1.2) * REACH)
    axes.set_ylim(-(2.9 * (rows_of_clusters - 1) + 1.15) * REACH, 1.95 * REACH)
    axes.set_aspect("equal")
    axes.axis("off")


def _cluster(spec: FigureSpec, rows: pd.DataFrame, axes: Any, centre: tuple[float, float]) -> None:
    from matplotlib.patches import Circle

    species = sorted(set(rows["species"]))
    for row in rows.sort_values(spec.value or "z").itertuples(index=False):
        x, y, z = (float(getattr(row, column)) for column in (spec.x, spec.y, spec.value or "z"))
        near = (x * x + y * y + z * z) ** 0.5 < JOINED
        colour = style.PALETTE[1 - species.index(row.species) % 2] if len(species) > 1 else style.PALETTE[0]
        if near and not row.centre:
            axes.plot([centre[0], centre[0] + x], [centre[1], centre[1] + y], color="#999999", lw=0.5, zorder=2.5)
        look = {"facecolor": colour, "alpha": 0.95 if near else 0.22, "linewidth": 1.4 if row.centre else 0.3}
        circle = Circle(
            (centre[0] + x, centre[1] + y), RADII.get(str(row.species), 0.7), edgecolor="#111111" if near else "none",
            zorder=3 + z / 99, **look,
        )  # fmt: skip
        axes.add_patch(circle)
    first = rows.iloc[0]
    axes.text(
        centre[0], centre[1] + 1.2 * REACH, str(first["label"]), ha="center", va="bottom", fontsize=5.2,
        color="#B00020" if first["sign"] > 0 else "#0B4F9E", linespacing=1.15,
    )  # fmt: skip


DRAW: dict[str, Callable[[FigureSpec, pd.DataFrame, Any], None]] = {"clusters": _clusters}
