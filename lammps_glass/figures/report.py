"""Write `report.html`: one file with the figures embedded, readable without a network."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.figures.page import STYLE
from lammps_glass.files import atomic_path
from lammps_glass.json_types import JsonObject

#: First sentence of a section of figures that the paper does not have.
NOT_THE_PAPERS = "These figures are ours; the paper has none of them."


@dataclass(frozen=True)
class ReportFigure:
    """A figure in the report: the path of its image (PNG or SVG), and the findings of the paper and of this run.

    A figure that could not be drawn has no path, and its note says why.
    """

    id: str
    title: str
    path: str | Path | None
    paper: str = ""
    ours: str = ""
    note: str = ""


@dataclass(frozen=True)
class ReportSection:
    """Figures that the paper of a study does not have, under a title and a paragraph of their own."""

    title: str
    text: str
    figures: tuple[ReportFigure, ...]


@dataclass(frozen=True)
class StudyReport:
    """Contents of a report; text is escaped, numbers are printed to four digits.

    Attributes
    ----------
    study, title, preset
        Name of the study, its title in one line, the preset.
    status
        ``complete``, ``partial`` or ``failed``.
    sizes
        Sizes of the run: name -> number or text (replicas, particles, steps).
    ran
        A paragraph that describes the run.
    scores
        Name -> number of this run, with its interval as ``<name>.low`` and ``<name>.high``.
    paper_scores
        Name -> number or text of the paper, where it prints one.
    figures
        Figures in the order of the paper.
    further
        Sections of other figures, which the report says are not the paper's.
    deviations
        Differences from the paper, a line each.
    seeds, versions, seconds
        Seed by name, version by package, seconds by stage.
    citation
        Reference of the paper.
    """

    study: str
    title: str
    preset: str
    status: str = "complete"
    sizes: Mapping[str, object] = field(default_factory=dict)
    ran: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    paper_scores: Mapping[str, object] = field(default_factory=dict)
    figures: tuple[ReportFigure, ...] = ()
    further: tuple[ReportSection, ...] = ()
    deviations: tuple[str, ...] = ()
    seeds: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    citation: str = ""


def write_report(path: str | Path, report: StudyReport | JsonObject) -> Path:
    """Write the report as one HTML file; it appears under its name only when it is complete.

    Parameters
    ----------
    path
        The file, usually ``report.html``.
    report
        A `StudyReport`, or a mapping with its fields (figures as mappings with the fields of `ReportFigure`).

    Raises
    ------
    InputError
        An unknown field, or an image that does not exist or is neither PNG nor SVG.
    """
    filled = report if isinstance(report, StudyReport) else _from_mapping(report)
    target = Path(path)
    text = _page(filled)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return target


def comparison_rows(summary: Mapping[str, object]) -> list[dict[str, str]]:
    """List the rows of the table "paper / ours" of a summary: ``id``, ``paper``, ``ours``, ``note``.

    Figures keep the order of the summary (``summary.json``); one without a finding on either side is left out.
    """
    rows = []
    figures = summary.get("figures")
    for identity, entry in figures.items() if isinstance(figures, Mapping) else ():
        row = {"id": str(identity)} | {key: _text(entry.get(key, "")) for key in ("paper", "ours", "note")}
        if row["paper"] or row["ours"]:
            rows.append(row)
    return rows


def _figures(entries: Iterable[ReportFigure | JsonObject]) -> tuple[ReportFigure, ...]:
    return tuple(entry if isinstance(entry, ReportFigure) else ReportFigure(**entry) for entry in entries)


def _from_mapping(report: JsonObject) -> StudyReport:
    """Make a report of a mapping with its fields; an unknown field is an `InputError`."""
    try:
        further = tuple(
            s if isinstance(s, ReportSection) else ReportSection(**{**s, "figures": _figures(s.get("figures", ()))})
            for s in report.get("further", ())
        )
        deviations = tuple(report.get("deviations", ()))
        figures = _figures(report.get("figures", ()))
        return StudyReport(**{**report, "figures": figures, "further": further, "deviations": deviations})
    except TypeError as error:
        raise InputError(f"report: {error}") from error


def _text(value: object) -> str:
    """Format a number to four digits, NaN as a dash, anything else as text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "\N{EN DASH}" if math.isnan(value) else f"{value:.4g}"
    return str(value)


def _escaped(value: object) -> str:
    return html.escape(_text(value))


def _table(header: Iterable[str], rows: Iterable[Iterable[object]], numbers: bool = False) -> str:
    head = "".join(f'<th scope="col">{_escaped(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{_escaped(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    kind = ' class="numbers"' if numbers else ""
    return f'<div class="wide"><table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n'


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{_escaped(title)}</h2>\n{body}</section>\n" if body else ""


def _page(report: StudyReport) -> str:
    ours = "Ours" if any(figure.paper for figure in report.figures) else "Result"
    status = "" if report.status == "complete" else f'<p class="status">This study is {_escaped(report.status)}.</p>\n'
    parts = [
        _section("What was run", _ran(report)),
        _section("Scores", _scores(report)),
        _section("Figures", "".join(_figure(figure, ours) for figure in report.figures)),
        *(_section(section.title, _further(section, report.citation)) for section in report.further),
        _section("Deviations from the paper", _list(report.deviations)),
        _section("Seeds, versions, times", _provenance(report)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escaped(report.study)}: {_escaped(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<p class="kicker">{_escaped(report.study)} · preset {_escaped(report.preset)}</p>\n'
        f"<h1>{_escaped(report.title)}</h1>\n"
        + (f'<p class="citation">{_escaped(report.citation)}</p>\n' if report.citation else "")
        + f"{status}</header>\n<main>\n{''.join(parts)}</main>\n</body>\n</html>\n"
    )


def _ran(report: StudyReport) -> str:
    text = f"<p>{_escaped(report.ran)}</p>\n" if report.ran else ""
    return text + (_table(("size", "value"), report.sizes.items()) if report.sizes else "")


def _scores(report: StudyReport) -> str:
    names = [name for name in report.scores if not name.endswith((".low", ".high"))]
    names += [name for name in report.paper_scores if name not in names]
    if not names:
        return ""
    rows = [(name, report.scores.get(name), _interval(report.scores, name)) for name in names]
    if not report.paper_scores:
        return _table(("score", "value", "interval"), rows, numbers=True)
    beside = [(name, report.paper_scores.get(name), *values) for name, *values in rows]
    return _table(("score", "paper", "ours", "interval"), beside, numbers=True)


def _interval(scores: Mapping[str, float], name: str) -> str:
    low, high = scores.get(f"{name}.low"), scores.get(f"{name}.high")
    return "" if low is None or high is None else f"{_text(low)} to {_text(high)}"


def _figure(figure: ReportFigure, ours: str) -> str:
    rows = [("Paper", figure.paper), (ours, figure.ours), ("Note", figure.note)]
    findings = "".join(f"<dt>{name}</dt><dd>{_escaped(text)}</dd>\n" for name, text in rows if text)
    image = '<p class="missing">Not drawn.</p>\n'
    if figure.path is not None:
        image = f'<img src="{_embedded(Path(figure.path), figure.id)}" alt="{_escaped(figure.title)}">\n'
    return (
        f'<figure id="figure-{_escaped(figure.id)}">\n<figcaption><b>{_escaped(figure.id)}</b> '
        f"{_escaped(figure.title)}</figcaption>\n{image}"
        + (f"<dl>\n{findings}</dl>\n" if findings else "")
        + "</figure>\n"
    )


def _further(section: ReportSection, citation: str) -> str:
    text = f"{NOT_THE_PAPERS if citation else ''} {section.text}".strip()
    figures = "".join(_figure(figure, "Result") for figure in section.figures)
    return f"<p>{_escaped(text)}</p>\n{figures}" if text else figures


def _embedded(path: Path, identity: str) -> str:
    """Encode an image as a data address; in an image element nothing in an SVG can run."""
    kinds = {".png": "image/png", ".svg": "image/svg+xml"}
    if path.suffix not in kinds:
        raise InputError(f"report: figure {identity}: {path.name} is neither PNG nor SVG")
    if not path.is_file():
        raise InputError(f"report: figure {identity}: {path} does not exist: draw it first, or give None as its path")
    return f"data:{kinds[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_escaped(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""


def _provenance(report: StudyReport) -> str:
    seconds: list[tuple[str, object]] = [(name, f"{value:.1f}") for name, value in report.seconds.items()]
    tables: list[tuple[tuple[str, ...], list[tuple[str, object]]]] = [
        (("seed of", "seed"), list(report.seeds.items())),
        (("package", "version"), list(report.versions.items())),
        (("stage", "seconds"), seconds),
    ]
    text = "".join(_table(header, rows) for header, rows in tables if rows)
    return f'<div class="columns">\n{text}</div>\n' if text else ""
