"""The operation ``fit_barcode``: learn the energy of structures from their environments, beside baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import analysis, learn
from lammps_glass.descriptors import SOAP
from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import Bound, PositiveInt, check_fields
from lammps_glass.json_types import Json, Options
from lammps_glass.learn.estimator import Estimator
from lammps_glass.operations.case import Case
from lammps_glass.operations.environments import check_library, soap_of, structures_work
from lammps_glass.operations.operation import operation
from lammps_glass.products import BarcodeFit, Environments, Structures, StructureSet
from lammps_glass.simulate.work import Work

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
class BarcodeParameters:
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
    def fit(
        cls, structures: StructureSet, trees: Options, parameters: BarcodeParameters, used_folds: int | None
    ) -> Self:
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


def out_of_fold(structures: StructureSet, trees: Options, parameters: BarcodeParameters) -> pd.DataFrame:
    """Predict structures by models that were not trained on them: folds of whole runs, and of random rows."""
    parts = []
    for split, groups in (("run", structures.runs), ("random", None)):
        for fold in learn.energy_folds(len(structures), parameters.n_folds, groups, trees["random_state"]):
            models = EnergyModels.fit(structures.take(fold.train), trees, parameters, 1)
            test = structures.take(fold.test)
            columns = test.table[["run", "step", "temperature", "energy", "n_particles"]]
            parts.append(columns.assign(split=split, **models.predict(test)))
    return pd.concat(parts, ignore_index=True)


def work(parameters: BarcodeParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the structures that are read, and the equivalent number of fits of trees to all of them."""
    # Folds of each trial; then all folds once, and two splits of one fit and one ranking in each.
    return structures_work(reads["training"], float(parameters.n_folds * (parameters.n_trials + 5)))


@operation(version=2, work=work, rates={"cases": 5.0, "fits": 4e-6}, check=check_library)
def fit_barcode(
    case: Case[BarcodeParameters], training: Sequence[Structures], environments: Environments
) -> BarcodeFit:
    """Search the parameters, fit all models to all training runs, rank the environments, and predict out of fold.

    Raises
    ------
    InputError
        All structures come from one run.
    """
    parameters, structures = case.parameters, StructureSet.of(training)
    require_runs_to_split(case.stage, structures.runs.tolist())
    seed = case.seed % 2**31
    best, trials = learn.search_energy_model(
        structures.fractions, structures.energies, structures.runs, n_trials=parameters.n_trials, seed=seed,
        n_folds=parameters.n_folds,
    )  # fmt: skip
    trees = {**best, "random_state": seed}
    models = EnergyModels.fit(structures, trees, parameters, None)
    library = environments.library.read()
    models.barcode.attach(library, models.n_particles)
    product = BarcodeFit(case.directory)
    product.search.write(trials)
    models.save(product, _metadata(case, soap_of(library), structures))
    product.ranking.write(_ranking(models, structures, library, parameters), {"shap": parameters.shap})
    product.out_of_fold.write(out_of_fold(structures, trees, parameters))
    return product


def _metadata(case: Case[BarcodeParameters], soap: SOAP, structures: StructureSet) -> dict[str, Json]:
    """Return the metadata that `predict` needs to apply an indicator to a bare snapshot."""
    return {
        "descriptor": soap.name,
        "parameters": {**soap.get_params(), "species": list(soap.species)},
        "glass": case.glass.name,
        "glass_options": {},  # for glasses of other compositions too
        "species": list(case.glass.species),
        "columns": list(soap.feature_names),
        "training_runs": sorted(set(structures.runs.tolist())),
        "seed": case.seed,
    }


def _ranking(
    models: EnergyModels, structures: StructureSet, library: learn.EnvironmentLibrary, parameters: BarcodeParameters
) -> pd.DataFrame:
    """Return a row for each environment: mean |SHAP| (energy of a system), index, group, fraction, correlation."""
    fractions = structures.fractions
    background = fractions if parameters.shap == "interventional" else None
    shap, _ = models.all_environments.shap_values(fractions, parameters.shap, background)
    table = pd.DataFrame(
        {
            "environment": np.arange(len(library)),
            "importance": np.abs(shap).mean(axis=0),
            "voronoi": library.voronoi,
            "group": library.kasper,
            "fraction": fractions.mean(axis=0),
            "pearson": analysis.pearson_coefficients(fractions, structures.energies / structures.sizes),
        }
    )
    order = np.argsort(-models.barcode.ranking_, kind="stable")  # of the barcode, whatever kind of SHAP is shown
    return table.iloc[order].reset_index(drop=True)
