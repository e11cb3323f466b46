"""`Findings`: tables behind figures, our numbers in words, scores, sizes and warnings; `Figures`: the drawn ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec
from lammps_glass.product import JsonFile, Product


class Findings(Product):
    """Findings of one case, collected inside a ``with`` block and written when it ends.

    ``tables/<id>.csv`` holds the table behind a figure. The JSON files are flat: figure id -> ours, note (and the
    specification of a figure that its study does not list); scores; sizes; warnings by subject.
    """

    published: ClassVar[tuple[str, ...]] = ("tables",)

    figures_file = JsonFile("findings.json")
    scores_file = JsonFile("scores.json")
    sizes_file = JsonFile("sizes.json")
    warnings_file = JsonFile("warnings.json")

    _collected: dict[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        figures: dict[str, dict[str, Any]] = {}
        scores: dict[str, float] = {}
        collected: dict[str, Any] = {"figures": figures, "scores": scores, "sizes": {}, "warnings": {}}
        object.__setattr__(self, "_collected", collected)

    def __enter__(self) -> Self:
        (self.directory / "tables").mkdir(parents=True, exist_ok=True)
        return self

    def figure(self, figure: str | FigureSpec, table: pd.DataFrame, ours: str, note: str = "") -> None:
        """Add the table behind a figure, our finding beside the paper's, and what the reader must know.

        Parameters
        ----------
        figure
            Id of a figure that the study lists, or the specification of another one.

        Raises
        ------
        InputError
            The table is empty.
        """
        identity = figure if isinstance(figure, str) else figure.id
        if table.empty:
            raise InputError(f"figure {identity}: its table is empty")
        table.to_csv(self.table_path(identity), index=False, lineterminator="\n")
        specification = {} if isinstance(figure, str) else {"specification": asdict(figure)}
        self._collected["figures"][identity] = {"ours": ours, "note": note, **specification}

    def score(self, scores: Mapping[str, float], prefix: str = "") -> None:
        """Add scores by name, each under ``prefix.name``; one that is not finite is left out, as JSON has no NaN."""
        for name, value in scores.items():
            if math.isfinite(value):
                self._collected["scores"][f"{prefix}.{name}" if prefix else name] = round(float(value), 12)

    @property
    def scores(self) -> dict[str, float]:
        """Scores that have been collected so far."""
        scores: dict[str, float] = self._collected["scores"]
        return scores

    def size(self, **sizes: Any) -> None:
        """Add sizes of what ran."""
        self._collected["sizes"].update(sizes)

    def warn(self, subject: str, text: str) -> None:
        """Add a warning that is printed at the end of the run, not only below a figure."""
        self._collected["warnings"][subject] = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            for name, values in self._collected.items():
                getattr(self, f"{name}_file").write(values)

    def table_path(self, identity: str) -> Path:
        """Return the path of the table behind a figure."""
        return self.directory / "tables" / f"{identity}.csv"

    def specifications(self) -> dict[str, FigureSpec]:
        """Return the specifications that came with figures, by id."""
        stored = self.figures_file.read()
        return {name: FigureSpec.from_json(f["specification"]) for name, f in stored.items() if "specification" in f}


class Figures(Product):
    """Figures that have been drawn: ``figures/<id>.png``, ``.svg`` and the table behind each, ``.csv``."""

    published: ClassVar[tuple[str, ...]] = ("figures",)

    @property
    def folder(self) -> Path:
        """Folder of the figures."""
        return self.directory / "figures"
