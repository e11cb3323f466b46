"""`Paper`: the text of a study, read from the file ``paper.toml`` in its folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd

from lammps_glass import analysis
from lammps_glass.figures.spec import FigureSpec
from lammps_glass.json_types import JsonObject
from lammps_glass.operations import Case, Operation
from lammps_glass.products import Findings
from lammps_glass.studies.recipe import Recipe, Section


class Paper:
    """Title, citation, printed numbers, figures and departures of a study, with the sentences of its report.

    The file has the keys ``title`` and ``citation``; the tables ``scores`` (score -> the printed number) and
    ``figures`` (id -> specification); and the list ``departures``. A figure has ``title``, ``plot`` (kind, columns and
    options of `FigureSpec`), ``labels`` of the axes, ``marks``, ``panels``, the finding of the ``paper``, and templates
    of our finding (``ours``) and of a remark (``note``); what it lacks it has from the figure that it is ``like``.
    Templates are those of `str.format`; the table ``phrases`` gives values for all of them. A departure is a template,
    or a table of its ``text`` and the name of a value that it ``needs`` without naming it. The table ``sections`` has
    ``title`` and ``text`` of each section of figures that the paper does not have. A study may have other tables in
    ``content``.

    Parameters
    ----------
    folder
        Folder of the study, with ``paper.toml``.
    """

    def __init__(self, folder: Path) -> None:
        self.content: JsonObject = tomllib.loads((folder / "paper.toml").read_text(encoding="utf-8"))
        self.title: str = self.content["title"]
        self.citation: str = self.content["citation"]
        self.scores: dict[str, str] = self.content.get("scores", {})
        self.phrases: dict[str, str] = self.content.get("phrases", {})
        self.sections = {name: Section(**table) for name, table in self.content.get("sections", {}).items()}
        figures = self.content["figures"]
        self.tables = {name: figures.get(table.get("like"), {}) | table for name, table in figures.items()}

    @property
    def figures(self) -> tuple[FigureSpec, ...]:
        """Specifications of all figures, in the order of the file."""
        return tuple(self.specification(identity) for identity in self.tables)

    def specification(self, identity: str, **values: object) -> FigureSpec:
        """Return the specification of a figure, with its texts filled with `values`."""
        table = self.tables[identity]
        labels = {f"{axis}_label": text for axis, text in table.get("labels", {}).items()}
        texts = {"id": table.get("id", identity), "title": table["title"], "paper": table.get("paper", ""), **labels}
        filled = {name: text.format(**values) if values else text for name, text in texts.items()}
        marks, panels = table.get("marks", []), table.get("panels", [])
        return FigureSpec.from_json({**table["plot"], **filled, "paper_marks": marks, "panels": panels})

    def recipe(self, name: str, operations: Iterable[Operation], **options: Any) -> Recipe:
        """Return the recipe of the study; `options` are other fields of `Recipe`, or replace those of the file."""
        if "figures" not in options:
            options["figures"] = self.figures
        texts = {"title": self.title, "citation": self.citation, "sections": self.sections}
        options = {**texts, "score_targets": self.scores, **options}
        return Recipe(name=name, operations={operation.name: operation for operation in operations}, **options)

    def findings(self, case: Case[object]) -> PaperFindings:
        """Return the findings of a case, to be collected inside a ``with`` block."""
        return PaperFindings(case.directory, paper=self, seed=case.seed)

    def text(self, name: str, **values: object) -> str:
        """Return a text of the table ``phrases``, filled with `values`."""
        return self.phrases[name].format(**values)

    def departures(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """Return the departures from the paper; a sentence is left out where a value that it names is missing."""
        filled = {name: value for name, value in {**self.phrases, **values}.items() if value is not None}
        tables = [{"text": item} if isinstance(item, str) else item for item in self.content["departures"]]
        return tuple(
            table["text"].format(**filled)
            for table in tables
            if names_in(table["text"]).union({table["needs"]} if "needs" in table else ()) <= set(filled)
        )


@dataclass(frozen=True)
class PaperFindings(Findings):
    """Findings in the words of a paper's file.

    Parameters
    ----------
    paper
        The texts of the study.
    seed
        Seed of the case, for intervals.
    """

    paper: Paper = field(kw_only=True, compare=False)
    seed: int = field(kw_only=True)

    def add(
        self, identity: str, table: pd.DataFrame, specification: FigureSpec | None = None, /, **values: object
    ) -> None:
        """Add the table behind a figure, with our finding and the remark in the words of the file.

        Parameters
        ----------
        identity
            Name of the figure in the file.
        specification
            Of a figure that the study does not list.
        values
            Values of the templates by name.
        """
        filled = self.paper.phrases | values
        ours, note = (self.paper.tables[identity].get(name, "").format(**filled) for name in ("ours", "note"))
        self.figure(specification or identity, table, ours, note)

    def mean_over_replicas(self, table: pd.DataFrame, by: str | list[str], value: str) -> pd.DataFrame:
        """Average a column over replicas with an interval: `analysis.mean_over_replicas` with the seed of the case."""
        return analysis.mean_over_replicas(table, by, value, seed=self.seed)


def names_in(template: str) -> set[str]:
    """Return the names of the values that a template needs."""
    fields = (field for _, field, _, _ in Formatter().parse(template) if field is not None)
    return {field.replace("[", ".").split(".")[0] for field in fields}
