"""Picture of a table of indicators: scores with intervals, nulls, published numbers and the ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_COLOURS = {"learned": "#0072B2", "not learned": "#D55E00", "null": "#999999", "published": "#000000"}
_SCORES = {"within": "within a configuration", "pooled": "all configurations pooled"}


def draw_indicators(table: pd.DataFrame, path: Path, title: str) -> None:
    """Draw the scores of every entry as points with intervals, a row of two panels for each label and set.

    Parameters
    ----------
    table
        Columns ``entry``, ``label``, ``drive``, ``trained_on``, ``scored_on``, ``kind``, ``within``, ``pooled``, each
        of these with ``_low`` and ``_high``, ``ceiling_within`` and ``ceiling_pooled``.
    path
        PNG or SVG.
    title
        Above the picture.
    """
    from matplotlib.figure import Figure

    measured = table[table["kind"] != "published"]
    groups = list(measured.groupby(["label", "drive", "trained_on", "scored_on"], sort=False))
    rows = [(key, _with_published(part, table, str(key[0]))) for key, part in groups]
    heights = [0.28 * len(part) + 0.9 for _, part in rows]
    figure = Figure(figsize=(10, sum(heights) + 0.7), layout="constrained")
    axes = figure.subplots(len(rows), 2, squeeze=False, gridspec_kw={"height_ratios": heights})
    for (key, part), (left, right) in zip(rows, axes, strict=True):
        label, drive, trained, scored = key
        for axis, score in ((left, "within"), (right, "pooled")):
            _panel(axis, part, score)
        left.set_title(f"{label} ({drive}), {trained}: {scored}", loc="left", fontsize=10)
        right.set_yticklabels([])
    handles = [_handle(kind) for kind in _COLOURS if (table["kind"] == kind).any()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=12)
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _with_published(part: pd.DataFrame, table: pd.DataFrame, label: str) -> pd.DataFrame:
    published = table[(table["kind"] == "published") & (table["label"] == label)]
    both = pd.concat([part, published], ignore_index=True) if len(published) else part.reset_index(drop=True)
    return both.sort_values("within", na_position="first", ignore_index=True)


def _panel(axis: Axes, part: pd.DataFrame, score: str) -> None:
    for place, row in enumerate(part.to_dict("records")):
        value, kind = row[score], row["kind"]
        if value is None or pd.isna(value):
            continue
        low, high = row.get(f"{score}_low"), row.get(f"{score}_high")
        if low is not None and not pd.isna(low):
            axis.plot([low, high], [place, place], color=_COLOURS[kind], lw=1.5)
        face = "none" if kind == "published" else _COLOURS[kind]
        axis.plot(value, place, "o", color=_COLOURS[kind], markerfacecolor=face, ms=5)
        axis.annotate(
            f"{value:.3f}", (value, place), xytext=(6, 3), textcoords="offset points", fontsize=7, color="#444444"
        )
    limits = part[f"ceiling_{score}"].dropna()
    if len(limits):
        axis.axvline(float(limits.iloc[0]), color="#009E73", lw=1, ls="--")
        axis.annotate(
            "ceiling", (float(limits.iloc[0]), len(part) - 0.5), xytext=(-3, 0), textcoords="offset points",
            ha="right", fontsize=7, color="#009E73",
        )  # fmt: skip
    axis.axvline(0.0, color="#cccccc", lw=0.8, zorder=0)
    axis.set_yticks(range(len(part)), part["entry"], fontsize=8)
    axis.set_ylim(-0.6, len(part) - 0.2)
    axis.set_xlabel(f"Pearson coefficient, {_SCORES[score]}", fontsize=9)
    axis.tick_params(axis="x", labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)


def _handle(kind: str) -> Line2D:
    from matplotlib.lines import Line2D

    face = "none" if kind == "published" else _COLOURS[kind]
    return Line2D([], [], marker="o", ls="", color=_COLOURS[kind], markerfacecolor=face, label=kind)
