"""Names of the kinds of figures: each is a function ``(spec, table, axes)`` that draws a table on axes."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

_HERE = "lammps_glass.figures"

REGISTRY = Registry(
    "figure kind",
    [
        Entry("line", f"{_HERE}.curves:draw_curves", "points joined, error band"),
        Entry("scatter", f"{_HERE}.curves:draw_curves", "points, error bars"),
        Entry("histogram", f"{_HERE}.curves:draw_curves", 'steps; a series whose name ends in "(bars)" is filled'),
        Entry("bar", f"{_HERE}.bars:draw_bars", "bars by category"),
        Entry("heatmap", f"{_HERE}.grids:draw_heatmap", "colours of a long table x, y, value"),
        Entry("matrix", f"{_HERE}.grids:draw_matrix", "a heatmap with the number in each cell: a confusion matrix"),
        Entry("table", f"{_HERE}.grids:draw_table", "a drawn table"),
        Entry("map", f"{_HERE}.spatial:draw_map", "a field on even cells, and rings on it"),
        Entry("space", f"{_HERE}.spatial:draw_space", "particles in three dimensions, coloured by value or by series"),
        Entry("panels", f"{_HERE}.panels:draw_panels", "several plots in one figure"),
        Entry("clusters", f"{_HERE}.clusters:draw_clusters", "particles and their neighbours, one cluster a series"),
    ],
)
