"""A page of figures about one indicator: units in labels, and names that let several pages stand in one report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.json_types import Json
from lammps_glass.products import Findings


@dataclass(frozen=True)
class PageLabels:
    """Words and units of the page.

    Attributes
    ----------
    indicator
        Name of the indicator.
    time, length
        Units in axis labels.
    note
        Sentence below every figure: temperature, sizes.
    section
        Section of the report (see `FigureSpec.section`); it begins the names of figures, scores and sizes.
    subject
        Added to titles and names where a section has several pages, such as the glass.
    """

    indicator: str
    time: str = "steps"
    length: str = "length units"
    note: str = ""
    section: str = ""
    subject: str = ""

    @property
    def t(self) -> str:
        """Label of an axis of times."""
        return f"t ({self.time})"

    def name(self, *parts: str, separator: str) -> str:
        """Join section, subject and parts, those that are not empty."""
        return separator.join(part for part in (self.section, self.subject, *parts) if part)


class FindingsPage:
    """Findings under the names of a page.

    Parameters
    ----------
    note
        Sentences below every figure.
    """

    def __init__(self, findings: Findings, labels: PageLabels, note: str = "") -> None:
        self.findings, self.labels, self.note = findings, labels, note

    def figure(self, spec: FigureSpec, table: pd.DataFrame, ours: str, before: str = "") -> None:
        """Add a figure; `before` comes before the note of the page."""
        labels = self.labels
        identity = re.sub(r"[^A-Za-z0-9_-]", "-", labels.name(spec.id, separator="_"))
        title = f"{spec.title}: {labels.subject}" if labels.subject else spec.title
        placed = replace(spec, id=identity, title=title, section=labels.section)
        self.findings.figure(placed, table, ours, f"{before} {self.note}".strip())

    def score(self, scores: Mapping[str, float], prefix: str) -> None:
        """Add scores by name."""
        self.findings.score(scores, self.labels.name(prefix, separator="."))

    def size(self, **sizes: Json) -> None:
        """Add sizes."""
        self.findings.size(**{self.labels.name(name, separator="."): value for name, value in sizes.items()})

    def warn(self, subject: str, text: str) -> None:
        """Add a warning."""
        self.findings.warn(self.labels.name(subject, separator=": "), text)
