"""Specifications of figures, as data: kind, columns, axes, and the finding of the paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self

from lammps_glass.errors import InputError
from lammps_glass.figures.registry import REGISTRY
from lammps_glass.json_types import JsonObject
from lammps_glass.registry import unknown_name

_NEEDS_VALUE = ("heatmap", "matrix", "map")


@dataclass(frozen=True)
class Mark:
    """A reference line in a plot: at a value of an axis, or a power law.

    Attributes
    ----------
    kind
        ``"x"`` (vertical line at `value`), ``"y"`` (horizontal line), ``"slope"`` (power law of exponent `value`
        through the point `anchor`, on logarithmic axes).
    value
        Position or exponent.
    label
        Entry in the legend; empty for none.
    anchor
        Point (x, y) of a power law.
    """

    kind: Literal["x", "y", "slope"]
    value: float
    label: str = ""
    anchor: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("x", "y", "slope"):
            raise InputError(f"mark of kind {self.kind!r}: known kinds are x, y, slope")
        if self.kind == "slope" and self.anchor is None:
            raise InputError("mark of kind slope needs an anchor (x, y)")


@dataclass(frozen=True)
class Panel:
    """One panel of a figure of kind ``panels``: the rows whose column ``panel`` is `name`.

    Optional columns of the table: ``title`` replaces the name above the panel; ``colour_of`` names the series whose
    colour a series has, which is then dashed; in a panel of bars a line is drawn where ``group`` changes.

    Attributes
    ----------
    name
        Value of the column ``panel``; also the title, unless it begins with "_".
    kind
        ``line``, ``scatter``, ``bar``, ``step``, or ``legend``: the names of the series, which have one colour in all
        panels.
    box
        (left, bottom, width, height) of the axes, in fractions of the plot area of the figure.
    x_label, y_label, logx, logy
        Labels of the axes, and which of them are logarithmic.
    diagonal
        Draw the line y = x.
    same_y
        Use one range of y for all panels with this option.
    """

    name: str
    kind: Literal["line", "scatter", "bar", "step", "legend"]
    box: tuple[float, float, float, float]
    x_label: str = ""
    y_label: str = ""
    logy: bool = False
    diagonal: bool = False
    same_y: bool = False
    logx: bool = False


@dataclass(frozen=True)
class FigureSpec:
    """One figure of a study.

    Parameters
    ----------
    id
        Number in the paper; also the name of the files.
    title
        One line above the plot.
    kind
        ``line`` (points joined, error band), ``scatter`` (points, error bars), ``bar`` (categories x),
        ``histogram`` (steps; a series whose name ends in "(bars)" is filled), ``heatmap`` (long table x, y, `value`),
        ``matrix`` (the same with the number in each cell, such as a confusion matrix), ``table`` (drawn as a table),
        ``map`` (a field on even cells, the rows with a `value`, and rings on it, the rows without), ``space``
        (particles in three dimensions, coloured by `value` or by `series`), ``panels`` (several plots, see `Panel`),
        ``clusters`` (particles and their neighbours, one cluster a value of `series`), or a kind of a plug-in.
    x, y
        Columns. The `y` of a heatmap and of a matrix is the vertical axis; the `x` of a table is its first column.
    z
        Third coordinate of a ``space``.
    series
        Column that names the curves; numbers are coloured in their order.
    error
        Columns (low, high): absolute ends of the interval.
    value
        Column of the colour (heatmap, matrix, map, space).
    size
        Column of the area of the rings of a ``map``, and of the spheres of a ``space``, relative to the largest.
    columns
        Columns of a table, in order; default all.
    logx, logy, log_value
        Logarithmic axes and colour.
    x_label, y_label, value_label, series_label
        Labels with units; default the name of the column.
    paper
        Finding or number of the paper, one line.
    paper_marks
        Reference lines of the paper, in grey.
    highlight
        A series drawn in black and thicker, such as a mean.
    markers
        Whether the points of a line have markers.
    y_limits
        Fixed range of the y axis.
    panels
        Panels of a figure of kind ``panels``; the column ``panel`` names the panel of a row.
    diagonal
        Draw the line y = x (scatter).
    section
        Section of the report for figures that the paper of a study does not have; empty for those that it has.
    """

    id: str
    title: str
    kind: str
    x: str
    y: str
    series: str | None = None
    error: tuple[str, str] | None = None
    value: str | None = None
    z: str | None = None
    size: str | None = None
    columns: tuple[str, ...] | None = None
    logx: bool = False
    logy: bool = False
    log_value: bool = False
    x_label: str = ""
    y_label: str = ""
    value_label: str = ""
    series_label: str = ""
    paper: str = ""
    paper_marks: tuple[Mark, ...] = ()
    highlight: str | None = None
    markers: bool = True
    y_limits: tuple[float, float] | None = None
    panels: tuple[Panel, ...] = ()
    diagonal: bool = False
    section: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", self.id):
            raise InputError(f"figure id {self.id!r} is the name of files: use letters, digits, - and _")
        if self.kind not in REGISTRY:
            raise InputError(f"figure {self.id}: {unknown_name('kind', self.kind, list(REGISTRY))}")
        if self.kind in _NEEDS_VALUE and self.value is None:
            raise InputError(f"figure {self.id}: a {self.kind} needs the column of its value")
        if self.kind == "space" and self.z is None:
            raise InputError(f"figure {self.id}: a space needs its third column, z")

    @classmethod
    def from_json(cls, values: JsonObject) -> Self:
        """Return the specification from its fields as JSON values (lists for tuples, tables for marks and panels)."""
        plain: JsonObject = {name: tuple(item) if isinstance(item, list) else item for name, item in values.items()}
        marks = [Mark(**{**m, "anchor": m.get("anchor") and tuple(m["anchor"])}) for m in values.get("paper_marks", ())]
        panels = [Panel(**{**panel, "box": tuple(panel["box"])}) for panel in values.get("panels", ())]
        plain |= {"paper_marks": tuple(marks), "panels": tuple(panels)}
        return cls(**plain)

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that the table must have."""
        if self.kind == "table":
            return self.columns or ()
        named = [
            "panel" if self.panels else None,
            self.x,
            self.y,
            self.z,
            self.series,
            self.value,
            self.size,
            *(self.error or ()),
        ]
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def measured(self) -> str | None:
        """Column that must hold at least one finite number; None for a table."""
        return None if self.kind == "table" else self.value or self.y
