"""The models of the energy: the barcode, and what it must stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.products import StructureSet
from lammps_glass.studies.barcode.products import BarcodeFit
from lammps_glass.studies.barcode.settings import FitParameters

Floats = NDArray[np.float64]
#: Fields of `EnergyModels` that predict, the study's own first.
MODELS = ("barcode", "all_environments", "ridge", "voronoi", "composition")


@dataclass(frozen=True)
class EnergyModels:
    """Models of one training set.

    Parameters
    ----------
    barcode, all_environments
        Energies of systems of `n_particles` from fractions of environments: the most important ones, and all.
    ridge, voronoi, composition
        Energies a particle from mean SOAP vectors, fractions of the Voronoi `indices`, composition and density.
    """

    barcode: learn.Barcode
    all_environments: learn.EnergyModel
    ridge: learn.EnergyRidge
    voronoi: learn.EnergyRidge
    composition: learn.EnergyRidge
    indices: Sequence[str]
    n_particles: float

    @classmethod
    def fit(
        cls, structures: StructureSet, trees: Mapping[str, Any], parameters: FitParameters, used_folds: int | None
    ) -> Self:
        """Fit all models; `trees` are parameters of the boosted trees, `used_folds` as in `learn.EnergyModel`."""
        energies, sizes, runs = structures.energies, structures.sizes, structures.runs
        groups = runs if len(set(runs.tolist())) > 1 else None
        n_folds, indices = parameters.n_folds, structures.voronoi_indices
        barcode = learn.Barcode(parameters.n_environments, n_folds=n_folds, used_folds=used_folds, **trees)
        barcode.fit(structures.fractions, energies, groups)

        def ridge(values: Floats) -> learn.EnergyRidge:
            model = learn.EnergyRidge(n_folds=n_folds, random_state=trees["random_state"])
            return model.fit(values, energies / sizes, groups)

        return cls(
            barcode,
            barcode.full_,
            ridge(structures.soap),
            ridge(structures.voronoi_fractions(indices)),
            ridge(composition(structures)),
            indices,
            float(sizes.mean()),
        )

    @classmethod
    def load(cls, fit: BarcodeFit) -> Self:
        """Load the models that `save` wrote."""
        about = fit.voronoi.metadata
        models = {name: getattr(fit, name).read() for name in MODELS}
        return cls(**models, indices=about["indices"], n_particles=about["n_particles"])

    def save(self, fit: BarcodeFit, metadata: Mapping[str, Any]) -> None:
        """Save the models; `metadata` are what `predict` needs for a bare snapshot."""
        about = {**metadata, "indices": list(self.indices), "n_particles": self.n_particles}
        for name in MODELS:
            getattr(fit, name).write(getattr(self, name), {**about, "indicator": name})

    def predict(self, structures: StructureSet) -> dict[str, Floats]:
        """Return model -> (n,) energies of the systems; models of whole systems are scaled to their size."""
        sizes, fractions = structures.sizes, structures.fractions
        return {
            "barcode": self.barcode.predict(fractions) * sizes / self.n_particles,
            "all_environments": self.all_environments.predict(fractions) * sizes / self.n_particles,
            "ridge": self.ridge.predict(structures.soap) * sizes,
            "voronoi": self.voronoi.predict(structures.voronoi_fractions(self.indices)) * sizes,
            "composition": self.composition.predict(composition(structures)) * sizes,
        }


def composition(structures: StructureSet) -> Floats:
    """Return (n, 2) fraction of the last species, and number density."""
    return structures.table[["composition", "density"]].to_numpy(dtype=float)


def require_runs_to_split(stage: str, runs: Sequence[str]) -> None:
    """Refuse structures of a single run.

    Raises
    ------
    InputError
        Naming what to raise.
    """
    if len(set(runs)) < 2:
        raise InputError(
            f"stages.{stage}: all structures come from one run ({runs[0]}): a split by run needs two or more; "
            "cool more replicas or rates"
        )


def out_of_fold(structures: StructureSet, trees: Mapping[str, Any], parameters: FitParameters) -> pd.DataFrame:
    """Predict structures by models that did not see them: folds of whole runs, and of random rows."""
    parts = []
    for split, groups in (("run", structures.runs), ("random", None)):
        for fold in learn.energy_folds(len(structures), parameters.n_folds, groups, trees["random_state"]):
            models = EnergyModels.fit(structures.take(fold.train), trees, parameters, 1)
            test = structures.take(fold.test)
            columns = test.table[["run", "step", "temperature", "energy", "n_particles"]]
            parts.append(columns.assign(split=split, **models.predict(test)))
    return pd.concat(parts, ignore_index=True)
