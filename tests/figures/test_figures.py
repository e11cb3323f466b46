"""Pictures and the report: files that stand alone, equal bytes for equal numbers, one clear line for bad input."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lammps_glass.errors import InputError
from lammps_glass.figures import (
    REGISTRY,
    FigureSpec,
    Mark,
    ReportFigure,
    ReportSection,
    StudyReport,
    comparison_rows,
    draw,
    write_report,
)
from lammps_glass.figures.report import NOT_THE_PAPERS

TABLE = pd.DataFrame(
    {
        "x": [1.0, 2.0, 1.0, 2.0],
        "y": [0.1, np.nan, 0.3, 1 / 3],
        "low": [0.05, 0.1, 0.2, np.nan],
        "high": [0.2, 0.2, np.inf, 0.5],
        "name": ["a", "a", "b", "b"],
        "value": [1.0, 2.0, 3.0, 4.0],
    }
)


def spec(kind: str, **changes) -> FigureSpec:
    options = {
        "x": "x",
        "y": "y",
        "series": "name",
        "error": ("low", "high"),
        "paper_marks": (Mark("y", 0.2, "paper"),),
    }
    if kind in ("heatmap", "matrix"):
        options = {"x": "x", "y": "name", "value": "value"}
        if kind == "heatmap":
            options |= {"y": "x", "x": "value", "value": "y"}
    if kind == "map":  # the row without a y is a ring
        options = {"x": "x", "y": "value", "value": "y", "series": "name", "size": "low"}
    if kind == "space":
        options = {"x": "x", "y": "value", "z": "low", "value": "y"}
    return FigureSpec("1A", "A title", kind, **(options | changes))


@pytest.mark.parametrize(
    "title",
    [
        "Self-intermediate scattering function, q = 7.089: kob-andersen",
        "Pearson correlation with the squared displacement: kob-andersen",
        "Mean momentum of mobile and immobile atoms by quantile of the moment",
    ],
)
def test_a_long_title_stays_within_the_figure(title):
    from lammps_glass.figures import style
    from lammps_glass.figures.drawing import _figure

    with style.context():
        figure = _figure(replace(spec("line"), title=title), TABLE, "")
        figure.canvas.draw()
    (axes,) = figure.axes
    parts = [axes.title, axes._left_title]
    right = max(part.get_window_extent().x1 for part in parts if part.get_text())
    assert right <= figure.bbox.x1


@pytest.mark.parametrize("kind", REGISTRY.bundled)
def test_each_kind_gives_the_same_bytes_twice_and_its_numbers(kind: str, tmp_path: Path) -> None:
    first = draw(spec(kind), TABLE, tmp_path / "one", "at demo size")
    second = draw(spec(kind), TABLE, tmp_path / "two", "at demo size")
    assert [path.name for path in first] == ["1A.png", "1A.svg", "1A.csv"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert first[0].read_bytes().startswith(b"\x89PNG")
    assert b"<dc:date>" not in first[1].read_bytes()
    written = pd.read_csv(first[2], dtype=str)  # decimals as they stand: pandas may round the last digit
    for name in TABLE:
        numeric = TABLE[name].dtype == float
        assert np.array_equal(written[name].astype(float) if numeric else written[name], TABLE[name], equal_nan=numeric)
    left = {path.name for path in (tmp_path / "one").iterdir()} - {path.name for path in first}
    assert left <= ({"1A_ovito.png"} if kind == "clusters" else set()), "no temporary file stays"


def test_a_picture_shows_its_data(tmp_path: Path) -> None:
    """Other numbers give another picture: what is drawn comes from the table."""
    pictures = [
        draw(spec("line"), TABLE.assign(y=TABLE.y * factor), tmp_path / str(factor))[0].read_bytes()
        for factor in (1, 2)
    ]
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE.iloc[:0], "no row"),
        (TABLE.assign(y=np.nan), "column y holds no finite number"),
        (TABLE.assign(y=np.inf), "column y holds no finite number"),
        (TABLE.drop(columns="low"), "no column low"),
    ],
)
def test_a_table_without_numbers_is_refused_and_nothing_written(
    table: pd.DataFrame, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"figure 1A: .*{words}") as caught:
        draw(spec("line"), table, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_bad_specs_are_refused() -> None:
    with pytest.raises(InputError, match="is the name of files"):
        FigureSpec("../1A", "t", "line", "x", "y")
    with pytest.raises(InputError, match="unknown kind 'pie'"):
        FigureSpec("1", "t", "pie", "x", "y")
    with pytest.raises(InputError, match="needs the column"):
        FigureSpec("1", "t", "heatmap", "x", "y")
    with pytest.raises(InputError, match="third column"):
        FigureSpec("1", "t", "space", "x", "y")
    with pytest.raises(InputError, match="anchor"):
        Mark("slope", -1.0)


class Page(HTMLParser):
    """Tags must close in order; addresses and texts are collected."""

    VOID = ("meta", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


def report(folder: Path) -> StudyReport:
    png, svg, _ = draw(spec("line"), TABLE, folder)
    evil = "<script>alert('x')</script> & \"more\""
    return StudyReport(
        "looseness",
        evil,
        "demo",
        status="partial",
        sizes={"replicas": 9, evil: evil},
        ran=evil,
        scores={"auc": 0.73349, "auc.low": 0.7, "auc.high": 0.76},
        paper_scores={"auc": 0.772},
        figures=(
            ReportFigure("1A", evil, png, "paper says", "we say", "a note"),
            ReportFigure("1B", "vector", svg),
            ReportFigure("1C", "absent", None, note="too small"),
        ),
        deviations=(evil,),
        seeds={"study": 7},
        versions={"lammps": "2025"},
        seconds={"quench": 12.34},
        citation="Wu & Ruiz Pestana",
    )


def test_the_report_is_valid_escaped_and_needs_no_network(tmp_path: Path) -> None:
    path = write_report(tmp_path / "report.html", report(tmp_path))
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert page.open == []
    assert "script" not in page.tags
    assert len(page.addresses) == 2
    assert all(address.startswith("data:image/") for address in page.addresses)
    assert "url(" not in path.read_text()
    for words in ("<script>alert('x')</script>", "0.7335", "0.772", "0.7 to 0.76", "paper says", "Not drawn", "12.3"):
        assert words in page.text
    assert "This study is partial" in page.text


def test_figures_that_the_paper_does_not_have_stand_in_sections_of_their_own(tmp_path: Path) -> None:
    figure = ReportFigure("dynamics_msd", "Displacement", None, ours="grows", note="not drawn")
    section = ReportSection("Dynamics by quantile", "Particles are <followed>.", (figure,))
    text = write_report(tmp_path / "1.html", replace(report(tmp_path), further=(section,))).read_text()
    heading = text.index("<h2>Dynamics by quantile</h2>")
    assert text.index("<h2>Figures</h2>") < heading < text.index('id="figure-dynamics_msd"')
    assert f"<p>{NOT_THE_PAPERS} Particles are &lt;followed&gt;.</p>" in text[heading:]
    mapping = asdict(replace(report(tmp_path), further=(section,)))
    assert write_report(tmp_path / "2.html", mapping).read_text() == text
    without = StudyReport("own", "Mine", "demo", further=(section,))
    assert NOT_THE_PAPERS not in write_report(tmp_path / "3.html", without).read_text()


def test_lag_zero_is_in_the_table_of_a_logarithmic_plot_but_not_drawn(tmp_path: Path) -> None:
    curve = pd.DataFrame({"x": [0.0, 1.0, 10.0], "y": [0.0, 1.0, 2.0]})
    logarithmic = spec("line", series=None, error=None, logx=True)
    drawn = [draw(logarithmic, table, tmp_path / str(k)) for k, table in enumerate((curve, curve[1:]))]
    assert drawn[0][0].read_bytes() == drawn[1][0].read_bytes()
    assert len(pd.read_csv(drawn[0][2])) == 3


def test_a_report_without_a_paper_does_not_speak_of_one(tmp_path: Path) -> None:
    figure = ReportFigure("1", "title", None, ours="we say")
    written = write_report(
        tmp_path / "r.html",
        StudyReport("own", "title", "smoke", scores={"auc": 0.7, "auc.low": 0.6}, figures=(figure,)),
    )
    text = written.read_text()
    assert "paper" not in text.lower()
    assert '<th scope="col">score</th><th scope="col">value</th><th scope="col">interval</th>' in text
    assert "<dt>Result</dt><dd>we say</dd>" in text


def test_bars_of_a_histogram_are_seen_on_a_logarithmic_axis(tmp_path: Path) -> None:
    """They begin at zero, which has no logarithm."""
    spec = FigureSpec("1", "title", "histogram", "x", "n", series="of", logy=True)
    drawn = []
    for height in (2.0, 20.0):
        rows = [(x, n, of) for x in (0.0, 1.0, 2.0) for of, n in (("all", 100.0), ("some (bars)", height))]
        paths = draw(spec, pd.DataFrame(rows, columns=["x", "n", "of"]), tmp_path / str(height))
        drawn.append(paths[0].read_bytes())
    assert drawn[0] != drawn[1]


def test_the_report_from_a_mapping_is_the_same(tmp_path: Path) -> None:
    filled = report(tmp_path)
    mapping = {**vars(filled), "figures": [vars(figure) for figure in filled.figures]}
    one, two = write_report(tmp_path / "1.html", filled), write_report(tmp_path / "2.html", mapping)
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(InputError, match=r"report: .*colour"):
        write_report(tmp_path / "3.html", {**mapping, "colour": "red"})
    with pytest.raises(InputError, match="does not exist"):
        write_report(
            tmp_path / "3.html", {**mapping, "figures": [{"id": "2", "title": "", "path": tmp_path / "no.png"}]}
        )
    assert not (tmp_path / "3.html").exists()


def test_comparison_rows_keep_order_and_leave_out_the_silent() -> None:
    figures = {"2A": {"paper": "log", "ours": 0.00401234}, "2B": {"file": "2B.png"}, "1": {"ours": "x", "note": "n"}}
    assert comparison_rows({"figures": figures}) == [
        {"id": "2A", "paper": "log", "ours": "0.004012", "note": ""},
        {"id": "1", "paper": "", "ours": "x", "note": "n"},
    ]


@pytest.mark.parametrize("package", ["figures", "analysis"])
def test_import_is_light_and_every_exported_name_is_there(package: str) -> None:
    code = f"""
import sys, lammps_glass.{package} as part
heavy = {{"pandas", "numba", "matplotlib", "scipy", "numpy"}} & set(sys.modules)
assert not heavy, heavy
for name in part.__all__ * 2:  # twice: a module of the same name would take the place of the function
    assert not isinstance(getattr(part, name), type(sys)), name
"""
    subprocess.run([sys.executable, "-c", code], check=True)
