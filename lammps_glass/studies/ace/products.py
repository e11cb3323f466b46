"""Products of this study: maps of activity, curves in body order, selections."""

from __future__ import annotations

from lammps_glass.product import JsonFile, Product, TableFile
from lammps_glass.products import SavedIndicator


class ActivityMap(Product):
    """D2min in a slice of one configuration: the table of a figure of kind ``map``.

    Metadata: ``share``, the fraction of D2min of the top 5 % of the particles; ``species``; ``thickness``; ``width``.
    """

    table = TableFile("map.parquet")


class BodyOrderCurves(Product):
    """Curves against the number of features, in body order: accuracy, and Pearson coefficient of the ARD regression."""

    accuracy = TableFile("order.parquet")
    pearson = TableFile("pearson.parquet")


class Selection(SavedIndicator):
    """The indicator of all features, with curves by selection and by number of rows, and flat scores."""

    bases = TableFile("selection.parquet")
    learning = TableFile("curve.parquet")
    scores_file = JsonFile("scores.json")

    @property
    def scores(self) -> dict[str, float]:
        """Scores by name, the cutoff ``r_cut`` among them."""
        scores: dict[str, float] = self.scores_file.read()
        return scores
