"""Products of the study `igd`: rows of the grid over C and gamma, and indicators with their comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pandas as pd

from lammps_glass.learn import IntegratedDefect, SvmChoice
from lammps_glass.product import Product, TableFile
from lammps_glass.products import SavedIndicator


class Grid(Product):
    """Accuracy of cells of the grid over C and gamma by folds of the samples that train.

    Columns ``predictor``, ``left_out``, ``log2_c``, ``log2_gamma``, ``accuracy`` (NaN without an inner fold) ...
    """

    table = TableFile("grid.parquet")

    @property
    def threshold(self) -> float:
        """Largest jump above which a particle is rearranged, square angstrom."""
        return float(self.table.metadata["threshold"])


def cells_of(grids: Sequence[Grid], predictor: str) -> pd.DataFrame:
    """Read the cells of a predictor; those without an inner fold are left out."""
    table = pd.concat([grid.table.read() for grid in grids], ignore_index=True)
    return table[table["predictor"] == predictor].dropna(subset="accuracy")


class Fold(SavedIndicator):
    """The indicator that leaves one sample out, its predictions for that sample, and its C and gamma."""

    #: Key, ``label``, a column for each predictor in standard deviations over the training samples, ``species_only``.
    predictions = TableFile("predictions.parquet")
    #: ``predictor``, ``C``, ``gamma``, ``accuracy``, ``note``.
    choices = TableFile("choice.parquet")

    @property
    def left_out(self) -> str:
        """Name of the left-out replica."""
        return str(self.conditions["left_out"])

    @property
    def indicator(self) -> IntegratedDefect:
        """The fitted machine."""
        return cast("IntegratedDefect", self.load()[0])

    def write_choices(self, choices: dict[str, SvmChoice]) -> None:
        """Write the choice of every predictor."""
        self.choices.write(pd.DataFrame([{"predictor": name, **c._asdict()} for name, c in choices.items()]))


def choices_of(folds: Sequence[Fold]) -> pd.DataFrame:
    """Read C and gamma of every predictor and left-out sample."""
    return pd.concat([fold.choices.read() for fold in folds], ignore_index=True)


def last_fold(folds: Sequence[Fold]) -> Fold:
    """Return the fold that leaves the last sample out: the paper's split."""
    return max(folds, key=lambda fold: int(fold.left_out))


class PaperSplit(SavedIndicator):
    """The indicator of the paper's split (the last sample tests), with comparisons."""

    #: Predictions by folds of random rows, which leak.
    random_rows = TableFile("random_rows.parquet")
    #: Scores for several draws of the negatives; no row where the last sample has one class only.
    draws = TableFile("draws.parquet")
    #: Scores on the training rows.
    train = TableFile("train.parquet")


class BarrierFold(Product):
    """Predictions for one sample, left out in training, of the particles that have barriers."""

    #: Key, ``label``, ``igd`` of all families, a column for each family, ``species_only``.
    predictions = TableFile("predictions.parquet")

    @property
    def predictors(self) -> list[str]:
        """Columns of the machines: all families, then each."""
        return list(self.predictions.metadata["predictors"])
