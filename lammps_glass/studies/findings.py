"""What an analysis found: the table behind each figure, our number in words, scores and sizes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd

from lammps_glass.errors import InputError


class Findings:
    """Collects findings of one case and writes them when its context ends.

    ``tables/<id>.csv`` holds the table behind a figure, ``findings.json`` id -> ours, note; ``scores.json``,
    ``sizes.json`` and ``warnings.json`` are flat.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.figures: dict[str, dict[str, str]] = {}
        self.scores: dict[str, float] = {}
        self.sizes: dict[str, Any] = {}
        self.warnings: dict[str, str] = {}

    def __enter__(self) -> Findings:
        (self.directory / "tables").mkdir(parents=True, exist_ok=True)
        return self

    def figure(self, identity: str, table: pd.DataFrame, ours: str, note: str = "") -> None:
        """The table behind a figure, our finding beside the paper's, and what the reader must know."""
        if table.empty:
            raise InputError(f"figure {identity}: its table is empty")
        table.to_csv(self.directory / "tables" / f"{identity}.csv", index=False, lineterminator="\n")
        self.figures[identity] = {"ours": ours, "note": note}

    def score(self, scores: Mapping[str, float], prefix: str = "") -> None:
        """Scores by name, each under ``prefix.name``; one that is not finite is left out, as JSON has no NaN."""
        for name, value in scores.items():
            if math.isfinite(value):
                self.scores[f"{prefix}.{name}" if prefix else name] = round(float(value), 12)

    def size(self, **sizes: Any) -> None:
        self.sizes.update(sizes)

    def warn(self, what: str, text: str) -> None:
        """What the user must hear at the end of the run, not only read below a figure; `what` it is about."""
        self.warnings[what] = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            files = {"findings": self.figures, "scores": self.scores, "sizes": self.sizes, "warnings": self.warnings}
            for name, values in files.items():
                text = json.dumps(values, indent=1, sort_keys=True, allow_nan=False)
                (self.directory / f"{name}.json").write_text(text, encoding="utf-8")


def read_findings(folder: Path) -> dict[str, dict[str, str]]:
    """Figure id -> ours, note, of a case that wrote findings; empty for another."""
    path = folder / "findings.json"
    found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
