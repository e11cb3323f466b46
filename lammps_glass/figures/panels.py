"""Figures of several plots, and pictures of clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.figures import kinds, style
from lammps_glass.figures.spec import FigureSpec, Panel

#: Clusters of a picture in a row; angstrom from the centre that a cluster's field shows; how far neighbours are joined.
IN_A_ROW, REACH, JOINED = 8, 5.4, 3.9
#: Radii of the spheres by species, in angstrom: smaller than the atoms, so that the centre is seen.
RADII = {"Cu": 0.62, "Zr": 0.80}


def _panels(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
    """Each panel in its own axes inside the figure's; a series has one colour in all of them."""
    axes.axis("off")
    series = spec.series or ""
    names = list(dict.fromkeys(table[series].tolist())) if series else [""]
    palette = dict(zip(names, style.colours([str(name) for name in names])))
    for panel in spec.panels:
        rows = table[table["panel"] == panel.name]
        inner = axes.inset_axes(panel.box)
        groups = [(name, rows[rows[series] == name]) for name in names] if series else [("", rows)]
        groups = [(name, mine) for name, mine in groups if len(mine)]
        for at, (name, mine) in enumerate(groups):
            _DRAW[panel.kind](spec, mine, inner, palette[name], str(name), (at, len(groups)))
        _finish(panel, inner)


def _finish(panel: Panel, axes: Any) -> None:
    if panel.diagonal:
        kinds.diagonal(axes)
    if panel.logy:
        axes.set_yscale("log", nonpositive="mask")
    if not panel.name.startswith("_"):
        axes.set_title(panel.name, fontsize=8.5, pad=4, fontweight="normal")
    axes.set_xlabel(panel.x_label, fontsize=8.5)
    axes.set_ylabel(panel.y_label, fontsize=8.5)
    axes.tick_params(labelsize=7.5)
    if not panel.logy:
        axes.locator_params(nbins=5)
    if panel.legend:
        axes.legend(fontsize=7.5, loc="best", handlelength=1.4, borderpad=0.2, labelspacing=0.3)


def _errors(spec: FigureSpec, rows: pd.DataFrame) -> Any:
    if spec.error is None:
        return None
    low, high = spec.error
    ends = np.array([rows[spec.y] - rows[low], rows[high] - rows[spec.y]], dtype=float)
    if not np.isfinite(ends).any():
        return None
    return np.where(np.isfinite(ends), np.maximum(ends, 0.0), 0.0)


def _scatter(spec: FigureSpec, rows: pd.DataFrame, axes: Any, colour: str, name: str, place: Any) -> None:
    size = 6 if len(rows) > 100 else 14
    axes.scatter(rows[spec.x], rows[spec.y], s=size, color=colour, alpha=0.6, label=name, zorder=3, linewidths=0)


def _line(spec: FigureSpec, rows: pd.DataFrame, axes: Any, colour: str, name: str, place: Any) -> None:
    rows = rows.sort_values(spec.x, kind="stable")
    errors = _errors(spec, rows)
    marker = "o" if len(rows) <= 30 else None
    axes.errorbar(
        rows[spec.x], rows[spec.y], errors, color=colour, marker=marker, label=name, capsize=2, markersize=3.5
    )


def _step(spec: FigureSpec, rows: pd.DataFrame, axes: Any, colour: str, name: str, place: Any) -> None:
    rows = rows.sort_values(spec.x, kind="stable")
    axes.step(rows[spec.x], rows[spec.y], where="mid", color=colour, label=name, linewidth=1.2)


def _bar(spec: FigureSpec, rows: pd.DataFrame, axes: Any, colour: str, name: str, place: Any) -> None:
    """Bars of a series side by side with those of the others; categories keep their order of appearance."""
    at, count = place
    x = rows[spec.x].astype(float)
    thick = 0.85 / count
    errors = _errors(spec, rows)
    axes.bar(
        x + (at - (count - 1) / 2) * thick, rows[spec.y], thick, color=colour, label=name, yerr=errors,
        error_kw={"elinewidth": 0.8, "capsize": 1.5},
    )  # fmt: skip


_DRAW: dict[str, Callable[..., None]] = {"scatter": _scatter, "line": _line, "step": _step, "bar": _bar}


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


DRAW: dict[str, Callable[[FigureSpec, pd.DataFrame, Any], None]] = {"panels": _panels, "clusters": _clusters}
