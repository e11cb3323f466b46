"""`BarcodeFit`: models of the energy of structures from their environments, with baselines."""

from __future__ import annotations

from pathlib import Path

from lammps_glass.product import TableFile
from lammps_glass.products.indicators import IndicatorFile, SavedIndicator


class BarcodeFit(SavedIndicator):
    """The barcode with its baselines; see `lammps_glass.operations.energies.EnergyModels`.

    ``barcode`` and ``ridge`` apply to bare snapshots and are published. ``search`` has a row for each trial of the
    parameters; ``ranking`` a row for each environment, the most important first (its metadata hold the kind of
    ``shap``); ``out_of_fold`` the energies of training structures by models that did not see them, a column for each
    model, by ``split`` (``run`` or ``random``).
    """

    barcode = IndicatorFile("indicators/barcode.indicator")
    ridge = IndicatorFile("indicators/ridge.indicator")
    all_environments = IndicatorFile("models/all_environments.indicator")
    voronoi = IndicatorFile("models/voronoi.indicator")
    composition = IndicatorFile("models/composition.indicator")
    search = TableFile("search.parquet")
    ranking = TableFile("ranking.parquet")
    out_of_fold = TableFile("predicted.parquet")

    @property
    def path(self) -> Path:
        """Path of the barcode, which ``predict`` applies."""
        return self.barcode.path
