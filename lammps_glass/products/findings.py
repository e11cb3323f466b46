"""`Findings`: tables behind figures, our results in words, scores, sizes and warnings; `Figures`: drawn figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self, TypedDict

import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec
from lammps_glass.json_types import Json, JsonObject
from lammps_glass.product import JsonFile, Product


class _Collected(TypedDict):
    """Content of the JSON files of `Findings`."""

    figures: dict[str, JsonObject]
    scores: dict[str, float]
    sizes: dict[str, Json]
    warnings: dict[str, str]


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

    _collected: _Collected

    def __post_init__(self) -> None:
        super().__post_init__()
        collected: _Collected = {"figures": {}, "scores": {}, "sizes": {}, "warnings": {}}
        object.__setattr__(self, "_collected", collected)

    def __enter__(self) -> Self:
        (self.directory / "tables").mkdir(parents=True, exist_ok=True)
        return self

    def figure(self, figure: str | FigureSpec, table: pd.DataFrame, ours: str, note: str = "") -> None:
        """Add the table behind a figure.

        Parameters
        ----------
        figure
            Id of a figure that the study lists, or the specification of another one.
        table
            The plotted values.
        ours
            Our finding in words, shown beside that of the paper.
        note
            Remark below the figure.

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
        return self._collected["scores"]

    def size(self, **sizes: Json) -> None:
        """Add sizes of the study, such as numbers of particles."""
        self._collected["sizes"].update(sizes)

    def warn(self, subject: str, text: str) -> None:
        """Add a warning, which is printed at the end of the run too."""
        self._collected["warnings"][subject] = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.figures_file.write(self._collected["figures"])
            self.scores_file.write(self._collected["scores"])
            self.sizes_file.write(self._collected["sizes"])
            self.warnings_file.write(self._collected["warnings"])

    def table_path(self, identity: str) -> Path:
        """Return the path of the table behind a figure."""
        return self.directory / "tables" / f"{identity}.csv"

    def specifications(self) -> dict[str, FigureSpec]:
        """Return the specifications that were given with figures, by id."""
        stored = self.figures_file.read()
        return {name: FigureSpec.from_json(f["specification"]) for name, f in stored.items() if "specification" in f}


class Figures(Product):
    """Figures that have been drawn: ``figures/<id>.png``, ``.svg`` and the table behind each, ``.csv``."""

    published: ClassVar[tuple[str, ...]] = ("figures",)

    @property
    def folder(self) -> Path:
        """Folder of the figures."""
        return self.directory / "figures"
