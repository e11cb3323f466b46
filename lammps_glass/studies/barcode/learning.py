"""What is learned: the search, the barcode and its baselines, judged by run and by random row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass import learn
from lammps_glass.studies.barcode.environments import LIBRARY
from lammps_glass.studies.barcode.settings import FitParameters
from lammps_glass.studies.barcode.structures import Structures, read_structures, require_runs
from lammps_glass.studies.case import Case
from lammps_glass.tables import write_table

#: Every model of the table of errors; the barcode is the study's, the others stand beside it.
MODELS = ("barcode", "all_environments", "ridge", "voronoi", "composition")


@dataclass(frozen=True)
class Fitted:
    """The models of one training set of structures of `n_particles`."""

    barcode: Any
    full: Any
    ridge: Any
    voronoi: Any
    composition: Any
    indices: list[str]
    n_particles: float

    def predict(self, structures: Structures) -> dict[str, NDArray[np.float64]]:
        """Model -> (n,) energies in eV; a model of whole systems is scaled to the number of particles."""
        sizes, fractions = structures.sizes, structures.fractions
        return {
            "barcode": self.barcode.predict(fractions) * sizes / self.n_particles,
            "all_environments": self.full.predict(fractions) * sizes / self.n_particles,
            "ridge": self.ridge.predict(structures.soap) * sizes,
            "voronoi": self.voronoi.predict(structures.voronoi_fractions(self.indices)) * sizes,
            "composition": self.composition.predict(composition(structures)) * sizes,
        }


def composition(structures: Structures) -> NDArray[np.float64]:
    """(n, 2) fraction of Zr and number density."""
    return structures.table[["zr", "density"]].to_numpy(dtype=float)


def fit_models(structures: Structures, chosen: dict[str, Any], parameters: FitParameters, used: int | None) -> Fitted:
    """All models on one training set; `chosen` are parameters of the boosted trees."""
    energies, sizes, runs = structures.energies, structures.sizes, structures.runs
    groups = runs if len(set(runs.tolist())) > 1 else None
    seed = chosen["random_state"]
    barcode = learn.Barcode(
        n_environments=parameters.n_environments, n_folds=parameters.n_folds, used_folds=used, **chosen
    )
    barcode.fit(structures.fractions, energies, groups)
    indices = structures.indices

    def ridge(values: NDArray[np.float64]) -> Any:
        return learn.EnergyRidge(n_folds=parameters.n_folds, random_state=seed).fit(values, energies / sizes, groups)

    return Fitted(
        barcode,
        barcode.full_,
        ridge(structures.soap),
        ridge(structures.voronoi_fractions(indices)),
        ridge(composition(structures)),
        indices,
        float(sizes.mean()),
    )


def fit(case: Case) -> None:
    """Search, models of all training runs (saved), their errors by run and by random row, and the ranking by SHAP."""
    parameters: FitParameters = case.parameters
    structures = read_structures(case.inputs("encode"))
    runs = structures.runs
    require_runs(case.stage, runs.tolist())
    seed = case.seed % 2**31
    best, trials = learn.search_energy_model(
        structures.fractions, structures.energies, runs, n_trials=parameters.n_trials, seed=seed,
        n_folds=parameters.n_folds,
    )  # fmt: skip
    chosen = {**best, "random_state": seed}
    write_table(case.directory / "search.parquet", trials)
    fitted = fit_models(structures, chosen, parameters, None)
    library = learn.EnvironmentLibrary.load(case.inputs("environments")[0].path / LIBRARY)
    fitted.barcode.attach(library, fitted.n_particles)
    _save(case, fitted, structures)
    write_table(case.directory / "ranking.parquet", _ranking(fitted, structures, library, parameters))
    write_table(case.directory / "predicted.parquet", _out_of_fold(structures, chosen, parameters))


def _ranking(fitted: Fitted, structures: Structures, library: Any, parameters: FitParameters) -> pd.DataFrame:
    """A row an environment, the most important first: mean |SHAP| (eV a system), index, group, share, correlation."""
    from lammps_glass.analysis import pearson_coefficients

    fractions = structures.fractions
    background = fractions if parameters.shap == "interventional" else None
    shap, _ = fitted.full.shap_values(fractions, parameters.shap, background)
    per_atom = structures.energies / structures.sizes
    table = pd.DataFrame(
        {
            "environment": np.arange(len(library)),
            "importance": np.abs(shap).mean(axis=0),
            "voronoi": library.voronoi,
            "group": library.kasper,
            "share": fractions.mean(axis=0),
            "pearson": pearson_coefficients(fractions, per_atom),
        }
    )
    order = np.argsort(-fitted.barcode.ranking_, kind="stable")  # the barcode's own order, whatever kind is shown
    return table.iloc[order].reset_index(drop=True)


def _out_of_fold(structures: Structures, chosen: dict[str, Any], parameters: FitParameters) -> pd.DataFrame:
    """Predictions of structures by models that did not see them: folds of whole runs, and of random rows."""
    seed, n_rows = chosen["random_state"], len(structures)
    parts = []
    for split, groups in (("run", structures.runs), ("random", None)):
        for fold in learn.energy_folds(n_rows, parameters.n_folds, groups, seed):
            fitted = fit_models(structures.take(fold.train), chosen, parameters, 1)
            part = structures.take(fold.test)
            kept = part.table[["run", "step", "temperature", "energy", "n_particles"]]
            parts.append(kept.assign(split=split, **fitted.predict(part)))
    return pd.concat(parts, ignore_index=True)


# -- files -------------------------------------------------------------------------------------------------------------


def _save(case: Case, fitted: Fitted, structures: Structures) -> None:
    """``indicators/``: barcode and ridge, which judge a bare snapshot; ``models/``: the others, for the figures."""
    definition = fitted.barcode.library_.definition
    from lammps_glass.descriptors import SOAP

    descriptor = SOAP(**definition)
    common = {
        "descriptor": "soap",
        "parameters": descriptor.get_params(),
        "glass": case.glass.name,
        "glass_options": {},
        "species": list(case.glass.species),
        "columns": list(descriptor.feature_names),
        "training_runs": sorted(set(structures.runs.tolist())),
        "n_particles": fitted.n_particles,
        "seed": case.seed,
    }
    common["parameters"]["species"] = list(common["parameters"]["species"])
    saved = {"barcode": fitted.barcode, "ridge": fitted.ridge}
    for folder in ("indicators", "models"):
        (case.directory / folder).mkdir()
    for name, estimator in saved.items():
        learn.save(case.directory / "indicators" / f"{name}.indicator", estimator, {**common, "indicator": name})
    about = {"indices": fitted.indices, "n_particles": fitted.n_particles}
    for name, estimator in (
        ("all_environments", fitted.full), ("voronoi", fitted.voronoi), ("composition", fitted.composition)
    ):  # fmt: skip
        learn.save(case.directory / "models" / f"{name}.indicator", estimator, about)


def load_models(case: Case) -> Fitted:
    """The models that the stage ``learn`` saved."""
    folder = case.input("learn")
    barcode, _ = learn.load(folder / "indicators" / "barcode.indicator")
    ridge, _ = learn.load(folder / "indicators" / "ridge.indicator")
    full, about = learn.load(folder / "models" / "all_environments.indicator")
    voronoi, _ = learn.load(folder / "models" / "voronoi.indicator")
    mixed, _ = learn.load(folder / "models" / "composition.indicator")
    return Fitted(barcode, full, ridge, voronoi, mixed, list(about["indices"]), float(about["n_particles"]))
