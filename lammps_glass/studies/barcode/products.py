"""Products of this study: errors against the amount of data, and the models of the energy."""

from __future__ import annotations

from lammps_glass.product import Product, TableFile
from lammps_glass.products import IndicatorFile, SavedIndicator


class Scan(Product):
    """Errors at one threshold of similarity.

    A row for each draw of training runs: ``threshold``, ``runs``, ``structures``, ``environments`` (among the
    training structures), ``rounds`` (trees), ``rmse_ev`` (on the test structures, energy of the system).
    """

    table = TableFile("scan.parquet")


class BarcodeFit(SavedIndicator):
    """The barcode with its baselines; see `lammps_glass.studies.barcode.models.EnergyModels`.

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
