"""Models of the energy, which are the barcode and the baselines that it is compared with; products of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import Bound, PositiveInt, check_fields
from lammps_glass.json_types import Json, Options
from lammps_glass.learn.estimator import Estimator
from lammps_glass.product import Product, TableFile
from lammps_glass.products import IndicatorFile, SavedIndicator, StructureSet


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


Floats = NDArray[np.float64]
#: Names of the models: trees learn energies of whole systems, ridge regressions energies a particle.
TREES, RIDGES = ("barcode", "all_environments"), ("ridge", "voronoi", "composition")
MODELS = (*TREES, *RIDGES)


def features(model: str, structures: StructureSet, indices: Sequence[str]) -> Floats:
    """Return (n, k) features of a model: fractions of environments for trees, others for ridge regressions.

    Parameters
    ----------
    indices
        Voronoi indices whose fractions ``voronoi`` learns from; ``ridge`` learns from mean SOAP vectors.
    """
    if model == "ridge":
        return structures.soap
    if model == "voronoi":
        return structures.voronoi_fractions(indices)
    if model == "composition":
        return structures.table[["composition", "density"]].to_numpy(dtype=float)
    return structures.fractions


@dataclass(frozen=True)
class FitParameters:
    """Parameters of the operation ``fit_barcode``.

    Parameters
    ----------
    n_environments
        Length of the barcode.
    n_trials
        Number of trials of the search for the parameters of the trees.
    n_folds
        Number of folds of every cross-validation.
    shap
        Kind of SHAP values in figures; environments are always ranked by the path-dependent kind.
    """

    n_environments: PositiveInt = 40
    n_trials: PositiveInt = 50
    n_folds: Annotated[int, Bound(minimum=2)] = 5
    shap: Literal["tree_path_dependent", "interventional"] = "tree_path_dependent"

    def __post_init__(self) -> None:
        check_fields("fit_barcode", self)


@dataclass(frozen=True)
class EnergyModels:
    """Models of one training set of structures of `n_particles`, by name."""

    models: Mapping[str, Estimator]
    indices: Sequence[str]
    n_particles: float

    @classmethod
    def fit(cls, structures: StructureSet, trees: Options, parameters: FitParameters, used_folds: int | None) -> Self:
        """Fit all models; `trees` are parameters of the boosted trees, `used_folds` as in `learn.EnergyModel`."""
        energies, sizes, runs = structures.energies, structures.sizes, structures.runs
        groups = runs if len(set(runs.tolist())) > 1 else None
        n_folds, indices = parameters.n_folds, structures.voronoi_indices
        barcode = learn.Barcode(parameters.n_environments, n_folds=n_folds, used_folds=used_folds, **trees)
        models: dict[str, Estimator] = {
            "barcode": barcode.fit(structures.fractions, energies, groups),
            "all_environments": barcode.full_,
        }
        for name in RIDGES:
            ridge = learn.EnergyRidge(n_folds=n_folds, random_state=trees["random_state"])
            models[name] = ridge.fit(features(name, structures, indices), energies / sizes, groups)
        return cls(models, indices, float(sizes.mean()))

    @classmethod
    def load(cls, fit: BarcodeFit) -> Self:
        """Load the models that `save` wrote."""
        metadata = fit.voronoi.metadata
        models = {name: getattr(fit, name).read() for name in MODELS}
        return cls(models, metadata["indices"], metadata["n_particles"])

    def save(self, fit: BarcodeFit, metadata: Mapping[str, Json]) -> None:
        """Save the models with the `metadata` that `predict` needs for a bare snapshot."""
        about = {**metadata, "indices": list(self.indices), "n_particles": self.n_particles}
        for name, model in self.models.items():
            getattr(fit, name).write(model, {**about, "indicator": name})

    @property
    def barcode(self) -> learn.Barcode:
        """The barcode."""
        return cast("learn.Barcode", self.models["barcode"])

    @property
    def all_environments(self) -> learn.EnergyModel:
        """The boosted trees on the fractions of all environments."""
        return cast("learn.EnergyModel", self.models["all_environments"])

    def predict(self, structures: StructureSet) -> dict[str, Floats]:
        """Return (n,) energies of the systems by model; those of models of whole systems are scaled to the size."""
        return {
            name: model.predict(features(name, structures, self.indices))
            * structures.sizes
            / (self.n_particles if name in TREES else 1.0)
            for name, model in self.models.items()
        }


def require_runs_to_split(stage: str, runs: Sequence[str]) -> None:
    """Refuse structures of a single run, which cannot be split by run."""
    if len(set(runs)) < 2:
        raise InputError(
            f"stages.{stage}: all structures come from one run ({runs[0]}): a split by run needs two or more; "
            "cool more replicas or rates"
        )


def out_of_fold(structures: StructureSet, trees: Options, parameters: FitParameters) -> pd.DataFrame:
    """Predict structures by models that were not trained on them: folds of whole runs, and of random rows."""
    parts = []
    for split, groups in (("run", structures.runs), ("random", None)):
        for fold in learn.energy_folds(len(structures), parameters.n_folds, groups, trees["random_state"]):
            models = EnergyModels.fit(structures.take(fold.train), trees, parameters, 1)
            test = structures.take(fold.test)
            columns = test.table[["run", "step", "temperature", "energy", "n_particles"]]
            parts.append(columns.assign(split=split, **models.predict(test)))
    return pd.concat(parts, ignore_index=True)
