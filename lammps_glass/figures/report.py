"""`report.html`: one file with the figures inside, readable without a network."""

from __future__ import annotations

import base64
import html
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lammps_glass.errors import InputError
from lammps_glass.figures.page import STYLE


@dataclass(frozen=True)
class ReportFigure:
    """A figure in the report: its pictures' path (png or svg), and what the paper and we found.

    A figure that could not be drawn has no path, and its note says why.
    """

    id: str
    title: str
    path: str | Path | None
    paper: str = ""
    ours: str = ""
    note: str = ""


@dataclass(frozen=True)
class StudyReport:
    """What the report says; every text is escaped, every number is printed to four digits.

    Attributes
    ----------
    study, title, preset
        Name of the study, a line that says what it is, the preset.
    status
        ``complete``, ``partial`` or ``failed``.
    sizes
        What was run: name -> number or text (replicas, particles, steps).
    ran
        A paragraph on what was run.
    scores
        Name -> our number. The interval of ``x`` stands in ``x.low`` and ``x.high``.
    paper_scores
        Name -> the paper's number or text, where it prints one.
    figures
        In the order of the paper.
    deviations
        What differs from the paper, a line each.
    seeds, versions, seconds
        Seed by name, version by package, seconds by stage.
    citation
        The paper.
    """

    study: str
    title: str
    preset: str
    status: str = "complete"
    sizes: Mapping[str, Any] = field(default_factory=dict)
    ran: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    paper_scores: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[ReportFigure, ...] = ()
    deviations: tuple[str, ...] = ()
    seeds: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    citation: str = ""


def write_report(path: str | Path, report: StudyReport | Mapping[str, Any]) -> Path:
    """Write the report as one HTML file, whole or not at all.

    Parameters
    ----------
    path
        The file, usually ``report.html``.
    report
        A `StudyReport`, or a mapping with its fields (figures as mappings with the fields of `ReportFigure`).

    Raises
    ------
    InputError
        An unknown field, a figure's picture that is not there or is neither png nor svg.
    """
    filled = report if isinstance(report, StudyReport) else _from_mapping(report)
    target = Path(path)
    text = _page(filled)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)
    return target


def comparison_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of the table "paper / ours" of a summary (as in ``summary.json``): ``id``, ``paper``, ``ours``, ``note``.

    The figures in their order; one without a finding on either side is left out.
    """
    rows = []
    for identity, entry in dict(summary.get("figures", {})).items():
        row = {"id": str(identity)} | {key: _text(entry.get(key, "")) for key in ("paper", "ours", "note")}
        if row["paper"] or row["ours"]:
            rows.append(row)
    return rows


def _from_mapping(report: Mapping[str, Any]) -> StudyReport:
    try:
        figures = tuple(f if isinstance(f, ReportFigure) else ReportFigure(**f) for f in report.get("figures", ()))
        return StudyReport(**{**report, "figures": figures, "deviations": tuple(report.get("deviations", ()))})
    except TypeError as error:
        raise InputError(f"report: {error}") from error


def _text(value: Any) -> str:
    """A number to four digits, a missing one as a dash, anything else as it is."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "\N{EN DASH}" if math.isnan(value) else f"{value:.4g}"
    return str(value)


def _escaped(value: Any) -> str:
    return html.escape(_text(value))


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]], numbers: bool = False) -> str:
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
    said = "".join(f"<dt>{name}</dt><dd>{_escaped(text)}</dd>\n" for name, text in rows if text)
    picture = '<p class="missing">Not drawn.</p>\n'
    if figure.path is not None:
        picture = f'<img src="{_embedded(Path(figure.path), figure.id)}" alt="{_escaped(figure.title)}">\n'
    return (
        f'<figure id="figure-{_escaped(figure.id)}">\n<figcaption><b>{_escaped(figure.id)}</b> '
        f"{_escaped(figure.title)}</figcaption>\n{picture}" + (f"<dl>\n{said}</dl>\n" if said else "") + "</figure>\n"
    )


def _embedded(path: Path, identity: str) -> str:
    """The picture as a data address; an svg too goes into an image, where nothing in it can run."""
    kinds = {".png": "image/png", ".svg": "image/svg+xml"}
    if path.suffix not in kinds:
        raise InputError(f"report: figure {identity}: {path.name} is neither png nor svg")
    if not path.is_file():
        raise InputError(f"report: figure {identity}: {path} is not there: draw it first, or give None as its path")
    return f"data:{kinds[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_escaped(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""


def _provenance(report: StudyReport) -> str:
    seconds = [(name, f"{value:.1f}") for name, value in report.seconds.items()]
    tables = [
        (("seed of", "seed"), list(report.seeds.items())),
        (("package", "version"), list(report.versions.items())),
        (("stage", "seconds"), seconds),
    ]
    text = "".join(_table(header, rows) for header, rows in tables if rows)
    return f'<div class="columns">\n{text}</div>\n' if text else ""
