"""Figures of several plots: one range, titles and colours from the table, one legend, a line between groups."""

from __future__ import annotations

import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from lammps_glass.figures.panels import draw_panels
from lammps_glass.figures.spec import FigureSpec, Panel

SPEC = FigureSpec(
    "1", "t", "panels", "x", "y", series="series",
    panels=(
        Panel("low", "bar", (0.0, 0.6, 0.4, 0.3), same_y=True),
        Panel("high", "bar", (0.6, 0.6, 0.4, 0.3), same_y=True),
        Panel("curves", "line", (0.0, 0.1, 0.4, 0.3)),
        Panel("_names", "legend", (0.6, 0.1, 0.4, 0.3)),
    ),
)  # fmt: skip


def drawn():
    bars = [
        {
            "panel": panel,
            "x": x,
            "y": top * x,
            "series": "calm",
            "group": "a" if x < 3 else "b",
            "title": f"{panel}: 7 K",
        }
        for panel, top in (("low", 1.0), ("high", 5.0))
        for x in (1, 2, 3, 4)
    ]
    lines = [
        {"panel": "curves", "x": x, "y": 1.0, "series": series, "colour_of": leader}
        for series, leader in (("flow", None), ("flow, alone", "flow"))
        for x in (1, 2)
    ]
    axes = Figure().add_subplot()
    draw_panels(SPEC, pd.DataFrame([*bars, *lines]), axes)
    return axes.child_axes


def test_panels_share_a_range_and_take_their_titles_from_the_table():
    low, high, curves, _ = drawn()
    assert low.get_ylim() == high.get_ylim()
    assert low.get_ylim()[1] >= 20
    assert [axes.get_title(loc="center") or axes.get_title(loc="left") for axes in (low, high, curves)] == [
        "low: 7 K", "high: 7 K", "curves",
    ]  # fmt: skip


def test_a_line_stands_where_the_group_changes():
    low, *_ = drawn()
    assert [line.get_xdata()[0] for line in low.get_lines()] == [2.5]


def test_a_companion_is_dashed_in_its_leaders_colour_and_all_series_are_named_once():
    _, _, curves, names = drawn()
    leader, companion = (container[0] for container in curves.containers)
    assert to_hex(leader.get_color()) == to_hex(companion.get_color())
    assert (leader.get_linestyle(), companion.get_linestyle()) == ("-", "--")
    assert [text.get_text() for text in names.get_legend().get_texts()] == ["calm", "flow", "flow, alone"]
    assert curves.get_legend() is None
